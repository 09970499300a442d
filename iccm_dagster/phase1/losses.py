"""The contrastive loss: of one group of queries and candidate documents, and of a batch of groups, whole or in
micro-batches.

Every text of a group stands in its loss, so a group cannot be cut in two as it is. Gradients are cached instead (Gao et
al., 2021): vectors without gradients first, the loss and its gradient with respect to the vectors, then the encoder's
gradient micro-batch by micro-batch. The result is the same; memory is that of one micro-batch, time one more forward
pass. In the same way, without the additional pass, chunks of a group are computed side by side on a CPU.
"""

from collections.abc import Sequence
from functools import partial
from itertools import islice

import torch
from jaxtyping import Float, Int
from sentence_transformers import SentenceTransformer
from torch import Tensor

from iccm_dagster.microbatch import MicroBatch, add_gradients
from iccm_dagster.phase1.contrast import ABSENT, NEGATIVE, RELEVANT
from iccm_dagster.phase1.model import embed_for_training, in_chunks
from iccm_dagster.threads import side_by_side

# G: groups, Q: queries, D: documents, E: vector size.

# Rows encoded at a time: few enough to be of one length, enough to keep the processor busy.
CHUNK = 16


def contrastive_loss(
    queries_QE: Float[Tensor, "Q E"],
    documents_DE: Float[Tensor, "D E"],
    relevance_QD: Int[Tensor, "Q D"],
    *,
    temperature: float,
) -> Float[Tensor, ""]:
    """InfoNCE (van den Oord et al., 2018), each relevant document against the negatives only.

    Another relevant document is neither an answer to beat nor one to push away. A query weighs the same whether it has one
    relevant document or five. Vectors have unit length, so a score is a cosine.
    """
    scores_QD = queries_QE.float() @ documents_DE.float().T / temperature
    # Not -inf: without a single negative its gradient would be NaN.
    negatives_QD = scores_QD.masked_fill(relevance_QD != NEGATIVE, -1e9)
    against_Q = torch.logsumexp(negatives_QD, dim=1)
    losses_QD = torch.nn.functional.softplus(against_Q[:, None] - scores_QD)
    relevant_QD = relevance_QD == RELEVANT
    per_query_Q = losses_QD.masked_fill(~relevant_QD, 0).sum(dim=1) / relevant_QD.sum(dim=1).clamp(min=1)
    return per_query_Q.mean()


class GroupLoss(torch.nn.Module):
    """The mean contrastive loss of the groups of a batch; groups do not see each other."""

    def __init__(
        self, model: SentenceTransformer, *, temperature: float, micro: MicroBatch | None, alongside: bool = False
    ) -> None:
        """``micro``: gradients are cached; None for whole batches, then ``alongside`` computes their chunks side by side, which
        is for a CPU, float32, and a model that draws nothing at random (see `threads`)."""
        super().__init__()
        self.model, self.temperature, self.micro, self.alongside = model, temperature, micro, alongside

    def forward(self, features: Sequence[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """``features``: queries and documents of all groups in order; ``labels`` [G, Q, D] as made by `Collator`."""
        if self.micro is not None and torch.is_grad_enabled():
            return self._with_cached_gradients(features, labels)
        if self.alongside and torch.is_grad_enabled():
            return self._side_by_side(features, labels)
        queries, documents = (embed_for_training(self.model, dict(part), chunk=CHUNK) for part in features)
        return self._mean(queries, documents, labels)

    def _mean(self, queries: Tensor, documents: Tensor, labels: Tensor) -> Tensor:
        present_GQD = labels != ABSENT
        queries = queries.split(present_GQD.any(dim=2).sum(dim=1).tolist())
        documents = documents.split(present_GQD.any(dim=1).sum(dim=1).tolist())
        losses = [
            contrastive_loss(q, d, label[: len(q), : len(d)], temperature=self.temperature)
            for q, d, label in zip(queries, documents, labels, strict=True)
        ]
        return torch.stack(losses).mean()

    def _side_by_side(self, features: Sequence[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the loss; whoever asks for its gradient sets off the encoder's, chunk beside chunk."""
        parts = [in_chunks(dict(part), chunk=CHUNK // 2) for part in features]
        chunks = [chunk for part in parts for _, chunk in part]
        found = list(side_by_side(lambda chunk: self.model(chunk)["sentence_embedding"], chunks, device="cpu"))
        leaves = [vectors.detach().requires_grad_() for vectors in found]
        left = iter(leaves)
        whole = [
            torch.cat(list(islice(left, len(part))))[torch.cat([rows for rows, _ in part]).argsort()] for part in parts
        ]
        loss = self._mean(*whole, labels)
        gradients = torch.autograd.grad(loss, leaves)
        loss = loss.detach().requires_grad_()

        def backward(scale: Tensor) -> None:
            def own(pair: tuple[Tensor, Tensor]) -> tuple[Tensor | None, ...]:
                return torch.autograd.grad(pair[0], parameters, pair[1] * scale, allow_unused=True)

            for each in side_by_side(own, zip(found, gradients, strict=True), device="cpu"):
                add_gradients(parameters, each)

        parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        loss.register_hook(backward)
        return loss

    def _with_cached_gradients(self, features: Sequence[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """Return the loss; whoever asks for its gradient sets off the encoder's, micro-batch by micro-batch."""
        seed = int(torch.randint(2**31, ()))
        vectors = []
        for part in features:
            order = _by_length(part)
            with torch.no_grad():
                found = torch.cat(self.micro.run(order, partial(self._embed, part, seed=seed)))
            vectors.append(found[torch.tensor(order).argsort()].requires_grad_())
        with torch.enable_grad():
            loss = self._mean(*vectors, labels)
        gradients = torch.autograd.grad(loss, vectors)
        loss = loss.detach().requires_grad_()
        loss.register_hook(partial(self._backward, features, gradients, seed))
        return loss

    def _embed(self, features: dict[str, Tensor], rows: Sequence[int], *, seed: int) -> Tensor:
        """Return the vectors of these rows; the same dropout whenever these rows are asked for."""
        devices = [self.model.device] if self.model.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed + rows[0])
            index = torch.tensor(list(rows), device=self.model.device)
            chosen = {key: value[index] for key, value in features.items() if torch.is_tensor(value)}
            return embed_for_training(self.model, chosen, chunk=len(rows))

    def _backward(
        self, features: Sequence[dict[str, Tensor]], gradients: Sequence[Tensor], seed: int, scale: Tensor
    ) -> None:
        parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        with torch.enable_grad():
            for part, gradient in zip(features, gradients, strict=True):

                def share(rows: Sequence[int], part: dict = part, gradient: Tensor = gradient) -> Tensor:
                    wanted = gradient[torch.tensor(list(rows), device=gradient.device)]
                    return (self._embed(part, rows, seed=seed) * wanted).sum() * scale

                self.micro.accumulate(_by_length(part), share, parameters)


def _by_length(features: dict[str, Tensor]) -> list[int]:
    """Return the rows in order of length: micro-batches with little padding."""
    return torch.argsort(features["attention_mask"].sum(dim=1), stable=True).tolist()
