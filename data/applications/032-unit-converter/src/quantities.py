"""Quantities: numbers with units that can be converted, added, multiplied, compared and printed."""

import re
from dataclasses import dataclass
from fractions import Fraction

from unitalgebra import IncompatibleUnits, Unit, UnitError, parse_unit


def _exact(value: float | str) -> Fraction:
    """Return a number as the fraction its decimal form stands for."""
    return Fraction(str(value))


def _converted(value: Fraction, source: Unit, target: Unit) -> Fraction:
    """Convert an exact value between units of the same dimension."""
    if source.powers != target.powers:
        raise IncompatibleUnits("the units measure different things")
    return (value * source.factor + source.offset - target.offset) / target.factor


def convert(value: float, source: str, target: str) -> float:
    """Convert a value from one unit expression to another; temperatures are converted as points on their scale."""
    return float(_converted(_exact(value), parse_unit(source), parse_unit(target)))


def conversion_factor(source: str, target: str) -> float:
    """Return by what to multiply values to convert them; units with a zero of their own have no such factor."""
    first, second = parse_unit(source), parse_unit(target)
    if first.offset != second.offset:
        raise UnitError("a factor is not enough for these units")
    return float(_converted(Fraction(1), Unit(first.factor, first.powers), Unit(second.factor, second.powers)))


@dataclass(frozen=True)
class Quantity:
    """A value in a unit, given as expression."""

    value: float
    unit: str = ""

    def to(self, unit: str) -> "Quantity":
        """Return the same quantity in another unit."""
        return Quantity(float(self._in(parse_unit(unit))), unit)

    def plus(self, other: "Quantity") -> "Quantity":
        """Add another quantity; the sum has the unit of this one."""
        return Quantity(float(_exact(self.value) + other._in(self._linear_unit())), self.unit)

    def minus(self, other: "Quantity") -> "Quantity":
        """Subtract another quantity; the difference has the unit of this one."""
        return Quantity(float(_exact(self.value) - other._in(self._linear_unit())), self.unit)

    def scaled(self, number: float) -> "Quantity":
        """Multiply with a plain number."""
        self._linear_unit()
        return Quantity(float(_exact(self.value) * _exact(number)), self.unit)

    def times(self, other: "Quantity") -> "Quantity":
        """Multiply with another quantity; the unit of the product joins both expressions."""
        self._linear_unit()
        other._linear_unit()
        unit = "*".join(_bracketed(part) for part in (self.unit, other.unit) if part)
        return Quantity(float(_exact(self.value) * _exact(other.value)), unit)

    def over(self, other: "Quantity") -> "Quantity":
        """Divide by another quantity; if both have the same dimension the result is a plain number."""
        unit, divisor = self._linear_unit(), other._linear_unit()
        if other.value == 0:
            raise ZeroDivisionError("division by a quantity of zero")
        quotient = _exact(self.value) / _exact(other.value)
        if unit.powers == divisor.powers:
            return Quantity(float(quotient * unit.factor / divisor.factor))
        if not other.unit:
            return Quantity(float(quotient), self.unit)
        return Quantity(float(quotient), f"{_bracketed(self.unit) or '1'}/{_bracketed(other.unit)}")

    def compare(self, other: "Quantity") -> int:
        """Return -1, 0 or 1 for smaller than, equal to or greater than another quantity, whatever the units."""
        difference = _exact(self.value) - other._in(parse_unit(self.unit))
        return (difference > 0) - (difference < 0)

    def split(self, units: list[str]) -> list[float]:
        """Break the quantity into units of falling size, such as h, min and s; all but the last value are whole."""
        if not units or self.value < 0:
            raise UnitError("only a positive quantity can be split, and into one unit at least")
        rest = self._in(parse_unit(units[-1]))
        values = []
        for unit in units[:-1]:
            size = _converted(Fraction(1), parse_unit(unit), parse_unit(units[-1]))
            values.append(float(rest // size))
            rest %= size
        return [*values, float(rest)]

    def _in(self, unit: Unit) -> Fraction:
        """Return the exact value in another unit."""
        return _converted(_exact(self.value), parse_unit(self.unit), unit)

    def _linear_unit(self) -> Unit:
        """Return the unit, or raise an error if it has its own zero and cannot be calculated with."""
        unit = parse_unit(self.unit)
        if unit.offset:
            raise UnitError(f"convert {self.unit} to K before calculating")
        return unit


def _bracketed(expression: str) -> str:
    """Put parentheses around an expression that has an operator."""
    return f"({expression})" if re.search(r"[*/ ]", expression) else expression


def parse_quantity(text: str) -> Quantity:
    """Read text such as 12.5 km/h, -3e2J or 40; the unit must be known."""
    match = re.fullmatch(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*", text)
    if match is None:
        raise UnitError(f"not a quantity: {text!r}")
    parse_unit(match[2])
    return Quantity(float(match[1]), match[2])


def total(quantities: list[Quantity], unit: str) -> Quantity:
    """Add quantities of any compatible units and return the sum in one unit."""
    target = parse_unit(unit)
    return Quantity(float(sum((quantity._in(target) for quantity in quantities), Fraction(0))), unit)


def format_quantity(quantity: Quantity, digits: int) -> str:
    """Write a quantity with so many significant digits, without needless zeros or exponents."""
    if digits < 1:
        raise UnitError("needs at least one digit")
    rounded = f"{float(f'{quantity.value:.{digits - 1}e}'):f}" if abs(quantity.value) >= 1e-4 else f"{quantity.value:g}"
    text = rounded.rstrip("0").rstrip(".") if "." in rounded else rounded
    return f"{text} {quantity.unit}".rstrip()


def humanised(quantity: Quantity, units: list[str]) -> Quantity:
    """Return the quantity in the largest of the units in which it is at least one, or else in the smallest unit."""
    if not units:
        raise UnitError("needs a unit to choose from")
    ordered = sorted(units, key=lambda unit: parse_unit(unit).factor, reverse=True)
    for unit in ordered:
        if abs(quantity._in(parse_unit(unit))) >= 1:
            return Quantity(float(quantity._in(parse_unit(unit))), unit)
    return Quantity(float(quantity._in(parse_unit(ordered[-1]))), ordered[-1])
