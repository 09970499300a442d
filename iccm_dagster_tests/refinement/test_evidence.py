"""Evidence by hand: values, wanted values, and tokens that would give them."""

import numpy as np
import pytest

from iccm_dagster.refinement.evidence import gather
from iccm_dagster.refinement.language import MASK, TOKENS
from iccm_dagster_tests.refinement.conftest import programs_of

VALUE, WANTED, LOW, HIGH, AGREES = 0, 8, 17, 18, 19
INPUTS = [(2, 5, [3, 1]), (7, 1, [4])]


def seen(text: str, changes: dict[int, str] | None = None, inputs=INPUTS):
    """Return the evidence of a program after some of its tokens were changed ("?" makes a hole)."""
    programs = programs_of(text, inputs=inputs)
    tokens = programs.tokens.copy()
    for node, name in (changes or {}).items():
        tokens[0, node] = TOKENS[name]
    nodes, would, _, _, blame, passed, operations = gather(
        tokens, programs.arities, programs.sizes, programs.tests, True
    )
    return nodes[0], would[0], blame[0], passed[0], operations


def test_a_right_program_agrees_with_every_wish_and_is_not_blamed():
    nodes, would, blame, passed, _ = seen("(+ a (* b 2))")
    assert passed.all()
    assert blame.sum() == 0
    assert (nodes[:5, :, AGREES] == 1).all()
    assert would[0, TOKENS["+"]] == 1


def test_the_wanted_value_comes_down_through_the_inverse():
    """(- a b) where (+ a b) was wanted: with a given, the wish at the second leaf is a - (a + b) = -b."""
    nodes, would, blame, passed, _ = seen("(+ a b)", {0: "-"})
    assert not passed.any()
    low, high = np.sinh(3 * nodes[2, :, LOW]), np.sinh(3 * nodes[2, :, HIGH])
    assert low == pytest.approx([-5, -1], abs=1e-3)
    assert high == pytest.approx([-5, -1], abs=1e-3)
    # the root would be right as +, in both tests; as - and * in none: 2 * 5 and 7 * 1 are not 7 and 8
    assert [would[0, TOKENS[name]] for name in "+-*"] == [1, -1, -1]
    assert blame[0] == 1


def test_a_hole_is_wanted_by_what_stands_around_it():
    """(+ a ?) with a known: the hole wants b, and only b gives it in both tests."""
    nodes, would, _, _, _ = seen("(+ a b)", {2: "?"})
    assert nodes[2, :, VALUE].sum() == 0
    assert nodes[2, :, WANTED].sum() == 2
    assert [name for name in ("a", "b", "0", "1", "2", "3") if would[2, TOKENS[name]] == 1] == ["b"]


def test_a_comparison_wants_an_interval():
    """(if (< a ?) a b) gave a in the first test, where a < b, and b in the second: the hole lies above a, then not."""
    nodes, would, _, _, _ = seen("(if (< a b) a b)", {3: "?"})
    assert nodes[3, :, WANTED].sum() == 2
    assert would[3, TOKENS["b"]] == 1
    # 0 < 2: not above a in the first test; not above 7 in the second, as wanted
    assert would[3, TOKENS["0"]] == 0


def test_a_body_is_wanted_element_by_element():
    """(map xs ?) from squares: 9, 1 and 16 are wanted of the body; x gives only the 1."""
    _, would, _, _, _ = seen("(map xs (* x x))", {2: "+"})
    assert would[2, TOKENS["*"]] == 1
    assert would[2, TOKENS["+"]] == -1


def test_an_impossible_wish_is_no_wish():
    """(* 2 ?) cannot be 7 or 9: nothing is wanted of the hole."""
    nodes, _, _, _, _ = seen("(+ a b)", {0: "*", 1: "2", 2: "?"}, inputs=[(2, 5, []), (4, 5, [])])
    assert nodes[2, :, WANTED].sum() == 0


def test_a_program_of_holes_has_a_wish_at_its_root_alone():
    nodes, _, blame, passed, _ = seen("(+ a (* b 2))", dict.fromkeys(range(5), "?"))
    assert nodes[:5, :, VALUE].sum() == 0
    assert nodes[0, :, WANTED].sum() == 2
    assert nodes[1:5, :, WANTED].sum() == 0
    assert not passed.any()
    assert blame.sum() == 0


def test_the_true_token_satisfies_what_is_wanted_in_nearly_every_program(training_programs):
    """Wishes of filter and cons are guesses where lists repeat elements or were cut; elsewhere they are deductions."""
    programs = training_programs
    _, would, _, _, _, passed, operations = gather(
        programs.tokens, programs.arities, programs.sizes, programs.tests, True
    )
    assert passed.all()
    mine = np.take_along_axis(would, programs.tokens.astype(int)[..., None], axis=2)[..., 0]
    inside = programs.tokens != MASK
    assert (mine[inside] < 0).mean() < 0.03
    assert operations > 0


def test_without_evidence_only_the_tests_are_run(training_programs):
    programs = training_programs
    nodes, would, refuted, tests, _, passed, operations = gather(
        programs.tokens, programs.arities, programs.sizes, programs.tests, False
    )
    assert (len(nodes), len(would), len(refuted), operations) == (0, 0, 0, 0)
    assert len(tests) == len(passed) == len(programs)
