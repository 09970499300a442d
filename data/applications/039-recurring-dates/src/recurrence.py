"""Recurrence rules: how an event repeats, written as text and expanded to dates."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("daily", "weekly", "monthly", "yearly")
_LAST_YEAR = 9999


class RuleError(ValueError):
    """A rule that is malformed or contradicts itself."""


@dataclass(frozen=True)
class Rule:
    """How something repeats.

    `weekdays` are numbers from 0 for Monday. `position` picks the n-th such weekday of a month, counted from the end if
    negative. `month_day` picks a day of the month, also counted from the end if negative. At most one of `count` and
    `until` ends the rule.
    """

    frequency: str
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    position: int | None = None
    month_day: int | None = None
    count: int | None = None
    until: date | None = None


def check_rule(rule: Rule) -> None:
    """Raise an error if the parts of a rule are out of range or do not go together."""
    _check(rule)


def _check(rule: Rule) -> None:
    """Check the parts of a rule one after the other."""
    if rule.frequency not in FREQUENCIES:
        raise RuleError(f"unknown frequency {rule.frequency!r}")
    if rule.interval < 1 or (rule.count is not None and rule.count < 1):
        raise RuleError("interval and count must be at least 1")
    if rule.count is not None and rule.until is not None:
        raise RuleError("a rule ends either by count or by date")
    if any(day not in range(7) for day in rule.weekdays) or len(set(rule.weekdays)) != len(rule.weekdays):
        raise RuleError("weekdays are different numbers from 0 to 6")
    monthly = rule.frequency == "monthly"
    if rule.weekdays and not (rule.frequency == "weekly" or (monthly and rule.position is not None)):
        raise RuleError("weekdays belong to weekly rules, or to monthly ones with a position")
    if rule.position is not None and not (monthly and len(rule.weekdays) == 1 and 1 <= abs(rule.position) <= 5):
        raise RuleError("a position from 1 to 5 belongs to one weekday of a monthly rule")
    if rule.month_day is not None:
        if not monthly or rule.position is not None or not 1 <= abs(rule.month_day) <= 31:
            raise RuleError("a day of the month from 1 to 31 belongs to a monthly rule without weekday")


def parse_rule(text: str) -> Rule:
    """Read a rule such as FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR;COUNT=5 or FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20240531."""
    parts: dict[str, str] = {}
    for part in text.strip().split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name.upper() in parts:
            raise RuleError(f"not a part of a rule: {part!r}")
        parts[name.upper()] = value.upper()
    unknown = set(parts) - {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL"}
    if unknown or "FREQ" not in parts:
        raise RuleError(f"unknown parts or no frequency in {text!r}")
    try:
        weekdays, position = _parse_days(parts.get("BYDAY", ""))
        rule = Rule(
            frequency=parts["FREQ"].lower(),
            interval=int(parts.get("INTERVAL", "1")),
            weekdays=weekdays,
            position=position,
            month_day=int(parts["BYMONTHDAY"]) if "BYMONTHDAY" in parts else None,
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            until=_parse_day(parts["UNTIL"]) if "UNTIL" in parts else None,
        )
    except (ValueError, IndexError) as error:
        raise RuleError(f"{text!r}: {error}") from None
    _check(rule)
    return rule


def _parse_day(text: str) -> date:
    """Read a date written with eight digits."""
    if len(text) != 8:
        raise ValueError(f"{text!r} is not a date")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _parse_days(text: str) -> tuple[tuple[int, ...], int | None]:
    """Read a list of weekdays, of which a single one may have a position."""
    if not text:
        return (), None
    names = text.split(",")
    position = names[0][:-2]
    days = tuple(WEEKDAYS.index(name[-2:] if name is names[0] else name) for name in names)
    return tuple(sorted(days)), int(position) if position else None


def format_rule(rule: Rule) -> str:
    """Write a rule as text that can be read again; parts with their usual value are left out."""
    parts = [f"FREQ={rule.frequency.upper()}"]
    if rule.interval != 1:
        parts.append(f"INTERVAL={rule.interval}")
    if rule.weekdays:
        position = "" if rule.position is None else str(rule.position)
        parts.append(f"BYDAY={position}{','.join(WEEKDAYS[day] for day in rule.weekdays)}")
    if rule.month_day is not None:
        parts.append(f"BYMONTHDAY={rule.month_day}")
    if rule.count is not None:
        parts.append(f"COUNT={rule.count}")
    if rule.until is not None:
        parts.append(f"UNTIL={rule.until:%Y%m%d}")
    return ";".join(parts)


def describe_rule(rule: Rule) -> str:
    """Describe a rule in English, such as "every 2 weeks on Monday and Thursday, 5 times"."""
    unit = {"daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}[rule.frequency]
    text = f"every {unit}" if rule.interval == 1 else f"every {rule.interval} {unit}s"
    names = [calendar.day_name[day] for day in rule.weekdays]
    if rule.position is not None:
        text += f" on the {_ordinal(rule.position)} {names[0]}"
    elif names:
        text += " on " + " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    if rule.month_day is not None:
        text += f" on the {_ordinal(rule.month_day)} day"
    if rule.count is not None:
        text += ", once" if rule.count == 1 else f", {rule.count} times"
    return text + (f", until {rule.until.isoformat()}" if rule.until else "")


def _ordinal(number: int) -> str:
    """Write a position as 1st, 2nd, last, or 2nd last."""
    size = abs(number)
    ending = "th" if size in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(size % 10, "th")
    return f"{size}{ending}" if number > 0 else "last" if number == -1 else f"{size}{ending} last"


def nth_weekday(year: int, month: int, weekday: int, position: int) -> date | None:
    """Return the n-th weekday of a month, from the end if negative, or None if the month has no such day."""
    return _pick([day for day in _month(year, month) if day.weekday() == weekday], position)


def month_day(year: int, month: int, day: int) -> date | None:
    """Return a day of a month, from the end if negative, or None if the month is too short."""
    return _pick(_month(year, month), day)


def _pick(days: list[date], position: int) -> date | None:
    """Return the day at a position, counted from 1 or backwards from -1, if there is one."""
    index = position - 1 if position > 0 else position
    return days[index] if -len(days) <= index < len(days) else None


def _month(year: int, month: int) -> list[date]:
    """Return all days of a month."""
    return [date(year, month, day + 1) for day in range(calendar.monthrange(year, month)[1])]


def _candidates(rule: Rule, start: date) -> Iterator[date]:
    """Yield the dates of a rule without end, some of which may lie before the start."""
    step = 0
    while True:
        if rule.frequency == "daily":
            yield start + timedelta(days=step)
        elif rule.frequency == "weekly":
            monday = start - timedelta(days=start.weekday()) + timedelta(weeks=step)
            yield from (monday + timedelta(days=day) for day in sorted(rule.weekdays) or [start.weekday()])
        else:
            months = start.month - 1 + (step if rule.frequency == "monthly" else 12 * step)
            year, month = start.year + months // 12, months % 12 + 1
            if year > _LAST_YEAR:
                return
            days = _month(year, month)
            if rule.position is not None:
                found = _pick([day for day in days if day.weekday() == rule.weekdays[0]], rule.position)
            else:
                found = _pick(days, rule.month_day or start.day)
            if found is not None:
                yield found
        step += rule.interval


def occurrences(rule: Rule, start: date, end: date) -> list[date]:
    """Return the dates of a rule from its start to an end, which is included.

    Months without the wanted day are left out. The count of the rule begins at the start.
    """
    _check(rule)
    last = end if rule.until is None else min(end, rule.until)
    found: list[date] = []
    for day in _candidates(rule, start):
        if day > last or len(found) == rule.count:
            break
        if day >= start:
            found.append(day)
    return found


def next_occurrence(rule: Rule, start: date, after: date) -> date | None:
    """Return the first date of a rule later than a day, or None if it has ended by then."""
    _check(rule)
    seen = 0
    for day in _candidates(rule, start):
        if (rule.until is not None and day > rule.until) or seen == rule.count:
            break
        if day >= start:
            seen += 1
            if day > after:
                return day
    return None
