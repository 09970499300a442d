"""Scores of trajectories: success, efficiency, cost, and their composite.

A composite compares runs over the *same task* only: retries and cost measure the task's difficulty as much as the run's
quality. Success comes first, so that giving up cheaply never ranks above solving dearly. What pairs are made of is not
the composite but the verdict of each answer.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.trajectories import Answer, Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryScore:
    """A trajectory in numbers, with the answers that pairs are made of."""

    trajectory: str
    """Name of the run."""
    task: str
    """The task."""
    application: str
    """The application."""
    split: str
    """"train", "validation" or "holdout"."""
    prompt: str
    """The task's own prompt."""
    success: float
    """1.0 for handing in code that passes everything, else 0.0."""
    pass_rate: float | None
    """Best pass rate, 0-1; None where nothing was judged."""
    efficiency: float
    """1 / (1 + retries), in (0, 1]."""
    cost: float
    """Share of the money that was left, 0-1; 0 when overspent, and where the log names no limit."""
    composite: float
    """Weighted sum of the three, 0-1."""
    judge: float | None
    """What a judge thinks of the last answer, 0-1; None where it was not asked or did not answer."""
    answers: tuple[Answer, ...]
    """Every attempt that gave an answer."""
    simulated: bool
    """Whether a simulated reconstructor took part."""

    @property
    def rank_key(self) -> tuple[float, float, float]:
        """Success first, then the pass rate, then the composite; higher is better."""
        return (self.success, self.pass_rate or 0.0, self.composite)


class TrajectoryScorer:
    """Scores and ranks trajectories."""

    def __init__(self, recipe: PreferenceRecipe) -> None:
        self._recipe = recipe

    def score(self, trajectory: Trajectory) -> TrajectoryScore:
        """Return the score of one trajectory that came to its end."""
        success = float(trajectory.success)
        efficiency = 1 / (1 + trajectory.retries)
        left = 1 - trajectory.cost / trajectory.cost_limit if trajectory.cost_limit > 0 else 0.0
        cost = min(1.0, max(0.0, left))
        weights = self._recipe
        return TrajectoryScore(
            trajectory=trajectory.id,
            task=trajectory.task,
            application=trajectory.application,
            split=trajectory.split,
            prompt=trajectory.prompt,
            success=success,
            pass_rate=trajectory.pass_rate,
            efficiency=efficiency,
            cost=cost,
            composite=weights.success_weight * success
            + weights.efficiency_weight * efficiency
            + weights.cost_weight * cost,
            judge=None,
            answers=trajectory.answers,
            simulated=trajectory.simulated,
        )

    def rank(self, trajectories: Sequence[Trajectory]) -> list[TrajectoryScore]:
        """Return the scores, best first; equals stay in the order given. Runs that were cut off are left out."""
        scores = [self.score(trajectory) for trajectory in trajectories if trajectory.complete]
        return sorted(scores, key=lambda score: score.rank_key, reverse=True)


def score_to_json(score: TrajectoryScore) -> str:
    """Return one line; read back by `score_from_json`."""
    return json.dumps(asdict(score))


def score_from_json(line: str) -> TrajectoryScore:
    """The inverse of `score_to_json`."""
    values = json.loads(line)
    return TrajectoryScore(**{**values, "answers": tuple(Answer(**answer) for answer in values["answers"])})
