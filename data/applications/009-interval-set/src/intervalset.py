"""Sets of half-open intervals [start, end) over numbers, and a map from intervals to values.

An IntervalSet is kept normalised: sorted, without empty intervals, and touching intervals joined.
Unbounded intervals are not covered.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

Pair = tuple[float, float]
Item = tuple[float, float, Any]


class IntervalError(ValueError):
    """An interval ends before it starts, or a text does not describe intervals."""


class IntervalSet:
    """An immutable set of numbers made of half-open intervals; `pairs` lists them, ascending and apart."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Build the set from (start, end) pairs in any order; they may overlap. Raises IntervalError."""
        self.pairs: tuple[Pair, ...] = tuple(_normalise(pairs))

    def is_empty(self) -> bool:
        """Whether the set holds no number at all."""
        return not self.pairs

    def contains(self, point: float) -> bool:
        """Whether the point lies in the set; ends do not belong to their interval."""
        return _locate(self.pairs, point) is not None

    def find(self, point: float) -> Pair | None:
        """The interval around the point, or None."""
        return _locate(self.pairs, point)

    def covers(self, start: float, end: float) -> bool:
        """Whether every number from start up to end lies in the set; an empty span is always covered."""
        _check(start, end)
        if start == end:
            return True
        around = _locate(self.pairs, start)
        return around is not None and end <= around[1]

    def overlaps(self, start: float, end: float) -> bool:
        """Whether some number from start up to end lies in the set."""
        _check(start, end)
        return any(max(first, start) < min(last, end) for first, last in self.pairs)

    def measure(self) -> float:
        """The summed length of all intervals."""
        return sum(end - start for start, end in self.pairs)

    def hull(self) -> Pair | None:
        """The smallest single interval that holds the set, or None for the empty set."""
        return (self.pairs[0][0], self.pairs[-1][1]) if self.pairs else None

    def add(self, start: float, end: float) -> "IntervalSet":
        """The set with one more interval."""
        return IntervalSet([*self.pairs, (start, end)])

    def remove(self, start: float, end: float) -> "IntervalSet":
        """The set without the numbers from start up to end."""
        _check(start, end)
        return IntervalSet(_subtract(self.pairs, [(start, end)]))

    def union(self, other: "IntervalSet") -> "IntervalSet":
        """The numbers in either set."""
        return IntervalSet([*self.pairs, *other.pairs])

    def intersection(self, other: "IntervalSet") -> "IntervalSet":
        """The numbers in both sets."""
        return IntervalSet(_intersect(self.pairs, other.pairs))

    def difference(self, other: "IntervalSet") -> "IntervalSet":
        """The numbers in this set and not in the other."""
        return IntervalSet(_subtract(self.pairs, other.pairs))

    def symmetric_difference(self, other: "IntervalSet") -> "IntervalSet":
        """The numbers in exactly one of the sets."""
        ours, theirs = _subtract(self.pairs, other.pairs), _subtract(other.pairs, self.pairs)
        return IntervalSet([*ours, *theirs])

    def gaps(self, start: float, end: float) -> "IntervalSet":
        """The numbers from start up to end that the set leaves free."""
        _check(start, end)
        return IntervalSet(_subtract([(start, end)], self.pairs))

    def next_free(self, start: float, length: float) -> float:
        """The smallest position, not before start, where a span of the length fits between the intervals.

        Raises IntervalError for a length that is not positive.
        """
        if length <= 0:
            raise IntervalError(f"a length must be positive: {length}")
        position = start
        for first, last in self.pairs:
            if last <= position:
                continue
            if position + length <= first:
                break
            position = last
        return position

    def shift(self, delta: float) -> "IntervalSet":
        """The set moved by delta."""
        return IntervalSet([(start + delta, end + delta) for start, end in self.pairs])

    def expand(self, margin: float) -> "IntervalSet":
        """Every interval widened by the margin at both ends; a negative margin shrinks, down to nothing."""
        widened = [(start - margin, end + margin) for start, end in self.pairs]
        return IntervalSet([pair for pair in widened if pair[0] < pair[1]])


