"""Solving sudokus: by strategies a person would use, or by trying.

Strategies look at candidates only, a mapping from empty cells to the digits still possible there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

from ninegrid import (
    BOXES,
    COLUMNS,
    ROWS,
    UNITS,
    Board,
    BoardError,
    Candidates,
    RuleBroken,
    _all_candidates,
    _conflicts,
    _filled,
    _peers,
)

Mark = tuple[int, int]
_UNITS_OF = tuple(tuple(place for place, unit in enumerate(UNITS) if cell in unit) for cell in range(81))


class Unsolvable(BoardError):
    """A board has no solution."""


class Ambiguous(BoardError):
    """A board has more than one solution."""


@dataclass(frozen=True)
class Step:
    """What one strategy finds: digits to be placed, or candidates to be removed, as pairs of cell and digit."""

    strategy: str
    placed: list[Mark]
    removed: list[Mark]


@dataclass(frozen=True)
class Rating:
    """How hard a board is: the hardest strategy needed, `guess` when none suffices, and the cost of all steps."""

    hardest: str
    cost: int


def naked_singles(marks: Candidates) -> list[Mark]:
    """The cells with a single candidate, with that digit."""
    return _naked_singles(marks)


def hidden_singles(marks: Candidates) -> list[Mark]:
    """The digits that have a single cell left in a row, column or box, with that cell."""
    return _hidden_singles(marks)


def pointing(marks: Candidates) -> list[Mark]:
    """What can be removed from a line because a box has the digit only on that line."""
    return _pointing(marks)


def naked_pairs(marks: Candidates) -> list[Mark]:
    """What can be removed from a unit because two of its cells hold the same two candidates."""
    return _naked_pairs(marks)


def x_wing(marks: Candidates) -> list[Mark]:
    """What can be removed from two lines because two crossing ones have the digit only where they meet them."""
    return _x_wing(marks)


def next_step(board: Board) -> Step | None:
    """What the easiest strategy that helps finds on a board, or None. Raises RuleBroken."""
    _check(board)
    return _step(_all_candidates(board))


def solve_logically(board: Board) -> tuple[Board, list[Step]]:
    """How far strategies get without trying: the board then, and the steps. Raises RuleBroken and Unsolvable."""
    _check(board)
    return _deduce(board)


def solve(board: Board) -> Board:
    """The only solution of a board. Raises RuleBroken, Unsolvable and Ambiguous."""
    _check(board)
    return _only(board)


def count_solutions(board: Board, limit: int = 2) -> int:
    """How many solutions a board has, counting no further than the limit; 0 for boards that break a rule."""
    return 0 if _conflicts(board) else len(_first(board, limit))


def hint(board: Board) -> Mark:
    """A cell with its digit: one that a single gives, or else the first empty one, taken from the solution.

    Raises RuleBroken, Unsolvable, Ambiguous, and BoardError for a board without empty cells.
    """
    _check(board)
    marks = _all_candidates(board)
    if not marks:
        raise BoardError("there is no empty cell")
    solution = _only(board)
    singles = _naked_singles(marks) + _hidden_singles(marks)
    cell = singles[0][0] if singles else min(marks)
    return cell, solution[cell]


def mistakes(board: Board, solution: Board) -> list[int]:
    """The filled cells that differ from a solution, in ascending order."""
    return [cell for cell, digit in enumerate(board) if digit and digit != solution[cell]]


def rate(board: Board) -> Rating:
    """How hard a board is. Raises RuleBroken, Unsolvable and Ambiguous."""
    _check(board)
    _only(board)
    reached, steps = _deduce(board)
    order = list(_STRATEGIES)
    hardest = max((step.strategy for step in steps), key=order.index, default="none")
    cost = sum(order.index(step.strategy) + 1 for step in steps)
    empty = reached.count(0)
    return Rating("guess" if empty else hardest, cost + 10 * empty)


def _check(board: Board) -> None:
    clashing = _conflicts(board)
    if clashing:
        raise RuleBroken(clashing)


def _cells_for(unit: tuple[int, ...], digit: int, marks: Candidates) -> list[int]:
    return [cell for cell in unit if digit in marks.get(cell, ())]


def _naked_singles(marks: Candidates) -> list[Mark]:
    return [(cell, min(digits)) for cell, digits in sorted(marks.items()) if len(digits) == 1]


def _hidden_singles(marks: Candidates) -> list[Mark]:
    found = set()
    for unit in UNITS:
        for digit in range(1, 10):
            cells = _cells_for(unit, digit, marks)
            if len(cells) == 1:
                found.add((cells[0], digit))
    return sorted(found)


def _pointing(marks: Candidates) -> list[Mark]:
    found = set()
    for box in BOXES:
        for digit in range(1, 10):
            cells = set(_cells_for(box, digit, marks))
            for line in ROWS + COLUMNS:
                if cells and cells <= set(line):
                    found.update((cell, digit) for cell in _cells_for(line, digit, marks) if cell not in box)
    return sorted(found)


def _naked_pairs(marks: Candidates) -> list[Mark]:
    found = set()
    for unit in UNITS:
        pairs = [cell for cell in unit if len(marks.get(cell, ())) == 2]
        for first, second in combinations(pairs, 2):
            if marks[first] == marks[second]:
                others = tuple(cell for cell in unit if cell not in (first, second))
                for digit in marks[first]:
                    found.update((cell, digit) for cell in _cells_for(others, digit, marks))
    return sorted(found)


def _x_wing(marks: Candidates) -> list[Mark]:
    found = set()
    for lines, crossing in ((ROWS, COLUMNS), (COLUMNS, ROWS)):
        for digit in range(1, 10):
            narrow = [cells for line in lines if len(cells := _cells_for(line, digit, marks)) == 2]
            for first, second in combinations(narrow, 2):
                corners = {*first, *second}
                covers = [line for line in crossing if len(corners & set(line)) == 2]
                if len(covers) == 2:
                    rest = [cell for line in covers for cell in _cells_for(line, digit, marks) if cell not in corners]
                    found.update((cell, digit) for cell in rest)
    return sorted(found)


_STRATEGIES: dict[str, Callable[[Candidates], list[Mark]]] = {
    "naked single": _naked_singles,
    "hidden single": _hidden_singles,
    "pointing": _pointing,
    "naked pair": _naked_pairs,
    "x-wing": _x_wing,
}


def _step(marks: Candidates) -> Step | None:
    for name, strategy in _STRATEGIES.items():
        found = strategy(marks)
        if found:
            return Step(name, found, []) if name.endswith("single") else Step(name, [], found)
    return None


def _deduce(board: Board) -> tuple[Board, list[Step]]:
    marks = _all_candidates(board)
    steps: list[Step] = []
    while step := _step(marks):
        steps.append(step)
        for cell, digit in step.placed:
            if digit not in marks.get(cell, ()):
                raise Unsolvable(f"{digit} is needed where it cannot be")
            board = _filled(board, cell, digit)
            del marks[cell]
            for peer in _peers(cell):
                marks.get(peer, set()).discard(digit)
        for cell, digit in step.removed:
            marks[cell].discard(digit)
        if not all(marks.values()):
            raise Unsolvable("a cell has no candidate left")
    return board, steps


def _only(board: Board) -> Board:
    """The solution of a board that has one."""
    found = _first(board, 2)
    if not found:
        raise Unsolvable("the board has no solution")
    if len(found) > 1:
        raise Ambiguous("the board has several solutions")
    return found[0]


def _first(board: Board, limit: int) -> list[Board]:
    """The first solutions, at most as many as the limit."""
    used = [sum(1 << digit for cell in unit if (digit := board[cell])) for unit in UNITS]
    return [solution for _, solution in zip(range(limit), _solutions(list(board), used))]


def _solutions(digits: list[int], used: list[int]) -> Iterator[Board]:
    """All solutions, always trying the cell with fewest candidates next; `used` has a bit per digit for each unit."""
    best, fewest = -1, 10
    for cell, digit in enumerate(digits):
        if not digit:
            row, column, box = _UNITS_OF[cell]
            free = 9 - (used[row] | used[column] | used[box]).bit_count()
            if free < fewest:
                best, fewest = cell, free
    if best < 0:
        yield tuple(digits)
        return
    for digit in range(1, 10):
        if not any(used[unit] >> digit & 1 for unit in _UNITS_OF[best]):
            digits[best] = digit
            for unit in _UNITS_OF[best]:
                used[unit] ^= 1 << digit
            yield from _solutions(digits, used)
            for unit in _UNITS_OF[best]:
                used[unit] ^= 1 << digit
    digits[best] = 0
