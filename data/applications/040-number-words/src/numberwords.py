"""Whole and decimal numbers as English words, and English words as numbers."""

import re
from fractions import Fraction

LARGEST = 10**15 - 1

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ["", "thousand", "million", "billion", "trillion"]
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_CARDINALS = {ordinal: cardinal for cardinal, ordinal in _ORDINALS.items()}


class NumberError(ValueError):
    """A number that is out of range, or words that are no number."""


def _check_range(number: int) -> None:
    """Raise an error for numbers that have no words here."""
    if abs(number) > LARGEST:
        raise NumberError(f"{number} is too large")


def _group_words(number: int, joiner: str) -> list[str]:
    """Return the words of a number below one thousand."""
    hundreds, rest = divmod(number, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if hundreds and rest and joiner:
        words.append(joiner)
    if rest >= 20:
        ones = rest % 10
        words.append(_TENS[rest // 10] + (f"-{_SMALL[ones]}" if ones else ""))
    elif rest:
        words.append(_SMALL[rest])
    return words


def _words(number: int, joiner: str) -> str:
    """Return the words of a whole number within the range."""
    if number == 0:
        return "zero"
    rest = abs(number)
    groups: list[list[str]] = []
    for scale in _SCALES:
        rest, group = divmod(rest, 1000)
        if group:
            groups.insert(0, _group_words(group, joiner) + ([scale] if scale else []))
    last = abs(number) % 1000
    if joiner and len(groups) > 1 and 0 < last < 100:
        groups.insert(-1, [joiner])
    words = [word for group in groups for word in group]
    return " ".join(["minus", *words] if number < 0 else words)


def to_words(number: int, british: bool = False) -> str:
    """Write a whole number in words; British style puts "and" before the tens and ones after hundreds or thousands."""
    _check_range(number)
    return _words(number, "and" if british else "")


def decimal_to_words(text: str) -> str:
    """Write a decimal number in words, reading the digits behind the point one by one."""
    match = re.fullmatch(r"(-?)(\d+)(?:\.(\d+))?", text.strip())
    if match is None:
        raise NumberError(f"not a decimal number: {text!r}")
    whole = int(match[2])
    _check_range(whole)
    sign = "minus " if match[1] and (whole or (match[3] or "").strip("0")) else ""
    digits = [_SMALL[int(digit)] for digit in match[3] or ""]
    return sign + " ".join([_words(whole, ""), *(["point", *digits] if digits else [])])


def to_ordinal_words(number: int) -> str:
    """Write a positive whole number as an ordinal in words, such as twenty-first."""
    if number < 1:
        raise NumberError("ordinals begin with the first")
    _check_range(number)
    return _ordinal_of(_words(number, ""))


def _ordinal_of(words: str) -> str:
    """Turn the last word of a number into an ordinal."""
    match = re.fullmatch(r"(.*[ -])?(\w+)", words)
    assert match is not None
    front, last = match[1] or "", match[2]
    if last in _ORDINALS:
        return front + _ORDINALS[last]
    return front + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def ordinal_suffix(number: int) -> str:
    """Write a number with its ordinal ending in digits, such as 3rd or 112th."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def fraction_to_words(numerator: int, denominator: int) -> str:
    """Write a fraction in lowest terms in words, such as three quarters or one and a half."""
    if denominator == 0:
        raise NumberError("a denominator cannot be zero")
    fraction = Fraction(numerator, denominator)
    _check_range(max(abs(fraction.numerator), fraction.denominator))
    whole, rest = divmod(abs(fraction.numerator), fraction.denominator)
    sign = "minus " if fraction < 0 else ""
    if rest == 0:
        return sign + _words(whole, "")
    names = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    ordinal = _ordinal_of(_words(fraction.denominator, ""))
    name = names.get(fraction.denominator, (ordinal, ordinal + "s"))[rest > 1]
    if not whole:
        return f"{sign}{_words(rest, '')} {name}"
    article = ("an" if name[0] in "aeiou" else "a") if rest == 1 else _words(rest, "")
    return f"{sign}{_words(whole, '')} and {article} {name}"


def parse_words(text: str) -> int:
    """Read a whole number from words; hyphens, commas, "and" and "a" for one are understood, case does not matter.

    Words in an order that makes no number are an error.
    """
    words = re.sub(r"[-,]", " ", text.lower()).split()
    negative = words[:1] in (["minus"], ["negative"])
    return (-1 if negative else 1) * _value(words[1:] if negative else words, text)


def _value(words: list[str], text: str) -> int:
    """Return the value of number words without a sign."""
    if words in (["zero"], ["nought"]):
        return 0
    total, group, lowest, scale = 0, 0, 1000, len(_SCALES)
    previous = ""
    for word in words:
        if word in _SCALES[1:] and group and _SCALES.index(word) < scale:
            scale = _SCALES.index(word)
            total += group * 1000**scale
            group, lowest = 0, 1000
        elif word == "hundred" and 0 < group < 10:
            group, lowest = group * 100, 100
        elif word == "and" and previous in ("hundred", *_SCALES[1:]):
            pass
        elif 0 < (size := _size(word)) and (size < lowest if size >= 20 else _fits(size, lowest)):
            group += size
            lowest = 10 if size >= 20 else 1
        else:
            raise NumberError(f"not a number: {text!r}")
        previous = word
    if not words or previous == "and":
        raise NumberError(f"not a number: {text!r}")
    return total + group


def _size(word: str) -> int:
    """Return the value of a word below one hundred, 0 if it has none."""
    if word in ("a", "an"):
        return 1
    if word in _SMALL:
        return _SMALL.index(word)
    return 10 * _TENS.index(word) if word in _TENS[2:] else 0


def _fits(size: int, lowest: int) -> bool:
    """Tell whether a value below twenty may follow in a group: ones after tens, or anything after hundreds."""
    return size < lowest and (lowest > 10 or size < 10)


def parse_ordinal_words(text: str) -> int:
    """Read an ordinal in words, such as twenty-first or one hundredth."""
    match = re.fullmatch(r"(.*[ -])?([a-z]+)", text.strip().lower())
    if match is None:
        raise NumberError(f"not an ordinal: {text!r}")
    front, last = match[1] or "", match[2]
    if last in _CARDINALS:
        last = _CARDINALS[last]
    elif last.endswith("ieth"):
        last = last[:-4] + "y"
    elif last.endswith("th") and last[:-2] not in _ORDINALS:
        last = last[:-2]
    else:
        raise NumberError(f"not an ordinal: {text!r}")
    if not front and last in ("hundred", *_SCALES[1:]):
        front = "one "
    value = _value(re.sub(r"[-,]", " ", front + last).split(), text)
    if value < 1:
        raise NumberError("ordinals begin with the first")
    return value
