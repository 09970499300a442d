"""Mutants, run on a small application whose weak spots are known."""

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.strength import kill_mutants, read_equivalents
from iccm_dagster.errors import ApplicationError
from iccm_dagster_tests.applications.conftest import SOURCE


def test_survivors_are_named_and_equivalent_ones_leave_the_rate(write_application):
    report = kill_mutants(load_application(write_application()), limit=None, seed=0, workers=1)
    survivors = {(mutant.section, str(mutant.operator), mutant.before) for mutant in report.survivors}
    # No test gives discounted() a negative total: its whole check survives.
    assert ("tillbox.discounted", "removed statement", 'raise TillError("negative total")') in survivors
    assert report.kill_rate == pytest.approx(report.killed / report.tried)
    assert report.killed + len(report.survivors) == report.tried
    listed = "".join(
        f"[[equivalent]]\nsection = {mutant.section!r}\noperator = '{mutant.operator}'\n"
        f"before = '{mutant.before}'\nafter = '{mutant.after}'\nreason = 'Not reached.'\n"
        for mutant in report.survivors
        if mutant.section == "tillbox.discounted"
    )
    root = write_application("002-till", {"equivalent_mutants.toml": listed})
    again = kill_mutants(load_application(root), limit=None, seed=0, workers=1)
    assert again.equivalent == sum(mutant.section == "tillbox.discounted" for mutant in report.survivors)
    assert again.kill_rate == pytest.approx(again.killed / (again.tried - again.equivalent))
    assert again.stale == ()


def test_a_listed_mutant_that_is_killed_is_stale(write_application):
    listed = "[[equivalent]]\nsection='tillbox.f'\noperator='boundary'\nbefore='a'\nafter='b'\nreason='c'\n"
    root = write_application(changes={"equivalent_mutants.toml": listed})
    report = kill_mutants(load_application(root), limit=None, seed=0, workers=1)
    assert report.stale == ("tillbox.f | boundary | a | b",)


def test_an_equivalent_mutant_needs_a_reason(write_application):
    root = write_application(changes={"equivalent_mutants.toml": "[[equivalent]]\nsection='a'\noperator='b'\n"})
    with pytest.raises(ApplicationError, match="entry 1 lacks before, after, reason"):
        read_equivalents(load_application(root))


def test_mutants_of_a_failing_suite_are_not_judged(write_application):
    root = write_application(changes={"src/tillbox.py": SOURCE.replace("total // 2", "total // 3")})
    with pytest.raises(ApplicationError, match="failed on the original"):
        kill_mutants(load_application(root), limit=1, seed=0, workers=1)
