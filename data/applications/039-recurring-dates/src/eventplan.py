"""Events with times that recur, their exceptions, and the conflicts between them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from recurrence import Rule, RuleError, occurrences


@dataclass(frozen=True)
class Occurrence:
    """One time at which an event takes place; the end does not belong to it."""

    title: str
    start: datetime
    end: datetime

    def overlaps(self, other: "Occurrence") -> bool:
        """Tell whether both take place at some common moment."""
        return self.start < other.end and other.start < self.end

    def minutes(self) -> int:
        """Return how many minutes it lasts."""
        return int((self.end - self.start).total_seconds()) // 60


@dataclass(frozen=True)
class Event:
    """An event that takes place once or recurs; some of its days can be cancelled or moved."""

    title: str
    start: datetime
    minutes: int
    rule: Rule | None = None
    cancelled: frozenset[date] = frozenset()
    moved: tuple[tuple[date, datetime], ...] = ()

    def cancel(self, day: date) -> "Event":
        """Return the event without its occurrence on a day; it must have one there."""
        self._check_day(day)
        return replace(self, cancelled=self.cancelled | {day})

    def move(self, day: date, start: datetime) -> "Event":
        """Return the event with its occurrence on a day starting at another time, possibly on another day."""
        self._check_day(day)
        moved = tuple(pair for pair in self.moved if pair[0] != day)
        return replace(self, moved=(*moved, (day, start)))

    def between(self, first: date, last: date) -> list[Occurrence]:
        """Return the occurrences that start from one day to another, both included, in order of time."""
        moved = dict(self.moved)
        latest = max([last, *moved])
        starts = []
        for day in _days(self, latest):
            if day not in self.cancelled:
                starts.append(moved.get(day, datetime.combine(day, self.start.time())))
        length = timedelta(minutes=self.minutes)
        wanted = sorted(start for start in starts if first <= start.date() <= last)
        return [Occurrence(self.title, start, start + length) for start in wanted]

    def _check_day(self, day: date) -> None:
        """Raise an error if the event does not take place on a day."""
        if day in self.cancelled or day not in _days(self, day):
            raise RuleError(f"{self.title} does not take place on {day}")


def _days(event: Event, last: date) -> list[date]:
    """Return the regular days of an event up to a last one."""
    first = event.start.date()
    if event.rule is None:
        return [first] if first <= last else []
    return occurrences(event.rule, first, last)


def agenda(events: list[Event], first: date, last: date) -> list[Occurrence]:
    """Return the occurrences of all events in a period by start, end and title."""
    found = [occurrence for event in events for occurrence in event.between(first, last)]
    return sorted(found, key=lambda one: (one.start, one.end, one.title))


def conflicts(occurrences: list[Occurrence]) -> list[tuple[Occurrence, Occurrence]]:
    """Return the pairs of occurrences that overlap, the earlier one first; touching is no conflict."""
    ordered = sorted(occurrences, key=lambda one: (one.start, one.end, one.title))
    pairs = []
    for index, earlier in enumerate(ordered):
        for later in ordered[index + 1 :]:
            if earlier.start < later.end and later.start < earlier.end:
                pairs.append((earlier, later))
    return pairs


def free_slots(
    occurrences: list[Occurrence], start: datetime, end: datetime, minutes: int
) -> list[tuple[datetime, datetime]]:
    """Return the free periods within a window that last at least so many minutes."""
    slots = []
    position = start
    for busy in sorted(occurrences, key=lambda one: one.start):
        if busy.end <= position:
            continue
        slots.append((position, min(busy.start, end)))
        position = max(position, busy.end)
    slots.append((position, end))
    return [slot for slot in slots if slot[1] - slot[0] >= timedelta(minutes=max(minutes, 1))]


def busy_minutes(occurrences: list[Occurrence], day: date) -> int:
    """Return how many minutes of a day are taken; overlapping occurrences count once, other days do not count."""
    midnight = datetime.combine(day, datetime.min.time())
    position, total = midnight, timedelta()
    for one in sorted(occurrences, key=lambda one: one.start):
        start, end = max(one.start, position), min(one.end, midnight + timedelta(days=1))
        if start < end:
            total += end - start
            position = end
    return int(total.total_seconds()) // 60
