"""New, changed and removed applications: the folder of the catalogue, watched by content.

A folder that is still being written is left alone: its content must be the same on two ticks. What a tick then wants is
read off the artifacts, not off the cursor, so that it does not matter how many ticks were missed.

Not covered: an empty catalogue. It looks the same as a disk that is not mounted, and unregisters nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import folder_digest
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import LIGHT, intake_job
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import Ask, blocks, request, settled, state_of, under_way
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
    quiet, cursor = settled(cursor, {**dict.fromkeys(known, "gone"), **seen})
    new = sorted(quiet & set(seen) - set(known))
    gone = sorted((quiet & set(known)) - set(seen))
    keys = [key for key in known if key not in gone] + new
    asks, why = _asks(graph, instance, pipeline, keys=keys, quiet=quiet)
    recipe = pipeline.profile.automation
    answers = [request(instance, ask, attempts=recipe.attempts, pause=timedelta(minutes=recipe.pause_min)) for ask in asks]
    runs = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
    skipped = [answer.skip_message for answer in answers if isinstance(answer, dg.SkipReason)]
    moving = sorted(set(seen) - quiet)
    if moving:
        skipped.append(f"still changing, or seen for the first time: {', '.join(moving)}")
    return dg.SensorResult(
        run_requests=runs,
        skip_reason=None if runs else "; ".join([*skipped, why]) or None,
        cursor=cursor,
        dynamic_partitions_requests=[
            *([APPLICATIONS.build_add_request(new)] if new else []),
            *([APPLICATIONS.build_delete_request(gone)] if gone else []),
        ],
    )


def contents(catalogue: CatalogueResource) -> dict[str, str]:
    """Return application -> digest of its folder."""
    return {key: folder_digest(catalogue.path / key) for key in catalogue.application_ids()}


def _asks(
    graph: "AssetGraph", instance: dg.DagsterInstance, pipeline: Pipeline, *, keys: Sequence[str], quiet: set[str]
) -> tuple[list[Ask], str]:
    """Return the runs that are due, and why there are no others."""
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
    due = [key for key in keys if key in quiet and any(key in partitions for partitions in old.values())]
    if due:
        return _per_application(graph, pipeline, old, due=due, keys=keys), ""
    # What gathers all applications waits for those that are still being written.
    waiting = any(key in partitions for partitions in old.values() for key in keys)
    if old and not waiting:
        assets = tuple(old)
        return [Ask(sensor=NAME, job="intake", assets=assets, keys=(), state=state_of(graph, old, keys, pipeline))], ""
    return [], "everything about the applications is up to date" if not old else "waiting until the catalogue is quiet"


def _per_application(
    graph: "AssetGraph",
    pipeline: Pipeline,
    old: Mapping[str, Sequence[str | None]],
    *,
    due: Sequence[str],
    keys: Sequence[str],
) -> list[Ask]:
    """Return one run for each block of neighbours; a single block makes what gathers it as well."""
    asks = []
    found = list(blocks(due, keys))
    whole = len(found) == 1 and not {key for partitions in old.values() for key in partitions if key} - set(due)
    for block in found:
        mine = {
            name: [key for key in partitions if key in block or (key is None and whole)]
            for name, partitions in old.items()
        }
        mine = {name: partitions for name, partitions in mine.items() if partitions}
        state = state_of(graph, mine, keys, pipeline)
        asks.append(Ask(sensor=NAME, job="intake", assets=tuple(mine), keys=block, state=state))
    return asks
