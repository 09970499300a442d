"""What a check that measures something reports: its number, its target and its sample size. It warns; it stops nothing."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import dagster as dg


def measured(passed: bool, *, value: float, target: float, n: int, **shown: Any) -> dg.AssetCheckResult:
    """Return a result with its figures; further ones are shown as given, None is left out."""
    figures = {"value": value, "target": target, **shown, "n": n}
    return dg.AssetCheckResult(
        passed=bool(passed),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={name: figure for name, figure in figures.items() if figure is not None},
    )


def ranked(rates: Mapping[str, float], *, n: int) -> dg.AssetCheckResult:
    """Return whether simulated pass rates fall strictly in the order given; the value is how many neighbours do."""
    falling = sum(above > below for above, below in pairwise(rates.values()))
    target = len(rates) - 1
    return measured(falling == target, value=falling, target=target, **rates, n=n, simulated=True)


def nothing(why: str) -> dg.AssetCheckResult:
    """Return the result of a check that had nothing to measure: it has not passed, and has no sample size."""
    return dg.AssetCheckResult(
        passed=False, severity=dg.AssetCheckSeverity.WARN, description=f"nothing was measured: {why}"
    )
