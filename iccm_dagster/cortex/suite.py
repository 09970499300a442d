"""The benchmark suite: the same tasks, seeds and budgets for every policy, judged by real tests.

Tasks come from applications outside of the training split, in turn, so that every application weighs about the same. With simulated
solvers on the ladder every result is ``simulated``, though its verdicts are real.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import TypeVar

from iccm_dagster.artifacts import digest
from iccm_dagster.celr.agent import ListLog, Setting, solve
from iccm_dagster.celr.states import Policy
from iccm_dagster.celr.tasks import Task
from iccm_dagster.celr.trajectories import trajectories_of
from iccm_dagster.cortex.gate import FEWEST_APPLICATIONS, Result
from iccm_dagster.cortex.transitions import episodes_of
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.seeding import seed_for

T = TypeVar("T")
Settings = Mapping[str, Setting]
"""Application -> what runs over it share; the policy in it is replaced by the one on trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of the suite."""

    name: str
    """Unique in the suite; results are paired by it."""
    task: Task
    seed: int
    """Seed of the solvers: equal for every policy."""


def plan_suite(tasks: Mapping[str, Sequence[Task]], *, count: int, seed: int) -> list[Job]:
    """Return ``count`` jobs, applications in turn, each going round its own tasks with a new seed every time."""
    rounds = {application: cycle(own) for application, own in sorted(tasks.items()) if own}
    jobs = []
    for number, application in enumerate(islice(cycle(rounds), count) if rounds else ()):
        task = next(rounds[application])
        jobs.append(Job(name=f"{task.id}.{number}", task=task, seed=seed_for("cortex", "suite", seed, number)))
    return jobs


def outside_training(benches: Mapping[str, T], *, split: Callable[[T], str]) -> dict[str, T]:
    """Return the applications outside of the training split; all of them where that leaves fewer than bounds need."""
    kept = {name: bench for name, bench in benches.items() if split(bench) != "train"}
    return kept if len(kept) >= FEWEST_APPLICATIONS else dict(benches)


def suite_name(jobs: Sequence[Job], *, settings: Settings) -> str:
    """Return a name that is equal for equal suites: tasks, seeds, ladders and budgets."""
    ladders = {
        application: ([rung.solver.name for rung in setting.ladder], str(setting.budget), setting.verify_cost)
        for application, setting in settings.items()
    }
    return digest([[(job.name, job.seed) for job in jobs], ladders])[:12]


def run_suite(
    jobs: Sequence[Job],
    policy: Policy,
    *,
    settings: Settings,
    on_progress: OnProgress,
    each: Callable[[Callable[[Job], Result], Sequence[Job]], Sequence[Result]] | None = None,
) -> list[Result]:
    """Run every job under a policy. ``each`` maps a function over the jobs, in a pool for instance; in turn where None.

    Raises:
        SandboxUnavailable: The sandbox failed, so programs could not be judged.
    """
    done = 0

    def run(job: Job) -> Result:
        nonlocal done
        result = run_job(job, policy, setting=settings[job.task.application])
        done += 1
        on_progress(Progress(stage=f"suite, policy {policy.version}", step=done, total_steps=len(jobs)))
        return result

    return list((each or map)(run, jobs))


def run_job(job: Job, policy: Policy, *, setting: Setting) -> Result:
    """Run one job: the agent, its ladder, real verdicts. Unsafe events of parts of the task count too."""
    log = ListLog()
    outcome = solve(job.task, setting=replace(setting, policy=policy), log=log, seed=job.seed, trajectory=job.name)
    episodes = episodes_of(trajectories_of(log.events))
    return Result(
        task=job.name,
        application=job.task.application,
        success=outcome.success,
        cost=outcome.state.cost / outcome.state.cost_limit,
        unsafe=sum(episode.unsafe for episode in episodes),
        simulated=outcome.simulated,
    )
