"""Does the retriever reach the seed's exit criteria (I06), does it beat what it started from, and what are the seed's
labels worth?"""

from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.checks.measured import measured, nothing
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline

if TYPE_CHECKING:
    import pandas as pd

TARGETS = (
    ("train", "accuracy", 0.80),
    ("validation", "accuracy", 0.70),
    ("validation", "map", 0.75),
    ("validation", "recall_at_5", 0.90),
)
"""(split, metric, target) of seed I06."""
AIMS = (
    ("holdout", "accuracy", 0.90),
    ("holdout", "map", 0.90),
    ("holdout", "recall_at_5", 0.97),
    ("heldout-packages", "mrr_at_10", 0.75),
)
"""(split, metric, target) that this project set itself for what no training has seen."""
GAIN = 0.05
"""Least gain in MRR@10 on held-out packages over the encoder that training started from."""


HEURISTIC_TARGET = 0.5
"""Below it, an application without gold would be learned from labels that are wrong (or missing) more often than right."""


def _reaches(split: str, metric: str, target: float, origin: str) -> dg.AssetChecksDefinition:
    where = "held-out packages" if split == "heldout-packages" else f"{split} applications"

    @dg.asset_check(
        asset="phase1_evaluation",
        name=f"{split}_{metric}".replace("-", "_"),
        description=f"{metric} on {where} is above {target:g} ({origin}).",
    )
    def check(phase1_evaluation: Artifact) -> dg.AssetCheckResult:
        scores = phase1_evaluation.table()
        row = score(scores, "trained", split, metric)
        if row is None:
            return nothing(f"no gold requirements or functions of {where}")
        return measured(
            row["value"] > target,
            value=float(row["value"]),
            target=target,
            low=float(row["ci_low"]),
            high=float(row["ci_high"]),
            n=int(row["n"]),
        )

    return check


def _beats(split: str, name: str, *, surely: bool) -> dg.AssetChecksDefinition:
    by = ", by more than the interval of its own" if surely else ""

    @dg.asset_check(
        asset="phase1_evaluation",
        name=name,
        description=f"On {split} applications the trained retriever has a higher MAP than BM25 and than the untrained encoder{by}.",
    )
    def check(phase1_evaluation: Artifact) -> dg.AssetCheckResult:
        scores = phase1_evaluation.table()
        rows = {system: score(scores, system, split, "map") for system in ("trained", "bm25", "untrained")}
        if any(row is None for row in rows.values()):
            return nothing(f"no {split} application with gold requirements")
        values = {system: float(row["value"]) for system, row in rows.items()}
        best, low = max(values["bm25"], values["untrained"]), float(rows["trained"]["ci_low"])
        return measured(
            (low if surely else values["trained"]) > best,
            value=values["trained"],
            target=best,
            **values,
            low=low,
            n=int(rows["trained"]["n"]),
            margin=values["trained"] - best,
        )

    return check


@dg.asset_check(
    asset="phase1_evaluation",
    description=f"On held-out packages the trained retriever gains at least {GAIN:g} MRR@10 on the untrained encoder.",
)
def gains_on_held_out_packages(phase1_evaluation: Artifact) -> dg.AssetCheckResult:
    scores = phase1_evaluation.table()
    rows = {system: score(scores, system, "heldout-packages", "mrr_at_10") for system in ("trained", "untrained")}
    if any(row is None for row in rows.values()):
        return nothing("no held-out package in the docstring corpus")
    values = {system: float(row["value"]) for system, row in rows.items()}
    gain = values["trained"] - values["untrained"]
    return measured(gain >= GAIN, value=gain, target=GAIN, **values, n=int(rows["trained"]["n"]))


def _heuristic(share: str, meaning: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="phase1_labels",
        name=f"heuristic_{share}",
        description=f"{meaning} at least {HEURISTIC_TARGET:g} (texts with gold only). The heuristic is learned from only "
        "where nothing has gold.",
    )
    def check(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
        import pandas as pd

        from iccm_dagster.phase1.labels import heuristic_agreement

        stored = [pipeline.store.find("phase1_labels", key) for key in registered(context.instance)]
        tables = [found.table() for found in stored if found is not None and found.problem is None]
        agreement = heuristic_agreement(pd.concat(tables, ignore_index=True)) if tables else {"texts": 0, share: None}
        if agreement[share] is None:
            return nothing("no requirement with gold that the heuristic could be compared with")
        return measured(
            agreement[share] >= HEURISTIC_TARGET,
            value=agreement[share],
            target=HEURISTIC_TARGET,
            n=agreement["texts"],
        )

    return check


def score(scores: "pd.DataFrame", system: str, split: str, metric: str) -> "pd.Series | None":
    """Return one row of the scores; None where there was nothing to measure."""
    rows = scores[(scores["system"] == system) & (scores["split"] == split) & (scores["metric"] == metric)]
    return None if rows.empty or rows["value"].isna().all() else rows.iloc[0]


CHECKS = [
    _heuristic("precision", "Of the sections that the seed's heuristic labels, the share that gold names is"),
    _heuristic("recall", "Of the sections that gold names, the share that the seed's heuristic labels is"),
    *(_reaches(*target, "seed I06") for target in TARGETS),
    *(_reaches(*aim, "aim") for aim in AIMS),
    _beats("validation", "beats_its_baselines", surely=False),
    _beats("holdout", "beats_its_baselines_on_holdout", surely=True),
    gains_on_held_out_packages,
]
