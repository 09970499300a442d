"""A plant on PostgreSQL through its worst day: the database crashes under a backfill, then a worker, the daemon with the
web server, and everything at once are killed.

One story, told in order, because a plant takes long to stand up: each test looks at one part of it.
"""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import dagster as dg
import pytest

from iccm_dagster.applications.registry import Registry
from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.definitions import defs
from iccm_dagster.defs.jobs import MAIN_GROUPS
from iccm_dagster.defs.partitions import register
from iccm_dagster.defs.resources.catalogue import CatalogueResource
from iccm_dagster.defs.workers import is_gone, process_of
from iccm_dagster_tests.operations.plant import QUICK, Plant, write_home
from iccm_dagster_tests.tiny import write_catalogue

GRAPH = defs.resolve_asset_graph()
MAIN = [key for key in GRAPH.materializable_asset_keys if GRAPH.get(key).group_name in MAIN_GROUPS]
PER_APPLICATION = ["application_source", "code_sections", "gold_requirements", "test_calibration"]
ALL = ("code server", "daemon", "web server")
BACKFILL = (
    "mutation ($p: LaunchBackfillParams!) {launchPartitionBackfill(backfillParams: $p) "
    "{__typename ... on LaunchBackfillSuccess {backfillId} ... on PythonError {message}}}"
)
PATIENCE_S = 600
pytestmark = pytest.mark.timeout(1500)
# What the instance promises; the test's own intervals are shorter.
PROMISED_S = 120


@dataclass(frozen=True)
class Story:
    backfill: str
    """How the backfill ended whose database crashed."""
    backfill_made: dict[str, str]
    freed_s: float
    """From the kill of a worker until its slot of the pool was free [s]."""
    retried_s: float
    """From the kill of a worker until its retry was at work [s]."""
    power_cut_s: float
    """From the restart after everything was killed until the retry was at work [s]."""
    ended: list[dg.DagsterRunStatus]
    """How the runs of the killed job ended, oldest first."""
    made: dict[str, str]
    materialized: set[str]
    """Assets with a materialization in the server's event log."""
    resumed_from: int
    """Step that the training which was killed went on from."""
    registered: int
    """Rows in the registry's table on the server."""
    doctor: str
    """What the doctor said in the end."""


