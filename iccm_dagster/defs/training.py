"""Trainings run in a child process: it reports through Dagster Pipes, frees its memory when it ends, and dies with its
parent.

The pool ``gpu`` makes runs wait for each other visibly; the lock that the child holds on a file is what no crash can
leak.
"""

import json
import sys
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError

from iccm_dagster.defs.profiles import Profile
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.device import describe_device, require_device
from iccm_dagster.errors import TrainingError

REPORT = "report.json"


def require_machine(profile: Profile) -> None:
    """Return if this profile's trainings can run here; raise DeviceError with what is missing and the remedy where they
    cannot."""
    machine = profile.machine
    require_device(
        device=machine.device,
        vram_gib=machine.vram_gib,
        compute_capability=machine.compute_capability,
        profile=profile.name,
    )


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

    The child resumes what an earlier attempt with the same fingerprint left in the storage's work folder.

    Raises:
        DeviceError: The machine lacks what the profile's trainings need.
        TrainingError: The child failed; its last words are in the message.
    """
    machine = pipeline.profile.machine
    require_machine(pipeline.profile)
    work = pipeline.store.work_folder(asset, fingerprint)
    context.log.info(f"{asset}: training in a child process on {describe_device(machine.device)}")
    out.mkdir(parents=True, exist_ok=True)
    extras = {
        **spec,
        "training": training,
        "out": str(out),
        "work": str(work),
        "device": machine.device,
        "lock": str(work.parent.parent / "training.lock"),
    }
    try:
        dg.PipesSubprocessClient().run(
            context=context, command=[sys.executable, "-m", "iccm_dagster.defs.child"], extras=extras
        )
    except DagsterPipesExecutionError as error:
        failure = work / "failure.txt"
        reason = failure.read_text(encoding="utf-8") if failure.exists() else str(error)
        failure.unlink(missing_ok=True)
        raise TrainingError(f"{asset}: {reason}") from error
    report = out / REPORT
    result = json.loads(report.read_text(encoding="utf-8"))
    report.unlink()
    return result
