"""What is out of date, and why: one fingerprint rule, used by the assets themselves and by whoever asks before running
them.

A fingerprint is a hash over the asset's code version, its part of the profile, the versions of its parents, and what it
reads from outside (application folders, installed packages). An artifact whose stored fingerprint is equal needs no new
work.
"""

import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import Artifact, ArtifactStore, digest, folder_digest
from iccm_dagster.defs.logged import TRAJECTORIES, has_grown
from iccm_dagster.defs.profiles import Profile
from iccm_dagster.defs.resources.catalogue import CatalogueResource

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

RECIPE = "iccm/recipe"
"""Metadata key of an asset: the parts of the profile that it is made by, joined by "+"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What decides whether an asset is up to date."""

    asset: str
    code_version: str
    recipe: str
    """Parts of the profile, joined by "+"; empty for none."""
    partitioned: bool
    parents: tuple[tuple[str, bool], ...]
    """(asset, partitioned), sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What an artifact would be made from."""

    fingerprint: str
    parents: Mapping[str, str]
    """``asset`` or ``asset/partition`` -> version."""
    missing: tuple[str, ...]
    """Parents that were never made."""


def plan_of(graph: "AssetGraph", key: dg.AssetKey) -> Plan:
    """Read an asset's plan off the asset graph."""
    node = graph.get(key)
    return Plan(
        asset=key.to_user_string(),
        code_version=node.code_version or "",
        recipe=str(node.metadata.get(RECIPE, "")),
        partitioned=node.partitions_def is not None,
        parents=tuple(
            sorted(
                (parent.to_user_string(), graph.get(parent).partitions_def is not None) for parent in node.parent_keys
            )
        ),
    )


def birth(
    plan: Plan,
    partition: str | None,
    *,
    keys: Sequence[str],
    store: ArtifactStore,
    profile: Profile,
    catalogue: CatalogueResource,
) -> Birth:
    """Return what the artifact would be made from now. ``keys``: all applications, for parents that are gathered."""
    parents: dict[str, str] = {}
    missing: list[str] = []
    for parent, parent_partitioned in plan.parents:
        wanted = ([partition] if plan.partitioned else list(keys)) if parent_partitioned else [None]
        for key in wanted:
            name = parent if key is None else f"{parent}/{key}"
            artifact = store.find(parent, key)
            if artifact is None:
                missing.append(name)
            else:
                parents[name] = artifact.version
    fingerprint = digest(
        {
            "asset": plan.asset,
            "code": plan.code_version,
            "recipe": profile.recipe(plan.recipe),
            "parents": parents,
            "outside": _outside(plan.asset, partition, catalogue, store),
        }
    )
    return Birth(fingerprint=fingerprint, parents=parents, missing=tuple(missing))


def _outside(asset: str, partition: str | None, catalogue: CatalogueResource, store: ArtifactStore) -> str:
    """Return a hash of what an asset reads that is no asset."""
    if asset == "cortex_benchmark":
        # The incumbent is whatever the pointer of the policy archive says.
        pointer = store.find("cortex_current")
        return "0" if pointer is None else pointer.json("current.json")["current"]
    if asset == "application_source" and partition is not None:
        return folder_digest(catalogue.path / partition)
    return _environment_digest() if asset == "docstring_corpus" else ""


def _environment_digest() -> str:
    """Return a hash over the interpreter and the installed packages, which the docstring corpus is harvested from."""
    installed = sorted({(found.metadata["Name"] or "", found.version) for found in metadata.distributions()})
    return digest([sys.version, installed])


def stale(
    graph: "AssetGraph",
    targets: Sequence[dg.AssetKey],
    *,
    keys: Sequence[str],
    store: ArtifactStore,
    profile: Profile,
    catalogue: CatalogueResource,
    with_targets: bool = False,
    only: Collection[str] | None = None,
) -> dict[str, list[str | None]]:
    """Return the assets among the targets' ancestors (``with_targets``: the targets too) that are missing or out of
    date, with their partitions, in pipeline order. ``only``: partitions of other applications than these are taken as
    they are.

    What stands on something stale is stale: its new fingerprint is not known yet.
    """
    upstream = {key for target in targets for key in graph.get_ancestor_asset_keys(target)} - set(targets)
    upstream |= set(targets) if with_targets else set()
    found: dict[str, list[str | None]] = {}
    looked_at = keys if only is None else [key for key in keys if key in only]
    for key in graph.toposorted_asset_keys:
        if key not in upstream or not graph.get(key).is_materializable:
            continue
        plan = plan_of(graph, key)
        old = [
            partition
            for partition in (looked_at if plan.partitioned else [None])
            if _is_stale(plan, partition, found, keys=keys, store=store, profile=profile, catalogue=catalogue)
        ]
        if old:
            found[plan.asset] = old
    return found


def _is_stale(
    plan: Plan,
    partition: str | None,
    found: Mapping[str, list[str | None]],
    *,
    keys: Sequence[str],
    store: ArtifactStore,
    profile: Profile,
    catalogue: CatalogueResource,
) -> bool:
    for parent, parent_partitioned in plan.parents:
        old = found.get(parent, [])
        if old and (not parent_partitioned or not plan.partitioned or partition in old):
            return True
    stored = store.find(plan.asset, partition)
    now = birth(plan, partition, keys=keys, store=store, profile=profile, catalogue=catalogue)
    return not is_current(stored, now, store)


def is_current(stored: Artifact | None, now: Birth, store: ArtifactStore) -> bool:
    """Return whether an artifact needs no new work: it was made from what is there now, and nothing grew under it."""
    if stored is None or stored.manifest.fingerprint != now.fingerprint:
        return False
    manifest = stored.manifest
    return not (manifest.asset == TRAJECTORIES and manifest.partition and has_grown(store, stored, manifest.partition))
