"""Exploration where it teaches something: now and then another attempt than the usual one, with its exact propensity.

Drawing uniformly spends most draws on what is known anyway: handing in or giving up is worth what the state says, and skipping a
verdict only puts it off. So those are drawn rarely, though never at zero: an estimate from logs needs every allowed action.
"""

import random

from iccm_dagster.celr.states import ATTEMPTS, Action, Decision, Policy, State
from iccm_dagster.errors import RecipeError

RARE = 0.1
"""Weight of a draw that is no attempt, against 1 of an attempt."""
UNVERIFIED = 0.25
"""Factor on the share of draws where code waits for its verdict."""


class Exploration:
    """Any deterministic policy, with a share of seeded draws among the allowed actions, mostly attempts."""

    def __init__(self, policy: Policy, *, share: float) -> None:
        if not 0 <= share <= 1:
            raise RecipeError(f"share={share}: a share of decisions is in 0-1")
        self._policy, self._share = policy, share
        self.version = f"{policy.version}+eps{share:g}"

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Decide as the policy does, or draw; the propensity is that of the action, whichever way it came about.

        Raises:
            RecipeError: The policy inside is not deterministic, so that propensities would be unknown.
        """
        inner = self._policy.decide(state, allowed=allowed, rng=rng)
        if inner.propensity != 1.0:
            raise RecipeError(f"policy {inner.policy} draws itself: explore around one that does not")
        share = self._share * (UNVERIFIED if Action.VERIFY in allowed else 1.0)
        actions = sorted(allowed)
        weights = [1.0 if action in ATTEMPTS else RARE for action in actions]
        drawn = rng.random() < share
        action = rng.choices(actions, weights)[0] if drawn else inner.action
        chance = share * weights[actions.index(action)] / sum(weights)
        return Decision(
            action=action,
            propensity=chance + (1 - share) * (action is inner.action),
            reason="exploration" if drawn else inner.reason,
            policy=self.version,
        )
