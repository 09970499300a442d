"""How an asset makes its artifacts: once, or application by application, skipping what is up to date.

Each application that is finished is stored and logged as its own materialization, so that a crash keeps it. An
application that cannot be processed becomes a recorded problem and the loop goes on; a broken machine (storage,
sandbox, device) stops it.
"""

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import Artifact, Draft, digest
from iccm_dagster.defs.freshness import Birth, birth, is_current, plan_of
from iccm_dagster.defs.lineage import ROOTS, lineage_table, roots_of
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.errors import (
    ApplicationError,
    ArtifactError,
    CatalogueError,
    DeviceError,
    EndpointError,
    SandboxUnavailable,
    StorageError,
)

Inputs = Mapping[str, Artifact]
"""Upstream asset -> its artifact, of the application at hand."""

# These say that the machine is broken, not the application.
MACHINE_ERRORS = (StorageError, SandboxUnavailable, DeviceError, EndpointError, MemoryError)


def make_each(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    gathered: Mapping[str, Mapping[str, Artifact]],
    make: Callable[[str, Inputs, Draft], dict[str, Any]],
    *,
    workers: int = 1,
    before: Callable[[list[str]], None] | None = None,
) -> dict[str, Artifact]:
    """Make one artifact per application of this run.

    ``make(application, inputs, draft)`` fills the draft's folder and returns the metadata to show. Where it raises
    because of the application, the problem is recorded. ``workers`` applications are made at a time, in threads: more
    than one helps where the work is done by other processes. ``before`` hears first which applications will be made, where
    there are any. Returns the artifacts by application.

    Raises:
        CatalogueError: Every application failed.
    """
    keys = sorted(context.partition_keys)
    asset = context.asset_key.to_user_string()
    births = _births(context, pipeline, keys)
    made = {key: stored for key in keys if (stored := _up_to_date(pipeline, asset, key, births[key])) is not None}
    old = [key for key in keys if key not in made]
    if old and before is not None:
        before(old)
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(lambda key: _make_one(context, pipeline, key, gathered, births[key], make), old)
        for number, (key, stored) in enumerate(zip(old, results, strict=True), 1):
            made[key] = stored
            context.log.info(f"{asset} {number}/{len(old)}: {key}" + (f": {stored.problem}" if stored.problem else ""))
            if len(keys) > 1:
                context.log_event(
                    dg.AssetMaterialization(context.asset_key, partition=key, metadata=_metadata(pipeline, stored))
                )
    for key, stored in made.items():
        context.add_asset_metadata(_metadata(pipeline, stored), partition_key=key)
    # Dagster knows one data version a run: the content of the application, or of all applications of the range.
    versions = sorted(stored.version for stored in made.values())
    context.set_data_version(context.asset_key, dg.DataVersion(versions[0] if len(versions) == 1 else digest(versions)))
    problems = [f"{key}: {artifact.problem}" for key, artifact in made.items() if artifact.problem]
    if len(problems) == len(keys):
        raise CatalogueError(f"{asset}: none of {len(keys)} applications could be processed. First: {problems[0]}")
    return made


def make_once(
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    pipeline: Pipeline,
    make: Callable[[Draft], dict[str, Any]],
    *,
    asset_key: dg.AssetKey,
) -> dg.Output[Artifact]:
    """Make the one artifact of an unpartitioned asset, or return the stored one when it is up to date."""
    asset = asset_key.to_user_string()
    plan_birth = _births(context, pipeline, [None], asset_key=asset_key)[None]
    stored = _up_to_date(pipeline, asset, None, plan_birth)
    if stored is None:
        started = time.monotonic()
        with pipeline.store.writing(
            asset, None, fingerprint=plan_birth.fingerprint, parents=plan_birth.parents
        ) as draft:
            shown = make(draft)
            draft.facts["metadata"] = _plain(shown)
            draft.facts[ROOTS] = roots_of(pipeline.store, plan_birth.parents)
            draft.facts["seconds"] = round(time.monotonic() - started, 1)
        pipeline.store.clear_work(asset)
        stored = pipeline.store.get(asset)
    else:
        context.log.info(f"{asset}: up to date")
    return dg.Output(stored, metadata=_metadata(pipeline, stored), data_version=dg.DataVersion(stored.version))


def fingerprint_of(context: Any, pipeline: Pipeline, *, asset_key: dg.AssetKey | None = None) -> str:
    """Return the fingerprint of an unpartitioned asset as its inputs are now: the name of its training's work
    folder."""
    return _births(context, pipeline, [None], asset_key=asset_key)[None].fingerprint


