"""What the cortex sees of a state: named numbers between 0 and 1, one definition for training and for deciding.

Not covered: anything about the text of the task or of the code. Difficulty is what the size of the task says, and what
attempts have shown so far.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from iccm_dagster.celr.states import State

# N: states, F: features, B: basis functions.

VERSION = 2
"""Raised whenever a feature, its scale or its place changes: an archived policy of another version is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number that the policy sees."""

    name: str
    meaning: str
    """What 0 and 1 stand for."""
    of: Callable[[State], float]
    """State -> value; clipped to 0..1 by the extractor."""


def _left(spent: float, limit: float) -> float:
    return 1.0 - spent / limit if limit > 0 else 0.0


def _log_share(value: float, most: float) -> float:
    return math.log1p(max(value, 0.0)) / math.log1p(most)


RETRIES_HERE_AT_ONE = 4
"""Retries at a rung at which their feature is 1."""
FEATURES = (
    Feature(name="budget_left", meaning="share of the money left", of=lambda s: _left(s.cost, s.cost_limit)),
    Feature(name="time_left", meaning="share of the time left", of=lambda s: _left(s.seconds, s.seconds_limit)),
    Feature(name="retries", meaning="attempts after the first; 1 from 8 on", of=lambda s: s.retries / 8),
    Feature(
        name="retries_here",
        meaning="attempts at this rung after its first; 1 from 4 on",
        of=lambda s: s.retries_at_rung / RETRIES_HERE_AT_ONE,
    ),
    Feature(
        name="rung", meaning="0 the cheapest reconstructor, 1 the dearest", of=lambda s: s.rung / max(s.rungs - 1, 1)
    ),
    Feature(name="has_code", meaning="1 when there is a program", of=lambda s: float(s.has_code)),
    Feature(name="verified", meaning="1 when that program has a verdict", of=lambda s: float(s.verified)),
    Feature(
        name="judged", meaning="1 when any program had a verdict", of=lambda s: float(s.last_pass_rate is not None)
    ),
    Feature(name="last_pass_rate", meaning="of the last verdict; 0 without one", of=lambda s: s.last_pass_rate or 0.0),
    Feature(name="best_pass_rate", meaning="of the best verdict; 0 without one", of=lambda s: s.best_pass_rate or 0.0),
    Feature(
        name="solved",
        meaning="1 when the current program passed every test",
        of=lambda s: float(s.verified and s.last_pass_rate == 1.0),
    ),
    Feature(
        name="difficulty",
        meaning="log of the context's tokens; 1 from 20,000 on",
        of=lambda s: _log_share(s.context_tokens, 20_000),
    ),
    Feature(name="breadth", meaning="requirements; 1 from 40 on", of=lambda s: s.requirements / 40),
    Feature(name="modules", meaning="modules beyond the first; 1 from 5 on", of=lambda s: (s.modules - 1) / 4),
    Feature(
        name="depth", meaning="share of the recursion that is used up", of=lambda s: s.depth / max(s.depth_limit, 1)
    ),
    Feature(name="compressed", meaning="1 when the context was compressed", of=lambda s: float(s.compressed)),
    Feature(
        name="tokens_per_money",
        meaning="context's tokens per unit of the money limit; 1 from 50,000 on: what a first attempt takes of the limit",
        of=lambda s: s.context_tokens / s.cost_limit / 50_000 if s.cost_limit > 0 else 1.0,
    ),
    Feature(
        name="attempt_price",
        meaning="share of the money that the last attempt told of a verdict cost; 0 before",
        of=lambda s: s.attempt_cost / s.cost_limit if s.cost_limit > 0 else 0.0,
    ),
    Feature(name="risk", meaning="unsafe events so far; 1 from 2 on", of=lambda s: s.unsafe / 2),
)
"""In the order of the vector; all are 0..1."""


# What an action is worth depends on these together; with every product of two features, 500 logs were too few.
_TOGETHER = ("rung", "retries_here", "last_pass_rate", "difficulty", "budget_left")
_PHASES = ("has_code", "verified")
PRODUCTS = tuple(combinations(_TOGETHER, 2)) + tuple((name, phase) for name in _TOGETHER for phase in _PHASES)
"""Pairs of features whose product the regressions see."""


class StateExtractor:
    """Turns states into vectors; the same object serves training, estimation and the agent."""

    version = VERSION
    names = tuple(feature.name for feature in FEATURES)

    def extract(self, state: State) -> Float[np.ndarray, " F"]:
        """Return the features of one state, each clipped to 0..1; NaN never comes out."""
        return np.array([_bounded(feature.of(state)) for feature in FEATURES])

    def extract_many(self, states: Iterable[State]) -> Float[np.ndarray, "N F"]:
        """Return one row per state."""
        rows = [[_bounded(feature.of(state)) for feature in FEATURES] for state in states]
        return np.array(rows, dtype=float).reshape(len(rows), len(FEATURES))


def basis(features_NF: Float[np.ndarray, "N F"]) -> Float[np.ndarray, "N B"]:
    """Return what the regressions are linear in: 1, every feature, and the products in ``PRODUCTS``."""
    first, second = _PRODUCT_PLACES
    ones_N1 = np.ones((len(features_NF), 1))
    return np.hstack([ones_N1, features_NF, features_NF[:, first] * features_NF[:, second]])


def _bounded(value: float) -> float:
    return min(1.0, max(0.0, value)) if value == value else 0.0


_PRODUCT_PLACES = tuple([StateExtractor.names.index(pair[side]) for pair in PRODUCTS] for side in (0, 1))
BASIS_SIZE = 1 + len(FEATURES) + len(PRODUCTS)
"""Length of `basis`."""
