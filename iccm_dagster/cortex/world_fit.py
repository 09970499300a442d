"""Fit the simulator's parameters to logged episodes.

Verdicts by marginal maximum likelihood: the unseen difficulty is integrated out over a Gauss-Hermite grid, as in item response
theory (Bock and Aitkin, 1981), so that several attempts at one task inform each other. Prices, times and unsafe rates are
means over the logged attempts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from iccm_dagster.celr.states import ATTEMPTS, Action, State
from iccm_dagster.cortex.transitions import Episode, Step
from iccm_dagster.cortex.world import ADVISED, World, size_of
from iccm_dagster.errors import TrainingError

# V: verdicts, E: episodes, K: nodes of the grid, P: parameters, M: attempts, R: rungs, S: starts, G: groups.

NODES = 15
TURNS = 10
# Parameters are log-odds: a standard deviation of 2 around 0 keeps those that the logs say nothing about in bounds.
PRIOR = 2.0
# Beyond this many episodes the fit changes by less than its own error, and its time grows.
MOST_EPISODES = 1500
# A factor measured on fewer attempts is noise: its default stands.
FEWEST_ATTEMPTS = 5
SHARED = ("advice", "compression", "parts", "size", "carry", "log_spread", "level", "tilt", "log_precision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Every logged verdict, as what the model of the simulator says about it."""

    design_VP: Float[np.ndarray, "V P"]
    """Columns: one per rung, then advice, compression, parts, size, carry."""
    rate_V: Float[np.ndarray, " V"]
    """Pass rate."""
    episode_V: np.ndarray
    """Number of the episode."""
    best_V: Float[np.ndarray, " V"]
    """Best pass rate before it; 0 without one."""


def fit_world(episodes: Sequence[Episode]) -> World:
    """Return the simulator that the logs look most like.

    Raises:
        TrainingError: There is no verdict to fit to.
    """
    # A part of a task begins with what was left of the money: no task looks like it.
    episodes = [episode for episode in episodes if episode.steps[0].state.depth == 0] or list(episodes)
    rungs = max((episode.steps[0].state.rungs for episode in episodes), default=0)
    verdicts = _verdicts(episodes[:MOST_EPISODES], rungs)
    if verdicts is None:
        raise TrainingError("the logs hold no verdict: collect trajectories before fitting a simulator to them.")
    keep = _kept_share(verdicts)
    ability_P, shared = _most_likely(verdicts, keep, rungs)
    attempts = [(step, _rung_after(step)) for episode in episodes for step in episode.steps if step.action in ATTEMPTS]
    starts = tuple(dict.fromkeys(episode.steps[0].state for episode in episodes))
    cost, sizes = _prices(episodes, rungs, starts)
    return World(
        ability=tuple(ability_P),
        advice=shared["advice"],
        compression=shared["compression"],
        parts=shared["parts"],
        size=-shared["size"],
        carry=shared["carry"],
        keep=keep,
        spread=float(np.exp(shared["log_spread"])),
        level=shared["level"],
        tilt=shared["tilt"],
        precision=float(np.exp(shared["log_precision"])),
        cost=cost,
        price_spread=_price_spread(episodes),
        compressed_cost=_factor(episodes, cost, dict(zip(starts, sizes, strict=True)), otherwise=0.7),
        parts_cost=_mean([_share(step) for step, _ in attempts if step.action is Action.RECURSE], otherwise=0.5),
        seconds=_per_rung(attempts, rungs, "seconds"),
        verify_seconds=_mean(
            [step.seconds for episode in episodes for step in episode.steps if step.action is Action.VERIFY]
        ),
        unsafe=sum(episode.steps[-1].state.unsafe for episode in episodes) / max(len(attempts), 1),
        starts=starts,
        sizes=sizes,
    )


def _verdicts(episodes: Sequence[Episode], rungs: int) -> Verdicts | None:
    rows, rates, numbers, best = [], [], [], []
    for number, episode in enumerate(episodes):
        size, action = size_of(episode.steps[0].state), Action.RETRY
        for step, later in zip(episode.steps, episode.steps[1:], strict=False):
            action = step.action if step.action in ATTEMPTS else action
            rate = later.state.last_pass_rate
            if step.action is Action.VERIFY and rate is not None:
                rows.append(_row(step.state, action, size, rungs))
                rates.append(rate)
                numbers.append(number)
                best.append(step.state.best_pass_rate or 0.0)
    if not rows:
        return None
    return Verdicts(
        design_VP=np.array(rows), rate_V=np.array(rates), episode_V=np.array(numbers), best_V=np.array(best)
    )


def _row(state: State, action: Action, size: float, rungs: int) -> list[float]:
    here = [float(state.rung == rung) for rung in range(rungs)]
    told = [float(action is Action.RETRY_COMPRESSED), float(action is Action.RECURSE)]
    return [*here, float(min(state.retries_at_rung, ADVISED)), *told, size, state.best_pass_rate or 0.0]


