"""How the daemon starts runs and notices that one has died: named in ``dagster.yaml``, so loaded with every instance.

Dagster's own launcher starts a run as a child of the code server, which reports a child that was killed. When the code
server is gone too (the machine was restarted, everything was killed at once), nothing would: the run would stay
"started" for ever. This launcher tells the daemon's run monitoring whether a run's process is still there; the
monitoring then fails the run, frees its slots, and the retries of ``dagster.yaml`` start it again.

Not covered: a code server that stays away for longer than the settling time. Dagster gives a retry up for good when it
cannot reach the code at that moment.
"""

import time
from typing import Any

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from iccm_dagster.defs.workers import is_gone, process_of

# A run is claimed within milliseconds of its start; one that was not for this long ended before it could be.
UNCLAIMED_S = 30
# What killed a worker may have killed the code server with it: a retry is asked for when that had time to come back.
SETTLE_S = 40


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher for one machine, with a health check."""

    def __init__(self, inst_data: Any = None, *, settle_s: float = SETTLE_S) -> None:
        super().__init__(inst_data)
        self._settle_s = settle_s
        self._gone_since: dict[str, float] = {}

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return whether the run's process lives; runs that other programs started unclaimed are left alone."""
        reason = self._why_dead(run)
        if reason is None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        since = self._gone_since.setdefault(run.run_id, time.monotonic())
        if time.monotonic() - since < self._settle_s:
            return CheckRunHealthResult(WorkerStatus.RUNNING, f"{reason}; waiting for the code server to settle")
        del self._gone_since[run.run_id]
        return CheckRunHealthResult(WorkerStatus.FAILED, reason)

    def _why_dead(self, run: dg.DagsterRun) -> str | None:
        process = process_of(run)
        if process is not None:
            return f"its process ({process}) is gone" if is_gone(process) else None
        record = self._instance.get_run_record_by_id(run.run_id)
        started = record.start_time if record is not None else None
        unclaimed = GRPC_INFO_TAG in run.tags and started is not None and time.time() - started > UNCLAIMED_S
        return f"no process claimed it in {UNCLAIMED_S} s" if unclaimed else None
