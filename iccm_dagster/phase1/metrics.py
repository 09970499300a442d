"""Retrieval metrics of one query: scores of all candidates, and which of them are relevant.

Ties are broken against the retriever: a relevant section never gains from an irrelevant one with the same score.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

# D: candidate documents, Q: queries.


def ranked_relevance(scores_D: Float[np.ndarray, " D"], relevant_D: Bool[np.ndarray, " D"]) -> Bool[np.ndarray, " D"]:
    """Return whether each place of the ranking, best first, holds a relevant document."""
    return relevant_D[np.lexsort((relevant_D, -scores_D))]


def average_precision(scores_D: Float[np.ndarray, " D"], relevant_D: Bool[np.ndarray, " D"]) -> float:
    """Return the mean precision at the places of the relevant documents."""
    ranked_D = ranked_relevance(scores_D, relevant_D)
    places = np.flatnonzero(ranked_D) + 1
    return float((np.arange(1, len(places) + 1) / places).mean())


def recall_at(k: int, scores_D: Float[np.ndarray, " D"], relevant_D: Bool[np.ndarray, " D"]) -> float:
    """Return the share of relevant documents among the first ``k`` (of at most ``k`` that can be there)."""
    return float(ranked_relevance(scores_D, relevant_D)[:k].sum() / min(k, relevant_D.sum()))


def reciprocal_rank(k: int, scores_D: Float[np.ndarray, " D"], relevant_D: Bool[np.ndarray, " D"]) -> float:
    """Return 1 / place of the first relevant document; 0 when it is not among the first ``k``."""
    places = np.flatnonzero(ranked_relevance(scores_D, relevant_D)[:k])
    return float(1 / (places[0] + 1)) if len(places) else 0.0


def all_above(
    scores_D: Float[np.ndarray, " D"], relevant_D: Bool[np.ndarray, " D"], negative_D: Bool[np.ndarray, " D"]
) -> float:
    """Return 1 when the worst relevant document is above the best labelled negative, else 0 (seed I06's accuracy)."""
    return float(scores_D[relevant_D].min() > scores_D[negative_D].max())


def mean_average_precision(scores_QD: Float[np.ndarray, "Q D"], relevant_QD: Sequence[Bool[np.ndarray, " D"]]) -> float:
    """Return the mean of `average_precision` over the queries that have a relevant document; 0 without any."""
    values = [
        average_precision(scores, relevant)
        for scores, relevant in zip(scores_QD, relevant_QD, strict=True)
        if relevant.any()
    ]
    return float(np.mean(values)) if values else 0.0
