"""A small world whose truth is known, and the states and episodes the tests of the cortex share."""

import math
import random
from dataclasses import replace

from iccm_dagster.celr.heuristic import ExploringPolicy, HeuristicPolicy
from iccm_dagster.celr.states import Policy, State
from iccm_dagster.cortex.gate import Result
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.transitions import Episode, Transitions, transitions_of
from iccm_dagster.cortex.trust import simulated_results
from iccm_dagster.cortex.world import World, draw_tasks, play_all
from iccm_dagster_tests.celr.scenes import STATE

HEURISTIC = HeuristicPolicy(retries_per_rung=1)
RECIPE = CortexRecipe(resamples=40)
BLANK = replace(STATE, seconds_limit=100.0, context_tokens=500, requirements=10)
JUDGED = replace(
    BLANK, step=2, has_code=True, verified=True, last_pass_rate=0.5, best_pass_rate=0.5, cost=0.1, attempt_cost=0.1
)


def start(number: int) -> State:
    """Return the first state of a task of a seeded size; the largest has four times the tokens of the smallest, as in real logs."""
    tokens = int(1000 * math.exp(1.5 * random.Random(number).random()))
    return replace(
        BLANK, task_id=f"t{number}", application_id=f"app{number}", modules=1 + number % 3, context_tokens=tokens
    )


WORLD = World(
    ability=(0.2, 1.5, 3.5),
    advice=0.2,
    compression=0.1,
    parts=0.1,
    size=2.0,
    spread=1.5,
    level=0.3,
    tilt=0.6,
    carry=1.0,
    keep=0.8,
    precision=5.0,
    cost=(0.04, 0.12, 0.30),
    price_spread=0.2,
    compressed_cost=0.6,
    parts_cost=0.5,
    seconds=(0.02, 0.04, 0.08),
    verify_seconds=0.02,
    unsafe=0.0,
    starts=tuple(map(start, range(30))),
    sizes=tuple((start(number).context_tokens / 2000) ** 0.5 for number in range(30)),
)


def logged(count: int, *, seed: int, epsilon: float = 0.15, world: World = WORLD) -> list[Episode]:
    """Return what the heuristic logged, exploring."""
    behaviour = ExploringPolicy(HEURISTIC, epsilon=epsilon) if epsilon else HEURISTIC
    return play_all(world, draw_tasks(world, count=count, seed=seed), behaviour, seed=seed)


def dataset(count: int, *, seed: int, epsilon: float = 0.15) -> Transitions:
    """Return the same as a dataset."""
    return transitions_of(logged(count, seed=seed, epsilon=epsilon), baseline=HEURISTIC)


def suite(policy: Policy, *, tasks: int, seed: int, world: World = WORLD) -> list[Result]:
    """Return the results of a policy on a suite of the world: equal tasks and luck for every policy."""
    return simulated_results(world, {"played": policy}, tasks=tasks, seed=seed)["played"]


def random_state(rng: random.Random) -> State:
    """Return any state that a run could be in, and some that it could not."""
    rungs = rng.randint(1, 4)
    judged = rng.random() < 0.7
    last = rng.choice([0.0, 0.3, 0.9, 1.0]) if judged and rng.random() < 0.9 else None
    return replace(
        BLANK,
        step=rng.randint(0, 30),
        rung=rng.randrange(rungs),
        rungs=rungs,
        retries=rng.randint(0, 12),
        retries_at_rung=rng.randint(0, 6),
        has_code=rng.random() < 0.8,
        verified=rng.random() < 0.5,
        last_pass_rate=last,
        best_pass_rate=rng.choice([0.3, 0.9]) if judged else None,
        cost=rng.choice([0.0, 0.2, 0.9, 0.999, 1.0, 1.4]),
        seconds=rng.choice([0.0, 50.0, 100.0, 130.0]),
        depth=rng.randint(0, 2),
        modules=rng.randint(0, 7),
        context_tokens=rng.choice([0, 10, 5000, 10**7]),
        requirements=rng.randint(0, 90),
        unsafe=rng.choice([0, 0, 0, 1, 5]),
    )
