"""Offline training: fitted Q iteration with a lower bound on every deviation from the heuristic, in closed form.

The value of an action is linear in `features.basis`, one ridge regression per action and sweep. A deviation is valued at
its lower confidence bound, the heuristic's own action at its expectation (pessimistic value iteration of Jin, Yang and Wang, 2021,
constrained to a baseline as in SPIBB, Laroche et al., 2019). The masks of the agent act inside every target. Ending a task
that the heuristic would go on with is no deviation, however hopeless it looks. Below ``clone_below`` trajectories the candidate is
the clone of the heuristic.

Prices and pessimism are chosen off-policy: each setting is trained on one half of the episodes and estimated on the other, both
ways round. A setting that either half calls a disaster is out; of the others, the largest gain in its worse half wins. Below
``trust_from`` trajectories an estimate can do no more than rule out disasters (`trust`): the middle setting stands unless it does.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float, Int

from iccm_dagster.celr.states import Policy
from iccm_dagster.cortex.estimates import fitted_values
from iccm_dagster.cortex.features import basis
from iccm_dagster.cortex.hazard import fit_hazard
from iccm_dagster.cortex.policy import MetaPolicy, Values, cells, deviate, spread, supported
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.regression import Regression
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.transitions import Transitions
from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import OnProgress, Progress, silent
from iccm_dagster.seeding import seed_for

# N: decisions, A: actions, B: basis functions, E: episodes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is chosen off-policy."""

    prices: Prices
    pessimism: float
    """Width of the lower bound on a deviation, in standard errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One setting, estimated on episodes it was not trained on."""

    setting: Setting
    success: float
    """Estimated success of the trained policy minus that of the heuristic, mean over the folds."""
    cost: float
    """The same of the cost, in shares of the money limit."""
    worst: float
    """Twice the success minus the cost, both against the heuristic, in the worse fold; minus infinity for a disaster in either."""
    deviations: float
    """Share of the logged states in which it deviates from the heuristic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A candidate, and how it came about."""

    policy: MetaPolicy
    kind: str
    """"clone" or "learned"."""
    reason: str
    """Why it is of this kind."""
    setting: Setting | None
    """None for a clone."""
    trials: tuple[Trial, ...]
    """Every setting that was tried."""
    episodes: int
    """Episodes it was trained on."""


class OfflineTrainer:
    """Trains a candidate from logged episodes."""

    def __init__(self, recipe: CortexRecipe, *, on_progress: OnProgress = silent) -> None:
        self._recipe, self._on_progress = recipe, on_progress

    def train(self, data: Transitions, *, version: str, heuristic: Policy) -> Trained:
        """Return the candidate: a clone of the heuristic where the logs are few, show no exploration, or nothing better.

        Raises:
            TrainingError: A propensity is not in (0, 1].
        """
        if len(data.action_N) and not ((data.propensity_N > 0) & (data.propensity_N <= 1)).all():
            raise TrainingError("a logged propensity is not in (0, 1]: log what the behaviour policy really drew from.")
        few = f"{data.episodes} trajectories; {self._recipe.clone_below} are needed to deviate from the heuristic"
        if data.episodes < self._recipe.clone_below:
            return _clone(version, heuristic, few, data)
        if not (data.action_N != data.baseline_N).any():
            return _clone(version, heuristic, "the logs hold no exploration: every action is the heuristic's", data)
        trials = self._trials(data)
        best = self._best(trials)
        if best is None:
            reason = f"none of {len(trials)} settings keeps the heuristic's success and cost by the estimates of both halves of the log"
            return _clone(version, heuristic, reason, data, trials)
        policy = MetaPolicy(
            version=version, values=fit(data, setting=best.setting, recipe=self._recipe), heuristic=heuristic
        )
        reason = f"estimated against the heuristic: success {best.success:+.3f}, cost {best.cost:+.3f}"
        return Trained(
            policy=policy, kind="learned", reason=reason, setting=best.setting, trials=trials, episodes=data.episodes
        )

    def _trials(self, data: Transitions) -> tuple[Trial, ...]:
        folds = _folds(data, seed=self._recipe.seed)
        few = data.episodes < self._recipe.trust_from
        settings = self._settings(few=few)
        usual = [_means(held_out, held_out.baseline_N, self._recipe) for _, held_out in folds]
        trials = []
        for number, setting in enumerate(settings, 1):
            trials.append(_trial(setting, folds, usual, self._recipe))
            self._on_progress(Progress(stage="settings of the cortex", step=number, total_steps=len(settings)))
        return tuple(trials)

    def _settings(self, *, few: bool) -> list[Setting]:
        recipe = self._recipe
        weights = (_middle(recipe.cost_weights),) if few else recipe.cost_weights
        widths = (_middle(recipe.pessimism),) if few else recipe.pessimism
        return [
            Setting(prices=Prices(cost_weight=weight, time_weight=recipe.time_weight), pessimism=width)
            for weight, width in product(weights, widths)
        ]

    def _best(self, trials: tuple[Trial, ...]) -> Trial | None:
        """Return the trial that gains most in its worse fold, disasters left out."""
        gaining = [trial for trial in trials if trial.worst > float("-inf") and trial.deviations > 0]
        return max(gaining, key=lambda trial: trial.worst, default=None)


