"""Measure rows on held-out programs: the seed's loop, and solved programs at equal numbers of executions.

An execution is one whole candidate program run on all its tests. What a program does on tests that were given and on
fresh inputs are two numbers. Not counted as executions: the local deductions of `evidence`; `operations per execution`
reports what they cost, in evaluations of single operations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from iccm_dagster.intervals import bootstrap_mean
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.refinement.corpus import Programs
from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.infer import NeuralProposer, TestJudge, TurnTaker, forward, key_of, probabilities
from iccm_dagster.refinement.kernels import passes
from iccm_dagster.refinement.model import Denoiser
from iccm_dagster.refinement.recipe import EvaluationRecipe
from iccm_dagster.refinement.search import DeductiveProposer, RandomProposer
from iccm_dagster.refinement.states import Frame, corrupt, frame_of, look
from iccm_dagster.refinement_loop import Proposer, Trail, refine
from iccm_dagster.seeding import seed_for

# B: programs, N: nodes.
RESAMPLES = 1000
PATIENCE = 10
"""Rounds without a new program after which a search ends: draws are random, the next may be new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The seed's loop, iteration by iteration; index 0 is the one-shot answer."""

    accuracy: np.ndarray
    """``[I, B]`` share of the corrupted nodes with the original token."""
    changed: np.ndarray
    """``[I, B]`` nodes changed since the iteration before (0 at iteration 0)."""
    solved: np.ndarray
    """bool ``[I, B]``: every given test passes."""
    confidence: np.ndarray
    """``[I, B]`` mean probability of the tokens chosen on the corrupted nodes."""


def held_out(programs: Programs, level: float, recipe: EvaluationRecipe) -> Frame:
    """Return the programs measured at one corruption level; every row sees the same ones, corrupted alike."""
    generator = np.random.default_rng(seed_for("held out", recipe.seed, level))
    rows = generator.permutation(len(programs))[: recipe.programs]
    taken = programs.take(rows)
    return frame_of(taken, corrupt(taken, np.full(len(rows), level), generator))


def seed_loop(model: Denoiser, frame: Frame, *, iterations: int) -> Loop:
    """Feed a model its own likeliest type-correct answer, as the seed does; a program that passes is kept."""
    programs = frame.programs
    tokens, before = frame.given.copy(), np.zeros_like(frame.given)
    measured: list[tuple[np.ndarray, ...]] = []
    passed = np.zeros(len(programs), dtype=bool)
    for iteration in range(iterations):
        seen = look(frame, tokens, evidence=model.recipe.evidence)
        logits = forward(model, frame, tokens, before, np.full(len(tokens), iteration), seen)
        drawn, _ = sample_programs(
            logits, frame.given, programs.arities, programs.sizes, programs.types, np.zeros(1), 0
        )
        answer = np.where(passed[:, None], tokens, drawn[:, 0])
        sureness = np.take_along_axis(probabilities(logits), answer[..., None].astype(np.int64), axis=2)[..., 0]
        changed = ((answer != tokens) & frame.open).sum(axis=1) * (iteration > 0)
        before, tokens = tokens, answer
        passed = passes(tokens, programs.arities, programs.sizes, programs.tests).all(axis=1)
        corrupted = frame.open.sum(axis=1)
        measured.append(
            (
                ((tokens == programs.tokens) & frame.open).sum(axis=1) / corrupted,
                changed,
                passed,
                (sureness * frame.open).sum(axis=1) / corrupted,
            )
        )
    accuracy, changes, solved, confidence = (np.stack(column) for column in zip(*measured, strict=True))
    return Loop(accuracy=accuracy, changed=changes, solved=solved, confidence=confidence)


def search(
    proposer: Proposer, frame: Frame, *, budget: int, chains: int, recipe: EvaluationRecipe, on_progress: OnProgress
) -> list[Trail[int, np.ndarray]]:
    """Let a proposer work on every program of a frame, within a budget of executions each."""
    judge = TestJudge(frame=frame)
    on_progress(Progress(stage=f"search within {budget}", step=0, total_steps=len(frame.given)))
    return refine(
        range(len(frame.given)),
        proposer=proposer,
        judge=judge,
        key=key_of,
        budget=budget,
        chains=chains,
        breadth=breadth,
        restart_after=recipe.restart_after,
        patience=PATIENCE,
    )


def breadth(executed: int) -> int:
    """Return how many candidates of one state are executed: one while executions are scarce, more later on."""
    return 1 if executed < 40 else 4 if executed < 160 else 16


