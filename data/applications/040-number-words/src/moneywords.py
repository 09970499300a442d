"""Amounts of money in words, as on a cheque, and back."""

import re
from dataclasses import dataclass

from numberwords import NumberError, parse_words, to_words


@dataclass(frozen=True)
class Currency:
    """The names of a currency and of its hundredth part, in singular and plural."""

    code: str
    unit: str
    units: str
    part: str
    parts: str


_CURRENCIES = {
    "USD": ("dollar", "dollars", "cent", "cents"), "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
}  # fmt: skip


def currency(code: str) -> Currency:
    """Return a currency by its code in any case."""
    return _known(code)


def _known(code: str) -> Currency:
    """Find a currency, or raise an error."""
    if code.upper() not in _CURRENCIES:
        raise NumberError(f"unknown currency {code!r}")
    return Currency(code.upper(), *_CURRENCIES[code.upper()])


def parse_price(text: str) -> int:
    """Read digits such as 1,234.50 or -3 as hundredths of a unit."""
    match = re.fullmatch(r"(-?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d\d))?", text.strip())
    if match is None:
        raise NumberError(f"not an amount: {text!r}")
    amount = int(match[2].replace(",", "")) * 100 + int(match[3] or 0)
    return -amount if match[1] else amount


def money_to_words(amount: int, code: str) -> str:
    """Write an amount, given in hundredths, in words; a side that is zero is left out unless both are."""
    money = _known(code)
    units, parts = divmod(abs(amount), 100)
    texts = []
    if units or not parts:
        texts.append(f"{to_words(units)} {money.unit if units == 1 else money.units}")
    if parts:
        texts.append(f"{to_words(parts)} {money.part if parts == 1 else money.parts}")
    return ("minus " if amount < 0 else "") + " and ".join(texts)


def cheque_line(amount: int, code: str) -> str:
    """Write an amount as on a cheque: capitalised, hundredths as a fraction, for instance Five and 07/100 dollars."""
    if amount <= 0:
        raise NumberError("a cheque needs a positive amount")
    units, parts = divmod(amount, 100)
    return f"{to_words(units).capitalize()} and {parts:02}/100 {_known(code).units}"


def money_from_words(text: str, code: str) -> int:
    """Read an amount in words of a currency as hundredths; the hundredths must be less than one unit."""
    money = _known(code)
    pattern = rf"(?:(.+?) (?:{money.units}|{money.unit}))?(?: and |, | )?(?:(.+?) (?:{money.parts}|{money.part}))?"
    match = re.fullmatch(pattern, text.strip().lower())
    if match is None or not (match[1] or match[2]):
        raise NumberError(f"not an amount of {money.units}: {text!r}")
    units = parse_words(match[1]) if match[1] else 0
    parts = parse_words(match[2]) if match[2] else 0
    negative = (match[1] or match[2]).startswith("minus")
    if abs(parts) > 99 or (match[1] and parts < 0):
        raise NumberError(f"{money.parts} must be less than one {money.unit}")
    return -(100 * abs(units) + abs(parts)) if negative else 100 * units + parts
