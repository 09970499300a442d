"""Units of measurement as exact factors and powers of base units, and the expressions that name them."""

import re
from dataclasses import dataclass
from fractions import Fraction


class UnitError(ValueError):
    """An expression or operation on units that makes no sense."""


class UnknownUnit(UnitError):
    """A name that no unit has."""


class IncompatibleUnits(UnitError):
    """Units of different dimensions were mixed."""


_BASES = ("kg", "m", "s", "A", "K", "mol", "cd")

# name: (factor, powers of base units); the names of the second table accept metric prefixes
_PLAIN: dict[str, tuple[str, dict[str, int]]] = {
    "min": ("60", {"s": 1}), "h": ("3600", {"s": 1}), "d": ("86400", {"s": 1}), "wk": ("604800", {"s": 1}),
    "in": ("0.0254", {"m": 1}), "ft": ("0.3048", {"m": 1}), "yd": ("0.9144", {"m": 1}), "mi": ("1609.344", {"m": 1}),
    "nmi": ("1852", {"m": 1}), "lb": ("0.45359237", {"kg": 1}), "oz": ("0.028349523125", {"kg": 1}),
    "ha": ("10000", {"m": 2}), "kn": ("1852/3600", {"m": 1, "s": -1}), "atm": ("101325", {"kg": 1, "m": -1, "s": -2}),
    "%": ("1/100", {}),
}  # fmt: skip
_PREFIXABLE: dict[str, tuple[str, dict[str, int]]] = {
    "m": ("1", {"m": 1}), "g": ("1/1000", {"kg": 1}), "s": ("1", {"s": 1}), "A": ("1", {"A": 1}),
    "K": ("1", {"K": 1}), "mol": ("1", {"mol": 1}), "cd": ("1", {"cd": 1}), "t": ("1000", {"kg": 1}),
    "L": ("1/1000", {"m": 3}), "Hz": ("1", {"s": -1}), "N": ("1", {"kg": 1, "m": 1, "s": -2}),
    "Pa": ("1", {"kg": 1, "m": -1, "s": -2}), "bar": ("100000", {"kg": 1, "m": -1, "s": -2}),
    "J": ("1", {"kg": 1, "m": 2, "s": -2}), "cal": ("4.184", {"kg": 1, "m": 2, "s": -2}),
    "W": ("1", {"kg": 1, "m": 2, "s": -3}), "V": ("1", {"kg": 1, "m": 2, "s": -3, "A": -1}),
    "C": ("1", {"s": 1, "A": 1}), "Ohm": ("1", {"kg": 1, "m": 2, "s": -3, "A": -2}),
}  # fmt: skip
_OFFSETS = {"degC": ("1", "273.15"), "degF": ("5/9", "45967/180")}
_PREFIXES = {"G": 9, "M": 6, "k": 3, "h": 2, "c": -2, "d": -1, "m": -3, "u": -6, "n": -9}
_DIMENSIONS = {
    "": "number", "m": "length", "kg": "mass", "s": "time", "A": "current", "K": "temperature", "m^2": "area",
    "m^3": "volume", "m/s": "speed", "m/s^2": "acceleration", "1/s": "frequency", "kg*m/s^2": "force",
    "kg*m^2/s^2": "energy", "kg*m^2/s^3": "power", "kg/m/s^2": "pressure", "kg/m^3": "density", "s*A": "charge",
}  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """A unit: a value times the factor plus the offset is the value in base units."""

    factor: Fraction
    powers: tuple[tuple[str, int], ...] = ()
    offset: Fraction = Fraction(0)

    def times(self, other: "Unit") -> "Unit":
        """Multiply with another unit."""
        return _combined(self, other, 1)

    def over(self, other: "Unit") -> "Unit":
        """Divide by another unit."""
        return _combined(self, other, -1)

    def power(self, exponent: int) -> "Unit":
        """Raise to a whole power, which may be negative or zero."""
        return _raised(self, exponent)

    def is_compatible(self, other: "Unit") -> bool:
        """Tell whether values can be converted between the two units."""
        return self.powers == other.powers

    def dimension(self) -> str:
        """Return the name of what it measures, such as speed, or the base units if that has no name."""
        formula = _base_formula(self.powers)
        return _DIMENSIONS.get(formula, formula)


def _combined(left: Unit, right: Unit, sign: int) -> Unit:
    """Multiply a unit with another one to the power of the sign."""
    if left.offset or right.offset:
        raise UnitError("temperatures with their own zero cannot be multiplied")
    powers = dict(left.powers)
    for base, power in right.powers:
        powers[base] = powers.get(base, 0) + sign * power
    kept = tuple((base, powers[base]) for base in _BASES if powers.get(base))
    return Unit(left.factor * right.factor**sign, kept)


