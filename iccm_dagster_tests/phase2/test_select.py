import numpy as np

from iccm_dagster.phase2.select import select_statements

EAST, NORTH, NORTHEAST = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.8, 0.6])


def choose(vectors, *, minimum=1, maximum=9, statements=None):
    return select_statements(
        statements or ["s"] * len(vectors), np.stack(vectors), minimum=minimum, maximum=maximum, redundancy=0.9
    )


def test_a_repetition_is_passed_over():
    assert choose([EAST, EAST, NORTH]) == [0, 2]


def test_repetitions_are_kept_where_the_minimum_needs_them():
    assert choose([EAST, EAST, NORTH], minimum=3) == [0, 1, 2]


def test_an_empty_statement_says_nothing():
    assert choose([EAST, NORTH], statements=["", "s"]) == [1]


def test_above_the_maximum_what_is_most_like_another_goes():
    """Similarities: 0-2 .8, 1-2 .6, 0-1 0. Both 0 and 2 have .8 to another; the first of them goes."""
    assert choose([EAST, NORTH, NORTHEAST], maximum=2) == [1, 2]
