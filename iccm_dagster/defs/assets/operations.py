"""Operations: the page an owner reads, and the runs that need a person."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import Artifact, digest
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.common import once
from iccm_dagster.defs.automation import REPORTED
from iccm_dagster.defs.bootstrap import repository_of
from iccm_dagster.defs.overview import headline, judgements, targets
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.problems import Problem, problems_of, rows, state_of_problems
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import now
from iccm_dagster.phase2.recipe import SOURCES

PROBLEMS, JUDGED = "problems.json", "judged.json"


@dg.asset(
    **{**once("operations", kinds={"markdown", "json"}, code_version="1"), "automation_condition": REPORTED},
    deps=[
        "phase1_evaluation",
        "phase2_evaluation",
        "training_report",
        "cortex_benchmark",
        "refinement_evaluation",
        "failed_runs",
    ],
)
def run_report(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.Output[Artifact]:
    """The pipeline on one page: what is registered and trained, the pass rate beside its baselines, every target with its
    value, and the runs that need a person. Works at any moment: what was not made yet is left out."""
    instance, store = context.instance, pipeline.store
    keys, problems = registered(instance), problems_of(context.instance, pipeline.profile.automation, now=now())
    judged = judgements(instance, repository_of(context).asset_graph)
    text = headline(store, judged, problems, keys=keys)
    missed = sum(not one.passed for one in judged)
    shown = {
        "in one minute": dg.MetadataValue.md(text),
        **_rates(store.find("phase2_evaluation")),
        "targets": _table(targets(judged)),
        "checks that pass": len(judged) - missed,
        "checks that fail": missed,
        "applications": len(keys),
        "runs that need a person": len(problems),
        "simulated": any(one.simulated for one in judged),
    }
    return _stored(
        context, pipeline, {"report.md": text, JUDGED: json.dumps(targets(judged), indent=1)}, shown, state=digest(text)
    )


@dg.asset(**once("operations", kinds={"json"}, code_version="1"))
def failed_runs(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.Output[Artifact]:
    """The runs that failed and were not retried, and the ones that hang: what happened, in the words of the first error,
    and what to do. The sensor `run_problems` keeps it up to date."""
    recipe = pipeline.profile.automation
    problems = problems_of(context.instance, recipe, now=now())
    shown = {
        "failed": sum(one.kind == "failed" for one in problems),
        "stuck": sum(one.kind == "stuck" for one in problems),
        "days looked back": recipe.report_days,
        "runs": _table([{**row, "run": row["run"][:8]} for row in rows(problems)]),
        "runs per job": show.bars("Runs that need a person", "runs", *_per_job(problems)),
    }
    return _stored(
        context, pipeline, {PROBLEMS: json.dumps(rows(problems), indent=1)}, shown, state=state_of_problems(problems)
    )


def _stored(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    files: Mapping[str, str],
    shown: Mapping[str, Any],
    *,
    state: str,
) -> dg.Output[Artifact]:
    """Store a report of the moment: it is made anew each time, whatever it was made from."""
    name = context.asset_key.to_user_string()
    with pipeline.store.writing(name, None, fingerprint=state, parents={}) as draft:
        for file, text in files.items():
            (draft.folder / file).write_text(text, encoding="utf-8")
    stored = pipeline.store.get(name)
    return dg.Output(
        stored, metadata={**shown, "made at": stored.manifest.created_at}, data_version=dg.DataVersion(stored.version)
    )


def _table(found: Sequence[Mapping[str, str]]) -> dg.MarkdownMetadataValue:
    import pandas as pd

    return show.table(pd.DataFrame(found), list(found[0]), rows=60) if found else dg.MetadataValue.md("none")


def _per_job(problems: Sequence[Problem]) -> tuple[list[str], list[int]]:
    jobs = sorted({one.job for one in problems})
    return jobs, [sum(one.job == job for one in problems) for job in jobs]


def _rates(evaluation: Artifact | None) -> dict[str, Any]:
    """Return pass rates on the holdout, as a table with bars that the page shows in place, and as a plot with intervals;
    nothing where nothing was judged."""
    if evaluation is None:
        return {}
    table = evaluation.table()
    whole = table[(table["reconstructor"] == "all") & (table["split"] == "holdout")].set_index("source")
    names = [name for name in SOURCES if name in whole.index]
    if not names:
        return {}
    column = {name: whole.loc[names, name].tolist() for name in ("pass_rate", "low", "high")}
    plot = show.bars(
        "Pass rate, holdout (simulated)",
        "pass rate",
        names,
        column["pass_rate"],
        low=column["low"],
        high=column["high"],
        target=0.5,
    )
    rows = [
        f"|{name}|{rate:.2f}|{'█' * round(24 * rate)}|" for name, rate in zip(names, column["pass_rate"], strict=True)
    ]
    drawn = dg.MetadataValue.md("\n".join(["|holdout, simulated|||", "|-|-|-|", *rows]))
    return {"pass rate": drawn, "pass rate, with intervals": plot}
