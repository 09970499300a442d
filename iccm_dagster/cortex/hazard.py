"""The hazard model: how likely an action is to end in an unsafe event, apart from what it earns.

Two masks come from it, and no price buys them back: an action whose probability of an unsafe event is above the limit, and an
action whose usual cost ends beyond the limit by more than is tolerated (an overrun that can be foreseen).

Not covered: a kind of unsafe event that was never logged. The gate's bound over the benchmark suite is the second fence.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iccm_dagster.celr.states import Action
from iccm_dagster.cortex.features import FEATURES, RETRIES_AT_ONE, RETRIES_HERE_AT_ONE
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.transitions import ACTIONS, INDEX, Transitions
from iccm_dagster.cortex.unsafe import OVERRUN

# N: decisions, A: actions, K: features that the hazard depends on, R: bins of the rung.

NAMES = [feature.name for feature in FEATURES]
SLOPES = [NAMES.index(name) for name in ("risk", "difficulty", "depth", "time_left", "budget_left")]
RUNG, MONEY = NAMES.index("rung"), NAMES.index("budget_left")
CODE, RETRIES, RETRIES_HERE = NAMES.index("has_code"), NAMES.index("retries"), NAMES.index("retries_here")
LEAST = 0.01
"""No attempt is expected to cost more than a hundred times what those before it did."""
RUNG_BINS = 5
# An action costs what it costs, within its tail: nineteen of twenty times it fits into this.
TAIL = 0.95
# A slope of one logit over the whole range of a feature needs this much evidence to be believed.
SLOPE_PRIOR = 4.0
NEWTON_STEPS = 25
HARMLESS = np.array([action in (Action.STOP, Action.ABORT) for action in ACTIONS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """A logistic model of unsafe events, and the usual cost of each action at each rung."""

    intercept_A: Float[np.ndarray, " A"]
    """Log-odds at the mean of the features."""
    slope_K: Float[np.ndarray, " K"]
    """Shared by all actions."""
    centre_K: Float[np.ndarray, " K"]
    cost_AR: Float[np.ndarray, "A R"]
    """Share of the money limit that the action rarely exceeds as the first attempt at a task; 0 where it was never logged."""
    growth_AR2: Float[np.ndarray, "A R 2"]
    """A later attempt rarely costs more than the mean of the task's attempts before it, divided by (first + second * share of those
    that were made at this rung): a task's size shows in what it has cost. Both 0 where it was never logged."""
    limit: float
    """Probability above which an action is masked."""

    def probability(self, features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, "N A"]:
        """Return the probability that each action causes an unsafe event."""
        shift_N = (features_NF[:, SLOPES] - self.centre_K) @ self.slope_K
        return 1 / (1 + np.exp(-(self.intercept_A + shift_N[:, None])))

    def price(self, features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, "N A"]:
        """Return the share of the money limit that each action rarely exceeds."""
        bins_N, mean_N, here_N = rung_bins(features_NF), mean_price(features_NF), share_here(features_NF)
        first_NA, second_NA = np.moveaxis(self.growth_AR2[:, bins_N], 2, 0).transpose(0, 2, 1)
        part_NA = np.maximum(first_NA + second_NA * here_N[:, None], LEAST)
        later_NA = np.where(first_NA > 0, mean_N[:, None] / part_NA, 0)
        return np.where((mean_N > 0)[:, None], later_NA, self.cost_AR[:, bins_N].T)

    def dear(self, features_NF: Float[np.ndarray, "N F"]) -> Bool[np.ndarray, "N A"]:
        """Return which actions would end beyond the limit by more than is tolerated."""
        return self.price(features_NF) - features_NF[:, [MONEY]] > OVERRUN

    def safe(self, features_NF: Float[np.ndarray, "N F"], mask_NA: Bool[np.ndarray, "N A"]) -> Bool[np.ndarray, "N A"]:
        """Return the allowed actions without the unsafe ones; ending the task, or the least hazardous one, stays."""
        hazard_NA = self.probability(features_NF)
        safe_NA = mask_NA & (((hazard_NA <= self.limit) & ~self.dear(features_NF)) | HARMLESS)
        none_N = ~safe_NA.any(axis=1)
        least_N = np.where(mask_NA, hazard_NA, np.inf)[none_N].argmin(axis=1)
        safe_NA[np.flatnonzero(none_N), least_N] = True
        return safe_NA


def rung_bins(features_NF: Float[np.ndarray, "N F"]) -> np.ndarray:
    """Return the bin of each row's rung, 0 the cheapest."""
    return np.rint(features_NF[:, RUNG] * (RUNG_BINS - 1)).astype(int)


