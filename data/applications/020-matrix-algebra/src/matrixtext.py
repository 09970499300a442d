"""Matrices and systems of equations as text: reading rows, writing aligned columns, and naming unknowns."""

import re
from fractions import Fraction

from fracmatrix import Matrix, MatrixError

__all__ = ["MatrixError", "MatrixSyntaxError", "format_matrix", "parse_matrix", "parse_system"]

_ENTRY = re.compile(r"[+-]?\d+(?:/\d+)?")
_TERM = re.compile(r"([+-]?)(\d+(?:/\d+)?)?\*?([a-z]\w*)?")


class MatrixSyntaxError(MatrixError):
    """A text is no matrix or no equation."""


def _fraction(text: str) -> Fraction:
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise MatrixSyntaxError(f"{text!r} divides by zero") from None


def parse_matrix(text: str) -> Matrix:
    """Read a matrix: rows on lines or parted by `;`, entries such as `2` or `-1/3` parted by spaces or commas."""
    rows = []
    for line in re.split(r"[;\n]", text):
        words = line.replace(",", " ").split()
        for word in words:
            if not _ENTRY.fullmatch(word):
                raise MatrixSyntaxError(f"{word!r} is no entry")
        if words:
            rows.append([_fraction(word) for word in words])
    return Matrix(rows)


def format_matrix(matrix: Matrix) -> str:
    """Write a matrix with a line for each row and right-aligned columns."""
    texts = [[str(entry) for entry in row] for row in matrix.rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return "".join(" ".join(map(str.rjust, row, widths)) + "\n" for row in texts)


def parse_system(text: str) -> tuple[list[str], Matrix, list[Fraction]]:
    """Read linear equations such as `2x - 1/2 y = 3`, one on each line.

    Returns the unknowns in alphabetical order, the matrix of their coefficients, and the right sides.
    """
    equations = [_equation(line) for line in text.splitlines() if line.strip()]
    names = sorted({name for terms, _ in equations for name in terms})
    if not names:
        raise MatrixSyntaxError("there is no unknown")
    rows = [[terms.get(name, Fraction(0)) for name in names] for terms, _ in equations]
    return names, Matrix(rows), [right for _, right in equations]


def _equation(line: str) -> tuple[dict[str, Fraction], Fraction]:
    """Return the coefficients of an equation, everything moved to the left, and the number on the right."""
    sides = line.replace(" ", "").split("=")
    if len(sides) != 2:
        raise MatrixSyntaxError(f"{line!r} needs one equals sign")
    terms, right = dict[str, Fraction](), Fraction(0)
    for sign, side in zip((1, -1), sides, strict=True):
        for number, name in _terms(side):
            if name:
                terms[name] = terms.get(name, Fraction(0)) + sign * number
            else:
                right -= sign * number
    return terms, right


def _terms(side: str) -> list[tuple[Fraction, str]]:
    """Split one side into numbers, each with the name of its unknown or an empty one."""
    found, place = list[tuple[Fraction, str]](), 0
    while place < len(side) or not found:
        match = _TERM.match(side, place)
        if match is None or not (match[2] or match[3]) or (found and not match[1]):
            raise MatrixSyntaxError(f"{side[place:]!r} is no term")
        found.append((_fraction(match[1] + (match[2] or "1")), match[3] or ""))
        place = match.end()
    return found
