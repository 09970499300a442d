"""What is compared with what: groups of queries that share one set of candidate sections.

All queries and documents of a group come from one application, or from one package of the docstring corpus: the hard
case, and the one that retrieval meets. A document occurs once in a group, and each query knows every document that is
relevant to it, so no two requirements of one section are ever each other's negatives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from datasets import Dataset
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import SequentialSampler

from iccm_dagster.phase1.labels import relevant_column
from iccm_dagster.phase1.model import document_text, section_texts
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.seeding import seed_for

# G: groups, Q: queries, D: documents.

RELEVANT, NEGATIVE, ABSENT = 1, 0, -1
"""What a document is to a query: an answer, a wrong answer, or not in its group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Queries with their shared candidates."""

    origin: str
    """Application or package, for messages."""
    application: bool
    """True for requirements of an application, False for docstring pairs of a package."""
    queries: tuple[str, ...]
    """Requirements, or first sentences of docstrings."""
    documents: tuple[str, ...]
    """Candidate sections, each once."""
    relevant: tuple[frozenset[int], ...]
    """Per query, the positions of its relevant documents; at least one."""


def training_groups(
    labels: pd.DataFrame, sections: pd.DataFrame, corpus: pd.DataFrame | None, recipe: RetrieverRecipe
) -> list[Group]:
    """Return all groups in training order: docstring pairs mixed into the first half, requirements throughout.

    The order depends on the recipe's seed alone, so an interrupted training can go on where it stopped.
    """
    rng = np.random.default_rng(seed_for("phase1", "groups", recipe.seed))
    gold = [
        group
        for _ in range(recipe.epochs)
        for group in _shuffled(_application_groups(labels, sections, recipe, rng), rng)
    ]
    warm = [] if corpus is None else _shuffled(_package_groups(corpus, recipe, rng), rng)
    half = len(gold) // 2
    return _shuffled([*warm, *gold[:half]], rng) + gold[half:]


class Collator:
    """Turns positions of groups into token ids and one relevance table ``[G, Q, D]``."""

    valid_label_columns = ("label",)

    def __init__(self, model: SentenceTransformer, groups: Sequence[Group]) -> None:
        self._preprocess, self._groups = model.preprocess, groups

    def __call__(self, rows: Sequence[dict[str, int]]) -> dict[str, Any]:
        groups = [self._groups[row["group"]] for row in rows]
        queries = self._preprocess([query for group in groups for query in group.queries])
        documents = self._preprocess([document for group in groups for document in group.documents])
        return {
            **{f"query_{key}": value for key, value in queries.items()},
            **{f"document_{key}": value for key, value in documents.items()},
            "label": relevance_table(groups),
            "origin": ", ".join(f"{group.origin} ({group.queries[0]!r}, ...)" for group in groups),
        }


def relevance_table(groups: Sequence[Group]) -> torch.Tensor:
    """Return ``[G, Q, D]``: what each document is to each query of its group, ABSENT where a group is smaller."""
    size = (len(groups), max(len(group.queries) for group in groups), max(len(group.documents) for group in groups))
    table_GQD = torch.full(size, ABSENT)
    for group, table_QD in zip(groups, table_GQD, strict=True):
        table_QD[: len(group.queries), : len(group.documents)] = NEGATIVE
        for query, relevant in enumerate(group.relevant):
            table_QD[query, list(relevant)] = RELEVANT
    return table_GQD


class InOrder(DefaultBatchSampler):
    """Batches in the order of the data set, which is shuffled already."""

    def __init__(self, dataset: Dataset, **options: Any) -> None:
        super().__init__(SequentialSampler(dataset), **options)


def _application_groups(
    labels: pd.DataFrame, sections: pd.DataFrame, recipe: RetrieverRecipe, rng: np.random.Generator
) -> list[Group]:
    column = relevant_column(labels)
    groups = []
    for application, rows in labels.groupby("application", sort=True):
        own = sections[sections["application"] == application]
        texts = dict(zip(own["name"], section_texts(own), strict=True))
        usable = [row for row in rows.to_dict("records") if any(name in texts for name in row[column])]
        for chunk in _chunks(_shuffled(usable, rng), recipe.queries_per_group):
            groups.append(_application_group(str(application), chunk, texts, column, recipe, rng))
    return groups


def _application_group(
    application: str,
    rows: Sequence[dict],
    texts: dict[str, str],
    column: str,
    recipe: RetrieverRecipe,
    rng: np.random.Generator,
) -> Group:
    """Take what the queries need, then their hard negatives in turn, then other sections at random."""
    needed = [name for row in rows for name in row[column]]
    hard = [name for rank in range(recipe.negatives) for row in rows for name in row["negatives"][rank : rank + 1]]
    rest = rng.permutation(list(texts)).tolist()
    names = [name for name in dict.fromkeys([*needed, *hard, *rest]) if name in texts]
    names = names[: max(recipe.documents_per_group, len(set(needed)))]
    place = {name: index for index, name in enumerate(names)}
    return Group(
        origin=application,
        application=True,
        queries=tuple(row["text"] for row in rows),
        documents=tuple(texts[name] for name in names),
        relevant=tuple(frozenset(place[name] for name in row[column] if name in place) for row in rows),
    )


def _package_groups(corpus: pd.DataFrame, recipe: RetrieverRecipe, rng: np.random.Generator) -> list[Group]:
    """Return groups of pairs from one package each, from as many packages as possible, up to ``warm_pairs`` pairs."""
    train = corpus[corpus["split"] == "train"]
    runs = []
    for package, rows in train.groupby("package", sort=True):
        records = _shuffled(rows.to_dict("records"), rng)
        runs += [
            (turn, package, run) for turn, run in enumerate(_chunks(records, recipe.queries_per_group)) if len(run) > 3
        ]
    # First the first run of every package, then the second ones: no package dominates.
    runs = [run for _, run in sorted(enumerate(runs), key=lambda item: (item[1][0], item[0]))]
    taken, groups = 0, []
    for _, package, run in runs:
        if taken >= recipe.warm_pairs:
            break
        taken += len(run)
        groups.append(
            Group(
                origin=str(package),
                application=False,
                queries=tuple(pair["query"] for pair in run),
                documents=tuple(document_text(pair["qualified_name"], pair["code"]) for pair in run),
                relevant=tuple(frozenset({index}) for index in range(len(run))),
            )
        )
    return groups


def _shuffled(items: Sequence, rng: np.random.Generator) -> list:
    return [items[index] for index in rng.permutation(len(items))]


def _chunks(items: Sequence, size: int) -> Iterator[Sequence]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
