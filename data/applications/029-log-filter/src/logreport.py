"""Text reports about logs, and the command line: run(argv, text) gives an exit code and the output."""

from datetime import datetime
from typing import Any

import loglines
from loglines import LEVELS, Entry, LogError

_OPTIONS = ("--level", "--since", "--until", "--source", "--grep", "--exclude", "--context", "--every", "--top")
_REPORTS = ("show", "levels", "histogram", "top")


def format_entry(entry: Entry) -> str:
    """Write an entry as lines: time, level padded to eight characters, source and message, then the extra lines."""
    first = f"{entry.time.isoformat(sep=' ')} {entry.level:<8} {entry.source}: {entry.message}".rstrip()
    return "\n".join([first, *entry.extra])


def bar(value: int, largest: int, width: int) -> str:
    """Draw a value as a bar of # whose full width stands for the largest value; positive values get at least one."""
    if value <= 0 or largest <= 0:
        return ""
    return "#" * max(1, value * width // largest)


def level_report(entries: list[Entry]) -> str:
    """Show the levels that occur, most severe first, with count and share in percent of all entries."""
    counts = loglines.count_levels(entries)
    lines = [
        f"{level:<8} {counts[level]:>5} {100 * counts[level] / len(entries):5.1f}%"
        for level in reversed(LEVELS)
        if counts[level]
    ]
    return "\n".join([*lines, f"{'total':<8} {len(entries):>5}"])


def histogram_report(entries: list[Entry], every: str) -> str:
    """Show a line with start, count and bar for each span of time; the largest count has a bar of 40."""
    rows = loglines.buckets(entries, loglines.parse_span(every))
    largest = max((count for _, count in rows), default=0)
    return "\n".join(
        f"{start:%Y-%m-%d %H:%M:%S} {count:>5} {bar(count, largest, 40)}".rstrip() for start, count in rows
    )


def parse_options(words: list[str]) -> dict[str, str]:
    """Read options written as `--name value` or `--name=value`; each may be given once."""
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if name not in _OPTIONS:
            raise LogError(f"unknown option {name!r}")
        if name in options:
            raise LogError(f"{name} is given twice")
        if not equals and not rest:
            raise LogError(f"{name} needs a value")
        options[name] = value if equals else rest.pop(0)
    return options


def apply_filters(entries: list[Entry], options: dict[str, str]) -> list[Entry]:
    """Keep the entries that pass every filter among the options, with their context if that is asked for."""
    chosen = loglines.between(entries, _moment(options, "--since"), _moment(options, "--until"))
    if "--level" in options:
        chosen = loglines.at_least(chosen, options["--level"])
    if "--source" in options:
        chosen = loglines.from_source(chosen, options["--source"])
    if "--grep" in options:
        chosen = loglines.containing(chosen, options["--grep"])
    if "--exclude" in options:
        chosen = loglines.containing(chosen, options["--exclude"], invert=True)
    if "--context" in options:
        chosen = loglines.with_context(entries, chosen, _number(options, "--context", 0))
    return chosen


def run(argv: list[str], text: str) -> tuple[int, str]:
    """Make a report about the log in `text` and return exit code and output.

    The first argument is show, levels, histogram or top. The code is 0, or 1 if no entry is left, or 2 for an error.
    """
    try:
        if not argv or argv[0] not in _REPORTS:
            raise LogError(f"the report must be one of {', '.join(_REPORTS)}")
        options = parse_options(argv[1:])
        entries = apply_filters(loglines.parse_log(text)[0], options)
        output = _report(argv[0], entries, options)
    except LogError as error:
        return 2, f"error: {error}"
    return (0, output) if entries else (1, "no entries")


def _report(name: str, entries: list[Entry], options: dict[str, Any]) -> str:
    if name == "levels":
        return level_report(entries)
    if name == "histogram":
        return histogram_report(entries, options.get("--every", "1h"))
    if name == "top":
        top = loglines.top_messages(entries, _number(options, "--top", 10))
        return "\n".join(f"{count:>5} {message}" for message, count in top)
    return "\n".join(format_entry(entry) for entry in entries)


def _moment(options: dict[str, str], name: str) -> datetime | None:
    """Return the time an option gives, if it is there."""
    if name not in options:
        return None
    try:
        return datetime.fromisoformat(options[name])
    except ValueError:
        raise LogError(f"{name} is not a time: {options[name]!r}") from None


def _number(options: dict[str, str], name: str, default: int) -> int:
    """Return the whole number an option gives, or the default without it."""
    value = options.get(name, str(default))
    if not value.isdecimal():
        raise LogError(f"{name} is not a whole number: {value!r}")
    return int(value)
