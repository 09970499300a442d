"""Descriptive statistics of samples held in memory.

Samples are sequences of finite numbers; NaN and infinities are refused, so no result is poisoned by them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt


class SampleError(ValueError):
    """Base of every error raised for a sample."""


class EmptySample(SampleError):
    """A sample has fewer values than the statistic needs."""


class InvalidValue(SampleError):
    """A value is not a finite number; `index` is its place in the sample, counted from 0."""

    def __init__(self, index: int) -> None:
        super().__init__(f"the value at index {index} is not a finite number")
        self.index = index


class LengthMismatch(SampleError):
    """Two samples that belong together differ in length."""


class ConstantSample(SampleError):
    """All values of a sample are equal, so the statistic is not defined."""


@dataclass(frozen=True)
class Summary:
    """The usual figures of one sample; `deviation` is None for a single value."""

    count: int
    mean: float
    deviation: float | None
    minimum: float
    lower_quartile: float
    median: float
    upper_quartile: float
    maximum: float


@dataclass(frozen=True)
class Bin:
    """One bar of a histogram: from `low` up to, but without, `high`; the last bin includes `high`."""

    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Line:
    """A straight line fitted to points; `explained` is the share of the variance it explains, 0 to 1."""

    slope: float
    intercept: float
    explained: float

    def predict(self, x: float) -> float:
        """The height of the line above `x`."""
        return self.slope * x + self.intercept

    def residuals(self, xs: Sequence[float], ys: Sequence[float]) -> list[float]:
        """How far each point lies above the line. Raises LengthMismatch."""
        _check_pairs(xs, ys, least=0)
        return [y - (self.slope * x + self.intercept) for x, y in zip(xs, ys)]


def mean(sample: Sequence[float]) -> float:
    """The arithmetic mean. Raises EmptySample."""
    return _mean(_checked(sample))


def weighted_mean(sample: Sequence[float], weights: Sequence[float]) -> float:
    """The mean with a weight for each value. Raises SampleError for negative weights or a total of zero."""
    _check_pairs(sample, weights, least=1)
    if min(weights) < 0 or not any(weights):
        raise SampleError("weights must not be negative, nor all of them zero")
    return fsum(value * weight for value, weight in zip(sample, weights)) / fsum(weights)


def trimmed_mean(sample: Sequence[float], share: float) -> float:
    """The mean without the given share of values at each end, rounded down to whole values.

    Raises SampleError unless the share is at least 0 and below one half.
    """
    if not 0 <= share < 0.5:
        raise SampleError(f"a share of {share} cannot be cut off at each end")
    ordered = sorted(_checked(sample))
    cut = int(len(ordered) * share)
    return _mean(ordered[cut:len(ordered) - cut])


def variance(sample: Sequence[float], population: bool = False) -> float:
    """The mean squared deviation, divided by n - 1, or by n for a whole population. Raises EmptySample."""
    return _variance(sample, population)


def deviation(sample: Sequence[float], population: bool = False) -> float:
    """The standard deviation: the square root of the variance. Raises EmptySample."""
    return sqrt(_variance(sample, population))


def median(sample: Sequence[float]) -> float:
    """The value in the middle, or the mean of the two in the middle. Raises EmptySample."""
    return _quantile(sorted(_checked(sample)), 0.5)


def quantile(sample: Sequence[float], share: float) -> float:
    """The value below which the share lies, interpolated between neighbours.

    Raises SampleError unless the share is from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise SampleError(f"{share} is not between 0 and 1")
    return _quantile(sorted(_checked(sample)), share)


def modes(sample: Sequence[float]) -> list[float]:
    """The most frequent values in order of first occurrence. Raises EmptySample."""
    counts = Counter(_checked(sample))
    most = max(counts.values())
    return [value for value, count in counts.items() if count == most]


def spread(sample: Sequence[float]) -> float:
    """The distance between the quartiles. Raises EmptySample."""
    ordered = sorted(_checked(sample))
    return _quantile(ordered, 0.75) - _quantile(ordered, 0.25)


def outliers(sample: Sequence[float], reach: float = 1.5) -> list[float]:
    """The values further outside of the quartiles than `reach` times their distance, in the order of the sample."""
    ordered = sorted(_checked(sample))
    low, high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)
    margin = reach * (high - low)
    return [value for value in sample if value < low - margin or value > high + margin]


