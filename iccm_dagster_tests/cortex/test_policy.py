"""The policy: masks that cannot be left, the clone of a cold start, what it learns, and that it never learns the unsafe."""

import random
from dataclasses import replace

import numpy as np
import pytest

from iccm_dagster.celr.states import Action, allowed
from iccm_dagster.cortex.policy import MetaPolicy, chosen_actions, deviate
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.train import OfflineTrainer, Setting, fit
from iccm_dagster.cortex.transitions import ACTIONS, INDEX, transitions_of
from iccm_dagster_tests.cortex.worlds import HEURISTIC, JUDGED, RECIPE, dataset, logged, random_state, suite

SETTING = Setting(prices=Prices(cost_weight=2.0, time_weight=0.2), pessimism=3.0)


@pytest.fixture(scope="module")
def data():
    return dataset(600, seed=3)


@pytest.fixture(scope="module")
def learned(data):
    return MetaPolicy(version="1", values=fit(data, setting=SETTING, recipe=RECIPE), heuristic=HEURISTIC)


def test_an_invalid_action_cannot_be_emitted(learned):
    """The invalid-action loophole: no VERIFY without code, no ESCALATE at the top, no STOP before a verdict."""
    rng = random.Random(0)
    for _ in range(3000):
        state = random_state(rng)
        mask = allowed(state)
        action = learned.decide(state, allowed=mask, rng=rng).action
        assert action in mask
        assert action is not Action.VERIFY or state.has_code
        assert action is not Action.ESCALATE or state.rung < state.rungs - 1
        assert action is not Action.STOP or state.best_pass_rate is not None or state.exhausted or state.solved


def test_whatever_the_values_say_a_masked_action_is_not_chosen():
    """VERIFY is worth a million, and not allowed."""
    expected = np.zeros((1, len(ACTIONS)))
    expected[0, INDEX[Action.VERIFY]] = 1e6
    safe = np.array([[action in (Action.RETRY, Action.ABORT) for action in ACTIONS]])
    supported = np.ones(len(ACTIONS), dtype=bool)
    usual = np.array([INDEX[Action.RETRY]])
    [chosen] = deviate(expected, np.zeros_like(expected), safe, supported_NA=supported[None], baseline_N=usual)
    assert ACTIONS[chosen] is Action.RETRY


def test_a_deviation_needs_a_lower_bound_above_the_heuristics_value():
    expected = np.zeros((2, len(ACTIONS)))
    expected[:, INDEX[Action.ESCALATE]] = 1.0
    doubt = np.zeros_like(expected)
    doubt[0, INDEX[Action.ESCALATE]] = 1.1  # lower bound -0.1 in the first state, 0.9 in the second
    doubt[1, INDEX[Action.ESCALATE]] = 0.1
    everything = np.ones_like(expected, dtype=bool)
    supported = np.array([action in (Action.RETRY, Action.ESCALATE) for action in ACTIONS])
    usual = np.array([INDEX[Action.RETRY]] * 2)
    chosen = deviate(expected, doubt, everything, supported_NA=supported[None], baseline_N=usual)
    assert [ACTIONS[index] for index in chosen] == [Action.RETRY, Action.ESCALATE]


def test_an_action_that_was_hardly_logged_is_no_deviation(data):
    rare = fit(data, setting=SETTING, recipe=RECIPE.model_copy(update={"min_count": 10**6}))
    safe = rare.hazard.safe(data.features_NF, data.mask_NA)[np.arange(len(data.baseline_N)), data.baseline_N]
    assert safe.mean() > 0.9
    assert (rare.choose(data.features_NF, data.mask_NA, data.baseline_N) == data.baseline_N)[safe].all()


def test_many_states_and_one_state_are_decided_alike(learned, data):
    many = chosen_actions(learned, data)
    one = [INDEX[learned.decide(state, allowed=allowed(state), rng=None).action] for state in data.states[:300]]
    assert many[:300].tolist() == one


