"""Requirement to sections and to tests, and every way in which they can be wrong."""

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.sections import sections_of
from iccm_dagster.applications.traceability import SectionSpan, load_traceability, marked_tests, read_traceability
from iccm_dagster.errors import ApplicationError

TRACED = '[R1]\nsections = ["tillbox.Till.add"]\n[R2]\nsections = ["tillbox.Till.empty"]\n'


def whole(name: str) -> SectionSpan:
    return SectionSpan(section=name, first_line=None, last_line=None)


def test_sections_and_tests_of_each_requirement(write_application):
    traceability = load_traceability(load_application(write_application()))
    assert traceability.sections == {
        "R1": (whole("tillbox.Till.add"),),
        "R2": (whole("tillbox.Till.empty"),),
        "R3": (whole("tillbox.discounted"), whole("tillbox._half")),
    }
    assert traceability.tests == {
        "R1": ("test_tillbox.py::test_prices_add_up", "test_tillbox.py::test_a_negative_price_is_refused"),
        "R2": (
            "test_tillbox.py::TestEmpty::test_a_new_till_is_empty",
            "test_tillbox.py::TestEmpty::test_a_till_with_money_is_not",
        ),
        "R3": ("test_tillbox.py::test_half_price",),
    }


def test_lines_of_a_section_can_be_named(write_application):
    # `discounted` is written on lines 37 to 41 of the file.
    root = write_application(changes={"traceability.toml": TRACED + '[R3]\nsections = ["tillbox.discounted:39-40"]\n'})
    span = load_traceability(load_application(root)).sections["R3"][0]
    assert (span.first_line, span.last_line, str(span)) == (39, 40, "tillbox.discounted:39-40")


@pytest.mark.parametrize(
    ("changes", "line", "reason"),
    [
        ({"traceability.toml": None}, None, "cannot be read"),
        ({"traceability.toml": "[R1\n"}, 1, "is not TOML"),
        ({"traceability.toml": TRACED}, None, "R3 has no sections"),
        ({"traceability.toml": TRACED + "[R3]\nsections = []\n"}, 5, "R3 has no sections"),
        (
            {"traceability.toml": TRACED + '[R3]\nsections = ["tillbox.nowhere"]\n'},
            6,
            "'tillbox.nowhere' does not exist",
        ),
        ({"traceability.toml": TRACED + '[R3]\nsections = ["tillbox.discounted:1-2"]\n'}, 6, "not inside 37-41"),
        ({"traceability.toml": TRACED + '[R3]\nsections = ["tillbox.discounted:x"]\n'}, 6, "lines 'x'"),
        (
            {"traceability.toml": TRACED + '[R3]\nsections = ["tillbox.discounted"]\n[R9]\nsections = []\n'},
            7,
            "R9 is no req",
        ),
    ],
)
def test_broken_traceability_is_one_clear_record(write_application, changes, line, reason):
    application = load_application(write_application(changes=changes))
    with pytest.raises(ApplicationError, match=reason) as caught:
        load_traceability(application)
    assert (str(caught.value.file), caught.value.line) == ("traceability.toml", line)


def test_every_problem_is_reported_not_just_the_first(write_application):
    root = write_application(changes={"traceability.toml": '[R1]\nsections = ["a.b", "c.d"]\n'})
    application = load_application(root)
    _, problems = read_traceability(application, sections_of(application))
    # R2 and R3 without sections, two sections of R1 that do not exist.
    assert len(problems) == 4


def test_a_requirement_without_a_test_and_a_mark_without_a_requirement(write_application):
    root = write_application()
    tests = root / "tests" / "test_tillbox.py"
    tests.write_text(tests.read_text().replace('"R3"', '"R4"'))
    application = load_application(root)
    _, problems = read_traceability(application, sections_of(application))
    assert [problem.reason for problem in problems] == [
        "test_tillbox.py::test_half_price carries 'R4', which is no requirement",
        "R3 has no test",
    ]


MARKED = """
import pytest
import unittest
pytestmark = [pytest.mark.requirement("R1")]

@pytest.mark.requirement("R2", "R3")
@pytest.mark.parametrize("x", [1, 2])
def test_two(x): ...

async def test_inherits(): ...

class TestGroup:
    @pytest.mark.requirement("R4")
    def test_in_class(self): ...
    class TestInner:
        def test_deep(self): ...
    def helper(self): ...

class Case(unittest.TestCase):
    def test_unit(self): ...

class Helper:
    def test_is_not_collected(self): ...

def helper(): ...
"""


def test_marks_are_read_from_functions_classes_and_modules():
    found = marked_tests({"sub/test_m.py": MARKED, "helper.py": "def test_a(): ..."}, application="a")
    assert {test.id.removeprefix("sub/test_m.py::"): test.requirements for test in found} == {
        "test_two": ("R1", "R2", "R3"),
        "test_inherits": ("R1",),
        "TestGroup::test_in_class": ("R1", "R4"),
        "TestGroup::TestInner::test_deep": ("R1",),
        "Case::test_unit": ("R1",),
    }
