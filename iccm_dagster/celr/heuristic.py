"""Today's policy, the one to beat, and small seeded exploration around any policy."""

import random
from dataclasses import dataclass

from iccm_dagster.celr.states import Action, Decision, Policy, State
from iccm_dagster.errors import RecipeError


@dataclass(frozen=True, slots=True, kw_only=True)
class HeuristicPolicy:
    """Verify at once; retry with advice, then climb; at the top retry compressed, split once, hand in what there is."""

    retries_per_rung: int
    """Retries before it climbs; at the top, before it splits the task or stops."""
    version: str = "0"
    """Name in the log."""

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Take the first wish that is allowed; draws nothing."""
        action, reason = next((action, reason) for action, reason in self._wishes(state) if action in allowed)
        return Decision(action=action, propensity=1.0, reason=reason, policy=self.version)

    def _wishes(self, state: State) -> list[tuple[Action, str]]:
        """Return what it would do, best first; the last one is always allowed unless the task is solved."""
        if state.exhausted or state.solved:
            return [(Action.STOP, "hand in the best program"), (Action.ABORT, "nothing to hand in, nothing left")]
        if state.has_code and not state.verified:
            return [(Action.VERIFY, "unverified code")]
        if not state.has_code and state.retries_at_rung == 0:
            return [(Action.RETRY, "first attempt")]
        spent = state.retries_at_rung >= self.retries_per_rung
        if not spent:
            return [(Action.RETRY, "the advice may help at this price")]
        if state.rung < state.rungs - 1:
            return [(Action.ESCALATE, f"{state.retries_at_rung} retries at rung {state.rung} did not solve it")]
        climb: list[tuple[Action, str]] = []
        if state.retries_at_rung == self.retries_per_rung:
            climb = [
                (Action.RECURSE, "the whole is too much: try its parts"),
                (Action.RETRY_COMPRESSED, "only what fails"),
            ]
        worth = bool(state.best_pass_rate)
        end = [(Action.STOP, "the best there is")] if worth else []
        return [*climb, *end, (Action.ABORT, "no attempt passed anything")]


class ExploringPolicy:
    """Any deterministic policy, with a share of uniform draws among the allowed actions: what learning from logs needs."""

    def __init__(self, policy: Policy, *, epsilon: float) -> None:
        if not 0 <= epsilon <= 1:
            raise RecipeError(f"epsilon={epsilon}: a share of decisions is in 0-1")
        self._policy, self._epsilon = policy, epsilon
        self.version = f"{policy.version}+eps{epsilon:g}"

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Decide as the policy does, or at random with probability ``epsilon``; the propensity is exact.

        Raises:
            RecipeError: The policy inside is not deterministic, so that propensities would be unknown.
        """
        inner = self._policy.decide(state, allowed=allowed, rng=rng)
        if inner.propensity != 1.0:
            raise RecipeError(
                f"policy {inner.policy} drew with propensity {inner.propensity}: explore around one that does not draw"
            )
        drawn = rng.random() < self._epsilon
        action = rng.choice(sorted(allowed)) if drawn else inner.action
        share = self._epsilon / len(allowed)
        return Decision(
            action=action,
            propensity=share + (1 - self._epsilon) * (action is inner.action),
            reason="exploration" if drawn else inner.reason,
            policy=self.version,
        )
