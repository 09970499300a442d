"""What starts runs by the clock: once a week, training again on whatever changed."""

import dagster as dg

from iccm_dagster.defs.jobs import retraining_job
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.retraining import due

NAME = "weekly_retraining"


@dg.schedule(
    name=NAME,
    cron_schedule="0 3 * * 0",
    job=retraining_job,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Sundays at 3: trains again on what changed during the week, be it a single application. Nothing changed: no run.",
)
def weekly_retraining(
    context: dg.ScheduleEvaluationContext, pipeline: Pipeline
) -> dg.RunRequest | dg.SkipReason:
    """Look at every checkpoint once, with a threshold of one application and no cool-down."""
    recipe = pipeline.profile.automation.model_copy(update={"changed": 1, "cooldown_h": 0.0})
    found = due(context.repository_def.asset_graph, context.instance, pipeline, recipe, asked_by=NAME)
    return found.run_requests[0] if found.run_requests else dg.SkipReason(found.skip_reason.skip_message)
