"""Tables with typed columns: select, filter, sort, join, group, and exchange with delimited text.

A column holds whole numbers, floats, truth values, dates or text; None stands for a missing value.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from delimited import read_rows, write_rows

Row = tuple[Any, ...]

_TRUTH = {"true": True, "false": False}
_READERS: dict[str, Callable[[str], Any]] = {
    "int": lambda text: int(text) if re.fullmatch(r"[+-]?[0-9]+", text) else _refuse(text),
    "float": lambda text: (
        float(text) if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", text) else _refuse(text)
    ),
    "bool": lambda text: _TRUTH[text.lower()] if text.lower() in _TRUTH else _refuse(text),
    "date": lambda text: datetime.date.fromisoformat(text) if len(text) == 10 else _refuse(text),
    "text": str,
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left is not None and left < right,
    "<=": lambda left, right: left is not None and left <= right,
    ">": lambda left, right: left is not None and left > right,
    ">=": lambda left, right: left is not None and left >= right,
    "contains": lambda left, right: left is not None and right in left,
}
_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "sum": sum,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "mean": lambda values: sum(values) / len(values) if values else None,
    "first": lambda values: values[0] if values else None,
}


class TableError(ValueError):
    """A table cannot be built or used as asked."""


@dataclass(frozen=True)
class Table:
    """Named columns and the rows of values below them."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def column(self, name: str) -> list[Any]:
        """Return the values of a column from top to bottom."""
        at = self._at(name)
        return [row[at] for row in self.rows]

    def records(self) -> list[dict[str, Any]]:
        """Return every row as a dictionary by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def select(self, names: Iterable[str]) -> "Table":
        """Return the table with these columns only, in this order."""
        chosen = tuple(names)
        _check_names(chosen)
        places = [self._at(name) for name in chosen]
        return Table(chosen, tuple(tuple(row[at] for at in places) for row in self.rows))

    def renamed(self, names: Mapping[str, str]) -> "Table":
        """Return the table with columns renamed from the keys to the values of a mapping."""
        for name in names:
            self._at(name)
        columns = tuple(names.get(name, name) for name in self.columns)
        _check_names(columns)
        return Table(columns, self.rows)

    def where(self, name: str, operator: str, value: Any) -> "Table":
        """Return the rows whose value in a column stands in a relation to the given one.

        Relations are ==, !=, <, <=, >, >= and contains; missing values only take part in the first two.
        """
        if operator not in _OPERATORS:
            raise TableError(f"unknown relation {operator!r}, use one of {', '.join(_OPERATORS)}")
        at, holds = self._at(name), _OPERATORS[operator]
        return Table(self.columns, tuple(row for row in self.rows if holds(row[at], value)))

    def sorted_by(self, names: Iterable[str]) -> "Table":
        """Return the rows ordered by columns, descending where a minus precedes the name; missing values come last."""
        rows = list(self.rows)
        for name in reversed(list(names)):
            descending = name.startswith("-")
            at = self._at(name.removeprefix("-"))
            present = [row for row in rows if row[at] is not None]
            present.sort(key=lambda row: row[at], reverse=descending)
            rows = present + [row for row in rows if row[at] is None]
        return Table(self.columns, tuple(rows))

    def distinct(self) -> "Table":
        """Return the table without repetitions of earlier rows."""
        return Table(self.columns, tuple(dict.fromkeys(self.rows)))

    def slice(self, start: int, count: int) -> "Table":
        """Return so many rows from a position on, counted from 0; fewer when the table ends."""
        if start < 0 or count < 0:
            raise TableError(f"start {start} and count {count} must not be negative")
        return Table(self.columns, self.rows[start : start + count])

    def group(self, names: Iterable[str], aggregates: Mapping[str, tuple[str, str]]) -> "Table":
        """Return one row for each combination of values in columns, with aggregates of other columns.

        `aggregates` maps a new column to a pair of source column and one of count, sum, min, max, mean and first;
        missing values are left out of them. Groups come in the order of their first rows.
        """
        keys = tuple(names)
        places = [self._at(name) for name in keys]
        groups: dict[Row, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(tuple(row[at] for at in places), []).append(row)
        columns = (*keys, *aggregates)
        _check_names(columns)
        functions = [(self._at(source), _aggregate(kind)) for source, kind in aggregates.values()]
        return Table(columns, tuple((*key, *_summary(rows, functions)) for key, rows in groups.items()))

    def join(self, other: "Table", on: str, keep_unmatched: bool = False) -> "Table":
        """Return each row with the columns of the rows of another table that agree in one column.

        Rows without a partner are dropped, or kept with missing values. Missing values agree with nothing.
        """
        mine, theirs = self._at(on), other._at(on)
        added = tuple(name for name in other.columns if name != on)
        columns = (*self.columns, *added)
        _check_names(columns)
        partners: dict[Any, list[Row]] = {}
        for row in other.rows:
            if row[theirs] is not None:
                partners.setdefault(row[theirs], []).append(row[:theirs] + row[theirs + 1 :])
        nobody = [(None,) * len(added)] if keep_unmatched else []
        joined = (row + partner for row in self.rows for partner in partners.get(row[mine], nobody))
        return Table(columns, tuple(joined))

    def to_text(self, delimiter: str = ",") -> str:
        """Write the table as delimited text under a row of column names, missing values as empty fields."""
        rows = [list(self.columns), *([_cell_text(value) for value in row] for row in self.rows)]
        return write_rows(rows, delimiter)

    def _at(self, name: str) -> int:
        if name not in self.columns:
            raise TableError(f"no column {name!r} among {', '.join(self.columns)}")
        return self.columns.index(name)


def parse_cell(text: str, kind: str) -> Any:
    """Read one field as int, float, bool, date or text; a blank one is missing. Raises TableError."""
    if kind not in _READERS:
        raise TableError(f"unknown kind {kind!r}, use one of {', '.join(_READERS)}")
    return _parsed(text, kind)


def infer_kind(fields: Iterable[str]) -> str:
    """Name the narrowest kind that reads every field which is not blank: int, float, bool, date or else text."""
    return _inferred(list(fields))


def read_table(text: str, delimiter: str = ",", kinds: Mapping[str, str] | None = None) -> Table:
    """Read delimited text under a row of column names; kinds that are not given are inferred."""
    rows = read_rows(text, delimiter)
    if not rows:
        raise TableError("a table needs a row of column names")
    columns = tuple(name.strip() for name in rows[0])
    _check_names(columns)
    for number, row in enumerate(rows[1:], start=1):
        if len(row) != len(columns):
            raise TableError(f"row {number} has {len(row)} fields, {len(columns)} are expected")
    given = kinds or {}
    if unknown := sorted(given.keys() - set(columns)):
        raise TableError(f"no column {unknown[0]!r} to give a kind to")
    filled = []
    for at, name in enumerate(columns):
        fields = [row[at] for row in rows[1:]]
        kind = given[name] if name in given else _inferred(fields)
        filled.append([_parsed(field, kind) for field in fields])
    return Table(columns, tuple(zip(*filled, strict=True)))


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _parsed(text: str, kind: str) -> Any:
    stripped = text.strip()
    if not stripped:
        return None
    try:
        return text if kind == "text" else _READERS[kind](stripped)
    except (ValueError, KeyError):
        raise TableError(f"{text!r} is not of kind {kind}") from None


def _inferred(fields: list[str]) -> str:
    for kind in _READERS:
        try:
            values = [_parsed(field, kind) for field in fields]
        except TableError:
            continue
        if any(value is not None for value in values):
            return kind
    return "text"


def _check_names(columns: tuple[str, ...]) -> None:
    if "" in columns or len(set(columns)) != len(columns):
        raise TableError(f"column names must be different and not empty: {', '.join(columns)}")


def _aggregate(kind: str) -> Callable[[list[Any]], Any]:
    if kind not in _AGGREGATES:
        raise TableError(f"unknown aggregate {kind!r}, use one of {', '.join(_AGGREGATES)}")
    return _AGGREGATES[kind]


def _summary(rows: list[Row], functions: list[tuple[int, Callable[[list[Any]], Any]]]) -> list[Any]:
    return [function([row[at] for row in rows if row[at] is not None]) for at, function in functions]


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
