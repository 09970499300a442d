"""The sandbox of this machine, started once for all tests of the harness."""

import dataclasses
import os
from collections.abc import Callable

import pytest

from iccm_dagster.harness.calibration import calibrate, calibrated_suite
from iccm_dagster.harness.process import ProcessSandbox, default_sandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Mode, Suite, SuiteReport, Verdict
from iccm_dagster_tests.harness.attacks import ORIGINAL, TESTS

BUSY = min(8.0, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
"""How many want each processor: by as much does everything take longer, on both sides of the jail."""
SMALL = Limits(wall_s=6.0 * BUSY, test_s=0.5 * BUSY, memory_mib=192, processes=24, output_mib=8)
PATIENT = Limits(wall_s=60.0, test_s=20.0, memory_mib=256, processes=32, output_mib=16)


def program(text: str, *, module: str = "target", origin: Origin = Origin.DERIVED) -> Implementation:
    """One module as an implementation."""
    return Implementation(files={f"{module}.py": text}, origin=origin)


def suite_over(tests: str, *, module: str = "target", mode: Mode = Mode.SPLIT) -> Suite:
    """One test file, not calibrated."""
    name = f"test_{module}.py"
    files = {name: tests}
    return Suite(application_id="x", files=files, modules=(module,), kept=None, modes={name: mode})


@pytest.fixture(scope="session")
def sandbox() -> ProcessSandbox:
    """The default one; what it cannot prove strong is not tested as if it were."""
    found = default_sandbox()
    if found.isolation is not Isolation.STRONG:
        pytest.skip(f"this machine has no strong isolation: {found.why_weak}")
    return found


@dataclasses.dataclass(frozen=True)
class NeverSplit:
    """The sandbox, but nothing comes out of a split run as it does in plain pytest."""

    sandbox: ProcessSandbox
    version = "never split"

    def run(self, implementation: Implementation, suite: Suite, limits: Limits) -> SuiteReport:
        report = self.sandbox.run(implementation, suite, limits)
        if Mode.IN_PROCESS in suite.modes.values():
            return report
        runs = tuple(dataclasses.replace(run, verdict=Verdict.ERROR) for run in report.runs)
        return dataclasses.replace(report, runs=runs)


@pytest.fixture(scope="session")
def target(sandbox: ProcessSandbox) -> Callable[[Mode], Suite]:
    """The suite that attacks are judged by, calibrated on its original in either mode."""
    judges = {Mode.SPLIT: sandbox, Mode.IN_PROCESS: NeverSplit(sandbox)}
    suite, found = suite_over(TESTS), dict[Mode, Suite]()
    for mode, judge in judges.items():
        calibration = calibrate(
            application_id="x", original=program(ORIGINAL), stub=program("class Money: pass"), mutants=[], suite=suite,
            sandbox=judge, limits=PATIENT, repeats=1,
        )  # fmt: skip
        assert set(calibration.modes.values()) == {mode} and len(calibration.kept) == 6
        found[mode] = calibrated_suite(suite, calibration)
    return found.__getitem__
