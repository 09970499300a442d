import pytest
from statsum import (
    Bin,
    ConstantSample,
    EmptySample,
    InvalidValue,
    LengthMismatch,
    Line,
    SampleError,
    correlation,
    covariance,
    deviation,
    fit_line,
    histogram,
    mean,
    median,
    modes,
    outliers,
    quantile,
    rank_correlation,
    ranks,
    spread,
    standardize,
    summarize,
    trimmed_mean,
    variance,
    weighted_mean,
)

INFINITE = float("inf")
NAN = float("nan")


@pytest.mark.requirement("R1")
def test_mean():
    assert mean([1, 2, 6]) == 3
    assert mean([4.5]) == 4.5


@pytest.mark.requirement("R1")
def test_mean_of_many_tenths_is_not_off():
    assert mean([0.1] * 10) == 0.1


@pytest.mark.requirement("R1")
def test_weighted_mean():
    assert weighted_mean([10, 20], [1, 3]) == 17.5
    assert weighted_mean([10, 20], [0, 2]) == 20


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("weights", [[0, 0], [2, -1], [1]])
def test_weighted_mean_refuses_weights(weights):
    with pytest.raises(SampleError):
        weighted_mean([1, 2], weights)


@pytest.mark.requirement("R2")
def test_trimmed_mean_cuts_both_ends():
    assert trimmed_mean([100, 1, 2, 3, -100], 0.2) == 2
    assert trimmed_mean([9, 1, 2, 4], 0.24) == 4
    assert trimmed_mean([9, 1, 2, 4], 0.25) == 3


@pytest.mark.requirement("R2")
def test_trimmed_mean_limits_the_share():
    assert trimmed_mean([1, 2, 6], 0) == 3
    for share in (-0.1, 0.5):
        with pytest.raises(SampleError):
            trimmed_mean([1, 2, 6], share)


@pytest.mark.requirement("R3")
def test_variance_of_a_sample_and_of_a_population():
    assert variance([1, 2, 3, 6]) == pytest.approx(14 / 3)
    assert variance([1, 2, 3, 6], population=True) == 3.5


@pytest.mark.requirement("R3")
def test_variance_needs_two_values():
    assert variance([5], population=True) == 0
    assert variance([5, 7]) == 2
    with pytest.raises(EmptySample):
        variance([5])


@pytest.mark.requirement("R3")
def test_deviation_is_the_root_of_the_variance():
    assert deviation([2, 4, 4, 4, 5, 5, 7, 9], population=True) == 2
    assert deviation([1, 3, 5]) == 2


@pytest.mark.requirement("R4")
def test_median():
    assert median([9, 1, 5]) == 5
    assert median([4, 1, 3, 2]) == 2.5
    assert median([7]) == 7


@pytest.mark.requirement("R4")
def test_quantile_interpolates():
    assert quantile([10, 20, 30, 40], 0.25) == 17.5
    assert quantile([40, 10, 20, 30], 0.9) == pytest.approx(37)


@pytest.mark.requirement("R4")
def test_quantile_ends_and_limits():
    assert quantile([3, 1, 2], 0) == 1
    assert quantile([3, 1, 2], 1) == 3
    for share in (-0.01, 1.01):
        with pytest.raises(SampleError):
            quantile([1, 2], share)


@pytest.mark.requirement("R5")
def test_modes_come_in_order_of_occurrence():
    assert modes([3, 1, 3, 2, 1]) == [3, 1]
    assert modes([2, 2, 5]) == [2]


@pytest.mark.requirement("R5")
def test_modes_of_nothing():
    with pytest.raises(EmptySample):
        modes([])


@pytest.mark.requirement("R6")
def test_spread_between_quartiles():
    assert spread([1, 2, 3, 4, 5]) == 2
    assert spread([5]) == 0


@pytest.mark.requirement("R6")
def test_outliers_lie_beyond_the_fences():
    assert outliers([9, 1, 2, 3, 4, 5, -7]) == [-7]
    assert outliers([1, 2, 3, 4, 5, 8, -2]) == []


@pytest.mark.requirement("R6")
def test_a_value_on_the_fence_is_no_outlier():
    assert outliers([0, 1, 2, 3, 4], reach=0.5) == []
    assert outliers([0, 1, 2, 3, 4], reach=0.49) == [0, 4]


@pytest.mark.requirement("R7")
def test_standardize():
    assert standardize([1, 3, 5]) == [-1, 0, 1]


@pytest.mark.requirement("R7")
def test_standardize_refuses_equal_values():
    with pytest.raises(ConstantSample):
        standardize([2, 2])


