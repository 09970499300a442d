"""Many runs over many tasks, resumed where a crash left them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from iccm_dagster.artifacts import digest
from iccm_dagster.celr.agent import Feedback, Log, Setting, solve
from iccm_dagster.celr.heuristic import ExploringPolicy, HeuristicPolicy
from iccm_dagster.celr.ladder import Request, Rung
from iccm_dagster.celr.log import iter_log
from iccm_dagster.celr.recipe import AgentRecipe
from iccm_dagster.celr.states import Policy
from iccm_dagster.celr.tasks import Harness, Task, Workbench
from iccm_dagster.celr.transitions import Budget
from iccm_dagster.progress import OnProgress, Progress


def default_policy(recipe: AgentRecipe) -> Policy:
    """Return the heuristic, with the recipe's share of exploration around it."""
    heuristic = HeuristicPolicy(retries_per_rung=recipe.retries_per_rung)
    return ExploringPolicy(heuristic, epsilon=recipe.epsilon) if recipe.epsilon else heuristic


def setting_for(
    bench: Workbench, ladder: Sequence[Rung], harness: Harness, *, recipe: AgentRecipe, policy: Policy
) -> Setting:
    """Return what the runs over one application share."""
    return Setting(
        ladder=tuple(ladder),
        policy=policy,
        harness=harness,
        split=bench.part,
        budget=Budget(
            cost=recipe.cost_limit, seconds=recipe.seconds_limit, max_steps=recipe.max_steps, depth=recipe.depth
        ),
        verify_cost=recipe.verify_cost,
        feedback=Feedback.ADVICE,
        wordings=recipe.wordings,
    )


def collect(
    tasks: Sequence[Task],
    *,
    setting: Setting,
    log: Log,
    logged: Path,
    samples: int,
    seed: int,
    workers: int,
    on_progress: OnProgress,
) -> int:
    """Work on each task ``samples`` times, leaving out the runs that the log below ``logged`` holds to their end.

    A run that was cut off is begun again under a new name. Returns how many runs were made.
    """
    ended, begun = _known(logged)
    jobs = []
    for task in tasks:
        for sample in range(seed, seed + samples):
            name = f"{task.id}@{_terms(task, setting)}.{sample}"
            tries = sum(run.rsplit("~", 1)[0] == name for run in begun)
            if not any(run.rsplit("~", 1)[0] == name for run in ended):
                jobs.append((task, sample, f"{name}~{tries}"))
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="celr") as pool:
        runs = [
            pool.submit(solve, task, setting=setting, log=log, seed=sample, trajectory=name)
            for task, sample, name in jobs
        ]
        solved = 0
        for number, run in enumerate(runs, 1):
            solved += run.result().success
            on_progress(
                Progress(stage="trajectories", step=number, total_steps=len(runs), metrics={"solved": solved / number})
            )
    return len(jobs)


def _terms(task: Task, setting: Setting) -> str:
    """Return the policy's version and a short hash of what else decides a run: other terms are other runs."""
    ladder = [(rung.solver.name, rung.price_in, rung.price_out) for rung in setting.ladder]
    terms = digest(
        [prompt_of(task), ladder, asdict(setting.budget), setting.verify_cost, setting.feedback, setting.wordings]
    )
    return f"{setting.policy.version}.{terms[:6]}"


def prompt_of(task: Task) -> str:
    """Return what a first attempt at the task is asked."""
    return Request(task=task, statements=task.statements, advice=None, best=None, seed=0).prompt


def _known(folder: Path) -> tuple[set[str], set[str]]:
    """Return the runs that ended, and all that began."""
    ended, begun = set[str](), set[str]()
    for event in iter_log(folder, on_bad=lambda _: None):
        begun.add(event.trajectory)
        if event.kind == "end":
            ended.add(event.trajectory)
    return ended, begun
