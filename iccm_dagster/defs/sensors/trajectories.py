"""New lines in the agent's logs: scores, pairs and exports are made of them; the control policy has a sensor of its own
(`sensors.cortex`)."""

from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.jobs import LOGGED, celr_job
from iccm_dagster.defs.logged import log_sizes
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sensors.requests import Ask, blocks, request, settled, state_of, under_way

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
        return dg.SensorResult(skip_reason=f"being written, or seen for the first time: {', '.join(moving)}", cursor=cursor)
    if busy := under_way(instance, LOGGED, jobs=("celr", "retraining")):
        return dg.SensorResult(skip_reason=f"run {busy.run_id} ({busy.job_name}) is making some of it", cursor=cursor)
    found = stale(
        graph,
        [dg.AssetKey(name) for name in LOGGED],
        keys=registered(instance),
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
        with_targets=True,
    )
    # Applications that the agent never worked on wait for a person: that is no new line in a log.
    logged = {name: [key for key in found.get(name, []) if key is None or key in sizes] for name in LOGGED}
    old = {name: partitions for name, partitions in logged.items() if partitions}
    due = [key for key in order if any(key in partitions for partitions in old.values())]
    recipe, answers = pipeline.profile.automation, []
    for block in blocks(due, order) if due else [()]:
        mine = {name: [key for key in keys if key is None or key in block] for name, keys in old.items()}
        mine = {name: keys for name, keys in mine.items() if keys}
        # Several blocks are several runs, and only a run after them can gather what they made.
        if due and block != tuple(due):
            mine = {name: keys for name, keys in mine.items() if keys != [None]}
        if mine:
            state = state_of(graph, mine, registered(instance), pipeline)
            ask = Ask(sensor=NAME, job="celr", assets=tuple(mine), keys=block, state=state)
            answers.append(request(instance, ask, attempts=recipe.attempts, pause=timedelta(minutes=recipe.pause_min)))
    runs = [answer for answer in answers if isinstance(answer, dg.RunRequest)]
    skipped = [answer.skip_message for answer in answers if isinstance(answer, dg.SkipReason)]
    return dg.SensorResult(
        run_requests=runs,
        skip_reason=None if runs else "; ".join(skipped) or "every line of the logs is taken in",
        cursor=cursor,
    )
