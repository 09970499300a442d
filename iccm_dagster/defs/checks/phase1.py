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


HEURISTIC_TARGET = 0.5
"""Below it, an application without gold would be learned from labels that are wrong (or missing) more often than right."""


def _reaches(split: str, metric: str, target: float) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="phase1_evaluation",
        name=f"{split}_{metric}",
        description=f"{metric} on {split} applications is above {target:g} (seed I06).",
    )
    def check(phase1_evaluation: Artifact) -> dg.AssetCheckResult:
        scores = phase1_evaluation.table()
        row = score(scores, "trained", split, metric)
        if row is None:
            return _nothing(split)
        return measured(
            row["value"] > target,
            value=float(row["value"]),
            target=target,
            low=float(row["ci_low"]),
            high=float(row["ci_high"]),
            n=int(row["n"]),
        )

    return check


@dg.asset_check(
    asset="phase1_evaluation",
    description="On validation applications the trained retriever has a higher MAP than BM25 and than the untrained encoder.",
)
def beats_its_baselines(phase1_evaluation: Artifact) -> dg.AssetCheckResult:
    scores = phase1_evaluation.table()
    rows = {system: score(scores, system, "validation", "map") for system in ("trained", "bm25", "untrained")}
    if any(row is None for row in rows.values()):
        return _nothing("validation")
    values = {system: float(row["value"]) for system, row in rows.items()}
    best = max(values["bm25"], values["untrained"])
    return measured(
        values["trained"] > best,
        value=values["trained"],
        target=best,
        **values,
        n=int(rows["trained"]["n"]),
        margin=values["trained"] - best,
    )


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


def _nothing(split: str) -> dg.AssetCheckResult:
    return nothing(f"no {split} application with gold requirements")


CHECKS = [
    _heuristic("precision", "Of the sections that the seed's heuristic labels, the share that gold names is"),
    _heuristic("recall", "Of the sections that gold names, the share that the seed's heuristic labels is"),
    *(_reaches(*target) for target in TARGETS),
    beats_its_baselines,
]
