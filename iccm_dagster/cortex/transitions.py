"""Logs as an offline dataset: one row per decision, with its mask, its propensity and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from iccm_dagster.celr.states import Action, State, allowed
from iccm_dagster.cortex.features import StateExtractor

# N: decisions, A: actions, F: features, E: episodes.

ACTIONS = tuple(Action)
INDEX = {action: index for index, action in enumerate(ACTIONS)}


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
        arrays = {
            name: getattr(self, name)[rows] for name in self.__slots__ if name not in ("states", "episode_N")
        }
        return Transitions(**arrays, episode_N=numbers, states=tuple(self.states[row] for row in rows))


def mask_of(actions: frozenset[Action]) -> Bool[np.ndarray, " A"]:
    """Return the mask of a set of actions."""
    return np.array([action in actions for action in ACTIONS])


def transitions_of(episodes: Sequence[Episode], *, baseline) -> Transitions:
    """Return the dataset of the episodes, in their order. ``baseline``: the heuristic, asked at every state."""
    rows = [(number, episode, step) for number, episode in enumerate(episodes) for step in episode.steps]
    last_N = np.array([step is episode.steps[-1] for _, episode, step in rows], dtype=bool)
    masks = [allowed(step.state) for _, _, step in rows]
    return Transitions(
        features_NF=StateExtractor().extract_many(step.state for _, _, step in rows),
        mask_NA=np.array([mask_of(mask) for mask in masks], dtype=bool).reshape(len(rows), len(ACTIONS)),
        action_N=np.array([INDEX[step.action] for _, _, step in rows], dtype=int),
        baseline_N=np.array(
            [INDEX[baseline.decide(step.state, allowed=mask, rng=None).action] for (_, _, step), mask in zip(rows, masks, strict=True)],
            dtype=int,
        ),
        propensity_N=np.array([step.propensity for _, _, step in rows], dtype=float),
        cost_N=np.array([step.cost for _, _, step in rows], dtype=float),
        seconds_N=np.array([step.seconds for _, _, step in rows], dtype=float),
        unsafe_N=np.array([step.unsafe for _, _, step in rows], dtype=int),
        done_N=last_N,
        success_N=np.array([float(episode.success) for _, episode, _ in rows]) * last_N,
        correctness_N=np.array([episode.pass_rate for _, episode, _ in rows]) * last_N,
        episode_N=np.array([number for number, _, _ in rows], dtype=int),
        states=tuple(step.state for _, _, step in rows),
    )
