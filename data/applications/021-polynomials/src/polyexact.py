"""Polynomials in one variable with exact rational coefficients.

Coefficients are kept from the constant upwards, without zeros at the top; the zero polynomial has none.
"""

import re
from collections.abc import Iterable
from fractions import Fraction

Number = int | str | Fraction
_Coefficients = tuple[Fraction, ...]

MAX_DEGREE = 1000
_TERM = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?:(?P<number>\d+(?:\.\d+)?(?:\s*/\s*\d+)?))?"
    r"(?P<star>\s*\*)?\s*(?:(?P<variable>[A-Za-z])(?:\s*\^\s*(?P<exponent>\d+))?)?\s*"
)


class PolynomialError(Exception):
    """Base of every error raised for polynomials."""


class ParseError(PolynomialError, ValueError):
    """A text is no polynomial; `position` is where reading stopped, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


class DegreeError(PolynomialError):
    """A degree is too high, or a polynomial has none that would do."""


class ZeroPolynomialError(PolynomialError, ZeroDivisionError):
    """The zero polynomial cannot be used here."""


class Polynomial:
    """An immutable polynomial; `coefficients[n]` belongs to the n-th power."""

    def __init__(self, coefficients: Iterable[Number] = ()) -> None:
        """Take coefficients from the constant upwards. Raises TypeError for floats."""
        self.coefficients = _trimmed(_exact(value) for value in coefficients)

    def degree(self) -> int:
        """The highest power with a coefficient other than zero; -1 for the zero polynomial."""
        return len(self.coefficients) - 1

    def leading(self) -> Fraction:
        """The coefficient of the highest power. Raises ZeroPolynomialError."""
        return _non_zero(self.coefficients)[-1]

    def add(self, other: "Polynomial") -> "Polynomial":
        """The sum of two polynomials."""
        return Polynomial(_sum(self.coefficients, other.coefficients))

    def subtract(self, other: "Polynomial") -> "Polynomial":
        """This polynomial less the other one."""
        return Polynomial(_sum(self.coefficients, _scaled(other.coefficients, -1)))

    def scale(self, factor: Number) -> "Polynomial":
        """Every coefficient multiplied by a number."""
        return Polynomial(_scaled(self.coefficients, _exact(factor)))

    def multiply(self, other: "Polynomial") -> "Polynomial":
        """The product of two polynomials."""
        return Polynomial(_product(self.coefficients, other.coefficients))

    def power(self, exponent: int) -> "Polynomial":
        """The polynomial multiplied by itself; the power 0 is 1. Raises DegreeError beyond MAX_DEGREE and below 0."""
        if exponent < 0:
            raise DegreeError(f"a polynomial has no power {exponent}")
        _check_degree((len(self.coefficients) - 1) * exponent)
        result: _Coefficients = (Fraction(1),)
        for _ in range(exponent):
            result = _product(result, self.coefficients)
        return Polynomial(result)

    def divide(self, divisor: "Polynomial") -> tuple["Polynomial", "Polynomial"]:
        """Quotient and remainder of long division. Raises ZeroPolynomialError when the divisor is zero."""
        quotient, remainder = _division(self.coefficients, divisor.coefficients)
        return Polynomial(quotient), Polynomial(remainder)

    def is_divisible_by(self, divisor: "Polynomial") -> bool:
        """Whether division by the divisor leaves no remainder. Raises ZeroPolynomialError."""
        return not _division(self.coefficients, divisor.coefficients)[1]

    def evaluate(self, point: Number) -> Fraction:
        """The value at a point, by Horner's rule. Raises TypeError for floats."""
        return _value(self.coefficients, _exact(point))

    def compose(self, inner: "Polynomial") -> "Polynomial":
        """The polynomial with the variable replaced by another polynomial. Raises DegreeError beyond MAX_DEGREE."""
        _check_degree(max(0, len(self.coefficients) - 1) * max(0, len(inner.coefficients) - 1))
        result: _Coefficients = ()
        for coefficient in reversed(self.coefficients):
            result = _sum(_product(result, inner.coefficients), (coefficient,))
        return Polynomial(result)

    def derivative(self, order: int = 1) -> "Polynomial":
        """The derivative of the given order; order 0 is the polynomial itself. Raises DegreeError below 0."""
        if order < 0:
            raise DegreeError(f"there is no derivative of order {order}")
        coefficients = self.coefficients
        for _ in range(min(order, len(coefficients))):
            coefficients = _derived(coefficients)
        return Polynomial(coefficients)

    def integral(self, constant: Number = 0) -> "Polynomial":
        """The antiderivative whose value at 0 is the constant."""
        return Polynomial(_integrated(self.coefficients, _exact(constant)))

    def area(self, low: Number, high: Number) -> Fraction:
        """The definite integral from `low` to `high`; negative when they are swapped."""
        whole = _integrated(self.coefficients, Fraction(0))
        return _value(whole, _exact(high)) - _value(whole, _exact(low))

    def monic(self) -> "Polynomial":
        """The multiple whose leading coefficient is 1. Raises ZeroPolynomialError."""
        return Polynomial(_normed(self.coefficients))

    def to_text(self, variable: str = "x") -> str:
        """The polynomial as readable text, highest power first, such as `3x^2 - x + 1/2`; `parse` reads it back."""
        powers = [(power, value) for power, value in enumerate(self.coefficients) if value]
        if not powers:
            return "0"
        text = ""
        for power, value in reversed(powers):
            sign = "-" if value < 0 else "+"
            term = _term_text(abs(value), power, variable)
            text += f" {sign} {term}" if text else term if value > 0 else f"-{term}"
        return text


