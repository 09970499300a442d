"""Immutable in-memory tables: named columns, rows of plain values, and the relational operations on them."""

from typing import Any

Row = tuple[Any, ...]


class TableError(Exception):
    """A table was built or used in a way that makes no sense."""


class UnknownColumn(TableError):
    """A column was named that the table does not have."""


def _sort_key(value: Any) -> tuple[int, Any]:
    """Order missing values before all others."""
    return (0, 0) if value is None else (1, value)


class Table:
    """Rows under named columns; every operation returns a new table."""

    def __init__(self, columns: list[str], rows: list[Any] | None = None) -> None:
        self.columns = list(columns)
        if len(set(self.columns)) != len(self.columns):
            raise TableError("column names must be different")
        self.rows: list[Row] = [tuple(row) for row in rows or []]
        for row in self.rows:
            if len(row) != len(self.columns):
                raise TableError(f"row {row!r} does not have {len(self.columns)} values")

    @classmethod
    def from_records(cls, records: list[dict[str, Any]]) -> "Table":
        """Build a table from dictionaries; columns appear in the order they are first met, absent values are None."""
        columns: list[str] = []
        for record in records:
            columns.extend(name for name in record if name not in columns)
        return cls(columns, [[record.get(name) for name in columns] for record in records])

    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries from column name to value."""
        return [dict(zip(self.columns, row)) for row in self.rows]

    def column(self, name: str) -> list[Any]:
        """Return the values of one column from the first row to the last."""
        position = self._position(name)
        return [row[position] for row in self.rows]

    def select(self, names: list[str]) -> "Table":
        """Keep only the named columns, in the order in which they are named."""
        positions = [self._position(name) for name in names]
        return Table(names, [[row[position] for position in positions] for row in self.rows])

    def rename(self, names: dict[str, str]) -> "Table":
        """Give columns new names; columns which are not mentioned keep theirs."""
        for name in names:
            self._position(name)
        return Table([names.get(name, name) for name in self.columns], self.rows)

    def order_by(self, keys: list[tuple[str, bool]]) -> "Table":
        """Sort by several (column, descending) keys, the first one being the most significant.

        The sort is stable and puts missing values first when ascending, last when descending.
        """
        rows = list(self.rows)
        for name, descending in reversed(keys):
            position = self._position(name)
            rows.sort(key=lambda row: _sort_key(row[position]), reverse=descending)
        return Table(self.columns, rows)

    def limit(self, count: int, offset: int = 0) -> "Table":
        """Keep at most `count` rows after skipping the first `offset` ones."""
        if count < 0 or offset < 0:
            raise TableError("count and offset cannot be negative")
        return Table(self.columns, self.rows[offset : offset + count])

    def distinct(self) -> "Table":
        """Drop rows that are equal to an earlier row."""
        return Table(self.columns, list(dict.fromkeys(self.rows)))

    def join(self, other: "Table", left: str, right: str, outer: bool = False) -> "Table":
        """Combine each row with the rows of another table whose key is equal.

        Missing keys never match. An outer join keeps rows without a partner and fills them with None.
        """
        left_position, right_position = self._position(left), other._position(right)
        partners: dict[Any, list[Row]] = {}
        for row in other.rows:
            if row[right_position] is not None:
                partners.setdefault(row[right_position], []).append(row)
        nothing = [(None,) * len(other.columns)] if outer else []
        joined = [row + partner for row in self.rows for partner in partners.get(row[left_position], nothing)]
        return Table(self.columns + other.columns, joined)

    def group_by(self, names: list[str], aggregates: list[tuple[str, str, str]]) -> "Table":
        """Make one row per distinct key, with (function, column, alias) aggregates beside the key.

        Groups appear in the order of their first row. Without key columns the whole table is one group, even if empty.
        """
        positions = [self._position(name) for name in names]
        groups: dict[Row, list[Row]] = {} if names else {(): []}
        for row in self.rows:
            groups.setdefault(tuple(row[position] for position in positions), []).append(row)
        aliases = [alias for _, _, alias in aggregates]
        rows = []
        for key, members in groups.items():
            part = Table(self.columns, members)
            rows.append(key + tuple(part._aggregate(function, name) for function, name, _ in aggregates))
        return Table(list(names) + aliases, rows)

    def _aggregate(self, function: str, name: str) -> Any:
        """Compute one aggregate over this table."""
        if name == "*":
            if function != "count":
                raise TableError(f"{function} needs a column")
            return len(self.rows)
        return aggregate(function, self.column(name))

    def _position(self, name: str) -> int:
        """Return the index of a column."""
        if name not in self.columns:
            raise UnknownColumn(f"no column {name!r} among {', '.join(self.columns)}")
        return self.columns.index(name)


def aggregate(function: str, values: list[Any]) -> Any:
    """Compute count, sum, avg, min or max of the values that are present.

    Over no values the count is zero and every other aggregate is None.
    """
    present = [value for value in values if value is not None]
    if function == "count":
        return len(present)
    if function not in ("sum", "avg", "min", "max"):
        raise TableError(f"unknown aggregate {function!r}")
    if not present:
        return None
    if function == "avg":
        return sum(present) / len(present)
    return {"sum": sum, "min": min, "max": max}[function](present)
