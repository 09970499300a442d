"""Logs as an offline dataset: one row per decision, with its mask, its propensity and what came of it."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iccm_dagster.celr.events import Event
from iccm_dagster.celr.states import Action, Policy, State, allowed
from iccm_dagster.celr.trajectories import Trajectory
from iccm_dagster.cortex.features import StateExtractor
from iccm_dagster.cortex.unsafe import unsafe_events

# N: decisions, A: actions, F: features, E: episodes.

ACTIONS = tuple(Action)
INDEX = {action: index for index, action in enumerate(ACTIONS)}
FORCED = ("forced", "horizon")
"""Reasons the agent logs for decisions that no policy took."""
LEAST_MONEY = 1e-6
"""A run that began with less, as parts of an overspent task once did, had no budget to decide about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision and what it cost."""

    state: State
    action: Action
    propensity: float
    """Probability with which the behaviour policy took the action, 0..1; 1 where it was the only one allowed."""
    cost: float
    """Share of the task's money limit that the decision spent; above 1 where it overran."""
    seconds: float
    """Share of the task's time limit that the decision spent."""
    unsafe: int
    """Unsafe events that it caused."""
    forced: bool
    """Whether no policy was asked: one action was left, or the horizon was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One attempted task, from its first decision to its end."""

    task_id: str
    application_id: str
    steps: tuple[Step, ...]
    """At least one, in order."""
    success: bool
    """Whether the delivered program passed every test."""
    pass_rate: float
    """Pass rate of the delivered program; 0 where nothing was delivered or judged."""
    simulated: bool
    """True where reconstructors that know the source played, or a simulator."""

    @property
    def cost(self) -> float:
        """Share of the money limit spent."""
        return sum(step.cost for step in self.steps)

    @property
    def seconds(self) -> float:
        """Share of the time limit spent."""
        return sum(step.seconds for step in self.steps)

    @property
    def unsafe(self) -> int:
        """Unsafe events."""
        return sum(step.unsafe for step in self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transitions:
    """The dataset. Rows of one episode are neighbours, in order; the row after a row that is not done is what came next."""

    features_NF: Float[np.ndarray, "N F"]
    mask_NA: Bool[np.ndarray, "N A"]
    """Which actions were allowed."""
    action_N: Int[np.ndarray, " N"]
    """Index into ``ACTIONS``."""
    baseline_N: Int[np.ndarray, " N"]
    """What the heuristic would have done."""
    propensity_N: Float[np.ndarray, " N"]
    cost_N: Float[np.ndarray, " N"]
    seconds_N: Float[np.ndarray, " N"]
    unsafe_N: Int[np.ndarray, " N"]
    done_N: Bool[np.ndarray, " N"]
    success_N: Float[np.ndarray, " N"]
    """1 where the episode was solved, on its last row; else 0."""
    correctness_N: Float[np.ndarray, " N"]
    """Pass rate of the delivered program, on the last row; else 0."""
    episode_N: Int[np.ndarray, " N"]
    """Number of the episode, 0 to E - 1."""
    states: tuple[State, ...]

    @property
    def episodes(self) -> int:
        return int(self.episode_N[-1]) + 1 if len(self.episode_N) else 0

    @property
    def first_E(self) -> Int[np.ndarray, " E"]:
        """Return the row of each episode's first decision."""
        return np.flatnonzero(np.diff(self.episode_N, prepend=-1))

    def of_episodes(self, chosen: Sequence[int]) -> "Transitions":
        """Return the dataset of some episodes, renumbered."""
        rows = np.flatnonzero(np.isin(self.episode_N, list(chosen)))
        numbers = np.unique(self.episode_N[rows], return_inverse=True)[1]
        arrays = {name: getattr(self, name)[rows] for name in self.__slots__ if name not in ("states", "episode_N")}
        return Transitions(**arrays, episode_N=numbers, states=tuple(self.states[row] for row in rows))


def mask_of(actions: frozenset[Action]) -> Bool[np.ndarray, " A"]:
    """Return the mask of a set of actions."""
    return np.array([action in actions for action in ACTIONS])


def transitions_of(episodes: Sequence[Episode], *, baseline: Policy) -> Transitions:
    """Return the dataset of the episodes, in their order. ``baseline``: the heuristic, asked at every state."""
    rows = [(number, episode, step) for number, episode in enumerate(episodes) for step in episode.steps]
    steps = [step for _, _, step in rows]
    masks = [frozenset({step.action}) if step.forced else allowed(step.state) for step in steps]
    last_N = np.array([step is episode.steps[-1] for _, episode, step in rows], dtype=bool)
    return Transitions(
        features_NF=StateExtractor().extract_many(step.state for step in steps),
        mask_NA=np.array([mask_of(mask) for mask in masks], dtype=bool).reshape(len(rows), len(ACTIONS)),
        action_N=np.array([INDEX[step.action] for step in steps], dtype=int),
        baseline_N=np.array(
            [_usual(baseline, step.state, mask) for step, mask in zip(steps, masks, strict=True)], dtype=int
        ),
        propensity_N=np.array([step.propensity for step in steps], dtype=float),
        cost_N=np.array([step.cost for step in steps], dtype=float),
        seconds_N=np.array([step.seconds for step in steps], dtype=float),
        unsafe_N=np.array([step.unsafe for step in steps], dtype=int),
        done_N=last_N,
        success_N=np.array([float(episode.success) for _, episode, _ in rows], dtype=float) * last_N,
        correctness_N=np.array([episode.pass_rate for _, episode, _ in rows], dtype=float) * last_N,
        episode_N=np.array([number for number, _, _ in rows], dtype=int),
        states=tuple(step.state for step in steps),
    )


def episodes_of(trajectories: Iterable[Trajectory]) -> list[Episode]:
    """Return the episodes of the runs that came to their end; one that was cut off, or began without money, teaches nothing.

    A run over a part of a task (after RECURSE) is an episode of its own, with its own limits.
    """
    found = (_episode(trajectory) for trajectory in trajectories if trajectory.complete)
    return [episode for episode in found if episode is not None]


def _episode(trajectory: Trajectory) -> Episode | None:
    decisions = [event for event in trajectory.events if event.kind == "decision" and event.state is not None]
    end = next(event for event in trajectory.events if event.kind == "end")
    if not decisions or any(event.action is None or not event.propensity for event in decisions):
        return None
    if decisions[0].state.cost_limit < LEAST_MONEY:
        return None
    after = [event.state for event in decisions[1:]] + [end.state if end.state is not None else decisions[-1].state]
    return Episode(
        task_id=trajectory.task,
        application_id=trajectory.application,
        steps=tuple(_step(event, later) for event, later in zip(decisions, after, strict=True)),
        success=trajectory.success,
        pass_rate=(trajectory.pass_rate or 0.0) if trajectory.last_action is Action.STOP else 0.0,
        simulated=trajectory.simulated,
    )


def _step(event: Event, later: State) -> Step:
    state = event.state
    return Step(
        state=state,
        action=event.action,
        propensity=event.propensity,
        cost=(later.cost - state.cost) / state.cost_limit,
        seconds=(later.seconds - state.seconds) / state.seconds_limit,
        unsafe=len(unsafe_events(state, event.action, later)),
        forced=event.response in FORCED,
    )


def _usual(baseline: Policy, state: State, mask: frozenset[Action]) -> int:
    if len(mask) == 1:
        return INDEX[next(iter(mask))]
    return INDEX[baseline.decide(state, allowed=mask, rng=random.Random(0)).action]
