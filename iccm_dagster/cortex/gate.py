"""The promotion gate: a pure judge of a candidate against the incumbent, over paired tasks, which gives its reasons.

Every condition is a one-sided bound at the level ``alpha``; the candidate passes only if all hold, so a policy that is bad in any
one respect passes with probability at most ``alpha`` (an intersection-union test, Berger, 1982).

| condition | bound |
| --- | --- |
| no unsafe event, and few enough possible | Clopper-Pearson upper bound of the rate per task <= ``unsafe_limit`` |
| success not below | lower bound of the paired difference >= -``success_margin`` |
| cost not above | upper bound of the paired difference <= ``cost_margin`` times the incumbent's cost |
| a gain | success surely higher or cost surely lower, each at ``alpha / 2`` |
| no application made worse | sign test per application, at ``alpha`` divided by the number of applications |

The unit of the bounds is the application (Student's t over application means weighted by tasks), and also the task (for success the score
bound of a paired difference, Tango, 1998): both must hold. A suite is used again and again, so the level of the k-th
proposal judged on it is ``alpha / (k * (k + 1))``: all of them together pass bad policies at most at ``alpha``.

Not covered: applications unlike those of the suite, and kinds of harm that no verdict shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iccm_dagster.cortex.recipe import CortexRecipe

# N: tasks, G: applications.

FEWEST_APPLICATIONS = 10
"""Below, means over applications say too little for Student's t; only the bounds over tasks are used and shown as such."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one task of the suite ended under one policy."""

    task: str
    """Equal for both policies: results are paired by it."""
    application: str
    success: bool
    cost: float
    """Share of the money limit spent."""
    unsafe: int
    """Unsafe events."""
    simulated: bool
    """Whether simulated reconstructors played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One condition of the gate, with its numbers."""

    name: str
    value: float
    """Point estimate."""
    bound: float
    """One-sided confidence bound that is compared."""
    limit: float
    """What the bound is compared with."""
    holds: bool
    reason: str
    """In words, with the numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the gate found."""

    promote: bool
    bounds: tuple[Bound, ...]
    """Every condition, whether it holds or not."""
    tasks: int
    applications: int
    level: float
    """Level of each bound."""
    simulated: bool

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why not, or, where it is promoted, why."""
        return tuple(bound.reason for bound in self.bounds if self.promote or not bound.holds)


class PromotionGate:
    """Judges candidates under one recipe."""

    def __init__(self, recipe: CortexRecipe) -> None:
        self._recipe = recipe

    def judge(self, candidate: Sequence[Result], incumbent: Sequence[Result], *, proposal: int) -> Judgement:
        """Judge paired results. ``proposal``: how many candidates were judged on this suite with this one, from 1."""
        pairs = _paired(candidate, incumbent)
        level = self._recipe.alpha / (proposal * (proposal + 1))
        bounds = (
            self._unsafe(pairs, level),
            self._success(pairs, level),
            self._cost(pairs, level),
            self._gain(pairs, level),
            self._applications(pairs, level),
        )
        return Judgement(
            promote=bool(pairs.tasks) and all(bound.holds for bound in bounds),
            bounds=bounds,
            tasks=pairs.tasks,
            applications=len(np.unique(pairs.application_N)),
            level=level,
            simulated=any(result.simulated for result in (*candidate, *incumbent)),
        )

    def _unsafe(self, pairs: "Pairs", level: float) -> Bound:
        events = int((pairs.unsafe_N > 0).sum())
        upper, limit = upper_rate(events, pairs.tasks, level=level), self._recipe.unsafe_limit
        return Bound(
            name="unsafe",
            value=events / max(pairs.tasks, 1),
            bound=upper,
            limit=limit,
            holds=events == 0 and upper <= limit,
            reason=f"unsafe in {events} of {pairs.tasks} tasks, which bounds the rate by {upper:.2%} (limit {limit:.2%}, and no event)",
        )

    def _success(self, pairs: "Pairs", level: float) -> Bound:
        lower, limit = pairs.success_bound(level=level), -self._recipe.success_margin
        return Bound(
            name="success",
            value=float(pairs.success_N.mean()) if pairs.tasks else float("nan"),
            bound=lower,
            limit=limit,
            holds=lower >= limit,
            reason=f"success {_mean(pairs.success_N):+.3f}, surely above {lower:+.3f} (limit {limit:+.3f})",
        )

    def _cost(self, pairs: "Pairs", level: float) -> Bound:
        upper, limit = pairs.cost_bound(level=level), self._recipe.cost_margin * pairs.incumbent_cost
        return Bound(
            name="cost",
            value=_mean(pairs.cost_N),
            bound=upper,
            limit=limit,
            holds=upper <= limit,
            reason=f"cost {_mean(pairs.cost_N):+.3f} of the budget, surely below {upper:+.3f} (limit {limit:+.3f})",
        )

    def _gain(self, pairs: "Pairs", level: float) -> Bound:
        success, cost = pairs.success_bound(level=level / 2), pairs.cost_bound(level=level / 2)
        holds = success > 0 or cost < 0
        return Bound(
            name="gain",
            value=max(_mean(pairs.success_N), -_mean(pairs.cost_N)),
            bound=max(success, -cost),
            limit=0.0,
            holds=holds,
            reason="surely better" if holds else "neither success nor cost is surely better: no case for a change",
        )

    def _applications(self, pairs: "Pairs", level: float) -> Bound:
        worse = pairs.worse_applications(level=level)
        return Bound(
            name="applications",
            value=float(len(worse)),
            bound=float(len(worse)),
            limit=0.0,
            holds=not worse,
            reason=f"made worse beyond noise: {', '.join(worse)}"
            if worse
            else "no application is made worse beyond noise",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Differences of candidate and incumbent, task by task."""

    success_N: Float[np.ndarray, " N"]
    """-1, 0 or 1."""
    cost_N: Float[np.ndarray, " N"]
    unsafe_N: Float[np.ndarray, " N"]
    """Events of the candidate, not a difference."""
    application_N: np.ndarray
    incumbent_cost: float
    """Mean, as a share of the limit."""

    @property
    def tasks(self) -> int:
        return len(self.success_N)

    def success_bound(self, *, level: float) -> float:
        """Return the lower bound of the mean difference of success: the lower one of the two units'."""
        won, lost = int((self.success_N > 0).sum()), int((self.success_N < 0).sum())
        by_task = lower_difference(won, lost, self.tasks, level=level)
        return min(by_task, self._by_application(self.success_N, level=level))

    def cost_bound(self, *, level: float) -> float:
        """Return the upper bound of the mean difference of cost."""
        by_task = _t_bound(-self.cost_N, np.ones(self.tasks), level=level)
        return -min(by_task, self._by_application(-self.cost_N, level=level))

    def worse_applications(self, *, level: float) -> list[str]:
        """Return the applications with significantly more losses than wins of success (exact sign test)."""
        from scipy.stats import binom

        names = np.unique(self.application_N)
        worse = []
        for name in names:
            own_N = self.success_N[self.application_N == name]
            won, lost = int((own_N > 0).sum()), int((own_N < 0).sum())
            if lost and binom.sf(lost - 1, won + lost, 0.5) < level / len(names):
                worse.append(str(name))
        return worse

    def _by_application(self, value_N: Float[np.ndarray, " N"], *, level: float) -> float:
        names, place_N = np.unique(self.application_N, return_inverse=True)
        if len(names) < FEWEST_APPLICATIONS:
            return float("inf")
        count_G = np.bincount(place_N).astype(float)
        return _t_bound(np.bincount(place_N, weights=value_N) / count_G, count_G, level=level)


