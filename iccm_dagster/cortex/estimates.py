"""Off-policy evaluation: how good a policy would be, from the logs of another one.

Four estimators of a deterministic policy's mean success, cost, correctness and time:

* FQE: fitted Q evaluation, linear per action (Le, Voloshin and Yue, 2019);
* WIS: weighted importance sampling over whole episodes;
* WDR: weighted doubly robust, FQE corrected step by step (Thomas and Brunskill, 2016);
* DM: none of them, the mean of the log itself, for comparison.

Intervals are bootstrap intervals over episodes: percentile for WIS and WDR; FQE is fitted again on each of fewer resamples.

Not covered: unsafe events, which are too rare to be estimated from logs of any size met here (they are counted, bounded and
masked), and estimates at sizes the table of trust rules out (`trust`).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from iccm_dagster.cortex.features import basis
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.regression import Regression
from iccm_dagster.cortex.transitions import Transitions
from iccm_dagster.seeding import seed_for

# N: decisions, E: episodes, T: decisions of the longest episode, H: measures, B: basis functions, A: actions, R: resamples.

MEASURES = ("success", "cost", "correctness", "seconds")
BOUNDS_H = np.array([[0.0, 1.0], [0.0, 2.0], [0.0, 1.0], [0.0, 2.0]])
"""Least and greatest value of each measure over an episode."""
FQE_RESAMPLES = 30
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A policy's mean of one measure, by one estimator."""

    estimator: str
    """"fqe", "wis" or "wdr"."""
    measure: str
    """One of ``MEASURES``."""
    mean: float
    low: float
    """Lower end of the 95 % interval."""
    high: float
    """Upper end."""
    episodes: int
    """Episodes in the log."""
    effective: float
    """Effective sample size of the episode weights, 1 to ``episodes``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """Fitted Q evaluation of one policy."""

    taken_NH: Float[np.ndarray, "N H"]
    """Value of the logged action in each logged state."""
    target_NH: Float[np.ndarray, "N H"]
    """Value of the policy's action there."""
    start_EH: Float[np.ndarray, "E H"]
    """Value of the policy in the first state of each episode."""

    def mean(self, measure: str) -> float:
        """Return the policy's estimated mean of a measure."""
        return float(self.start_EH[:, MEASURES.index(measure)].mean())


def fitted_values(
    data: Transitions,
    target_N: Int[np.ndarray, " N"],
    *,
    recipe: CortexRecipe,
    basis_NB: Float[np.ndarray, "N B"] | None = None,
    weight_N: Float[np.ndarray, " N"] | None = None,
) -> Fitted:
    """Return the values of the policy that takes ``target_N`` in the logged states."""
    basis_NB = basis(data.features_NF) if basis_NB is None else basis_NB
    regress = Regression(basis_NB, data.action_N, ridge=recipe.ridge, weight_N=weight_N)
    _rows, reward_NH = np.arange(len(target_N)), measures(data)
    value_NH = np.zeros_like(reward_NH)
    for _ in range(recipe.sweeps):
        future_NH = ~data.done_N[:, None] * np.roll(value_NH, -1, axis=0)
        weights_ABH = regress.solve(reward_NH + future_NH)
        value_NH = np.clip(_values_of(basis_NB, weights_ABH, target_N), *BOUNDS_H.T)
    taken_NH = np.clip(_values_of(basis_NB, weights_ABH, data.action_N), *BOUNDS_H.T)
    return Fitted(taken_NH=taken_NH, target_NH=value_NH, start_EH=value_NH[data.first_E])


def measures(data: Transitions) -> Float[np.ndarray, "N H"]:
    """Return what each decision adds to each measure."""
    return np.stack([data.success_N, data.cost_N, data.correctness_N, data.seconds_N], axis=1)


