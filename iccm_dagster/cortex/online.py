"""What the agent loads: the current policy, or the heuristic with one warning where that one cannot be used."""

import logging
import random
from dataclasses import replace

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.celr.heuristic import HeuristicPolicy
from iccm_dagster.celr.recipe import AgentRecipe
from iccm_dagster.celr.states import Action, Decision, Policy, State
from iccm_dagster.cortex.archive import HEURISTIC, PolicyArchive
from iccm_dagster.cortex.exploration import Exploration
from iccm_dagster.errors import ICCMError

LOGGER = logging.getLogger("iccm_dagster.cortex")


class FallbackPolicy:
    """The heuristic, in place of a policy that cannot be used; every trajectory says so in its first decision."""

    def __init__(self, heuristic: Policy, *, problem: str) -> None:
        self._heuristic, self.problem = heuristic, problem
        self.version = heuristic.version

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Decide as the heuristic does; the first decision's reason, which is logged, names the problem."""
        decision = self._heuristic.decide(state, allowed=allowed, rng=rng)
        if state.step > 0:
            return decision
        return replace(decision, reason=f"fallback to the heuristic ({self.problem}): {decision.reason}")


def current_policy(store: ArtifactStore, *, heuristic: Policy) -> Policy:
    """Return the current policy of the archive, ready for the agent. Nothing about the archive can stop the agent.

    A policy that is missing, corrupt or incompatible is replaced by the heuristic: with one warning here, and an event in the
    log of every trajectory (`FallbackPolicy`).
    """
    try:
        archive = PolicyArchive(store)
        version = archive.current
        return heuristic if version == HEURISTIC else archive.load(version)
    except (ICCMError, OSError) as error:
        LOGGER.warning("the control policy cannot be used, the heuristic decides: %s", error)
        return FallbackPolicy(heuristic, problem=str(error))


def agent_policy(store: ArtifactStore, *, recipe: AgentRecipe) -> Policy:
    """Return what the agent asks before each step: the current policy, with the recipe's share of exploration around it."""
    policy = current_policy(store, heuristic=HeuristicPolicy(retries_per_rung=recipe.retries_per_rung))
    return Exploration(policy, share=recipe.epsilon) if recipe.epsilon else policy