def mean_price(features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
    """Return what the attempts so far have cost on average, with their verdicts, as a share of the limit; 0 before the first."""
    attempts_N = features_NF[:, CODE] * (1 + RETRIES_AT_ONE * features_NF[:, RETRIES])
    return np.where(attempts_N > 0, (1 - features_NF[:, MONEY]) / np.maximum(attempts_N, 1), 0)


def share_here(features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
    """Return the share of the attempts so far that were made at the current rung."""
    here_N = 1 + RETRIES_HERE_AT_ONE * features_NF[:, RETRIES_HERE]
    return np.minimum(here_N / (1 + RETRIES_AT_ONE * features_NF[:, RETRIES]), 1)


def fit_hazard(data: Transitions, *, recipe: CortexRecipe) -> Hazard:
    """Fit intercepts to smoothed counts and shared slopes by Newton's method with a ridge penalty.

    An action that was logged ``n`` times with ``k`` events has the rate (k + prior * rate) / (n + prior), where ``rate`` is that of
    all actions and the prior is ``recipe.hazard_prior``. Overruns that the price foresees are masked by it and left out here: they
    say nothing about the action elsewhere.
    """
    mean_N = mean_price(data.features_NF)
    prices = {"cost_AR": _first_prices(data, mean_N == 0), "growth_AR2": _later_prices(data, mean_N)}
    blank = {"intercept_A": np.zeros(len(ACTIONS)), "slope_K": np.zeros(len(SLOPES)), "centre_K": np.zeros(len(SLOPES))}
    foreseen_N = Hazard(**blank, **prices, limit=1.0).dear(data.features_NF)[np.arange(len(mean_N)), data.action_N]
    event_N, action_N = (data.unsafe_N > 0).astype(float)[~foreseen_N], data.action_N[~foreseen_N]
    features_NK = data.features_NF[~foreseen_N][:, SLOPES]
    rate = (event_N.sum() + 0.5) / (len(event_N) + 100)
    counts_A = np.bincount(action_N, minlength=len(ACTIONS))
    events_A = np.bincount(action_N, weights=event_N, minlength=len(ACTIONS))
    smoothed_A = (events_A + recipe.hazard_prior * rate) / (counts_A + recipe.hazard_prior)
    intercept_A = np.log(smoothed_A / (1 - smoothed_A))
    centre_K = features_NK.mean(axis=0) if len(event_N) else np.zeros(len(SLOPES))
    slope_K = _slopes(features_NK - centre_K, intercept_A[action_N], event_N)
    return Hazard(intercept_A=intercept_A, slope_K=slope_K, centre_K=centre_K, limit=recipe.hazard_limit, **prices)


def _slopes(
    shifted_NK: Float[np.ndarray, "N K"], offset_N: Float[np.ndarray, " N"], event_N: Float[np.ndarray, " N"]
) -> Float[np.ndarray, " K"]:
    slope_K = np.zeros(shifted_NK.shape[1])
    if not event_N.any():
        return slope_K
    for _ in range(NEWTON_STEPS):
        probability_N = 1 / (1 + np.exp(-(offset_N + shifted_NK @ slope_K)))
        gradient_K = shifted_NK.T @ (event_N - probability_N) - SLOPE_PRIOR * slope_K
        weighted_NK = shifted_NK * (probability_N * (1 - probability_N))[:, None]
        slope_K = slope_K + np.linalg.solve(shifted_NK.T @ weighted_NK + SLOPE_PRIOR * np.eye(len(slope_K)), gradient_K)
    return slope_K


def _first_prices(data: Transitions, first_N: Bool[np.ndarray, " N"]) -> Float[np.ndarray, "A R"]:
    prices_AR = np.zeros((len(ACTIONS), RUNG_BINS))
    for action, rung, rows in _taken(data, first_N):
        prices_AR[action, rung] = np.quantile(data.cost_N[rows], TAIL)
    return prices_AR


def _later_prices(data: Transitions, mean_N: Float[np.ndarray, " N"]) -> Float[np.ndarray, "A R 2"]:
    """Fit (mean before / cost) as a line in the share of attempts at this rung, which it is where rungs differ by a factor in
    price, and lower it until nineteen of twenty lie above."""
    prices_AR2 = np.zeros((len(ACTIONS), RUNG_BINS, 2))
    here_N = share_here(data.features_NF)
    # A split attempt spends shares of what is left: its parts have budgets, and masks, of their own.
    whole_N = (mean_N > 0) & (data.cost_N > 0) & (data.action_N != INDEX[Action.RECURSE])
    for action, rung, rows in _taken(data, whole_N):
        part_M = mean_N[rows] / data.cost_N[rows]
        design_M2 = np.stack([np.ones(len(rows)), here_N[rows]], axis=1)
        # A pseudo-row at the mean keeps the line level where all rows have one share.
        line_2 = np.linalg.solve(design_M2.T @ design_M2 + np.diag([0, 1]), design_M2.T @ part_M)
        fitted_M = np.maximum(design_M2 @ line_2, LEAST)
        prices_AR2[action, rung] = line_2 * np.quantile(part_M / fitted_M, 1 - TAIL)
    return prices_AR2


def _taken(data: Transitions, chosen_N: Bool[np.ndarray, " N"]) -> Iterator[tuple[int, int, Int[np.ndarray, " M"]]]:
    """Yield (action, bin of the rung, rows) over some of the decisions, where there are any."""
    bins_N = rung_bins(data.features_NF)
    for action in range(len(ACTIONS)):
        for rung in range(RUNG_BINS):
            rows = np.flatnonzero(chosen_N & (data.action_N == action) & (bins_N == rung))
            if len(rows):
                yield action, rung, rows
