"""How near what a writer writes comes to gold: what stage 1 can watch instead of its loss.

The loss on validation applications soon rises while the sentences still get better: a writer that is sure of its words
is punished hard for the few that differ. So the likeliest sentences themselves are compared with the gold ones.

Not covered: whether a program can be rebuilt from them; that takes verdicts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from iccm_dagster.phase2.evaluate import corpus_scores, text_scores
from iccm_dagster.phase2.generator import Generator
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.writer import SEQUENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One application: what is read of it, and what was written about it by hand."""

    sources: tuple[EncodedSource, ...]
    """One per section group."""
    gold: tuple[str, ...]
    """Its requirements."""


def told(applications: Sequence[str], sources: Sequence[EncodedSource], texts: Sequence[str]) -> list[Told]:
    """Gather examples (one entry of each argument per example) by application; what repeats counts once."""
    found: dict[str, tuple[dict[int, EncodedSource], dict[str, None]]] = {}
    for application, source, text in zip(applications, sources, texts, strict=True):
        read, gold = found.setdefault(application, ({}, {}))
        read[id(source)] = source
        gold[text] = None
    return [Told(sources=tuple(read.values()), gold=tuple(gold)) for read, gold in found.values()]


def written_similarity(
    writer: Generator, applications: Sequence[Told], embed: Callable[[Sequence[str]], np.ndarray]
) -> float:
    """Return the mean cosine of gold requirements and the likeliest sentences matched to them one to one (0 for one that
    nothing was left for)."""
    sources = [source for application in applications for source in application.sources]
    texts = iter(writer.write(sources, num_beams=1, batch_size=SEQUENCES))
    matched = [
        text_scores([text for text in (next(texts) for _ in application.sources) if text], application.gold, embed)
        for application in applications
    ]
    return corpus_scores(pd.concat(matched))["similarity"]
