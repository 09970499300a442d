"""How well requirements find their sections: BM25, the untrained encoder, the trained one, and both mixed with BM25.

Candidates are all sections of the application; on held-out packages of the docstring corpus, the functions of the same
package. Only hand-written requirements are asked, not their paraphrases. Intervals come from resampling applications
(or packages), because the requirements of one application hang together.

Not covered: a section that implements a requirement and is not traced to it (a private helper, say) counts as wrong, so
every score is a lower bound.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from iccm_dagster.lexical import Bm25Index
from iccm_dagster.phase1.labels import relevant_column
from iccm_dagster.phase1.metrics import all_above, average_precision, recall_at, reciprocal_rank
from iccm_dagster.phase1.model import document_text, embed, section_texts
from iccm_dagster.seeding import seed_for

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Q: queries of a pool, D: its candidate documents, P: pools.

HELD_OUT = "heldout-packages"
WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
DEFAULT_WEIGHT = 0.8
RESAMPLES = 1000
# Held-out packages are taken whole until there are this many functions: the interval is about .02 wide, the time seconds.
HELD_OUT_PAIRS = 800
MIN_PACKAGE = 5
COLUMNS = ["system", "split", "metric", "value", "ci_low", "ci_high", "n", "units", "weight"]
METRICS: dict[str, Callable[["Pool", int, np.ndarray], float | None]] = {
    "accuracy": lambda pool, query, scores_D: pool.accuracy(query, scores_D),
    "map": lambda pool, query, scores_D: average_precision(scores_D, pool.relevant_QD[query]),
    "recall_at_5": lambda pool, query, scores_D: recall_at(5, scores_D, pool.relevant_QD[query]),
    "mrr_at_10": lambda pool, query, scores_D: reciprocal_rank(10, scores_D, pool.relevant_QD[query]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The queries of one application or package, and the candidates they all share."""

    name: str
    """Application id or package."""
    split: str
    """train, validation, holdout or heldout-packages."""
    queries: tuple[str, ...]
    """Gold requirements, or first sentences of docstrings."""
    documents: tuple[str, ...]
    """What is read of each candidate."""
    names: tuple[str, ...]
    """Qualified name of each candidate."""
    relevant_QD: Bool[np.ndarray, "Q D"]
    """Whether a candidate is relevant to a query; at least one is."""
    negative_QD: Bool[np.ndarray, "Q D"]
    """Whether a candidate is a labelled hard negative of a query."""

    def accuracy(self, query: int, scores_D: Float[np.ndarray, " D"]) -> float | None:
        """Return whether all relevant candidates are above all labelled negatives; None without a negative."""
        negative_D = self.negative_QD[query]
        return all_above(scores_D, self.relevant_QD[query], negative_D) if negative_D.any() else None


def evaluate_retrieval(
    *,
    labels: pd.DataFrame,
    sections: pd.DataFrame,
    corpus: pd.DataFrame | None,
    retriever: "SentenceTransformer",
    untrained: "SentenceTransformer",
    hybrid_weight: float | None,
    seed: int,
    bf16: bool = False,
    threads: int = 1,
) -> pd.DataFrame:
    """Return one row per system, split and metric: value, ci_low, ci_high, n (queries), units (applications), weight.

    ``weight`` is the share of the encoder in a mixed score, NaN elsewhere. ``hybrid_weight`` fixes it; None chooses for each
    encoder the one with the highest mean average precision on the validation applications. A split without a query has no
    row. With two ``threads`` both encoders read at a time.
    """
    pools = [*application_pools(labels, sections), *([] if corpus is None else package_pools(corpus, seed=seed))]
    lexical = {pool.name: lexical_scores(pool.documents, pool.queries) for pool in pools}
    systems = {"bm25": (lexical, float("nan"))}
    with ThreadPoolExecutor(threads) as readers:
        read = readers.map(lambda model: dense_scores(model, pools, bf16=bf16), (untrained, retriever))
    for name, dense in zip(("untrained", "trained"), read, strict=True):
        weight = best_weight(pools, dense, lexical) if hybrid_weight is None else hybrid_weight
        systems[name] = (dense, float("nan"))
        systems[f"{name}+bm25"] = ({key: mixed(dense[key], lexical[key], weight=weight) for key in dense}, weight)
    rows = [row for name, (scores, weight) in systems.items() for row in _rows(name, weight, pools, scores, seed)]
    return pd.DataFrame(rows, columns=COLUMNS)


def chosen_weight(scores: pd.DataFrame) -> float | None:
    """Return the share that the trained encoder got beside BM25, from the rows of `evaluate_retrieval`; None without a row."""
    weights = scores.loc[scores["system"] == "trained+bm25", "weight"].dropna()
    return None if weights.empty else float(weights.iloc[0])


def application_pools(labels: pd.DataFrame, sections: pd.DataFrame) -> list[Pool]:
    """Return one pool per application with labelled requirements, in order of their ids."""
    column = relevant_column(labels)
    asked = labels[labels["variant"].isin(["gold", "derived"])]
    pools = []
    for application, rows in asked.groupby("application", sort=True):
        own = sections[sections["application"] == application]
        names = own["name"].tolist()
        rows = rows[[bool(set(names) & set(relevant)) for relevant in rows[column]]]
        if len(rows):
            pools.append(
                Pool(
                    name=str(application),
                    split=str(rows["split"].iloc[0]),
                    queries=tuple(rows["text"]),
                    documents=tuple(section_texts(own)),
                    names=tuple(names),
                    relevant_QD=_membership(rows[column], names),
                    negative_QD=_membership(rows["negatives"], names),
                )
            )
    return pools


