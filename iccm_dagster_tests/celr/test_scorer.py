"""Scores of trajectories."""

import pytest

from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.scorer import TrajectoryScorer, score_from_json, score_to_json
from iccm_dagster.celr.states import Action
from iccm_dagster.celr.trajectories import Trajectory, trajectory_of
from iccm_dagster_tests.celr.scenes import START, event

SCORER = TrajectoryScorer(PreferenceRecipe(success_weight=0.5, efficiency_weight=0.3, cost_weight=0.2))


def trajectory(
    *, attempts: int, rate: float, cost: float, action: Action = Action.STOP, name: str = "run"
) -> Trajectory:
    tries = [event(2 * n + 1, "attempt", response="x", model="small", trajectory=name) for n in range(attempts)]
    verdicts = [event(2 * n + 2, "verdict", pass_rate=rate, trajectory=name) for n in range(attempts)]
    end = event(99, "end", action=action, cost=cost, trajectory=name)
    return trajectory_of([event(0, "start", trajectory=name, state=START.state), *tries, *verdicts, end])


def test_the_composite_is_the_weighted_sum():
    score = SCORER.score(trajectory(attempts=3, rate=1.0, cost=0.75))
    assert (score.success, score.efficiency, score.cost) == (1.0, pytest.approx(1 / 3), 0.25)
    # 0.5 * 1 + 0.3 * 1/3 + 0.2 * 0.25
    assert score.composite == pytest.approx(0.65)


def test_overspending_scores_zero_and_no_less():
    assert SCORER.score(trajectory(attempts=1, rate=1.0, cost=7.0)).cost == 0.0


def test_giving_up_at_once_never_ranks_above_solving_dearly():
    """Quitting keeps the money: its composite may be the higher one, its rank is not."""
    quitter = trajectory(attempts=1, rate=0.0, cost=0.0, action=Action.ABORT, name="quitter")
    solver = trajectory(attempts=9, rate=1.0, cost=1.0, name="solver")
    greedy = TrajectoryScorer(PreferenceRecipe(success_weight=0.2, efficiency_weight=0.4, cost_weight=0.4))
    ranked = greedy.rank([quitter, solver])
    assert ranked[0].trajectory == "solver"
    assert ranked[0].composite < ranked[1].composite


def test_passing_everything_and_giving_up_is_no_success():
    assert SCORER.score(trajectory(attempts=1, rate=1.0, cost=0.0, action=Action.ABORT)).success == 0.0


def test_ties_keep_their_order_and_cut_off_runs_are_left_out():
    equal = [trajectory(attempts=1, rate=0.5, cost=0.5, name=name) for name in ("b", "a", "c")]
    cut_off = trajectory_of([START, event(1, "attempt", response="x")])
    assert [score.trajectory for score in SCORER.rank([*equal, cut_off])] == ["b", "a", "c"]


def test_weights_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ValueError, match=r"the weights sum to 1\.2: they must sum to 1"):
        PreferenceRecipe(success_weight=0.8, efficiency_weight=0.2, cost_weight=0.2)


def test_a_score_survives_its_line():
    score = SCORER.score(trajectory(attempts=2, rate=0.5, cost=0.5))
    assert score_from_json(score_to_json(score)) == score
