"""The fast interpreter agrees with the plain one, and a hole makes unknown only what depends on it."""

import numpy as np

from iccm_dagster.refinement.evaluate import run
from iccm_dagster.refinement.kernels import (
    E,
    N,
    S,
    bind,
    execute,
    link,
    outputs,
    passes,
)
from iccm_dagster.refinement.language import MASK, Type, check, parse
from iccm_dagster_tests.refinement.conftest import programs_of


def test_both_interpreters_agree_on_every_program_of_the_corpus(training_programs):
    programs = training_programs
    found = outputs(programs.tokens, programs.arities, programs.sizes, programs.fresh)
    for row in range(len(programs)):
        program = tuple(programs.tokens[row, : programs.sizes[row]].tolist())
        for example, value in zip(programs.fresh[row].tolist(), found[row].tolist(), strict=True):
            expected = run(program, a=example[0], b=example[1], xs=example[3 : 3 + example[2]], max_steps=1000)
            fast = tuple(value[1 : 1 + value[0]]) if check(program) is Type.LIST else value[1]
            assert fast == expected


def test_a_program_passes_its_own_tests_and_another_does_not():
    sums = programs_of("(fold xs 0 (+ acc x))", inputs=[(0, 0, [1, 2]), (0, 0, [3])])
    assert passes(sums.tokens, sums.arities, sums.sizes, sums.tests).all()
    product = sums.tokens.copy()
    product[0, 3] = parse("(* a a)")[0]
    # 0 * 1 * 2 = 0, not 3
    assert not passes(product, sums.arities, sums.sizes, sums.tests).any()


def known_nodes(text: str, holes: list[int]) -> list[bool]:
    programs = programs_of(text, inputs=[(1, 2, [3, 4])])
    tokens = programs.tokens[0].copy()
    tokens[holes] = MASK
    child, end, parent, binder = (
        np.zeros((N, 3), np.int64),
        np.zeros(N, np.int64),
        np.zeros(N, np.int64),
        np.zeros(N, np.int64),
    )
    known, value = np.zeros((N, E), np.uint8), np.zeros((N, E, S), np.int32)
    link(programs.arities[0], programs.sizes[0], child, end, parent)
    bind(tokens, programs.sizes[0], child, end, binder)
    scratch = np.zeros((N, E), np.uint8), np.zeros((N, E), np.int32)
    execute(tokens, programs.sizes[0], child, end, binder, programs.tests[0, 0], known, value, *scratch)
    return known[: programs.sizes[0], 0].astype(bool).tolist()


def test_a_hole_makes_unknown_what_depends_on_it_and_nothing_else():
    # (+ a (- ? b)): the root and the difference depend on node 3, the leaves a and b do not
    assert known_nodes("(+ a (- a b))", [3]) == [False, True, False, False, True]
    # (if (< a b) a ?): 1 < 2, so the hole is never reached
    assert known_nodes("(if (< a b) a b)", [5]) == [True, True, True, True, True, False]
