"""A calculator: evaluates expression trees and remembers variables, functions and the last answer.

Whole numbers stay exact under +, -, *, %, ! and powers that are not negative. Units and complex numbers are not covered.
"""

import math
import re
from collections.abc import Callable, Mapping

from exprtree import Binary, Call, Name, Node, Number, Unary, _Parser, parse

Value = int | float

_CONSTANTS: dict[str, Value] = {"pi": math.pi, "e": math.e, "tau": math.tau}
# Name -> function, least and greatest number of arguments (None: any).
_BUILT_IN: dict[str, tuple[Callable[..., Value], int, int | None]] = {
    "sqrt": (math.sqrt, 1, 1),
    "abs": (abs, 1, 1),
    "floor": (math.floor, 1, 1),
    "ceil": (math.ceil, 1, 1),
    "round": (round, 1, 2),
    "ln": (math.log, 1, 1),
    "log": (lambda value, base=10: math.log(value, base), 1, 2),
    "sin": (math.sin, 1, 1),
    "cos": (math.cos, 1, 1),
    "min": (min, 1, None),
    "max": (max, 1, None),
    "hypot": (math.hypot, 1, None),
}
_DEFINITION = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\(([^()]*)\))?\s*=(.*)", re.DOTALL)
_LARGEST_FACTORIAL = 1000
_LARGEST_POWER_BITS = 100_000
_DEPTH = 50


class CalculationError(ArithmeticError):
    """Base of everything that goes wrong while computing."""


class UnknownNameError(CalculationError):
    """A variable or function is not defined."""


class ArgumentCountError(CalculationError):
    """A function was given too few or too many arguments."""


class UndefinedResultError(CalculationError):
    """The result does not exist or is out of range, as for a division by zero."""


class DefinitionError(ValueError):
    """A name cannot be defined like that."""


class Calculator:
    """Evaluates lines one after the other; `ans` is the last result."""

    def __init__(self, variables: Mapping[str, Value] | None = None) -> None:
        self._variables: dict[str, Value] = dict(variables or {})
        self._functions: dict[str, tuple[tuple[str, ...], Node]] = {}

    def run(self, line: str) -> Value | None:
        """Evaluate an expression, assign `name = expression`, or define `name(a, b) = expression`.

        Returns the value, or None for the definition of a function.
        """
        match = _DEFINITION.fullmatch(line)
        if match is None:
            value = self._value(parse(line), {}, 0)
            self._variables["ans"] = value
            return value
        name, parameters, body = match.groups()
        if parameters is not None:
            self._define(name, parameters, parse(body))
            return None
        if name in _CONSTANTS or name == "ans":
            raise DefinitionError(f"{name} cannot be assigned")
        self._variables[name] = self._value(parse(body), {}, 0)
        return self._variables[name]

    def variables(self) -> dict[str, Value]:
        """Return the variables assigned so far, with the last answer, but without the constants."""
        return dict(self._variables)

    def functions(self) -> dict[str, int]:
        """Return the number of parameters of every function defined here."""
        return {name: len(parameters) for name, (parameters, _) in self._functions.items()}

    def forget(self, name: str) -> bool:
        """Remove a variable and a function of this name and tell whether there was one."""
        variable = self._variables.pop(name, None)
        function = self._functions.pop(name, None)
        return variable is not None or function is not None

    def _define(self, name: str, parameters: str, body: Node) -> None:
        found = tuple(part.strip() for part in parameters.split(",")) if parameters.strip() else ()
        if name in _BUILT_IN:
            raise DefinitionError(f"{name} is built in and cannot be redefined")
        if len(set(found)) < len(found) or not all(re.fullmatch(r"[A-Za-z_]\w*", part) for part in found):
            raise DefinitionError(f"parameters must be different names: {parameters}")
        self._functions[name] = (found, body)

    def _value(self, node: Node, scope: Mapping[str, Value], depth: int) -> Value:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self._lookup(node.name, scope)
        if isinstance(node, Unary):
            return _applied_unary(node.operator, self._value(node.operand, scope, depth))
        if isinstance(node, Binary):
            left = self._value(node.left, scope, depth)
            return _applied(node.operator, left, self._value(node.right, scope, depth))
        return self._called(node, [self._value(argument, scope, depth) for argument in node.arguments], depth)

    def _lookup(self, name: str, scope: Mapping[str, Value]) -> Value:
        for place in (scope, _CONSTANTS, self._variables):
            if name in place:
                return place[name]
        raise UnknownNameError(f"unknown variable {name}")

    def _called(self, call: Call, arguments: list[Value], depth: int) -> Value:
        if call.function in _BUILT_IN:
            return _built_in(call.function, arguments)
        if call.function not in self._functions:
            raise UnknownNameError(f"unknown function {call.function}")
        parameters, body = self._functions[call.function]
        _check_count(call.function, len(arguments), len(parameters), len(parameters))
        if depth >= _DEPTH:
            raise UndefinedResultError(f"{call.function} calls itself without end")
        return self._value(body, dict(zip(parameters, arguments, strict=True)), depth + 1)


def evaluate(node: Node, variables: Mapping[str, Value] | None = None) -> Value:
    """Compute an expression tree with the built-in functions and the given variables; raises CalculationError."""
    return Calculator(variables)._value(node, {}, 0)


def format_value(value: Value, digits: int = 10) -> str:
    """Write a value with so many significant digits, whole ones without a fraction, very large or small ones with e."""
    if digits < 1:
        raise ValueError(f"digits is {digits}, at least one is needed")
    if isinstance(value, int):
        return str(value)
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def check_line(line: str) -> int | None:
    """Return the offset of the first syntax error of a plain expression, or None when there is none."""
    try:
        parser = _Parser(line)
        parser.sum()
    except ValueError as error:
        return error.offset
    return None if parser.token.kind == "end" else parser.token.offset


def _check_count(function: str, count: int, least: int, greatest: int | None) -> None:
    if count < least or (greatest is not None and count > greatest):
        raise ArgumentCountError(f"{function} does not take {count} arguments")


def _built_in(name: str, arguments: list[Value]) -> Value:
    function, least, greatest = _BUILT_IN[name]
    _check_count(name, len(arguments), least, greatest)
    try:
        return function(*arguments)
    except (ValueError, TypeError, ArithmeticError):
        raise UndefinedResultError(f"{name} is not defined for {', '.join(map(str, arguments))}") from None


def _applied_unary(operator: str, value: Value) -> Value:
    if operator == "!":
        if not isinstance(value, int) or not 0 <= value <= _LARGEST_FACTORIAL:
            raise UndefinedResultError(f"no factorial of {value}, only of whole numbers up to {_LARGEST_FACTORIAL}")
        return math.factorial(value)
    return -value if operator == "-" else value


def _applied(operator: str, left: Value, right: Value) -> Value:
    if operator in "/%" and right == 0:
        raise UndefinedResultError("division by zero")
    try:
        result = _results(operator, left, right)
    except (ArithmeticError, ValueError):
        raise UndefinedResultError(f"{left} {operator} {right} is out of range") from None
    if isinstance(result, complex):
        raise UndefinedResultError(f"{left} ^ {right} is not a real number")
    return result


def _results(operator: str, left: Value, right: Value) -> Value:
    if operator == "+":
        return left + right
    if operator == "-":
        return left - right
    if operator == "*":
        return left * right
    if operator == "/":
        exact = isinstance(left, int) and isinstance(right, int) and left % right == 0
        return left // right if exact else left / right
    if operator == "%":
        return left % right
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > _LARGEST_POWER_BITS:
        raise OverflowError
    return left**right
