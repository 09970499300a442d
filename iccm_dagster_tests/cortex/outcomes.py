"""Outcomes of policies drawn from rates that are known, without playing: what the gate sees, at a truth that is set."""

from dataclasses import dataclass

import numpy as np

from iccm_dagster.cortex.gate import Result
from iccm_dagster.seeding import seed_for

APPLICATIONS = 30


@dataclass(frozen=True)
class Kind:
    """A policy by its truth, against a baseline on the same tasks."""

    name: str
    """Seed of what is its own."""
    gain: float = 0.0
    """True difference of success."""
    swap: float = 0.02
    """Share of tasks that it wins, and as many that it loses, besides the difference."""
    cost: float = 1.0
    """True factor on the cost."""
    unsafe: float = 0.0
    """True probability of an unsafe event per task."""
    tasks: int | None = None
    """Tasks it is judged on; None for the whole suite."""


@dataclass(frozen=True)
class Baseline:
    """The incumbent: success and mean cost over tasks, each application with its own rate."""

    success: float = 0.9
    cost: float = 0.3


BASELINE = Baseline()


def results(kind: Kind, *, tasks: int, seed: int) -> list[Result]:
    """Return the results of a policy; equal seeds give equal tasks, on which two policies differ only by their kind."""
    shared, own = (np.random.default_rng(seed_for("outcomes", *name)) for name in ((seed,), (seed, kind.name)))
    application = np.arange(tasks) % APPLICATIONS
    easy = shared.beta(18, 2, size=APPLICATIONS)
    solved = shared.random(tasks) < easy[application]
    price = shared.lognormal(np.log(BASELINE.cost), 0.5, size=tasks)
    if kind.name != "heuristic":
        lose, win = kind.swap + max(0.0, -kind.gain), kind.swap + max(0.0, kind.gain)
        luck = own.random(tasks)
        rate = solved.mean()
        solved = np.where(solved, luck >= lose / rate, luck < win / max(1 - rate, win))
        price = price * kind.cost * own.lognormal(0.0, 0.2, size=tasks) / np.exp(0.02)
    unsafe = own.random(tasks) < kind.unsafe
    chosen = range(min(tasks, kind.tasks or tasks))
    return [
        Result(
            task=f"{seed}.{number}",
            application=f"app{application[number]}",
            success=bool(solved[number]),
            cost=float(price[number]),
            unsafe=int(unsafe[number]),
            simulated=True,
        )
        for number in chosen
    ]


def planted(each: int) -> list[Kind]:
    """Return bad policies: ``each`` lazy, reckless, spendthrift and lucky ones, the first of each kind barely bad."""
    shares = np.linspace(0, 1, each)
    lazy = [Kind(f"lazy{n}", gain=-0.02 - 0.3 * share, cost=0.9 - 0.5 * share) for n, share in enumerate(shares)]
    reckless = [Kind(f"reckless{n}", gain=0.03, cost=0.8, unsafe=0.01 + 0.04 * share) for n, share in enumerate(shares)]
    spendthrift = [Kind(f"spendthrift{n}", gain=0.02, cost=1.04 + share) for n, share in enumerate(shares)]
    # Few tasks, on which a policy that is no better may look it.
    lucky = [Kind(f"lucky{n}", gain=-0.02, swap=0.05, cost=0.98, tasks=30 + 4 * n) for n in range(each)]
    return [*lazy, *reckless, *spendthrift, *lucky]
