"""The control: does reflection help, against blind retries for the same money?"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from iccm_dagster.celr.agent import ListLog, Outcome, Setting, solve
from iccm_dagster.celr.collect import prompt_of
from iccm_dagster.celr.heuristic import HeuristicPolicy
from iccm_dagster.celr.ladder import Rung
from iccm_dagster.celr.tasks import Task
from iccm_dagster.intervals import Interval, bootstrap_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One task, worked on with and without reflection at the same budget: one row of the control."""

    application: str
    """The application."""
    task: str
    """The task."""
    seed: int
    """Seed of both runs."""
    reflects: bool
    """Which of the two this is."""
    success: bool
    """Whether everything passed in the end."""
    first_success: bool
    """Whether the first attempt already passed everything: then there was nothing to reflect on."""
    pass_rate: float | None
    """Best pass rate, 0-1; None where nothing was judged."""
    cost: float
    """Money spent."""
    attempts: int
    """Attempts made."""


def compare_reflection(
    tasks: Sequence[Task], *, setting: Setting, samples: int, seed: int, workers: int
) -> list[Comparison]:
    """Work on each task with and without reflection, retrying at the cheapest rung until the money is gone.

    Both arms have the same first attempt, the same prices and the same money; the blind arm writes the whole anew each
    time and keeps its best, and pays less for a prompt without advice. Nothing of this enters the log.
    """
    jobs = [
        (task, sample, reflects)
        for task in tasks
        for sample in range(seed, seed + samples)
        for reflects in (True, False)
    ]

    def run(job: tuple[Task, int, bool]) -> Comparison:
        task, sample, reflects = job
        alone = replace(
            setting,
            ladder=setting.ladder[:1],
            policy=HeuristicPolicy(retries_per_rung=setting.budget.max_steps),
            split=None,
            # About six attempts: the two arms must run out of money, not of steps.
            budget=replace(
                setting.budget,
                cost=6 * price_of(task, setting.ladder[0], setting.verify_cost),
                max_steps=4 * setting.budget.max_steps,
            ),
            reflects=reflects,
        )
        log = ListLog()
        outcome = solve(task, setting=alone, log=log, seed=sample, trajectory="control")
        return _comparison(outcome, log, sample, reflects)

    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="celr") as pool:
        return list(pool.map(run, jobs))


def price_of(task: Task, rung: Rung, verify_cost: float) -> float:
    """Return about what one attempt and its verdict cost: an answer is about three times as long as its prompt."""
    prompt = prompt_of(task)
    return rung.cost(prompt, "x" * 3 * len(prompt)) + verify_cost


def _comparison(outcome: Outcome, log: ListLog, seed: int, reflects: bool) -> Comparison:
    verdicts = [event.pass_rate for event in log.events if event.kind == "verdict"]
    return Comparison(
        application=outcome.state.application_id,
        task=outcome.task,
        seed=seed,
        reflects=reflects,
        success=outcome.pass_rate == 1.0,
        first_success=bool(verdicts) and verdicts[0] == 1.0,
        pass_rate=outcome.pass_rate,
        cost=outcome.state.cost,
        attempts=outcome.state.retries + 1,
    )


def reflection_gain(rows: Iterable[tuple[str, bool, float]], *, seed: int) -> Interval:
    """Return the mean over applications of (with reflection - without), of any number per run.

    ``rows``: (application, reflects, value). Applications that lack an arm are left out.
    """
    arms: dict[str, dict[bool, list[float]]] = {}
    for application, reflects, value in rows:
        arms.setdefault(application, {}).setdefault(reflects, []).append(value)
    means = [{arm: sum(found) / len(found) for arm, found in both.items()} for both in arms.values() if len(both) == 2]
    return bootstrap_mean([both[True] - both[False] for both in means], resamples=2000, seed=seed)
