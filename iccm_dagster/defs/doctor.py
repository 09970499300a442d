"""Runs that died without a word: end them in Dagster's books, so that the next run does not wait for their slots for
ever.

A run that trains says which process it is. A ``kill -9`` (or a power cut) leaves such a run "started" and its slot of
the pool taken; nothing but this ends it where no daemon watches.

Covered: runs on this machine. Not covered: runs on other machines; the daemon's run monitoring ends those after their
longest time.
"""

import os
import socket
from pathlib import Path

import dagster as dg

PROCESS_TAG = "iccm/process"


def claim(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> None:
    """Write down that this process executes the run."""
    context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: _this_process()})


def reap_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """End the runs of this machine whose process is gone, free their slots, and return their ids."""
    active = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    )
    dead = [run for run in instance.get_runs(active) if PROCESS_TAG in run.tags and _is_gone(run.tags[PROCESS_TAG])]
    for run in dead:
        instance.report_run_failed(run, message=f"its process ({run.tags[PROCESS_TAG]}) is gone")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
    return [run.run_id for run in dead]


def _this_process() -> str:
    return f"{socket.gethostname()}/{os.getpid()}/{_started_at(os.getpid())}"


def _is_gone(process: str) -> bool:
    host, pid, started_at = process.split("/")
    return host == socket.gethostname() and _started_at(int(pid)) != started_at


def _started_at(pid: int) -> str:
    """Return when a process was started [clock ticks since boot], which tells it from a later one with the same number;
    "" when it is gone."""
    try:
        # The command's name stands in parentheses and may hold anything; the 20th field after it is the start time.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19]
    except OSError:
        return ""
