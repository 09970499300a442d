"""What a failed verdict becomes: advice that names tests and statements, and never shows a test."""

import pytest

from iccm_dagster.celr.reflection import advice_text, reflect, summary
from iccm_dagster.harness.suite import Isolation, Verdict, not_judged
from iccm_dagster_tests.celr.scenes import report, task

RAISED = "test_m.py:7: in test_x\n    assert m.secret(1) == 2\nE   m.OwnError: negative number"
ASSERTED = "test_m.py:7: in test_x\n    assert m.secret(1) == 2\nE   assert 3 == 2\nE    +  where 3 = m.secret(1)"
RAISES = "test_m.py:7: in test_x\n    with pytest.raises(ValueError):\nE   Failed: DID NOT RAISE <class 'ValueError'>"


@pytest.mark.parametrize(
    ("verdict", "message", "said"),
    [
        (Verdict.FAILED, RAISED, "m.OwnError: negative number"),
        (Verdict.FAILED, ASSERTED, "a value is not the expected one"),
        (Verdict.FAILED, RAISES, "a value is not the expected one"),
        (Verdict.FAILED, "E   AssertionError: assert m.secret(1) == 2", "a value is not the expected one"),
        (Verdict.TIMED_OUT, "whatever", "timed out"),
        (Verdict.FAILED, "", "a value is not the expected one"),
    ],
)
def test_a_failure_in_a_line_holds_nothing_of_the_test(verdict, message, said):
    assert summary(verdict, message) == said
    assert "secret(1)" not in said


def test_failing_tests_are_mapped_to_the_statements_they_check():
    advice = reflect(task(), report(False, True, message=RAISED))
    assert advice is not None
    assert advice.statements == {"R1"}
    text = advice_text(task(), advice)
    assert "passed 50%" in text
    assert "It adds all numbers. (tests test_sum_adds_all: m.OwnError: negative number)" in text


def test_nothing_failed_or_nothing_judged_gives_no_advice():
    assert reflect(task(), report(True, True)) is None
    assert reflect(task(), not_judged("no sandbox", isolation=Isolation.WEAK)) is None
