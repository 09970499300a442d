"""The benchmark suite, and policies of the cortex at work in the agent: scripted solvers, scripted verdicts."""

import pytest

from iccm_dagster.celr.agent import Feedback, ListLog, Setting, solve
from iccm_dagster.celr.states import Action, Policy
from iccm_dagster.celr.tasks import Harness
from iccm_dagster.celr.transitions import Budget
from iccm_dagster.cortex.online import FallbackPolicy
from iccm_dagster.cortex.policy import MetaPolicy
from iccm_dagster.cortex.suite import outside_training, plan_suite, run_suite, suite_name
from iccm_dagster.harness.scripted import ScriptedSandbox
from iccm_dagster.harness.suite import Verdict
from iccm_dagster.progress import silent
from iccm_dagster_tests.celr.scenes import reply, report, rung, task
from iccm_dagster_tests.cortex.worlds import HEURISTIC

TASKS = {"a": [task(id="a", application="a"), task(id="a#m", application="a")], "b": [task(id="b", application="b")]}


def setting(*reports, policy: Policy = HEURISTIC) -> Setting:
    return Setting(
        ladder=(rung("small", reply("x")), rung("large", reply("y"))),
        policy=policy,
        harness=Harness(sandbox=ScriptedSandbox(reports=reports), cache=None),
        split=None,
        budget=Budget(cost=10.0, seconds=100.0, max_steps=20, depth=1),
        verify_cost=0.01,
        feedback=Feedback.ADVICE,
        wordings=0,
    )


def test_applications_take_turns_and_go_round_their_tasks():
    jobs = plan_suite(TASKS, count=6, seed=0)
    assert [job.task.id for job in jobs] == ["a", "b", "a#m", "b", "a", "b"]
    assert len({job.seed for job in jobs}) == len({job.name for job in jobs}) == 6
    assert plan_suite({}, count=6, seed=0) == []


def test_a_suite_has_the_name_of_its_tasks_seeds_and_ladders():
    settings = {"a": setting(), "b": setting()}
    jobs = plan_suite(TASKS, count=6, seed=0)
    assert suite_name(jobs, settings=settings) == suite_name(plan_suite(TASKS, count=6, seed=0), settings=settings)
    assert suite_name(jobs, settings=settings) != suite_name(plan_suite(TASKS, count=6, seed=1), settings=settings)


def test_training_applications_are_left_out_where_enough_others_are_there():
    splits = {f"{number}": "train" if number < 5 else "validation" for number in range(15)}
    assert sorted(map(int, outside_training(splits, split=str))) == list(range(5, 15))
    few = dict.fromkeys("abc", "train")
    assert outside_training(few, split=str) == few


def test_results_say_success_cost_and_unsafe_events():
    """The first task is solved at once; the second one's program forges its verdict and is then given up."""
    jobs = plan_suite(TASKS, count=2, seed=0)
    forged = report(False, False, verdict=Verdict.FORGED)
    settings = {"a": setting(report(True, True)), "b": setting(*[forged] * 9)}
    first, second = run_suite(jobs, HEURISTIC, settings=settings, on_progress=silent)
    assert (first.task, first.application, first.success, first.unsafe) == ("a.0", "a", True, 0)
    assert 0 < first.cost < second.cost < 1
    assert not second.success and second.unsafe > 1


@pytest.mark.parametrize("passes", [(True, True), (False, True)])
def test_in_the_agent_a_clone_does_what_the_heuristic_does(passes):
    clone = MetaPolicy(version="c", values=None, heuristic=HEURISTIC)
    assert actions(clone, passes) == actions(HEURISTIC, passes)


def test_the_log_of_the_agent_shows_a_fallback():
    log = ListLog()
    broken = FallbackPolicy(HEURISTIC, problem="policy 3 cannot be read")
    chosen = setting(report(True, True), policy=broken)
    assert solve(task(), setting=chosen, log=log, seed=0, trajectory="run").success
    said = [event.response for event in log.events if event.kind == "decision" and "fallback" in (event.response or "")]
    assert said == ["fallback to the heuristic (policy 3 cannot be read): first attempt"]


def actions(policy: Policy, passes: tuple[bool, bool]) -> list[Action]:
    log = ListLog()
    solve(task(), setting=setting(*[report(*passes)] * 9, policy=policy), log=log, seed=0, trajectory="run")
    return [event.action for event in log.events if event.kind == "decision"]