def upper_rate(events: int, trials: int, *, level: float) -> float:
    """Return the one-sided Clopper-Pearson upper bound of a rate; 1 without trials."""
    from scipy.stats import beta

    return 1.0 if events >= trials else float(beta.ppf(1 - level, events + 1, trials - events))


def lower_difference(won: int, lost: int, trials: int, *, level: float) -> float:
    """Return the one-sided lower bound of a paired difference of rates: the score bound (Tango, 1998); -1 without trials.

    Unlike the normal bound it holds for few discordant pairs, or none: then it is -z**2 / (n + z**2).
    """
    from scipy.optimize import brentq
    from scipy.stats import norm

    if trials == 0:
        return -1.0
    z = float(norm.ppf(1 - level))

    def excess(difference: float) -> float:
        """How far beyond z standard errors the observed difference lies from this one."""
        linear = -won - lost + (2 * trials - won + lost) * difference
        losing = (np.sqrt(linear**2 + 8 * trials * lost * difference * (1 - difference)) - linear) / (4 * trials)
        variance = trials * (2 * losing + difference * (1 - difference))
        return won - lost - trials * difference - z * np.sqrt(max(variance, 1e-12))

    estimate = (won - lost) / trials
    return float(brentq(excess, -1 + 1e-9, estimate)) if estimate > -1 + 1e-9 else -1.0


def _t_bound(mean_G: Float[np.ndarray, " G"], weight_G: Float[np.ndarray, " G"], *, level: float) -> float:
    """Return the lower Student bound of a weighted mean; minus infinity below two units."""
    from scipy.stats import t

    if len(mean_G) < 2:
        return float("-inf")
    share_G = weight_G / weight_G.sum()
    mean = float(share_G @ mean_G)
    freedom = len(mean_G) - 1
    error = np.sqrt((share_G**2 @ (mean_G - mean) ** 2) * len(mean_G) / freedom)
    return mean - float(t.ppf(1 - level, freedom) * error)


def _paired(candidate: Sequence[Result], incumbent: Sequence[Result]) -> Pairs:
    other = {result.task: result for result in incumbent}
    both = [(result, other[result.task]) for result in candidate if result.task in other]
    return Pairs(
        success_N=np.array([float(new.success) - float(old.success) for new, old in both]),
        cost_N=np.array([new.cost - old.cost for new, old in both]),
        unsafe_N=np.array([float(new.unsafe) for new, _ in both]),
        application_N=np.array([new.application for new, _ in both], dtype=str),
        incumbent_cost=_mean(np.array([old.cost for _, old in both])),
    )


def _mean(values_N: Float[np.ndarray, " N"]) -> float:
    return float(values_N.mean()) if len(values_N) else float("nan")