def package_pools(corpus: pd.DataFrame, *, seed: int) -> list[Pool]:
    """Return whole held-out packages in seeded order until there are enough functions."""
    held_out = {
        str(name): rows
        for name, rows in corpus[corpus["split"] == "test"].groupby("package")
        if len(rows) >= MIN_PACKAGE
    }
    pools, taken = [], 0
    for package in sorted(held_out, key=lambda name: seed_for("phase1", "held out", seed, name)):
        rows = held_out[package]
        if taken + len(rows) > HELD_OUT_PAIRS and taken:
            continue
        taken += len(rows)
        same_QD = np.eye(len(rows), dtype=bool)
        pools.append(
            Pool(
                name=f"package {package}",
                split=HELD_OUT,
                queries=tuple(rows["query"]),
                names=tuple(rows["qualified_name"]),
                documents=tuple(map(document_text, rows["qualified_name"], rows["code"])),
                relevant_QD=same_QD,
                negative_QD=_next_to(same_QD),
            )
        )
    return pools


def lexical_scores(documents: Sequence[str], queries: Sequence[str]) -> Float[np.ndarray, "Q D"]:
    """Return BM25 scores, those of each query divided by its best: 0 to 1."""
    index = Bm25Index(documents)
    scores_QD = np.stack([index.scores(query) for query in queries])
    best_Q1 = scores_QD.max(axis=1, keepdims=True)
    return scores_QD / np.where(best_Q1 > 0, best_Q1, 1)


def dense_scores(model: "SentenceTransformer", pools: Sequence[Pool], *, bf16: bool) -> dict[str, np.ndarray]:
    """Return cosines ``[Q, D]`` per pool; all texts are encoded in one pass, sorted by length."""
    texts = [text for pool in pools for text in (*pool.queries, *pool.documents)]
    vectors = iter(np.split(embed(model, texts, bf16=bf16), np.cumsum(_sizes(pools))[:-1])) if pools else iter(())
    return {pool.name: next(vectors) @ next(vectors).T for pool in pools}


def mixed(
    dense_QD: Float[np.ndarray, "Q D"], lexical_QD: Float[np.ndarray, "Q D"], *, weight: float
) -> Float[np.ndarray, "Q D"]:
    """Return the weighted sum of cosine and scaled BM25; on this task it beats merging the two rankings."""
    return weight * dense_QD + (1 - weight) * lexical_QD


def best_weight(pools: Sequence[Pool], dense: dict[str, np.ndarray], lexical: dict[str, np.ndarray]) -> float:
    """Return the encoder's share with the highest mean average precision on validation applications."""
    chosen = [pool for pool in pools if pool.split == "validation"]
    if not chosen:
        return DEFAULT_WEIGHT

    def quality(weight: float) -> float:
        return float(
            np.mean(
                [
                    average_precision(scores_D, relevant_D)
                    for pool in chosen
                    for scores_D, relevant_D in zip(
                        mixed(dense[pool.name], lexical[pool.name], weight=weight), pool.relevant_QD, strict=True
                    )
                ]
            )
        )

    return max(WEIGHTS, key=quality)


def _rows(
    system: str, weight: float, pools: Sequence[Pool], scores: dict[str, np.ndarray], seed: int
) -> Iterator[tuple]:
    for split in dict.fromkeys(pool.split for pool in pools):
        members = [pool for pool in pools if pool.split == split]
        for metric, measure in METRICS.items():
            values = [
                [
                    value
                    for query, scores_D in enumerate(scores[pool.name])
                    if (value := measure(pool, query, scores_D)) is not None
                ]
                for pool in members
            ]
            if any(values):
                yield system, split, metric, *_pooled(values, seed=seed), weight


def _pooled(values: Sequence[Sequence[float]], *, seed: int) -> tuple[float, float, float, int, int]:
    """Return the mean over all queries, its 95 % interval over resampled units, and the numbers of queries and units."""
    kept = [unit for unit in values if unit]
    sums_P, counts_P = np.array([sum(unit) for unit in kept]), np.array([len(unit) for unit in kept])
    draws = np.random.default_rng(seed_for("phase1", "bootstrap", seed)).integers(
        len(kept), size=(RESAMPLES, len(kept))
    )
    low, high = np.quantile(sums_P[draws].sum(axis=1) / counts_P[draws].sum(axis=1), [0.025, 0.975])
    return float(sums_P.sum() / counts_P.sum()), float(low), float(high), int(counts_P.sum()), len(kept)


def _membership(lists: pd.Series, names: Sequence[str]) -> Bool[np.ndarray, "Q D"]:
    return np.array([np.isin(names, list(wanted)) for wanted in lists])


def _next_to(same_QD: Bool[np.ndarray, "Q D"]) -> Bool[np.ndarray, "Q D"]:
    """Return three other functions for each, the next ones in order: in files of a package neighbours are related."""
    return sum(np.roll(same_QD, shift, axis=1) for shift in (1, 2, 3)).astype(bool)


def _sizes(pools: Sequence[Pool]) -> list[int]:
    return [size for pool in pools for size in (len(pool.queries), len(pool.documents))]
