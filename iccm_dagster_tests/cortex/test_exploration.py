"""Exploration: seeded draws whose propensities are exact, mostly of attempts, never of nothing."""

import random
from collections import Counter
from dataclasses import replace

import pytest

from iccm_dagster.celr.states import ATTEMPTS, Action, allowed
from iccm_dagster.cortex.exploration import Exploration
from iccm_dagster.errors import RecipeError
from iccm_dagster_tests.cortex.worlds import HEURISTIC, JUDGED

POLICY = Exploration(HEURISTIC, share=0.4)
WRITTEN = replace(JUDGED, verified=False)


@pytest.mark.parametrize("state", [JUDGED, replace(JUDGED, modules=3), WRITTEN])
def test_propensities_are_the_frequencies_and_add_up_to_one(state):
    rng, mask = random.Random(0), allowed(state)
    draws = [POLICY.decide(state, allowed=mask, rng=rng) for _ in range(8000)]
    shares = Counter(draw.action for draw in draws)
    propensity = {draw.action: draw.propensity for draw in draws}
    assert set(propensity) == mask
    assert sum(propensity.values()) == pytest.approx(1)
    for action, chance in propensity.items():
        assert shares[action] / len(draws) == pytest.approx(chance, abs=0.02)


def test_draws_are_mostly_attempts_and_rarely_skip_a_verdict():
    # JUDGED: retry, retry compressed, escalate at weight 1, stop and abort at 0.1; the heuristic retries first.
    rng = random.Random(1)
    drawn = [POLICY.decide(JUDGED, allowed=allowed(JUDGED), rng=rng) for _ in range(4000)]
    explored = [draw.action for draw in drawn if draw.reason == "exploration"]
    assert len(explored) / 4000 == pytest.approx(0.4, abs=0.03)
    assert sum(action in ATTEMPTS for action in explored) / len(explored) == pytest.approx(3 / 3.2, abs=0.03)
    waiting = [POLICY.decide(WRITTEN, allowed=allowed(WRITTEN), rng=rng).reason for _ in range(4000)]
    assert waiting.count("exploration") / 4000 == pytest.approx(0.1, abs=0.02)


def test_equal_seeds_draw_alike():
    first, second = (
        [POLICY.decide(JUDGED, allowed=allowed(JUDGED), rng=rng).action for _ in range(50)]
        for rng in (random.Random(3), random.Random(3))
    )
    assert first == second and set(first) - {Action.RETRY}


def test_what_cannot_be_explored_is_refused():
    with pytest.raises(RecipeError, match=r"share=1\.2"):
        Exploration(HEURISTIC, share=1.2)
    with pytest.raises(RecipeError, match="draws itself"):
        Exploration(POLICY, share=0.1).decide(JUDGED, allowed=allowed(JUDGED), rng=random.Random(0))
