"""Cron schedules: parse, match, next and previous time, description.

An expression has five fields (minute, hour, day of month, month, day of week) with lists, ranges, steps and names, or
is a macro such as `@daily`. Moments are naive datetimes that the caller passes in; seconds are cut off. Time zones and
daylight saving are not covered.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_RANGES = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 7)}
_MONTHS = tuple("January February March April May June July August September October November December".split())
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# The longest wait for a day that exists: 29 February around a century that is no leap year.
_HORIZON_DAYS = 366 * 8 + 1


class CronError(ValueError):
    """Base of every error raised by this module."""


class ExpressionError(CronError):
    """A text is not a cron expression."""


class MomentError(CronError):
    """A moment carries a time zone."""


class NeverDue(CronError):
    """A schedule names days which no calendar has."""


@dataclass(frozen=True)
class Schedule:
    """The minutes, hours, days, months and weekdays (0 is Sunday) at which something is due.

    When days and weekdays are both restricted, a day needs to match only one of them, as in cron.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    last_day: bool = False

    def matches(self, moment: datetime) -> bool:
        """Whether the schedule is due in the minute of the moment. Raises MomentError."""
        return _matches(self, moment)

    def next(self, moment: datetime) -> datetime:
        """The first due time after the moment. Raises MomentError and NeverDue."""
        return _next(self, moment)

    def previous(self, moment: datetime) -> datetime:
        """The last due time before the moment. Raises MomentError and NeverDue."""
        _check(moment)
        for day in _days_around(moment.date(), -1):
            if not _day_matches(self, day):
                continue
            for clock in reversed(_clock_times(self)):
                if datetime.combine(day, clock) < moment:
                    return datetime.combine(day, clock)
        raise NeverDue("no such day in the years before")

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """The next `count` due times after the moment."""
        times: list[datetime] = []
        while len(times) < count:
            times.append(_next(self, times[-1] if times else moment))
        return times

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """All due times from start up to, but not including, end."""
        _check(start)
        _check(end)
        times = []
        for offset in range((end.date() - start.date()).days + 1):
            day = start.date() + timedelta(days=offset)
            if _day_matches(self, day):
                times += [datetime.combine(day, clock) for clock in _clock_times(self)]
        return [one for one in times if start <= one < end]

    def text(self) -> str:
        """The schedule as an expression in its shortest plain form: `*`, lists and ranges."""
        days = _write(self.days, "day")
        if self.last_day:
            days = f"{days},L" if self.days else "L"
        rest = (_write(self.months, "month"), _write(self.weekdays, "weekday"))
        return " ".join((_write(self.minutes, "minute"), _write(self.hours, "hour"), days, *rest))

    def describe(self) -> str:
        """The schedule in English words, such as `at 09:30 on Monday and Friday`."""
        parts = [_describe_time(self.minutes, self.hours)]
        choices = []
        if not _is_full(self.days, "day"):
            days = [f"day {day}" for day in self.days] + ["the last day"] * self.last_day
            choices.append("on " + _enumerate(days) + " of the month")
        if not _is_full(self.weekdays, "weekday"):
            choices.append("on " + _enumerate([_WEEKDAYS[day] for day in self.weekdays]))
        if choices:
            parts.append(" or ".join(choices))
        if not _is_full(self.months, "month"):
            parts.append("in " + _enumerate([_MONTHS[month - 1] for month in self.months]))
        return " ".join(parts)


def parse(text: str) -> Schedule:
    """Read a cron expression or a macro; names and macros in any case. Raises ExpressionError."""
    return _parse(text)


def is_valid(text: str) -> bool:
    """Whether the text is a cron expression or a macro."""
    try:
        _parse(text)
    except ExpressionError:
        return False
    return True


def field_values(text: str, field: str) -> list[int]:
    """The ascending values of one field: minute, hour, day, month or weekday. Raises ExpressionError."""
    if field not in _RANGES:
        raise ExpressionError(f"no such field: {field!r}")
    return list(_values(text, field))


def due(expressions: Mapping[str, str], moment: datetime) -> list[str]:
    """The names of the expressions that are due in the minute of the moment, sorted."""
    return sorted(name for name, text in expressions.items() if _matches(_parse(text), moment))


def soonest(expressions: Mapping[str, str], moment: datetime) -> tuple[datetime, list[str]] | None:
    """The first due time of any expression after the moment and the names due then, sorted; None without any."""
    times = {name: _next(_parse(text), moment) for name, text in expressions.items()}
    if not times:
        return None
    first = min(times.values())
    return first, sorted(name for name, one in times.items() if one == first)


