import pytest
from ninegrid import BoardError, RuleBroken
from ninesolve import (
    Ambiguous,
    Rating,
    Step,
    Unsolvable,
    count_solutions,
    hidden_singles,
    hint,
    mistakes,
    naked_pairs,
    naked_singles,
    next_step,
    pointing,
    rate,
    solve,
    solve_logically,
    x_wing,
)

EASY = tuple(map(int, "530070000600195000098000060800060003400803001700020006060000280000419005000080079"))
SOLVED = tuple(map(int, "534678912672195348198342567859761423426853791713924856961537284287419635345286179"))
WING = tuple(map(int, "100000569492056108056109240009640801064010000218035604040500016905061402621000005"))
STUCK = tuple(map(int, "017903600000080000900000507072010430000402070064370250701000065000030000005601720"))
EMPTY = (0,) * 81
CLASH = (5, 5, *EMPTY[2:])
HOPELESS = (1, 2, 3, 4, 5, 6, 7, 8, 0, *EMPTY[9:17], 9, *EMPTY[18:])
FULL = set(range(1, 10))


def without(*cells):
    """The solved board with these cells emptied."""
    return tuple(0 if cell in cells else digit for cell, digit in enumerate(SOLVED))


TWO = without(22, 23, 49, 50)  # 4 2 above 2 4: the pairs may be exchanged


@pytest.mark.requirement("R10")
def test_naked_singles():
    assert naked_singles({7: {3}, 2: {9}, 5: {1, 2}, 6: set()}) == [(2, 9), (7, 3)]
    assert naked_singles({}) == []


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    ("unit", "cell"), [(range(9), 3), (range(0, 81, 9), 27), ((0, 1, 2, 9, 10, 11, 18, 19, 20), 10)]
)
def test_hidden_singles(unit, cell):
    marks = {cell: set(FULL) for cell in range(81)}
    for other in set(unit) - {cell}:
        marks[other].discard(5)
    assert hidden_singles(marks) == [(cell, 5)]


@pytest.mark.requirement("R10")
def test_nothing_is_single():
    assert hidden_singles({}) == []
    assert hidden_singles({0: {1}, 1: {1}, 9: {1}, 10: {1}}) == []


@pytest.mark.requirement("R11")
def test_pointing_along_a_row():
    marks = {cell: set(FULL) for cell in range(81)}
    for cell in (9, 10, 11, 18, 19, 20):
        marks[cell].discard(5)
    assert pointing(marks) == [(cell, 5) for cell in range(3, 9)]


@pytest.mark.requirement("R11")
def test_pointing_along_a_column():
    marks = {0: {1}, 9: {1, 2}, 1: {2}, 36: {1}, 45: {2}, 80: {1}}
    assert (36, 1) in pointing(marks)
    assert (45, 2) not in pointing(marks)


@pytest.mark.requirement("R11")
def test_naked_pairs():
    marks = {0: {1, 2}, 3: {1, 2}, 5: {1, 3}, 8: {2, 4, 5}, 7: {6, 7}, 9: {1, 2, 3}}
    assert naked_pairs(marks) == [(5, 1), (8, 2)]


@pytest.mark.requirement("R11")
def test_pairs_need_the_same_two_digits():
    assert naked_pairs({0: {1, 2}, 3: {1, 3}, 5: {1, 2, 3}}) == []
    assert naked_pairs({0: {1, 2, 3}, 3: {1, 2, 3}, 5: {1, 2}}) == []
    assert naked_pairs({0: {1, 2}, 40: {1, 2}, 5: {1}}) == []


@pytest.mark.requirement("R12")
def test_x_wing_in_rows():
    marks = {1: {5}, 7: {5}, 37: {5}, 43: {5}, 10: {5, 6}, 79: {5}, 12: {5}, 14: {5}}
    assert x_wing(marks) == [(10, 5), (79, 5)]


@pytest.mark.requirement("R12")
def test_x_wing_in_columns():
    marks = {9: {5}, 63: {5}, 13: {5}, 67: {5}, 17: {5}, 64: {5, 1}, 2: {5}}
    assert x_wing(marks) == [(17, 5), (64, 5)]


