"""Two halves of an application's tests: one rewards the writer, the other only ever measures it.

A writer that learns to please particular tests gains on the half that rewards it and not on the other one. Which half a
test function belongs to is decided by a hash of its name, so that it stays there when others come and go.

Not covered: tests of one application share fixtures and style; a gap of nothing does not prove that nothing was gamed.
"""

import hashlib
from collections.abc import Collection, Mapping


def learning_half(functions: Collection[str]) -> frozenset[str]:
    """Return the test functions that reward, ``test_x.py::test_a``: every second in the order of their hashes, so half of
    them, rounded up."""
    ranked = sorted(functions, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    return frozenset(ranked[::2])


def half_rates(shares: Mapping[str, float]) -> tuple[float | None, float | None]:
    """Return the pass rates of both halves, the one that rewards first; None for a half without a test.

    ``shares``: test function -> share of its cases that passed, 0 to 1.
    """
    learning = learning_half(shares)
    return _mean([shares[name] for name in shares if name in learning]), _mean(
        [shares[name] for name in shares if name not in learning]
    )


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
