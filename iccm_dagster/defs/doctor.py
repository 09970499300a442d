"""What ails an instance after months of runs, and how it is mended: the findings behind ``python -m iccm_dagster.doctor``.

Covered: runs whose process is gone, slots that no run holds any longer, limits of the pools, failed partitions, history
nobody asks for. Not covered: runs on other machines, which the daemon ends after their longest time.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.defs.assets.common import HARNESS_POOL, POOL
from iccm_dagster.defs.partitions import APPLICATIONS, registered
from iccm_dagster.defs.workers import is_gone, process_of

if TYPE_CHECKING:
    from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

ACTIVE = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def dead_runs(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """Return the runs of this machine that are under way in the books and whose process is gone."""
    runs = instance.get_runs(dg.RunsFilter(statuses=ACTIVE))
    return [run for run in runs if (process := process_of(run)) is not None and is_gone(process)]


def reap_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End the runs of this machine whose process is gone, free their slots, and return their ids."""
    dead = dead_runs(instance)
    for run in dead:
        instance.report_run_failed(run, message=f"its process ({process_of(run)}) is gone")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def leaked_slots(instance: dg.DagsterInstance) -> dict[str, list[str]]:
    """Return pool -> runs that hold or wait for a slot although they have ended or were deleted."""
    storage = instance.event_log_storage
    leaked: dict[str, list[str]] = {}
    for pool in sorted(storage.get_concurrency_keys()):
        info = storage.get_concurrency_info(pool)
        ids = info.active_run_ids | info.pending_run_ids
        ended = sorted(id for id in ids if (run := instance.get_run_by_id(id)) is None or run.is_finished)
        if ended:
            leaked[pool] = ended
    return leaked


def free_leaked_slots(instance: dg.DagsterInstance) -> list[str]:
    """Free the slots of runs that have ended; return those runs."""
    ended = sorted({id for ids in leaked_slots(instance).values() for id in ids})
    for run_id in ended:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    return ended


def wanted_limits() -> dict[str, int]:
    """Return pool -> slots on this machine: one per card (one where there is none), and for verdicts one."""
    # A step that judges already fills the machine with its own workers.
    return {POOL: max(1, _cards()), HARNESS_POOL: 1}


def wrong_limits(instance: dg.DagsterInstance) -> dict[str, int]:
    """Return pool -> the limit it should have, where the instance does not say so itself: a new instance only has a
    default, which two first runs at the same moment can both get through."""
    limits = {
        limit.name: limit.limit for limit in instance.event_log_storage.get_pool_limits() if not limit.from_default
    }
    # A person's own choice stays; only what nobody set is set.
    return {pool: slots for pool, slots in wanted_limits().items() if pool not in limits}


def set_limits(instance: dg.DagsterInstance) -> dict[str, int]:
    """Set the limits that nobody has set; return them."""
    wrong = wrong_limits(instance)
    for pool, slots in wrong.items():
        instance.event_log_storage.set_concurrency_slots(pool, slots)
    return wrong


def failed_partitions(instance: dg.DagsterInstance, graph: "AssetGraph") -> dict[str, list[str]]:
    """Return asset -> applications whose last run failed, sorted; assets without any are left out."""
    keys = registered(instance)
    failed: dict[str, list[str]] = {}
    for key in sorted(graph.materializable_asset_keys):
        if graph.get(key).partitions_def is None or not keys:
            continue
        statuses = instance.get_status_by_partition(key, keys, APPLICATIONS) or {}
        found = sorted(id for id, status in statuses.items() if status is not None and status.value == "FAILED")
        if found:
            failed[key.to_user_string()] = found
    return failed


def recorded_problems(store: ArtifactStore, graph: "AssetGraph", keys: Sequence[str]) -> dict[str, str]:
    """Return ``asset/application`` -> why it could not be made, for problems that did not come from above."""
    problems: dict[str, str] = {}
    for key in graph.toposorted_asset_keys:
        if graph.get(key).partitions_def is None:
            continue
        asset = key.to_user_string()
        for id in keys:
            artifact = store.find(asset, id)
            inherited = any(f"{parent.to_user_string()}/{id}" in problems for parent in graph.get(key).parent_keys)
            if artifact is not None and artifact.problem is not None and not inherited:
                problems[f"{asset}/{id}"] = artifact.problem
    return problems


def old_runs(instance: dg.DagsterInstance, graph: "AssetGraph", *, days: float) -> list[str]:
    """Return the finished runs that ended more than ``days`` ago and that nothing shown today comes from.

    A run that made the latest version of an asset, or of one of its partitions, is kept: its events are what the UI
    shows of it.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    records = instance.get_run_records(dg.RunsFilter(statuses=FINISHED, updated_before=before))
    if not records:
        return []
    kept = set(_runs_shown(instance, graph))
    return [record.dagster_run.run_id for record in records if record.dagster_run.run_id not in kept]


def prune(instance: dg.DagsterInstance, run_ids: Sequence[str]) -> None:
    """Forget runs with their events and logs."""
    for run_id in run_ids:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])


def _runs_shown(instance: dg.DagsterInstance, graph: "AssetGraph") -> Iterator[str]:
    storage = instance.event_log_storage
    for record in storage.get_asset_records(list(graph.get_all_asset_keys())):
        if record.asset_entry.last_materialization_record is not None:
            yield record.asset_entry.last_materialization_record.run_id
    for key in graph.get_all_asset_keys():
        if graph.get(key).partitions_def is None:
            continue
        latest = storage.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION)
        if latest:
            found = dg.AssetRecordsFilter(asset_key=key, storage_ids=list(latest.values()))
            for event in storage.fetch_materializations(found, limit=len(latest)).records:
                yield event.run_id


def _cards() -> int:
    """Return how many NVIDIA cards the driver lists; no card is touched, and torch is not loaded."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    listed = [line for line in done.stdout.splitlines() if line.startswith("GPU ")]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return (
        len(listed) if visible is None else min(len(listed), len([card for card in visible.split(",") if card.strip()]))
    )
