"""What programs mean, and that every program gets a verdict."""

import pytest

from iccm_dagster.errors import ProgramError
from iccm_dagster.refinement.evaluate import Example, OutOfSteps, Verdict, judge, run
from iccm_dagster.refinement.language import LIMIT, TOKENS, parse

STEPS = 10_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(fold xs 0 (+ acc x))", 3 - 1 + 4),
        ("(fold xs b (- x acc))", 4 - (-1 - (3 - 5))),
        ("(map xs (* x a))", (6, -2, 8)),
        ("(filter xs (< 0 x))", (3, 4)),
        ("(cons b (tail xs))", (5, -1, 4)),
        ("(length (filter xs (< x 0)))", 1),
        ("(if (< a b) (head xs) 0)", 3),
        ("(head (filter xs (< 3 (+ x x))))", 3),
        # total: the head of nothing is 0, its tail is nothing
        ("(head (filter xs (< x x)))", 0),
        ("(tail (filter xs (< x x)))", ()),
    ],
)
def test_the_meaning_of_a_program(text, value):
    assert run(parse(text), a=2, b=5, xs=(3, -1, 4), max_steps=STEPS) == value


def test_integers_stop_at_the_limit_and_lists_at_their_width():
    assert run(parse("(fold xs 3 (* acc acc))"), a=0, b=0, xs=(1, 1, 1, 1), max_steps=STEPS) == LIMIT
    assert run(parse("(cons a xs)"), a=9, b=0, xs=(1, 2, 3, 4, 5, 6), max_steps=STEPS) == (9, 1, 2, 3, 4, 5)


def test_bodies_inside_bodies_run_out_of_steps():
    """Ten maps, one in the body of the other: 6 ** 10 evaluations if nothing stopped them."""
    text = "(fold xs 0 (+ acc x))"
    for _ in range(10):
        text = f"(fold xs 0 (+ acc {text}))"
    with pytest.raises(OutOfSteps):
        run(parse(text), a=0, b=0, xs=(1,) * 6, max_steps=STEPS)
    example = Example(a=0, b=0, xs=(1,) * 6, output=0)
    assert judge(parse(text), [example], max_steps=STEPS) is Verdict.OUT_OF_STEPS


def test_a_step_is_one_node_evaluated_once():
    # (+ a b): the sum and its two leaves
    assert run(parse("(+ a b)"), a=1, b=2, xs=(), max_steps=3) == 3
    with pytest.raises(OutOfSteps):
        run(parse("(+ a b)"), a=1, b=2, xs=(), max_steps=2)


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        (parse("(+ a b)"), Verdict.PASSED),
        (parse("(- a b)"), Verdict.FAILED),
        ((), Verdict.MALFORMED),
        ((77,), Verdict.MALFORMED),
        (parse("(+ a xs)"), Verdict.MALFORMED),
        ((TOKENS["head"],) * 500 + (TOKENS["xs"],), Verdict.MALFORMED),
    ],
)
def test_every_program_gets_a_verdict(program, verdict):
    assert judge(program, [Example(a=1, b=2, xs=(), output=3)], max_steps=STEPS) is verdict


def test_no_examples_is_an_error_and_no_verdict():
    with pytest.raises(ProgramError, match="0 examples"):
        judge(parse("a"), [], max_steps=STEPS)


@pytest.mark.parametrize(("a", "xs"), [(LIMIT + 1, ()), (0, (0,) * 7)])
def test_inputs_outside_the_language_are_refused(a, xs):
    with pytest.raises(ProgramError, match="integers stop at"):
        run(parse("a"), a=a, b=0, xs=xs, max_steps=STEPS)
