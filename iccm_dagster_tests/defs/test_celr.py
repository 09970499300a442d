"""The assets of CELR on tiny applications, with the real sandbox and simulated models."""

import dagster as dg
import pytest

from iccm_dagster.celr.exports import verify_export
from iccm_dagster.celr.log import read_log
from iccm_dagster.celr.trajectories import trajectories_of
from iccm_dagster.defs.assets import celr
from iccm_dagster.defs.assets.applications import application_source
from iccm_dagster.defs.assets.applications import test_calibration as calibration
from iccm_dagster.defs.assets.celr_stored import EVENTS, REPORT, load_pairs
from iccm_dagster.defs.checks.celr import CHECKS
from iccm_dagster.defs.jobs import MAIN_GROUPS

PER_APPLICATION = (celr.trajectories, celr.scored_trajectories, celr.self_rewards, celr.dpo_pairs, celr.spin_pairs)


@pytest.fixture
def made(materialize, store):
    """Everything up to the report, for a training, a validation and a holdout application."""
    result = materialize(application_source, calibration, *PER_APPLICATION, celr.preference_exports, celr.training_report)
    assert result.success
    return result


def test_the_report_counts_what_the_log_holds(made, store):
    runs = [run for key in store_keys(store) for run in trajectories_of(read_log(store.get("trajectories", key).folder() / EVENTS)[0])]
    report = store.get("training_report").json(REPORT)
    assert report["runs"] == len(runs)
    assert report["runs_train"] == sum(run.split == "train" for run in runs)
    assert report["solved_train"] == sum(run.success for run in runs if run.split == "train")


def test_holdout_gives_trajectories_and_no_pairs(made, store):
    assert len(store.get("trajectories", "003-hidden").table()) > 0
    for asset in ("dpo_pairs", "spin_pairs"):
        pairing = load_pairs(store.get(asset, "003-hidden"))
        assert pairing.pairs == ()
        assert set(pairing.reasons.values()) == {"holdout split: never trained on"}
    for name in ("train", "validation"):
        table = store.get("preference_exports").table(f"data/trl/{name}.parquet")
        assert not table["task"].str.startswith("003").any()


def test_the_export_is_whole(made, store):
    rows = verify_export(store.get("preference_exports").folder() / "data")
    report = store.get("training_report").json(REPORT)
    assert rows["trl/train.jsonl"] + rows["trl/validation.jsonl"] >= report["dpo_pairs"] > 0
    assert rows["spin/train.jsonl"] + rows["spin/validation.jsonl"] == report["spin_pairs"]


def test_runs_that_are_in_the_log_are_not_made_again(made, store, materialize):
    before = store.get("trajectories", "001-plain").table()
    materialize(celr.trajectories, partition="001-plain")
    assert store.get("trajectories", "001-plain").table().equals(before)


def test_every_check_gives_a_number(made, materialize):
    result = materialize(celr.preference_exports, celr.training_report, *[check for check in CHECKS if not_about_the_model(check)])
    evaluations = result.get_asset_check_evaluations()
    assert {found.check_name for found in evaluations} == {
        "enough_trajectories",
        "reflection_helps",
        "judge_is_calibrated",
        "holdout_is_not_exported",
    }
    assert all("value" in found.metadata for found in evaluations)


def test_the_main_job_does_not_wait_for_the_agent():
    assert "celr" not in MAIN_GROUPS


def not_about_the_model(check: dg.AssetChecksDefinition) -> bool:
    return all(key.asset_key != celr.dpo_checkpoint.key for key in check.check_keys)


def store_keys(store) -> list[str]:
    return ["001-plain", "002-other", "003-hidden"]
