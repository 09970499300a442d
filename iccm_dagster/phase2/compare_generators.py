"""The two generators side by side: the same data, loops, examples and samples, judged on the same applications.

Not covered: equal time (a language model of 1.5 billion parameters is slower per example; seconds are in the table), and
how either would do with the full budget.
"""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from iccm_dagster.errors import RecipeError
from iccm_dagster.intervals import Interval, bootstrap_mean
from iccm_dagster.phase2.recipe import GENERATORS, ComparisonRecipe, ReinforceRecipe, WriterRecipe
from iccm_dagster.phase2.stage2 import run_stage2
from iccm_dagster.phase2.train_reconstruction import gain_of
from iccm_dagster.phase2.train_supervised import train_stage1
from iccm_dagster.progress import Progress

REPORT = "report.json"
COLUMNS = ("generator", "stage", "pass_rate", "low", "high", "applications", "parameters", "seconds", "missing")


def compare_generators(spec: dict[str, Any], on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    """Train each generator from scratch through both stages.

    ``spec`` is that of `stage2.run_stage2`, with ``corpus``, ``retriever``, ``base``, ``writer_recipe`` and
    ``comparison`` (recipes) besides. A generator that is finished is not trained again after an interruption.

    Returns:
        ``rows`` (see COLUMNS; ``missing`` says why there is no generator of this kind here) and ``difference``: causal
        language model minus head, pass rate after stage 2 on validation applications; None where one is missing.
    """
    found = {kind: _remembered(kind, spec, on_progress) for kind in GENERATORS}
    rates = [report["rates"][-1] if report["rates"] else None for report in found.values()]
    difference = None if None in rates else gain_of(rates[0], rates[1], seed=0)
    return {
        "rows": [row for kind, report in found.items() for row in _rows(kind, report)],
        "difference": None if difference is None else _plain(difference),
        "simulated": all(report["simulated"] for report in found.values()),
    }


def comparison_table(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows as a table."""
    return pd.DataFrame(report["rows"], columns=list(COLUMNS)).assign(simulated=report["simulated"])


def _remembered(kind: str, spec: dict[str, Any], on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    path = Path(spec["work"]) / kind / REPORT
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        report = _train(kind, spec, path.parent, on_progress)
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(report), encoding="utf-8")
        partial.replace(path)
    return json.loads(path.read_text(encoding="utf-8"))


def _train(kind: str, spec: dict[str, Any], work: Path, on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    """Return parameters (trained in stage 1), seconds, and rates: application -> pass rate, after each stage."""
    budget = ComparisonRecipe(**spec["comparison"])
    writer, reinforce = recipes_of(
        kind, WriterRecipe(**spec["writer_recipe"]), ReinforceRecipe(**spec["recipe"]), budget
    )
    started = time.monotonic()
    try:
        first = train_stage1(
            examples_path=Path(spec["examples"]),
            corpus_path=Path(spec["corpus"]),
            retriever=Path(spec["retriever"]),
            base=spec["base"],
            recipe=writer,
            out=work / "stage1",
            work=work,
            device=spec["device"],
            micro_batch=spec["micro_batch"],
            on_progress=on_progress,
        )
    except RecipeError as error:
        return {"missing": str(error), "rates": [], "parameters": 0, "seconds": 0.0, "simulated": True}
    second = run_stage2(
        {
            **spec,
            "writer": str(work / "stage1"),
            "recipe": reinforce.model_dump(mode="json"),
            "out": str(work / "stage2"),
            "work": str(work),
        },
        on_progress,
    )
    best = max(second["history"], key=lambda record: -1 if record["validation"] is None else record["validation"])
    return {
        "missing": None,
        "rates": [second["history"][0]["by_application"], best["by_application"]],
        "parameters": first["parameters"],
        "seconds": time.monotonic() - started,
        "simulated": second["simulated"],
    }


def recipes_of(
    kind: str, writer: WriterRecipe, reinforce: ReinforceRecipe, budget: ComparisonRecipe
) -> tuple[WriterRecipe, ReinforceRecipe]:
    """Return the recipes of one generator: equal in everything but what it is, and its step size."""
    equal = {"generator": kind, "warm_pairs": budget.warm_pairs, "warm_epochs": 1, "gold_epochs": budget.gold_epochs}
    steps = {"epochs": budget.epochs}
    if kind == "causal_lm":
        equal |= {"warm_lr": budget.causal_lr, "gold_lr": budget.causal_lr}
        steps["peak_lr"] = budget.causal_reinforce_lr
    return writer.model_copy(update=equal), reinforce.model_copy(update=steps)


def _rows(kind: str, report: Mapping[str, Any]) -> list[dict[str, Any]]:
    common = {"generator": kind, "parameters": report["parameters"], "seconds": round(report["seconds"], 1)}
    if not report["rates"]:
        return [{**common, "stage": 0, "applications": 0, "missing": report["missing"]}]
    return [
        {**common, "stage": stage, **_summary([rate for rate in rates.values() if rate is not None]), "missing": None}
        for stage, rates in enumerate(report["rates"], 1)
    ]


def _summary(rates: list[float]) -> dict[str, Any]:
    found = bootstrap_mean(rates, resamples=2000, seed=0)
    return {"pass_rate": found.mean, "low": found.low, "high": found.high, "applications": found.n}


def _plain(interval: Interval) -> dict[str, Any]:
    return {"mean": interval.mean, "low": interval.low, "high": interval.high, "n": interval.n}
