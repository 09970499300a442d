"""A simulator of the agent at work, with a handful of parameters that can be fitted to logs.

A task has a difficulty that nobody sees. An attempt passes every test with the log-odds ``ability of the rung + advice of earlier
verdicts - size - difficulty``; one that fails passes a share of the tests that tells something about the difficulty. The same task
with the same attempts has the same luck whoever plays it, so that policies are compared on equal ground.

Not covered: texts, programs and everything that makes one task hard in its own way. Every number from it is ``simulated``;
it checks estimators, the gate and policies against a truth that is known, and never stands in for a verdict.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from iccm_dagster.celr.states import ATTEMPTS, Action, Policy, State, allowed
from iccm_dagster.cortex.features import StateExtractor
from iccm_dagster.cortex.transitions import Episode, Step
from iccm_dagster.cortex.unsafe import unsafe_events
from iccm_dagster.seeding import seed_for

LONGEST = 40
"""Decisions after which an episode is cut: the task is given up."""
ADVISED = 3
"""Verdicts beyond this many at a rung add no further advice."""
_DIFFICULTY = StateExtractor.names.index("difficulty")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The parameters of the simulator."""

    ability: tuple[float, ...]
    """Log-odds of solving an average task, one per rung."""
    advice: float
    """Log-odds gained by each earlier verdict at the rung, up to three."""
    compression: float
    """Log-odds gained where only what still fails was told."""
    parts: float
    """Log-odds gained by splitting the task."""
    size: float
    """Log-odds lost from the smallest to the largest task (feature ``difficulty``)."""
    spread: float
    """Standard deviation of the unseen difficulty, in log-odds."""
    level: float
    """Log-odds of the tests passed by a failed attempt at an average task."""
    carry: float
    """Log-odds gained where the best program so far passes all tests but one, against none: attempts build on it."""
    keep: float
    """Share of the best pass rate that a failed attempt keeps, 0..1."""
    tilt: float
    """How much of a task's log-odds shows in the tests passed by a failed attempt."""
    precision: float
    """How narrow that share is: parameters of the beta distribution add up to this."""
    cost: tuple[float, ...]
    """Money of an attempt, as a share of the limit, one per rung."""
    price_spread: float
    """Standard deviation of the logarithm of prices between attempts at one task and rung."""
    compressed_cost: float
    """Factor on the cost of a compressed attempt."""
    parts_cost: float
    """Share of the money left that a split attempt spends: its parts climb the ladder themselves."""
    seconds: tuple[float, ...]
    """Time of an attempt, as a share of the limit, one per rung."""
    verify_seconds: float
    """Time of the tests, as a share of the limit."""
    unsafe: float
    """Probability that an attempt is caught at something unsafe; overruns come about by themselves."""
    starts: tuple[State, ...]
    """First states that tasks are drawn from; at least one."""
    sizes: tuple[float, ...]
    """Factor on the money of every attempt at the task of each start: long programs cost more. As many as starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task of the simulator."""

    number: int
    start: State
    difficulty: float
    """Unseen, in log-odds."""
    size: float
    """What its size says about the difficulty, 0..1."""
    dearness: float
    """Factor on the money of every attempt."""
    seed: int
    """Seed of its luck."""


class Player(Protocol):
    """Plays a task with a policy: the simulator here, the agent with real verdicts elsewhere."""

    def __call__(self, task: Task, policy: Policy, *, rng: random.Random) -> Episode: ...


def draw_tasks(world: World, *, count: int, seed: int) -> list[Task]:
    """Return tasks, the first states taken in turn so that every application is met equally often."""
    rng = random.Random(seed_for("cortex", "tasks", seed))
    sizes = [size_of(start) for start in world.starts]
    return [
        Task(
            number=number,
            start=world.starts[number % len(world.starts)],
            difficulty=rng.gauss(0.0, world.spread),
            size=sizes[number % len(world.starts)],
            dearness=world.sizes[number % len(world.starts)],
            seed=rng.getrandbits(40),
        )
        for number in range(count)
    ]


