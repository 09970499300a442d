"""The hazard model: how likely an action is to end in an unsafe event, apart from what it earns.

Two masks come from it, at one probability, and no price buys them back: an action that is more likely to cause an unsafe event, and one
that is more likely to end beyond the budget by more than is tolerated (an overrun that can be foreseen).

Not covered: a kind of unsafe event that was never logged. The gate's bound over the benchmark suite is the second fence.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from iccm_dagster.celr.states import Action
from iccm_dagster.cortex.features import FEATURES
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.transitions import ACTIONS, INDEX, Transitions
from iccm_dagster.cortex.unsafe import OVERRUN

# N: decisions, A: actions, K: features that the hazard depends on, R: bins of the rung.

NAMES = [feature.name for feature in FEATURES]
SLOPES = [NAMES.index(name) for name in ("risk", "difficulty", "depth", "time_left", "budget_left")]
RUNG, MONEY = NAMES.index("rung"), NAMES.index("budget_left")
ATTEMPT, TOKENS = NAMES.index("attempt_price"), NAMES.index("tokens_per_money")
# No prompt is shorter: keeps the multiples finite.
FEWEST_TOKENS = 1e-4
RUNG_BINS = 5
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
    first_AR: Float[np.ndarray, "A R"]
    """Share of the money limit that the action exceeds no more often than ``limit`` until an attempt was told of a verdict, as
    a multiple of the context's tokens per money; 0 where it was never logged."""
    growth_AR: Float[np.ndarray, "A R"]
    """The same of an attempt that follows one told of a verdict, as a multiple of what that one cost: its prompt is as long."""
    limit: float
    """Probability above which an action is masked."""

    def probability(self, features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, "N A"]:
        """Return the probability that each action causes an unsafe event."""
        shift_N = (features_NF[:, SLOPES] - self.centre_K) @ self.slope_K
        return 1 / (1 + np.exp(-(self.intercept_A + shift_N[:, None])))

    def price(self, features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, "N A"]:
        """Return the share of the money limit that each action rarely exceeds."""
        bins_N, last_N1 = rung_bins(features_NF), features_NF[:, [ATTEMPT]]
        first_NA = self.first_AR[:, bins_N].T * _tokens(features_NF)[:, None]
        return np.where(last_N1 > 0, self.growth_AR[:, bins_N].T * last_N1, first_NA)

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


def _tokens(features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
    return np.maximum(features_NF[:, TOKENS], FEWEST_TOKENS)


def rung_bins(features_NF: Float[np.ndarray, "N F"]) -> np.ndarray:
    """Return the bin of each row's rung, 0 the cheapest."""
    return np.rint(features_NF[:, RUNG] * (RUNG_BINS - 1)).astype(int)


def fit_hazard(data: Transitions, *, recipe: CortexRecipe) -> Hazard:
    """Fit intercepts to smoothed counts and shared slopes by Newton's method with a ridge penalty.

    An action that was logged ``n`` times with ``k`` events has the rate (k + prior * rate) / (n + prior), where ``rate`` is that of
    all actions and the prior is ``recipe.hazard_prior``. Overruns that the price foresees are masked by it and left out here: they
    say nothing about the action elsewhere.
    """
    last_N, tail = data.features_NF[:, ATTEMPT], 1 - recipe.hazard_limit
    # A split attempt spends shares of what is left: its parts have budgets, and masks, of their own.
    later_N = (last_N > 0) & (data.action_N != INDEX[Action.RECURSE])
    prices = {
        "first_AR": _tails(data, data.cost_N / _tokens(data.features_NF), last_N == 0, tail),
        "growth_AR": _tails(data, data.cost_N / np.where(last_N > 0, last_N, 1), later_N, tail),
    }
    blank = {"intercept_A": np.zeros(len(ACTIONS)), "slope_K": np.zeros(len(SLOPES)), "centre_K": np.zeros(len(SLOPES))}
    foreseen_N = Hazard(**blank, **prices, limit=1.0).dear(data.features_NF)[np.arange(len(last_N)), data.action_N]
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


def _tails(
    data: Transitions, value_N: Float[np.ndarray, " N"], chosen_N: Bool[np.ndarray, " N"], tail: float
) -> Float[np.ndarray, "A R"]:
    """Return the quantile of a value for each action and rung, over some of the decisions; 0 where there is none."""
    tails_AR = np.zeros((len(ACTIONS), RUNG_BINS))
    bins_N = rung_bins(data.features_NF)
    for action in range(len(ACTIONS)):
        for rung in range(RUNG_BINS):
            own = value_N[chosen_N & (data.action_N == action) & (bins_N == rung)]
            if len(own):
                tails_AR[action, rung] = np.quantile(own, tail)
    return tails_AR
