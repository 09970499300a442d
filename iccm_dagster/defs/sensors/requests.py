"""Asking for runs: each state of the world is asked for once, however often a sensor looks and whenever the daemon is
restarted.

Sensors here are level-triggered: they compare what is stored with what it should be made from (`defs.freshness`), so
that nothing can be missed. What keeps them from asking twice is the run key, which Dagster stores with the run: a
digest of what would be made, from what, and of the very artifacts that it would replace. The last part matters:
without it an application that is changed, and changed back, and changed again would be taken for one already asked for.

Cursors hold only what was seen on the last tick. One that is lost costs a tick and nothing else.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import WILL_RETRY_TAG

from iccm_dagster.artifacts import digest
from iccm_dagster.defs.freshness import birth, plan_of
from iccm_dagster.defs.logged import TRAJECTORIES, log_sizes
from iccm_dagster.defs.profiles import AutomationRecipe
from iccm_dagster.defs.resources.pipeline import Pipeline

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

ASKED_BY, STATE = "iccm/asked_by", "iccm/state"
"""Tags of a run: the sensor that asked for it, and the state of the world that it was asked for."""
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A run that a sensor wants."""

    sensor: str
    """Who asks."""
    job: str
    """Name of the job that the assets are a part of."""
    assets: tuple[str, ...]
    """What is to be made."""
    keys: tuple[str, ...]
    """Applications, adjacent in the order of registration; empty where no asset is partitioned."""
    state: str
    """Digest of what the run would change: equal states are the same request."""


def settled(cursor: str | None, seen: Mapping[str, str]) -> tuple[set[str], str]:
    """Return what looked the same on the last tick (so that nobody is still writing it), and the new cursor."""
    try:
        before = json.loads(cursor or "{}")
    except ValueError:
        before = {}
    quiet = {name for name, version in seen.items() if before.get(name) == version}
    return quiet, json.dumps(dict(seen), sort_keys=True)


def state_of(
    graph: "AssetGraph", old: Mapping[str, Sequence[str | None]], keys: Sequence[str], pipeline: Pipeline
) -> str:
    """Return the digest of a request: for each artifact what it would be made from, and which one it would replace."""
    where = {"keys": keys, "store": pipeline.store, "profile": pipeline.profile, "catalogue": pipeline.catalogue}
    parts = []
    for asset, partitions in sorted(old.items()):
        plan = plan_of(graph, dg.AssetKey(asset))
        for partition in partitions:
            stored = pipeline.store.find(asset, partition)
            replaced = (stored.manifest.folder, stored.manifest.created_at) if stored else None
            grown = log_sizes(pipeline.store, [partition]) if asset == TRAJECTORIES and partition else None
            parts.append((asset, partition, birth(plan, partition, **where).fingerprint, replaced, grown))
    return digest(parts)


def blocks(keys: Sequence[str], order: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the keys as runs of neighbours in the order of registration: one range run makes each, and touches no other."""
    wanted, block = set(keys), []
    for key in order:
        if key in wanted:
            block.append(key)
        elif block:
            yield tuple(block)
            block = []
    if block:
        yield tuple(block)


def asks_for(
    graph: "AssetGraph",
    old: Mapping[str, Sequence[str | None]],
    pipeline: Pipeline,
    *,
    sensor: str,
    job: str,
    order: Sequence[str],
    moving: Collection[str],
) -> list[Ask]:
    """Return one run for each block of neighbouring applications that need something.

    What gathers all applications is made with the only block, or else once the last one is made; it waits for the
    applications that are still being written (``moving``).
    """
    due = [key for key in order if key not in moving and any(key in partitions for partitions in old.values())]
    found = list(blocks(due, order))
    gathers = not moving and len(found) <= 1
    asks = []
    for block in found or [()]:
        mine = {
            name: [key for key in partitions if key in block or (key is None and gathers)]
            for name, partitions in old.items()
        }
        mine = {name: partitions for name, partitions in mine.items() if partitions}
        if mine:
            state = state_of(graph, mine, order, pipeline)
            asks.append(Ask(sensor=sensor, job=job, assets=tuple(mine), keys=block, state=state))
    return asks


def answer(
    instance: dg.DagsterInstance, asks: Sequence[Ask], recipe: AutomationRecipe, *, otherwise: str
) -> tuple[list[dg.RunRequest], str]:
    """Return the requests that are due now, and what to say where there is none."""
    pause = timedelta(minutes=recipe.pause_min)
    answers = [request(instance, ask, attempts=recipe.attempts, pause=pause) for ask in asks]
    skipped = [found.skip_message for found in answers if isinstance(found, dg.SkipReason)]
    return [found for found in answers if isinstance(found, dg.RunRequest)], "; ".join(skipped) or otherwise


def under_way(instance: dg.DagsterInstance, assets: Sequence[str], *, jobs: Sequence[str]) -> dg.DagsterRun | None:
    """Return an unfinished run (or a crashed one that Dagster is about to retry) that makes one of these assets, whoever
    asked for it; None where there is none."""
    wanted = {dg.AssetKey(name) for name in assets}
    unfinished = instance.get_runs(dg.RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
    crashed = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], tags={WILL_RETRY_TAG: "true"}))
    for run in [*unfinished, *(run for run in crashed if run.is_complete_and_waiting_to_retry)]:
        selected = set(run.asset_selection or ())
        if selected & wanted or (not selected and run.job_name in jobs):
            return run
    return None


def request(
    instance: dg.DagsterInstance, ask: Ask, *, attempts: int, pause: timedelta
) -> dg.RunRequest | dg.SkipReason:
    """Return the run request, or why there is none: it failed too often or too recently on the very same state."""
    failed = instance.get_run_records(
        dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED],
            tags={ASKED_BY: ask.sensor, STATE: ask.state[:32]},
        )
    )
    if len(failed) >= attempts:
        return dg.SkipReason(
            f"{', '.join(ask.assets)}: {len(failed)} runs failed (last: {failed[0].dagster_run.run_id}). Mend it and launch the "
            "run again by hand, or change what it is made from."
        )
    ended = failed[0].update_timestamp.replace(tzinfo=UTC) if failed else None
    if ended is not None and now() - ended < pause:
        return dg.SkipReason(
            f"{', '.join(ask.assets)}: failed at {ended:%H:%M}, tried again after {ended + pause:%H:%M} UTC"
        )
    tags = {ASKED_BY: ask.sensor, STATE: ask.state[:32]}
    if ask.keys:
        tags |= {RANGE_START: ask.keys[0], RANGE_END: ask.keys[-1]}
    return dg.RunRequest(
        run_key=f"{ask.state[:32]}-{len(failed)}",
        job_name=ask.job,
        asset_selection=[dg.AssetKey(name) for name in ask.assets],
        tags=tags,
    )


def now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)
