"""The checks of phase 1: what the retriever reaches, and what the seed's labels are worth."""

import dagster as dg
import pandas as pd
import pytest

from iccm_dagster.definitions import ASSETS
from iccm_dagster.defs.checks.phase1 import AIMS, CHECKS, GAIN, TARGETS
from iccm_dagster.defs.partitions import APPLICATIONS
from iccm_dagster_tests.defs.conftest import QUIET

BIRTH = {"fingerprint": "by hand", "parents": {}}


@pytest.fixture
def judge(instance, resources):
    def run() -> dict[str, dg.AssetCheckEvaluation]:
        result = dg.materialize(
            [*ASSETS, *CHECKS],
            selection=dg.AssetSelection.checks(*CHECKS),
            instance=instance,
            resources=resources,
            run_config=QUIET,
        )
        return {found.check_name: found for found in result.get_asset_check_evaluations()}

    return run


def write(store, instance, *, relevant: dict[str, list[str]], trained: float) -> None:
    """Store labels whose heuristic says "a" and "b" everywhere, and an evaluation in which all values are ``trained``."""
    instance.add_dynamic_partitions(APPLICATIONS.name, sorted(relevant))
    for key, names in relevant.items():
        labels = pd.DataFrame([{"application": key, "relevant": names, "heuristic": ["a", "b"]}])
        store.write_table("phase1_labels", key, labels, **BIRTH)
    rows = [
        {
            "system": system,
            "split": split,
            "metric": metric,
            "value": value,
            "ci_low": value - 0.1,
            "ci_high": 1.0,
            "n": 9,
        }
        for system, value in (("bm25", 0.5), ("untrained", 0.6), ("trained", trained))
        for split, metric, _ in (*TARGETS, *AIMS)
    ]
    store.write_table("phase1_evaluation", None, pd.DataFrame(rows), **BIRTH)


def test_the_heuristic_is_compared_with_gold_over_all_applications(store, instance, judge):
    """Four labels, one of them gold; two gold sections, one of them labelled. The third application has no gold."""
    write(store, instance, relevant={"001-hit": ["a"], "002-miss": ["c"], "003-bare": []}, trained=0.98)
    found = judge()
    assert {name: found[name].metadata["value"].value for name in ("heuristic_precision", "heuristic_recall")} == {
        "heuristic_precision": 1 / 4,
        "heuristic_recall": 1 / 2,
    }
    assert not found["heuristic_precision"].passed and found["heuristic_recall"].passed
    assert found["heuristic_recall"].metadata["n"].value == 2
    assert all(one.metadata["target"].value > 0 for one in found.values())
    assert all(one.passed for name, one in found.items() if not name.startswith("heuristic"))


def test_what_is_missed_and_what_could_not_be_measured_do_not_pass(store, instance, judge):
    """0.55 is below every target and below the untrained encoder, a gain of -0.05; without gold nothing is compared."""
    write(store, instance, relevant={"001-bare": []}, trained=0.55)
    found = judge()
    assert len(found) == len(TARGETS) + len(AIMS) + 5
    assert not any(one.passed for one in found.values())
    gain = found["gains_on_held_out_packages"].metadata
    assert (gain["value"].value, gain["target"].value) == (pytest.approx(0.55 - 0.6), GAIN)
    assert "nothing was measured" in (found["heuristic_recall"].description or "")


def test_above_the_baselines_by_less_than_the_interval_is_not_surely_above(store, instance, judge):
    """0.65 with an interval from 0.55, against 0.6."""
    write(store, instance, relevant={"001-hit": ["a"]}, trained=0.65)
    found = judge()
    assert found["beats_its_baselines"].passed and found["gains_on_held_out_packages"].passed
    assert not found["beats_its_baselines_on_holdout"].passed
