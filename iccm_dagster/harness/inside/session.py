"""One pytest session that reports each test as it starts and ends; shared by the split and the in-process mode.

Events, one frame each: ``collected`` (node ids), ``broken file`` (a file that could not be collected), ``start`` and
``done`` of a test, ``end``. In split mode nobody but the trusted process can write them. In-process, foreign code shares
the address space: what is said there is checked outside against the calibrated ids, the nonce and the sentinels.
"""

import contextlib
import io
import linecache
import os
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from iccm_dagster.harness.inside.wire import Channel

MESSAGE_CHARACTERS = 4000
# Not needed here, and each costs start-up time or writes files.
_OFF = (
    "cacheprovider junitxml pastebin setuponly setupplan stepwise faulthandler unraisableexception threadexception"
).split()


class Reporter:
    """The plugin that turns pytest's reports into events."""

    def __init__(
        self, channel: Channel, *, nonce: str, nodes: Collection[str] | None, death: Callable[[], str]
    ) -> None:
        """``nodes``: run only these; None for all. ``death``: why the implementation's process has ended; empty if not."""
        self._send = channel.send
        self._nonce = nonce
        self._nodes = None if nodes is None else frozenset(nodes)
        self._death = death
        self._reports: list[pytest.TestReport] = []
        self._session: pytest.Session | None = None
        self._failure = ""
        self._started = 0.0
        self.learned: Callable[[], str] = str
        """What the session taught about the implementation, said at its end."""

    def _event(self, event: str, **fields: object) -> None:
        self._send({"event": event, "nonce": self._nonce, **fields})

    def caught(self, what: str) -> None:
        """Say that the implementation reached for something that it must not have."""
        self._event("caught", what=what[:200])

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out what is not asked for."""
        if self._nodes is not None:
            # A function stands for all of its cases.
            items[:] = [i for i in items if i.nodeid in self._nodes or i.nodeid.partition("[")[0] in self._nodes]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported takes its tests with it."""
        if report.outcome != "passed":
            skipped = report.outcome == "skipped"
            self._event("broken file", id=report.nodeid, skipped=skipped, message=_text(report.longreprtext))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say what is going to run."""
        self._session = session
        self._event("collected", ids=[item.nodeid for item in session.items])

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """From here on the clock of this test runs outside."""
        self._reports.clear()
        self._failure = ""
        self._started = time.monotonic()
        self._event("start", id=nodeid)

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> None:
        """Note what was raised, in a few lines; pytest's own rendering parses whole files for each failure."""
        if call.excinfo is not None and not self._failure:
            self._failure = describe_failure(call.excinfo, str(item.path))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the phases of the test."""
        self._reports.append(report)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Judge the test from its phases."""
        death = self._death()
        if death and self._session is not None:
            self._session.shouldstop = death
        verdict, message = ("died", death) if death else judge(self._reports, self._failure)
        self._event("done", id=nodeid, verdict=verdict, seconds=time.monotonic() - self._started, message=message)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """The mark without which the session does not count as whole."""
        self._event("end", status=int(exitstatus), learned=self.learned())

    def could_not_start(self, files: Collection[str], message: str) -> None:
        """Say that the session ended before it collected anything, as when a conftest.py cannot be imported."""
        for file in files:
            self._event("broken file", id=file, skipped=False, message=_text(message))
        self._event("end", status=int(pytest.ExitCode.USAGE_ERROR), learned="")


def judge(reports: list[pytest.TestReport], failure: str) -> tuple[str, str]:
    """The phases of one test -> its verdict and the reason; ``failure``: what was raised first."""
    for report in reports:
        if report.outcome == "failed":
            return ("failed" if report.when == "call" else "error"), _text(failure or report.longreprtext)
        if report.outcome == "skipped" or hasattr(report, "wasxfail"):
            return "skipped", _text(str(getattr(report, "wasxfail", "") or failure))
    # A subtest reports a call of its own, before that of its test.
    whole = [report.when for report in reports if not hasattr(report, "context")] == ["setup", "call", "teardown"]
    return ("passed", "") if whole else ("error", "the test did not run through all of its phases")


