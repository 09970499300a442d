"""The judge: what is read out of its answers, orders swapped, refusals, and its calibration against tests."""

import math
import random

import pytest

from iccm_dagster.celr.judge_answers import parse_rating
from iccm_dagster.celr.self_reward import ScriptedJudge, SelfRewardScorer, SimulatedJudge, calibrate_judge

GOOD = '{"accuracy": 5, "completeness": 3, "efficiency": 4}'
TWO = '{{"A": {a}, "B": {b}}}'


def flat(value: int) -> str:
    return f'{{"accuracy": {value}, "completeness": {value}, "efficiency": {value}}}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"Here you are:\n```json\n{GOOD}\n```\nHope this helps!",
        '{"Accuracy": "5/5", "Completeness": "3", "Efficiency": 4.0, "comment": "fine"}',
        "accuracy: 5/5\ncompleteness: 3\nEfficiency - 4 of 5",
        f"First I thought {flat(1)} but on reflection {GOOD}",
    ],
)
def test_a_rating_is_found_in_any_wrapping(text):
    """(5 + 3 + 4) / 3 = 4, and (4 - 1) / 4 = 0.75"""
    rating = parse_rating(text)
    assert rating is not None
    assert rating.score == pytest.approx(0.75)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot rate this.",
        '{"accuracy": 5, "completeness": 3}',
        flat(0),
        flat(6),
        '{"accuracy": true, "completeness": true, "efficiency": true}',
        '{"accuracy": NaN, "completeness": 3, "efficiency": 3}',
        "accuracy: 55 completeness: 3 efficiency: 4",
    ],
)
def test_what_is_no_rating_is_none_and_never_low(text):
    assert parse_rating(text) is None


def test_a_refusal_reaches_the_score_as_none():
    assert SelfRewardScorer(ScriptedJudge(answers=["I am sorry, but no."])).score_response("p", "r") is None


def test_a_judge_that_likes_what_stands_first_is_averaged_out():
    judge = ScriptedJudge(answers=[TWO.format(a=flat(5), b=flat(1))])
    assert SelfRewardScorer(judge).score_two("task", "one", "other") == (0.5, 0.5)
    first, second = judge.asked
    assert first.index("one") < first.index("other")
    assert second.index("other") < second.index("one")


def test_one_order_without_a_rating_leaves_both_without():
    judge = ScriptedJudge(answers=[TWO.format(a=flat(5), b=flat(1)), "no"])
    assert SelfRewardScorer(judge).score_two("task", "one", "other") == (None, None)


def test_the_simulated_judge_reads_bodies_and_is_swapped_fairly():
    whole, half = (
        "def f():\n    return 1\ndef g():\n    return 2\n",
        "def f():\n    raise NotImplementedError\ndef g():\n    return 2\n",
    )
    scorer = SelfRewardScorer(SimulatedJudge(noise=0.0, first_bonus=0.5, seed=0))
    better, worse = scorer.score_two("task", whole, half)
    # 5 is the top: the bonus is cut off there. half: 3 alone, 3.5 in the first place.
    assert better == pytest.approx(1.0)
    assert worse == pytest.approx(((3 - 1) / 4 + (3.5 - 1) / 4) / 2)


def test_ten_thousand_mutated_answers_raise_nothing():
    rng = random.Random(0)
    seeds = [GOOD, TWO.format(a=flat(5), b=flat(1)), "accuracy: 5/5\ncompleteness: 3\nefficiency: 4", "I cannot."]
    for number in range(10_000):
        text = list(seeds[number % len(seeds)])
        for _ in range(rng.randint(1, 5)):
            place = rng.randrange(len(text) + 1)
            text[place : place + rng.randint(0, 3)] = rng.choice(
                ["{", "}", '"', "1e999", "\x00", "9" * 400, "\ud800", "NaN", ""]
            )
        for label in ("", "A"):
            rating = parse_rating("".join(text), label=label)
            assert rating is None or 0 <= rating.score <= 1


def test_calibration_counts_comparisons_within_a_task():
    """Task a: the judge is right in both comparisons; task b: wrong once; c has no two pass rates."""
    rows = [
        ("a", 1.0, 0.9),
        ("a", 0.5, 0.6),
        ("a", 0.5, 0.1),
        ("b", 1.0, 0.2),
        ("b", 0.0, 0.8),
        ("c", 1.0, 0.1),
        ("a", 1.0, None),
    ]
    found = calibrate_judge(rows, seed=0)
    assert found.auc == pytest.approx(2 / 3)
    assert (found.tasks, found.comparisons, found.silent) == (2, 3, 1)
    assert not found.trusted(auc=0.7)


def test_a_judge_that_was_never_tested_is_not_trusted():
    found = calibrate_judge([("a", 1.0, 0.9)], seed=0)
    assert math.isnan(found.auc)
    assert not found.trusted(auc=0.6)
