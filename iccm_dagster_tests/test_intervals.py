import math

import pytest

from iccm_dagster.intervals import bootstrap_mean


def test_the_mean_is_the_mean_and_lies_in_its_interval():
    interval = bootstrap_mean([0.0, 0.5, 1.0, 0.5], resamples=500, seed=0)
    assert interval.mean == pytest.approx(0.5)
    assert interval.low < 0.5 < interval.high
    assert interval.n == 4


def test_units_that_agree_have_no_spread():
    interval = bootstrap_mean([0.3] * 5, resamples=100, seed=0)
    assert (interval.low, interval.high) == pytest.approx((0.3, 0.3))


def test_the_interval_has_its_nominal_coverage():
    """95 % nominal, 30 units: the percentile bootstrap covers a little less; between 88 and 99 of 100 known means."""
    import numpy as np

    draws = np.random.default_rng(1).normal(2.0, 1.0, size=(100, 30))
    hits = sum(
        interval.low <= 2.0 <= interval.high
        for row in draws
        for interval in [bootstrap_mean(row, resamples=300, seed=0)]
    )
    assert 88 <= hits <= 99


def test_nothing_measured_is_not_zero():
    interval = bootstrap_mean([], resamples=10, seed=0)
    assert math.isnan(interval.mean)
    assert interval.n == 0
    assert not interval.excludes_zero


def test_a_gain_beyond_the_interval_excludes_zero():
    assert bootstrap_mean([0.1, 0.12, 0.09], resamples=100, seed=0).excludes_zero
    assert not bootstrap_mean([0.1, -0.12, 0.01], resamples=100, seed=0).excludes_zero