def describe_failure(raised: pytest.ExceptionInfo, file: str) -> str:
    """Where in the test, which line, and what was raised with which text."""
    place = next((entry for entry in reversed(raised.traceback) if str(entry.path) == file), raised.traceback[-1])
    number = place.lineno + 1
    try:
        text = str(raised.value)
    except Exception as problem:
        text = f"<no text: {type(problem).__name__}>"
    lines = [f"{os.path.basename(str(place.path))}:{number}: in {place.name}"]
    lines.append(f"    {linecache.getline(str(place.path), number).strip()}")
    first, *rest = (f"{raised.typename}: {text}" if text else raised.typename).splitlines() or [""]
    return "\n".join([*lines, f"E   {first}", *(f"E   {line}" for line in rest)])


def run_session(tests: str, tmp: str, files: list[str], plugins: list[object]) -> None:
    """Run pytest over some files of the folder ``tests``; a session that cannot start is reported."""
    # Tests may import each other as ``tests.helpers``, as they do where they come from.
    sys.path.append(os.path.dirname(tests))
    complaint = io.StringIO()
    with contextlib.redirect_stderr(complaint):
        status = _status(tests, tmp, files, plugins)
    for reporter in [plugin for plugin in plugins if isinstance(plugin, Reporter)]:
        if status == pytest.ExitCode.USAGE_ERROR:
            reporter.could_not_start(files, complaint.getvalue())


def _status(tests: str, tmp: str, files: list[str], plugins: list[object]) -> int:
    """Run pytest over some files of the folder ``tests``; its output goes nowhere. Returns pytest's exit status."""
    sys.argv = ["pytest"]
    # Without packages nothing but pytest itself lies in the jail; looking for more costs a tenth of a small suite's time.
    if not os.path.isdir("/packages"):
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = "-q --tb=native --no-header --no-summary --capture=sys --continue-on-collection-errors".split()
    arguments += ["--rootdir", tests, "-c", os.devnull]
    for plugin in _OFF:
        arguments += ["-p", f"no:{plugin}"]
    arguments += ["--basetemp", f"{tmp}/pytest", *(f"{tests}/{name}" for name in files)]
    try:
        return int(pytest.main(arguments, plugins=plugins))
    finally:
        os.environ.pop("PYTEST_DISABLE_PLUGIN_AUTOLOAD", None)


def write_files(folder: str, files: dict[str, str]) -> None:
    """Write text files below ``folder``.

    Raises:
        ValueError: A name is absolute or climbs out of the folder.
    """
    root = Path(folder)
    for name, text in files.items():
        parts = Path(name).parts
        if not parts or name.startswith("/") or ".." in parts:
            raise ValueError(f"file name {name!r}: it must lie below the folder it is written to")
        path = root.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))


def warm_up(folder: str) -> None:
    """Run one small session, so that what pytest loads late is loaded before the first fork."""
    code = "import pytest\n@pytest.mark.parametrize('a', [1])\ndef test_a(a, tmp_path, capsys, monkeypatch):\n"
    code += "    with pytest.raises(AssertionError):\n        assert [a] == [2]\n"
    write_files(f"{folder}/tests", {"test_warm_up.py": code + "def test_b():\n    assert {'a': 1} == {'a': 2}\n"})
    run_session(f"{folder}/tests", folder, ["test_warm_up.py"], [])
    sys.modules.pop("test_warm_up", None)
    sys.path[:] = [entry for entry in sys.path if not entry.startswith(folder)]


def _text(message: str) -> str:
    if len(message) <= MESSAGE_CHARACTERS:
        return message
    half = MESSAGE_CHARACTERS // 2
    return f"{message[:half]}\n[...]\n{message[-half:]}"
