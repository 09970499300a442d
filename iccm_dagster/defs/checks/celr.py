"""Are there enough trajectories, does reflection help, is the judge calibrated, did training on preferences help?
Simulated models."""

from typing import Any

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.assets.celr_stored import CALIBRATION, REPORT
from iccm_dagster.defs.checks.measured import measured, nothing
from iccm_dagster.defs.resources.pipeline import Pipeline

TRAJECTORIES = 200
"""Runs over training applications that the embedded profile produces at least."""


@dg.asset_check(
    asset="training_report",
    description="At least 200 runs over training applications, with successes, failures, retries and escalations.",
)
def enough_trajectories(training_report: Artifact) -> dg.AssetCheckResult:
    report = training_report.json(REPORT)
    kinds = {name: report[f"{name}_train"] for name in ("solved", "failed", "retries", "escalations")}
    return _warn(
        report["runs_train"] >= TRAJECTORIES and all(kinds.values()),
        {"value": report["runs_train"], "target": TRAJECTORIES, **kinds, "n": report["runs_train"]},
    )


@dg.asset_check(
    asset="training_report",
    description="With reflection more tasks are solved than by blind retries for the same money, beyond the interval.",
)
def reflection_helps(training_report: Artifact) -> dg.AssetCheckResult:
    found = training_report.json(REPORT)["reflection"]
    if not found["applications"]:
        return nothing("no control was run (control_samples is 0)")
    arms = {f"{number}, {arm}": found["arms"][arm][number] for arm in found["arms"] for number in ("success", "cost")}
    shown = {"low": found["low"], "high": found["high"], "runs": found["runs"], **arms}
    return _warn(found["low"] > 0, {"value": found["gain"], "target": 0.0, **shown, "n": found["applications"]})


@dg.asset_check(
    asset="training_report",
    description="What failed adds to going on from the best program, in pass rate for the same money, beyond the interval.",
)
def advice_helps(training_report: Artifact) -> dg.AssetCheckResult:
    contrasts = training_report.json(REPORT)["reflection"]["contrasts"]
    found = contrasts["advised - carried"]["pass_rate"]
    if not found["n"]:
        return nothing("no control was run (control_samples is 0)")
    others = {name: gains["pass_rate"]["text"] for name, gains in contrasts.items()}
    shown = {"low": found["low"], "high": found["high"], **others}
    return _warn(found["low"] > 0, {"value": found["mean"], "target": 0.0, **shown, "n": found["n"]})


@dg.asset_check(
    asset="preference_exports",
    description="The judge puts better answers above worse ones: lower bound of its AUC against tests. Otherwise it makes no pair.",
)
def judge_is_calibrated(preference_exports: Artifact, pipeline: Pipeline) -> dg.AssetCheckResult:
    found = preference_exports.json(CALIBRATION)
    if not found["tasks"]:
        return nothing("no task has two rated answers of different pass rate")
    target = pipeline.profile.preference.judge_auc
    shown = {"low": found["low"], "high": found["high"], "comparisons": found["comparisons"], "silent": found["silent"]}
    return _warn(found["low"] >= target, {"value": found["auc"], "target": target, **shown, "n": found["tasks"]})


@dg.asset_check(asset="preference_exports", description="No row of the export comes from a holdout application.")
def holdout_is_not_exported(preference_exports: Artifact, pipeline: Pipeline) -> dg.AssetCheckResult:
    store = pipeline.store
    table = [row for split in ("train", "validation") for row in _tasks(preference_exports, split)]
    applications = {task.split("#")[0].split("/")[0].split(":")[0] for task in table}
    splits = {name: store.get("trajectories", name).table()["split"].iloc[0] for name in sorted(applications)}
    leaked = [name for name, split in splits.items() if split == "holdout"]
    return dg.AssetCheckResult(
        passed=not leaked,
        metadata={"value": len(leaked), "target": 0, "leaked": ", ".join(leaked) or "none", "n": len(table)},
    )


@dg.asset_check(
    asset="dpo_checkpoint",
    description="The trained small model prefers the better answer of validation pairs: above 0.5 beyond the interval.",
)
def preference_accuracy(dpo_checkpoint: Artifact) -> dg.AssetCheckResult:
    report = dpo_checkpoint.json(REPORT)
    found = report["accuracy"]
    if not found["n"]:
        return nothing("there is no validation pair")
    shown = {"low": found["low"], "high": found["high"], "the longer one": report["accuracy_longer"]}
    return _warn(found["low"] > 0.5, {"value": found["mean"], "target": 0.5, **shown, "n": found["n"]})


@dg.asset_check(
    asset="dpo_checkpoint",
    description="The gate admits the trained small model: it prefers better answers beyond the interval and beyond length, "
    "and has not unlearned them.",
)
def model_is_admitted(dpo_checkpoint: Artifact) -> dg.AssetCheckResult:
    report = dpo_checkpoint.json(REPORT)
    shown = {"gate": report["admission"], "nats per token of better answers": report["chosen_change"]}
    return _warn(
        report["admitted"], {"value": float(report["admitted"]), "target": 1.0, **shown, "n": report["accuracy"]["n"]}
    )


@dg.asset_check(
    asset="dpo_checkpoint",
    description="The requirement writer passes more tests on validation applications after the preference objective than before.",
)
def writer_gains(dpo_checkpoint: Artifact) -> dg.AssetCheckResult:
    found = dpo_checkpoint.json(REPORT)["writer"]
    if not found["available"]:
        return nothing(found["text"])
    shown = {name: found[name] for name in ("before", "after", "low", "high", "preference_accuracy", "admission")}
    return _warn(found["low"] > 0, {"value": found["gain"], "target": 0.0, **shown, "n": found["n"]})


def _tasks(exports: Artifact, split: str) -> list[str]:
    return exports.table(f"data/trl/{split}.parquet")["task"].tolist()


def _warn(passed: bool, metadata: dict[str, Any]) -> dg.AssetCheckResult:
    return measured(passed, **metadata, simulated=True)


CHECKS = [
    enough_trajectories,
    reflection_helps,
    advice_helps,
    judge_is_calibrated,
    holdout_is_not_exported,
    preference_accuracy,
    model_is_admitted,
    writer_gains,
]
