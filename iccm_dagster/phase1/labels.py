"""Which sections implement a requirement, and which ones only look like it.

``relevant`` is gold: the hand-written traceability. ``heuristic`` is what seed I06 learned from, kept beside it to be
compared: the sections whose name and docstring are similar to the text, at most five. ``negatives`` are the sections that
BM25 and the untrained encoder like best although they are not relevant.

Not covered: whether the traceability itself is right; the catalogue executes it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from jaxtyping import Float

from iccm_dagster.applications.requirements import Requirement
from iccm_dagster.applications.sections import Closure, Section
from iccm_dagster.applications.traceability import Traceability
from iccm_dagster.lexical import Bm25Index, code_tokens
from iccm_dagster.phase1.model import embed, section_text
from iccm_dagster.phase1.recipe import RetrieverRecipe

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# T: requirement texts, S: sections, E: vector size.

COLUMNS = ["requirement_id", "text", "variant", "relevant", "heuristic", "negatives", "provenance"]
GOLD = "gold"
# What the words of a section's name are worth beside its similarity, when all of them occur in the text.
KEYWORD_WEIGHT = 0.1
# Sections with this much of their words in common are copies of each other.
NEAR_DUPLICATE = 0.9


def label_application(
    sections: Sequence[Section],
    requirements: Sequence[Requirement],
    traceability: Traceability | None,
    encoder: "SentenceTransformer",
    *,
    recipe: RetrieverRecipe,
) -> pd.DataFrame:
    """Return one row per text of each requirement, the hand-written one and its paraphrases.

    Columns: requirement_id, text, variant ("gold", "paraphrase-1", ...; "derived" for a text taken from a docstring),
    relevant, heuristic, negatives (lists of section names, best first), provenance (where each list comes from).
    ``relevant`` is empty where there is no traceability.
    """
    texts = [(requirement, variant, text) for requirement in requirements for variant, text in _variants(requirement)]
    if not texts or not sections:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in COLUMNS})
    vectors_TE = embed(encoder, [text for _, _, text in texts], bf16=recipe.bf16)
    lines = [text for _, _, text in texts]
    gold = {} if traceability is None else _gold(traceability, recipe.max_relevant)
    heuristic = heuristic_sections(lines, vectors_TE, sections, encoder, recipe=recipe)
    mined = _mined(lines, vectors_TE, sections, encoder, recipe=recipe)
    lookalikes = Lookalikes(sections)
    rows = []
    for (requirement, variant, text), guess, ranking in zip(texts, heuristic, mined, strict=True):
        relevant = gold.get(requirement.id, [])
        excluded = lookalikes.of(relevant or guess)
        negatives = [name for name in ranking if name not in excluded][: recipe.negatives]
        provenance = _provenance(bool(relevant), recipe)
        rows.append((requirement.id, text, variant, relevant, guess, negatives, provenance))
    return pd.DataFrame(rows, columns=COLUMNS)


def heuristic_sections(
    texts: Sequence[str],
    vectors_TE: Float[np.ndarray, "T E"],
    sections: Sequence[Section],
    encoder: "SentenceTransformer",
    *,
    recipe: RetrieverRecipe,
) -> list[list[str]]:
    """Return the seed's labels: sections more similar than the threshold, those whose name words occur in the text first."""
    described = [f"{section.name.rsplit('.', 1)[-1]} {section.docstring or ''}" for section in sections]
    similarity_TS = vectors_TE @ embed(encoder, described, bf16=recipe.bf16).T
    names = [set(code_tokens(section.name.rsplit(".", 1)[-1].split("#")[0])) for section in sections]
    found = []
    for text, similarity_S in zip(texts, similarity_TS, strict=True):
        words = set(code_tokens(text))
        share_S = np.array([len(name & words) / max(len(name), 1) for name in names])
        order_S = np.argsort(-(similarity_S + KEYWORD_WEIGHT * share_S), kind="stable")
        close = [sections[index].name for index in order_S if similarity_S[index] > recipe.heuristic_threshold]
        found.append(close[: recipe.max_relevant])
    return found


