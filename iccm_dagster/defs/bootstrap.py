"""Everything upstream of an asset, made by one linked run before the asset itself is trained.

`dagster asset materialize --select phase2_checkpoint` selects that asset alone. So that the line also works from an
empty instance, the asset's first step registers the applications and materializes exactly what is missing or out of
date. That step holds no slot of the pool: the trainings of the linked run need it.
"""

from uuid import uuid4

import dagster as dg
from dagster_shared.check.functions import CheckError

from iccm_dagster.defs.doctor import reap_dead_runs
from iccm_dagster.defs.freshness import stale
from iccm_dagster.defs.logs import TERSE
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.sqlite import few_waits
from iccm_dagster.defs.workers import process_tags
from iccm_dagster.errors import ArtifactError

PARENT_RUN_TAG = "iccm/bootstrapped_by"
EVERYTHING = "main"
"""The job that the linked run is a part of (`defs.jobs`)."""


class Bootstrap(dg.Config):
    """Whether what is missing upstream may be made first."""

    bootstrap: bool = True
    """False refuses with the command to run instead."""


def make_upstream(
    context: dg.OpExecutionContext, pipeline: Pipeline, asset_key: dg.AssetKey, *, allowed: bool
) -> str | None:
    """Make what is missing or stale above an asset; return the id of the linked run, None where nothing was.

    Raises:
        DeviceError: The machine lacks what the trainings need; nothing was started.
        ArtifactError: Something is missing and ``allowed`` is False; the message holds the command that makes it.
        dg.Failure: The linked run failed.
    """
    pipeline.card.require(pipeline.profile)
    for run_id in reap_dead_runs(context.instance):
        context.log.warning(f"run {run_id} had died without a word: ended, its slot is free")
    # The run's own graph knows what is above the asset only by name; the repository's can make it.
    keys = register(context.instance, pipeline.catalogue)
    old = stale(
        repository_of(context).asset_graph,
        [asset_key],
        keys=keys,
        store=pipeline.store,
        profile=pipeline.profile,
        catalogue=pipeline.catalogue,
    )
    if not old:
        return None
    listed = ", ".join(
        f"{name} ({len(partitions)})" if partitions != [None] else name for name, partitions in old.items()
    )
    if not allowed:
        raise ArtifactError(
            f"{asset_key.to_user_string()} needs {listed}, and bootstrap is off. Run: dagster asset materialize -m iccm_dagster.definitions "
            f"--select '{','.join(old)}' --partition-range {keys[0]}...{keys[-1]}"
        )
    context.log.warning(
        f"missing or out of date above {asset_key.to_user_string()}: {listed}. Making them in a linked run first."
    )
    result = _run(context, list(old), sorted({key for partitions in old.values() for key in partitions if key}) or keys)
    if not result.success:
        raise dg.Failure(
            f"the linked run {result.run_id} failed; its page says why", metadata={"linked run": result.run_id}
        )
    return result.run_id


def _run(context: dg.OpExecutionContext, assets: list[str], keys: list[str]) -> dg.ExecuteInProcessResult:
    run_id = str(uuid4())
    # A range is what lies between two keys in the order of registration: what is up to date in it is skipped by itself.
    with few_waits():
        return (
            repository_of(context)
            .get_job(EVERYTHING)
            .execute_in_process(
                instance=context.instance,
                asset_selection=[dg.AssetKey(name) for name in assets],
                raise_on_error=False,
                run_config=TERSE,
                run_id=run_id,
                # It counts as no attempt of the run that asks for it, and is not retried itself: a retry of that run asks again.
                tags={
                    **range_tags(keys, context.instance),
                    **process_tags(run_id),
                    PARENT_RUN_TAG: context.run.run_id,
                    "dagster/max_retries": "0",
                },
            )
        )


def repository_of(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> dg.RepositoryDefinition:
    """Return what can make every asset. A run inside this process (`make run`) belongs to none: then it is the package's own."""
    try:
        return context.repository_def
    except CheckError:
        from iccm_dagster.definitions import defs

        return defs.get_repository_def()
