"""Dense matrices of exact fractions: arithmetic, determinant, inverse, row reduction and systems of equations.

Entries are given as integers, fractions or texts such as `-3/4` and are always exact. Rows and columns count from 0.
Empty matrices, floating point numbers and sparse storage are not covered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

Entry = int | str | Fraction
Rows = tuple[tuple[Fraction, ...], ...]


class MatrixError(Exception):
    """Base of every error raised by matrices."""


class ShapeError(MatrixError):
    """The numbers of rows and columns do not fit."""


class SingularMatrix(MatrixError):
    """The matrix has no inverse."""


class NoSolution(MatrixError):
    """The equations contradict each other."""


@dataclass(frozen=True)
class Solution:
    """All solutions of a system: a particular one, to which multiples of the directions may be added."""

    particular: tuple[Fraction, ...]
    directions: Rows


class Matrix:
    """A matrix that never changes; its entries are in `rows`, a tuple of tuples of fractions."""

    def __init__(self, rows: Iterable[Iterable[Entry]]) -> None:
        self.rows: Rows = tuple(tuple(Fraction(entry) for entry in row) for row in rows)
        self._height = len(self.rows)
        self._width = len(self.rows[0]) if self.rows else 0
        if self._width == 0:
            raise ShapeError("a matrix needs at least one row and one column")
        if any(len(row) != self._width for row in self.rows):
            raise ShapeError("the rows differ in length")

    def _require_square(self) -> None:
        if self._height != self._width:
            raise ShapeError(f"the matrix is {self._height} x {self._width}, not square")

    def _require_same_shape(self, other: "Matrix") -> None:
        if (self._height, self._width) != (other._height, other._width):
            raise ShapeError(f"{self._height} x {self._width} and {other._height} x {other._width} differ")

    def shape(self) -> tuple[int, int]:
        """Return the number of rows and of columns."""
        return self._height, self._width

    def row(self, index: int) -> tuple[Fraction, ...]:
        """Return one row."""
        return self.rows[_checked(index, self._height)]

    def column(self, index: int) -> tuple[Fraction, ...]:
        """Return one column."""
        place = _checked(index, self._width)
        return tuple(row[place] for row in self.rows)

    def equals(self, other: "Matrix") -> bool:
        """Tell whether two matrices have the same shape and entries."""
        return self.rows == other.rows

    def is_symmetric(self) -> bool:
        """Tell whether the matrix is its own transpose."""
        return self.rows == _turned(self.rows)

    def add(self, other: "Matrix") -> "Matrix":
        """Return the sum of two matrices of the same shape."""
        self._require_same_shape(other)
        return Matrix(map(lambda one, two: one + two, *pair) for pair in zip(self.rows, other.rows, strict=True))

    def subtract(self, other: "Matrix") -> "Matrix":
        """Return the difference of two matrices of the same shape."""
        self._require_same_shape(other)
        return Matrix(map(lambda one, two: one - two, *pair) for pair in zip(self.rows, other.rows, strict=True))

    def scale(self, factor: Entry) -> "Matrix":
        """Return the matrix with every entry multiplied by a factor."""
        number = Fraction(factor)
        return Matrix([[number * entry for entry in row] for row in self.rows])

    def multiply(self, other: "Matrix") -> "Matrix":
        """Return the product; the columns of this one must be as many as the rows of the other."""
        if self._width != other._height:
            raise ShapeError(f"{self._width} columns cannot be multiplied by {other._height} rows")
        return Matrix(_product(self.rows, other.rows))

    def power(self, exponent: int) -> "Matrix":
        """Return the matrix multiplied by itself; a negative exponent uses the inverse, zero gives the identity."""
        self._require_square()
        base = self.rows if exponent >= 0 else _inverse(self.rows)
        result = _unit(self._height)
        for digit in f"{abs(exponent):b}":
            result = _product(result, result)
            if digit == "1":
                result = _product(result, base)
        return Matrix(result)

    def apply(self, vector: Sequence[Entry]) -> tuple[Fraction, ...]:
        """Return the product of the matrix with a vector."""
        if len(vector) != self._width:
            raise ShapeError(f"{self._width} numbers are needed, not {len(vector)}")
        return tuple(_dot(row, [Fraction(entry) for entry in vector]) for row in self.rows)

    def transpose(self) -> "Matrix":
        """Return the matrix with rows and columns exchanged."""
        return Matrix(_turned(self.rows))

    def beside(self, other: "Matrix") -> "Matrix":
        """Return the matrix with the columns of another one appended."""
        if self._height != other._height:
            raise ShapeError(f"{self._height} rows cannot stand beside {other._height}")
        return Matrix(left + right for left, right in zip(self.rows, other.rows, strict=True))

    def without(self, row: int, column: int) -> "Matrix":
        """Return the matrix without one row and one column."""
        return Matrix(_minor(self.rows, _checked(row, self._height), _checked(column, self._width)))

    def trace(self) -> Fraction:
        """Return the sum of the diagonal."""
        self._require_square()
        return sum((self.rows[place][place] for place in range(self._height)), Fraction(0))

    def determinant(self) -> Fraction:
        """Return the determinant of a square matrix."""
        self._require_square()
        return _determinant(self.rows)

    def inverse(self) -> "Matrix":
        """Return the matrix whose product with this one is the identity."""
        self._require_square()
        return Matrix(_inverse(self.rows))

    def adjugate(self) -> "Matrix":
        """Return the transposed matrix of cofactors, which exists for singular matrices too."""
        self._require_square()
        if self._height == 1:
            return Matrix([[1]])
        places = range(self._height)
        return Matrix([[(-1) ** (i + j) * _determinant(_minor(self.rows, j, i)) for j in places] for i in places])

    def characteristic(self) -> list[Fraction]:
        """Return the coefficients of the characteristic polynomial, from the highest power (always 1) down."""
        self._require_square()
        coefficients, current = [Fraction(1)], self.rows
        for step in range(1, self._height + 1):
            coefficients.append(-sum(current[place][place] for place in range(self._height)) / step)
            shifted = [
                [entry + (coefficients[-1] if i == j else 0) for j, entry in enumerate(row)]
                for i, row in enumerate(current)
            ]
            current = _product(self.rows, shifted)
        return coefficients

    def reduced(self) -> "Matrix":
        """Return the reduced row echelon form."""
        return Matrix(_reduce(self.rows)[0])

    def pivots(self) -> list[int]:
        """Return the columns in which the reduced form has leading ones."""
        return _reduce(self.rows)[1]

    def rank(self) -> int:
        """Return the number of independent rows."""
        return len(_reduce(self.rows)[1])

    def null_space(self) -> Rows:
        """Return a basis of the vectors that the matrix maps to zero; each has a one at its own free column."""
        return _directions(*_reduce(self.rows), self._width)

    def solve(self, right: Sequence[Entry]) -> Solution:
        """Return all vectors that the matrix maps to the right side; free unknowns are zero in the particular one."""
        if len(right) != self._height:
            raise ShapeError(f"{self._height} numbers are needed on the right side, not {len(right)}")
        rows, pivots = _reduce([(*row, Fraction(entry)) for row, entry in zip(self.rows, right, strict=True)])
        if self._width in pivots:
            raise NoSolution("the equations contradict each other")
        particular = [Fraction(0)] * self._width
        for row, pivot in zip(rows, pivots, strict=False):
            particular[pivot] = row[-1]
        return Solution(tuple(particular), _directions(rows, pivots, self._width))


def identity(size: int) -> Matrix:
    """Return the identity matrix of a size."""
    return Matrix(_unit(size))


def diagonal(entries: Sequence[Entry]) -> Matrix:
    """Return the square matrix with these entries on its diagonal and zeros elsewhere."""
    return Matrix([[entry if i == j else 0 for j in range(len(entries))] for i, entry in enumerate(entries)])


def _checked(index: int, count: int) -> int:
    if not 0 <= index < count:
        raise IndexError(f"{index} is not in 0 to {count - 1}")
    return index


def _unit(size: int) -> Rows:
    return tuple(tuple(Fraction(i == j) for j in range(size)) for i in range(size))


def _turned(rows: Sequence[Sequence[Fraction]]) -> Rows:
    return tuple(zip(*rows, strict=True))


def _dot(one: Iterable[Fraction], two: Iterable[Fraction]) -> Fraction:
    return sum((left * right for left, right in zip(one, two, strict=True)), Fraction(0))


def _product(one: Sequence[Sequence[Fraction]], two: Sequence[Sequence[Fraction]]) -> Rows:
    columns = _turned(two)
    return tuple(tuple(_dot(row, column) for column in columns) for row in one)


def _minor(rows: Sequence[Sequence[Fraction]], row: int, column: int) -> list[list[Fraction]]:
    return [[entry for j, entry in enumerate(line) if j != column] for i, line in enumerate(rows) if i != row]


def _determinant(rows: Sequence[Sequence[Fraction]]) -> Fraction:
    """Multiply the pivots of an elimination; each exchange of rows turns the sign."""
    left, result = [list(row) for row in rows], Fraction(1)
    while left:
        place = next((i for i, row in enumerate(left) if row[0]), None)
        if place is None:
            return Fraction(0)
        head = left.pop(place)
        result *= head[0] * (-1) ** place
        left = [[entry - row[0] / head[0] * top for entry, top in zip(row[1:], head[1:], strict=True)] for row in left]
    return result


def _reduce(rows: Sequence[Sequence[Fraction]]) -> tuple[list[list[Fraction]], list[int]]:
    """Return the reduced row echelon form and its pivot columns."""
    work, pivots = [list(row) for row in rows], list[int]()
    for column in range(len(work[0])):
        top = len(pivots)
        place = next((i for i in range(top, len(work)) if work[i][column]), None)
        if place is not None:
            work[top], work[place] = work[place], work[top]
            work[top] = [entry / work[top][column] for entry in work[top]]
            for i, row in enumerate(work):
                if i != top:
                    work[i] = [entry - row[column] * head for entry, head in zip(row, work[top], strict=True)]
            pivots.append(column)
    return work, pivots


def _inverse(rows: Sequence[Sequence[Fraction]]) -> Rows:
    size = len(rows)
    work, pivots = _reduce([(*row, *unit) for row, unit in zip(rows, _unit(size), strict=True)])
    if pivots != list(range(size)):
        raise SingularMatrix("the rows depend on each other")
    return tuple(tuple(row[size:]) for row in work)


def _directions(rows: Sequence[Sequence[Fraction]], pivots: Sequence[int], width: int) -> Rows:
    found = []
    for free in range(width):
        if free not in pivots:
            vector = [Fraction(place == free) for place in range(width)]
            for row, pivot in zip(rows, pivots, strict=False):
                vector[pivot] = -row[free]
            found.append(tuple(vector))
    return tuple(found)
