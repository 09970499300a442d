"""Run the tests of an application on many versions of its program, cheaply.

One warm process has pytest imported and forks for each run; the program is imported after the fork. A run ends at its
first failure, or when it exceeds its processor time or wall-clock limit.

This is for the catalogue's own code, which is trusted: a fork shares the machine with its parent. Programs written by a
language model are run by the harness and never here.
"""

import gc
import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

MEMORY_MIB = 512
# Loaded machines stretch wall-clock time but hardly processor time; this only ends runs that wait for ever.
WALL_PER_PROCESSOR_SECOND = 20.0
_UNUSED_PLUGINS = (
    "cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "stepwise", "faulthandler", "logging", "setuponly",
    "setupplan", "debugging", "unraisableexception", "threadexception", "legacypath",
)  # fmt: skip


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


def run_jobs(jobs: Iterable[Job], *, workers: int, on_done: Callable[[int, Run], None] = lambda index, run: None) -> list[Run]:
    """Run every job in a fork of this process, ``workers`` at a time; results in the order of ``jobs``."""
    waiting, running, results = enumerate(jobs), dict[int, _Fork](), dict[int, Run]()
    with _warm() as folder:
        while True:
            while len(running) < workers and (entry := next(waiting, None)):
                fork = _Fork(index=entry[0], job=entry[1], folder=folder / str(entry[0]))
                running[fork.pipe] = fork
            if not running:
                return [results[index] for index in sorted(results)]
            nearest = min(fork.deadline for fork in running.values()) - time.monotonic()
            ready = select.select(list(running), [], [], max(0.0, nearest))[0]
            expired = [pipe for pipe, fork in running.items() if time.monotonic() > fork.deadline]
            for pipe in {*ready, *expired}:
                fork = running[pipe]
                if pipe in ready and fork.read():
                    continue
                results[fork.index] = run = fork.finish()
                del running[pipe]
                on_done(fork.index, run)


@contextmanager
def _warm() -> Iterator[Path]:
    """Import pytest and its parts once; yield a scratch folder."""
    import pytest
    from _pytest.config import default_plugins

    for name in default_plugins:
        if name not in _UNUSED_PLUGINS:
            importlib.import_module(f"_pytest.{name}")
    folder = Path(tempfile.mkdtemp(prefix="iccm-runs-"))
    (folder / "pytest.ini").write_text(
        f"[pytest]\nmarkers =\n    requirement(id): checked\nminversion = {pytest.__version__.split('.')[0]}\n"
    )
    gc.freeze()
    try:
        yield folder
    finally:
        gc.unfreeze()
        shutil.rmtree(folder, ignore_errors=True)


class _Fork:
    """One run in a child process."""

    def __init__(self, *, index: int, job: Job, folder: Path) -> None:
        self.index, self._job, self._folder = index, job, folder
        self.deadline = time.monotonic() + job.processor_s * WALL_PER_PROCESSOR_SECOND
        self._answer = b""
        self.pipe, writer = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self._pid = os.fork()
        if self._pid == 0:
            _child(job, folder, writer)
        os.close(writer)

    def read(self) -> bool:
        """Take what the child wrote; return False at its end."""
        data = os.read(self.pipe, 1 << 16)
        self._answer += data
        return bool(data)

    def finish(self) -> Run:
        """End the child and what it started, and return what became of it."""
        late = time.monotonic() > self.deadline
        os.close(self.pipe)
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(self._pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)
        used = usage.ru_utime + usage.ru_stime
        try:
            answer: dict[str, Any] = json.loads(self._answer)
        except ValueError:
            stopped = late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU))
            outcome = Outcome.TIMED_OUT if stopped else Outcome.CRASHED
            return Run(outcome=outcome, failed=(), passed=(), skipped=(), message=str(outcome), processor_s=used)
        lists = {name: tuple(answer[name]) for name in ("failed", "passed", "skipped")}
        return Run(outcome=Outcome(answer["outcome"]), message=answer["message"], processor_s=used, **lists)


def _child(job: Job, folder: Path, writer: int) -> None:
    """Run the tests and write the answer; never returns."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, job.processor_s)
        answer = json.dumps(_tested(job, folder)).encode()
        while answer:
            answer = answer[os.write(writer, answer) :]
    finally:
        os._exit(0)


def _tested(job: Job, folder: Path) -> dict[str, object]:
    """Write the program, run pytest on it, and return the answer."""
    import pytest

    for path, text in job.files.items():
        file = folder / "src" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    os.chdir(folder)
    sys.dont_write_bytecode = True
    sys.path[:] = [str(folder / "src"), *(entry for entry in sys.path if entry)]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.environ.pop("PYTEST_ADDOPTS", None)
    recorder = _Recorder(job.only, job.first)
    files = sorted({name.split("::")[0] for name in job.only})
    code = pytest.main(
        [
            *([str(job.tests / file) for file in files] or [str(job.tests)]),
            *(["-x"] if job.stop_at_failure else []),
            *(option for plugin in _UNUSED_PLUGINS for option in ("-p", f"no:{plugin}")),
            *("-c", str(folder.parent / "pytest.ini"), f"--rootdir={job.tests}", f"--confcutdir={job.tests}"),
            *("--assert=plain", "--capture=no", "-W", "ignore", f"--basetemp={folder / 'tmp'}"),
        ],
        plugins=[recorder],
    )
    return recorder.answer(int(code))


class _Recorder:
    """The pytest plugin that selects tests and notes what became of them."""

    def __init__(self, only: Collection[str], first: Collection[str]) -> None:
        self._only, self._first = frozenset(only), frozenset(first)
        self._failed, self._passed, self._skipped = dict[str, None](), dict[str, None](), dict[str, None]()
        self._message = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        if self._only:
            items[:] = [item for item in items if _function(item.nodeid) in self._only]
        items.sort(key=lambda item: _function(item.nodeid) not in self._first)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._fail(report)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self._passed.pop(report.nodeid, None)
            self._fail(report)
        elif report.skipped:
            self._skipped[report.nodeid] = None
        elif report.when == "call":
            self._passed[report.nodeid] = None

    def _fail(self, report: Any) -> None:
        self._failed[report.nodeid] = None
        lines = str(report.longreprtext or "").strip().split("\n")
        self._message = self._message or lines[-1][:300]

    def answer(self, code: int) -> dict[str, object]:
        ends = {0: Outcome.PASSED, 5: Outcome.EMPTY}
        outcome = Outcome.FAILED if self._failed else ends.get(code, Outcome.CRASHED)
        if outcome is Outcome.PASSED and not self._passed:
            outcome = Outcome.EMPTY
        lists = {"failed": list(self._failed), "passed": list(self._passed), "skipped": list(self._skipped)}
        return {"outcome": outcome, "message": self._message, **lists}


def _function(node_id: str) -> str:
    return node_id.split("[", 1)[0]