@pytest.mark.requirement("R8")
def test_ranks():
    assert ranks([30, 10, 20]) == [3, 1, 2]
    assert ranks([]) == []


@pytest.mark.requirement("R8")
def test_equal_values_share_their_rank():
    assert ranks([5, 1, 5, 9]) == [2.5, 1, 2.5, 4]
    assert ranks([4, 4, 4]) == [2, 2, 2]


@pytest.mark.requirement("R9")
def test_histogram_counts_values():
    assert histogram([0, 1, 2, 3, 4], 2) == [Bin(0, 2, 2), Bin(2, 4, 3)]


@pytest.mark.requirement("R9")
def test_histogram_bins_have_equal_width():
    found = histogram([1, 1, 9, 10], 3)
    assert [(part.low, part.high, part.count) for part in found] == [(1, 4, 2), (4, 7, 0), (7, 10, 2)]


@pytest.mark.requirement("R9")
def test_histogram_of_equal_values_and_of_no_bins():
    assert histogram([3, 3], 4) == [Bin(3, 3, 2)]
    assert len(histogram([3, 4], 1)) == 1
    with pytest.raises(SampleError):
        histogram([3, 4], 0)


@pytest.mark.requirement("R10")
def test_covariance():
    assert covariance([1, 2, 3], [2, 4, 9]) == 3.5
    assert covariance([1, 2], [3, 1]) == -1


@pytest.mark.requirement("R10")
def test_correlation():
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1)
    assert correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert correlation([1, 2, 3, 4], [1, -1, -1, 1]) == 0
    assert correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    ("xs", "ys", "error"),
    [
        ([1, 1], [1, 2], ConstantSample),
        ([1, 2], [5, 5], ConstantSample),
        ([1], [2], EmptySample),
        ([1, 2], [1], LengthMismatch),
    ],
)
def test_correlation_is_not_always_defined(xs, ys, error):
    with pytest.raises(error):
        correlation(xs, ys)


@pytest.mark.requirement("R11")
def test_rank_correlation_ignores_distances():
    assert rank_correlation([1, 2, 3, 4], [1, 10, 100, 5000]) == pytest.approx(1)
    assert rank_correlation([1, 2, 3], [5, 0, -800]) == pytest.approx(-1)


@pytest.mark.requirement("R11")
def test_rank_correlation_of_one_pair_is_refused():
    with pytest.raises(EmptySample):
        rank_correlation([1], [2])


@pytest.mark.requirement("R12")
def test_fit_line_through_points_on_a_line():
    line = fit_line([0, 1, 2], [1, 3, 5])
    assert (line.slope, line.intercept, line.explained) == (2, 1, 1)


@pytest.mark.requirement("R12")
def test_fit_line_between_points():
    line = fit_line([0, 1, 2], [0, 3, 3])
    assert (line.slope, line.intercept) == (1.5, 0.5)
    assert line.explained == pytest.approx(0.75)


@pytest.mark.requirement("R12")
def test_fit_line_of_level_and_of_upright_points():
    assert fit_line([1, 2], [4, 4]) == Line(0, 4, 1)
    with pytest.raises(ConstantSample):
        fit_line([2, 2], [1, 5])


@pytest.mark.requirement("R13")
def test_predict():
    assert Line(2, 1, 1).predict(10) == 21


@pytest.mark.requirement("R13")
def test_residuals():
    assert Line(2, 1, 1).residuals([0, 1], [1, 5]) == [0, 2]
    with pytest.raises(LengthMismatch):
        Line(2, 1, 1).residuals([0, 1], [1])


@pytest.mark.requirement("R14")
def test_summary():
    found = summarize([4, 2, 8, 6, 5])
    assert (found.count, found.mean, found.minimum, found.maximum) == (5, 5, 2, 8)
    assert (found.lower_quartile, found.median, found.upper_quartile) == (4, 5, 6)
    assert found.deviation == pytest.approx(5**0.5)


@pytest.mark.requirement("R14")
def test_summary_of_one_value_has_no_deviation():
    found = summarize([3])
    assert found.deviation is None
    assert found.lower_quartile == found.maximum == 3
    assert summarize([3, 3]).deviation == 0


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("statistic", [mean, median])
def test_empty_samples_are_refused(statistic):
    with pytest.raises(EmptySample):
        statistic([])


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("statistic", [mean, median])
def test_values_that_are_not_finite_are_refused(statistic):
    with pytest.raises(InvalidValue) as caught:
        statistic([1, 2, NAN, INFINITE])
    assert caught.value.index == 2
