"""Means with bootstrap intervals. The unit of resampling is the application: results of one application hang
together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# R: resamples, N: units.


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and its 95 % percentile bootstrap interval (Efron, 1979)."""

    mean: float
    """NaN when there is no unit."""
    low: float
    high: float
    n: int
    """Number of units."""

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}] (n={self.n})"

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


def bootstrap_mean(values: Sequence[float], *, resamples: int, seed: int) -> Interval:
    """Return the mean over units. One unit gives an interval of no width, which says nothing: look at ``n``."""
    values_N = np.asarray(values, dtype=float)
    if values_N.size == 0:
        return Interval(mean=float("nan"), low=float("nan"), high=float("nan"), n=0)
    rows_RN = np.random.default_rng(seed).integers(values_N.size, size=(resamples, values_N.size))
    low, high = np.quantile(values_N[rows_RN].mean(axis=1), [0.025, 0.975])
    return Interval(mean=float(values_N.mean()), low=float(low), high=float(high), n=int(values_N.size))
