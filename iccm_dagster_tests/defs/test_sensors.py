"""Sensors over their life: exactly the runs that are due, through restarts, lost cursors, failures and changes that are
taken back."""

import json
import shutil
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import dagster as dg
import pytest

from iccm_dagster.definitions import defs
from iccm_dagster.defs.jobs import CATALOGUE, LIGHT, LOGGED, SUMMED
from iccm_dagster.defs.logged import TAKEN_IN
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.problems import problems_of
from iccm_dagster.defs.profiles import AutomationRecipe, smoke
from iccm_dagster.defs.resources.fixed import FixedProfileResource
from iccm_dagster.defs.resources.webhook import WebhookResource
from iccm_dagster.defs.schedules import changed_this_week, weekly_retraining
from iccm_dagster.defs.sensors import problems, retraining, trajectories
from iccm_dagster.defs.sensors.applications import intake
from iccm_dagster.defs.sensors.requests import ASKED_BY, blocks, settled
from iccm_dagster_tests.defs.life import Life, touch
from iccm_dagster_tests.tiny import write_application

GRAPH = defs.resolve_asset_graph()
KEYS = ("001-plain", "002-other", "003-hidden")
EAGER = AutomationRecipe(cooldown_h=0.0, pause_min=0.0)


@pytest.fixture
def life(instance, resources):
    return Life(instance=instance, pipeline=pipeline_with(resources, EAGER), graph=GRAPH)


def pipeline_with(resources, automation: AutomationRecipe):
    profile = FixedProfileResource.of(smoke().model_copy(update={"automation": automation}))
    return resources["pipeline"].model_copy(update={"configuration": profile})


def watch(life: Life):
    return lambda cursor: intake(GRAPH, life.instance, life.pipeline, cursor=cursor)


def until_quiet(life: Life, look, *, ticks: int = 6):
    """Tick until nothing is asked for twice in a row; return what was asked for."""
    before, idle = len(life.runs), 0
    for _ in range(ticks):
        idle = idle + 1 if not life.tick(look) else 0
    assert idle >= 2, "it never came to rest"
    return life.runs[before:]


def test_from_nothing_over_three_new_one_changed_one_removed_with_restarts(life, catalogue):
    """Exactly four runs: the new ones, the changed one with what gathers it, what gathers after the removal, and one back."""
    assert until_quiet(life, watch(life)) == [(sorted_by_graph(LIGHT), KEYS)]
    touch(catalogue / "002-other", "changed")
    life.cursor = None  # the daemon was started anew and its memory lost
    assert until_quiet(life, watch(life)) == [(sorted_by_graph(LIGHT), ("002-other",))]
    shutil.move(catalogue / "003-hidden", catalogue.parent / "away")
    assert until_quiet(life, watch(life)) == [(sorted_by_graph(SUMMED), ())]
    assert registered(life.instance) == ["001-plain", "002-other"]
    shutil.move(catalogue.parent / "away", catalogue / "003-hidden")
    # Its own artifacts are still there and still right; what gathers all three is not.
    assert until_quiet(life, watch(life)) == [(sorted_by_graph(SUMMED), ())]
    assert registered(life.instance) == list(KEYS)


def sorted_by_graph(names):
    return tuple(key.to_user_string() for key in GRAPH.toposorted_asset_keys if key.to_user_string() in names)


def test_a_change_that_is_taken_back_and_made_again_is_not_taken_for_an_old_request(life, catalogue):
    until_quiet(life, watch(life))
    for text in ("b", "a", "b", "a"):
        touch(catalogue / "001-plain", text)
        assert until_quiet(life, watch(life)) == [(sorted_by_graph(LIGHT), ("001-plain",))], text


def test_changed_applications_that_are_no_neighbours_touch_no_other(life, catalogue):
    until_quiet(life, watch(life))
    touch(catalogue / "001-plain", "changed")
    touch(catalogue / "003-hidden", "changed")
    runs = until_quiet(life, watch(life))
    assert runs == [
        (sorted_by_graph(CATALOGUE), ("001-plain",)),
        (sorted_by_graph(CATALOGUE), ("003-hidden",)),
        (sorted_by_graph(SUMMED), ()),
    ]


def test_a_folder_that_is_still_written_waits(life, catalogue):
    until_quiet(life, watch(life))
    write_application(catalogue / "004-late", split="train", word="late")
    for part in "abc":
        touch(catalogue / "004-late", part)
        assert life.tick(watch(life)) == []
        assert "004-late" in life.skipped
    [(_, keys)] = life.tick(watch(life))
    assert keys == ("004-late",)


