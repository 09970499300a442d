"""A reward that executes nothing: closeness to gold."""

from types import SimpleNamespace

import numpy as np
import pytest

from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.similarity_reward import SimilarityJury

VECTORS = {"up": (1, 0), "right": (0, 1), "between": (0.6, 0.8), "down": (-1, 0)}


def jury() -> SimilarityJury:
    court = SimpleNamespace(judges={"001": "judge", "002": "judge"})
    return SimilarityJury(court, {"001": ["up", "right"]}, lambda texts: np.array([VECTORS[text] for text in texts]))


def worth(*statements: str) -> float:
    [[likeness]] = jury().hear([("001", Context(statements=statements))], rewarding_only=True)
    return likeness.lift


def test_each_gold_requirement_counts_by_its_closest_statement():
    assert worth("between") == pytest.approx((0.6 + 0.8) / 2)
    assert worth("between", "up") == pytest.approx((1 + 0.8) / 2)
    assert worth("up", "right") == 1


def test_nothing_said_and_the_opposite_are_worth_nothing():
    assert worth() == 0
    assert worth("down") == 0


def test_an_application_without_gold_is_not_judged_and_is_no_zero():
    assert list(jury().judges) == ["001"]
    [[likeness]] = jury().hear([("002", Context(statements=("up",)))], rewarding_only=True)
    assert likeness.lift is None
