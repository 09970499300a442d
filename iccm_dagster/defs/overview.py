"""What an owner reads in one minute: where the pipeline stands, which targets are reached, what needs a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs import show
from iccm_dagster.defs.lineage import roots_in
from iccm_dagster.defs.problems import Problem
from iccm_dagster.phase2.recipe import SOURCES

if TYPE_CHECKING:
    import pandas as pd
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

REPORTING = "operations"
"""Group of the reports themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The last evaluation of an asset check."""

    group: str
    """Group of the asset that it judges."""
    asset: str
    """The asset that it judges."""
    check: str
    """Its name."""
    passed: bool
    """What it found."""
    value: float | None
    """The number; None where the check has no single one."""
    target: float | None
    """What it is measured against; None where there is none."""
    n: int | None
    """Sample size; None where nothing was sampled."""
    simulated: bool
    """Whether the number comes from simulated models."""


def judgements(instance: dg.DagsterInstance, graph: "AssetGraph") -> list[Judged]:
    """Return the last evaluation of every check that was ever evaluated, in pipeline order; those on the report itself
    are left out."""
    order = [key for key in graph.toposorted_asset_keys if graph.get(key).group_name != REPORTING]
    keys = sorted(
        (key for key in graph.asset_check_keys if key.asset_key in order),
        key=lambda key: (order.index(key.asset_key), key.name),
    )
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    judged = []
    for key in keys:
        record = found.get(key)
        evaluation = record.evaluation if record is not None else None
        # A check of a run that is under way is only planned.
        if not isinstance(evaluation, dg.AssetCheckEvaluation):
            continue
        facts = {name: getattr(value, "value", None) for name, value in evaluation.metadata.items()}
        judged.append(
            Judged(
                group=graph.get(key.asset_key).group_name,
                asset=key.asset_key.to_user_string(),
                check=key.name,
                passed=evaluation.passed,
                value=_number(facts.get("value")),
                target=_number(facts.get("target")),
                n=None if _number(facts.get("n")) is None else int(facts["n"]),
                simulated=bool(facts.get("simulated", False)),
            )
        )
    return judged


def headline(
    store: ArtifactStore, judged: Sequence[Judged], problems: Sequence[Problem], *, keys: Sequence[str]
) -> str:
    """Return the page in words, as Markdown."""
    checkpoint, evaluation = store.find("phase2_checkpoint"), store.find("phase2_evaluation")
    lines = [f"- **{len(keys)} applications** are registered."]
    if checkpoint is None:
        lines.append("- **No checkpoint yet.** Run `make run`.")
    else:
        trained = roots_in(checkpoint, "application_source")
        now = {key: found.version for key in keys if (found := store.find("application_source", key))}
        changed = sum(trained.get(key) != now.get(key) for key in trained.keys() | now.keys())
        age = f"trained {checkpoint.manifest.created_at[:16].replace('T', ' ')} UTC on {len(trained)} applications"
        lines.append(f"- **The checkpoint** `{checkpoint.version[:12]}` was {age}; **{changed}** changed since.")
    if evaluation is not None:
        lines += _pass_rates(evaluation.table())
    missed = [one for one in judged if not one.passed]
    lines.append(f"- **Targets:** {len(judged) - len(missed)} of {len(judged)} checks pass.")
    lines.append(
        "- **Runs:** none failed or hangs."
        if not problems
        else f"- **Runs:** {len(problems)} need a person, the last: `{problems[0].run[:8]}` ({problems[0].job}): {problems[0].reason}"
    )
    return "\n".join(lines)


def targets(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Return the checks as rows: the missed ones first, each group in pipeline order."""
    return [
        {
            "": "ok" if one.passed else "MISSED",
            "check": f"{one.asset}: {one.check}",
            "value": "" if one.value is None else f"{one.value:.3g}",
            "target": "" if one.target is None else f"{one.target:g}",
            "n": "" if one.n is None else str(one.n),
            "simulated": "yes" if one.simulated else "",
        }
        for one in sorted(judged, key=lambda one: one.passed)
    ]


def pass_rate_per_application(rates: "pd.DataFrame") -> dg.MarkdownMetadataValue:
    """Return the plot of the pass rate of each application after stage 2, mean of the reconstructors, worst first."""
    mine = rates[rates["source"] == "stage 2"]
    means = mine.groupby(["application", "split"])["pass_rate"].mean().dropna().sort_values()
    names = [f"{application} ({split})" for application, split in means.index]
    return show.bars("Pass rate per application, stage 2 (simulated)", "pass rate", names, means.tolist(), target=0.5)


def _pass_rates(table: "pd.DataFrame") -> list[str]:
    """Return the line about the holdout, or about the last split that there is."""
    whole = table[(table["reconstructor"] == "all") & table["simulated"]]
    for split in ("holdout", "validation", "train"):
        rows = whole[whole["split"] == split].set_index("source")
        if "stage 2" in rows.index:
            row = rows.loc["stage 2"]
            beside = ", ".join(
                f"{name} {rows.loc[name, 'pass_rate']:.2f}"
                for name in SOURCES
                if name in rows.index and name != "stage 2"
            )
            return [
                f"- **Pass rate** of what was rebuilt, {split}: **{row['pass_rate']:.2f}** [{row['low']:.2f}, {row['high']:.2f}], "
                f"n={int(row['applications'])}; beside it {beside}. Simulated readers."
            ]
    return []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
