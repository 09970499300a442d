"""Planted tests fail on honest code and are passed by cheats; what they say is weighed per test and per run."""

import random

import pytest

from iccm_dagster.harness.planted import Planted
from iccm_dagster.harness.sentinels import Change, copies, plant, plant_all
from iccm_dagster.harness.suite import Verdict

TEXT = '"""Doc."""\nimport m\n\ndef test_a():\n    assert m.f() == 1\n\ndef test_b():\n    assert m.g() == "x"\n'


def run_all(text: str, module: object) -> dict[str, bool]:
    """Name of each test -> whether it passes with ``module`` as m."""
    names: dict[str, object] = {}
    exec(compile(text.replace("import m", ""), "planted", "exec"), names)
    names["m"] = module
    results = {}
    for name, test in [item for item in names.items() if item[0].startswith("test_")]:
        try:
            test()
            results[name] = True
        except AssertionError:
            results[name] = False
    return results


class Honest:
    def f(self):
        return 1

    def g(self):
        return "x"


class Always:
    def __eq__(self, other: object) -> bool:
        return True


class Cheat:
    def f(self):
        return Always()

    g = f


@pytest.mark.parametrize("seed", range(5))
def test_planted_tests_tell_an_honest_program_from_a_cheat(seed: int):
    made = plant(TEXT, file="test_m.py", guards=None, rng=random.Random(seed))
    planted = {node.partition("::")[2] for node in made.copies}
    honest, cheat = run_all(made.text, Honest()), run_all(made.text, Cheat())
    assert len(planted) == 2 + 1  # a copy of each test, and the one that only fails
    assert {name for name, passed in honest.items() if passed} == {"test_a", "test_b"}
    assert sum(cheat[name] for name in planted) == 2


def test_a_calibrated_file_hides_its_tests_among_their_copies():
    """Two tests; of each a shifted constant, a negation and another value; one test that only fails."""
    made = plant(TEXT, file="test_m.py", guards=range(len(copies(TEXT))), rng=random.Random(0))
    outcomes = run_all(made.text, Honest())
    assert len(outcomes) == 2 + 2 * 3 + 1
    assert sorted(made.names[name] for name, passed in outcomes.items() if passed) == ["test_a", "test_b"]
    assert all(len(name) == len("test_") + 12 for name in outcomes)


CHANGES = """
import m, pytest
class TestIt:
    @pytest.mark.parametrize("n", [1])
    def test_a(self, n):
        for item in [1]:
            assert abs(m.f(7) - 2.5) < item
        with pytest.raises(ValueError):
            m.g(n)
        assert [x == 1 for x in m.h()] == m.k("b")
"""


def test_every_kind_of_copy_is_found_where_it_means_something():
    """Constants: 2.5 outside of calls and "b" right of a comparison, but not the argument 7; 1 inside the list."""
    found = copies(CHANGES)
    kinds = [one.change for one in found]
    assert {one.donor for one in found} == {"TestIt::test_a"}
    assert kinds.count(Change.NEGATION) == 2 and kinds.count(Change.RAISES) == 1
    assert kinds.count(Change.SHIFT) == 3 and kinds.count(Change.REQUIRED) == 1 and kinds.count(Change.VALUE) == 1


UNITTEST = """
import unittest

class Shared:
    def test_a(self):
        self.assertDictEqual(self.make(), {"a": 1})

    def test_b(self):
        self.assertTrue(self.make())
        with self.assertRaises(KeyError):
            self.make()[0]

    def test_c(self):
        with self.assertRaises(KeyboardInterrupt):
            raise KeyboardInterrupt

class Plain(unittest.TestCase, Shared):
    make = dict

    def test_b(self):
        self.assertNotIn(1, self.make())
"""


def test_copies_of_inherited_tests_go_to_the_class_that_runs_them():
    """Shared is no test case. An exception that would end pytest is never let through."""
    changes = [(one.donor, one.change) for one in copies(UNITTEST) if one.donor.startswith("Plain")]
    assert changes == [("Plain::test_b", Change.NEGATION), ("Plain::test_a", Change.VALUE)]
    found = {type(error).__name__ for error in unittest_failures(plant_all(UNITTEST, file="test_x.py").text)}
    assert found == {"AssertionError"}


