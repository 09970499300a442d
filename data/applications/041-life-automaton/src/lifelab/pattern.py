"""Patterns: finite sets of living cells on an unbounded plane, given as (row, column)."""

from dataclasses import dataclass

Cell = tuple[int, int]

_LIVING = "O*#"
_DEAD = ".-_ "


class PatternError(ValueError):
    """A drawing cannot be read, or a pattern does not allow what is asked of it."""


@dataclass(frozen=True)
class Pattern:
    """A finite set of living cells."""

    cells: frozenset[Cell]

    def population(self) -> int:
        """Count the living cells."""
        return len(self.cells)

    def bounds(self) -> tuple[int, int, int, int]:
        """Return top, left, height and width of the smallest box around the cells; raises PatternError when empty."""
        if not self.cells:
            raise PatternError("an empty pattern has no bounds")
        return _bounds(self.cells)

    def neighbours(self, cell: Cell) -> int:
        """Count the living cells among the eight around a cell."""
        return sum(near in self.cells for near in _around(cell))

    def draw(self, margin: int = 0) -> str:
        """Draw the bounding box, widened by a margin, with O for living and a point for dead cells."""
        if not self.cells:
            return ""
        top, left, height, width = _bounds(self.cells)
        rows = range(top - margin, top + height + margin)
        columns = range(left - margin, left + width + margin)
        return "\n".join("".join("O" if (row, column) in self.cells else "." for column in columns) for row in rows)

    def moved(self, rows: int, columns: int) -> "Pattern":
        """Return the pattern moved down and to the right by so many cells."""
        return Pattern(frozenset((row + rows, column + columns) for row, column in self.cells))

    def rotated(self) -> "Pattern":
        """Return the pattern turned clockwise by a quarter, with its box at the origin."""
        return Pattern(_at_origin(frozenset((column, -row) for row, column in self.cells)))

    def mirrored(self) -> "Pattern":
        """Return the pattern with left and right exchanged, with its box at the origin."""
        return Pattern(_at_origin(frozenset((row, -column) for row, column in self.cells)))

    def same_shape(self, other: "Pattern") -> bool:
        """Tell whether another pattern is this one at any place, but not turned or mirrored."""
        return _at_origin(self.cells) == _at_origin(other.cells)

    def union(self, other: "Pattern") -> "Pattern":
        """Return the cells of both patterns; raises PatternError when they share one."""
        shared = self.cells & other.cells
        if shared:
            raise PatternError(f"both patterns hold the cell {min(shared)}")
        return Pattern(self.cells | other.cells)


def read_drawing(text: str) -> Pattern:
    """Read a drawing: O, * or # for living, point, hyphen, underscore or blank for dead cells, ! opens a comment line."""
    cells = set()
    rows = [line for line in text.splitlines() if not line.startswith("!")]
    for row, line in enumerate(rows):
        for column, char in enumerate(line):
            if char in _LIVING:
                cells.add((row, column))
            elif char not in _DEAD:
                raise PatternError(f"unknown character {char!r} in row {row}, column {column}")
    return Pattern(frozenset(cells))


def _around(cell: Cell) -> list[Cell]:
    row, column = cell
    return [(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]


def _bounds(cells: frozenset[Cell]) -> tuple[int, int, int, int]:
    rows = [row for row, _ in cells]
    columns = [column for _, column in cells]
    return min(rows), min(columns), max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def _at_origin(cells: frozenset[Cell]) -> frozenset[Cell]:
    if not cells:
        return cells
    top, left, _, _ = _bounds(cells)
    return frozenset((row - top, column - left) for row, column in cells)
