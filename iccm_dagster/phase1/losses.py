"""The contrastive loss: of one group of queries and candidate documents, and of a batch of groups."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from sentence_transformers import SentenceTransformer
from torch import Tensor

from iccm_dagster.phase1.contrast import ABSENT, NEGATIVE, RELEVANT
from iccm_dagster.phase1.model import embed_for_training

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

    def __init__(self, model: SentenceTransformer, *, temperature: float) -> None:
        super().__init__()
        self.model, self.temperature = model, temperature

    def forward(self, features: Sequence[dict[str, Tensor]], labels: Tensor) -> Tensor:
        """``features``: queries and documents of all groups in order; ``labels`` [G, Q, D] as made by `Collator`."""
        queries, documents = (embed_for_training(self.model, dict(part), chunk=CHUNK) for part in features)
        present_GQD = labels != ABSENT
        queries = queries.split(present_GQD.any(dim=2).sum(dim=1).tolist())
        documents = documents.split(present_GQD.any(dim=1).sum(dim=1).tolist())
        losses = [
            contrastive_loss(q, d, label[: len(q), : len(d)], temperature=self.temperature)
            for q, d, label in zip(queries, documents, labels, strict=True)
        ]
        return torch.stack(losses).mean()
