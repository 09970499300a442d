"""What is run and what came of it: Suite, CaseRun, SuiteReport.

The score of a report weighs each test *function* once: a parametrised test of 400 cases counts as the fraction of its
cases that passed, so that it cannot drown the other functions. A case of the suite which was not reported counts as
failed. A report with a reason was not judged: its pass rate is None, never 0.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from iccm_dagster.harness.program import hash_files


class Verdict(StrEnum):
    """What became of one test case. Only PASSED counts for the implementation."""

    PASSED = "passed"
    """Set-up, call and tear-down went through."""
    FAILED = "failed"
    """The test raised: an assertion, or an exception out of the implementation."""
    ERROR = "error"
    """The test could not start: import, collection, a fixture or the tear-down raised."""
    TIMED_OUT = "timed out"
    """The test was stopped at its own time limit, or the suite's time was used up before its turn."""
    DIED = "died"
    """The process of the implementation ended during the test: exit, crash, or the memory limit."""
    SKIPPED = "skipped"
    """The test was skipped or is expected to fail; it proves nothing."""
    MISSING = "missing"
    """The suite names the case, but the run did not report it."""
    FORGED = "forged"
    """In-process mode only: the run was caught manipulating its own verdict, so nothing it says counts."""


class Isolation(StrEnum):
    """How well the implementation was locked in."""

    STRONG = "strong"
    """Every layer is up and the start-up self-test found no way out."""
    WEAK = "weak"
    """At least one layer is missing on this machine; only the application's own code may run."""


class Mode(StrEnum):
    """Where the verdict was formed."""

    SPLIT = "split"
    """Tests and implementation in different processes: the implementation cannot reach the verdict."""
    IN_PROCESS = "in-process"
    """Tests and implementation in one process, watched by sentinels: weaker evidence."""
    MIXED = "mixed"
    """Some test files ran split, others in-process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One test case and its outcome."""

    node_id: str
    """pytest's id relative to the tests' folder: ``test_x.py::test_a[1-2]``; the file alone if it was not collected."""
    verdict: Verdict
    """What became of it."""
    seconds: float
    """Wall-clock time of set-up, call and tear-down together [s]; 0.0 if it did not run."""
    message: str
    """Why it did not pass, cut to a few thousand characters; empty for a pass."""

    @property
    def function(self) -> str:
        """The node id without its parameters."""
        return function_of(self.node_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """The tests of one application, and what calibration learned about them."""

    application_id: str
    """The application whose tests these are."""
    files: Mapping[str, str]
    """Path relative to the tests' folder, with forward slashes -> text; conftest and data files too."""
    modules: tuple[str, ...]
    """Public modules of the application: what the tests import from it."""
    kept: tuple[str, ...] | None
    """Node ids that count, as calibrated; None: whatever is collected."""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """Test file -> how it runs, as calibrated; a file without an entry runs split."""
    known: str = ""
    """What split runs learned about the original's interface, as JSON (see ``inside.known``); empty before."""
    imports: tuple[str, ...] | None = None
    """What the implementation may import and mention where tests run in-process; None before calibration: everything."""
    guards: Mapping[str, tuple[int, ...]] | None = None
    """Test file that runs in-process -> which of its changed copies the original fails; None before calibration."""

    packages: tuple[str, ...] = ()
    """Installed distributions that tests and program may import beside the standard library and pytest."""

    @property
    def content_hash(self) -> str:
        """SHA-256 over everything above."""
        guards = None if self.guards is None else sorted(self.guards.items())
        parts = [
            self.application_id,
            self.modules,
            self.kept,
            sorted(self.modes.items()),
            self.known,
            self.imports,
            guards,
        ]
        rest = json.dumps([*parts, self.packages] if self.packages else parts)
        return hashlib.sha256(f"{hash_files(self.files)}\n{rest}".encode()).hexdigest()

    def only(self, functions: Collection[str]) -> "Suite":
        """The same suite restricted to some test functions, ``test_x.py::test_a``; needs calibrated ids.

        Raises:
            ValueError: The suite is not calibrated, so its node ids are not known.
        """
        if self.kept is None:
            raise ValueError(
                f"suite of {self.application_id} has kept=None: calibrate it before restricting it to functions"
            )
        wanted = frozenset(functions)
        return replace(self, kept=tuple(node for node in self.kept if function_of(node) in wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteReport:
    """The outcome of running one implementation against one suite."""

    runs: tuple[CaseRun, ...]
    """One per kept node id, in the suite's order; empty if not judged."""
    reason: str | None
    """Why the implementation was not judged; None if it was."""
    isolation: Isolation
    """How well the implementation was locked in."""
    mode: Mode
    """Where the verdict was formed."""
    seconds: float
    """Wall-clock time of the whole run [s]."""
    learned: str = ""
    """What a split run learned about the implementation's interface, as JSON; calibration keeps the original's."""

    @property
    def pass_rate(self) -> float | None:
        """Share of the test functions that passed, 0-1, each weighing once; None if not judged or nothing to judge."""
        if self.reason is not None or not self.runs:
            return None
        shares = self.by_function().values()
        return sum(shares) / len(shares)

    def by_function(self) -> dict[str, float]:
        """Test function -> share of its cases that passed, 0-1."""
        cases: dict[str, list[bool]] = {}
        for run in self.runs:
            cases.setdefault(run.function, []).append(run.verdict is Verdict.PASSED)
        return {function: sum(passed) / len(passed) for function, passed in cases.items()}


def function_of(node_id: str) -> str:
    """``test_x.py::test_a[1-2]`` -> ``test_x.py::test_a``."""
    file, separator, rest = node_id.partition("::")
    return file + separator + rest.partition("[")[0]


def file_of(node_id: str) -> str:
    """``test_x.py::test_a[1-2]`` -> ``test_x.py``."""
    return node_id.partition("::")[0]


def not_judged(reason: str, *, isolation: Isolation) -> SuiteReport:
    """The report of a run that the machinery, not the implementation, brought down."""
    return SuiteReport(runs=(), reason=reason, isolation=isolation, mode=Mode.SPLIT, seconds=0.0)


def report_to_json(report: SuiteReport) -> str:
    """One line; read back by :func:`report_from_json`."""
    runs = [[run.node_id, run.verdict, run.seconds, run.message] for run in report.runs]
    return json.dumps([runs, report.reason, report.isolation, report.mode, report.seconds])


def report_from_json(text: str) -> SuiteReport:
    """The inverse of :func:`report_to_json`.

    Raises:
        ValueError: The text is not a report.
    """
    runs, reason, isolation, mode, seconds = json.loads(text)
    cases = tuple(
        CaseRun(node_id=node, verdict=Verdict(verdict), seconds=float(took), message=str(message))
        for node, verdict, took, message in runs
    )
    return SuiteReport(
        runs=cases, reason=reason, isolation=Isolation(isolation), mode=Mode(mode), seconds=float(seconds)
    )