def estimate(data: Transitions, target_N: Int[np.ndarray, " N"], *, recipe: CortexRecipe) -> tuple[Estimate, ...]:
    """Return every estimator's estimate of every measure, with 95 % bootstrap intervals over episodes."""
    basis_NB = basis(data.features_NF)
    fitted = fitted_values(data, target_N, recipe=recipe, basis_NB=basis_NB)
    ratios = Ratios.of(data, target_N)
    rng = np.random.default_rng(seed_for("cortex", "bootstrap", recipe.seed))
    draws_RE = rng.integers(data.episodes, size=(recipe.resamples, data.episodes))
    everything_E = np.arange(data.episodes)
    resampled = {
        "fqe": np.stack([_refit(data, target_N, draw_E, basis_NB, recipe) for draw_E in draws_RE[:FQE_RESAMPLES]]),
        "wis": np.stack([ratios.wis(draw_E) for draw_E in draws_RE]),
        "wdr": np.stack([ratios.wdr(fitted, draw_E) for draw_E in draws_RE]),
    }
    means = {
        "fqe": fitted.start_EH.mean(axis=0),
        "wis": ratios.wis(everything_E),
        "wdr": ratios.wdr(fitted, everything_E),
    }
    return tuple(
        Estimate(
            estimator=name,
            measure=measure,
            mean=float(means[name][place]),
            low=float(np.quantile(resampled[name][:, place], (1 - LEVEL) / 2)),
            high=float(np.quantile(resampled[name][:, place], (1 + LEVEL) / 2)),
            episodes=data.episodes,
            effective=ratios.effective,
        )
        for name in means
        for place, measure in enumerate(MEASURES)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratios:
    """Importance ratios of a log, as a grid of episodes and decisions; an episode that ended keeps its last ratio."""

    ratio_ET: Float[np.ndarray, "E T"]
    """Product of the ratios up to and with each decision."""
    row_ET: Int[np.ndarray, "E T"]
    """Row of the decision; -1 after the end."""
    reward_NH: Float[np.ndarray, "N H"]

    @classmethod
    def of(cls, data: Transitions, target_N: Int[np.ndarray, " N"]) -> "Ratios":
        step_N = np.arange(len(target_N)) - data.first_E[data.episode_N]
        row_ET = np.full((data.episodes, int(step_N.max()) + 1), -1)
        row_ET[data.episode_N, step_N] = np.arange(len(target_N))
        ratio_N = (data.action_N == target_N) / data.propensity_N
        ratio_ET = np.cumprod(np.where(row_ET < 0, 1.0, ratio_N[row_ET]), axis=1)
        return cls(ratio_ET=ratio_ET, row_ET=row_ET, reward_NH=measures(data))

    @property
    def effective(self) -> float:
        """Return the effective sample size of the episodes' weights (Kish, 1965)."""
        last_E = self.ratio_ET[:, -1]
        return float(last_E.sum() ** 2 / max((last_E**2).sum(), 1e-12))

    def wis(self, draw_E: Int[np.ndarray, " E"]) -> Float[np.ndarray, " H"]:
        """Return the weighted importance sampling estimates over some episodes; NaN where no episode has weight."""
        total_EH = np.where(self.row_ET[..., None] < 0, 0.0, self.reward_NH[self.row_ET]).sum(axis=1)
        weight_E = self.ratio_ET[draw_E, -1]
        return (
            weight_E @ total_EH[draw_E] / weight_E.sum() if weight_E.sum() > 0 else np.full(total_EH.shape[1], np.nan)
        )

    def wdr(self, fitted: Fitted, draw_E: Int[np.ndarray, " E"]) -> Float[np.ndarray, " H"]:
        """Return the weighted doubly robust estimates over some episodes."""
        row_ET = self.row_ET[draw_E]
        there_ET1 = (row_ET >= 0)[..., None]
        ratio_ET = self.ratio_ET[draw_E]
        sums_T = ratio_ET.sum(axis=0)
        weight_ET = np.where(sums_T > 0, ratio_ET / np.where(sums_T > 0, sums_T, 1), 0)
        before_ET = np.hstack([np.full((len(draw_E), 1), 1 / len(draw_E)), weight_ET[:, :-1]])
        left_ETH = there_ET1 * (self.reward_NH[row_ET] - fitted.taken_NH[row_ET])
        value_ETH = there_ET1 * fitted.target_NH[row_ET]
        return (weight_ET[..., None] * left_ETH + before_ET[..., None] * value_ETH).sum(axis=(0, 1))


def _values_of(
    basis_NB: Float[np.ndarray, "N B"], weights_ABH: Float[np.ndarray, "A B H"], action_N: Int[np.ndarray, " N"]
) -> Float[np.ndarray, "N H"]:
    values_NH = np.zeros((len(basis_NB), weights_ABH.shape[2]))
    for action, weights_BH in enumerate(weights_ABH):
        rows = np.flatnonzero(action_N == action)
        values_NH[rows] = basis_NB[rows] @ weights_BH
    return values_NH


def _refit(data, target_N, draw_E, basis_NB, recipe: CortexRecipe) -> Float[np.ndarray, " H"]:
    weight_E = np.bincount(draw_E, minlength=data.episodes).astype(float)
    fitted = fitted_values(data, target_N, recipe=recipe, basis_NB=basis_NB, weight_N=weight_E[data.episode_N])
    return weight_E @ fitted.start_EH / weight_E.sum()