def _raised(unit: Unit, exponent: int) -> Unit:
    """Raise a unit to a power."""
    if unit.offset and exponent != 1:
        raise UnitError("temperatures with their own zero cannot be multiplied")
    powers = tuple((base, exponent * power) for base, power in unit.powers if exponent)
    return Unit(unit.factor**exponent, powers, unit.offset)


def _base_formula(powers: tuple[tuple[str, int], ...]) -> str:
    """Write powers of base units as an expression such as kg*m/s^2."""
    above = "*".join(base + (f"^{power}" if power != 1 else "") for base, power in powers if power > 0)
    below = "".join("/" + base + (f"^{-power}" if power != -1 else "") for base, power in powers if power < 0)
    return ("1" if below and not above else above) + below


def lookup(name: str) -> Unit:
    """Return the unit of a name; metric units may have a prefix, as in km or mW. Case matters."""
    return _found(name)


def _found(name: str) -> Unit:
    """Find a unit by its name, with or without prefix."""
    if name in _OFFSETS:
        factor, offset = _OFFSETS[name]
        return Unit(Fraction(factor), (("K", 1),), Fraction(offset))
    if name in _PLAIN or name in _PREFIXABLE:
        factor, powers = _PLAIN.get(name) or _PREFIXABLE[name]
        return Unit(Fraction(factor), _ordered(powers))
    if name[:1] in _PREFIXES and name[1:] in _PREFIXABLE:
        unit = _found(name[1:])
        return Unit(unit.factor * Fraction(10) ** _PREFIXES[name[0]], unit.powers)
    raise UnknownUnit(f"unknown unit {name!r}")


def _ordered(powers: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Return powers as pairs in the order of the base units."""
    return tuple((base, powers[base]) for base in _BASES if base in powers)


def is_known(name: str) -> bool:
    """Tell whether a single name, possibly with a prefix, is a unit."""
    rest = name[1:] if name[:1] in _PREFIXES else ""
    return name in _OFFSETS or name in _PLAIN or name in _PREFIXABLE or rest in _PREFIXABLE


def unit_names(dimension: str) -> list[str]:
    """Return the names of the units, without prefixes, that measure a dimension such as length, alphabetically."""
    names = [*_PLAIN, *_PREFIXABLE, *_OFFSETS]
    return sorted(name for name in names if _dimension_of(name) == dimension)


def _dimension_of(name: str) -> str:
    """Return the name of what a unit without prefix measures."""
    powers = {"K": 1} if name in _OFFSETS else (_PLAIN.get(name) or _PREFIXABLE[name])[1]
    formula = _base_formula(_ordered(powers))
    return _DIMENSIONS.get(formula, formula)


_TOKEN = re.compile(r"\s*(?:(?P<name>[A-Za-z%]+)|(?P<power>\^\s*-?\d+)|(?P<sign>[*/()])|(?P<one>1(?!\d)))\s*")


def parse_unit(text: str) -> Unit:
    """Read an expression such as km/h, kg*m^2/s^2, W/(m^2*K) or 1/s.

    A blank means multiplication. Operators are applied from left to right, so that a/b*c is (a/b)*c.
    """
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnitError(f"unexpected {text[position:]!r}")
        tokens.append((match.lastgroup or "", match.group().strip()))
        position = match.end()
    if not tokens:
        return Unit(Fraction(1))
    unit = _product(tokens)
    if tokens:
        raise UnitError(f"unexpected {tokens[0][1]!r} in {text!r}")
    return unit


def _product(tokens: list[tuple[str, str]]) -> Unit:
    """Consume factors as long as there are any."""
    unit = _factor(tokens)
    while tokens and tokens[0][1] != ")":
        operator = tokens.pop(0)[1] if tokens[0][1] in ("*", "/") else "*"
        unit = _combined(unit, _factor(tokens), -1 if operator == "/" else 1)
    return unit


def _factor(tokens: list[tuple[str, str]]) -> Unit:
    """Consume a name, a one or a parenthesis, with its exponent."""
    kind, value = tokens.pop(0) if tokens else ("", "the end")
    if kind == "name":
        unit = _found(value)
    elif kind == "one":
        unit = Unit(Fraction(1))
    elif value == "(":
        unit = _product(tokens)
        if not tokens or tokens.pop(0)[1] != ")":
            raise UnitError("a parenthesis is not closed")
    else:
        raise UnitError(f"expected a unit but found {value}")
    if tokens and tokens[0][0] == "power":
        unit = _raised(unit, int(tokens.pop(0)[1][1:]))
    return unit
