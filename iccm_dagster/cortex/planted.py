"""Policies that are bad on purpose: what the learner and the gate are tested with."""

import random

from iccm_dagster.celr.states import ATTEMPTS, Action, Decision, Policy, State


class Lazy:
    """Gives up instead of going on, with some probability, whenever a verdict was not a pass: cheap and useless."""

    def __init__(self, inner: Policy, *, probability: float) -> None:
        self._inner, self._probability = inner, probability
        self.version = f"lazy-{probability:g}"

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Choose one of the allowed actions."""
        ending = Action.STOP if Action.STOP in allowed else Action.ABORT
        if not state.solved and ending in allowed and _luck(state, self.version) < self._probability:
            return Decision(action=ending, propensity=1.0, reason="lazy", policy=self.version)
        return self._inner.decide(state, allowed=allowed, rng=rng)


class Spendthrift:
    """Goes one rung up instead of trying again, with some probability: dearer than need be."""

    def __init__(self, inner: Policy, *, probability: float) -> None:
        self._inner, self._probability = inner, probability
        self.version = f"spendthrift-{probability:g}"

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Choose one of the allowed actions."""
        usual = self._inner.decide(state, allowed=allowed, rng=rng)
        tempted = usual.action in ATTEMPTS and Action.ESCALATE in allowed
        if tempted and _luck(state, self.version) < self._probability:
            return Decision(action=Action.ESCALATE, propensity=1.0, reason="spendthrift", policy=self.version)
        return usual


def _luck(state: State, name: str) -> float:
    """Return a number in 0..1 that depends on the state alone, so that the policy is deterministic."""
    return random.Random(f"{name}/{state.task_id}/{state.step}/{state.cost:.6f}").random()