class IntervalMap:
    """A map from numbers to values which is constant over intervals; later assignments hide earlier ones.

    `items` lists (start, end, value), ascending; touching ones with equal values are joined.
    """

    def __init__(self, items: Iterable[Item] = ()) -> None:
        """Build the map by assigning (start, end, value) items in turn."""
        self.items: tuple[Item, ...] = ()
        for start, end, value in items:
            self.items = _overlay(self.items, start, end, value)

    def assign(self, start: float, end: float, value: Any) -> None:
        """Give every number from start up to end the value. Raises IntervalError when end lies before start."""
        self.items = _overlay(self.items, start, end, value)

    def erase(self, start: float, end: float) -> None:
        """Forget the values from start up to end."""
        _check(start, end)
        self.items = _cut_out(self.items, start, end)

    def get(self, point: float, default: Any = None) -> Any:
        """The value at the point, or the default."""
        for start, end, value in self.items:
            if start <= point < end:
                return value
        return default

    def where(self, value: Any) -> IntervalSet:
        """The set of numbers that have the value."""
        return IntervalSet([(start, end) for start, end, held in self.items if held == value])

    def slice(self, start: float, end: float) -> "IntervalMap":
        """The part of the map from start up to end."""
        _check(start, end)
        kept = [(max(first, start), min(last, end), value) for first, last, value in self.items]
        return IntervalMap([item for item in kept if item[0] < item[1]])


def parse_ranges(text: str) -> IntervalSet:
    """Read a list of whole numbers and inclusive ranges such as `1-4, 9`.

    Raises IntervalError for anything else and for ranges that run backwards.
    """
    pairs = []
    for part in text.split(",") if text.strip() else []:
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise IntervalError(f"not a number or range: {part.strip()!r}")
        start, final = int(first), int(last or first)
        if final < start:
            raise IntervalError(f"the range runs backwards: {part.strip()!r}")
        pairs.append((start, final + 1))
    return IntervalSet(pairs)


def format_ranges(numbers: IntervalSet) -> str:
    """Write a set of whole numbers as inclusive ranges, `1-4,9`."""
    parts = []
    for start, end in numbers.pairs:
        parts.append(f"{start}" if end - start == 1 else f"{start}-{end - 1}")
    return ",".join(parts)


def busiest(pairs: Iterable[Pair]) -> tuple[int, Pair | None]:
    """How many of the intervals overlap at most, and the first span where that many do; (0, None) without any."""
    events = []
    for start, end in pairs:
        _check(start, end)
        if start < end:
            events += [(start, 1), (end, -1)]
    events.sort()
    most, span = 0, None
    depth = 0
    for index, (position, step) in enumerate(events):
        depth += step
        if depth > most:
            most, span = depth, (position, events[index + 1][0])
    return most, span


def _check(start: float, end: float) -> None:
    if not start <= end:
        raise IntervalError(f"an interval must not end before it starts: [{start}, {end})")


def _normalise(pairs: Iterable[Pair]) -> list[Pair]:
    joined: list[Pair] = []
    for start, end in sorted(pairs):
        _check(start, end)
        if start == end:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _locate(pairs: Sequence[Pair], point: float) -> Pair | None:
    index = bisect_right(pairs, point, key=lambda pair: pair[0]) - 1
    return pairs[index] if index >= 0 and point < pairs[index][1] else None


def _intersect(ours: Sequence[Pair], theirs: Sequence[Pair]) -> list[Pair]:
    shared = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start, end = max(ours[i][0], theirs[j][0]), min(ours[i][1], theirs[j][1])
        if start < end:
            shared.append((start, end))
        if ours[i][1] < theirs[j][1]:
            i += 1
        else:
            j += 1
    return shared


def _subtract(ours: Sequence[Pair], theirs: Sequence[Pair]) -> list[Pair]:
    left = []
    for start, end in ours:
        for first, last in theirs:
            if last <= start or end <= first:
                continue
            if start < first:
                left.append((start, first))
            start = last
        if start < end:
            left.append((start, end))
    return left


def _cut_out(items: Sequence[Item], start: float, end: float) -> tuple[Item, ...]:
    if start == end:
        return tuple(items)
    left = []
    for first, last, value in items:
        left += [(a, b, value) for a, b in _subtract([(first, last)], [(start, end)])]
    return tuple(left)


def _overlay(items: Sequence[Item], start: float, end: float, value: Any) -> tuple[Item, ...]:
    _check(start, end)
    fresh = [(start, end, value)] if start < end else []
    merged: list[Item] = []
    for item in sorted([*_cut_out(items, start, end), *fresh], key=lambda item: item[0]):
        if merged and merged[-1][1] == item[0] and merged[-1][2] == item[2]:
            merged[-1] = (merged[-1][0], item[1], item[2])
        else:
            merged.append(item)
    return tuple(merged)
