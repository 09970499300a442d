"""Ask the retriever: which sections of an application implement this requirement?

The index of an application is a table with one vector per section. It is refreshed only where a section's text changed,
and as a whole when the retriever did.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from iccm_dagster.applications.catalogue import Application
from iccm_dagster.applications.sections import Section, sections_of
from iccm_dagster.phase1.evaluate import DEFAULT_WEIGHT, lexical_scores, mixed
from iccm_dagster.phase1.model import embed, section_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

INDEX_COLUMNS = ["name", "file", "line_start", "line_end", "text", "key", "vector"]
HEAD_LINES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One section that was found."""

    name: str
    """Qualified name of the section."""
    score: float
    """Weighted sum of cosine (-1 to 1) and BM25 (0 to 1, 1 for the best section): comparable within one answer only."""
    file: str
    """Path relative to the application's ``src/``."""
    line_start: int
    """First line, counted from 1."""
    line_end: int
    """Last line, included."""
    head: str
    """Its name and first lines, as the retriever reads them."""

    def __str__(self) -> str:
        code = "\n".join(f"    {line}" for line in self.head.split("\n")[1:])
        return f"{self.score:.3f}  {self.name}  src/{self.file}:{self.line_start}-{self.line_end}\n{code}"


def retrieve(
    requirement: str,
    application: Application,
    k: int,
    *,
    retriever: "SentenceTransformer",
    index: pd.DataFrame | None = None,
    weight: float = DEFAULT_WEIGHT,
    bf16: bool = False,
) -> list[Hit]:
    """Return the ``k`` sections most likely to implement ``requirement``, best first; all of them where there are fewer.

    Args:
        requirement: One sentence; what does not fit the retriever is cut.
        application: Where to search.
        k: How many sections.
        retriever: A trained (or untrained) encoder.
        index: What `build_index` returned for this application and retriever; None builds it now.
        weight: Share of the encoder beside BM25; 1 leaves BM25 out.
        bf16: Whether to encode in bfloat16.

    Raises:
        ValueError: The requirement is empty, or ``k`` is below 1.
    """
    if not requirement.strip() or k < 1:
        raise ValueError(f"requirement={requirement!r}, k={k}: ask with a sentence, and for at least one section")
    if index is None:
        index = build_index(sections_of(application), retriever=retriever, version="", previous=None, bf16=bf16)
    if index.empty:
        return []
    cosine_QD = embed(retriever, [requirement], bf16=bf16) @ np.stack(index["vector"].to_list()).T
    scores_D = mixed(cosine_QD, lexical_scores(index["text"].tolist(), [requirement]), weight=weight)[0]
    best = np.argsort(-scores_D, kind="stable")[:k]
    return [_hit(row, score) for row, score in zip(index.iloc[best].itertuples(), scores_D[best], strict=True)]


def build_index(
    sections: Sequence[Section],
    *,
    retriever: "SentenceTransformer",
    version: str,
    previous: pd.DataFrame | None,
    bf16: bool,
) -> pd.DataFrame:
    """Return one row per section: name, file, line_start, line_end, text, key, vector.

    Args:
        sections: Of one application.
        retriever: Encodes what is new.
        version: Identifies the retriever's weights: another version makes every vector stale.
        previous: The index as it was; vectors of unchanged sections are taken from it.
        bf16: Whether to encode in bfloat16.
    """
    known = {} if previous is None else dict(zip(previous["key"], previous["vector"], strict=True))
    rows = [(section.name, section.file, section.line_start, section.line_end, _text(section)) for section in sections]
    table = pd.DataFrame(rows, columns=INDEX_COLUMNS[:-2])
    table["key"] = [_key(text, version) for text in table["text"]]
    new = table[~table["key"].isin(known)].drop_duplicates("key")
    known |= dict(zip(new["key"], embed(retriever, new["text"].tolist(), bf16=bf16), strict=True))
    return table.assign(vector=[known[key] for key in table["key"]])


def stale_sections(sections: Sequence[Section], *, version: str, previous: pd.DataFrame | None) -> list[str]:
    """Return the names of the sections that `build_index` would encode."""
    known = set() if previous is None else set(previous["key"])
    return [section.name for section in sections if _key(_text(section), version) not in known]


def _text(section: Section) -> str:
    return section_text(section.name, section.kind, section.code)


def _key(text: str, version: str) -> str:
    return hashlib.sha256(f"{version}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _hit(row: object, score: float) -> Hit:
    lines = row.text.split("\n")
    return Hit(
        name=row.name,
        score=float(score),
        file=row.file,
        line_start=int(row.line_start),
        line_end=int(row.line_end),
        head="\n".join(lines[: HEAD_LINES + 1]),
    )
