import math

import pytest
from exprcalc import (
    ArgumentCountError,
    CalculationError,
    Calculator,
    DefinitionError,
    UndefinedResultError,
    UnknownNameError,
    evaluate,
    format_value,
)
from exprtree import Binary, Call, ExpressionSyntaxError, Name, Number, Unary


def binary(operator, left, right):
    return Binary(operator, Number(left), Number(right))


def call(function, *values):
    return Call(function, tuple(map(Number, values)))


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "tree, value",
    [
        (binary("+", 2, 3), 5),
        (binary("-", 2, 3.5), -1.5),
        (binary("*", 4, 3), 12),
        (binary("/", 12, 4), 3),
        (binary("/", 1, 4), 0.25),
        (binary("/", 1.0, 1), 1.0),
        (binary("%", 7, 3), 1),
        (binary("%", -7, 3), 2),
        (binary("^", 2, 10), 1024),
        (binary("^", 2, -1), 0.5),
        (binary("^", 2, 0.5), math.sqrt(2)),
        (binary("^", 10, 30), 10**30),
        (Unary("-", Number(4)), -4),
        (Unary("+", Number(4)), 4),
        (Unary("!", Number(5)), 120),
        (Unary("!", Number(0)), 1),
    ],
)
def test_operators(tree, value):
    result = evaluate(tree)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.requirement("R7")
def test_variables_and_constants():
    assert evaluate(Binary("*", Name("x"), Binary("+", Name("y"), Name("x"))), {"x": 3, "y": 4}) == 21
    assert evaluate(Name("pi")) == math.pi
    assert evaluate(Name("e")) == math.e
    assert evaluate(Binary("/", Name("tau"), Name("pi"))) == 2.0


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "tree, value",
    [
        (call("sqrt", 16), 4.0),
        (call("abs", -3), 3),
        (call("floor", -1.5), -2),
        (call("ceil", 1.2), 2),
        (call("round", 2.6), 3),
        (call("round", 2.346, 2), 2.35),
        (call("ln", 1), 0.0),
        (call("log", 1000), 3.0),
        (call("log", 8, 2), 3.0),
        (call("sin", 0), 0.0),
        (call("cos", 0), 1.0),
        (call("min", 3, 1, 2), 1),
        (call("max", 3, 1, 4.5), 4.5),
        (call("hypot", 3, 4), 5.0),
    ],
)
def test_built_in_functions(tree, value):
    assert evaluate(tree) == pytest.approx(value, abs=1e-12)


@pytest.mark.requirement("R8")
def test_calls_nest():
    assert evaluate(Call("max", (call("abs", -5), call("sqrt", 9)))) == 5


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("tree", [Name("x"), Call("f", (Number(1),)), Name("sqrt"), Call("pi", ())])
def test_unknown_names(tree):
    with pytest.raises(UnknownNameError):
        evaluate(tree)


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "tree", [call("sqrt"), call("sqrt", 1, 2), call("log", 1, 2, 3), call("min"), call("round", 1, 2, 3)]
)
def test_wrong_numbers_of_arguments(tree):
    with pytest.raises(ArgumentCountError):
        evaluate(tree)


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "tree",
    [
        binary("/", 1, 0),
        binary("%", 1, 0.0),
        binary("^", 0, -1),
        binary("^", -8, 0.5),
        binary("^", 10.0, 400),
        call("sqrt", -1),
        call("ln", 0),
        call("log", 2, 1),
        call("round", 2.5, 0.5),
        Unary("!", Number(-1)),
        Unary("!", Number(2.0)),
    ],
)
def test_undefined_results(tree):
    with pytest.raises(UndefinedResultError):
        evaluate(tree)


@pytest.mark.requirement("R9")
def test_all_errors_have_one_base():
    for tree in (Name("x"), call("sqrt"), binary("/", 1, 0)):
        with pytest.raises(CalculationError):
            evaluate(tree)


@pytest.mark.requirement("R10")
def test_lines_are_evaluated():
    calculator = Calculator()
    assert calculator.run("2 + 3*4") == 14
    assert calculator.run("-(2^3)! / 8!") == -1


@pytest.mark.requirement("R10")
def test_the_last_answer_is_kept():
    calculator = Calculator()
    calculator.run("6*7")
    assert calculator.run("ans + 1") == 43
    assert calculator.run("ans*2") == 86


@pytest.mark.requirement("R10")
def test_there_is_no_answer_at_first_nor_after_an_assignment():
    calculator = Calculator()
    calculator.run("x = 5")
    with pytest.raises(UnknownNameError):
        calculator.run("ans")


@pytest.mark.requirement("R10")
def test_a_failed_line_keeps_the_answer():
    calculator = Calculator()
    calculator.run("5")
    with pytest.raises(UndefinedResultError):
        calculator.run("1/0")
    with pytest.raises(ExpressionSyntaxError):
        calculator.run("1 +")
    assert calculator.run("ans") == 5