def parse(text: str, variable: str = "x") -> Polynomial:
    """Read a polynomial such as `3x^2 - 1/2*x + 0.25`; like powers are added up. Raises ParseError and DegreeError."""
    powers: dict[int, Fraction] = {}
    position = 0
    while position < len(text) or not powers:
        match = _TERM.match(text, position)
        value, power = _read_term(match, variable, first=not powers)
        _check_degree(power)
        powers[power] = powers.get(power, Fraction(0)) + value
        position = match.end()
    return Polynomial(powers.get(power, Fraction(0)) for power in range(max(powers) + 1))


def from_roots(roots: Iterable[Number]) -> Polynomial:
    """The monic polynomial with exactly these roots, a root named twice being a double one."""
    result: _Coefficients = (Fraction(1),)
    for root in roots:
        result = _product(result, (-_exact(root), Fraction(1)))
    return Polynomial(result)


def interpolate(points: Iterable[tuple[Number, Number]]) -> Polynomial:
    """The polynomial of least degree through the points. Raises PolynomialError when two share their first number."""
    exact = [(_exact(x), _exact(y)) for x, y in points]
    if len({x for x, _ in exact}) < len(exact):
        raise PolynomialError("two points stand above the same place")
    result: _Coefficients = ()
    for here, value in exact:
        basis: _Coefficients = (value,)
        for there, _ in exact:
            if there != here:
                basis = _scaled(_product(basis, (-there, Fraction(1))), 1 / (here - there))
        result = _sum(result, basis)
    return Polynomial(result)


def gcd(first: Polynomial, second: Polynomial) -> Polynomial:
    """The monic greatest common divisor. Raises ZeroPolynomialError when both are zero."""
    return Polynomial(_normed(_common(first.coefficients, second.coefficients)))


def lcm(first: Polynomial, second: Polynomial) -> Polynomial:
    """The monic least common multiple. Raises ZeroPolynomialError when one is zero."""
    common = _common(_non_zero(first.coefficients), _non_zero(second.coefficients))
    return Polynomial(_normed(_division(_product(first.coefficients, second.coefficients), common)[0]))


def square_free(polynomial: Polynomial) -> Polynomial:
    """The monic polynomial with the same roots, each of them simple. Raises ZeroPolynomialError."""
    return Polynomial(_simple(polynomial.coefficients))


