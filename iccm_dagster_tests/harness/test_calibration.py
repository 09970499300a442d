"""Calibration keeps the tests that prove something, chooses the mode per file, and measures the suite."""

import dataclasses

import pytest

from iccm_dagster.harness.calibration import (
    SPARE_S,
    calibrate,
    calibrated_suite,
    calibration_from_json,
    calibration_to_json,
    imported_modules,
    limits_for,
)
from iccm_dagster.harness.process import ProcessSandbox
from iccm_dagster.harness.suite import Mode, Suite
from iccm_dagster_tests.harness.conftest import PATIENT, program

ORIGINAL = "import math\nclass Base:\n    pass\ndef f(n):\n    return math.floor(n) + 1\n"
STUB = "class Base:\n    pass\ndef f(n):\n    raise NotImplementedError\n"
SPLIT = """
import os, pytest, target
def test_good(): assert target.f(1) == 2
@pytest.mark.parametrize("n", [1, 2])
def test_cases(n): assert target.f(n) == n + 1
def test_vacuous(): assert target.Base
def test_failing(): assert target.f(1) == 3
@pytest.mark.skip(reason="later")
def test_skipped(): pass
"""
DERIVING = (
    "import target\nclass Mine(target.Base):\n    pass\ndef test_mine():\n    assert Mine() and target.f(1) == 2\n"
)


@pytest.fixture(scope="module")
def calibration(sandbox: ProcessSandbox):
    suite = Suite(application_id="x", files={"test_a.py": SPLIT, "test_b.py": DERIVING}, modules=("target",), kept=None)
    mutants = [program(ORIGINAL.replace("+ 1", "+ 2")), program(ORIGINAL.replace("floor", "ceil"))]
    return suite, calibrate(
        application_id="x", original=program(ORIGINAL), stub=program(STUB), mutants=mutants, suite=suite,
        sandbox=sandbox, limits=PATIENT, repeats=2,
    )  # fmt: skip


def test_only_tests_that_prove_something_are_kept(calibration):
    _, found = calibration
    assert set(found.kept) == {
        "test_a.py::test_good", "test_a.py::test_cases[1]", "test_a.py::test_cases[2]", "test_b.py::test_mine",
    }  # fmt: skip
    reasons = {node.partition("::")[2]: reason.split()[0].rstrip(":") for node, reason in found.excluded.items()}
    assert reasons == {"test_vacuous": "vacuous", "test_failing": "failing", "test_skipped": "skipped"}


def test_a_file_runs_split_if_that_reproduces_plain_pytest(calibration):
    _, found = calibration
    assert found.modes == {"test_a.py": Mode.SPLIT, "test_b.py": Mode.IN_PROCESS}
    assert any(problem.startswith("test_b.py runs in-process") for problem in found.problems)


def test_strength_is_the_share_of_mutants_killed(calibration):
    """f(n) + 2 is noticed; ceil for floor is not, since every argument is whole: 1 of 2."""
    assert calibration[1].strength == 0.5


def test_the_stub_is_measured_before_its_passes_leave(calibration):
    """Functions: good 0, cases 0, vacuous 1, mine 0."""
    assert calibration[1].stub_pass_rate == pytest.approx(1 / 4)


def test_the_original_passes_its_calibrated_suite_in_mixed_mode(calibration, sandbox: ProcessSandbox):
    suite, found = calibration
    report = sandbox.run(program(ORIGINAL), calibrated_suite(suite, found), limits_for(found, PATIENT))
    assert (report.pass_rate, report.mode) == (1.0, Mode.MIXED)


def test_a_calibration_survives_json(calibration):
    assert calibration_from_json(calibration_to_json(calibration[1])) == calibration[1]
    with pytest.raises(ValueError, match="calibrate the application again"):
        calibration_from_json("{}")


def test_limits_follow_the_original_and_never_exceed_the_base(calibration):
    """Ten times the slowest test, at least a second; ten times the sum and the spare for the suite."""
    slow = dataclasses.replace(calibration[1], seconds={"a": 0.3, "b": 0.1})
    limits = limits_for(slow, PATIENT)
    assert (limits.test_s, limits.wall_s) == (pytest.approx(3.0), pytest.approx(4.0 + SPARE_S))
    assert limits_for(dataclasses.replace(slow, seconds={"a": 99.0}), PATIENT) == PATIENT


def test_imports_are_read_from_every_file():
    assert imported_modules(program("import a.b, c\nfrom d import e\nfrom . import f\n")) == ("a.b", "c", "d")
