"""Statistics of values that arrive one after the other: nothing is stored but a few numbers."""

from collections import deque
from math import isfinite, sqrt

from statsum import EmptySample, InvalidValue, SampleError


class RunningStats:
    """Count, mean, variance and extremes of a stream, by Welford's method."""

    def __init__(self) -> None:
        self.count = 0
        self.minimum: float | None = None
        self.maximum: float | None = None
        self._mean = 0.0
        self._squares = 0.0

    def push(self, value: float) -> None:
        """Take in one value. Raises InvalidValue, and then nothing has changed."""
        self._push(value)

    def extend(self, values: list[float]) -> None:
        """Take in many values, or none of them when one is invalid. Raises InvalidValue."""
        for index, value in enumerate(values):
            if not isfinite(value):
                raise InvalidValue(index)
        for value in values:
            self._push(value)

    def mean(self) -> float:
        """The mean of the values so far. Raises EmptySample."""
        self._need(1)
        return self._mean

    def variance(self) -> float:
        """The variance of the values so far, divided by n - 1. Raises EmptySample for fewer than two."""
        self._need(2)
        return self._squares / (self.count - 1)

    def deviation(self) -> float:
        """The standard deviation of the values so far. Raises EmptySample for fewer than two."""
        self._need(2)
        return sqrt(self._squares / (self.count - 1))

    def merged(self, other: "RunningStats") -> "RunningStats":
        """The statistics of both streams together; neither of the two is changed."""
        result = RunningStats()
        result.count = self.count + other.count
        extremes = [part for part in (self, other) if part.count]
        if extremes:
            result.minimum = min(part.minimum for part in extremes)
            result.maximum = max(part.maximum for part in extremes)
            apart = other._mean - self._mean
            result._mean = self._mean + apart * other.count / result.count
            result._squares = self._squares + other._squares + apart**2 * self.count * other.count / result.count
        return result

    def _push(self, value: float) -> None:
        if not isfinite(value):
            raise InvalidValue(self.count)
        self.count += 1
        step = value - self._mean
        self._mean += step / self.count
        self._squares += step * (value - self._mean)
        self.minimum = value if self.minimum is None else min(self.minimum, value)
        self.maximum = value if self.maximum is None else max(self.maximum, value)

    def _need(self, least: int) -> None:
        if self.count < least:
            raise EmptySample(f"{self.count} values so far, at least {least} are needed")


def moving_average(values: list[float], window: int) -> list[float]:
    """The mean of each run of `window` neighbours; empty when there are fewer.

    Raises SampleError for a window below 1.
    """
    if window < 1:
        raise SampleError(f"a window of {window} holds no value")
    recent: deque[float] = deque(maxlen=window)
    averages = []
    for value in values:
        recent.append(value)
        if len(recent) == window:
            averages.append(sum(recent) / window)
    return averages


def exponential_average(values: list[float], weight: float) -> list[float]:
    """Smoothed values: each is the weighted mean of the value and the smoothed one before it.

    Raises SampleError unless the weight of the new value is above 0 and at most 1.
    """
    if not 0 < weight <= 1:
        raise SampleError(f"a weight of {weight} is not above 0 and at most 1")
    smoothed: list[float] = []
    for value in values:
        smoothed.append(value if not smoothed else weight * value + (1 - weight) * smoothed[-1])
    return smoothed