def test_nothing_is_asked_for_while_a_run_is_under_way_and_nothing_is_lost_by_waiting(life, catalogue):
    life.tick(watch(life))
    [(_, keys)] = life.tick(watch(life), execute=False)
    assert keys == KEYS
    for _ in range(3):
        assert life.tick(watch(life)) == []
        assert "is making some of it" in life.skipped
    [queued] = life.instance.get_runs()
    life.instance.report_run_canceled(queued)
    [(_, keys)] = life.tick(watch(life))
    assert keys == KEYS


def test_what_fails_is_tried_three_times_and_then_left_to_a_person_until_it_changes(life, catalogue):
    life.tick(watch(life))
    for _ in range(6):
        life.tick(watch(life), execute=False)
        for run in life.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.NOT_STARTED])):
            life.instance.report_run_failed(run)
    assert len(life.runs) == 3
    assert "3 runs failed" in life.skipped
    touch(catalogue / "001-plain", "mended")
    life.tick(watch(life))
    assert len(life.tick(watch(life))) == 1


def test_an_unmounted_catalogue_unregisters_nothing(life, catalogue):
    until_quiet(life, watch(life))
    shutil.rmtree(catalogue)
    assert until_quiet(life, watch(life)) == []
    assert registered(life.instance) == list(KEYS)
    assert "nothing is registered or unregistered" in life.skipped


def test_blocks_are_neighbours_in_the_order_of_registration():
    assert list(blocks(["a", "b", "d"], ["b", "a", "c", "d"])) == [("b", "a"), ("d",)]


@pytest.mark.parametrize("cursor", [None, "", "{", '{"a": "1", "b": "2"}'])
def test_a_cursor_of_any_state_costs_a_tick_at_most(cursor):
    quiet, after = settled(cursor, {"a": "1", "b": "3"})
    assert quiet <= {"a"}
    assert settled(after, {"a": "1", "b": "3"})[0] == {"a", "b"}


# Re-training.


def retrain(life: Life, *, recipe: AutomationRecipe = EAGER):
    return lambda _: retraining.due(GRAPH, life.instance, life.pipeline, recipe, asked_by=retraining.NAME)


def train_everything(life: Life):
    until_quiet(life, watch(life))
    main = [
        key for key in GRAPH.toposorted_asset_keys if GRAPH.get(key).group_name in ("applications", "phase1", "phase2")
    ]
    life.make([key.to_user_string() for key in main], KEYS)


def test_no_training_starts_by_itself_before_a_person_trained_once(life):
    until_quiet(life, watch(life))
    assert life.tick(retrain(life)) == []
    assert "the first time is yours: make run" in life.skipped


def test_enough_changed_applications_train_phase_1_then_phase_2_once(life, catalogue):
    train_everything(life)
    for number, key in enumerate(KEYS):
        assert life.tick(retrain(life)) == []
        assert f"phase2_checkpoint: {number} of 3 changed applications" in life.skipped
        touch(catalogue / key, "changed")
        until_quiet(life, watch(life))
    [(assets, keys)] = until_quiet(life, retrain(life))
    assert keys == KEYS
    assert not set(assets) & set(LIGHT)
    order = [
        "phase1_checkpoint",
        "phase2_stage1_checkpoint",
        "phase2_checkpoint",
        "generated_requirements",
        "phase2_evaluation",
    ]
    assert [name for name in assets if name in order] == order
    assert "docstring_corpus" not in assets


def test_a_training_waits_for_the_intake_for_the_cool_down_and_for_the_one_under_way(life, catalogue):
    train_everything(life)
    for key in KEYS:
        touch(catalogue / key, "changed")
    source = [(*CATALOGUE[:1],), KEYS]
    life.make(*source)
    assert life.tick(retrain(life)) == []
    assert "is not up to date yet" in life.skipped
    until_quiet(life, watch(life))
    assert life.tick(retrain(life, recipe=AutomationRecipe(cooldown_h=1.0))) == []
    assert "cools down until" in life.skipped
    [_] = life.tick(retrain(life), execute=False)
    assert life.tick(retrain(life)) == []
    assert "is under way" in life.skipped


def test_the_weekly_schedule_takes_a_single_change_and_asks_for_nothing_without_one(life, catalogue):
    train_everything(life)

    def evaluate():
        return changed_this_week(GRAPH, life.instance, life.pipeline)

    assert "0 of 1 changed" in evaluate().skip_message
    touch(catalogue / "001-plain", "changed")
    until_quiet(life, watch(life))
    asked = evaluate()
    assert dg.AssetKey("phase2_checkpoint") in asked.asset_selection
    assert asked.tags[ASKED_BY] == "weekly_retraining"
    assert weekly_retraining.cron_schedule == "0 3 * * 0"


# Trajectories.


def log(life: Life, key: str, lines: int) -> None:
    folder = life.pipeline.store.local_folder(".celr_logs", key)
    with (folder / "agent.00000.jsonl").open("a") as stream:
        stream.write("{}\n" * lines)


