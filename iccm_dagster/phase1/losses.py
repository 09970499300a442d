"""The contrastive loss of a group of queries and candidate documents."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

# Q: queries, D: documents, E: vector size.

RELEVANT, NEGATIVE, ABSENT = 1, 0, -1
"""What a document is to a query: an answer, a wrong answer, or not in its group."""


def contrastive_loss(
    queries_QE: Float[Tensor, "Q E"], documents_DE: Float[Tensor, "D E"], relevance_QD: Int[Tensor, "Q D"],
    *, temperature: float,
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
