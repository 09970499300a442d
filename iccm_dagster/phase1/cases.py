"""Single cases behind the figures: the worst retrievals with their text, and how the scores of a split are distributed.

Not covered: why a retrieval is bad. A section that implements a requirement and is not traced to it counts as wrong here
too.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from iccm_dagster.phase1.evaluate import Pool, application_pools, dense_scores
from iccm_dagster.phase1.metrics import average_precision, ranked_relevance

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Q: queries of a pool, D: its candidate documents.

COLUMNS = ["application", "requirement", "average_precision", "wanted", "found", "wanted text", "found text"]
HEAD_LINES = 4
Scored = Sequence[tuple[Pool, Float[np.ndarray, "Q D"]]]
"""Applications with the cosines of their queries and candidates."""


def scored_pools(
    *, labels: pd.DataFrame, sections: pd.DataFrame, retriever: "SentenceTransformer", split: str, bf16: bool
) -> Scored:
    """Return the applications of a split, each with what the retriever makes of it; empty without a requirement."""
    pools = [pool for pool in application_pools(labels, sections) if pool.split == split]
    scores = dense_scores(retriever, pools, bf16=bf16)
    return [(pool, scores[pool.name]) for pool in pools]


def worst_retrievals(scored: Scored, *, count: int = 10) -> pd.DataFrame:
    """Return the requirements with the lowest average precision, worst first.

    Columns: application, requirement, average_precision, wanted (sections with their places), found (the first five),
    wanted text and found text (first lines of the relevant section that stands lowest, and of the section that stands
    first).
    """
    rows = [_case(pool, query, scores_D) for pool, scores_QD in scored for query, scores_D in enumerate(scores_QD)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values("average_precision", kind="stable").head(count).reset_index(drop=True)


def score_distributions(scored: Scored) -> Mapping[str, list[float]]:
    """Return the cosines of all pairs of a requirement and a section: relevant ones, labelled negatives, all others."""
    found: dict[str, list[float]] = {"relevant": [], "labelled negative": [], "other": []}
    for pool, scores_QD in scored:
        other_QD = ~(pool.relevant_QD | pool.negative_QD)
        for name, chosen_QD in zip(found, (pool.relevant_QD, pool.negative_QD, other_QD), strict=True):
            found[name] += scores_QD[chosen_QD].tolist()
    return found


def _case(pool: Pool, query: int, scores_D: Float[np.ndarray, " D"]) -> tuple:
    relevant_D = pool.relevant_QD[query]
    order_D = np.lexsort((relevant_D, -scores_D))
    places = np.flatnonzero(ranked_relevance(scores_D, relevant_D))
    return (
        pool.name,
        pool.queries[query],
        average_precision(scores_D, relevant_D),
        ", ".join(f"{pool.names[order_D[place]]} ({place + 1})" for place in places),
        ", ".join(pool.names[index] for index in order_D[:5]),
        _head(pool.documents[order_D[places[-1]]]),
        _head(pool.documents[order_D[0]]),
    )


def _head(document: str) -> str:
    return "\n".join(document.split("\n")[:HEAD_LINES])
