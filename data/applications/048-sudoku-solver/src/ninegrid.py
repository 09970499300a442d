"""Sudoku boards: 81 digits row by row, 0 for an empty cell; cells are numbered from 0 to 80 in the same order."""

import re

Board = tuple[int, ...]
Candidates = dict[int, set[int]]
ROWS = tuple(tuple(range(9 * row, 9 * row + 9)) for row in range(9))
COLUMNS = tuple(tuple(range(column, 81, 9)) for column in range(9))
BOXES = tuple(
    tuple(27 * band + 3 * stack + 9 * row + column for row in range(3) for column in range(3))
    for band in range(3)
    for stack in range(3)
)
UNITS = ROWS + COLUMNS + BOXES


class BoardError(ValueError):
    """Base of every error raised for boards."""


class BadText(BoardError):
    """A text is no board, or no name of a cell."""


class Occupied(BoardError):
    """A cell that holds a digit was to get another one."""


class RuleBroken(BoardError):
    """A digit occurs twice in a row, column or box; `cells` are those concerned."""

    def __init__(self, cells: list[int]) -> None:
        super().__init__(f"cells {cells} clash")
        self.cells = cells


def parse_board(text: str) -> Board:
    """The board of a text with 81 cells; `.`, `0` and `_` are empty, white space and `|-+` are decoration.

    Raises BadText.
    """
    signs = re.sub(r"[\s|+-]", "", text)
    if len(signs) != 81 or re.search(r"[^0-9._]", signs):
        raise BadText(f"{len(signs)} cells, or some that are no digits")
    return tuple(0 if sign in "._" else int(sign) for sign in signs)


def board_line(board: Board) -> str:
    """The board as 81 characters, with dots for empty cells."""
    return "".join(str(digit or ".") for digit in board)


def board_grid(board: Board) -> str:
    """The board as nine lines with the boxes set apart; `parse_board` reads it back."""
    lines = []
    for row in ROWS:
        signs = [str(board[cell] or ".") for cell in row]
        lines.append(" | ".join(" ".join(signs[start:start + 3]) for start in (0, 3, 6)))
    rule = "------+-------+------"
    return "\n".join([*lines[:3], rule, *lines[3:6], rule, *lines[6:]])


def cell_name(cell: int) -> str:
    """The name of a cell by row and column, counted from 1, such as `r1c9`."""
    return f"r{cell // 9 + 1}c{cell % 9 + 1}"


def cell_number(name: str) -> int:
    """The number of the cell of that name, in any case. Raises BadText."""
    match = re.fullmatch(r"r([1-9])c([1-9])", name.strip().lower())
    if not match:
        raise BadText(f"{name!r} is no name of a cell")
    return 9 * int(match[1]) + int(match[2]) - 10


def peers(cell: int) -> list[int]:
    """The 20 cells that share a row, column or box with a cell, in ascending order."""
    return _peers(cell)


def candidates(board: Board, cell: int) -> set[int]:
    """The digits that an empty cell may hold by the rules; none for a cell that is not empty."""
    return set() if board[cell] else _allowed(board, cell)


def all_candidates(board: Board) -> Candidates:
    """The digits that each empty cell may hold, by cell."""
    return _all_candidates(board)


def conflicts(board: Board) -> list[int]:
    """The cells whose digit occurs again in their row, column or box, in ascending order."""
    return _conflicts(board)


def is_solved(board: Board) -> bool:
    """Whether every cell is filled and no rule is broken."""
    return 0 not in board and not _conflicts(board)


def place(board: Board, cell: int, digit: int) -> Board:
    """The board with a digit put into an empty cell. Raises Occupied, RuleBroken, and BoardError for other digits."""
    if not 1 <= digit <= 9:
        raise BoardError(f"{digit} is no digit from 1 to 9")
    if board[cell]:
        raise Occupied(f"{cell_name(cell)} holds {board[cell]}")
    clashing = [peer for peer in _peers(cell) if board[peer] == digit]
    if clashing:
        raise RuleBroken(clashing)
    return _filled(board, cell, digit)


def clear(board: Board, cell: int) -> Board:
    """The board with a cell emptied."""
    return _filled(board, cell, 0)


def transposed(board: Board) -> Board:
    """The board with rows and columns exchanged, which is as hard as before."""
    return tuple(board[cell] for column in COLUMNS for cell in column)


def relabelled(board: Board, digits: str) -> Board:
    """The board with 1 to 9 replaced by the digits in that order. Raises BoardError unless all nine are there."""
    if sorted(digits) != list("123456789"):
        raise BoardError(f"{digits!r} does not hold each digit once")
    return tuple(int(digits[digit - 1]) if digit else 0 for digit in board)


_PEERS = tuple(
    sorted({other for unit in UNITS if cell in unit for other in unit} - {cell}) for cell in range(81)
)


def _peers(cell: int) -> list[int]:
    return list(_PEERS[cell])


def _allowed(board: Board, cell: int) -> set[int]:
    return set(range(1, 10)) - {board[peer] for peer in _PEERS[cell]}


def _all_candidates(board: Board) -> Candidates:
    return {cell: _allowed(board, cell) for cell, digit in enumerate(board) if not digit}


def _conflicts(board: Board) -> list[int]:
    return [cell for cell, digit in enumerate(board) if digit and any(board[peer] == digit for peer in _PEERS[cell])]


def _filled(board: Board, cell: int, digit: int) -> Board:
    return (*board[:cell], digit, *board[cell + 1:])