def heuristic_agreement(labels: pd.DataFrame) -> dict[str, float | int | None]:
    """Compare the heuristic with gold, over all texts that have gold.

    Returns:
        ``precision``: share of heuristic labels that are gold; ``recall``: share of gold found; ``texts`` compared. None for
        a share of nothing.
    """
    with_gold = labels[[len(names) > 0 for names in labels["relevant"]]]
    pairs = [(set(gold), set(guess)) for gold, guess in zip(with_gold["relevant"], with_gold["heuristic"], strict=True)]
    hits = sum(len(gold & guess) for gold, guess in pairs)
    guessed, wanted = sum(len(guess) for _, guess in pairs), sum(len(gold) for gold, _ in pairs)
    return {
        "precision": hits / guessed if guessed else None,
        "recall": hits / wanted if wanted else None,
        "texts": len(pairs),
    }


def relevant_column(labels: pd.DataFrame) -> str:
    """Return which labels to learn from: gold where there is any, else the seed's heuristic."""
    return "relevant" if any(len(names) for names in labels["relevant"]) else "heuristic"


class Lookalikes:
    """Sections too close to a relevant one to be called wrong."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._closure = Closure(sections)
        self._words = {section.name: frozenset(code_tokens(section.code)) for section in sections}

    def of(self, relevant: Sequence[str]) -> set[str]:
        """Return the relevant sections, what comes along with them, what encloses or is inside them, and their copies."""
        close = set(self._closure.of(relevant)) | set(relevant)
        for name in relevant:
            close |= {other for other in self._words if other.startswith(f"{name}.") or name.startswith(f"{other}.")}
            close |= {other for other in self._words if self._overlap(name, other) >= NEAR_DUPLICATE}
        return close

    def _overlap(self, one: str, other: str) -> float:
        mine, theirs = self._words.get(one, frozenset()), self._words[other]
        return len(mine & theirs) / max(len(mine | theirs), 1)


def _variants(requirement: Requirement) -> list[tuple[str, str]]:
    first = "derived" if requirement.derived else GOLD
    paraphrases = [(f"paraphrase-{n}", text) for n, text in enumerate(requirement.paraphrases, start=1)]
    return [(first, requirement.text), *paraphrases]


def _gold(traceability: Traceability, most: int) -> Mapping[str, list[str]]:
    return {
        requirement: list(dict.fromkeys(span.section for span in spans))[:most]
        for requirement, spans in traceability.sections.items()
    }


def _mined(
    texts: Sequence[str],
    vectors_TE: Float[np.ndarray, "T E"],
    sections: Sequence[Section],
    encoder: "SentenceTransformer",
    *,
    recipe: RetrieverRecipe,
) -> list[list[str]]:
    """Return, per text, all sections in the order in which the untrained encoder and BM25 together like them."""
    documents = [section_text(section.name, section.kind, section.code) for section in sections]
    similarity_TS = vectors_TE @ embed(encoder, documents, bf16=recipe.bf16).T
    lexical = Bm25Index(documents)
    rankings = []
    for text, similarity_S in zip(texts, similarity_TS, strict=True):
        places_S = np.minimum(_places(similarity_S), _places(lexical.scores(text)))
        rankings.append([sections[index].name for index in np.lexsort((-similarity_S, places_S))])
    return rankings


def _places(scores_S: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(-scores_S, kind="stable"), kind="stable")


def _provenance(gold: bool, recipe: RetrieverRecipe) -> str:
    relevant = "traceability" if gold else "none"
    return (
        f"relevant: {relevant}; heuristic: {recipe.base} similarity > {recipe.heuristic_threshold} and name words; "
        f"negatives: {recipe.base} and BM25"
    )
