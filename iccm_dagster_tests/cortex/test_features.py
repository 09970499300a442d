"""Features: bounded whatever the state, and the same online as in training."""

import random

import numpy as np
import pytest

from iccm_dagster.cortex.features import BASIS_SIZE, StateExtractor, basis
from iccm_dagster_tests.cortex.worlds import BLANK, JUDGED, random_state

EXTRACTOR = StateExtractor()


def named(state):
    return dict(zip(EXTRACTOR.names, EXTRACTOR.extract(state), strict=True))


def test_features_are_named_and_say_what_the_state_says():
    seen = named(JUDGED)
    assert seen["budget_left"] == pytest.approx(0.9)  # 0.1 of 1.0 spent
    assert (seen["has_code"], seen["verified"], seen["judged"], seen["solved"]) == (1, 1, 1, 0)
    assert seen["last_pass_rate"] == 0.5
    assert seen["rung"] == 0


def test_not_judged_is_told_from_a_pass_rate_of_zero():
    assert named(BLANK)["judged"] == 0
    assert named(BLANK)["last_pass_rate"] == 0


def test_features_stay_between_0_and_1_in_every_state():
    rng = random.Random(0)
    rows = EXTRACTOR.extract_many(random_state(rng) for _ in range(2000))
    assert rows.shape == (2000, len(EXTRACTOR.names))
    assert np.isfinite(rows).all() and rows.min() >= 0 and rows.max() <= 1


def test_one_state_and_many_states_give_the_same_vector():
    rng = random.Random(1)
    states = [random_state(rng) for _ in range(50)]
    assert (EXTRACTOR.extract_many(states) == np.stack([EXTRACTOR.extract(state) for state in states])).all()


def test_the_basis_is_one_the_features_and_products():
    features = EXTRACTOR.extract(JUDGED)[None]
    [values] = basis(features)
    assert len(values) == BASIS_SIZE
    assert values[0] == 1 and (values[1 : 1 + features.shape[1]] == features[0]).all()
    # (rung, retries_here) is the first product: 0 * 0.
    assert values[1 + features.shape[1]] == 0
