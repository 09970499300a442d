import pytest
from exprcalc import check_line
from exprtree import (
    Binary,
    Call,
    ExpressionSyntaxError,
    Name,
    Number,
    Unary,
    names,
    parse,
    simplify,
    substitute,
    tokenize,
    write,
)

A, B, C = Name("a"), Name("b"), Name("c")
ZERO, ONE, TWO = Number(0), Number(1), Number(2)


@pytest.mark.requirement("R1")
def test_tokens_carry_kind_text_and_offset():
    tokens = [(token.kind, token.text, token.offset) for token in tokenize(" ab_1+ 2.5*(x!) ")]
    assert tokens == [
        ("name", "ab_1", 1),
        ("operator", "+", 5),
        ("number", "2.5", 7),
        ("operator", "*", 10),
        ("operator", "(", 11),
        ("name", "x", 12),
        ("operator", "!", 13),
        ("operator", ")", 14),
        ("end", "", 15),
    ]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["7", "7.", ".5", "1e3", "1.5E-10", "0x1F", "0XaB"])
def test_numbers_are_single_tokens(text):
    assert [token.text for token in tokenize(text)] == [text, ""]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, offset",
    [("1 + $", 4), ("1.2.3", 0), (" 12ab", 1), ("5_000", 0), ("0x", 0), ("1e", 0), ("#", 0), ("a b  ?  ", 5)],
)
def test_unknown_characters_are_located(text, offset):
    with pytest.raises(ExpressionSyntaxError) as caught:
        tokenize(text)
    assert caught.value.offset == offset


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text, value", [("7", 7), ("1.5", 1.5), ("0x1f", 31), ("0X10", 16), ("2e3", 2000.0), ("3.", 3.0), ("007", 7)]
)
def test_numbers_have_their_type(text, value):
    result = parse(text)
    assert result == Number(value)
    assert type(result.value) is type(value)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text, tree",
    [
        ("a + b*c", Binary("+", A, Binary("*", B, C))),
        ("a - b + c", Binary("+", Binary("-", A, B), C)),
        ("a / b % c", Binary("%", Binary("/", A, B), C)),
        ("a ^ b ^ c", Binary("^", A, Binary("^", B, C))),
        ("(a + b)*c", Binary("*", Binary("+", A, B), C)),
        ("-a^b", Unary("-", Binary("^", A, B))),
        ("a^-b", Binary("^", A, Unary("-", B))),
        ("-a*b", Binary("*", Unary("-", A), B)),
        ("a*-+b", Binary("*", A, Unary("-", Unary("+", B)))),
        ("a!^b!!", Binary("^", Unary("!", A), Unary("!", Unary("!", B)))),
        ("-a!", Unary("-", Unary("!", A))),
    ],
)
def test_precedence_and_grouping(text, tree):
    assert parse(text) == tree


@pytest.mark.requirement("R2")
def test_calls():
    assert parse("f()") == Call("f", ())
    assert parse("f(a, g(b), c + 1)!") == Unary("!", Call("f", (A, Call("g", (B,)), Binary("+", C, ONE))))


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "text, offset",
    [
        ("", 0),
        ("  ", 0),
        ("1 +", 3),
        ("(1", 2),
        ("1)", 1),
        ("1 2", 2),
        ("* 2", 0),
        ("f(1,)", 4),
        ("f(,1)", 2),
        ("f(1", 3),
        ("a = 1", 2),
        ("2^", 2),
        ("()", 1),
        ("f(1 2)", 4),
    ],
)
def test_syntax_errors_are_located(text, offset):
    with pytest.raises(ExpressionSyntaxError) as caught:
        parse(text)
    assert caught.value.offset == offset


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("text, offset", [("1 +", 3), ("1 2", 2), ("a ? b", 2), ("f(a)", None), ("(1", 2)])
def test_lines_are_checked_without_an_exception(text, offset):
    assert check_line(text) == offset


