"""The pure part of the agent: the first state, the state after each thing that happens, and the choice of the next
action; total over every state."""

import random
from dataclasses import dataclass, replace

from iccm_dagster.celr.states import Action, Decision, Policy, State, allowed
from iccm_dagster.errors import RecipeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one run over a task may use."""

    cost: float
    """Money, in the ladder's currency; an attempt that begins within it is paid for in full."""
    seconds: float
    """Time charged [s]."""
    max_steps: int
    """Decisions; at this many the run is ended, whatever the policy wants."""
    depth: int
    """How often a task may be split into parts, and a part again."""


def begin(
    *, task: str, application: str, rungs: int, budget: Budget, depth: int, modules: int, tokens: int, requirements: int
) -> State:
    """Return the state before the first decision."""
    return State(
        task_id=task,
        application_id=application,
        step=0,
        rung=0,
        rungs=rungs,
        retries=0,
        retries_at_rung=0,
        has_code=False,
        verified=False,
        last_pass_rate=None,
        best_pass_rate=None,
        cost=0.0,
        cost_limit=budget.cost,
        seconds=0.0,
        seconds_limit=budget.seconds,
        depth=depth,
        depth_limit=budget.depth,
        modules=modules,
        context_tokens=tokens,
        compressed=False,
        requirements=requirements,
        unsafe=0,
    )


def choose(state: State, *, policy: Policy, rng: random.Random, max_steps: int) -> Decision:
    """Return the next action: forced where only one is allowed or the steps are used up, else the policy's.

    Raises:
        RecipeError: The policy broke its contract: an action that is not allowed, or an impossible propensity.
    """
    possible = allowed(state)
    if state.step >= max_steps:
        end = Action.STOP if Action.STOP in possible else Action.ABORT
        return Decision(action=end, propensity=1.0, reason="horizon", policy=policy.version)
    if len(possible) == 1:
        return Decision(action=next(iter(possible)), propensity=1.0, reason="forced", policy=policy.version)
    decision = policy.decide(state, allowed=possible, rng=rng)
    if decision.action not in possible or not 0 < decision.propensity <= 1:
        raise RecipeError(
            f"policy {policy.version} chose {decision.action} with propensity {decision.propensity}; allowed are "
            f"{', '.join(sorted(possible))}, with propensities above 0 up to 1. Mend the policy, or use the heuristic."
        )
    return decision


def after_decision(state: State, action: Action) -> State:
    """Return the state once an action is decided: one step on, one rung up for ESCALATE."""
    if action is Action.ESCALATE:
        return replace(state, step=state.step + 1, rung=state.rung + 1, retries_at_rung=0)
    return replace(state, step=state.step + 1)


def after_attempt(
    state: State, action: Action, *, wrote: bool, first: bool, cost: float, seconds: float, tokens: int
) -> State:
    """Return the state after an attempt. ``wrote``: whether a program came back; ``first``: whether it was the first
    attempt of all."""
    counts = not first
    return replace(
        state,
        retries=state.retries + counts,
        retries_at_rung=state.retries_at_rung + (counts and action is not Action.ESCALATE),
        has_code=state.has_code or wrote,
        verified=state.verified and not wrote,
        cost=state.cost + cost,
        seconds=state.seconds + seconds,
        context_tokens=tokens,
        compressed=action is Action.RETRY_COMPRESSED,
        attempt_cost=cost if cost > 0 and _foretells(state, action) else state.attempt_cost,
    )


def _foretells(state: State, action: Action) -> bool:
    """Whether the next attempt costs about what this one does at the same rung: told of a verdict, it is asked as much."""
    return state.best_pass_rate is not None and action in (Action.RETRY, Action.ESCALATE)


def after_verdict(state: State, pass_rate: float | None, *, cost: float, seconds: float, unsafe: int) -> State:
    """Return the state after the tests ran; a program that was not judged keeps the best rate as it was."""
    rates = [rate for rate in (state.best_pass_rate, pass_rate) if rate is not None]
    return replace(
        state,
        verified=True,
        last_pass_rate=pass_rate,
        best_pass_rate=max(rates, default=None),
        cost=state.cost + cost,
        seconds=state.seconds + seconds,
        unsafe=state.unsafe + unsafe,
    )
