"""How the daemon starts runs and notices that one has died: named in ``dagster.yaml``, so loaded with every instance.

Dagster's own launcher starts a run as a child of the code server, which reports a child that was killed. When the code
server is gone too (the machine was restarted, everything was killed at once), nothing would: the run would stay
"started" for ever. This launcher tells the daemon's run monitoring whether a run's process is still there; the
monitoring then fails the run, frees its slots, and the retries of ``dagster.yaml`` start it again.
"""

import time

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.tags import GRPC_INFO_TAG

from iccm_dagster.defs.workers import is_gone, process_of

# A run is claimed within milliseconds of its start; one that was not for this long ended before it could be.
UNCLAIMED_S = 30


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's launcher for one machine, with a health check."""

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return whether the run's process lives; runs that other programs started unclaimed are left alone."""
        process = process_of(run)
        if process is not None:
            if not is_gone(process):
                return CheckRunHealthResult(WorkerStatus.RUNNING)
            return CheckRunHealthResult(WorkerStatus.FAILED, f"its process ({process}) is gone")
        record = self._instance.get_run_record_by_id(run.run_id)
        started = record.start_time if record is not None else None
        if GRPC_INFO_TAG in run.tags and started is not None and time.time() - started > UNCLAIMED_S:
            return CheckRunHealthResult(WorkerStatus.FAILED, f"no process claimed it in {UNCLAIMED_S} s")
        return CheckRunHealthResult(WorkerStatus.RUNNING)
