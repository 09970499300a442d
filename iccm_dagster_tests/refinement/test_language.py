"""Programs are read, written and type-checked, and whatever is no program says why."""

import pytest

from iccm_dagster.errors import ProgramError
from iccm_dagster.refinement.language import MASK, MAX_DEPTH, TOKENS, Type, check, parse, sketch_of, text_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a", Type.INT),
        ("(fold xs 0 (+ acc x))", Type.INT),
        ("(map (filter xs (< a x)) (* x 2))", Type.LIST),
        ("(if (< a b) xs (tail xs))", Type.LIST),
        ("(< a (length xs))", Type.BOOL),
        # the elements of the list of an inner map are bound by the outer one
        ("(map (map xs (+ x 1)) (* x x))", Type.LIST),
    ],
)
def test_a_program_survives_writing_and_reading(text, kind):
    assert text_of(parse(text)) == text
    assert check(parse(text)) is kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("(+ a", r"ends where '\+' lacks 1"),
        ("(+ a b c)", "takes 2 children"),
        ("a b", "follows a complete expression"),
        (")", "an expression is expected"),
        ("(frobnicate a)", "unknown token 'frobnicate'.*tokens are a b"),
        ("?", r"unknown token '\?'"),
        ("(a)", "takes 0 children"),
        ("head xs", "takes 1 children"),
        ("(head " * (MAX_DEPTH + 1) + "xs" + ")" * (MAX_DEPTH + 1), "nested more than 64"),
    ],
)
def test_a_text_that_is_no_program_says_why(text, says):
    with pytest.raises(ProgramError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "nothing binds 'x'"),
        ("(map xs acc)", "nothing binds 'acc'"),
        ("(fold xs x acc)", "nothing binds 'x'"),
        ("(+ a xs)", "wants INT as child 2, it got LIST"),
        ("(if a a b)", "wants BOOL as child 1"),
        ("(if (< a b) a xs)", "branches of 'if' are INT and LIST"),
    ],
)
def test_an_ill_typed_program_says_where(text, says):
    with pytest.raises(ProgramError, match=says):
        check(parse(text))


@pytest.mark.parametrize(
    ("tokens", "says"),
    [
        ((), "empty"),
        ((TOKENS["+"], TOKENS["a"]), "1 of its 2 children"),
        ((TOKENS["a"], TOKENS["a"]), "follow a complete"),
        ((99,), "unknown token number 99"),
        ((-1,), "unknown token number -1"),
        ((MASK,), "is a hole"),
        ((TOKENS["head"],) * 1000 + (TOKENS["xs"],), "nested more than"),
    ],
)
def test_tokens_that_are_no_program_say_why(tokens, says):
    with pytest.raises(ProgramError, match=says):
        check(tokens)


def test_a_corrupted_program_is_written_with_its_holes():
    # (+ ? b): the shape, one hole, one given leaf
    assert sketch_of([TOKENS["+"], MASK, TOKENS["b"]], [2, 0, 0]) == "(+ ? b)"
