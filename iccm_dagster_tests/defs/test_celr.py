"""The assets of CELR on tiny applications, with the real sandbox and simulated models."""

import shutil

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
    """One run of the whole group: what each artifact must agree on with the others."""
    once = (celr.preference_exports, celr.training_report, celr.dpo_checkpoint)
    result = materialize(application_source, calibration, *PER_APPLICATION, *once, *CHECKS)
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

    checks = {found.check_name: found for found in result.get_asset_check_evaluations()}
    assert set(checks) == {
        "enough_trajectories",
        "reflection_helps",
        "advice_helps",
        "judge_is_calibrated",
        "holdout_is_not_exported",
        "preference_accuracy",
        "model_is_admitted",
        "writer_gains",
    }
    assert checks["holdout_is_not_exported"].metadata["value"].value == 0

    # The models are trained in a child process; the writer has nothing to start from here, and says so.
    checkpoint = store.get("dpo_checkpoint")
    found = checkpoint.json(REPORT)
    assert 0 < found["training_pairs"] <= rows["trl/train.jsonl"]
    assert checkpoint.file("adapter/adapter_config.json").exists()
    assert found["writer"]["text"] == "not available: phase2_checkpoint was never made"
    assert checks["model_is_admitted"].passed == found["admitted"]

    # Runs that the log holds are not made again, also where the artifact is lost.
    before = store.get("trajectories", "001-plain").table()
    shutil.rmtree(str(store.root / "trajectories" / "001-plain"))
    materialize(application_source, calibration, celr.trajectories, partition="001-plain")
    assert store.get("trajectories", "001-plain").table().equals(before)


def test_the_main_job_does_not_wait_for_the_agent():
    assert "celr" not in MAIN_GROUPS
