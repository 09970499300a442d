"""Failed and stuck runs: told once to the webhook, and kept in a report that follows them.

What was told is written on the run itself (a tag), so that neither a restart of the daemon nor a lost cursor tells it
again. A message that did not arrive is sent again on the next tick; a crash between the two may send it twice.
"""

from datetime import timedelta

import dagster as dg

from iccm_dagster.defs.jobs import operations_job
from iccm_dagster.defs.problems import problems_of, state_of_problems
from iccm_dagster.defs.profiles import AutomationRecipe
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.webhook import WebhookResource
from iccm_dagster.defs.sensors.requests import Ask, now, request, under_way

NAME, ASSET = "run_problems", "failed_runs"
TOLD = "iccm/told"
"""Tag of a run: the kinds of problem that people were told of, joined by "+"."""


@dg.sensor(
    name=NAME,
    job=operations_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Tells the webhook (ICCM_WEBHOOK) of failed and stuck runs, each once, and keeps the report of them up to date.",
)
def run_problems(
    context: dg.SensorEvaluationContext, pipeline: Pipeline, webhook: WebhookResource
) -> dg.RunRequest | dg.SkipReason:
    """Look at the runs once."""
    return watch(context, pipeline, webhook)


def watch(
    context: dg.SensorEvaluationContext, pipeline: Pipeline, webhook: WebhookResource
) -> dg.RunRequest | dg.SkipReason:
    """Tell what is new, and return the run that brings the report up to date."""
    recipe: AutomationRecipe = pipeline.profile.automation
    problems = problems_of(context.instance, recipe, now=now())
    if webhook.url:
        for problem in problems:
            _tell_once(context, webhook, problem)
    state = state_of_problems(problems)
    stored = pipeline.store.find(ASSET)
    if stored is not None and stored.manifest.fingerprint == state:
        return dg.SkipReason(f"{len(problems)} problems, all in the report")
    if stored is None and not problems:
        return dg.SkipReason("no run failed or hangs")
    if busy := under_way(context.instance, [ASSET], jobs=(operations_job.name,)):
        return dg.SkipReason(f"run {busy.run_id} is writing the report")
    replaced = "" if stored is None else stored.manifest.folder
    ask = Ask(sensor=NAME, job=operations_job.name, assets=(ASSET,), keys=(), state=f"{state[:20]}{replaced[-6:]}")
    return request(context.instance, ask, attempts=recipe.attempts, pause=timedelta(minutes=recipe.pause_min))


def _tell_once(context: dg.SensorEvaluationContext, webhook: WebhookResource, problem) -> None:
    instance = context.instance
    run = instance.get_run_by_id(problem.run)
    told = [kind for kind in (run.tags.get(TOLD, "") if run else "").split("+") if kind]
    if run is None or problem.kind in told:
        return
    text = f"{problem.job} {problem.kind}: {problem.step or 'run'} {problem.run[:8]}: {problem.reason} {problem.remedy}"
    try:
        webhook.tell(text, {"run": problem.run, "job": problem.job, "kind": problem.kind, "since": problem.since})
    except OSError as error:
        context.log.warning(f"{webhook.url} was not reached ({error}): told on the next tick")
        return
    instance.add_run_tags(problem.run, {TOLD: "+".join([*told, problem.kind])})
