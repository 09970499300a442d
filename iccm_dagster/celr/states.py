"""What the agent may do next and what it knows when it decides: actions, the state, the one action mask, the protocol of
a policy."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Action(StrEnum):
    """What can be done next about a task."""

    RETRY = "retry"
    """A new attempt at the same rung; after a verdict it carries the reflection's advice. The first attempt is one."""
    RETRY_COMPRESSED = "retry compressed"
    """A new attempt at the same rung, told only what still fails: a shorter prompt. Needs a verdict."""
    RECURSE = "recurse"
    """Split the task by module, solve the parts, put them together."""
    ESCALATE = "escalate"
    """A new attempt one rung up, where answers are better and dearer."""
    VERIFY = "verify"
    """Run the tests on the current code."""
    STOP = "stop"
    """Hand in the best verified code."""
    ABORT = "abort"
    """Give the task up, without an answer."""


ATTEMPTS = frozenset({Action.RETRY, Action.RETRY_COMPRESSED, Action.RECURSE, Action.ESCALATE})
"""Actions that write new code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that a policy sees: a summary of the task so far, from which the next state depends."""

    task_id: str
    """The task: equal for every attempt at the same prompt and tests."""
    application_id: str
    """The application it is about."""
    step: int
    """Decisions taken so far, from 0."""
    rung: int
    """Place on the ladder, 0 (cheapest) to ``rungs - 1``."""
    rungs: int
    """Length of the ladder, at least 1."""
    retries: int
    """Attempts after the first, over the whole task."""
    retries_at_rung: int
    """Attempts after the first on this rung."""
    has_code: bool
    """Whether there is a program."""
    verified: bool
    """Whether the current program has a verdict."""
    last_pass_rate: float | None
    """Pass rate of the last verdict, 0-1; None before the first one and where nothing was judged."""
    best_pass_rate: float | None
    """Highest pass rate so far, 0-1; None before the first verdict."""
    cost: float
    """Money spent, in the ladder's currency."""
    cost_limit: float
    """Money that may be spent; above 0."""
    seconds: float
    """Time charged [s]: what rungs report or declare, and the time of the tests."""
    seconds_limit: float
    """Time that may be charged [s]; above 0."""
    depth: int
    """0 for a task, 1 for a part of it, ..."""
    depth_limit: int
    """Parts are not split at this depth."""
    modules: int
    """Parts that the task could be split into; 0 or 1 where it cannot."""
    context_tokens: int
    """Tokens of the last prompt; of the first one before any attempt."""
    compressed: bool
    """Whether the last attempt was told only what still fails."""
    requirements: int
    """Statements in the task's prompt."""
    unsafe: int
    """Unsafe events so far: programs caught manipulating their verdict, code of a model under weak isolation."""
    attempt_cost: float = 0.0
    """Money of the last attempt that was told of a verdict, split and compressed ones aside; 0 before, and in older logs."""

    @property
    def solved(self) -> bool:
        """Whether the current program passed everything."""
        return self.verified and self.last_pass_rate == 1.0

    @property
    def exhausted(self) -> bool:
        """Whether nothing is left of the money or of the time."""
        return self.cost >= self.cost_limit or self.seconds >= self.seconds_limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a policy chose, and how likely it was to."""

    action: Action
    """Always one of those allowed."""
    propensity: float
    """Probability with which the policy takes this action in this state, above 0, at most 1."""
    reason: str
    """Why, for a person to read."""
    policy: str
    """Version of the policy."""


class Policy(Protocol):
    """Chooses the next action. Pure but for the draws it takes from ``rng``."""

    version: str

    def decide(self, state: State, *, allowed: frozenset[Action], rng: random.Random) -> Decision:
        """Choose one of the allowed actions; there is always at least one."""
        ...


def allowed(state: State) -> frozenset[Action]:
    """Return what may be done in a state: never empty, the same for the agent, for policies and for their training.

    A solved task is only handed in. With nothing left in the budget the best verified code is handed in or the task is
    given up. Otherwise: VERIFY needs unverified code, STOP a verdict, RETRY_COMPRESSED a verdict that failed something,
    ESCALATE a higher rung, RECURSE several modules and depth to spare. ABORT is always possible before the task is
    solved.
    """
    if state.solved:
        return frozenset({Action.STOP})
    judged = state.best_pass_rate is not None
    if state.exhausted:
        return frozenset({Action.STOP, Action.ABORT} if state.has_code else {Action.ABORT})
    possible = {
        Action.RETRY: True,
        Action.RETRY_COMPRESSED: judged,
        Action.RECURSE: state.modules > 1 and state.depth < state.depth_limit,
        Action.ESCALATE: state.rung < state.rungs - 1,
        Action.VERIFY: state.has_code and not state.verified,
        Action.STOP: state.has_code and judged,
        Action.ABORT: True,
    }
    return frozenset(action for action, can in possible.items() if can)
