"""New logs: train a candidate on them, benchmark it, and promote it where the gate lets it pass."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.defs.freshness import birth, plan_of
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

PROPOSED = [
    dg.AssetKey(name) for name in ("cortex_transitions", "cortex_policy", "cortex_benchmark", "cortex_promotion")
]


@dg.sensor(
    name="cortex_proposals",
    target=dg.AssetSelection.assets(*PROPOSED),
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.STOPPED,
    description="Trains and proposes a control policy whenever the logs of the agent have changed. The gate decides.",
)
def cortex_proposals(context: dg.SensorEvaluationContext, pipeline: Pipeline) -> dg.RunRequest | dg.SkipReason:
    """Ask for one run per state of the logs: level-triggered, so that an update is never lost and never asked for twice.

    Logs that are back to a state they were in before (an application was removed and registered again) ask under that state's
    key, which the daemon does not run again: its candidate was judged then. To judge it once more, execute the job ``cortex``.
    """
    return proposal(context.repository_def.asset_graph, registered(context.instance), pipeline)


def proposal(graph: "AssetGraph", keys: Sequence[str], pipeline: Pipeline) -> dg.RunRequest | dg.SkipReason:
    """Return the run that the logs of these applications ask for, or why they ask for none."""
    born = birth(
        plan_of(graph, PROPOSED[0]),
        None,
        keys=keys,
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
    )
    if not born.parents:
        return dg.SkipReason("no trajectory was logged yet")
    stored = pipeline.store.find("cortex_transitions")
    if stored is not None and stored.manifest.fingerprint == born.fingerprint:
        return dg.SkipReason("no new logs since the last candidate")
    return dg.RunRequest(run_key=born.fingerprint)
