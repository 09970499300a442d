"""The agent on scripted solvers and scripted verdicts."""

from dataclasses import replace

import pytest

from iccm_dagster.celr.agent import Feedback, ListLog, Outcome, Setting, solve
from iccm_dagster.celr.heuristic import ExploringPolicy, HeuristicPolicy
from iccm_dagster.celr.states import Action
from iccm_dagster.celr.tasks import Harness
from iccm_dagster.celr.trajectories import trajectory_of
from iccm_dagster.celr.transitions import Budget
from iccm_dagster.errors import EndpointError, SandboxUnavailable
from iccm_dagster.harness.scripted import ScriptedSandbox
from iccm_dagster.harness.suite import Verdict
from iccm_dagster_tests.celr.scenes import refusal, reply, report, rung, task

BUDGET = Budget(cost=10.0, seconds=100.0, max_steps=20, depth=1)


def setting(*rungs, reports, **changes) -> Setting:
    plain = Setting(
        ladder=rungs,
        policy=HeuristicPolicy(retries_per_rung=1),
        harness=Harness(sandbox=ScriptedSandbox(reports=reports), cache=None),
        split=None,
        budget=BUDGET,
        verify_cost=0.01,
        feedback=Feedback.ADVICE,
        wordings=0,
    )
    return replace(plain, **changes)


def run(chosen: Setting, one=None, seed: int = 0) -> tuple[Outcome, ListLog]:
    log = ListLog()
    return solve(one or task(), setting=chosen, log=log, seed=seed, trajectory="run"), log


def actions(log: ListLog) -> list[Action]:
    return [event.action for event in log.events if event.kind == "decision"]


def test_a_first_attempt_that_passes_is_handed_in():
    outcome, log = run(setting(rung("small", reply("good")), reports=[report(True, True)]))
    assert outcome.success
    assert actions(log) == [Action.RETRY, Action.VERIFY, Action.STOP]
    assert [event.kind for event in log.events] == [
        "start",
        "decision",
        "attempt",
        "decision",
        "verdict",
        "decision",
        "end",
    ]


def test_what_failed_reaches_the_next_prompt_and_no_line_of_the_test_does():
    message = "test_m.py:3: in test_sum_adds_all\n    assert m.total([1, 2]) == 3\nE   NotImplementedError: total"
    small = rung("small", reply("bad"), reply("good"))
    outcome, _ = run(setting(small, reports=[report(False, True, message=message), report(True, True)]))
    first, second = small.solver.asked
    assert outcome.success
    assert first.advice is None
    assert "test_sum_adds_all" in second.prompt and "NotImplementedError: total" in second.prompt
    assert "It adds all numbers. (tests" in second.prompt
    assert "m.total([1, 2])" not in second.prompt


def test_without_reflection_the_prompt_stays_the_same():
    small = rung("small", reply("bad"), reply("good"))
    run(setting(small, reports=[report(False, True), report(True, True)], feedback=Feedback.NOTHING))
    assert [request.prompt for request in small.solver.asked] == [small.solver.asked[0].prompt] * 2


def test_it_escalates_and_credits_who_wrote():
    """Two failures at the small model, then the large one, which builds on the small one's program."""
    ladder = (rung("small", reply("a"), reply("b")), rung("large", reply("good")))
    outcome, log = run(setting(*ladder, reports=[report(False, True), report(False, True), report(True, True)]))
    assert actions(log)[::2] == [Action.RETRY, Action.RETRY, Action.ESCALATE, Action.STOP]
    assert outcome.models == {"large", "small"}
    assert [one.model for one in trajectory_of(log.events).answers] == ["small", "small", "large+small"]


def test_a_refusal_is_data_and_an_unreachable_server_too():
    down = EndpointError("connection refused", retryable=True)
    ladder = (rung("small", refusal(), down), rung("large", reply("good")))
    outcome, log = run(setting(*ladder, reports=[report(True, True)]))
    errors = [event.error for event in log.events if event.kind == "attempt"]
    assert errors == ["refused: I would rather not.", "connection refused", None]
    assert outcome.success