def fit(data: Transitions, *, setting: Setting, recipe: CortexRecipe) -> Values:
    """Return the values of every action after ``recipe.sweeps`` sweeps of pessimistic value iteration."""
    hazard = fit_hazard(data, recipe=recipe)
    basis_NB = basis(data.features_NF)
    safe_NA = hazard.safe(data.features_NF, data.mask_NA)
    supported_AC = supported(data, min_count=recipe.min_count)
    supported_NA = supported_AC[:, cells(data.features_NF)].T
    regress = Regression(basis_NB, data.action_N, ridge=recipe.ridge)
    spread_NA = spread(basis_NB, regress.covariance_ABB)
    rewards_N = rewards(data, setting.prices)
    low, high = setting.prices.bounds
    value_N = np.zeros(len(rewards_N))
    rows = np.arange(len(rewards_N))
    for _ in range(recipe.sweeps):
        target_N = rewards_N + ~data.done_N * np.clip(np.roll(value_N, -1), low, high)
        weights_AB, noise_A = regress.fit(target_N)
        expected_NA = basis_NB @ weights_AB.T
        doubt_NA = setting.pessimism * noise_A * spread_NA
        chosen_N = deviate(expected_NA, doubt_NA, safe_NA, supported_NA=supported_NA, baseline_N=data.baseline_N)
        value_N = expected_NA[rows, chosen_N] - np.where(chosen_N == data.baseline_N, 0, doubt_NA[rows, chosen_N])
    if not np.isfinite(weights_AB).all():
        raise TrainingError("the values of the cortex are not finite: raise `ridge`.")
    return Values(
        value_AB=weights_AB,
        covariance_ABB=regress.covariance_ABB,
        noise_A=noise_A,
        supported_AC=supported_AC,
        pessimism=setting.pessimism,
        hazard=hazard,
    )


def rewards(data: Transitions, prices: Prices) -> Float[np.ndarray, " N"]:
    """Return the bounded reward of each decision."""
    return prices.bounded(
        cost_N=data.cost_N,
        seconds_N=data.seconds_N,
        done_N=data.done_N.astype(float),
        success_N=data.success_N,
        correctness_N=data.correctness_N,
    )


def _middle(values: tuple[float, ...]) -> float:
    """Return the middle one of the values, the lower of two."""
    return sorted(values)[(len(values) - 1) // 2]


def _folds(data: Transitions, *, seed: int) -> list[tuple[Transitions, Transitions]]:
    order = np.random.default_rng(seed_for("cortex", "folds", seed)).permutation(data.episodes)
    first, second = data.of_episodes(order[::2]), data.of_episodes(order[1::2])
    return [(first, second), (second, first)]


def _trial(setting: Setting, folds, usual, recipe: CortexRecipe) -> Trial:
    differences, deviations = [], []
    for (training, held_out), (success, cost) in zip(folds, usual, strict=True):
        values = fit(training, setting=setting, recipe=recipe)
        target_N = values.choose(held_out.features_NF, held_out.mask_NA, held_out.baseline_N)
        estimated = _means(held_out, target_N, recipe)
        differences.append((estimated[0] - success, estimated[1] - cost))
        deviations.append(float((target_N != held_out.baseline_N).mean()))
    success, cost = np.mean(differences, axis=0)
    bearable = all(gain >= -recipe.disaster and rise <= recipe.disaster for gain, rise in differences)
    return Trial(
        setting=setting,
        success=float(success),
        cost=float(cost),
        worst=min(2 * float(gain) - float(rise) for gain, rise in differences) if bearable else float("-inf"),
        deviations=float(np.mean(deviations)),
    )


def _means(data: Transitions, target_N: Int[np.ndarray, " N"], recipe: CortexRecipe) -> tuple[float, float]:
    """Return the estimated success and cost of a policy: fitted Q evaluation, which has the least error at every size."""
    fitted = fitted_values(data, target_N, recipe=recipe)
    return fitted.mean("success"), fitted.mean("cost")


def _clone(version: str, heuristic: Policy, reason: str, data: Transitions, trials: tuple[Trial, ...] = ()) -> Trained:
    policy = MetaPolicy(version=version, values=None, heuristic=heuristic)
    return Trained(policy=policy, kind="clone", reason=reason, setting=None, trials=trials, episodes=data.episodes)
