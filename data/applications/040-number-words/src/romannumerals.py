"""Roman numerals from 1 to 3999: writing, reading, checking, and lists numbered with them."""

import re

_SIGNS = [
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
]  # fmt: skip
_STRICT = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


class RomanError(ValueError):
    """A number without Roman numeral, or text that is none."""


def _roman(number: int) -> str:
    """Write a number as Roman numeral."""
    if not 1 <= number <= 3999:
        raise RomanError(f"{number} has no Roman numeral")
    numeral = ""
    for value, sign in _SIGNS:
        count, number = divmod(number, value)
        numeral += sign * count
    return numeral


def to_roman(number: int) -> str:
    """Write a number from 1 to 3999 as Roman numeral."""
    return _roman(number)


def is_roman(text: str) -> bool:
    """Tell whether a text in capitals or small letters is a Roman numeral in its usual form."""
    return bool(text) and _STRICT.fullmatch(text.upper()) is not None


def from_roman(text: str, strict: bool = True) -> int:
    """Read a Roman numeral in any case; unless strict, unusual forms such as IIII or IM are understood as well.

    A sign before a larger one is subtracted.
    """
    signs = text.strip().upper()
    if not signs or any(sign not in _VALUES for sign in signs):
        raise RomanError(f"not a Roman numeral: {text!r}")
    if strict and _STRICT.fullmatch(signs) is None:
        raise RomanError(f"not the usual form of a Roman numeral: {text!r}")
    total, largest = 0, 0
    for sign in reversed(signs):
        value = _VALUES[sign]
        total += value if value >= largest else -value
        largest = max(largest, value)
    return total


def numbered(items: list[str], start: int = 1) -> list[str]:
    """Number items with small Roman numerals, flush right, as in the preface of a book."""
    numerals = [_roman(number).lower() for number in range(start, start + len(items))]
    width = max((len(numeral) for numeral in numerals), default=0)
    return [f"{numeral:>{width}}. {item}" for numeral, item in zip(numerals, items)]