def _most_likely(verdicts: Verdicts, keep: float, rungs: int) -> tuple[list[float], dict[str, float]]:
    from scipy.optimize import minimize
    from scipy.special import betaln, expit, log_expit

    nodes_K, weights_K = np.polynomial.hermite_e.hermegauss(NODES)
    log_weights_K = np.log(weights_K / weights_K.sum())
    passed_V = verdicts.rate_V >= 1.0
    free_V = np.clip((verdicts.rate_V - keep * verdicts.best_V) / (1 - keep * verdicts.best_V), 1e-3, 1 - 1e-3)
    episodes = int(verdicts.episode_V.max()) + 1

    def loss(parameters_P: np.ndarray) -> float:
        odds = dict(zip(SHARED[5:], parameters_P[rungs + 5 :], strict=True))
        logits_VK = (verdicts.design_VP @ parameters_P[: rungs + 5])[:, None] - np.exp(odds["log_spread"]) * nodes_K
        share_VK = np.clip(expit(odds["level"] + odds["tilt"] * logits_VK), 1e-3, 1 - 1e-3)
        size = np.exp(odds["log_precision"])
        first_VK, second_VK = share_VK * size, (1 - share_VK) * size
        beta_VK = (
            (first_VK - 1) * np.log(free_V)[:, None]
            + (second_VK - 1) * np.log1p(-free_V)[:, None]
            - betaln(first_VK, second_VK)
        )
        each_VK = np.where(passed_V[:, None], log_expit(logits_VK), log_expit(-logits_VK) + beta_VK)
        sums_EK = np.zeros((episodes, NODES))
        np.add.at(sums_EK, verdicts.episode_V, each_VK)
        top_E = (sums_EK + log_weights_K).max(axis=1)
        likelihood = (top_E + np.log(np.exp(sums_EK + log_weights_K - top_E[:, None]).sum(axis=1))).sum()
        return float(-likelihood + 0.5 * (parameters_P**2).sum() / PRIOR**2)

    found_P = minimize(loss, np.zeros(rungs + len(SHARED)), method="L-BFGS-B", options={"maxiter": 60}).x
    return [float(value) for value in found_P[:rungs]], dict(zip(SHARED, map(float, found_P[rungs:]), strict=True))


def _kept_share(verdicts: Verdicts) -> float:
    """Return how often a failed verdict after a better one is no worse than it."""
    again = (verdicts.best_V > 0) & (verdicts.rate_V < 1)
    return float((verdicts.rate_V[again] >= verdicts.best_V[again] - 1e-9).mean()) * 0.99 if again.any() else 0.0


def _rung_after(step: Step) -> int:
    return min(step.state.rung + (step.action is Action.ESCALATE), step.state.rungs - 1)


def _per_rung(attempts: Sequence[tuple[Step, int]], rungs: int, name: str) -> tuple[float, ...]:
    plain = [(getattr(step, name), rung) for step, rung in attempts if step.action in (Action.RETRY, Action.ESCALATE)]
    overall = _mean([value for value, _ in plain])
    return tuple(_mean([value for value, at in plain if at == rung], otherwise=overall) for rung in range(rungs))


def _prices(
    episodes: Sequence[Episode], rungs: int, starts: Sequence[State]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the price of an attempt per rung and the factor of each start: a two-way fit of log prices in turns.

    A mean per rung would hold the large tasks, which climb more often, against the dear rungs.
    """
    place = {start: number for number, start in enumerate(starts)}
    rows = [
        (_rung_after(step), place[episode.steps[0].state], np.log(step.cost))
        for episode in episodes
        for step in episode.steps
        if step.action in (Action.RETRY, Action.ESCALATE) and step.cost > 0
    ]
    if not rows:
        return (0.0,) * rungs, (1.0,) * len(starts)
    rung_M, start_M, price_M = (np.array(column) for column in zip(*rows, strict=True))
    rung_R, start_S = np.full(rungs, price_M.mean()), np.zeros(len(starts))
    for _ in range(TURNS):
        rung_R = _group_means(price_M - start_S[start_M], rung_M, otherwise_G=rung_R)
        start_S = _group_means(price_M - rung_R[rung_M], start_M, otherwise_G=0 * start_S)
        start_S = start_S - start_S.mean()
    return tuple(map(float, np.exp(rung_R))), tuple(map(float, np.exp(start_S)))


def _price_spread(episodes: Sequence[Episode], *, otherwise: float = 0.2) -> float:
    """Return the pooled standard deviation of log prices within the plain attempts at one task and rung."""
    groups: dict[tuple[int, int], list[float]] = {}
    for number, episode in enumerate(episodes):
        for step in episode.steps:
            if step.action in (Action.RETRY, Action.ESCALATE) and step.cost > 0:
                groups.setdefault((number, _rung_after(step)), []).append(np.log(step.cost))
    freedom = sum(len(own) - 1 for own in groups.values())
    squares = sum(len(own) * np.var(own) for own in groups.values())
    return float(np.sqrt(squares / freedom)) if freedom >= FEWEST_ATTEMPTS else otherwise


def _factor(
    episodes: Sequence[Episode], cost: Sequence[float], sizes: Mapping[State, float], *, otherwise: float
) -> float:
    """Return what a compressed attempt costs against a plain one of the same task at the same rung."""
    factors = [
        step.cost / (cost[_rung_after(step)] * sizes[episode.steps[0].state])
        for episode in episodes
        for step in episode.steps
        if step.action is Action.RETRY_COMPRESSED and cost[_rung_after(step)] > 0
    ]
    return _mean(factors) if len(factors) >= FEWEST_ATTEMPTS else otherwise


def _group_means(
    value_M: Float[np.ndarray, " M"], group_M: np.ndarray, *, otherwise_G: Float[np.ndarray, " G"]
) -> Float[np.ndarray, " G"]:
    """Return the mean of each group, or what is given for one without values."""
    count_G = np.bincount(group_M, minlength=len(otherwise_G))
    sum_G = np.bincount(group_M, weights=value_M, minlength=len(otherwise_G))
    return np.where(count_G > 0, sum_G / np.maximum(count_G, 1), otherwise_G)


def _share(step: Step) -> float:
    """Return what an attempt spent, as a share of the money that was left before it; 1 where it spent more."""
    left = 1.0 - step.state.cost / step.state.cost_limit
    return min(1.0, step.cost / left) if left > 0 else 1.0


def _mean(values: Sequence[float], *, otherwise: float = 0.0) -> float:
    return float(np.mean(values)) if len(values) else otherwise