@pytest.mark.requirement("R11")
def test_variables_are_assigned_and_used():
    calculator = Calculator({"y": 10})
    assert calculator.run("x = 2 + y") == 12
    assert calculator.run(" x=x*2 ") == 24
    assert calculator.run("x + y") == 34


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("line", ["pi = 3", "e = 1", "ans = 2"])
def test_reserved_names_are_not_assigned(line):
    with pytest.raises(DefinitionError):
        Calculator().run(line)


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("line", ["2 = 3", "x + 1 = 2", "x = y = 2", "x ="])
def test_malformed_assignments_are_syntax_errors(line):
    with pytest.raises(ExpressionSyntaxError):
        Calculator({"x": 1, "y": 1}).run(line)


@pytest.mark.requirement("R12")
def test_functions_are_defined_and_called():
    calculator = Calculator({"a": 100, "k": 3})
    assert calculator.run("f(a, b) = a*k + b") is None
    assert calculator.run("f(2, 1)") == 7
    calculator.run("k = 10")
    calculator.run("g(x) = f(x, x) + a")
    assert calculator.run("g(1)") == 111


@pytest.mark.requirement("R12")
def test_functions_without_parameters_and_hidden_constants():
    calculator = Calculator()
    calculator.run("two( ) = 2")
    calculator.run("double(e) = 2*e")
    assert calculator.run("two()*double(3)") == 12


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("line", ["sqrt(x) = x", "f(a, a) = a", "f(1) = 2", "f(a,) = a", "f(a b) = a"])
def test_unusable_definitions(line):
    with pytest.raises(DefinitionError):
        Calculator().run(line)


@pytest.mark.requirement("R12")
def test_defined_functions_count_their_arguments():
    calculator = Calculator()
    calculator.run("f(a, b) = a")
    for line in ("f(1)", "f(1, 2, 3)"):
        with pytest.raises(ArgumentCountError):
            calculator.run(line)


@pytest.mark.requirement("R12")
def test_endless_recursion_is_refused_but_deep_calls_are_not():
    calculator = Calculator()
    calculator.run("f(x) = f(x)")
    with pytest.raises(UndefinedResultError):
        calculator.run("f(1)")
    calculator.run("g0(x) = x + 1")
    for number in range(1, 50):
        calculator.run(f"g{number}(x) = g{number - 1}(x)")
    assert calculator.run("g49(1)") == 2
    calculator.run("g50(x) = g49(x)")
    with pytest.raises(UndefinedResultError):
        calculator.run("g50(1)")


@pytest.mark.requirement("R13")
def test_variables_are_listed():
    assert Calculator({"a": 1}).variables() == {"a": 1}
    calculator = Calculator()
    calculator.run("x = 2")
    calculator.run("x + 1")
    assert calculator.variables() == {"x": 2, "ans": 3}


@pytest.mark.requirement("R13")
def test_functions_are_listed_with_their_parameter_counts():
    calculator = Calculator()
    assert calculator.functions() == {}
    calculator.run("f(a, b) = a")
    calculator.run("g() = 1")
    assert calculator.functions() == {"f": 2, "g": 0}


@pytest.mark.requirement("R13")
def test_names_are_forgotten():
    calculator = Calculator({"x": 0})
    assert calculator.forget("x") is True
    assert calculator.forget("x") is False
    assert calculator.variables() == {}


@pytest.mark.requirement("R13")
def test_functions_are_forgotten():
    calculator = Calculator()
    calculator.run("f(a) = a")
    assert calculator.forget("f") is True
    assert calculator.forget("sqrt") is False
    with pytest.raises(UnknownNameError):
        calculator.run("f(1)")


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "value, text",
    [
        (3, "3"),
        (10**20, str(10**20)),
        (2.0, "2"),
        (1 / 3, "0.3333333333"),
        (-0.0, "0"),
        (1e20, "1e+20"),
        (0.1 + 0.2, "0.3"),
        (-2.5, "-2.5"),
    ],
)
def test_formatted_values(value, text):
    assert format_value(value) == text


@pytest.mark.requirement("R14")
def test_formatted_digits():
    assert format_value(math.pi, 3) == "3.14"
    assert format_value(math.pi, 1) == "3"
    with pytest.raises(ValueError):
        format_value(1.5, 0)


@pytest.mark.requirement("R15")
def test_large_factorials_are_refused():
    assert evaluate(Unary("!", Number(1000))) == math.factorial(1000)
    with pytest.raises(UndefinedResultError):
        evaluate(Unary("!", Number(1001)))


@pytest.mark.requirement("R15")
def test_large_powers_are_refused():
    assert evaluate(binary("^", 2, 50_000)) == 2**50_000
    for base, exponent in [(2, 50_001), (10, 10**9), (-10, 10**9)]:
        with pytest.raises(UndefinedResultError):
            evaluate(binary("^", base, exponent))