def longest_pause(text: str, start: datetime, end: datetime) -> timedelta | None:
    """The longest time between two due times that follow each other from start until end; None below two."""
    schedule = _parse(text)
    times = []
    moment = start - timedelta(minutes=1)
    while (moment := _next(schedule, moment)) < end:
        times.append(moment)
    return max((later - earlier for earlier, later in zip(times, times[1:], strict=False)), default=None)


def _parse(text: str) -> Schedule:
    fields = _MACROS.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise ExpressionError(f"expected five fields or a macro: {text!r}")
    day_parts = fields[2].split(",")
    plain = ",".join(part for part in day_parts if part.upper() != "L")
    last_day = len(plain) < len(fields[2])
    days = _values(plain, "day") if plain or not last_day else ()
    minutes, hours = _values(fields[0], "minute"), _values(fields[1], "hour")
    return Schedule(minutes, hours, days, _values(fields[3], "month"), _values(fields[4], "weekday"), last_day)


def _values(text: str, field: str) -> tuple[int, ...]:
    values: set[int] = set()
    for part in text.split(","):
        values.update(_part_values(part, field))
    if field == "weekday" and 7 in values:
        values = values - {7} | {0}
    return tuple(sorted(values))


def _part_values(part: str, field: str) -> range:
    lowest, highest = _RANGES[field]
    span, slash, step = part.partition("/")
    if slash and (not step.isdecimal() or int(step) == 0):
        raise ExpressionError(f"not a step: {part!r}")
    if span == "*":
        first, last = lowest, 6 if field == "weekday" else highest
    else:
        start, dash, stop = span.partition("-")
        first = _number(start, field)
        last = _number(stop, field) if dash else highest if slash else first
    if not lowest <= first <= last <= highest:
        raise ExpressionError(f"{part!r} is outside of {lowest}-{highest} or runs backwards")
    return range(first, last + 1, int(step or 1))


def _number(text: str, field: str) -> int:
    names = {"month": _MONTHS, "weekday": _WEEKDAYS}.get(field, ())
    for number, name in enumerate(names, start=_RANGES[field][0]):
        if text.lower() == name[:3].lower():
            return number
    if not text.isdecimal():
        raise ExpressionError(f"not a {field}: {text!r}")
    return int(text)


def _is_full(values: tuple[int, ...], field: str) -> bool:
    lowest, highest = _RANGES[field]
    return len(values) == min(highest - lowest + 1, 7 if field == "weekday" else 60)


def _check(moment: datetime) -> None:
    if moment.tzinfo is not None:
        raise MomentError("a moment must not carry a time zone")


def _matches(schedule: Schedule, moment: datetime) -> bool:
    _check(moment)
    on_time = moment.minute in schedule.minutes and moment.hour in schedule.hours
    return on_time and _day_matches(schedule, moment.date())


def _day_matches(schedule: Schedule, day: date) -> bool:
    if day.month not in schedule.months:
        return False
    is_last = schedule.last_day and day.day == monthrange(day.year, day.month)[1]
    by_day = day.day in schedule.days or is_last
    by_weekday = day.isoweekday() % 7 in schedule.weekdays
    if _is_full(schedule.days, "day") or _is_full(schedule.weekdays, "weekday"):
        return by_day and by_weekday
    return by_day or by_weekday


def _next(schedule: Schedule, moment: datetime) -> datetime:
    _check(moment)
    for day in _days_around(moment.date(), 1):
        if not _day_matches(schedule, day):
            continue
        for clock in _clock_times(schedule):
            if datetime.combine(day, clock) > moment:
                return datetime.combine(day, clock)
    raise NeverDue("no such day in the years to come")


def _days_around(day: date, step: int) -> Iterator[date]:
    for _ in range(_HORIZON_DAYS):
        yield day
        if day == (date.max if step > 0 else date.min):
            return
        day += timedelta(days=step)


def _clock_times(schedule: Schedule) -> list[time]:
    return [time(hour, minute) for hour in schedule.hours for minute in schedule.minutes]


def _write(values: tuple[int, ...], field: str) -> str:
    if _is_full(values, field):
        return "*"
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _describe_time(minutes: tuple[int, ...], hours: tuple[int, ...]) -> str:
    all_hours = _is_full(hours, "hour")
    if len(hours) * len(minutes) <= 4:
        return "at " + _enumerate([f"{hour:02}:{minute:02}" for hour in hours for minute in minutes])
    step = minutes[1] - minutes[0] if len(minutes) > 1 else 60
    if minutes == tuple(range(0, 60, step)) and step < 60:
        when = "every minute" if step == 1 else f"every {step} minutes"
        return when if all_hours else f"{when} of hour {_enumerate([str(hour) for hour in hours])}"
    when = f"at minute {_enumerate([str(minute) for minute in minutes])}"
    return f"{when} of every hour" if all_hours else f"{when} of hour {_enumerate([str(hour) for hour in hours])}"


def _enumerate(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