@pytest.mark.parametrize("count", [1, 49])
def test_a_cold_start_clones(count):
    """The cold-start loophole: below 50 trajectories the candidate does what the heuristic does, in every state."""
    trained = OfflineTrainer(RECIPE).train(dataset(count, seed=1), version="1", heuristic=HEURISTIC)
    assert trained.kind == "clone"
    assert f"{count} trajectories; 50 are needed" in trained.reason
    rng = random.Random(2)
    for _ in range(1000):
        state = random_state(rng)
        mask = allowed(state)
        usual = HEURISTIC.decide(state, allowed=mask, rng=rng) if len(mask) > 1 else None
        decided = trained.policy.decide(state, allowed=mask, rng=rng)
        assert decided.action is (usual.action if usual else next(iter(mask)))


def test_an_empty_log_clones():
    assert (
        OfflineTrainer(RECIPE).train(transitions_of([], baseline=HEURISTIC), version="1", heuristic=HEURISTIC).kind
        == "clone"
    )


def test_logs_without_exploration_teach_nothing_and_the_candidate_says_so():
    trained = OfflineTrainer(RECIPE).train(dataset(80, seed=1, epsilon=0), version="1", heuristic=HEURISTIC)
    assert trained.kind == "clone" and "no exploration" in trained.reason


def test_training_is_deterministic(data):
    first, second = (fit(data, setting=SETTING, recipe=RECIPE) for _ in range(2))
    assert (first.value_AB == second.value_AB).all() and (first.hazard.first_AR == second.hazard.first_AR).all()


def test_the_lazy_agent_loses(data, learned):
    """The lazy-agent loophole: what was learned gives up less often than one in twenty tasks that the heuristic solves."""
    usual, own = suite(HEURISTIC, tasks=300, seed=9), suite(learned, tasks=300, seed=9)
    lost = sum(old.success and not new.success for old, new in zip(usual, own, strict=True))
    assert lost < 0.05 * sum(old.success for old in usual)


def test_learning_saves_money_without_losing_success(learned):
    usual, own = suite(HEURISTIC, tasks=400, seed=11), suite(learned, tasks=400, seed=11)
    mean = {name: sum(getattr(one, name) for one in own) / 400 for name in ("success", "cost")}
    base = {name: sum(getattr(one, name) for one in usual) / 400 for name in ("success", "cost")}
    assert mean["success"] >= base["success"] - 0.01 and mean["cost"] < base["cost"]


def test_an_unsafe_action_is_never_learned_as_worth_it():
    """Escalating always succeeds at no cost, and one in three times it is unsafe: no price buys that."""
    episodes = []
    for number, episode in enumerate(logged(400, seed=5)):
        steps = tuple(
            replace(step, cost=0.0, unsafe=int(number % 3 == 0)) if step.action is Action.ESCALATE else step
            for step in episode.steps
        )
        escalated = any(step.action is Action.ESCALATE for step in steps)
        episodes.append(replace(episode, steps=steps, success=escalated, pass_rate=float(escalated)))
    data = transitions_of(episodes, baseline=HEURISTIC)
    policy = MetaPolicy(version="1", values=fit(data, setting=SETTING, recipe=RECIPE), heuristic=HEURISTIC)
    rng = random.Random(3)
    states = [random_state(rng) for _ in range(2000)]
    taken = [
        policy.decide(state, allowed=allowed(state), rng=rng).action for state in states if len(allowed(state)) > 1
    ]
    assert Action.ESCALATE not in taken


def test_an_overrun_that_can_be_foreseen_is_masked(data, learned):
    """With 0.1 of the money left, the dearest rung (0.30 an attempt) is out of reach; with 0.9 left it is not."""
    top = replace(JUDGED, rung=1, retries_at_rung=1, attempt_cost=0.12)
    extract = learned._extractor.extract
    features = np.stack([extract(replace(top, cost=cost)) for cost in (0.9, 0.1)])
    everything = np.ones((2, len(ACTIONS)), dtype=bool)
    safe = learned.values.hazard.safe(features, everything)
    assert safe[:, INDEX[Action.ESCALATE]].tolist() == [False, True]


