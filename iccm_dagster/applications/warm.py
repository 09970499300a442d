"""The process behind ``runs``: pytest imported once, one fork per run.

Run as a script (``warm.py FOLDER WORKERS``): reads ``FOLDER/jobs.jsonl``, prints one line of JSON per finished run, ends
when its standard input closes. It imports nothing of this project, so that forks are small and inherit nothing.
"""

import gc
import importlib
import json
import os
import re
import resource
import select
import shutil
import signal
import sys
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

MEMORY_MIB = 512
# Loaded machines stretch wall-clock time but hardly processor time; this only ends runs that wait for ever.
WALL_PER_PROCESSOR_SECOND = 20.0
# Tests of the catalogue need none of their fixtures (`cache`, `tmpdir`, `testdir`).
UNUSED_PLUGINS = (
    "cacheprovider", "terminal", "pastebin", "stepwise", "faulthandler", "setuponly", "setupplan", "unraisableexception",
    "threadexception", "legacypath",
)  # fmt: skip

Job = dict[str, Any]
Answer = dict[str, Any]


def main(folder: Path, workers: int) -> None:
    """Run every job; see the module."""
    import pytest
    from _pytest.config import default_plugins

    for name in default_plugins:
        if name not in UNUSED_PLUGINS:
            importlib.import_module(f"_pytest.{name}")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    requirement(id): what a test checks\n")
    del pytest
    gc.freeze()
    waiting, running = _jobs(folder / "jobs.jsonl"), dict[int, Fork]()
    while True:
        while len(running) < workers and (job := next(waiting, None)):
            fork = Fork(job, folder / str(job["index"]))
            running[fork.pipe] = fork
        if not running:
            return
        nearest = min(fork.deadline for fork in running.values()) - time.monotonic()
        ready = select.select([0, *running], [], [], max(0.0, nearest))[0]
        orphaned = 0 in ready
        late = time.monotonic()
        for pipe in [pipe for pipe, fork in running.items() if orphaned or pipe in ready or late > fork.deadline]:
            if orphaned or pipe not in ready or not running[pipe].read():
                print(json.dumps(running.pop(pipe).finish()), flush=not orphaned)
        if orphaned:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(1)


def _jobs(path: Path) -> Iterator[Job]:
    with path.open(encoding="utf-8") as file:
        for index, line in enumerate(file):
            yield {"index": index, **json.loads(line)}


class Fork:
    """One run in a child process."""

    def __init__(self, job: Job, folder: Path) -> None:
        self._index, self._folder = job["index"], folder
        self.deadline = time.monotonic() + job["processor_s"] * WALL_PER_PROCESSOR_SECOND
        self._answer = b""
        self.pipe, writer = os.pipe()
        sys.stdout.flush()
        self._pid = os.fork()
        if self._pid == 0:
            _child(job, folder, writer)
        os.close(writer)

    def read(self) -> bool:
        """Take what the child wrote; return False when its answer is complete or it has gone."""
        data = os.read(self.pipe, 1 << 16)
        self._answer += data
        return bool(data) and not data.endswith(b"\n")

    def finish(self) -> Answer:
        """End the child and what it started, and return what became of it."""
        late = time.monotonic() > self.deadline
        os.close(self.pipe)
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(self._pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        shutil.rmtree(self._folder, ignore_errors=True)
        used = {"index": self._index, "processor_s": usage.ru_utime + usage.ru_stime}
        try:
            return json.loads(self._answer) | used
        except ValueError:
            expired = os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGPROF, signal.SIGXCPU)
            outcome = "timed out" if late or expired else "crashed"
            return {"outcome": outcome, "failed": [], "passed": [], "skipped": [], "message": outcome} | used


def _child(job: Job, folder: Path, writer: int) -> None:
    """Run the tests and write the answer; never returns."""
    try:
        os.setsid()
        child = os.getpid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MIB << 20, MEMORY_MIB << 20))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, job["processor_s"])
        answer = json.dumps(_tested(job, folder)).encode() + b"\n"
        while answer and os.getpid() == child:
            answer = answer[os.write(writer, answer) :]
    finally:
        os._exit(0)


def _tested(job: Job, folder: Path) -> Answer:
    """Write the program, run pytest on it, and return the answer."""
    import pytest

    for path, text in job["files"].items():
        file = folder / "src" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    os.chdir(folder)
    sys.path.insert(0, str(folder / "src"))
    # Tests may import each other as ``tests.helpers``.
    sys.path.append(str(Path(job["tests"]).parent))
    _forget({path.split("/")[0].removesuffix(".py") for path in job["files"]} - sys.stdlib_module_names)
    recorder = Recorder(job["only"], job["first"])
    tests = Path(job["tests"])
    files = sorted({name.split("::")[0] for name in job["only"]})
    code = pytest.main(
        [
            *([str(tests / file) for file in files] or [str(tests)]),
            *(["-x"] if job["stop_at_failure"] else []),
            *(option for plugin in UNUSED_PLUGINS for option in ("-p", f"no:{plugin}")),
            *("-c", str(folder.parent / "pytest.ini"), f"--rootdir={tests}", f"--confcutdir={tests}"),
            *("--assert=plain", "--capture=no", "-W", "ignore", f"--basetemp={folder / 'tmp'}"),
        ],
        plugins=[recorder],
    )
    return recorder.answer(int(code))


def _forget(names: Collection[str]) -> None:
    """Drop what pytest has loaded under these names: the program's own package of that name is meant."""
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


class Recorder:
    """The pytest plugin that selects tests and notes what became of them."""

    def __init__(self, only: Collection[str], first: Collection[str]) -> None:
        self._only, self._first = frozenset(only), frozenset(first)
        self._failed, self._passed, self._skipped = dict[str, None](), dict[str, None](), dict[str, None]()
        self._message = ""

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        """Keep the wanted tests, the preferred ones first."""
        if self._only:
            items[:] = [item for item in items if _function(item.nodeid) in self._only]
        items.sort(key=lambda item: _function(item.nodeid) not in self._first)

    def pytest_collectreport(self, report: Any) -> None:
        """Note a file that could not be imported."""
        if report.failed:
            self._fail(report)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Note what became of one phase of a test."""
        if report.failed:
            self._passed.pop(report.nodeid, None)
            self._fail(report)
        elif report.skipped:
            self._skipped[report.nodeid] = None
        elif report.when == "call":
            self._passed[report.nodeid] = None

    def _fail(self, report: Any) -> None:
        self._failed[report.nodeid] = None
        last = str(report.longreprtext or "").strip().split("\n")[-1]
        self._message = self._message or re.sub(r"^\S+:\d+: ", "", last)[:300]

    def answer(self, code: int) -> Answer:
        """Return what became of all tests."""
        if self._failed:
            outcome = "failed"
        elif code in (0, 5):
            outcome = "passed" if self._passed else "empty"
        else:
            outcome = "crashed"
        lists = {"failed": list(self._failed), "passed": list(self._passed), "skipped": list(self._skipped)}
        return {"outcome": outcome, "message": self._message, **lists}


def _function(node_id: str) -> str:
    return node_id.split("[", 1)[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
