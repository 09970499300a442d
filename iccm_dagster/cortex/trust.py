"""Which estimate to trust at which size: every estimator against the true value in the simulator, log by log.

An estimator is trusted for a measure at a size where its error is smaller than the gain that a promotion is about (``GAIN``) and its
95 % interval covers the truth in at least ``COVERED`` of the logs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from iccm_dagster.celr.states import Policy
from iccm_dagster.cortex.estimates import MEASURES, estimate
from iccm_dagster.cortex.exploration import Exploration
from iccm_dagster.cortex.gate import Result
from iccm_dagster.cortex.policy import chosen_actions
from iccm_dagster.cortex.recipe import CortexRecipe
from iccm_dagster.cortex.train import OfflineTrainer
from iccm_dagster.cortex.transitions import Episode, transitions_of
from iccm_dagster.cortex.world import World, draw_tasks, play_all
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.seeding import seed_for

GAIN = {"success": 0.02, "cost": 0.02}
"""Difference of a measure that a promotion is about."""
COVERED = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How one estimator did for one measure at one size of log."""

    episodes: int
    estimator: str
    measure: str
    error: float
    """Root mean square error against the true value; NaN where no log gave an estimate."""
    bias: float
    """Mean error, over the same logs."""
    covered: float
    """Share of the logs whose 95 % interval holds the true value; a log without an estimate does not."""
    effective: float
    """Mean effective sample size."""
    logs: int
    """Logs drawn."""
    trusted: bool


def trust_table(
    world: World,
    *,
    heuristic: Policy,
    recipe: CortexRecipe,
    sizes: Sequence[int],
    logs: int,
    truth_tasks: int,
    on_progress: OnProgress,
) -> list[Trust]:
    """Return one row per size, estimator and measure.

    The policy that is estimated is trained on one log of the largest size and judged on ``logs`` fresh logs of each size, all drawn
    with the recipe's exploration around the heuristic; its true value comes from ``truth_tasks`` tasks.
    """
    behaviour = Exploration(heuristic, share=recipe.exploration)

    def drawn(count: int, name: object) -> list[Episode]:
        seed = seed_for("cortex", "trust", recipe.seed, name)
        return play_all(world, draw_tasks(world, count=count, seed=seed), behaviour, seed=seed)

    training = transitions_of(drawn(max(sizes), "training"), baseline=heuristic)
    policy = OfflineTrainer(recipe).train(training, version="trust", heuristic=heuristic).policy
    truth = means(play_all(world, draw_tasks(world, count=truth_tasks, seed=seed_for("truth")), policy, seed=0))
    rows = []
    for number, size in enumerate(sizes):
        found = []
        for log in range(logs):
            data = transitions_of(drawn(size, (size, log)), baseline=heuristic)
            found += estimate(data, chosen_actions(policy, data), recipe=recipe)
            on_progress(
                Progress(stage=f"trust, logs of {size}", step=number * logs + log + 1, total_steps=len(sizes) * logs)
            )
        rows += _rows(size, found, truth, logs)
    return rows


def simulated_results(
    world: World, policies: Mapping[str, Policy], *, tasks: int, seed: int
) -> dict[str, list[Result]]:
    """Return how policies do on the same tasks of the simulator."""
    drawn = draw_tasks(world, count=tasks, seed=seed)
    return {
        name: [
            Result(
                task=episode.task_id,
                application=episode.application_id,
                success=episode.success,
                cost=episode.cost,
                unsafe=episode.unsafe,
                simulated=True,
            )
            for episode in play_all(world, drawn, policy, seed=seed)
        ]
        for name, policy in policies.items()
    }


def means(episodes: Sequence[Episode]) -> dict[str, float]:
    """Return the mean of each measure."""
    values = {
        "success": [episode.success for episode in episodes],
        "cost": [episode.cost for episode in episodes],
        "correctness": [episode.pass_rate for episode in episodes],
        "seconds": [episode.seconds for episode in episodes],
    }
    return {name: float(np.mean(values[name])) for name in MEASURES}


def _rows(size: int, found, truth: dict[str, float], logs: int) -> list[Trust]:
    rows = []
    for estimator in dict.fromkeys(item.estimator for item in found):
        for measure, gain in GAIN.items():
            own = [item for item in found if (item.estimator, item.measure) == (estimator, measure)]
            errors = np.array([item.mean for item in own]) - truth[measure]
            covered = float(np.mean([item.low <= truth[measure] <= item.high for item in own]))
            known = errors[~np.isnan(errors)]
            error = float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")
            rows.append(
                Trust(
                    episodes=size,
                    estimator=estimator,
                    measure=measure,
                    error=error,
                    bias=float(known.mean()) if len(known) else float("nan"),
                    covered=covered,
                    effective=float(np.mean([item.effective for item in own])),
                    logs=logs,
                    trusted=error < gain and covered >= COVERED,
                )
            )
    return rows
