"""Estimators and the fitted simulator, against a truth that is known."""

from dataclasses import replace

import numpy as np
import pytest

from iccm_dagster.cortex.cascade import AlwaysEscalate, calibrated_cascade
from iccm_dagster.cortex.estimates import MEASURES, Ratios, estimate, fitted_values
from iccm_dagster.cortex.policy import chosen_actions
from iccm_dagster.cortex.world import draw_tasks, play_all
from iccm_dagster.cortex.world_fit import fit_world
from iccm_dagster.errors import TrainingError
from iccm_dagster_tests.cortex.worlds import HEURISTIC, RECIPE, WORLD, dataset, logged


def test_on_logs_without_exploration_every_estimate_of_the_heuristic_is_the_mean_of_the_log():
    """Nothing to correct: all ratios are 1."""
    data = dataset(60, seed=1, epsilon=0)
    ratios = Ratios.of(data, data.baseline_N)
    everything = np.arange(data.episodes)
    mean = [data.success_N.sum() / 60, data.cost_N.sum() / 60, data.correctness_N.sum() / 60, data.seconds_N.sum() / 60]
    assert ratios.effective == pytest.approx(60)
    assert ratios.wis(everything) == pytest.approx(mean)


def test_doubly_robust_estimates_of_logs_without_exploration_are_the_mean_of_the_log_too():
    """The corrections take out whatever the fitted values got wrong."""
    data = dataset(60, seed=1, epsilon=0)
    fitted = fitted_values(data, data.baseline_N, recipe=RECIPE)
    robust = Ratios.of(data, data.baseline_N).wdr(fitted, np.arange(data.episodes))
    assert robust[MEASURES.index("success")] == pytest.approx(data.success_N.sum() / 60)


def test_a_policy_that_was_never_followed_has_no_estimate_by_importance():
    data = dataset(30, seed=1, epsilon=0)
    ratios = Ratios.of(data, chosen_actions(AlwaysEscalate(), data))
    assert ratios.effective == pytest.approx(0, abs=1e-9)
    assert np.isnan(ratios.wis(np.arange(data.episodes))).all()


def test_estimates_of_the_heuristic_from_exploring_logs_are_near_its_truth():
    data = dataset(800, seed=2)
    truth = np.mean(
        [episode.success for episode in play_all(WORLD, draw_tasks(WORLD, count=1500, seed=8), HEURISTIC, seed=8)]
    )
    logged_success = data.success_N.sum() / data.episodes
    assert truth - logged_success > 0.05, "exploration costs success: the log alone is no estimate"
    found = {
        item.estimator: item for item in estimate(data, data.baseline_N, recipe=RECIPE) if item.measure == "success"
    }
    assert found["wdr"].mean == pytest.approx(truth, abs=0.04)
    assert found["fqe"].mean == pytest.approx(truth, abs=0.06)
    assert all(item.low <= item.mean <= item.high for item in found.values() if item.estimator != "fqe")


def test_the_simulator_fitted_to_logs_is_near_the_one_that_made_them():
    # Tasks of many sizes: those of nearly one tell ability and difficulty apart only over thousands of logs.
    starts = tuple(replace(one, context_tokens=int(200 * 55 ** (place / 29))) for place, one in enumerate(WORLD.starts))
    truth = replace(WORLD, starts=starts, sizes=(1.0,) * len(starts))
    world = fit_world(logged(500, seed=3, world=truth))
    assert world.cost == pytest.approx(WORLD.cost, rel=0.1)
    assert world.ability == pytest.approx(WORLD.ability, abs=1.2)
    assert list(world.ability) == sorted(world.ability)
    assert world.spread == pytest.approx(WORLD.spread, rel=0.35)
    assert world.verify_seconds == pytest.approx(WORLD.verify_seconds)
    assert world.price_spread == pytest.approx(WORLD.price_spread, rel=0.1)
    tasks = 600
    success = [
        np.mean(
            [episode.success for episode in play_all(each, draw_tasks(each, count=tasks, seed=5), HEURISTIC, seed=5)]
        )
        for each in (world, truth)
    ]
    assert success[0] == pytest.approx(success[1], abs=0.04)


def test_no_log_gives_no_simulator():
    with pytest.raises(TrainingError, match="collect trajectories before fitting"):
        fit_world([])


def test_equal_tasks_have_equal_luck():
    first, second = (play_all(WORLD, draw_tasks(WORLD, count=50, seed=1), HEURISTIC, seed=1) for _ in range(2))
    assert first == second


def test_the_cascade_is_calibrated_on_logged_verdicts():
    assert 0 <= calibrated_cascade(logged(300, seed=6)).threshold <= 1
    assert calibrated_cascade([]).threshold == 0.5
