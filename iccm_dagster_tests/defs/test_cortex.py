"""The assets of the cortex: a cold start is refused, a promotion moves the agent, a rollback moves it back."""

import json

import dagster as dg
import pytest

from iccm_dagster.artifacts import TABLE
from iccm_dagster.celr.events import event_to_json
from iccm_dagster.cortex.archive import PolicyArchive
from iccm_dagster.cortex.gate import Result
from iccm_dagster.cortex.online import agent_policy, current_policy
from iccm_dagster.cortex.policy import MetaPolicy
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.tables import records_table
from iccm_dagster.cortex.train import Setting, fit
from iccm_dagster.definitions import ASSETS, defs
from iccm_dagster.defs.assets.cortex import (
    JUDGEMENT,
    WORLD,
    cortex_benchmark,
    cortex_policy,
    cortex_promotion,
    cortex_rollback,
    cortex_transitions,
    cortex_trust,
)
from iccm_dagster.defs.checks.cortex import CHECKS
from iccm_dagster.defs.freshness import birth, plan_of
from iccm_dagster.defs.jobs import MAIN_GROUPS
from iccm_dagster.defs.partitions import APPLICATIONS, registered
from iccm_dagster.defs.profiles import smoke
from iccm_dagster.defs.sensors.cortex import cortex_proposals, proposal
from iccm_dagster_tests.cortex.events import events_of
from iccm_dagster_tests.cortex.worlds import HEURISTIC, RECIPE, dataset, logged
from iccm_dagster_tests.defs.conftest import QUIET

BIRTH = {"fingerprint": "by hand", "parents": {}}


@pytest.fixture
def logs(store, instance):
    """Thirty runs over a training application and three over a holdout one, as ``trajectories`` stores them."""
    for key, split, count in (("001-plain", "train", 30), ("003-hidden", "holdout", 3)):
        instance.add_dynamic_partitions(APPLICATIONS.name, [key])
        write_logs(store, key, split=split, count=count)


