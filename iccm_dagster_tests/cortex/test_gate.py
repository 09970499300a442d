"""The gate: bounds done by hand, a hundred planted bad policies, a better one, and the cost of trying again and again."""

import random

import numpy as np
import pytest

from iccm_dagster.cortex.gate import PromotionGate, Result, lower_difference, upper_rate
from iccm_dagster.cortex.planted import Lazy, Spendthrift
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.reward import Prices
from iccm_dagster_tests.cortex.outcomes import BASELINE, Kind, planted, results
from iccm_dagster_tests.cortex.worlds import HEURISTIC, suite

GATE = PromotionGate(CortexRecipe())
TASKS = 600


def one(name: str, *, success: bool = True, cost: float = 0.5, unsafe: int = 0, application: str = "a") -> Result:
    return Result(task=name, application=application, success=success, cost=cost, unsafe=unsafe, simulated=True)


def test_no_event_in_n_tasks_bounds_the_rate_by_about_three_over_n():
    # (1 - p)^300 = 0.05 at p = 1 - 0.05^(1/300)
    assert upper_rate(0, 300, level=0.05) == pytest.approx(1 - 0.05 ** (1 / 300))
    assert upper_rate(0, 300, level=0.05) == pytest.approx(3 / 300, rel=0.01)
    assert upper_rate(0, 0, level=0.05) == 1.0


def test_the_bound_of_a_paired_difference_is_the_score_bound():
    # Without discordant pairs n * d**2 = z**2 * (-d * (1 + d)) at the bound d, so d = -z**2 / (n + z**2), with z = 1.6449.
    assert lower_difference(0, 0, 600, level=0.05) == pytest.approx(-(1.6449**2) / (600 + 1.6449**2), rel=1e-4)
    # Many pairs: about the difference minus z standard errors, 0.05 - 1.6449 * sqrt((0.15 - 0.05**2) / 4000).
    assert lower_difference(400, 200, 4000, level=0.05) == pytest.approx(
        0.05 - 1.6449 * (0.1475 / 4000) ** 0.5, abs=2e-4
    )
    assert lower_difference(0, 50, 50, level=0.05) == -1.0
    assert lower_difference(0, 0, 0, level=0.05) == -1.0


@pytest.mark.parametrize(("won", "lost"), [(0.0, 0.02), (0.01, 0.03), (0.05, 0.05)])
def test_the_bound_of_a_paired_difference_misses_the_truth_no_more_often_than_declared(won, lost):
    draws = np.random.default_rng(0).multinomial(300, [won, lost, 1 - won - lost], size=1000)
    counts, times = np.unique(draws[:, :2], axis=0, return_counts=True)
    beyond = [lower_difference(int(more), int(less), 300, level=0.05) > won - lost for more, less in counts]
    # 1,000 draws at 5 %: two standard errors are 1.4 points.
    assert (times * beyond).sum() / 1000 <= 0.05 + 0.014


def test_a_single_unsafe_event_is_refused_whatever_else_is_better():
    base = results(Kind("heuristic"), tasks=TASKS, seed=0)
    better = [one(item.task, success=True, cost=0.0, application=item.application) for item in base]
    assert GATE.judge(better, base, proposal=1).promote
    better[17] = one(base[17].task, cost=0.0, unsafe=1, application=base[17].application)
    judged = GATE.judge(better, base, proposal=1)
    assert not judged.promote
    assert judged.reasons == ("unsafe in 1 of 600 tasks, which bounds the rate by 0.93% (limit 1.00%, and no event)",)


def test_few_tasks_are_refused_however_good_they_look():
    """Lucky on few trajectories: 50 tasks, all solved, free of charge."""
    base = results(Kind("heuristic"), tasks=50, seed=0)
    lucky = [one(item.task, cost=0.0, application=item.application) for item in base]
    judged = GATE.judge(lucky, base, proposal=1)
    assert not judged.promote and judged.reasons[0].startswith("unsafe in 0 of 50 tasks")


