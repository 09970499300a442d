"""What each part of the pipeline is worth: one application told by many sources, all within the same number of tokens.

The upper bounds are gold and its variants; the writer appears untrained, after each stage, and after a stage 2 that was
rewarded with similarity instead of tests; retrieval says what was written about the most similar training code; the rest
learns nothing. A text that is over the budget loses its last statements.

Not covered: a statement is kept or dropped whole, so that texts stay below the budget by up to one statement.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from iccm_dagster.intervals import bootstrap_mean
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.phase1.model import embed
from iccm_dagster.phase2.evaluate import docstrings, name_only
from iccm_dagster.phase2.generator import load_generator
from iccm_dagster.phase2.groups import section_groups
from iccm_dagster.phase2.model import RequirementWriter
from iccm_dagster.phase2.styles import NAMED
from iccm_dagster.phase2.variants import DEGRADED, GOLD, PARAPHRASE, RATES
from iccm_dagster.phase2.writer import Writer
from iccm_dagster.seeding import seed_for

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Texts = dict[str, list[str]]
"""Source -> statements about one application."""
CountTokens = Callable[[str], int]

RANKING = ("gold", "stage 2", "stage 1", "retrieval", "interface only")
"""The order that seed I07 expects, best first, at an equal number of tokens."""
SHARES = (0.25, 0.5, 1.0)
"""Parts of the budget at which the frontier is measured."""


def hand_written(variants: pd.DataFrame) -> Texts:
    """Return gold, its first paraphrases, and gold without details at each rate; nothing for an application without gold."""
    texts = {name: rows["text"].tolist() for name, rows in variants.groupby("variant", sort=False)}
    if GOLD not in texts:
        return {}
    wanted = {"gold": GOLD, "paraphrased": f"{PARAPHRASE}-1"}
    wanted |= {f"{rate:.0%} of details removed": f"{DEGRADED}-{rate:.0%}".rstrip("%") for rate in RATES}
    return {source: texts[variant] for source, variant in wanted.items() if variant in texts}


def unlearned(knowledge: Knowledge) -> Texts:
    """Return the baselines that learn nothing: docstrings with and without the name before them, names, nothing at all."""
    groups = section_groups(knowledge.sections, at_import=knowledge.at_import)
    return {
        "named docstrings": docstrings(groups, NAMED),
        "docstrings": docstrings(groups),
        "name only": name_only(groups),
        "interface only": [],
    }


class Neighbours:
    """Retrieval as a writer: the requirement of the most similar section group of a training application."""

    def __init__(self, retriever: "SentenceTransformer", examples: pd.DataFrame, *, bf16: bool) -> None:
        """``examples``: application, split, source, text, variant; only gold of training applications is learned."""
        known = examples[(examples["split"] == "train") & (examples["variant"] == GOLD)]
        self._known = known.drop_duplicates(["application", "source"]).reset_index(drop=True)
        self._retriever, self._bf16 = retriever, bf16
        self._vectors_ND = embed(retriever, self._known["source"].tolist(), bf16=bf16)

    def write(self, application: str, sources: Sequence[str]) -> list[str]:
        """Return one requirement per section group, never one of the application itself."""
        others = (self._known["application"] != application).to_numpy()
        if not others.any() or not sources:
            return []
        similarity_GN = embed(self._retriever, list(sources), bf16=self._bf16) @ self._vectors_ND[others].T
        return self._known["text"][others].iloc[similarity_GN.argmax(axis=1)].tolist()


def untrained_writer(checkpoint: Path, folder: Path) -> Path:
    """Store a writer like the one in ``checkpoint`` with a head that was never trained; return ``folder``."""
    torch.manual_seed(seed_for("phase2", "untrained head"))
    trained = load_generator(checkpoint, device="cpu")
    if isinstance(trained, Writer):
        trained = Writer(trained.encoder, RequirementWriter(trained.head.config), checkpoint / "encoder")
    else:
        # Adapters whose second matrices are 0 leave the base as it was.
        own = trained.weights()
        trained.restore({name: torch.zeros_like(value) if "lora_B" in name else value for name, value in own.items()})
    trained.save(folder)
    return folder


def within_budget(statements: Sequence[str], budget: int, count_tokens: CountTokens) -> list[str]:
    """Return the first statements whose tokens do not exceed ``budget`` together."""
    used = np.cumsum([count_tokens(statement) for statement in statements])
    return list(statements)[: int(np.searchsorted(used, budget, side="right"))]


def budgeted(
    texts: Texts, *, reference: str, count_tokens: CountTokens
) -> tuple[dict[tuple[str, float], list[str]], int]:
    """Return (source, share of the budget) -> statements, and the budget: the tokens of ``reference``."""
    budget = sum(map(count_tokens, texts[reference]))
    return {
        (source, share): within_budget(statements, int(budget * share), count_tokens)
        for source, statements in texts.items()
        for share in SHARES
    }, budget


def ablation_table(rates: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Return one row per split, share of the budget and source, best first, with intervals over applications.

    ``rates``: application, split, source, share, tokens, reconstructor, pass_rate (NaN where not judged). Columns: split,
    share, source, tokens (mean), pass_rate, low, high, applications, spread (standard deviation between reconstructors,
    mean over applications), simulated.
    """
    judged = rates.dropna(subset=["pass_rate"])
    means = judged.groupby(["split", "share", "source", "application"], as_index=False).agg(
        pass_rate=("pass_rate", "mean"),
        spread=("pass_rate", lambda values: values.std(ddof=0)),
        tokens=("tokens", "first"),
    )
    rows = []
    for (split, share, source), group in means.groupby(["split", "share", "source"]):
        interval = bootstrap_mean(group["pass_rate"].tolist(), resamples=2000, seed=seed)
        rows.append(
            {
                "split": split,
                "share": share,
                "source": source,
                "tokens": float(group["tokens"].mean()),
                "pass_rate": interval.mean,
                "low": interval.low,
                "high": interval.high,
                "applications": interval.n,
                "spread": float(group["spread"].mean()),
                "simulated": bool(rates["simulated"].all()),
            }
        )
    return pd.DataFrame(rows).sort_values(["split", "share", "pass_rate"], ascending=[True, True, False])


def ranking_of(table: pd.DataFrame, split: str) -> Mapping[str, float]:
    """Return the pass rates of `RANKING` at the whole budget, in the order that is expected; sources without a row are
    left out."""
    rows = table[(table["split"] == split) & (table["share"] == 1.0)].set_index("source")["pass_rate"]
    return {source: float(rows[source]) for source in RANKING if source in rows}
