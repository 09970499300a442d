"""The child process of a training: ``python -m iccm_dagster.defs.child PARENT``, started by `defs.training` alone.

Covered: it ends when its parent ends, however that ends; one training at a time per storage and per card; its progress
is in Dagster's log.
"""

import ctypes
import fcntl
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dagster_pipes import open_dagster_pipes

from iccm_dagster.errors import ICCMError
from iccm_dagster.progress import OnProgress, spoken

# A line in the log every few seconds: each is an event that is written to the database.
SECONDS_BETWEEN_LINES = 5.0
PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run the training that the parent asks for, write its report, exit 1 with a reason where it cannot go on."""
    # Bars on standard error would stand between the lines of the log; progress is in the log itself.
    os.environ.setdefault("TQDM_DISABLE", "1")
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent that ended before this line sends no signal; an orphan cannot ask who it was, so the parent has said it.
    if os.getppid() != int(sys.argv[1]):
        sys.exit("the parent ended before the training began")
    with open_dagster_pipes() as pipes:
        spec = dict(pipes.extras)
        with ExitStack() as held:
            for lock in spec["locks"]:
                held.enter_context(exclusive(Path(lock), pipes.log.info))
            try:
                report = TRAININGS[spec["training"]](spec, spoken(pipes.log.info, seconds=SECONDS_BETWEEN_LINES))
            except ICCMError as error:
                (Path(spec["work"]) / "failure.txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
                raise
        if spec["device"] == "cuda":
            import torch

            report["card_gib_measured"] = round(torch.cuda.max_memory_allocated() / 2**30, 2)
        (Path(spec["out"]) / "report.json").write_text(json.dumps(report, default=str), encoding="utf-8")


def _phase1(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from dataclasses import asdict

    from iccm_dagster.phase1.recipe import RetrieverRecipe
    from iccm_dagster.phase1.train import train_retriever

    report = train_retriever(
        labels_path=Path(spec["labels"]),
        sections_path=Path(spec["sections"]),
        corpus_path=Path(spec["corpus"]),
        recipe=RetrieverRecipe(**spec["recipe"]),
        out=Path(spec["out"]),
        work=Path(spec["work"]),
        device=spec["device"],
        micro_batch=spec["micro_batch"],
        on_progress=on_progress,
    )
    return asdict(report)


def _stage1(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from iccm_dagster.phase2.recipe import WriterRecipe
    from iccm_dagster.phase2.train_supervised import train_stage1

    return train_stage1(
        examples_path=Path(spec["examples"]),
        corpus_path=Path(spec["corpus"]),
        retriever=Path(spec["retriever"]),
        base=spec["base"],
        recipe=WriterRecipe(**spec["recipe"]),
        out=Path(spec["out"]),
        work=Path(spec["work"]),
        device=spec["device"],
        micro_batch=spec["micro_batch"],
        on_progress=on_progress,
    )


def _stage2(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from iccm_dagster.phase2.stage2 import run_stage2

    return run_stage2(spec, on_progress)


def _generators(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from iccm_dagster.phase2.compare_generators import compare_generators

    return compare_generators(spec, on_progress)


def _dpo(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from iccm_dagster.celr.train_dpo import run_dpo

    return run_dpo(spec, on_progress)


def _refinement(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    from iccm_dagster.refinement.checkpoint import train_rows
    from iccm_dagster.refinement.recipe import RefinementRecipe

    return train_rows(
        Path(spec["corpus"]),
        RefinementRecipe(**spec["recipe"]),
        Path(spec["out"]),
        work=Path(spec["work"]),
        on_progress=on_progress,
    )


TRAININGS: dict[str, Callable[[dict[str, Any], OnProgress], dict[str, Any]]] = {
    "phase1": _phase1,
    "stage1": _stage1,
    "stage2": _stage2,
    "generators": _generators,
    "dpo": _dpo,
    "refinement": _refinement,
}


@contextmanager
def exclusive(lock: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock: one training per storage, or per card. The kernel lets go of it however this process ends."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(lock, os.O_RDWR | os.O_CREAT, 0o666), "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for the training that holds {lock}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