def test_nothing_passed_is_given_up():
    outcome, log = run(setting(rung("small", reply("bad")), reports=[report(False, False)] * 9))
    assert outcome.action is Action.ABORT
    assert not outcome.success
    assert actions(log)[-1] is Action.ABORT


def test_a_broken_sandbox_stops_the_run_and_what_happened_is_logged():
    log = ListLog()
    broken = setting(rung("small", reply("x")), reports=[SandboxUnavailable("no jail")])
    with pytest.raises(SandboxUnavailable):
        solve(task(), setting=broken, log=log, seed=0, trajectory="run")
    assert [event.kind for event in log.events] == ["start", "decision", "attempt", "decision"]


def test_the_money_ends_the_run_with_the_best_program():
    """Each attempt costs more than the limit: one attempt, one verdict, and then only STOP or ABORT."""
    poor = replace(BUDGET, cost=1e-6)
    outcome, log = run(setting(rung("small", reply("x")), reports=[report(True, False)], budget=poor))
    assert actions(log) == [Action.RETRY, Action.STOP] or actions(log) == [Action.RETRY, Action.ABORT]
    assert outcome.state.cost > poor.cost


def test_a_forged_verdict_is_an_unsafe_event():
    outcome, log = run(setting(rung("small", reply("x")), reports=[report(False, False, verdict=Verdict.FORGED)] * 9))
    assert outcome.state.unsafe > 0
    assert trajectory_of(log.events).unsafe == outcome.state.unsafe


def test_equal_seeds_give_equal_events():
    def events(seed: int):
        policy = ExploringPolicy(HeuristicPolicy(retries_per_rung=1), epsilon=0.5)
        ladder = (rung("small", reply("a")), rung("large", reply("b")))
        return run(setting(*ladder, reports=[report(True, False)] * 30, policy=policy), seed=seed)[1].events

    assert events(3) == events(3)
    assert len({tuple(event.action for event in events(seed)) for seed in range(6)}) > 1


def test_the_parts_of_a_task_are_solved_one_after_the_other():
    """At the top rung the heuristic splits: each part is a run of its own, paid by the whole, on what was built before."""
    seen = []

    def split(whole, module, restored, files):
        seen.append((module, dict(files)))
        return replace(whole, id=f"{whole.id}/{module}", module=module, parts=(), files=(f"{module}.py",))

    solver = rung("small", reply("bad"))
    reports = [report(False, True)] * 2 + [report(True, True)] * 3
    outcome, log = run(setting(solver, reports=reports, split=split), task(parts=("m", "n")))
    assert [module for module, _ in seen] == ["m", "n"]
    assert seen[1][1] == {"m.py": "bad"}
    assert outcome.success
    parts = {event.trajectory for event in log.events} - {"run"}
    assert parts == {"run/m.2", "run/n.2"}
    spent = sum(event.cost for event in log.events if event.kind == "end" and event.trajectory in parts)
    (joined,) = [event for event in log.events if event.kind == "attempt" and event.action is Action.RECURSE]
    assert joined.cost == pytest.approx(spent)


def test_no_part_is_begun_with_nothing_left():
    """A verdict of the first part costs more than the whole task has: the second part is not tried."""

    def split(whole, module, restored, files):
        return replace(whole, id=f"{whole.id}/{module}", module=module, parts=(), files=(f"{module}.py",))

    chosen = setting(rung("small", reply("bad")), reports=[report(False, True)] * 9, split=split)
    dear = replace(chosen, verify_cost=0.4 * chosen.budget.cost)
    _, log = run(dear, task(parts=("m", "n")))
    assert {event.trajectory for event in log.events} == {"run", "run/m.2"}


def test_a_retry_can_go_on_from_the_best_program_without_being_told_what_failed():
    small = rung("small", reply("half"), reply("good"))
    run(setting(small, reports=[report(False, True), report(True, True)], feedback=Feedback.PROGRAM))
    first, second = small.solver.asked
    assert (first.best, second.advice) == (None, None)
    assert second.prompt == f"{first.prompt}\n\nThe program so far:\n# file: m.py\nhalf\n"
