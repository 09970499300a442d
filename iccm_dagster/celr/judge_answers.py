"""What a judge says, read tolerantly: three ratings from 1 to 5, or nothing.

JSON in any wrapping comes first, then lines like ``accuracy: 4/5``. A refusal, a missing criterion or a rating outside of
the scale is no rating: it is None, never a low one.
"""

import json
import re
from dataclasses import dataclass

CRITERIA = ("accuracy", "completeness", "efficiency")
LOWEST, HIGHEST = 1, 5
# Longer answers are cut: what follows a rating was not asked for.
LONGEST = 20_000
_OBJECT = re.compile(r"\{[^{}]*\}")
_NUMBER = r"(?P<value>\d+(?:\.\d+)?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a judge thinks of one answer."""

    accuracy: float
    """1 (wrong) to 5 (right)."""
    completeness: float
    """1 (much is missing) to 5 (all is there)."""
    efficiency: float
    """1 (wasteful) to 5 (to the point)."""

    @property
    def score(self) -> float:
        """Mean of the three, mapped to 0-1."""
        mean = (self.accuracy + self.completeness + self.efficiency) / len(CRITERIA)
        return (mean - LOWEST) / (HIGHEST - LOWEST)


def parse_rating(text: str, *, label: str = "") -> Rating | None:
    """Return the rating in a judge's answer; None where there is none.

    ``label``: which answer is meant where the judge rates several ("A", "B"); "" where it rates one.
    """
    text = text[:LONGEST]
    for values in reversed(_objects(text)):
        values = values.get(label, values.get(label.lower())) if label else values
        rating = (
            _rating({str(name).lower(): value for name, value in values.items()}) if isinstance(values, dict) else None
        )
        if rating is not None:
            return rating
    return None if label else _rating(_lines(text))


def _objects(text: str) -> list[dict]:
    """Return the JSON objects in a text: the outermost one, and those without others inside."""
    start, end = text.find("{"), text.rfind("}")
    found = []
    for candidate in (*_OBJECT.findall(text), text[start : end + 1] if 0 <= start < end else ""):
        try:
            value = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found


def _lines(text: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in CRITERIA:
        match = re.search(rf"{name}\W{{0,12}}?(?:is\s+)?{_NUMBER}(?!\d)", text, flags=re.IGNORECASE)
        if match:
            found[name] = match["value"]
    return found


def _rating(values: dict[str, object]) -> Rating | None:
    numbers = {}
    for name in CRITERIA:
        number = _number(values.get(name))
        if number is None:
            return None
        numbers[name] = number
    return Rating(**numbers)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        match = re.fullmatch(rf"\s*{_NUMBER}\s*(?:/\s*5)?\s*", value)
        value = float(match["value"]) if match and len(value) < 40 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if LOWEST <= value <= HIGHEST else None
