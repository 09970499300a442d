"""The control: does a retry profit from what the attempts before it left, and from which part of it, for the same money?"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from iccm_dagster.celr.agent import Feedback, ListLog, Outcome, Setting, solve
from iccm_dagster.celr.collect import prompt_of
from iccm_dagster.celr.heuristic import HeuristicPolicy
from iccm_dagster.celr.ladder import Rung
from iccm_dagster.celr.tasks import Task
from iccm_dagster.intervals import Interval, bootstrap_mean

WORDINGS = 3
"""Wordings that a retry of the arm "reworded" may try."""
ARMS: Mapping[str, tuple[Feedback, int]] = {
    "blind": (Feedback.NOTHING, 0),
    "carried": (Feedback.PROGRAM, 0),
    "advised": (Feedback.ADVICE, 0),
    "reworded": (Feedback.ADVICE, WORDINGS),
}
"""Arm -> what its retries get, and how many wordings each may try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One task, worked on in one arm: one row of the control."""

    application: str
    """The application."""
    task: str
    """The task."""
    seed: int
    """Seed, the same in every arm."""
    arm: str
    """One of `ARMS`."""
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


def compare_feedback(
    tasks: Sequence[Task], *, setting: Setting, attempts: int, samples: int, seed: int, workers: int
) -> list[Comparison]:
    """Work on each task in each arm, retrying at the cheapest rung until the money for about ``attempts`` blind attempts is
    gone.

    All arms have the same first attempt, the same prices and the same money, and pay for what they read: an arm that goes
    on from a program reads it each time, and so has fewer attempts than the blind one. Nothing of this enters the log.
    """
    jobs = [(task, sample, arm) for task in tasks for sample in range(seed, seed + samples) for arm in ARMS]

    def run(job: tuple[Task, int, str]) -> Comparison:
        task, sample, arm = job
        feedback, wordings = ARMS[arm]
        alone = replace(
            setting,
            ladder=setting.ladder[:1],
            policy=HeuristicPolicy(retries_per_rung=setting.budget.max_steps),
            split=None,
            # The arms must run out of money, not of steps.
            budget=replace(
                setting.budget,
                cost=attempts * price_of(task, setting.ladder[0], setting.verify_cost),
                max_steps=8 * attempts + setting.budget.max_steps,
            ),
            feedback=feedback,
            wordings=wordings,
        )
        log = ListLog()
        outcome = solve(task, setting=alone, log=log, seed=sample, trajectory="control")
        return _comparison(outcome, log, sample, arm)

    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="celr") as pool:
        return list(pool.map(run, jobs))


def price_of(task: Task, rung: Rung, verify_cost: float) -> float:
    """Return about what one attempt and its verdict cost: an answer is about three times as long as its prompt."""
    prompt = prompt_of(task)
    return rung.cost(prompt, "x" * 3 * len(prompt)) + verify_cost


def _comparison(outcome: Outcome, log: ListLog, seed: int, arm: str) -> Comparison:
    verdicts = [event.pass_rate for event in log.events if event.kind == "verdict"]
    return Comparison(
        application=outcome.state.application_id,
        task=outcome.task,
        seed=seed,
        arm=arm,
        success=outcome.pass_rate == 1.0,
        first_success=bool(verdicts) and verdicts[0] == 1.0,
        pass_rate=outcome.pass_rate,
        cost=outcome.state.cost,
        attempts=outcome.state.retries + 1,
    )


def gain_between(rows: Iterable[tuple[str, str, float]], *, arm: str, over: str, seed: int) -> Interval:
    """Return the mean over applications of (one arm - another), of any number per run.

    ``rows``: (application, arm, value). Applications that lack one of the two are left out.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for application, name, value in rows:
        found.setdefault(application, {}).setdefault(name, []).append(value)
    means = [{name: sum(values) / len(values) for name, values in arms.items()} for arms in found.values()]
    gains = [each[arm] - each[over] for each in means if arm in each and over in each]
    return bootstrap_mean(gains, resamples=2000, seed=seed)