def take_in(life: Life):
    def look(cursor):
        return trajectories.take_in(GRAPH, life.instance, life.pipeline, cursor=cursor)

    return look


def test_new_log_lines_are_taken_in_once_for_their_application_alone(life, monkeypatch):
    until_quiet(life, watch(life))
    assert life.tick(take_in(life)) == []
    assert "not logged anything" in life.skipped
    whole = Life.make

    def make_with_logs(self, assets, keys):
        """The stand-in for `trajectories` also remembers how much of the log it took in."""
        whole(self, assets, keys)
        for key in keys if "trajectories" in assets else ():
            stored = self.pipeline.store.get("trajectories", key)
            size = (self.pipeline.store.local_folder(".celr_logs", key) / "agent.00000.jsonl").stat().st_size
            birth = {
                "fingerprint": stored.manifest.fingerprint,
                "parents": stored.manifest.parents,
                "facts": {TAKEN_IN: size},
            }
            with self.pipeline.store.writing("trajectories", key, **birth) as draft:
                (draft.folder / "content.txt").write_text(f"{stored.manifest.fingerprint} {size}")
        if "trajectories" in assets:
            whole(self, set(assets) - {"trajectories"}, keys)

    monkeypatch.setattr(Life, "make", make_with_logs)
    log(life, "001-plain", 3)
    [(assets, keys)] = until_quiet(life, take_in(life))
    assert keys == ("001-plain",)
    assert set(assets) == set(LOGGED)
    log(life, "001-plain", 1)
    [(assets, keys)] = until_quiet(life, take_in(life))
    assert keys == ("001-plain",) and set(assets) == set(LOGGED)
    assert until_quiet(life, take_in(life)) == []


# Failed and stuck runs.


class Inbox(BaseHTTPRequestHandler):
    """Keeps what is posted; refuses while it is told to."""

    received: ClassVar[list[dict]] = []
    refuses = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if not self.refuses:
            self.received.append(json.loads(body))
        self.send_response(503 if self.refuses else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def inbox():
    inbox = type("OwnInbox", (Inbox,), {"received": [], "refuses": False})
    server = HTTPServer(("127.0.0.1", 0), inbox)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    inbox.url = f"http://127.0.0.1:{server.server_port}"
    yield inbox
    server.shutdown()
    server.server_close()


@dg.op
def breaks():
    raise ValueError("the disk is on fire")


@dg.job
def broken():
    breaks()


def test_a_failed_run_is_told_once_and_reported_with_its_first_error(life, inbox, resources):
    broken.execute_in_process(instance=life.instance, raise_on_error=False)

    def tick():
        return problems.watch(
            dg.build_sensor_context(instance=life.instance), life.pipeline, WebhookResource(url=inbox.url)
        )

    inbox.refuses = True
    tick()
    assert inbox.received == []
    inbox.refuses = False
    first, second = tick(), tick()
    [message] = inbox.received
    assert message["job"] == "broken" and message["kind"] == "failed"
    assert "breaks" in message["text"] and "the disk is on fire" in message["text"]
    assert isinstance(first, dg.RunRequest) and first.run_key == second.run_key
    from iccm_dagster.defs.assets.operations import failed_runs
    from iccm_dagster.defs.checks.operations import no_run_needs_a_person

    result = dg.materialize([failed_runs, no_run_needs_a_person], instance=life.instance, resources=resources)
    [event] = result.asset_materializations_for_node("failed_runs")
    assert "the disk is on fire" in event.metadata["runs"].value
    [check] = result.get_asset_check_evaluations()
    assert not check.passed and check.metadata["value"].value == 1
    assert isinstance(tick(), dg.SkipReason)
    assert len(inbox.received) == 1


def test_a_run_without_events_is_stuck_after_its_time_and_a_retried_one_is_no_problem(life):
    life.record("main", status="STARTED")
    life.record("main", status="FAILURE", tags={"dagster/did_retry": "true"})
    now = datetime.now(UTC)
    assert problems_of(life.instance, EAGER, now=now + timedelta(minutes=59)) == []
    [stuck] = problems_of(life.instance, EAGER, now=now + timedelta(minutes=61))
    assert stuck.kind == "stuck" and "has written no event since" in stuck.reason


def test_every_sensor_and_schedule_waits_for_a_person_to_start_it():
    assert {sensor.default_status for sensor in defs.sensors} == {dg.DefaultSensorStatus.STOPPED}
    assert weekly_retraining.default_status == dg.DefaultScheduleStatus.STOPPED


def test_no_training_carries_a_condition_of_its_own():
    conditioned = {key.to_user_string() for key in GRAPH.get_all_asset_keys() if GRAPH.get(key).automation_condition}
    assert conditioned == {*CATALOGUE, "run_report"} - {"application_source"}