def expect(gathered: Mapping[str, Artifact], *, what: str, keys: Sequence[str]) -> dict[str, Artifact]:
    """Return the usable artifacts of a fan-in, refusing to work on none.

    Raises:
        CatalogueError: No application is registered, or none of them has a usable artifact.
    """
    if not keys:
        raise CatalogueError(
            f"{what}: no application is registered. Run `make run`, or materialize phase2_checkpoint, which registers them."
        )
    usable = {key: gathered[key] for key in keys if key in gathered and gathered[key].problem is None}
    if not usable:
        raise CatalogueError(
            f"{what}: none of the {len(keys)} registered applications has a usable artifact. "
            f"Run: dagster asset materialize -m iccm_dagster.definitions --select {what} "
            f"--partition-range {keys[0]}...{keys[-1]}"
        )
    return usable


def _make_one(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    key: str,
    gathered: Mapping[str, Mapping[str, Artifact]],
    plan_birth: Birth,
    make: Callable[[str, Inputs, Draft], dict[str, Any]],
) -> Artifact:
    asset = context.asset_key.to_user_string()
    origin = {"fingerprint": plan_birth.fingerprint, "parents": plan_birth.parents}
    try:
        inputs = {name: _usable(name, key, artifacts) for name, artifacts in gathered.items()}
        with pipeline.store.writing(asset, key, **origin) as draft:
            shown = make(key, inputs, draft)
            draft.facts["metadata"] = _plain(shown)
    except MACHINE_ERRORS:
        raise
    except (ApplicationError, ArtifactError) as error:
        return pipeline.store.write_problem(asset, key, str(error), **origin)
    except Exception as error:  # whatever one application does to our code must not stop the others
        context.log.error(f"{asset}/{key}:\n{traceback.format_exc()}")
        problem = f"{type(error).__name__}: {error}"
        return pipeline.store.write_problem(asset, key, problem, **origin)
    return pipeline.store.get(asset, key)


def _usable(name: str, key: str, artifacts: Mapping[str, Artifact]) -> Artifact:
    if key not in artifacts:
        raise ArtifactError(
            f"{name}/{key} was never made. Run: dagster asset materialize -m iccm_dagster.definitions "
            f"--select {name} --partition {key}"
        )
    if artifacts[key].problem is not None:
        raise ArtifactError(f"{name}: {artifacts[key].problem}")
    return artifacts[key]


def _births(
    context: Any, pipeline: Pipeline, keys: Sequence[str | None], *, asset_key: dg.AssetKey | None = None
) -> dict[str | None, Birth]:
    """Return what each artifact would be made from. What all have in common is asked for once: with hundreds of
    applications, asking the instance for their names once for each is what a run would spend its time on."""
    plan = plan_of(context.job_def.asset_layer.asset_graph, asset_key or context.asset_key)
    common = {
        "keys": registered(context.instance),
        "store": pipeline.store,
        "profile": pipeline.profile,
        "catalogue": pipeline.catalogue,
    }
    return {key: birth(plan, key, **common) for key in keys}


def _up_to_date(pipeline: Pipeline, asset: str, key: str | None, plan_birth: Birth) -> Artifact | None:
    stored = pipeline.store.find(asset, key)
    return stored if is_current(stored, plan_birth, pipeline.store) else None


def _plain(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata as JSON values, so that an artifact which is up to date is still shown with its tables and
    plots."""
    return {
        name: {"markdown": value.md_str} if isinstance(value, dg.MarkdownMetadataValue) else value
        for name, value in shown.items()
    }


def _metadata(pipeline: Pipeline, artifact: Artifact) -> dict[str, Any]:
    manifest = artifact.manifest
    lineage = lineage_table(pipeline.store, artifact)
    born = {
        "content version": manifest.version[:12],
        "made at": manifest.created_at,
        **({"lineage": lineage} if lineage else {}),
    }
    if manifest.problem is not None:
        return {"problem": manifest.problem, **born}
    seconds = {"seconds": manifest.facts["seconds"]} if "seconds" in manifest.facts else {}
    shown = {
        name: dg.MetadataValue.md(value["markdown"]) if isinstance(value, dict) else value
        for name, value in manifest.facts.get("metadata", {}).items()
    }
    return {**shown, **seconds, **born}
