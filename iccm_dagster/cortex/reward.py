"""What a trajectory is worth: R = success + correctness - cost - time - 100 * unsafe, with every unit written down.

| term | unit |
| --- | --- |
| success | 1 when the delivered program passes every test, else 0 |
| correctness | pass rate of the delivered program, 0..1; 0 where nothing was delivered or judged |
| cost | ``cost_weight`` times the share of the money limit that was spent |
| time | ``time_weight`` times the share of the time limit that was spent |
| unsafe | 100 per unsafe event |
| failure | minus ``cost_weight + time_weight``, the whole budget, for a task that was not solved |

The failure penalty makes the dearest success (2 minus the whole budget) better by at least 1 than the cheapest failure (at
most 1 minus the whole budget): stopping early never pays for a task that could be solved. It is charged on the
limit and not on what is left, because a penalty on what is left teaches to burn the budget first; and it is no larger, because
a penalty of a hundred budgets makes giving up a hopeless task unthinkable and everything dearer.

The 100 of an unsafe event is counted here and never regressed on: a handful of events of that size drowns every other
difference between actions. Learning meets unsafe actions as a mask (`hazard`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

UNSAFE = 100.0
"""Reward lost per unsafe event (seed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What money and time are worth against a solved task, which is worth 2."""

    cost_weight: float
    """Reward lost by spending the whole money limit."""
    time_weight: float
    """Reward lost by spending the whole time limit."""

    @property
    def failure(self) -> float:
        """Reward lost by not solving a task: the whole budget."""
        return self.cost_weight + self.time_weight

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest return without unsafe events, where no limit is overrun."""
        return -2 * self.failure, 2.0

    def bounded(
        self,
        *,
        cost_N: Float[np.ndarray, " N"],
        seconds_N: Float[np.ndarray, " N"],
        done_N: Float[np.ndarray, " N"],
        success_N: Float[np.ndarray, " N"],
        correctness_N: Float[np.ndarray, " N"],
    ) -> Float[np.ndarray, " N"]:
        """Return the reward of each decision without its unsafe events.

        Cost and seconds are shares of their limits spent by the decision; success and correctness count where the
        decision ends the task (``done``).
        """
        end_N = done_N * (success_N + correctness_N - self.failure * (1 - success_N))
        return end_N - self.cost_weight * cost_N - self.time_weight * seconds_N


def total(bounded: float, *, unsafe: float) -> float:
    """Return the seed's reward: the bounded part, and 100 less per unsafe event."""
    return bounded - UNSAFE * unsafe
