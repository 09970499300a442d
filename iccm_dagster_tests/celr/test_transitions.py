"""What may be done when, what the heuristic does, and what a broken policy is told: the whole table, without the agent."""

import itertools
import random
from dataclasses import replace

import pytest

from iccm_dagster.celr.heuristic import ExploringPolicy, HeuristicPolicy
from iccm_dagster.celr.states import Action, Decision, allowed
from iccm_dagster.celr.transitions import after_attempt, after_decision, after_verdict, choose
from iccm_dagster.errors import RecipeError
from iccm_dagster_tests.celr.scenes import STATE

HEURISTIC = HeuristicPolicy(retries_per_rung=1)
EVERY_STATE = [
    replace(
        STATE,
        rung=rung,
        has_code=code,
        verified=verified and code,
        last_pass_rate=last,
        best_pass_rate=last,
        cost=cost,
        seconds=seconds,
        modules=modules,
        depth=depth,
        retries_at_rung=retries,
    )
    for rung, code, verified, last, cost, seconds, modules, depth, retries in itertools.product(
        (0, 2), (False, True), (False, True), (None, 0.0, 0.5, 1.0), (0.0, 1.0), (0.0, 60.0), (0, 2), (0, 1), (0, 1, 3)
    )
]


def test_the_mask_is_total_and_never_empty():
    for state in EVERY_STATE:
        possible = allowed(state)
        assert possible
        assert (Action.VERIFY in possible) <= (state.has_code and not state.verified)
        assert (Action.ESCALATE in possible) <= (state.rung < state.rungs - 1)
        assert (Action.RECURSE in possible) <= (state.modules > 1 and state.depth < state.depth_limit)
        if state.exhausted and not state.solved:
            assert possible <= {Action.STOP, Action.ABORT}


def test_the_heuristic_has_an_answer_for_every_state():
    for state in EVERY_STATE:
        decision = choose(state, policy=HEURISTIC, rng=random.Random(0), max_steps=100)
        assert decision.action in allowed(state)
        assert decision.propensity == 1.0


def test_a_solved_task_is_handed_in():
    solved = replace(STATE, has_code=True, verified=True, last_pass_rate=1.0, best_pass_rate=1.0, cost=2.0)
    assert allowed(solved) == {Action.STOP}


def test_no_stop_before_a_verdict():
    assert Action.STOP not in allowed(replace(STATE, has_code=True))
    assert Action.STOP in allowed(replace(STATE, has_code=True, verified=True, last_pass_rate=0.2, best_pass_rate=0.2))


def test_the_heuristic_climbs_after_its_retries():
    failed = replace(STATE, has_code=True, verified=True, last_pass_rate=0.5, best_pass_rate=0.5)
    actions = [
        choose(replace(failed, retries_at_rung=retries), policy=HEURISTIC, rng=random.Random(0), max_steps=9).action
        for retries in (0, 1)
    ]
    assert actions == [Action.RETRY, Action.ESCALATE]


def test_the_horizon_ends_a_run_with_propensity_one():
    late = replace(STATE, step=9)
    decision = choose(late, policy=HEURISTIC, rng=random.Random(0), max_steps=9)
    assert (decision.action, decision.propensity, decision.reason) == (Action.ABORT, 1.0, "horizon")


def test_exploration_logs_the_probability_it_acts_with():
    """Four actions, epsilon 0.4: the heuristic's own gets 0.6 + 0.1, each other one 0.1."""
    state = replace(STATE, modules=2)
    possible = allowed(state)
    assert len(possible) == 4  # retry, recurse, escalate, abort
    policy = ExploringPolicy(HEURISTIC, epsilon=0.4)
    rng = random.Random(1)
    drawn = [policy.decide(state, allowed=possible, rng=rng) for _ in range(4000)]
    for action in possible:
        share = sum(decision.action is action for decision in drawn) / len(drawn)
        expected = 0.7 if action is Action.RETRY else 0.1
        assert all(found.propensity == pytest.approx(expected) for found in drawn if found.action is action)
        assert share == pytest.approx(expected, abs=0.03)


class Broken:
    """A policy that stops whatever is allowed."""

    version = "broken"

    def decide(self, state, *, allowed, rng):
        return Decision(action=Action.STOP, propensity=1.0, reason="", policy=self.version)


def test_an_action_that_is_not_allowed_is_refused_by_name():
    with pytest.raises(RecipeError, match=r"policy broken chose stop .* allowed are abort, escalate, retry"):
        choose(STATE, policy=Broken(), rng=random.Random(0), max_steps=9)


def test_the_state_follows_what_happens():
    state = after_decision(STATE, Action.RETRY)
    state = after_attempt(state, Action.RETRY, wrote=True, first=True, cost=0.25, seconds=2.0, tokens=7)
    assert (state.step, state.retries, state.has_code, state.verified, state.cost) == (1, 0, True, False, 0.25)
    state = after_verdict(state, 0.5, cost=0.05, seconds=1.0, unsafe=0)
    assert (state.verified, state.last_pass_rate, state.best_pass_rate, state.seconds) == (True, 0.5, 0.5, 3.0)
    state = after_decision(state, Action.ESCALATE)
    state = after_attempt(state, Action.ESCALATE, wrote=True, first=False, cost=0.25, seconds=2.0, tokens=7)
    assert (state.rung, state.retries, state.retries_at_rung, state.verified) == (1, 1, 0, False)
    state = after_verdict(state, 0.25, cost=0.0, seconds=0.0, unsafe=1)
    assert (state.last_pass_rate, state.best_pass_rate, state.unsafe) == (0.25, 0.5, 1)
