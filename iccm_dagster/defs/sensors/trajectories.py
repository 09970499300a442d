"""New lines in the agent's logs: scores, pairs and exports are made of them; the control policy has a sensor of its own
(`sensors.cortex`)."""

from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import LOGGED, celr_job
from iccm_dagster.defs.logged import log_sizes
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import answer, asks_for, settled, under_way

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

NAME = "new_trajectories"


@dg.sensor(
    name=NAME,
    job=celr_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Takes in what the agent has logged since: scores, pairs, exports and the report. Trains nothing.",
)
def new_trajectories(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.SensorResult:
    """Look at the logs once."""
    return take_in(context.repository_def.asset_graph, context.instance, pipeline, cursor=context.cursor)


def take_in(
    graph: "AssetGraph", instance: dg.DagsterInstance, pipeline: Pipeline, *, cursor: str | None
) -> dg.SensorResult:
    """Return what the logs ask for, as long as they are now and were on the last tick."""
    order = list(instance.get_dynamic_partitions("applications"))
    sizes = log_sizes(pipeline.store, order)
    quiet, cursor = settled(cursor, {key: str(size) for key, size in sizes.items()})
    if not sizes:
        return dg.SensorResult(skip_reason="the agent has not logged anything yet", cursor=cursor)
    if moving := sorted(set(sizes) - quiet):
        return dg.SensorResult(
            skip_reason=f"being written, or seen for the first time: {', '.join(moving)}", cursor=cursor
        )
    if busy := under_way(instance, LOGGED, jobs=("celr", "retraining")):
        return dg.SensorResult(skip_reason=f"run {busy.run_id} ({busy.job_name}) is making some of it", cursor=cursor)
    # Applications that the agent never worked on wait for a person: they have no new line in any log.
    found = stale(
        graph,
        [dg.AssetKey(name) for name in LOGGED],
        keys=registered(instance),
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
        with_targets=True,
        only=sizes,
    )
    old = {name: partitions for name, partitions in found.items() if name in LOGGED}
    asks = asks_for(graph, old, pipeline, sensor=NAME, job=celr_job.name, order=order, moving=())
    runs, why = answer(instance, asks, pipeline.profile.automation, otherwise="every line of the logs is taken in")
    return dg.SensorResult(run_requests=runs, skip_reason=None if runs else why, cursor=cursor)
