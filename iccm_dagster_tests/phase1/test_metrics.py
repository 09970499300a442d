"""Retrieval metrics, each against the sum done by hand."""

import numpy as np
import pytest

from iccm_dagster.phase1.metrics import all_above, average_precision, mean_average_precision, recall_at, reciprocal_rank

SCORES = np.array([0.9, 0.1, 0.7, 0.3])
RELEVANT = np.array([False, False, True, True])


def test_average_precision_is_the_mean_precision_at_the_relevant_places():
    # The ranking is 0, 2, 3, 1: relevant at places 2 and 3, with precision 1/2 and 2/3.
    assert average_precision(SCORES, RELEVANT) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_recall_counts_what_can_be_among_the_first():
    assert recall_at(2, SCORES, RELEVANT) == 1 / 2
    assert recall_at(3, SCORES, RELEVANT) == 1
    assert recall_at(1, np.array([0.9, 0.8]), np.array([True, True])) == 1


def test_reciprocal_rank_ends_at_k():
    assert reciprocal_rank(10, SCORES, RELEVANT) == 1 / 2
    assert reciprocal_rank(1, SCORES, RELEVANT) == 0


def test_all_above_wants_every_relevant_one_above_every_negative():
    assert all_above(SCORES, RELEVANT, np.array([False, True, False, False])) == 1
    assert all_above(SCORES, RELEVANT, np.array([True, True, False, False])) == 0


def test_a_retriever_that_gives_everything_the_same_score_gains_nothing():
    """Three candidates with one score: the relevant one counts as the last."""
    same, relevant = np.zeros(3), np.array([True, False, False])
    assert average_precision(same, relevant) == pytest.approx(1 / 3)
    assert all_above(same, relevant, ~relevant) == 0


def test_queries_without_a_relevant_candidate_are_left_out_of_the_mean():
    scores = np.array([[0.9, 0.1], [0.9, 0.1]])
    assert mean_average_precision(scores, [np.array([True, False]), np.array([False, False])]) == 1
    assert mean_average_precision(scores[:1], [np.array([False, False])]) == 0
