"""Patterns in time: generations on the plane and on a torus, cycles, and elementary automata of one row."""

from collections import Counter
from dataclasses import dataclass

from lifelab.pattern import Cell, Pattern, PatternError, _around, _at_origin, _bounds
from lifelab.rules import Rule, RuleError


@dataclass(frozen=True)
class Cycle:
    """The end of a development: from `start` on the shape comes back every `period` generations, moved by `shift`."""

    start: int
    period: int
    shift: tuple[int, int]
    """Rows and columns gained in one period."""
    population: int
    """Living cells at the start of the cycle."""

    def kind(self) -> str:
        """Name the cycle: extinct, still life, oscillator or spaceship."""
        if self.population == 0:
            return "extinct"
        if self.shift != (0, 0):
            return "spaceship"
        return "still life" if self.period == 1 else "oscillator"

    def speed(self) -> tuple[int, int]:
        """Return how far the shape gets, along its faster axis, in how many generations; reduced to lowest terms."""
        distance, period = max(map(abs, self.shift)), self.period
        divisor = _common_divisor(distance, period)
        return distance // divisor, period // divisor


def step(pattern: Pattern, rule: Rule) -> Pattern:
    """Return the next generation on the plane; raises RuleError for rules with birth out of nothing."""
    return Pattern(_next(pattern.cells, rule))


def run(pattern: Pattern, rule: Rule, generations: int) -> Pattern:
    """Return the pattern after so many generations on the plane."""
    if generations < 0:
        raise PatternError(f"{generations} generations, automata do not run backwards")
    cells = pattern.cells
    for _ in range(generations):
        cells = _next(cells, rule)
    return Pattern(cells)


def populations(pattern: Pattern, rule: Rule, generations: int) -> list[int]:
    """Return the number of living cells in every generation from the given one up to the last."""
    cells, counts = pattern.cells, [len(pattern.cells)]
    for _ in range(generations):
        cells = _next(cells, rule)
        counts.append(len(cells))
    return counts


def step_on_torus(pattern: Pattern, rule: Rule, height: int, width: int) -> Pattern:
    """Return the next generation on a field whose opposite edges are joined; cells outside are an error."""
    if any(not (0 <= row < height and 0 <= column < width) for row, column in pattern.cells):
        raise PatternError(f"a cell lies outside of the field of {height} by {width}")
    living = set()
    for row in range(height):
        for column in range(width):
            near = [(r % height, c % width) for r, c in _around((row, column))]
            if rule.next_state((row, column) in pattern.cells, sum(cell in pattern.cells for cell in near)):
                living.add((row, column))
    return Pattern(frozenset(living))


def find_cycle(pattern: Pattern, rule: Rule, limit: int) -> Cycle | None:
    """Find the cycle that a pattern runs into within so many generations, or None."""
    seen: dict[frozenset[Cell], tuple[int, Cell]] = {}
    cells = pattern.cells
    for generation in range(limit + 1):
        shape = _at_origin(cells)
        place = _bounds(cells)[:2] if cells else (0, 0)
        if shape in seen:
            start, (top, left) = seen[shape]
            return Cycle(start, generation - start, (place[0] - top, place[1] - left), len(cells))
        seen[shape] = (generation, place)
        cells = _next(cells, rule)
    return None


def elementary_step(row: str, number: int) -> str:
    """Return the next row of an elementary automaton, numbered 0 to 255, on a ring of O and points."""
    if not 0 <= number <= 255:
        raise RuleError(f"elementary rules are numbered 0 to 255, not {number}")
    if set(row) - {"O", "."}:
        raise PatternError(f"a row consists of O and points: {row!r}")
    living = [char == "O" for char in row]
    codes = [4 * living[at - 1] + 2 * living[at] + living[(at + 1) % len(row)] for at in range(len(row))]
    return "".join("O" if number >> code & 1 else "." for code in codes)


def _next(cells: frozenset[Cell], rule: Rule) -> frozenset[Cell]:
    if 0 in rule.born:
        raise RuleError("with birth from zero neighbours the whole plane would come alive")
    counts = Counter(near for cell in cells for near in _around(cell))
    candidates = cells | counts.keys()
    return frozenset(cell for cell in candidates if counts[cell] in (rule.survives if cell in cells else rule.born))


def _common_divisor(first: int, second: int) -> int:
    while second:
        first, second = second, first % second
    return first
