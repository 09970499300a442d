"""New, changed and removed applications: the folder of the catalogue, watched by content.

A folder that is still being written is left alone: its content must be the same on two ticks. What a tick then wants is
read off the artifacts, not off the cursor, so that it does not matter how many ticks were missed.

Not covered: an empty catalogue. It looks the same as a disk that is not mounted, and unregisters nothing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import folder_digest
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import LIGHT, intake_job
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import answer, asks_for, settled, under_way
from iccm_dagster.errors import CatalogueError

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

NAME = "new_applications"


@dg.sensor(
    name=NAME,
    job=intake_job,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Registers new applications, unregisters removed ones, and makes what a new or changed one needs. Trains nothing.",
)
def new_applications(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.SensorResult:
    """Look at the catalogue once."""
    return intake(context.repository_def.asset_graph, context.instance, pipeline, cursor=context.cursor)


def intake(
    graph: "AssetGraph", instance: dg.DagsterInstance, pipeline: Pipeline, *, cursor: str | None
) -> dg.SensorResult:
    """Return what the catalogue asks for, as it is now and was on the last tick."""
    try:
        seen = contents(pipeline.catalogue)
    except CatalogueError as error:
        return dg.SensorResult(skip_reason=f"nothing is registered or unregistered: {error}", cursor=cursor)
    known = list(instance.get_dynamic_partitions(APPLICATIONS.name))
    every = {**dict.fromkeys(known, "gone"), **seen}
    quiet, cursor = settled(cursor, every)
    new = sorted(quiet & set(seen) - set(known))
    gone = sorted((quiet & set(known)) - set(seen))
    keys = [key for key in known if key not in gone] + new
    moving = sorted(set(every) - quiet)
    runs, why = _runs(graph, instance, pipeline, keys=keys, moving=moving)
    if moving:
        why = f"still changing, or seen for the first time: {', '.join(moving)}; {why}"
    return dg.SensorResult(
        run_requests=runs,
        skip_reason=None if runs else why,
        cursor=cursor,
        dynamic_partitions_requests=[
            *([APPLICATIONS.build_add_request(new)] if new else []),
            *([APPLICATIONS.build_delete_request(gone)] if gone else []),
        ],
    )


def contents(catalogue: CatalogueResource) -> dict[str, str]:
    """Return application -> digest of its folder."""
    return {key: folder_digest(catalogue.path / key) for key in catalogue.application_ids()}


def _runs(
    graph: "AssetGraph",
    instance: dg.DagsterInstance,
    pipeline: Pipeline,
    *,
    keys: Sequence[str],
    moving: Sequence[str],
) -> tuple[list[dg.RunRequest], str]:
    """Return the runs that are due, and what to say where there is none."""
    if busy := under_way(instance, LIGHT, jobs=("main", "intake", "retraining")):
        return [], f"run {busy.run_id} ({busy.job_name}) is making some of it"
    found = stale(
        graph,
        [dg.AssetKey(name) for name in LIGHT],
        keys=keys,
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
        with_targets=True,
    )
    old = {name: partitions for name, partitions in found.items() if name in LIGHT}
    asks = asks_for(graph, old, pipeline, sensor=NAME, job=intake_job.name, order=keys, moving=moving)
    idle = "waiting until they are quiet" if old else "everything about the applications is up to date"
    return answer(instance, asks, pipeline.profile.automation, otherwise=idle)
