"""The sandbox of this machine, started once for all tests of the harness."""

import dataclasses
from collections.abc import Callable

import pytest

from iccm_dagster.harness.calibration import calibrate, calibrated_suite
from iccm_dagster.harness.process import ProcessSandbox, default_sandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Mode, Suite
from iccm_dagster_tests.harness.attacks import ORIGINAL, TESTS

SMALL = Limits(wall_s=6.0, test_s=0.5, memory_mib=192, processes=24, output_mib=8)
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


@pytest.fixture(scope="session")
def target(sandbox: ProcessSandbox) -> Callable[[Mode], Suite]:
    """The suite that attacks are judged by, calibrated on its original."""
    suite = suite_over(TESTS)
    calibration = calibrate(
        application_id="x", original=program(ORIGINAL), stub=program("class Money: pass"), mutants=[], suite=suite,
        sandbox=sandbox, limits=PATIENT, repeats=1,
    )  # fmt: skip
    known = calibrated_suite(suite, calibration)
    return lambda mode: dataclasses.replace(known, modes=dict.fromkeys(known.files, mode))
