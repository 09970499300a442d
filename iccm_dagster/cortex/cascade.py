"""The second baseline: a cascade with one threshold, which escalates as soon as a verdict is below it.

RouteLLM and FrugalGPT win most of what there is to win with one number; a learned policy that does not beat it has no case. The
threshold is calibrated on logs.
"""

import random
from collections.abc import Sequence

from iccm_dagster.celr.states import Action, Decision, State
from iccm_dagster.cortex.transitions import Episode

GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class CascadePolicy:
    """Try cheap, verify, go one rung up where fewer than ``threshold`` of the tests pass, else try again there once."""

    def __init__(self, *, threshold: float) -> None:
        self.threshold = threshold
        self.version = f"cascade-{threshold:g}"

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random | None) -> Decision:
        """Choose one of the allowed actions; deterministic."""
        wanted = [action for action in self._wishes(state) if action in allowed]
        return Decision(action=wanted[0], propensity=1.0, reason="threshold cascade", policy=self.version)

    def _wishes(self, state: State) -> tuple[Action, ...]:
        if state.has_code and not state.verified:
            return Action.VERIFY, Action.STOP, Action.ABORT
        if state.solved or state.exhausted:
            return Action.STOP, Action.ABORT
        if not state.has_code:
            return Action.RETRY, Action.ABORT
        near = (state.last_pass_rate or 0.0) >= self.threshold and state.retries_at_rung < 1
        return (Action.RETRY, Action.STOP) if near else (Action.ESCALATE, Action.STOP, Action.ABORT)


class AlwaysEscalate:
    """The dear upper bound: straight to the top rung, and there again, with advice, until solved or twice retried."""

    version = "always-escalate"
    retries = 2
    """Retries at the top."""

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random | None) -> Decision:
        """Choose one of the allowed actions; deterministic."""
        if state.solved or state.exhausted:
            order = (Action.STOP, Action.ABORT)
        elif state.rung < state.rungs - 1:
            order = (Action.ESCALATE, Action.ABORT)
        elif state.has_code and not state.verified:
            order = (Action.VERIFY, Action.ABORT)
        elif not state.has_code or state.retries_at_rung < self.retries:
            order = (Action.RETRY, Action.STOP, Action.ABORT)
        else:
            order = (Action.STOP, Action.ABORT)
        action = next(action for action in order if action in allowed)
        return Decision(action=action, propensity=1.0, reason="straight to the top", policy=self.version)


def calibrated_cascade(episodes: Sequence[Episode]) -> CascadePolicy:
    """Return the cascade whose threshold tells best, on logged verdicts, whether one more attempt at the rung succeeds.

    The threshold maximises the true positive rate minus the false positive rate (Youden, 1950) of "the next verdict at the same rung
    is a pass"; without such pairs it is 0.5.
    """
    pairs = [pair for episode in episodes for pair in _retried(episode)]
    good = [rate for rate, passed in pairs if passed]
    bad = [rate for rate, passed in pairs if not passed]
    if not good or not bad:
        return CascadePolicy(threshold=0.5)

    def youden(threshold: float) -> float:
        return sum(rate >= threshold for rate in good) / len(good) - sum(rate >= threshold for rate in bad) / len(bad)

    return CascadePolicy(threshold=max(GRID, key=youden))


def _retried(episode: Episode):
    """Yield (pass rate of a failed verdict, whether the next verdict at the same rung passed everything)."""
    verdicts: list[tuple[int, float]] = []
    for step in episode.steps[1:]:
        state = step.state
        if state.verified and state.last_pass_rate is not None and step.action is not Action.VERIFY:
            verdicts.append((state.rung, state.last_pass_rate))
    for (rung, rate), (next_rung, next_rate) in zip(verdicts, verdicts[1:], strict=False):
        if rung == next_rung and rate < 1.0:
            yield rate, next_rate == 1.0