def standardize(sample: Sequence[float]) -> list[float]:
    """The values as numbers of standard deviations above the mean. Raises ConstantSample."""
    deviation = sqrt(_variance(sample, False))
    if deviation == 0:
        raise ConstantSample("equal values cannot be standardized")
    centre = _mean(sample)
    return [(value - centre) / deviation for value in sample]


def ranks(sample: Sequence[float]) -> list[float]:
    """The rank of each value from 1 for the smallest; equal values share the mean of their ranks."""
    return _ranks(_checked(sample, least=0))


def histogram(sample: Sequence[float], bins: int) -> list[Bin]:
    """Counts of the values in bins of equal width from the smallest to the largest value.

    Equal values come into a single bin of width 0. Raises SampleError unless there is at least one bin.
    """
    if bins < 1:
        raise SampleError(f"a histogram cannot have {bins} bins")
    low, high = min(_checked(sample)), max(sample)
    if low == high:
        return [Bin(low, high, len(sample))]
    width = (high - low) / bins
    counts = [0] * bins
    for value in sample:
        counts[min(int((value - low) / width), bins - 1)] += 1
    return [Bin(low + i * width, high if i == bins - 1 else low + (i + 1) * width, n) for i, n in enumerate(counts)]


def covariance(xs: Sequence[float], ys: Sequence[float]) -> float:
    """How far two samples vary together, divided by n - 1. Raises LengthMismatch and EmptySample."""
    _check_pairs(xs, ys, least=2)
    return _co_moment(xs, ys) / (len(xs) - 1)


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Pearson's coefficient from -1 to 1. Raises ConstantSample, LengthMismatch and EmptySample."""
    return _correlation(xs, ys)


def rank_correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Spearman's coefficient: the correlation of the ranks. Raises ConstantSample, LengthMismatch and EmptySample."""
    _check_pairs(xs, ys, least=2)
    return _correlation(_ranks(xs), _ranks(ys))


def fit_line(xs: Sequence[float], ys: Sequence[float]) -> Line:
    """The line with the least squared vertical distances to the points.

    Raises ConstantSample when the points stand above each other, LengthMismatch and EmptySample.
    """
    _check_pairs(xs, ys, least=2)
    across, up = _co_moment(xs, xs), _co_moment(ys, ys)
    if across == 0:
        raise ConstantSample("the points stand above each other")
    slope = _co_moment(xs, ys) / across
    explained = slope * slope * across / up if up else 1.0
    return Line(slope, _mean(ys) - slope * _mean(xs), explained)


def summarize(sample: Sequence[float]) -> Summary:
    """Count, mean, deviation, extremes and quartiles of a sample. Raises EmptySample."""
    ordered = sorted(_checked(sample))
    deviation = sqrt(_variance(ordered, False)) if len(ordered) > 1 else None
    quartiles = [_quantile(ordered, share) for share in (0.25, 0.5, 0.75)]
    return Summary(len(ordered), _mean(ordered), deviation, ordered[0], *quartiles, ordered[-1])


def _checked(sample: Sequence[float], least: int = 1) -> Sequence[float]:
    if len(sample) < least:
        raise EmptySample(f"{len(sample)} values, at least {least} are needed")
    for index, value in enumerate(sample):
        if not isfinite(value):
            raise InvalidValue(index)
    return sample


def _check_pairs(xs: Sequence[float], ys: Sequence[float], least: int) -> None:
    if len(xs) != len(ys):
        raise LengthMismatch(f"{len(xs)} values beside {len(ys)}")
    _checked(xs, least)
    _checked(ys, least)


def _mean(sample: Iterable[float]) -> float:
    values = list(sample)
    return fsum(values) / len(values)


def _co_moment(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Sum of the products of the deviations from the means."""
    x_mean, y_mean = _mean(xs), _mean(ys)
    return fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys))


def _variance(sample: Sequence[float], population: bool) -> float:
    size = len(_checked(sample, least=1 if population else 2))
    return _co_moment(sample, sample) / (size if population else size - 1)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _ranks(sample: Sequence[float]) -> list[float]:
    ordered = sorted(sample)
    counts = Counter(ordered)
    first: dict[float, int] = {}
    for place, value in enumerate(ordered, start=1):
        first.setdefault(value, place)
    return [first[value] + (counts[value] - 1) / 2 for value in sample]


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    _check_pairs(xs, ys, least=2)
    across, up = _co_moment(xs, xs), _co_moment(ys, ys)
    if across == 0 or up == 0:
        raise ConstantSample("equal values are correlated with nothing")
    return max(-1.0, min(1.0, _co_moment(xs, ys) / sqrt(across * up)))