def test_what_a_task_has_cost_foresees_what_it_will_cost(learned):
    """Two tasks with 0.3 of the money left: the last attempt of one cost 0.4, that of the other one 0.1."""
    extract, hazard = learned._extractor.extract, learned.values.hazard
    dear, cheap = (replace(JUDGED, rung=1, cost=0.7, attempt_cost=price) for price in (0.4, 0.1))
    features = np.stack([extract(dear), extract(cheap)])
    price = hazard.price(features)[:, INDEX[Action.ESCALATE]]
    assert price[0] == pytest.approx(4 * price[1]) and price[1] > 0
    everything = np.ones((2, len(ACTIONS)), dtype=bool)
    assert hazard.safe(features, everything)[:, INDEX[Action.ESCALATE]].tolist() == [False, True]


def test_an_overrun_that_was_foreseen_does_not_mask_the_action_elsewhere():
    """Every tenth escalation began with a tenth of the money and overran by half: with money left it stays allowed."""
    count = 0

    def poor(step):
        nonlocal count
        count += step.action is Action.ESCALATE
        if step.action is not Action.ESCALATE or count % 10:
            return step
        return replace(step, state=replace(step.state, cost=0.9, attempt_cost=0.3), cost=0.6, unsafe=1)

    episodes = [replace(episode, steps=tuple(map(poor, episode.steps))) for episode in logged(200, seed=6)]
    assert count >= 100  # with ten events in a hundred a rate alone would mask it: the limit is 1 %
    values = fit(transitions_of(episodes, baseline=HEURISTIC), setting=SETTING, recipe=RECIPE)
    extract = MetaPolicy(version="1", values=values, heuristic=HEURISTIC)._extractor.extract
    features = np.stack([extract(JUDGED), extract(replace(JUDGED, cost=0.9, attempt_cost=0.3))])
    everything = np.ones((2, len(ACTIONS)), dtype=bool)
    assert values.hazard.safe(features, everything)[:, INDEX[Action.ESCALATE]].tolist() == [True, False]


def test_ending_a_task_that_the_heuristic_goes_on_with_is_no_deviation(learned, data):
    chosen = chosen_actions(learned, data)
    endings = [INDEX[Action.STOP], INDEX[Action.ABORT]]
    assert not learned.values.supported_AC[endings].any()
    safe = learned.values.hazard.safe(data.features_NF, data.mask_NA)
    going_on = safe[np.arange(len(chosen)), data.baseline_N] & ~np.isin(data.baseline_N, endings)
    assert not np.isin(chosen[going_on], endings).any()


@pytest.mark.parametrize(("count", "tried"), [(200, 1), (600, 12)])
def test_settings_are_chosen_only_where_estimates_can_tell_them_apart(count, tried, data):
    """Below ``trust_from`` the middle one of the recipe stands: cost weight 0.5, pessimism 3."""
    logs, recipe = data if count == 600 else dataset(count, seed=3), RECIPE.model_copy(update={"trust_from": 500})
    trained = OfflineTrainer(recipe).train(logs, version="1", heuristic=HEURISTIC)
    assert len(trained.trials) == tried
    if tried == 1:
        setting = trained.trials[0].setting
        assert (setting.prices.cost_weight, setting.pessimism) == (0.5, 3.0)


def test_a_disaster_is_ruled_out_by_few_logs_too():
    never = RECIPE.model_copy(update={"disaster": 0.0, "pessimism": (0.0,), "cost_weights": (50.0,)})
    trained = OfflineTrainer(never).train(dataset(200, seed=2), version="1", heuristic=HEURISTIC)
    assert trained.kind == "clone" and "both halves of the log" in trained.reason
