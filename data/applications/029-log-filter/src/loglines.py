"""Log lines: reading them, choosing among them, and counting what they say."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ALIASES = {"WARN": "WARNING", "ERR": "ERROR", "FATAL": "CRITICAL"}
_LINE = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,]\d+)?\s+\[?(?P<level>[A-Za-z]+)\]?"
    r"\s+(?P<source>[\w.\-]+):\s?(?P<message>.*)"
)
_FIELD = re.compile(r"""(?<!\S)([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*"|\S+)""")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class LogError(ValueError):
    """A line, level, span or pattern that cannot be understood."""


@dataclass(frozen=True)
class Entry:
    """One log entry; `extra` holds the lines that follow it without a time, such as a stack trace."""

    time: datetime
    level: str
    source: str
    message: str
    extra: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


def normalise_level(name: str) -> str:
    """Return the canonical name of a level, which may be written in any case or as warn, err or fatal."""
    level = _ALIASES.get(name.upper(), name.upper())
    if level not in LEVELS:
        raise LogError(f"unknown level {name!r}")
    return level


def parse_fields(message: str) -> dict[str, str]:
    """Collect the key=value pairs of a message; quoted values may hold blanks and escaped quotes."""
    fields = {}
    for key, value in _FIELD.findall(message):
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        fields[key] = value
    return fields


def parse_line(line: str) -> Entry:
    """Read one line such as `2024-05-01 12:00:00 ERROR web.api: failed code=500`.

    Date and time are separated by a blank or a T, fractions of a second are dropped, the level may stand in brackets.
    """
    match = _LINE.fullmatch(line.rstrip())
    if match is None:
        raise LogError(f"not a log line: {line!r}")
    try:
        time = datetime.fromisoformat(match["time"])
    except ValueError as error:
        raise LogError(str(error)) from None
    return Entry(
        time, normalise_level(match["level"]), match["source"], match["message"], (), parse_fields(match["message"])
    )


def parse_log(text: str) -> tuple[list[Entry], list[int]]:
    """Read a whole log and return its entries with the numbers of the lines that belong to none.

    An indented line continues the entry above it; blank lines are skipped.
    """
    entries: list[Entry] = []
    rejected: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        if line[0].isspace() and entries:
            entries[-1] = replace(entries[-1], extra=(*entries[-1].extra, line.rstrip()))
            continue
        try:
            entries.append(parse_line(line))
        except LogError:
            rejected.append(number)
    return entries, rejected


def parse_span(text: str) -> timedelta:
    """Read a length of time such as 90s, 5m or 1h30m, with the units d, h, m and s."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise LogError(f"not a span of time: {text!r}")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    if seconds == 0:
        raise LogError("a span must be longer than nothing")
    return timedelta(seconds=seconds)


def at_least(entries: list[Entry], level: str) -> list[Entry]:
    """Keep the entries of a level or a more severe one."""
    lowest = LEVELS.index(normalise_level(level))
    return [entry for entry in entries if LEVELS.index(entry.level) >= lowest]


def between(entries: list[Entry], start: datetime | None = None, end: datetime | None = None) -> list[Entry]:
    """Keep the entries from a start, which is included, to an end, which is not; None leaves that side open."""
    return [entry for entry in entries if (start is None or entry.time >= start) and (end is None or entry.time < end)]


def from_source(entries: list[Entry], source: str) -> list[Entry]:
    """Keep the entries of a source and of its children: `web` also keeps `web.api`, but not `website`."""
    return [entry for entry in entries if entry.source == source or entry.source.startswith(source + ".")]


def containing(entries: list[Entry], pattern: str, invert: bool = False) -> list[Entry]:
    """Keep the entries in whose message or extra lines a regular expression is found, or, inverted, those without it.

    The search ignores case.
    """
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise LogError(f"bad pattern {pattern!r}: {error}") from None
    return [
        entry for entry in entries if any(compiled.search(text) for text in (entry.message, *entry.extra)) != invert
    ]


def with_context(entries: list[Entry], chosen: list[Entry], around: int) -> list[Entry]:
    """Return the chosen entries together with so many entries before and after each, in log order and once each."""
    if around < 0:
        raise LogError("the context cannot be negative")
    wanted: set[int] = set()
    for position, entry in enumerate(entries):
        if entry in chosen:
            wanted.update(range(position - around, position + around + 1))
    return [entry for position, entry in enumerate(entries) if position in wanted]


def count_levels(entries: list[Entry]) -> dict[str, int]:
    """Count the entries of every level, from debug to critical, levels without entries included."""
    counts = dict.fromkeys(LEVELS, 0)
    for entry in entries:
        counts[entry.level] += 1
    return counts


def fingerprint(message: str) -> str:
    """Replace the variable parts of a message: quoted text by <str>, hexadecimal ids by <hex>, numbers by <num>."""
    message = re.sub(r"\"[^\"]*\"|'[^']*'", "<str>", message)
    message = re.sub(r"\b(?:0x[0-9a-fA-F]+|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,})\b", "<hex>", message)
    return re.sub(r"\d+(?:\.\d+)?", "<num>", message)


def top_messages(entries: list[Entry], limit: int) -> list[tuple[str, int]]:
    """Return the most frequent messages by fingerprint with their counts; equally frequent ones as they first occur."""
    counts: dict[str, int] = {}
    for entry in entries:
        key = fingerprint(entry.message)
        counts[key] = counts.get(key, 0) + 1
    return sorted(counts.items(), key=lambda pair: -pair[1])[:limit]


def buckets(entries: list[Entry], span: timedelta) -> list[tuple[datetime, int]]:
    """Count entries in consecutive spans of time, each given by its start; spans without entries count zero.

    Spans are aligned to midnight of the first day.
    """
    if not entries:
        return []
    times = [entry.time for entry in entries]
    midnight = min(times).replace(hour=0, minute=0, second=0, microsecond=0)
    numbers = [(time - midnight) // span for time in times]
    return [(midnight + number * span, numbers.count(number)) for number in range(min(numbers), max(numbers) + 1)]


def bursts(entries: list[Entry], count: int, span: timedelta) -> list[datetime]:
    """Return when bursts begin: so many entries within less than a span. After a burst the search goes on behind it."""
    times = sorted(entry.time for entry in entries)
    found: list[datetime] = []
    position = 0
    while position + count <= len(times):
        if times[position + count - 1] - times[position] < span:
            found.append(times[position])
            position += count
        else:
            position += 1
    return found
