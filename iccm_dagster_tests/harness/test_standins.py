"""Split mode gives correct code what plain pytest gives it."""

import pytest

from iccm_dagster.harness.process import ProcessSandbox
from iccm_dagster.harness.suite import Mode, Verdict
from iccm_dagster_tests.harness import zoo
from iccm_dagster_tests.harness.conftest import PATIENT, program, suite_over


@pytest.mark.parametrize("mode", [Mode.IN_PROCESS, Mode.SPLIT])
def test_every_kind_of_thing_behaves_as_in_plain_pytest(sandbox: ProcessSandbox, mode: Mode):
    report = sandbox.run(program(zoo.PROGRAM, module="zoo"), suite_over(zoo.TESTS, module="zoo", mode=mode), PATIENT)
    assert [(run.node_id, run.message) for run in report.runs if run.verdict is not Verdict.PASSED] == []
    assert len(report.runs) == zoo.TESTS.count("\ndef test_") + 1  # one of them has two parameters


CALLBACK = """
def probe(lent):
    found = []
    for name in ("__globals__", "__code__", "__closure__", "__self__", "__class__", "gi_frame", "__dict__", "_private"):
        try:
            getattr(lent, name)
            found.append(name)
        except AttributeError:
            pass
    return found
"""
CALLBACK_TESTS = """
import pytest
import target

class Lent:
    _private = 1
    def method(self): return 1

def test_nothing_but_public_attributes():
    own = {"__class__", "__dict__", "__globals__", "__code__", "__closure__"}
    for lent in (lambda: 1, Lent(), Lent().method, (x for x in "ab")):
        assert set(target.probe(lent)) <= own
"""


def test_what_a_test_lends_shows_only_what_is_public(sandbox: ProcessSandbox):
    """Dunders that do show are those of the borrowed object in the implementation's own process."""
    assert sandbox.run(program(CALLBACK), suite_over(CALLBACK_TESTS), PATIENT).pass_rate == 1.0


SUBCLASS = "import target\ndef test_a():\n    class Mine(target.Base): pass\n    assert Mine()\n"


def test_a_test_that_derives_from_the_implementation_says_why_it_cannot_run_split(sandbox: ProcessSandbox):
    original = program("class Base: pass")
    (run,) = sandbox.run(original, suite_over(SUBCLASS), PATIENT).runs
    assert (run.verdict, "cannot run split" in run.message) == (Verdict.FAILED, True)
    assert sandbox.run(original, suite_over(SUBCLASS, mode=Mode.IN_PROCESS), PATIENT).pass_rate == 1.0
