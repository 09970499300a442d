"""The gate: each rule alone keeps a model out."""

import pytest

from iccm_dagster.celr.gate import admit_model, admit_writer
from iccm_dagster.celr.recipe import DpoRecipe

RECIPE = DpoRecipe(most_forgotten=0.1)
GOOD = {
    "accuracy": {"mean": 0.8, "low": 0.6, "n": 8},
    "accuracy_longer_within_cut": 0.5,
    "chosen_change": 0.05,
}


def test_a_model_that_keeps_every_rule_is_admitted():
    assert str(admit_model(GOOD, RECIPE)) == "admitted"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"accuracy": {"mean": 0.8, "low": 0.5, "n": 8}}, "surely above 0.500 only"),
        ({"accuracy": {"mean": float("nan"), "low": float("nan"), "n": 0}}, "0 validation applications"),
        ({"accuracy": {"mean": 0.8, "low": 0.8, "n": 2}}, "2 validation applications"),
        ({"accuracy_longer_within_cut": 0.8}, "not above the 0.800 of the longer answer"),
        ({"chosen_change": -0.11}, "better answers changed by -0.11"),
        ({"chosen_change": None}, "better answers changed by None"),
    ],
)
def test_one_broken_rule_is_enough_and_is_named(change, reason):
    found = admit_model({**GOOD, **change}, RECIPE)
    assert not found.admitted
    assert reason in str(found)


def test_a_writer_must_gain_beyond_the_interval():
    assert admit_writer({"gain": 0.1, "low": 0.01, "n": 6}).admitted
    assert "surely changed by -0.010 at least" in str(admit_writer({"gain": 0.1, "low": -0.01, "n": 6}))
    assert "2 validation applications" in str(admit_writer({"gain": 0.1, "low": 0.1, "n": 2}))
