"""Samples type-check whatever the logits say, keep what is given, and follow the logits where types leave a choice."""

import numpy as np
import pytest

from iccm_dagster.refinement.decode import allowed_tokens, sample_programs
from iccm_dagster.refinement.kernels import N, V
from iccm_dagster.refinement.language import MASK, TOKENS, Type, check, text_of
from iccm_dagster.refinement.states import corrupt
from iccm_dagster_tests.refinement.conftest import programs_of


@pytest.mark.parametrize("level", [0.5, 1.0])
def test_samples_type_check_and_keep_what_is_given(training_programs, level):
    programs = training_programs
    generator = np.random.default_rng(0)
    given = corrupt(programs, np.full(len(programs), level), generator)
    logits = generator.normal(size=(len(programs), N, V)).astype(np.float32) * 5
    drawn, scores = sample_programs(
        logits, given, programs.arities, programs.sizes, programs.types, np.array([0.0, 1.0, 3.0]), 1
    )
    assert np.isfinite(scores).all()
    assert (scores <= 1e-5).all()
    for row in range(len(programs)):
        for sample in drawn[row]:
            assert check(sample[: programs.sizes[row]].tolist()) == programs.types[row]
            kept = given[row] != MASK
            assert (sample[kept] == given[row][kept]).all()


def test_temperature_zero_takes_the_likeliest_token_that_fits():
    programs = programs_of("(+ a b)", inputs=[(0, 0, [])])
    logits = np.zeros((1, N, V), np.float32)
    # tail would be likelier at the root, and xs at a leaf: neither fits
    logits[0, 0, [TOKENS["tail"], TOKENS["*"]]] = 9, 1
    logits[0, 1:3, TOKENS["xs"]], logits[0, 1:3, TOKENS["3"]] = 9, 1
    drawn, _ = sample_programs(
        logits, np.zeros((1, N), np.int8), programs.arities, programs.sizes, programs.types, np.zeros(1), 0
    )
    assert text_of(drawn[0, 0, :3].tolist()) == "(* 3 3)"


def test_equal_seeds_draw_equal_programs_and_others_do_not(training_programs):
    programs = training_programs.take(np.arange(20))
    empty = np.zeros((20, N), np.int8)
    arguments = (np.zeros((20, N, V), np.float32), empty, programs.arities, programs.sizes, programs.types, np.ones(8))
    first, again, other = (sample_programs(*arguments, seed)[0] for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_what_types_allow_is_worked_out_from_all_sides():
    """(? ? ?) of type list with three nodes is cons, or map or filter: the first child tells nothing, so all are open."""
    programs = programs_of("(cons a xs)", inputs=[(0, 0, [])])
    free = np.zeros((1, N), np.int8)
    allowed = allowed_tokens(free, programs.arities, programs.sizes, np.array([int(Type.LIST)]))[0]
    names = {name for name, token in TOKENS.items() if allowed[0, token]}
    # a filter needs a truth value, which no leaf is
    assert names == {"cons", "map"}
    given = free.copy()
    given[0, 1] = TOKENS["a"]
    allowed = allowed_tokens(given, programs.arities, programs.sizes, np.array([int(Type.LIST)]))[0]
    assert {name for name, token in TOKENS.items() if allowed[0, token]} == {"cons"}
    assert {name for name, token in TOKENS.items() if allowed[2, token]} == {"xs"}


def test_a_shape_without_completion_is_said_and_not_filled():
    programs = programs_of("(cons a xs)", inputs=[(0, 0, [])])
    given = np.zeros((1, N), np.int8)
    given[0, 1:3] = TOKENS["xs"]
    drawn, scores = sample_programs(
        np.zeros((1, N, V), np.float32),
        given,
        programs.arities,
        programs.sizes,
        np.array([int(Type.INT)]),
        np.ones(2),
        0,
    )
    assert np.isneginf(scores).all()
    assert (drawn[:, :, 0] == MASK).all()
