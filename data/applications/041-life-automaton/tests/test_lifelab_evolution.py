import pytest
from lifelab.evolution import Cycle, elementary_step, find_cycle, populations, run, step, step_on_torus
from lifelab.pattern import Pattern, PatternError
from lifelab.rules import LIFE, Rule, RuleError


def pattern(*cells):
    return Pattern(frozenset(cells))


GLIDER = pattern((0, 1), (1, 2), (2, 0), (2, 1), (2, 2))
BLINKER = pattern((1, 0), (1, 1), (1, 2))
BLOCK = pattern((0, 0), (0, 1), (1, 0), (1, 1))
R_PENTOMINO = pattern((0, 1), (0, 2), (1, 0), (1, 1), (2, 1))
SEEDS = Rule(frozenset({2}), frozenset())
FROM_NOTHING = Rule(frozenset({0}), frozenset({0}))


@pytest.mark.requirement("R11")
def test_a_blinker_turns():
    assert step(BLINKER, LIFE) == pattern((0, 1), (1, 1), (2, 1))


@pytest.mark.requirement("R11")
def test_a_block_stays_and_a_pair_dies():
    assert step(BLOCK, LIFE) == BLOCK
    assert step(pattern((0, 0), (0, 1)), LIFE) == pattern()


@pytest.mark.requirement("R11")
def test_other_rules_are_obeyed():
    assert step(pattern((0, 0), (0, 1)), SEEDS) == pattern((-1, 0), (-1, 1), (1, 0), (1, 1))
    assert step(pattern((9, 9)), Rule(frozenset(), frozenset({0}))) == pattern((9, 9))


@pytest.mark.requirement("R12")
def test_a_glider_moves_one_cell_in_four_generations():
    assert run(GLIDER, LIFE, 4) == pattern((1, 2), (2, 3), (3, 1), (3, 2), (3, 3))
    assert run(GLIDER, LIFE, 0) == GLIDER


@pytest.mark.requirement("R12")
def test_running_backwards_is_refused():
    with pytest.raises(PatternError):
        run(GLIDER, LIFE, -1)


@pytest.mark.requirement("R12")
def test_populations_include_the_first_generation():
    assert populations(R_PENTOMINO, LIFE, 5) == [5, 6, 7, 9, 8, 9]
    assert populations(BLOCK, LIFE, 0) == [4]


@pytest.mark.requirement("R13")
def test_birth_from_nothing_is_refused_by_steps():
    with pytest.raises(RuleError):
        step(BLOCK, FROM_NOTHING)
    with pytest.raises(RuleError):
        step(pattern(), FROM_NOTHING)


@pytest.mark.requirement("R13")
def test_birth_from_nothing_is_refused_by_runs_and_searches():
    with pytest.raises(RuleError):
        run(BLOCK, FROM_NOTHING, 1)
    with pytest.raises(RuleError):
        find_cycle(BLOCK, FROM_NOTHING, 3)


@pytest.mark.requirement("R14")
def test_a_torus_joins_its_edges():
    across = pattern((0, 4), (0, 0), (0, 1))
    assert step_on_torus(across, LIFE, 5, 5) == pattern((4, 0), (0, 0), (1, 0))


@pytest.mark.requirement("R14")
def test_a_torus_fills_with_birth_from_nothing():
    assert step_on_torus(pattern(), FROM_NOTHING, 2, 3) == pattern(*[(r, c) for r in range(2) for c in range(3)])


@pytest.mark.requirement("R14")
def test_a_torus_need_not_be_square():
    assert step_on_torus(pattern((2, 0), (0, 0), (1, 0)), LIFE, 6, 4) == pattern((1, 3), (1, 0), (1, 1))


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("cell", [(3, 0), (0, 4), (-1, 0), (0, -1)])
def test_cells_outside_of_the_torus_are_refused(cell):
    with pytest.raises(PatternError):
        step_on_torus(pattern(cell), LIFE, 3, 4)


@pytest.mark.requirement("R15")
def test_still_lifes_and_oscillators_cycle_at_once():
    assert find_cycle(BLOCK, LIFE, 1) == Cycle(0, 1, (0, 0), 4)
    assert find_cycle(BLINKER, LIFE, 10) == Cycle(0, 2, (0, 0), 3)


@pytest.mark.requirement("R15")
def test_a_glider_cycles_with_a_shift():
    assert find_cycle(GLIDER, LIFE, 4) == Cycle(0, 4, (1, 1), 5)
    assert find_cycle(GLIDER, LIFE, 3) is None
    far = pattern(*[(row - 7, column + 9) for row, column in GLIDER.cells])
    assert find_cycle(far, LIFE, 9) == Cycle(0, 4, (1, 1), 5)


@pytest.mark.requirement("R15")
def test_extinction_is_a_cycle():
    assert find_cycle(pattern((0, 0), (5, 5)), LIFE, 5) == Cycle(1, 1, (0, 0), 0)
    assert find_cycle(pattern(), LIFE, 1) == Cycle(0, 1, (0, 0), 0)


@pytest.mark.requirement("R15")
def test_a_cycle_may_begin_later():
    assert find_cycle(pattern((0, 0), (0, 1), (1, 0)), LIFE, 5) == Cycle(1, 1, (0, 0), 4)


@pytest.mark.requirement("R15")
def test_the_limit_ends_the_search():
    assert find_cycle(R_PENTOMINO, LIFE, 30) is None
    assert find_cycle(BLOCK, LIFE, 0) is None


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "cycle, kind",
    [
        (Cycle(3, 1, (0, 0), 0), "extinct"),
        (Cycle(0, 1, (0, 0), 4), "still life"),
        (Cycle(0, 2, (0, 0), 3), "oscillator"),
        (Cycle(0, 1, (0, 1), 3), "spaceship"),
        (Cycle(0, 4, (1, 0), 1), "spaceship"),
    ],
)
def test_kinds_of_cycles(cycle, kind):
    assert cycle.kind() == kind


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "shift, period, speed",
    [((1, 1), 4, (1, 4)), ((0, -2), 4, (1, 2)), ((-6, 4), 9, (2, 3)), ((0, 0), 3, (0, 1)), ((5, 0), 3, (5, 3))],
)
def test_speeds_are_reduced(shift, period, speed):
    assert Cycle(0, period, shift, 5).speed() == speed


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    "number, row, after",
    [
        (90, "...O...", "..O.O.."),
        (110, "....O", "...OO"),
        (30, "..O..", ".OOO."),
        (184, "OO.O.", "O.O.O"),
        (2, "O...", "...O"),
        (16, "...O", "O..."),
        (0, "OOO", "..."),
        (255, "...", "OOO"),
        (128, "OO.O", "O..."),
        (30, "", ""),
    ],
)
def test_elementary_rows(number, row, after):
    assert elementary_step(row, number) == after


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    "row, number, error",
    [("O.", -1, RuleError), ("O.", 256, RuleError), ("O x", 30, PatternError), ("o.", 30, PatternError)],
)
def test_elementary_rules_refuse_what_they_do_not_know(row, number, error):
    with pytest.raises(error):
        elementary_step(row, number)
