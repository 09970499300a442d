"""Many runs over many tasks, resumed where a crash left them, and the control without reflection."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from iccm_dagster.artifacts import digest
from iccm_dagster.celr.agent import ListLog, Log, Outcome, Setting, solve
from iccm_dagster.celr.heuristic import ExploringPolicy, HeuristicPolicy
from iccm_dagster.celr.ladder import Request, Rung
from iccm_dagster.celr.log import iter_log
from iccm_dagster.celr.recipe import AgentRecipe
from iccm_dagster.celr.states import Policy
from iccm_dagster.celr.tasks import Harness, Task, Workbench
from iccm_dagster.celr.transitions import Budget
from iccm_dagster.progress import OnProgress, Progress


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


def default_policy(recipe: AgentRecipe) -> Policy:
    """Return the heuristic, with the recipe's share of exploration around it."""
    heuristic = HeuristicPolicy(retries_per_rung=recipe.retries_per_rung)
    return ExploringPolicy(heuristic, epsilon=recipe.epsilon) if recipe.epsilon else heuristic


def setting_for(bench: Workbench, ladder: Sequence[Rung], harness: Harness, *, recipe: AgentRecipe, policy: Policy) -> Setting:
    """Return what the runs over one application share."""
    return Setting(
        ladder=tuple(ladder),
        policy=policy,
        harness=harness,
        split=bench.part,
        budget=Budget(cost=recipe.cost_limit, seconds=recipe.seconds_limit, max_steps=recipe.max_steps, depth=recipe.depth),
        verify_cost=recipe.verify_cost,
        reflects=True,
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


def compare_reflection(tasks: Sequence[Task], *, setting: Setting, samples: int, seed: int, workers: int) -> list[Comparison]:
    """Work on each task with and without reflection, retrying at the cheapest rung until the money is gone.

    Both arms have the same first attempt, prices and money; a prompt with advice is longer, and so dearer. Nothing of
    this enters the log.
    """
    jobs = [(task, sample, reflects) for task in tasks for sample in range(seed, seed + samples) for reflects in (True, False)]

    def run(job: tuple[Task, int, bool]) -> Comparison:
        task, sample, reflects = job
        alone = replace(
            setting,
            ladder=setting.ladder[:1],
            policy=HeuristicPolicy(retries_per_rung=setting.budget.max_steps),
            split=None,
            # About six attempts: the two arms must run out of money, not of steps.
            budget=replace(setting.budget, cost=6 * _price(task, setting.ladder[0], setting.verify_cost), max_steps=4 * setting.budget.max_steps),
            reflects=reflects,
        )
        log = ListLog()
        outcome = solve(task, setting=alone, log=log, seed=sample, trajectory="control")
        return _comparison(outcome, log, sample, reflects)

    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="celr") as pool:
        return list(pool.map(run, jobs))


def _terms(task: Task, setting: Setting) -> str:
    """Return the policy's version and a short hash of what else decides a run: other terms are other runs."""
    ladder = [(rung.solver.name, rung.price_in, rung.price_out) for rung in setting.ladder]
    terms = digest([_prompt(task), ladder, asdict(setting.budget), setting.verify_cost, setting.reflects])
    return f"{setting.policy.version}.{terms[:6]}"


def _prompt(task: Task) -> str:
    return Request(task=task, statements=task.statements, advice=None, best=None, seed=0).prompt


def _price(task: Task, rung: Rung, verify_cost: float) -> float:
    """Return about what one attempt and its verdict cost: an answer is about three times as long as its prompt."""
    prompt = _prompt(task)
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


def _known(folder: Path) -> tuple[set[str], set[str]]:
    """Return the runs that ended, and all that began."""
    ended, begun = set[str](), set[str]()
    for event in iter_log(folder, on_bad=lambda _: None):
        begun.add(event.trajectory)
        if event.kind == "end":
            ended.add(event.trajectory)
    return ended, begun