@pytest.mark.requirement("R12")
def test_no_x_wing_without_common_lines():
    assert x_wing({1: {5}, 7: {5}, 37: {5}, 42: {5}, 10: {5}, 12: {5}, 14: {5}}) == []


@pytest.mark.requirement("R13")
def test_next_step_takes_the_easiest_strategy():
    assert next_step(EASY) == Step("naked single", [(40, 5), (59, 7), (62, 4), (70, 3)], [])
    assert next_step(WING) == Step("pointing", [], [(75, 9)])


@pytest.mark.requirement("R13")
def test_no_step_is_left():
    assert next_step(SOLVED) is None
    assert next_step(EMPTY) is None
    with pytest.raises(RuleBroken) as caught:
        next_step(CLASH)
    assert caught.value.cells == [0, 1]


@pytest.mark.requirement("R14")
def test_solve_logically():
    board, steps = solve_logically(EASY)
    assert board == SOLVED
    assert {step.strategy for step in steps} == {"naked single"}
    assert sum(len(step.placed) for step in steps) == 51


@pytest.mark.requirement("R14")
def test_logic_uses_harder_strategies_when_needed():
    board, steps = solve_logically(WING)
    assert 0 not in board
    assert [step.strategy for step in steps[:4]] == ["pointing", "x-wing", "hidden single", "naked single"]


@pytest.mark.requirement("R14")
def test_logic_may_get_stuck():
    board, steps = solve_logically(STUCK)
    assert board.count(0) == 46
    assert [step.strategy for step in steps[-2:]] == ["naked pair", "x-wing"]


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(("board", "error"), [(HOPELESS, Unsolvable), (CLASH, RuleBroken)])
def test_logic_notices_contradictions(board, error):
    with pytest.raises(error):
        solve_logically(board)


@pytest.mark.requirement("R15")
def test_solve():
    assert solve(EASY) == SOLVED
    assert solve(SOLVED) == SOLVED
    assert 0 not in solve(STUCK)


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    ("board", "error"), [(HOPELESS, Unsolvable), (CLASH, RuleBroken), (TWO, Ambiguous), (EMPTY, Ambiguous)]
)
def test_solve_needs_exactly_one_solution(board, error):
    with pytest.raises(error):
        solve(board)


@pytest.mark.requirement("R16")
def test_count_solutions():
    assert [count_solutions(board) for board in (EASY, TWO, HOPELESS, CLASH, SOLVED)] == [1, 2, 0, 0, 1]


@pytest.mark.requirement("R16")
def test_counting_stops_at_the_limit():
    assert count_solutions(EMPTY) == 2
    assert count_solutions(EMPTY, 5) == 5
    assert count_solutions(TWO, 9) == 2
    assert count_solutions(TWO, 1) == 1


@pytest.mark.requirement("R17")
def test_hint_prefers_singles():
    assert hint(EASY) == (40, 5)
    assert hint(without(0)) == (0, 5)


@pytest.mark.requirement("R17")
def test_hint_without_singles_is_the_first_empty_cell():
    assert hint(STUCK) == (0, 4)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    ("board", "error"), [(HOPELESS, Unsolvable), (CLASH, RuleBroken), (TWO, Ambiguous), (SOLVED, BoardError)]
)
def test_no_hint(board, error):
    with pytest.raises(error):
        hint(board)


@pytest.mark.requirement("R17")
def test_mistakes():
    assert mistakes(EASY, SOLVED) == []
    assert mistakes((6, *EASY[1:80], 1), SOLVED) == [0, 80]


@pytest.mark.requirement("R18")
def test_ratings():
    assert rate(EASY) == Rating("naked single", 10)
    assert rate(WING) == Rating("x-wing", 22)
    assert rate(SOLVED) == Rating("none", 0)


@pytest.mark.requirement("R18")
def test_boards_that_need_guessing():
    assert rate(STUCK) == Rating("guess", 478)


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(("board", "error"), [(HOPELESS, Unsolvable), (CLASH, RuleBroken), (TWO, Ambiguous)])
def test_no_rating(board, error):
    with pytest.raises(error):
        rate(board)
