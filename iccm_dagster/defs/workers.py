"""Which process executes a run, and whether it is still there.

Every run is tagged with the process that executes it: by the executor when it begins, or by who runs it inside its own
process. A ``kill -9`` (or a power cut) leaves such a run "started" and its slots taken; the tag is how that is noticed.

A step that failed because the database was lost under it says nothing about its asset: such a run is retried too, like one
whose process died, although failures of assets are not.

Covered: processes of this machine; a number that was given to a later process is told from the first one.
Not covered: runs of other machines, which are taken to be alive; the longest time of a run ends those.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.tags import RETRY_ON_ASSET_OR_OP_FAILURE_TAG
from dagster._utils.error import SerializableErrorInfo

PROCESS_TAG = "iccm/process"
# What SQLAlchemy, the driver and Dagster's storage raise when the database cannot be reached or a connection breaks off. The
# driver's bare DatabaseError is a server that went away under a query; a wrong query is one of its subclasses.
LOST_DATABASE = frozenset({"OperationalError", "InterfaceError", "DatabaseError", "DagsterPostgresException"})


def process_tags(run_id: str) -> dict[str, str]:
    """Return the tag that says: this process executes the run."""
    # A retry inherits the tags of the run it repeats; with the run's id in it, an inherited tag claims nothing.
    return {PROCESS_TAG: f"{run_id}/{socket.gethostname()}/{os.getpid()}/{_started_at(os.getpid())}"}


def process_of(run: dg.DagsterRun) -> str | None:
    """Return the process that executes the run as ``host/pid/start``, None where none has claimed it yet."""
    run_id, _, process = run.tags.get(PROCESS_TAG, "").partition("/")
    return process if run_id == run.run_id else None


def is_gone(process: str) -> bool:
    """Return whether a process of this machine has ended; False for other machines."""
    host, pid, started_at = process.split("/")
    return host == socket.gethostname() and _started_at(int(pid)) != started_at


class ClaimingExecutor(dg.Executor):
    """Another executor, after the run was tagged with this process."""

    def __init__(self, executor: dg.Executor) -> None:
        self._executor = executor

    @property
    def retries(self) -> Any:
        return self._executor.retries

    @property
    def step_dependency_config(self) -> Any:
        return self._executor.step_dependency_config

    def execute(self, plan_context: Any, execution_plan: Any) -> Iterator[dg.DagsterEvent]:
        plan_context.instance.add_run_tags(plan_context.run_id, process_tags(plan_context.run_id))
        for event in self._executor.execute(plan_context, execution_plan):
            # In time: whether a run is retried is decided when its failure is written down, after those of its steps.
            if event.is_step_failure and _lost_database(event.step_failure_data.error):
                plan_context.instance.add_run_tags(plan_context.run_id, {RETRY_ON_ASSET_OR_OP_FAILURE_TAG: "true"})
            yield event


@dg.executor(name="in_process", config_schema=dg.in_process_executor.config_schema)
def claimed_in_process_executor(context: dg.InitExecutorContext) -> dg.Executor:
    """All steps in the run's own process, which the run is tagged with."""
    return ClaimingExecutor(dg.in_process_executor.executor_creation_fn(context))


def _lost_database(error: SerializableErrorInfo | None) -> bool:
    """Return whether an error, or one that it came from, is a connection to the database that broke off."""
    while error is not None:
        if error.cls_name in LOST_DATABASE:
            return True
        error = error.cause or error.context
    return False


def _started_at(pid: int) -> str:
    """Return when a process was started [clock ticks since boot], which tells it from a later one with the same number;
    "" when it is gone, or ended and waits to be collected."""
    try:
        # The command's name stands in parentheses and may hold anything; the state and, 19 fields on, the start follow.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
