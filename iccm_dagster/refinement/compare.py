"""All rows side by side on the same corrupted programs: trained models, ablations and the three controls."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.refinement.corpus import Programs
from iccm_dagster.refinement.gallery import story
from iccm_dagster.refinement.measure import (
    Make,
    deduction,
    held_out,
    lead_rows,
    loop_rows,
    neural,
    random_search,
    refinement,
    search,
    seed_loop,
    solved_rows,
)
from iccm_dagster.refinement.model import Denoiser
from iccm_dagster.refinement.recipe import ONE_SHOT, OURS, EvaluationRecipe
from iccm_dagster.refinement.states import Frame
from iccm_dagster.refinement_loop import Trail

RANDOM, DEDUCED, RESAMPLED = "random search", "deduction, nothing learned", "one shot, resampled"
PARALLEL, LEARNED = "ours, parallel", "ours, nothing deduced"
AT_ONCE, REMASKED = "ours, drawn at once", "ours, remasked"
"""Rows that are no training of their own: four trajectories; no turns of deduction; no candidate drawn with care either; and
that with the loop of masked diffusion."""
REMASKED_SHARE = 0.4
"""Least sure nodes that the loop of masked diffusion opens again."""
SHORT_BUDGET, MIDDLE_BUDGET = 5, 40
"""Executions of the ablation rows, at most."""


@dataclass(slots=True, kw_only=True)
class Comparison:
    """What one run over all rows found."""

    solved: pd.DataFrame
    """row, level, budget, inputs (given or fresh), solved with interval, n."""
    loops: pd.DataFrame
    """row, level, metric, iteration, value with interval, n: the seed's loop."""
    leads: pd.DataFrame
    """row that ours is compared with, level, budget, inputs, lead with a paired interval, what the control solves."""
    costs: pd.DataFrame
    """row, level, executions, operations of evidence per execution."""
    stories: list[str] = field(default_factory=list)
    """Trajectories in Markdown, repaired programs first."""


def compare(
    models: Mapping[str, Denoiser],
    programs: Programs,
    frequencies: np.ndarray,
    recipe: EvaluationRecipe,
    *,
    on_progress: OnProgress,
) -> Comparison:
    """Measure every row at every corruption level. ``models``: row -> its trained network; `OURS` must be among them."""
    solved, loops, leads, costs, stories = [], [], [], [], []
    for number, level in enumerate(recipe.levels):
        on_progress(Progress(stage=f"corruption {level:.0%}", step=number, total_steps=len(recipe.levels)))
        frame = held_out(programs, level, recipe)
        loops += [
            loop_rows(seed_loop(model, frame, iterations=recipe.iterations), row=row, level=level)
            for row, model in models.items()
        ]
        trails: dict[str, list[Trail]] = {}
        for row, (make, chains, budget) in _searches(models, frequencies, recipe).items():
            proposer = make(frame)
            trails[row] = search(proposer, frame, budget=budget, chains=chains, recipe=recipe, on_progress=on_progress)
            budgets = [count for count in recipe.budgets if count <= budget]
            solved.append(solved_rows(trails[row], frame, row=row, level=level, budgets=budgets))
            executed = sum(len(trail.attempts) for trail in trails[row])
            costs.append(
                {
                    "row": row,
                    "level": level,
                    "executions": executed,
                    "operations per execution": getattr(proposer, "operations", 0) / max(1, executed),
                }
            )
        leads += [
            lead_rows(trails[OURS], trails[other], frame, against=other, level=level, budgets=recipe.budgets)
            for other in (RANDOM, DEDUCED, RESAMPLED)
            if other in trails
        ]
        stories += _stories(trails[OURS], frame, level, count=-(-recipe.gallery // len(recipe.levels)))
    return Comparison(
        solved=pd.concat(solved, ignore_index=True),
        loops=pd.concat(loops, ignore_index=True),
        leads=pd.concat(leads, ignore_index=True),
        costs=pd.DataFrame(costs),
        stories=stories,
    )


def _searches(
    models: Mapping[str, Denoiser], frequencies: np.ndarray, recipe: EvaluationRecipe
) -> dict[str, tuple[Make, int, int]]:
    """Return how each row searches: the builder of its proposer, its chains, its budget."""
    most = max(recipe.budgets)

    def using(model: Denoiser, *, refines: bool = True, careful: bool = True, remask: float | None = None) -> Make:
        return lambda frame: neural(model, frame, recipe, refines=refines, careful=careful, remask=remask)

    rows: dict[str, tuple[Make, int, int]] = {
        RANDOM: (random_search(frequencies, recipe), 1, most),
        DEDUCED: (deduction(frequencies, recipe), 1, most),
        OURS: (refinement(models[OURS], frequencies, recipe), 1, most),
        PARALLEL: (refinement(models[OURS], frequencies, recipe), recipe.chains, min(most, MIDDLE_BUDGET)),
        LEARNED: (using(models[OURS]), 1, min(most, MIDDLE_BUDGET)),
        AT_ONCE: (using(models[OURS], careful=False), 1, min(most, MIDDLE_BUDGET)),
        REMASKED: (using(models[OURS], careful=False, remask=REMASKED_SHARE), 1, SHORT_BUDGET),
    }
    if ONE_SHOT in models:
        rows[RESAMPLED] = (using(models[ONE_SHOT], refines=False), 1, most)
    for row, model in models.items():
        if row not in (OURS, ONE_SHOT):
            rows[row] = (using(model, careful=False), 1, SHORT_BUDGET)
    return rows


def _stories(trails: list[Trail], frame: Frame, level: float, *, count: int) -> list[str]:
    """Return the trajectories that show most: solved after some repairs, the longer first, at most ten attempts."""
    repaired = [
        (len(trail.attempts), row)
        for row, trail in enumerate(trails)
        if trail.attempts and trail.attempts[-1].judgement.solved and 2 <= len(trail.attempts) <= 10
    ]
    return [story(trails[row], frame, row, level=level) for _, row in sorted(repaired, reverse=True)[:count]]