def _exact(value: Number) -> Fraction:
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a float: give an int, a Fraction or a text such as '1/3'")
    return Fraction(value)


def _trimmed(values: Iterable[Fraction]) -> _Coefficients:
    kept = list(values)
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _non_zero(coefficients: _Coefficients) -> _Coefficients:
    if not coefficients:
        raise ZeroPolynomialError("the zero polynomial has no leading coefficient")
    return coefficients


def _check_degree(degree: int) -> None:
    if degree > MAX_DEGREE:
        raise DegreeError(f"degree {degree} exceeds {MAX_DEGREE}")


def _sum(first: _Coefficients, second: _Coefficients) -> _Coefficients:
    long, short = (first, second) if len(first) >= len(second) else (second, first)
    return _trimmed([a + b for a, b in zip(long, short)] + list(long[len(short):]))


def _scaled(coefficients: _Coefficients, factor: Fraction | int) -> _Coefficients:
    return _trimmed(value * factor for value in coefficients)


def _product(first: _Coefficients, second: _Coefficients) -> _Coefficients:
    result = [Fraction(0)] * (len(first) + len(second))
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            result[i + j] += a * b
    return _trimmed(result)


def _division(dividend: _Coefficients, divisor: _Coefficients) -> tuple[_Coefficients, _Coefficients]:
    top = _non_zero(divisor)[-1]
    rest = list(dividend)
    quotient = [Fraction(0)] * max(0, len(dividend) - len(divisor) + 1)
    for shift in reversed(range(len(quotient))):
        factor = rest[shift + len(divisor) - 1] / top
        quotient[shift] = factor
        for index, value in enumerate(divisor):
            rest[shift + index] -= factor * value
    return tuple(quotient), _trimmed(rest)


def _common(first: _Coefficients, second: _Coefficients) -> _Coefficients:
    while second:
        first, second = second, _division(first, second)[1]
    return first


def _normed(coefficients: _Coefficients) -> _Coefficients:
    return _scaled(coefficients, 1 / _non_zero(coefficients)[-1])


def _value(coefficients: _Coefficients, point: Fraction) -> Fraction:
    result = Fraction(0)
    for coefficient in reversed(coefficients):
        result = result * point + coefficient
    return result


def _derived(coefficients: _Coefficients) -> _Coefficients:
    return tuple(power * value for power, value in enumerate(coefficients))[1:]


def _integrated(coefficients: _Coefficients, constant: Fraction) -> _Coefficients:
    return _trimmed([constant, *(value / power for power, value in enumerate(coefficients, start=1))])


def _simple(coefficients: _Coefficients) -> _Coefficients:
    common = _common(_non_zero(coefficients), _derived(coefficients))
    return _normed(_division(coefficients, common)[0])


def _term_text(value: Fraction, power: int, variable: str) -> str:
    if power == 0:
        return str(value)
    name = variable if power == 1 else f"{variable}^{power}"
    if value == 1:
        return name
    return f"{value}{name}" if value.denominator == 1 else f"{value}*{name}"


def _read_term(match: re.Match[str], variable: str, first: bool) -> tuple[Fraction, int]:
    """The coefficient and the power of one matched term."""
    number, name = match["number"], match["variable"]
    if number is None and name is None or match["star"] and (number is None or name is None):
        raise ParseError("a term is expected", match.end())
    if not first and match["sign"] is None:
        raise ParseError("a sign is expected", match.start())
    if name not in (None, variable):
        raise ParseError(f"unknown variable {name!r}", match.start("variable"))
    top, _, bottom = (number or "1").partition("/")
    if bottom and not int(bottom):
        raise ParseError("a denominator is zero", match.start("number"))
    value = Fraction(top.strip()) / int(bottom or 1)
    power = 0 if name is None else int(match["exponent"] or 1)
    return (-value if match["sign"] == "-" else value), power
