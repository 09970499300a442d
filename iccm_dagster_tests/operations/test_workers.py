"""A run says which process executes it, and the daemon is told when that process is gone."""

import os
import socket
import subprocess
import time

import dagster as dg
import psycopg2
import pytest
import sqlalchemy as db
from dagster._core.launcher import WorkerStatus
from dagster._core.storage.tags import WILL_RETRY_TAG

from iccm_dagster.defs.launcher import WatchedRunLauncher
from iccm_dagster.defs.workers import PROCESS_TAG, claimed_in_process_executor, process_of, process_tags


@dg.op
def nothing() -> None: ...


@dg.job(executor_def=claimed_in_process_executor)
def a_job() -> None:
    nothing()


@dg.op
def reads_a_database_that_is_not_there() -> None:
    db.create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing").connect()


@dg.job(executor_def=claimed_in_process_executor)
def a_job_without_its_database() -> None:
    reads_a_database_that_is_not_there()


@dg.op
def loses_its_database() -> None:
    # What the driver raised under a query when the server crashed.
    raise psycopg2.DatabaseError("server closed the connection unexpectedly")


@dg.job(executor_def=claimed_in_process_executor)
def a_job_that_loses_its_database() -> None:
    loses_its_database()


@dg.op
def is_wrong() -> None:
    raise ValueError("the asset's own fault")


@dg.job(executor_def=claimed_in_process_executor)
def a_job_that_is_wrong() -> None:
    is_wrong()


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def health(instance):
    """Return what the launcher says of a started run with these tags."""
    launcher = WatchedRunLauncher(settle_s=0)
    launcher.register_instance(instance)

    def status(tags_of) -> WorkerStatus:
        run = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED)
        instance.add_run_tags(run.run_id, tags_of(run.run_id))
        return launcher.check_run_worker_health(instance.get_run_by_id(run.run_id)).status

    return status


def ended_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize(
    ("tags_of", "status"),
    [
        (process_tags, WorkerStatus.RUNNING),
        (lambda run: {PROCESS_TAG: f"{run}/{socket.gethostname()}/{ended_process()}/7"}, WorkerStatus.FAILED),
        # The number belongs to a process that was started later.
        (lambda run: {PROCESS_TAG: f"{run}/{socket.gethostname()}/{os.getpid()}/1"}, WorkerStatus.FAILED),
        # Another machine is not looked at.
        (lambda run: {PROCESS_TAG: f"{run}/elsewhere/1/1"}, WorkerStatus.RUNNING),
        # A retry inherits the tags of the dead run it repeats: they are not its own.
        (lambda _: {PROCESS_TAG: f"another-run/{socket.gethostname()}/{os.getpid()}/1"}, WorkerStatus.RUNNING),
        (lambda _: {}, WorkerStatus.RUNNING),
    ],
    ids=["alive", "ended", "number given again", "elsewhere", "inherited", "unclaimed"],
)
def test_what_the_daemon_is_told(health, tags_of, status):
    assert health(tags_of) is status


def test_a_run_is_failed_when_the_code_server_had_time_to_come_back(instance):
    """A retry that finds no code server is given up for good; so nothing is said on the first look."""
    launcher = WatchedRunLauncher(settle_s=0.2)
    launcher.register_instance(instance)
    run = instance.create_run_for_job(a_job, status=dg.DagsterRunStatus.STARTED)
    instance.add_run_tags(run.run_id, {PROCESS_TAG: f"{run.run_id}/{socket.gethostname()}/{os.getpid()}/1"})
    run = instance.get_run_by_id(run.run_id)
    first = launcher.check_run_worker_health(run)
    time.sleep(0.2)
    assert (first.status, launcher.check_run_worker_health(run).status) == (WorkerStatus.RUNNING, WorkerStatus.FAILED)


def test_a_run_is_claimed_by_the_process_that_executes_it(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        result = dg.execute_job(dg.reconstructable(a_job), instance=instance)
        run = instance.get_run_by_id(result.run_id)
        assert result.success
        assert process_of(run).split("/")[:2] == [socket.gethostname(), str(os.getpid())]


@pytest.mark.parametrize(
    ("job", "retried"),
    [(a_job_without_its_database, "true"), (a_job_that_loses_its_database, "true"), (a_job_that_is_wrong, "false")],
)
def test_a_lost_database_is_retried_and_a_wrong_asset_is_not(tmp_path, job, retried):
    settings = {"run_retries": {"enabled": True, "max_retries": 3, "retry_on_asset_or_op_failure": False}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=settings) as instance:
        result = dg.execute_job(dg.reconstructable(job), instance=instance)
        assert not result.success
        assert instance.get_run_by_id(result.run_id).tags[WILL_RETRY_TAG] == retried