def play(world: World, task: Task, policy: Policy, *, rng: random.Random) -> Episode:
    """Play one task to its end."""
    state, steps, odds = task.start, [], 0.0
    while True:
        decision = policy.decide(state, allowed=allowed(state), rng=rng)
        after, odds = move(world, task, state, decision.action, odds)
        steps.append(
            Step(
                state=state,
                action=decision.action,
                propensity=decision.propensity,
                cost=(after.cost - state.cost) / state.cost_limit,
                seconds=(after.seconds - state.seconds) / state.seconds_limit,
                unsafe=len(unsafe_events(state, decision.action, after)),
                forced=len(allowed(state)) == 1,
            )
        )
        if decision.action in (Action.STOP, Action.ABORT) or after.step >= LONGEST:
            break
        state = after
    delivered = (state.best_pass_rate or 0.0) if decision.action is Action.STOP else 0.0
    return Episode(
        task_id=f"{state.task_id}#{task.number}",
        application_id=state.application_id,
        steps=tuple(steps),
        success=delivered == 1.0,
        pass_rate=delivered,
        simulated=True,
    )


def play_all(world: World, tasks: Sequence[Task], policy: Policy, *, seed: int) -> list[Episode]:
    """Play every task; exploration draws are seeded per task."""
    return [
        play(world, task, policy, rng=random.Random(seed_for("cortex", "play", seed, task.number))) for task in tasks
    ]


def move(world: World, task: Task, state: State, action: Action, odds: float) -> tuple[State, float]:
    """Return the next state and the log-odds of the current program."""
    if action in ATTEMPTS:
        return attempt(world, task, state, action)
    if action is Action.VERIFY:
        rate = _verdict(world, task, state, odds)
        best = rate if state.best_pass_rate is None else max(rate, state.best_pass_rate)
        seconds = state.seconds + world.verify_seconds * state.seconds_limit
        judged = replace(
            state, step=state.step + 1, verified=True, last_pass_rate=rate, best_pass_rate=best, seconds=seconds
        )
        return judged, odds
    return replace(state, step=state.step + 1), odds


def attempt(world: World, task: Task, state: State, action: Action) -> tuple[State, float]:
    """Write new code: where, at which price, with which log-odds of being right."""
    rung = state.rung + (action is Action.ESCALATE)
    here = 0 if action is Action.ESCALATE or not state.has_code else state.retries_at_rung + 1
    luck = random.Random(f"{task.seed}/{rung}/{here}/{action}")
    compressed = action is Action.RETRY_COMPRESSED
    factor = math.exp(luck.gauss(0.0, world.price_spread))
    price = factor * (world.compressed_cost if compressed else 1.0)
    whole = price * task.dearness * world.cost[rung] * state.cost_limit
    parts = world.parts_cost * max(state.cost_limit - state.cost, 0.0)
    caught = int(luck.random() < world.unsafe)
    best = state.best_pass_rate or 0.0
    odds = log_odds(world, rung=rung, here=here, action=action, size=task.size, best=best) - task.difficulty
    after = replace(
        state,
        step=state.step + 1,
        rung=rung,
        retries=state.retries + state.has_code,
        retries_at_rung=here,
        has_code=True,
        verified=False,
        compressed=compressed,
        cost=state.cost + (parts if action is Action.RECURSE else whole),
        seconds=state.seconds + price * world.seconds[rung] * state.seconds_limit,
        unsafe=state.unsafe + caught,
        attempt_cost=whole
        if state.best_pass_rate is not None and not compressed and action is not Action.RECURSE
        else state.attempt_cost,
    )
    return after, odds


def log_odds(world: World, *, rung: int, here: int, action: Action, size: float, best: float) -> float:
    """Return the log-odds of an attempt at a task of average difficulty."""
    told = world.compression * (action is Action.RETRY_COMPRESSED) + world.parts * (action is Action.RECURSE)
    return world.ability[rung] + world.advice * min(here, ADVISED) + told + world.carry * best - world.size * size


def size_of(state: State) -> float:
    """Return what the size of the task says about its difficulty, 0..1."""
    return float(StateExtractor().extract(state)[_DIFFICULTY])


def _verdict(world: World, task: Task, state: State, odds: float) -> float:
    luck = random.Random(f"{task.seed}/verdict/{state.rung}/{state.retries_at_rung}")
    if luck.random() < _sigmoid(odds):
        return 1.0
    share = _sigmoid(world.level + world.tilt * odds)
    kept = world.keep * (state.best_pass_rate or 0.0)
    drawn = luck.betavariate(share * world.precision, (1 - share) * world.precision)
    return min(0.99, kept + (1 - kept) * drawn)


def _sigmoid(odds: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))
