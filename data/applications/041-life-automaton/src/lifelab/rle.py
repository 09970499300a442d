"""Run length encoded pattern files: a header with size and rule, then runs of b, o and $ up to an exclamation mark."""

import re
from dataclasses import dataclass
from itertools import groupby

from lifelab.pattern import Pattern, _at_origin, _bounds
from lifelab.rules import LIFE, Rule, parse_rule

_HEADER = re.compile(r"x\s*=\s*(\d+)\s*,\s*y\s*=\s*(\d+)\s*(?:,\s*rule\s*=\s*(\S+)\s*)?", re.IGNORECASE)
_RUN = re.compile(r"\s*(\d*)([bo$!])", re.IGNORECASE)


class RleError(ValueError):
    """A file is not run length encoded as it should be."""


@dataclass(frozen=True)
class RleFile:
    """What a file holds: the pattern with its box at the origin of the plane, its rule and its comments."""

    pattern: Pattern
    rule: Rule
    comments: tuple[str, ...] = ()


def read_rle(text: str) -> RleFile:
    """Read a file; the rule is that of life where the header names none. Raises RleError or RuleError."""
    lines = text.splitlines()
    comments = tuple(line[2:].strip() for line in lines if line.startswith("#"))
    content = [line for line in lines if line.strip() and not line.startswith("#")]
    header = _HEADER.fullmatch(content[0].strip()) if content else None
    if header is None:
        raise RleError("the header x = ..., y = ... is missing")
    cells = _decoded("\n".join(content[1:]))
    width, height = int(header[1]), int(header[2])
    if any(row >= height or column >= width for row, column in cells):
        raise RleError(f"a cell lies outside of the {width} by {height} cells of the header")
    return RleFile(Pattern(cells), parse_rule(header[3]) if header[3] else LIFE, comments)


def write_rle(file: RleFile, line_length: int = 70) -> str:
    """Write a file in lines no longer than asked for, with the box of the pattern moved to the origin."""
    cells = _at_origin(file.pattern.cells)
    height, width = _bounds(cells)[2:] if cells else (0, 0)
    lines = [f"#C {comment}" for comment in file.comments]
    lines.append(f"x = {width}, y = {height}, rule = {file.rule.text()}")
    current = ""
    for run in _encoded(cells, height):
        if len(current) + len(run) > line_length:
            lines.append(current)
            current = ""
        current += run
    return "".join(f"{line}\n" for line in [*lines, current])


def _decoded(text: str) -> frozenset[tuple[int, int]]:
    cells = set()
    row = column = position = 0
    while True:
        match = _RUN.match(text, position)
        if match is None:
            rest = text[position:].strip()
            raise RleError(f"unknown run at {rest[:10]!r}" if rest else "the closing exclamation mark is missing")
        position = match.end()
        count, tag = int(match[1] or 1), match[2].lower()
        if tag == "!":
            return frozenset(cells)
        if tag == "$":
            row, column = row + count, 0
        else:
            if tag == "o":
                cells.update((row, column + step) for step in range(count))
            column += count


def _encoded(cells: frozenset[tuple[int, int]], height: int) -> list[str]:
    """The runs of the cells without trailing dead cells, empty rows joined to one run of row ends."""
    runs, ends = [], 0
    for row in range(height):
        columns = sorted(column for r, column in cells if r == row)
        if columns:
            runs += [_run(ends, "$")] if ends else []
            ends = 0
        states = ["o" if column in columns else "b" for column in range(columns[-1] + 1 if columns else 0)]
        runs += [_run(len(list(group)), tag) for tag, group in groupby(states)]
        ends += 1
    return [*runs, "!"]


def _run(count: int, tag: str) -> str:
    return f"{count if count > 1 else ''}{tag}"