def write_logs(store, key: str, *, split: str, count: int) -> None:
    with store.writing("trajectories", key, **BIRTH) as draft:
        (draft.folder / "events").mkdir()
        lines = [
            event_to_json(event)
            for number, episode in enumerate(logged(count, seed=7))
            for event in events_of(episode, trajectory=f"{key}.{number}", application=key, split=split)
        ]
        (draft.folder / "events" / "agent.00000.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    store.write_table("application_source", key, records_table([], Result), **BIRTH)
    store.write_table("test_calibration", key, records_table([], Result), **BIRTH)


def make(instance, resources, *chosen, run_config=None):
    return dg.materialize(
        [*ASSETS, *CHECKS],
        selection=dg.AssetSelection.assets(*chosen),
        instance=instance,
        resources=resources,
        raise_on_error=False,
        run_config={**QUIET, **(run_config or {})},
    )


def learned(version: str) -> MetaPolicy:
    setting = Setting(prices=Prices(cost_weight=2.0, time_weight=0.2), pessimism=1.5)
    return MetaPolicy(
        version=version, values=fit(dataset(150, seed=1), setting=setting, recipe=RECIPE), heuristic=HEURISTIC
    )


def judge(store, version: str, *, promote: bool, incumbent: str = "0") -> None:
    """Store a benchmark whose judgement is given."""
    with store.writing("cortex_benchmark", None, **BIRTH) as draft:
        records_table([], Result).to_parquet(draft.folder / TABLE, index=False)
        judgement = {"version": version, "incumbent": incumbent, "promote": promote, "reasons": ["surely better"]}
        judgement |= {"suite": "s", "simulated": True, "bounds": [], "tasks": 600, "applications": 20}
        (draft.folder / JUDGEMENT).write_text(json.dumps(judgement), encoding="utf-8")


def test_a_cold_start_is_cloned_and_the_gate_blocks_its_promotion(instance, resources, store, logs):
    result = make(instance, resources, cortex_transitions, cortex_policy, cortex_benchmark, cortex_promotion)
    [event] = result.asset_materializations_for_node("cortex_transitions")
    assert event.metadata["episodes"].value == 30
    assert event.metadata["runs of other splits, left out"].value == 3
    [event] = result.asset_materializations_for_node("cortex_policy")
    assert event.metadata["kind"].value == "clone"
    checks = {found.check_name: found for found in result.get_asset_check_evaluations()}
    assert not checks["promotion_gate"].passed and checks["promotion_gate"].blocking
    assert "30 trajectories; 50 are needed" in checks["promotion_gate"].description
    assert checks["stored_version_keeps_the_masks"].passed
    assert not checks["estimates_can_be_trusted"].passed
    assert store.find("cortex_promotion") is None
    archive = PolicyArchive(store)
    assert archive.current == "0"
    assert [entry.move for entry in archive.history] == ["proposed", "refused"]


def test_the_table_of_trust_comes_from_a_simulator_fitted_to_the_logs(instance, resources, store, logs):
    result = make(instance, resources, cortex_transitions, cortex_policy, cortex_trust)
    assert result.success
    rows = store.get("cortex_trust").table()
    assert set(rows["estimator"]) == {"fqe", "wis", "wdr"}
    assert rows["episodes"].unique().tolist() == [60]
    assert set(store.get("cortex_trust").json(WORLD)) >= {"ability", "cost", "spread"}


def test_a_promotion_moves_the_agent_and_a_rollback_moves_it_back(instance, resources, store):
    archive = PolicyArchive(store)
    archive.add(learned("7"), {})
    judge(store, "7", promote=True)
    assert make(instance, resources, cortex_promotion).success
    assert archive.current == "7"
    assert agent_policy(store, recipe=smoke().agent).version.startswith("7+eps")
    result = make(
        instance, resources, cortex_rollback, run_config={"ops": {"cortex_rollback": {"config": {"reason": "dearer"}}}}
    )
    [event] = result.asset_materializations_for_node("cortex_rollback")
    assert event.metadata["restored"].value == "0"
    assert current_policy(store, heuristic=HEURISTIC) is HEURISTIC
    assert archive.history[-1].reasons == ("dearer",)


def test_a_refused_candidate_is_not_promoted_by_hand_either(instance, resources, store):
    PolicyArchive(store).add(learned("7"), {})
    judge(store, "7", promote=False)
    assert not make(instance, resources, cortex_promotion).success
    assert PolicyArchive(store).current == "0"


def test_a_judgement_against_another_incumbent_promotes_nothing(instance, resources, store):
    PolicyArchive(store).add(learned("7"), {})
    judge(store, "7", promote=True, incumbent="5")
    result = make(instance, resources, cortex_promotion)
    error = result.failure_data_for_node("cortex_promotion").error
    assert "judged against 5, but 0 is current" in str(error.cause or error)


def test_a_promotion_makes_the_benchmark_out_of_date(instance, resources, store):
    """The incumbent is another one: what was measured against the old one says nothing."""
    graph = defs.resolve_asset_graph()
    pipeline = {"profile": smoke(), "catalogue": resources["pipeline"].catalogue, "store": store}
    plan = plan_of(graph, dg.AssetKey("cortex_benchmark"))
    before = birth(plan, None, keys=[], **pipeline).fingerprint
    archive = PolicyArchive(store)
    archive.add(learned("7"), {})
    archive.promote("7", reasons=(), suite="s")
    assert birth(plan, None, keys=[], **pipeline).fingerprint != before


def test_new_logs_are_proposed_once(instance, resources, store, logs):
    def tick():
        return proposal(defs.resolve_asset_graph(), registered(instance), resources["pipeline"])

    first, second = tick(), tick()
    assert isinstance(first, dg.RunRequest) and first.run_key == second.run_key
    make(instance, resources, cortex_transitions)
    assert isinstance(tick(), dg.SkipReason)
    write_logs(store, "001-plain", split="train", count=35)
    assert tick().run_key != first.run_key


def test_logs_that_are_back_to_a_former_state_ask_under_its_key_which_the_daemon_runs_once(
    instance, resources, store, logs
):
    def tick():
        return proposal(defs.resolve_asset_graph(), registered(instance), resources["pipeline"])

    keys = [tick().run_key]
    for count in (35, 30):
        make(instance, resources, cortex_transitions)
        write_logs(store, "001-plain", split="train", count=count)
        keys.append(tick().run_key)
    assert keys[0] == keys[2] != keys[1]


def test_without_logs_nothing_is_proposed(resources):
    assert isinstance(proposal(defs.resolve_asset_graph(), [], resources["pipeline"]), dg.SkipReason)


def test_the_sensor_stands_by_until_a_person_starts_it():
    assert cortex_proposals.default_status == dg.DefaultSensorStatus.STOPPED


def test_the_main_pipeline_does_not_wait_for_the_cortex():
    graph = defs.resolve_asset_graph()
    assert "cortex" not in MAIN_GROUPS
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey("phase2_checkpoint"))
    assert not [key for key in upstream if graph.get(key).group_name == "cortex"]
