"""The reward: units, and why stopping early never pays."""

import numpy as np
import pytest

from iccm_dagster.cortex.reward import Prices, total

PRICES = Prices(cost_weight=2.0, time_weight=0.5)


def worth(*, success: float, correctness: float, cost: float, seconds: float) -> float:
    one = {"cost_N": cost, "seconds_N": seconds, "done_N": 1.0, "success_N": success, "correctness_N": correctness}
    return float(PRICES.bounded(**{name: np.array([value]) for name, value in one.items()})[0])


def test_the_reward_is_the_sum_done_by_hand():
    # success 1 + correctness 1 - 2.0 * 0.3 - 0.5 * 0.2
    assert worth(success=1, correctness=1, cost=0.3, seconds=0.2) == pytest.approx(1.3)
    # correctness 0.6 - failure (2.0 + 0.5) - 2.0 * 0.1
    assert worth(success=0, correctness=0.6, cost=0.1, seconds=0) == pytest.approx(-2.1)


def test_the_dearest_success_beats_the_cheapest_failure():
    """However lazy a failure is, however much a success spent: success wins by at least 1."""
    dear = worth(success=1, correctness=1, cost=1, seconds=1)
    lazy = max(worth(success=0, correctness=rate, cost=0, seconds=0) for rate in (0.0, 0.5, 0.99, 1.0))
    assert dear - lazy >= 1


def test_an_unsafe_event_costs_more_than_everything_else_together():
    low, high = PRICES.bounds
    assert total(high, unsafe=1) < low
