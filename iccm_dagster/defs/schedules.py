"""What starts runs by the clock: once a week, training again on whatever changed."""

from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.defs.jobs import retraining_job
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.retraining import due

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

NAME = "weekly_retraining"


@dg.schedule(
    name=NAME,
    cron_schedule="0 3 * * 0",
    job=retraining_job,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Sundays at 3: trains again on what changed during the week, be it a single application. Nothing changed: no run.",
)
def weekly_retraining(context: dg.ScheduleEvaluationContext, pipeline: Pipeline) -> dg.RunRequest | dg.SkipReason:
    """Look at every checkpoint once."""
    return changed_this_week(context.repository_def.asset_graph, context.instance, pipeline)


def changed_this_week(
    graph: "AssetGraph", instance: dg.DagsterInstance, pipeline: Pipeline
) -> dg.RunRequest | dg.SkipReason:
    """Return the first training that is due with a threshold of one application and no cool-down, or why none is."""
    recipe = pipeline.profile.automation.model_copy(update={"changed": 1, "cooldown_h": 0.0})
    found = due(graph, instance, pipeline, recipe, asked_by=NAME)
    return found.run_requests[0] if found.run_requests else found.skip_reason
