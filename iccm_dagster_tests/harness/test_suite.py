"""Scores, restrictions and round trips of suites and reports."""

import pytest

from iccm_dagster.harness.suite import (
    CaseRun,
    Isolation,
    Mode,
    Suite,
    SuiteReport,
    Verdict,
    not_judged,
    report_from_json,
    report_to_json,
)


def report(**verdicts: Verdict) -> SuiteReport:
    runs = tuple(
        CaseRun(node_id=f"test_a.py::{name}".replace("__", "["), verdict=verdict, seconds=0.5, message="m")
        for name, verdict in verdicts.items()
    )
    return SuiteReport(runs=runs, reason=None, isolation=Isolation.STRONG, mode=Mode.SPLIT, seconds=1.0)


def test_a_function_weighs_once_however_many_parameters_it_has():
    """test_a passes 1 of 4 cases, test_b passes: (1/4 + 1) / 2."""
    found = report(test_a__1=Verdict.PASSED, test_a__2=Verdict.FAILED, test_a__3=Verdict.FAILED, test_a__4=Verdict.DIED,
                   test_b=Verdict.PASSED)  # fmt: skip
    assert found.pass_rate == pytest.approx((1 / 4 + 1) / 2)


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.PASSED])
def test_only_a_pass_counts(verdict: Verdict):
    assert report(test_a=verdict, test_b=Verdict.PASSED).pass_rate == 0.5


def test_what_was_not_judged_has_no_rate():
    assert not_judged("no jail", isolation=Isolation.WEAK).pass_rate is None
    assert report().pass_rate is None


def test_reports_survive_json():
    found = report(test_a__1=Verdict.PASSED, test_b=Verdict.TIMED_OUT)
    assert report_from_json(report_to_json(found)) == found


def test_a_suite_is_restricted_to_functions_with_all_their_cases():
    kept = ("t.py::test_a[1]", "t.py::test_a[2]", "t.py::test_b", "t.py::test_ab")
    suite = Suite(application_id="x", files={"t.py": ""}, modules=("m",), kept=kept)
    assert suite.only({"t.py::test_a"}).kept == ("t.py::test_a[1]", "t.py::test_a[2]")
    assert suite.only({"t.py::test_a"}).content_hash != suite.content_hash
    with pytest.raises(ValueError, match="calibrate it"):
        Suite(application_id="x", files={}, modules=("m",), kept=None).only({"t.py::test_a"})
