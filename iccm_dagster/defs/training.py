"""Trainings run in a child process: it reports through Dagster Pipes, frees its memory when it ends, and dies with its
parent.

The pool ``gpu`` makes runs wait for each other visibly; the lock that the child holds on a file is what no crash can
leak.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError

from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.errors import TrainingError
from iccm_dagster.memory import GIB

REPORT = "report.json"
CARD_LOCK = Path(tempfile.gettempdir()) / "iccm_dagster-card-0.lock"


@contextmanager
def card_for_reading(pipeline: Pipeline) -> Iterator[str]:
    """Yield the device on which this process may read with a model; afterwards the card's memory is given back, so that
    a training that follows finds it empty.

    Raises:
        DeviceError: The machine lacks what the profile needs.
    """
    device = pipeline.profile.machine.device
    pipeline.card.require(pipeline.profile, "")
    try:
        yield device
    finally:
        if device != "cpu":
            import gc

            import torch

            gc.collect()
            torch.cuda.empty_cache()


def train_in_child(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    pipeline: Pipeline,
    training: str,
    *,
    asset: str,
    fingerprint: str,
    out: Path,
    spec: dict[str, Any],
) -> dict[str, Any]:
    """Run a training of `defs.child` and return its report.

    The child resumes what an earlier attempt with the same fingerprint left in the storage's work folder. On a card the
    report also holds card_gib_estimated and card_gib_measured, tensors only.

    Raises:
        DeviceError: The machine lacks what the profile's trainings need.
        TrainingError: The child failed; its last words are in the message.
    """
    profile = pipeline.profile
    estimate = pipeline.card.require(profile, asset)
    work = pipeline.store.work_folder(asset, fingerprint)
    context.log.info(f"{asset}: training in a child process on {pipeline.card.describe(profile)}")
    if estimate is not None:
        context.log.info("estimated memory on the card:\n" + "\n".join(estimate.lines()))
    out.mkdir(parents=True, exist_ok=True)
    extras = {
        **spec,
        "training": training,
        "out": str(out),
        "work": str(work),
        "device": profile.machine.device,
        "micro_batch": None if estimate is None else estimate.micro_batch,
        # One training per storage, and, whatever its storage, one per card.
        "locks": [str(work.parent.parent / "training.lock"), *([str(CARD_LOCK)] if profile.machine.cards else [])],
    }
    try:
        dg.PipesSubprocessClient().run(
            context=context, command=[sys.executable, "-m", "iccm_dagster.defs.child", str(os.getpid())], extras=extras
        )
    except DagsterPipesExecutionError as error:
        failure = work / "failure.txt"
        reason = failure.read_text(encoding="utf-8") if failure.exists() else str(error)
        failure.unlink(missing_ok=True)
        raise TrainingError(f"{asset}: {reason}") from error
    report = out / REPORT
    result = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    if estimate is not None:
        result["card_gib_estimated"] = round(estimate.tensors / GIB, 2)
    return result


def on_card(report: dict[str, Any]) -> dict[str, Any]:
    """Return what a report says about memory, in words for the UI; the micro-batch alone where there is no card."""
    words = {
        "micro_batch": "micro-batch in the end",
        "card_gib_estimated": "memory of tensors, estimated [GiB]",
        "card_gib_measured": "memory of tensors, measured [GiB]",
    }
    return {words[name]: report[name] for name in words if report.get(name) is not None}