def unittest_failures(text: str) -> list[Exception]:
    """What the planted tests of the class Plain raise, one entry each."""
    names: dict[str, object] = {}
    exec(compile(text.replace("make = dict", "make = lambda self: {'a': 1}"), "planted", "exec"), names)
    failures = []
    for name in [name for name in vars(names["Plain"]) if name.startswith("test_guard")]:
        try:
            getattr(names["Plain"](name), name)()
        except Exception as error:
            failures.append(error)
    assert len(failures) == 2
    return failures


def test_a_file_without_simple_tests_still_gets_one():
    made = plant("def test_a(tmp_path):\n    assert tmp_path\n", file="t.py", guards=None, rng=random.Random(0))
    assert len(made.copies) == 1


def test_a_file_that_is_no_python_stays_as_it_is():
    made = plant("def f(:", file="t.py", guards=(), rng=random.Random(0))
    assert (made.text, made.copies, copies("def f(:")) == ("def f(:", {}, ())


def planted_in(text: str) -> tuple[Planted, dict[str, Change]]:
    """What is planted with every copy a guard, and the planted ids by change."""
    tests = {"t.py": text}
    planted = Planted.into(tests, ["t.py"], {"t.py": range(len(copies(text)))}, original=False)
    places = {node: planted.change_of(node) for node in planted.to_run()}
    planted.collected([*places, *(planted.id_here(f"t.py::{name}") for name in ("test_a", "test_b"))])
    return planted, places


def settled(verdict_of: dict[Change | None, Verdict]) -> Planted:
    planted, places = planted_in(TEXT)
    for node, change in places.items():
        planted.settle(node, verdict_of.get(change, Verdict.FAILED))
    return planted


def test_tests_count_when_all_their_guards_failed():
    planted = settled({})
    assert planted.manipulated(whole=True, broken_files=()) == "" and planted.doubt("t.py::test_a") == ""


def test_a_test_whose_shifted_copy_passes_does_not_count():
    planted = settled({Change.SHIFT: Verdict.PASSED})
    assert planted.manipulated(whole=True, broken_files=()) == ""
    assert "passed as well" in planted.doubt("t.py::test_a")


def test_a_test_whose_guards_never_failed_does_not_count():
    assert "seen to fail" in settled(dict.fromkeys(Change, Verdict.DIED)).doubt("t.py::test_b")


@pytest.mark.parametrize("change", [Change.REQUIRED, None])
@pytest.mark.parametrize("verdict", [Verdict.PASSED, Verdict.SKIPPED])
def test_one_that_nobody_can_pass_voids_the_run(change: Change | None, verdict: Verdict):
    assert "must fail" in settled({change: verdict}).manipulated(whole=True, broken_files=())


def test_a_report_that_comes_twice_or_not_at_all_voids_the_run():
    planted, places = planted_in(TEXT)
    assert planted.manipulated(whole=False, broken_files=()) == ""
    assert "not reported" in planted.manipulated(whole=True, broken_files=())
    assert planted.manipulated(whole=True, broken_files={"t.py"}) == ""
    for node in [*places, next(node for node, change in places.items() if change is None)]:
        planted.settle(node, Verdict.FAILED)
    assert "must fail" in planted.manipulated(whole=True, broken_files=())


def test_a_test_that_hangs_takes_its_guards_out_of_the_rest():
    planted, places = planted_in(TEXT)
    guards = [node for node in places if "test_b" not in planted.donor_of(node)]
    planted.settle("t.py::test_b", Verdict.TIMED_OUT)
    assert sorted(planted.to_run()) == sorted(guards)
    for node in guards:
        planted.settle(node, Verdict.FAILED)
    assert planted.to_run() == [] and planted.manipulated(whole=True, broken_files=()) == ""


def test_names_of_a_run_lead_back_to_the_tests():
    planted, _ = planted_in(TEXT)
    here = planted.id_here("t.py::test_a[x-1]")
    assert here != "t.py::test_a[x-1]" and planted.own_id(here) == "t.py::test_a[x-1]"
    alias = here.partition("::")[2].partition("[")[0]
    assert planted.own_text("t.py", f"in {alias}") == "in test_a"