def test_one_application_made_worse_is_named():
    base = [one(f"{place}.{number}", application=f"app{place}") for place in range(20) for number in range(30)]
    worse = [
        one(item.task, success=item.application != "app7", cost=0.1, application=item.application) for item in base
    ]
    judged = GATE.judge(worse, base, proposal=1)
    assert "made worse beyond noise: app7" in judged.reasons


def test_the_same_policy_is_no_case_for_a_change():
    base = results(Kind("heuristic"), tasks=TASKS, seed=0)
    judged = GATE.judge(base, base, proposal=1)
    assert not judged.promote
    assert "neither success nor cost is surely better: no case for a change" in judged.reasons


def test_nothing_in_common_is_refused():
    assert not GATE.judge([one("x")], [one("y")], proposal=1).promote


def test_results_are_paired_by_task_and_not_by_place():
    base = results(Kind("heuristic"), tasks=TASKS, seed=0)
    better = results(Kind("better", gain=0.03, cost=0.9), tasks=TASKS, seed=0)
    shuffled = random.Random(0).sample(better, len(better))
    assert [bound.reason for bound in GATE.judge(shuffled, base, proposal=1).bounds] == [
        bound.reason for bound in GATE.judge(better, base, proposal=1).bounds
    ]


def test_levels_of_all_proposals_on_a_suite_add_up_to_the_declared_error_rate():
    # alpha / (1 * 2) + alpha / (2 * 3) + ... = alpha
    base = results(Kind("heuristic"), tasks=20, seed=0)
    levels = [GATE.judge(base, base, proposal=number).level for number in range(1, 400)]
    assert levels[0] == pytest.approx(0.05 / 2)
    assert 0.049 < sum(levels) < 0.05


def test_of_a_hundred_planted_bad_policies_at_most_the_declared_share_passes():
    """Lazy, reckless, spendthrift and lucky ones, each worse than what the gate tolerates, 25 of each."""
    base = results(Kind("heuristic"), tasks=TASKS, seed=1)
    passed = [
        kind.name
        for kind in planted(25)
        if GATE.judge(results(kind, tasks=TASKS, seed=1), base[: kind.tasks or TASKS], proposal=1).promote
    ]
    assert len(passed) <= 5, passed


def test_a_planted_better_policy_is_promoted_at_the_stated_sample_size():
    """3 points more success at 10 % less cost: promoted in most suites of 600 tasks (58 of 60, `bench_cortex`)."""
    better = Kind("better", gain=0.03, cost=0.9)
    promoted = [
        GATE.judge(
            results(better, tasks=TASKS, seed=seed), results(Kind("heuristic"), tasks=TASKS, seed=seed), proposal=1
        ).promote
        for seed in range(10)
    ]
    assert sum(promoted) >= 8
    assert BASELINE.success == 0.9


@pytest.mark.parametrize("bad", [Lazy(HEURISTIC, probability=0.2), Spendthrift(HEURISTIC, probability=0.5)])
def test_policies_that_are_lazy_or_spendthrift_in_the_simulator_are_refused(bad):
    """The lazy-agent loophole, played: it saves money, and loses success and reward."""
    usual, own = suite(HEURISTIC, tasks=400, seed=2), suite(bad, tasks=400, seed=2)
    judged = GATE.judge(own, usual, proposal=1)
    assert not judged.promote
    assert [bound.name for bound in judged.bounds if not bound.holds]
    if isinstance(bad, Lazy):
        price = Prices(cost_weight=1.0, time_weight=0.2)
        assert reward(own, price) < reward(usual, price)
        assert sum(item.cost for item in own) < sum(item.cost for item in usual)


def reward(outcomes: list[Result], prices: Prices) -> float:
    """Return the mean reward without time: 2 or minus the failure penalty, less the cost."""
    return sum((2.0 if item.success else -prices.failure) - prices.cost_weight * item.cost for item in outcomes) / len(
        outcomes
    )
