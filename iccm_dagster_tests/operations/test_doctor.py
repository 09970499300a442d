"""The doctor finds what ails an instance, changes nothing unasked, and mends what it is asked to."""

import os
import shutil
import socket

import dagster as dg
import pytest

from iccm_dagster.audit import audit
from iccm_dagster.definitions import build_resources, defs
from iccm_dagster.defs.assets.applications import application_source
from iccm_dagster.defs.checkup import examine
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster.defs.workers import PROCESS_TAG

GRAPH = defs.resolve_asset_graph()


@pytest.fixture
def instance(tmp_path):
    (tmp_path / "home").mkdir()
    pools = {"concurrency": {"pools": {"default_limit": 1}}}
    with dg.DagsterInstance.local_temp(str(tmp_path / "home"), overrides=pools) as local:
        yield local


@pytest.fixture
def resources(catalogue, tmp_path):
    return build_resources(
        storage=str(tmp_path / "artifacts"), catalogue=str(catalogue), profile=ProfileResource(name="smoke")
    )


@pytest.fixture
def visit(instance, resources):
    """Return a function: what was looked for -> what was found."""

    def look(**asked) -> dict[str, list[str]]:
        asked = {"mend": False, "prune_days": None, "verify": False, **asked}
        findings = examine(instance, GRAPH, resources["pipeline"], **asked)
        return {finding.what.split(" (")[0]: list(finding.found) for finding in findings}

    return look


@pytest.fixture
def materialize(instance, resources):
    def run(partition=None):
        keys = register(instance, resources["pipeline"].applications)
        where = {"partition_key": partition} if partition else {"tags": range_tags(keys, instance)}
        return dg.materialize(
            [application_source], instance=instance, resources=resources, raise_on_error=False, **where
        )

    return run


def dead_run(instance: dg.DagsterInstance) -> str:
    """A run that trains, whose process was killed: in the books it goes on, and its slot is taken."""
    run = instance.create_run_for_job(defs.resolve_job_def("main"), status=dg.DagsterRunStatus.STARTED)
    instance.add_run_tags(run.run_id, {PROCESS_TAG: f"{run.run_id}/{socket.gethostname()}/{os.getpid()}/1"})
    instance.event_log_storage.set_concurrency_slots("gpu", 1)
    instance.event_log_storage.claim_concurrency_slot("gpu", run.run_id, "phase1_checkpoint")
    return run.run_id


def slots_taken(instance: dg.DagsterInstance) -> set[str]:
    return instance.event_log_storage.get_concurrency_info("gpu").active_run_ids


def test_a_dead_run_is_named_and_ended_only_when_asked_to(instance, visit):
    run_id = dead_run(instance)
    assert visit()["runs whose process is gone"] == [run_id]
    assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.STARTED
    assert slots_taken(instance) == {run_id}
    visit(mend=True)
    assert instance.get_run_by_id(run_id).status is dg.DagsterRunStatus.FAILURE
    assert slots_taken(instance) == set()
    assert visit()["runs whose process is gone"] == []


def test_a_slot_that_an_ended_run_holds_is_freed(instance, visit):
    run_id = dead_run(instance)
    instance.report_run_canceled(instance.get_run_by_id(run_id))
    assert visit()["slots held by runs that have ended"] == [f"gpu: run {run_id}"]
    visit(mend=True)
    assert slots_taken(instance) == set()
    assert visit()["slots held by runs that have ended"] == []


def test_pools_get_limits_and_a_choice_of_a_person_stays(instance, visit):
    instance.event_log_storage.set_concurrency_slots("gpu", 3)
    assert visit()["pools without a limit of their own"] == ["harness: 1 slot"]
    visit(mend=True)
    limits = {limit.name: limit.limit for limit in instance.event_log_storage.get_pool_limits()}
    assert limits == {"gpu": 3, "harness": 1}


def test_a_failed_partition_and_the_reason_are_listed(catalogue, materialize, visit):
    shutil.rmtree(catalogue / "001-plain" / "tests")
    assert not materialize("001-plain").success
    found = visit()
    assert found["failed partitions"] == ["application_source: 001-plain"]
    [problem] = found["applications that could not be processed"]
    assert problem.startswith("application_source/001-plain: 001-plain") and "no tests" in problem


def test_old_runs_are_forgotten_but_not_what_is_shown(instance, materialize, visit):
    """Two runs of the same assets: only the second one's events are on the assets' pages."""
    first, second = materialize().run_id, materialize().run_id
    what = "finished runs older than 0 days whose results nobody sees"
    assert visit()["finished runs older than 30 days whose results nobody sees"] == []
    assert visit(prune_days=0)[what] == [first]
    assert [run.run_id for run in instance.get_runs()] == [second]
    assert instance.get_materialized_partitions(application_source.key) == {"001-plain", "002-other", "003-hidden"}


def test_half_written_files_are_deleted_when_they_are_old(materialize, visit, resources, tmp_path):
    materialize()
    home = tmp_path / "artifacts" / "application_source" / "001-plain"
    for age, name in ((7200, ".writing-old"), (0, ".writing-young")):
        (home / name).mkdir()
        (home / name / "half.txt").write_text("hal")
        os.utime(home / name, (os.stat(home).st_mtime - age,) * 2)
    assert visit()["half-written files of interrupted runs"] == [str(home / ".writing-old")]
    visit(mend=True)
    assert not (home / ".writing-old").exists()
    assert (home / ".writing-young").exists()


def test_a_changed_file_is_found_when_files_are_read(materialize, visit, tmp_path):
    materialize()
    home = tmp_path / "artifacts" / "application_source" / "002-other"
    next(home.rglob("othernumbers.py")).write_text("changed")
    assert visit()["artifacts that cannot be read"] == []
    [line] = visit(verify=True)["artifacts that cannot be read"]
    assert line.startswith("application_source/002-other: ") and "SHA-256" in line
    assert len(audit(tmp_path / "artifacts", verify=True, idle_s=0).versions) == 2
