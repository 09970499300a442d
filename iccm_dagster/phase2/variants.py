"""Requirement variants: the same requirements as written by hand, as paraphrased, and with details taken away.

A detail is what follows the head of a sentence: a clause or phrase that a comma, a conjunction, a preposition or a
subordinating word opens. Which ones go is drawn per requirement from one seed, and a higher rate takes away everything
that a lower one does, so that rates can be compared. What a writer generated is an asset of its own.

Not covered: paraphrases by a language model are made only where an endpoint is configured for them; the ones here were
written by hand.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from iccm_dagster.applications.requirements import Requirement
from iccm_dagster.seeding import seed_for

GOLD, PARAPHRASE, DEGRADED = "gold", "paraphrase", "degraded"
RATES = (0.3, 0.6, 1.0)
"""Shares of details taken away; the first is the seed's (I07)."""
OPENERS = frozenset(
    "after and as at because before between but by during except for from if in into of on only or so than that to "
    "unless until using when where whether which while who whose with within without".split()
)
COLUMNS = ["requirement_id", "variant", "text", "removed"]


def variants_table(requirements: Sequence[Requirement], *, seed: int) -> pd.DataFrame:
    """Return one row per text of each requirement.

    Columns: requirement_id, variant ("gold", "paraphrase-1", ..., "degraded-30", ...), text, removed (words taken away;
    0 for what was written by hand).
    """
    rows = []
    for requirement in requirements:
        first = "derived" if requirement.derived else GOLD
        rows.append((requirement.id, first, requirement.text, 0))
        rows += [
            (requirement.id, f"{PARAPHRASE}-{number}", text, 0)
            for number, text in enumerate(requirement.paraphrases, start=1)
        ]
        for rate in RATES:
            text = degraded(requirement.text, rate=rate, seed=seed_for("phase2", "degraded", seed, requirement.id))
            lost = len(requirement.text.split()) - len(text.split())
            rows.append((requirement.id, f"{DEGRADED}-{rate:.0%}".rstrip("%"), text, lost))
    return pd.DataFrame(rows, columns=COLUMNS)


def degraded(text: str, *, rate: float, seed: int) -> str:
    """Return a sentence without ``rate`` of its details, drawn by ``seed``; its head always stays."""
    head, *details = _phrases(text)
    draws = np.random.default_rng(seed).random(len(details))
    kept = [detail for detail, draw in zip(details, draws, strict=True) if draw >= rate]
    return " ".join([head, *kept]).rstrip(" ,;:.") + "."


def _phrases(text: str) -> list[str]:
    """Cut a sentence before each word that opens a detail and after each comma; the first piece is its head."""
    phrases: list[list[str]] = [[]]
    for word in text.split():
        opens = re.sub(r"\W", "", word).lower() in OPENERS or (
            phrases[-1] and phrases[-1][-1].endswith((",", ";", ":"))
        )
        # A head of one or two words says nothing: it takes the first phrase along.
        if opens and (len(phrases) > 1 or len(phrases[0]) > 2):
            phrases.append([])
        phrases[-1].append(word)
    return [" ".join(phrase) for phrase in phrases]