@pytest.mark.requirement("R3")
def test_the_message_names_the_offset():
    with pytest.raises(ValueError, match="offset 4"):
        parse("1 + )")


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "tree, text",
    [
        (Binary("+", A, Binary("*", B, C)), "a + b*c"),
        (Binary("*", Binary("+", A, B), C), "(a + b)*c"),
        (Binary("-", A, Binary("-", B, C)), "a - (b - c)"),
        (Binary("-", Binary("-", A, B), C), "a - b - c"),
        (Binary("/", A, Binary("*", B, C)), "a/(b*c)"),
        (Binary("^", Binary("^", A, B), C), "(a^b)^c"),
        (Binary("^", A, Binary("^", B, C)), "a^b^c"),
        (Unary("-", Binary("^", A, B)), "-a^b"),
        (Binary("^", Unary("-", A), B), "(-a)^b"),
        (Binary("^", A, Unary("-", B)), "a^-b"),
        (Binary("^", A, Binary("*", B, C)), "a^(b*c)"),
        (Unary("!", Unary("-", A)), "(-a)!"),
        (Unary("!", Unary("!", A)), "a!!"),
        (Unary("-", Binary("+", A, B)), "-(a + b)"),
        (Unary("-", Unary("-", A)), "--a"),
        (Binary("^", Unary("!", A), B), "a!^b"),
        (Unary("!", Binary("^", A, B)), "(a^b)!"),
        (Call("f", (Binary("+", A, B), Number(2.5))), "f(a + b, 2.5)"),
        (Call("f", ()), "f()"),
        (Binary("^", Number(-2), TWO), "(-2)^2"),
        (Binary("%", A, Unary("-", B)), "a%-b"),
    ],
)
def test_trees_are_written_with_few_parentheses(tree, text):
    assert write(tree) == text


@pytest.mark.requirement("R5")
def test_variables_are_listed_without_functions():
    assert names(Binary("+", Unary("-", A), Call("f", (B, Binary("*", A, ONE))))) == {"a", "b"}
    assert names(Call("f", (ONE,))) == set()


@pytest.mark.requirement("R5")
def test_variables_are_replaced_all_at_once():
    tree = Call("a", (Binary("-", A, B), Unary("!", A), C))
    assert substitute(tree, {"a": B, "b": Binary("+", A, ONE)}) == Call(
        "a", (Binary("-", B, Binary("+", A, ONE)), Unary("!", B), C)
    )


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "tree, simple",
    [
        (Binary("+", TWO, Number(3)), Number(5)),
        (Binary("-", TWO, Number(3)), Number(-1)),
        (Binary("*", TWO, Number(3)), Number(6)),
        (Binary("/", ONE, TWO), Binary("/", ONE, TWO)),
        (Binary("+", A, ZERO), A),
        (Binary("+", ZERO, A), A),
        (Binary("-", A, ZERO), A),
        (Binary("-", ZERO, A), Binary("-", ZERO, A)),
        (Binary("*", A, ONE), A),
        (Binary("*", ONE, A), A),
        (Binary("*", ZERO, A), ZERO),
        (Binary("*", A, ZERO), ZERO),
        (Binary("/", A, ONE), A),
        (Binary("/", ONE, A), Binary("/", ONE, A)),
        (Binary("^", A, ONE), A),
        (Binary("^", ONE, A), Binary("^", ONE, A)),
        (Binary("%", A, ONE), Binary("%", A, ONE)),
        (Unary("-", Unary("-", A)), A),
        (Unary("+", A), A),
        (Unary("-", TWO), Number(-2)),
        (Unary("-", Unary("!", A)), Unary("-", Unary("!", A))),
        (Unary("!", TWO), Unary("!", TWO)),
        (Call("f", (Binary("+", ONE, ONE),)), Call("f", (TWO,))),
        (Binary("*", Binary("-", TWO, ONE), Binary("+", A, Binary("*", B, ZERO))), A),
    ],
)
def test_simplification(tree, simple):
    assert simplify(tree) == simple