@pytest.fixture(scope="module")
def story(cluster, tmp_path_factory) -> Story:
    home = tmp_path_factory.mktemp("plant")
    applications = write_catalogue(home / "applications")
    write_home(home, postgres=cluster.url, monitoring=QUICK)
    with Plant(home, applications=applications, environment={"ICCM_POSTGRES": cluster.url}) as plant:
        plant.start(*ALL)
        plant.wait_for(plant.serves, what="the code server", limit_s=PATIENCE_S)
        backfill = crash_the_database_under_a_backfill(plant, cluster)
        backfill_made = plant.made()
        before = {run.run_id for run in plant.runs()}
        shutil.rmtree(plant.artifacts)
        first = plant.launch("main")
        freed_s, retried_s = kill_the_worker_that_holds_a_slot(plant, first)
        plant.kill("web server")
        plant.kill("daemon")
        plant.start("daemon")
        plant.wait_for(lambda: checkpoint(plant), what="a checkpoint of a training", limit_s=PATIENCE_S)
        plant.kill_everything()
        plant.made()
        started = time.monotonic()
        plant.start("code server", "daemon")
        plant.wait_for(lambda: at_work(plant) or not plant.under_way(), what="a retry", limit_s=PATIENCE_S)
        power_cut_s = time.monotonic() - started
        plant.wait_for(lambda: plant.runs()[0].is_success, what="success", limit_s=PATIENCE_S)
        doctor = subprocess.run(
            [sys.executable, "-m", "iccm_dagster.doctor", "--verify"],
            cwd=home,
            env=plant.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Story(
            backfill=backfill,
            backfill_made=backfill_made,
            freed_s=freed_s,
            retried_s=retried_s,
            power_cut_s=power_cut_s,
            ended=[run.status for run in reversed(plant.runs()) if run.run_id not in before],
            made=plant.made(),
            materialized={key.to_user_string() for key in MAIN if plant.instance.get_latest_materialization_event(key)},
            resumed_from=ArtifactStore(plant.artifacts)
            .get("phase1_checkpoint")
            .json("training_report.json")["resumed_from"],
            registered=len(Registry(cluster.url).rows()),
            doctor=doctor.stdout + doctor.stderr,
        )


def crash_the_database_under_a_backfill(plant: Plant, cluster) -> str:
    """Start a backfill, crash the server when its first artifacts are there, start the server; return how it ended."""
    keys = register(plant.instance, CatalogueResource(folder=str(plant.applications)))
    asked = {"assetSelection": [{"path": [name]} for name in PER_APPLICATION], "partitionNames": keys}
    answer = plant.order(BACKFILL, {"p": asked})["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    plant.wait_for(lambda: "application_source" in names(plant), what="the first artifacts", limit_s=PATIENCE_S)
    cluster.stop(mode="immediate")
    time.sleep(3)
    cluster.start()

    def ended() -> str | None:
        plant.revive()
        status = plant.instance.get_backfill(answer["backfillId"]).status.value
        return None if status in ("REQUESTED", "CANCELING", "FAILING") else status

    return plant.wait_for(ended, what="the backfill", limit_s=PATIENCE_S)


def kill_the_worker_that_holds_a_slot(plant: Plant, run_id: str) -> tuple[float, float]:
    """Kill the worker while it judges; return after how long its slot was free, and its retry at work [s]."""
    storage = plant.instance.event_log_storage

    def holders() -> set[str]:
        return storage.get_concurrency_info("harness").active_run_ids

    plant.wait_for(lambda: run_id in holders(), what="the slot", limit_s=PATIENCE_S)
    plant.kill_worker(plant.instance.get_run_by_id(run_id))
    killed = time.monotonic()
    plant.wait_for(lambda: run_id not in holders(), what="the slot to be free", limit_s=PATIENCE_S)
    freed_s = time.monotonic() - killed
    plant.wait_for(lambda: at_work(plant), what="the retry", limit_s=PATIENCE_S)
    return freed_s, time.monotonic() - killed


def at_work(plant: Plant) -> bool:
    return any((process := process_of(run)) and not is_gone(process) for run in plant.under_way())


def checkpoint(plant: Plant) -> bool:
    """Whether the first training has a checkpoint of its own to go on from."""
    return any(plant.artifacts.glob(".work/phase1_checkpoint/*/checkpoint-*/trainer_state.json"))


def names(plant: Plant) -> set[str]:
    return {path.parents[1].name for path in plant.artifacts.glob("*/*/current.json")}


def test_a_backfill_survives_a_crash_of_its_database(story):
    """What the run could not write down fails it; its retry finds what was stored, and nothing is half-written."""
    assert story.backfill == "COMPLETED_SUCCESS"
    assets = [name.split(":")[0] for name in story.backfill_made]
    assert {name.split("/")[0] for name in assets} == set(PER_APPLICATION)
    assert len(set(assets)) == 4 * 3


def test_a_killed_worker_frees_its_slot_and_is_retried_in_time(story):
    assert story.freed_s < PROMISED_S
    assert story.retried_s < PROMISED_S


def test_what_was_running_at_a_power_cut_is_retried(story):
    """Nobody saw the worker die; the daemon finds that its process is gone."""
    assert story.power_cut_s < PROMISED_S
    assert story.ended[-1] is dg.DagsterRunStatus.SUCCESS
    assert set(story.ended[:-1]) == {dg.DagsterRunStatus.FAILURE}


def test_a_training_goes_on_from_its_own_checkpoint(story):
    assert story.resumed_from > 0


def test_the_whole_job_is_there_in_files_and_in_the_books(story):
    """From an empty database, through all of the above."""
    expected = {key.to_user_string() for key in MAIN}
    assert {name.split(":")[0].split("/")[0] for name in story.made} == expected
    assert story.materialized == expected


def test_the_result_is_the_undisturbed_one(story):
    """Calibrations say how long they took; everything else is a function of the applications."""
    same = {name: digest for name, digest in story.backfill_made.items() if not name.endswith("calibration.json")}
    assert {name: story.made[name] for name in same} == same


def test_the_registry_is_a_table_on_the_same_server(story):
    assert story.registered == 3


def test_nothing_is_left_for_the_doctor_to_mend(story):
    for line in (
        "runs whose process is gone: none",
        "slots held by runs that have ended: none",
        "failed partitions: none",
        "artifacts that cannot be read: none",
    ):
        assert line in story.doctor
