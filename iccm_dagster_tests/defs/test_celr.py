"""The assets of CELR on tiny applications, with the real sandbox and simulated models."""

import shutil

import dagster as dg

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
KEYS = ("001-plain", "002-other", "003-hidden")


def test_three_applications_from_trajectories_to_the_report(materialize, store):
    """One run of the whole group but for the training: what each artifact must agree on with the others."""
    wanted = [check for check in CHECKS if not_about_the_model(check)]
    result = materialize(
        application_source, calibration, *PER_APPLICATION, celr.preference_exports, celr.training_report, *wanted
    )
    assert result.success

    runs = [
        run for key in KEYS for run in trajectories_of(read_log(store.get("trajectories", key).folder() / EVENTS)[0])
    ]
    report = store.get("training_report").json(REPORT)
    assert report["runs"] == len(runs)
    assert report["runs_train"] == sum(run.split == "train" for run in runs)
    assert report["solved_train"] == sum(run.success for run in runs if run.split == "train")

    # Holdout gives trajectories, to measure with, and no pairs.
    assert len(store.get("trajectories", "003-hidden").table()) > 0
    for asset in ("dpo_pairs", "spin_pairs"):
        pairing = load_pairs(store.get(asset, "003-hidden"))
        assert pairing.pairs == ()
        assert set(pairing.reasons.values()) == {"holdout split: never trained on"}

    rows = verify_export(store.get("preference_exports").folder() / "data")
    assert rows["trl/train.jsonl"] + rows["trl/validation.jsonl"] >= report["dpo_pairs"] > 0
    assert rows["spin/train.jsonl"] + rows["spin/validation.jsonl"] == report["spin_pairs"]
    for name in ("train", "validation"):
        assert not store.get("preference_exports").table(f"data/trl/{name}.parquet")["task"].str.startswith("003").any()

    evaluations = {found.check_name: found.metadata for found in result.get_asset_check_evaluations()}
    assert set(evaluations) == {
        "enough_trajectories",
        "reflection_helps",
        "advice_helps",
        "judge_is_calibrated",
        "holdout_is_not_exported",
    }
    assert evaluations["holdout_is_not_exported"]["value"].value == 0

    # Runs that the log holds are not made again, also where the artifact is lost.
    before = store.get("trajectories", "001-plain").table()
    shutil.rmtree(str(store.root / "trajectories" / "001-plain"))
    materialize(application_source, calibration, celr.trajectories, partition="001-plain")
    assert store.get("trajectories", "001-plain").table().equals(before)


def test_the_main_job_does_not_wait_for_the_agent():
    assert "celr" not in MAIN_GROUPS


def not_about_the_model(check: dg.AssetChecksDefinition) -> bool:
    return all(key.asset_key != celr.dpo_checkpoint.key for key in check.check_keys)