def neural(
    model: Denoiser,
    frame: Frame,
    recipe: EvaluationRecipe,
    *,
    refines: bool,
    careful: bool = True,
    remask: float | None = None,
) -> NeuralProposer:
    """Return a proposer with the recipe's settings; ``careful=False`` draws every candidate at once."""
    return NeuralProposer(
        model=model,
        frame=frame,
        samples=recipe.samples,
        temperature=recipe.temperature,
        refines=refines,
        careful=recipe.careful if careful else 0,
        paths=recipe.paths,
        rounds=recipe.rounds,
        remask=remask,
        seed=seed_for("draws", recipe.seed),
    )


def solved_rows(
    trails: Sequence[Trail[int, np.ndarray]], frame: Frame, *, row: str, level: float, budgets: Sequence[int]
) -> pd.DataFrame:
    """Return the solve rates at each budget, on the given tests and on fresh inputs, with 95 % intervals.

    A program counts as solved on fresh inputs if the first candidate that passed its tests is right on all of them.
    """
    fresh = fresh_verdicts(trails, frame)
    rows = []
    for budget in budgets:
        given = np.array([trail.solved_within(budget) for trail in trails], dtype=float)
        for inputs, values in (("given", given), ("fresh", given * fresh)):
            interval = bootstrap_mean(values, resamples=RESAMPLES, seed=0)
            rows.append(
                {
                    "row": row,
                    "level": level,
                    "budget": budget,
                    "inputs": inputs,
                    "solved": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "n": interval.n,
                }
            )
    return pd.DataFrame(rows)


def fresh_verdicts(trails: Sequence[Trail[int, np.ndarray]], frame: Frame) -> np.ndarray:
    """Return for each trail whether its solution is right on the inputs held back; False where there is none."""
    verdicts = np.zeros(len(trails), dtype=bool)
    rows = np.array(
        [place for place, trail in enumerate(trails) if trail.best and trail.best.judgement.solved], dtype=int
    )
    if len(rows):
        programs = frame.programs.take(rows)
        tokens = np.stack([trails[row].best.candidate for row in rows])
        verdicts[rows] = passes(tokens, programs.arities, programs.sizes, programs.fresh).all(axis=1)
    return verdicts


def loop_rows(loop: Loop, *, row: str, level: float) -> pd.DataFrame:
    """Return the seed's metrics per iteration, with 95 % intervals over programs."""
    rows = []
    for metric in Loop.__dataclass_fields__:
        for iteration, values in enumerate(getattr(loop, metric)):
            interval = bootstrap_mean(values.astype(float), resamples=RESAMPLES, seed=0)
            rows.append(
                {
                    "row": row,
                    "level": level,
                    "metric": metric,
                    "iteration": iteration,
                    "value": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "n": interval.n,
                }
            )
    return pd.DataFrame(rows)


def lead_rows(
    ours: Sequence[Trail[int, np.ndarray]],
    other: Sequence[Trail[int, np.ndarray]],
    frame: Frame,
    *,
    against: str,
    level: float,
    budgets: Sequence[int],
) -> pd.DataFrame:
    """Return by how much ours solves more than a control, with 95 % intervals: paired, over the same programs."""
    right = [fresh_verdicts(trails, frame) for trails in (ours, other)]
    rows = []
    for budget in budgets:
        solved = [np.array([trail.solved_within(budget) for trail in trails]) for trails in (ours, other)]
        for inputs in ("given", "fresh"):
            if inputs == "fresh":
                solved = [found & verdicts for found, verdicts in zip(solved, right, strict=True)]
            interval = bootstrap_mean(solved[0] - solved[1].astype(float), resamples=RESAMPLES, seed=0)
            rows.append(
                {
                    "against": against,
                    "level": level,
                    "budget": budget,
                    "inputs": inputs,
                    "lead": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "control": float(solved[1].mean()),
                    "n": interval.n,
                }
            )
    return pd.DataFrame(rows)


Make = Callable[[Frame], Proposer]
"""Builds the proposer of a row for the programs of one level."""


def random_search(frequencies: np.ndarray, recipe: EvaluationRecipe) -> Make:
    """Return the builder of the random control."""
    return lambda frame: RandomProposer(
        frame=frame, frequencies=frequencies, samples=recipe.samples, seed=seed_for("random search", recipe.seed)
    )


def refinement(model: Denoiser, frequencies: np.ndarray, recipe: EvaluationRecipe) -> Make:
    """Return the builder of ours: the denoiser, and deduction in its turn once the careful candidates have failed."""
    deduce = deduction(frequencies, recipe)
    return lambda frame: TurnTaker(
        first=neural(model, frame, recipe, refines=True),
        second=deduce(frame),
        after=recipe.careful,
        every=recipe.deduced,
    )


def deduction(frequencies: np.ndarray, recipe: EvaluationRecipe) -> Make:
    """Return the builder of the control that repairs by evidence and has learned nothing."""
    return lambda frame: DeductiveProposer(
        frame=frame, frequencies=frequencies, samples=recipe.samples, seed=seed_for("deduction", recipe.seed)
    )
