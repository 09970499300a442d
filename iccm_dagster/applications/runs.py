"""Run the tests of an application on many versions of its program, cheaply.

A fresh process (``warm``) imports pytest once and forks for each run; the program is imported after the fork. A run ends
at its first failure, or when it exceeds its processor time or wall-clock limit.

This is for the catalogue's own code, which is trusted: a fork shares the machine with its parent. Programs written by a
language model are run by the harness and never here.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from iccm_dagster.applications import warm


class Outcome(StrEnum):
    """How a run ended."""

    PASSED = "passed"
    """Every selected test passed."""
    FAILED = "failed"
    """A test failed, or a test file could not be imported."""
    TIMED_OUT = "timed out"
    """The processor time or the wall clock ran out."""
    CRASHED = "crashed"
    """The process died or left early."""
    EMPTY = "empty"
    """No test was selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program to be tested."""

    files: Mapping[str, str]
    """The program: path relative to ``src/`` to text."""
    tests: Path
    """Folder of the tests."""
    only: tuple[str, ...] = ()
    """Test functions to run, ``test_x.py::test_a``; empty runs all."""
    first: frozenset[str] = frozenset()
    """Test functions to run before the others."""
    stop_at_failure: bool = True
    """Whether the first failure ends the run."""
    processor_s: float = 10.0
    """Processor time [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What became of one job."""

    outcome: Outcome
    """How it ended."""
    failed: tuple[str, ...]
    """Test cases that failed, in the order they ran; a file that could not be imported stands for its tests."""
    passed: tuple[str, ...]
    """Test cases that passed."""
    skipped: tuple[str, ...]
    """Test cases that were skipped."""
    message: str
    """First failure in one line; empty without one."""
    processor_s: float
    """Processor time used [s]; the limit for runs that timed out."""


def run_jobs(
    jobs: Iterable[Job], *, workers: int, on_done: Callable[[int, Run], None] = lambda index, run: None
) -> list[Run]:
    """Run every job in a fork of one warm process, ``workers`` at a time; results in the order of ``jobs``.

    Raises:
        RuntimeError: The warm process died.
    """
    results = dict[int, Run]()
    with TemporaryDirectory(prefix="iccm-runs-") as folder:
        with (Path(folder) / "jobs.jsonl").open("w", encoding="utf-8") as file:
            count = sum(1 for job in jobs if file.write(_written(job)))
        process = _start(folder, workers)
        assert process.stdout is not None
        for line in process.stdout:
            index, run = _read(line)
            results[index] = run
            on_done(index, run)
        process.communicate()
    if len(results) != count:
        raise RuntimeError(f"{count - len(results)} of {count} runs got lost (exit code {process.returncode})")
    return [results[index] for index in range(count)]


def _start(folder: str, workers: int) -> subprocess.Popen[bytes]:
    """Start the warm process; it ends when its standard input closes, so it never outlives its caller."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-B", warm.__file__, folder, str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=kept | {"PYTHONHASHSEED": "0", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def _written(job: Job) -> str:
    fields = {
        "files": dict(job.files),
        "tests": str(job.tests.resolve()),
        "only": list(job.only),
        "first": sorted(job.first),
        "stop_at_failure": job.stop_at_failure,
        "processor_s": job.processor_s,
    }
    return json.dumps(fields) + "\n"


def _read(line: bytes) -> tuple[int, Run]:
    answer = json.loads(line)
    run = Run(
        outcome=Outcome(answer["outcome"]),
        failed=tuple(answer["failed"]),
        passed=tuple(answer["passed"]),
        skipped=tuple(answer["skipped"]),
        message=answer["message"],
        processor_s=answer["processor_s"],
    )
    return answer["index"], run
