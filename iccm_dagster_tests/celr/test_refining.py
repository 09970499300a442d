"""Requirements reworded from what failed, by the driver that refines programs."""

from iccm_dagster.celr.refining import Plight, Trial, Wording, refine_wording, wordings_of
from iccm_dagster.celr.reflection import reflect
from iccm_dagster.celr.states import Action
from iccm_dagster.celr.trajectories import trajectory_of
from iccm_dagster.refinement_loop import Ending
from iccm_dagster_tests.celr.scenes import TESTS, refusal, reply, report, rung, task
from iccm_dagster_tests.celr.test_agent import actions, run, setting

RAISED = "E   m.OwnError: negative number"


def plight(*passed: bool) -> Plight:
    advice = reflect(task(), report(*passed, message=RAISED))
    assert advice is not None
    return Plight(task=task(), advice=advice)


def texts(wording: Wording) -> list[str]:
    return [item.text for item in wording]


def test_what_failed_becomes_a_requirement():
    spelled, whole, *_ = [texts(wording) for wording in wordings_of(task(), plight(False, True).advice)]
    assert spelled == ["It adds all numbers: sum adds all (m.OwnError: negative number)."]
    assert whole == [*spelled, "It finds the largest."]


def test_no_wording_is_tried_twice_and_the_first_that_passes_ends_it():
    """The second wording passes: two trials, though five are allowed."""
    tried = []

    def attempt(wording: Wording) -> Trial:
        tried.append(texts(wording))
        return Trial(pass_rate=len(tried) / 2, advice=plight(False, True).advice)

    trail = refine_wording(plight(False, True), attempt=attempt, budget=5)
    assert trail.ending is Ending.SOLVED
    assert [one.judgement.score for one in trail.attempts] == [0.5, 1.0]
    assert tried[0] != tried[1]


def test_later_wordings_follow_the_latest_advice():
    """The first trial repairs R1 and breaks R2: the next wording is about R2."""
    seen = []

    def attempt(wording: Wording) -> Trial:
        seen.append([item.id for item in wording])
        return Trial(pass_rate=0.5, advice=plight(True, False).advice)

    refine_wording(plight(False, True), attempt=attempt, budget=2)
    assert seen == [["R1"], ["R2"]]


def test_without_anything_new_to_say_it_ends():
    """Four wordings follow from one and the same advice; where both statements fail, two of them are the same."""
    same = plight(False, True).advice
    trail = refine_wording(plight(False, True), attempt=lambda _: Trial(pass_rate=0.5, advice=same), budget=99)
    assert (len(trail.attempts), trail.ending) == (4, Ending.NOTHING_NEW)
    both = plight(False, False)
    trail = refine_wording(both, attempt=lambda _: Trial(pass_rate=0.0, advice=both.advice), budget=99)
    assert len(trail.attempts) == 2


def test_the_agent_refines_the_requirements_of_a_retry_until_they_pass():
    """First attempt 1 of 2 tests, then three wordings at most: the second one passes. Each was verified and paid for."""
    small = rung("small", reply("bad"), reply("half"), reply("good"))
    reports = [report(False, True, message=RAISED)] * 2 + [report(True, True)]
    outcome, log = run(setting(small, reports=reports, wordings=3))
    assert outcome.success
    assert actions(log) == [Action.RETRY, Action.VERIFY, Action.RETRY, Action.STOP]
    first, second, third = small.solver.asked
    assert first.best is None and second.best is not None
    assert [texts(request.statements) for request in (second, third)] == [
        ["It adds all numbers: sum adds all (m.OwnError: negative number)."],
        ["It adds all numbers: sum adds all (m.OwnError: negative number).", "It finds the largest."],
    ]
    rates = [one.pass_rate for one in trajectory_of(log.events).answers]
    assert rates == [0.5, 0.5, 1.0]
    assert outcome.state.retries == 2
    charged = sum(event.cost for event in log.events if event.kind in ("attempt", "verdict"))
    assert abs(outcome.state.cost - charged) < 1e-12


def test_a_refused_wording_is_not_judged_and_the_next_one_is_tried():
    small = rung("small", reply("bad"), refusal(), reply("good"))
    reports = [report(False, True, message=RAISED), report(True, True)]
    outcome, log = run(setting(small, reports=reports, wordings=3))
    assert outcome.success
    assert sum(event.kind == "verdict" for event in log.events) == 2


def test_the_names_of_tests_are_all_that_is_shown_of_them():
    for wording in wordings_of(task(), plight(False, False).advice):
        assert not any(test in text for test in TESTS for text in texts(wording))
