import pytest
from ninegrid import (
    BadText,
    BoardError,
    Occupied,
    RuleBroken,
    all_candidates,
    board_grid,
    board_line,
    candidates,
    cell_name,
    cell_number,
    clear,
    conflicts,
    is_solved,
    parse_board,
    peers,
    place,
    relabelled,
    transposed,
)

PUZZLE = tuple(map(int, "530070000600195000098000060800060003400803001700020006060000280000419005000080079"))
SOLVED = tuple(map(int, "534678912672195348198342567859761423426853791713924856961537284287419635345286179"))
EMPTY = (0,) * 81


def board(**digits):
    """An empty board with digits in the cells named c0 to c80."""
    return tuple(digits.get(f"c{cell}", 0) for cell in range(81))


@pytest.mark.requirement("R1")
def test_parse_board_reads_signs():
    text = "1._0" + "." * 76 + "9"
    assert parse_board(text) == (1, *(0,) * 79, 9)


@pytest.mark.requirement("R1")
def test_parse_board_ignores_decoration():
    text = "+---+\n| 5 |\t" + "." * 79 + "\n4 |-+"
    assert parse_board(text) == (5, *(0,) * 79, 4)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "." * 80, "." * 82, "." * 80 + "x", "." * 80 + "٣"])
def test_texts_that_are_no_board(text):
    with pytest.raises(BadText):
        parse_board(text)


@pytest.mark.requirement("R2")
def test_board_line():
    assert board_line(PUZZLE) == ("53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79")


@pytest.mark.requirement("R2")
def test_board_grid():
    lines = board_grid(PUZZLE).split("\n")
    assert len(lines) == 11
    assert lines[0] == "5 3 . | . 7 . | . . ."
    assert lines[3] == lines[7] == "------+-------+------"
    assert lines[4] == "8 . . | . 6 . | . . 3"
    assert lines[8] == ". 6 . | . . . | 2 8 ."
    assert lines[10] == ". . . | . 8 . | . 7 9"


@pytest.mark.requirement("R3")
def test_cell_names():
    assert [cell_name(cell) for cell in (0, 8, 9, 40, 80)] == ["r1c1", "r1c9", "r2c1", "r5c5", "r9c9"]


@pytest.mark.requirement("R3")
def test_cell_numbers():
    assert [cell_number(name) for name in ("r1c1", "R1C9", " r2c1 ", "r9c9")] == [0, 8, 9, 80]


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("name", ["", "r0c1", "r1c0", "r10c1", "c1r1", "r1c1x"])
def test_names_of_no_cell(name):
    with pytest.raises(BadText):
        cell_number(name)


@pytest.mark.requirement("R4")
def test_peers_of_a_cell():
    assert peers(0) == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 18, 19, 20, 27, 36, 45, 54, 63, 72]
    assert peers(40) == [4, 13, 22, 30, 31, 32, 36, 37, 38, 39, 41, 42, 43, 44, 48, 49, 50, 58, 67, 76]


@pytest.mark.requirement("R4")
def test_every_cell_has_twenty_peers():
    assert {len(peers(cell)) for cell in range(81)} == {20}
    peers(0).clear()
    assert len(peers(0)) == 20


@pytest.mark.requirement("R5")
def test_candidates_of_a_cell():
    assert candidates(PUZZLE, 2) == {1, 2, 4}
    assert candidates(PUZZLE, 40) == {5}
    assert candidates(PUZZLE, 0) == set()
    assert candidates(EMPTY, 80) == set(range(1, 10))


@pytest.mark.requirement("R5")
def test_candidates_of_all_empty_cells():
    found = all_candidates(PUZZLE)
    assert len(found) == 51
    assert found[2] == {1, 2, 4}
    assert 0 not in found
    assert all_candidates(SOLVED) == {}


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("given", "cells"),
    [
        (board(c0=5, c8=5), [0, 8]),
        (board(c0=5, c72=5), [0, 72]),
        (board(c0=5, c20=5), [0, 20]),
        (board(c0=5, c3=5, c27=5), [0, 3, 27]),
        (board(c0=5, c30=5), []),
        (board(c0=5, c1=6), []),
    ],
)
def test_conflicts(given, cells):
    assert conflicts(given) == cells


@pytest.mark.requirement("R6")
def test_is_solved():
    assert is_solved(SOLVED) is True
    assert is_solved((0, *SOLVED[1:])) is False
    assert is_solved((6, *SOLVED[1:])) is False


@pytest.mark.requirement("R7")
def test_place_fills_an_empty_cell():
    filled = place(PUZZLE, 2, 4)
    assert filled[2] == 4
    assert filled[:2] + filled[3:] == PUZZLE[:2] + PUZZLE[3:]
    assert place(EMPTY, 80, 9) == (*EMPTY[1:], 9)


@pytest.mark.requirement("R7")
def test_clear_empties_a_cell():
    assert clear(PUZZLE, 1) == (5, 0, *PUZZLE[2:])
    assert clear(PUZZLE, 2) == PUZZLE


@pytest.mark.requirement("R8")
def test_place_refuses_occupied_cells():
    with pytest.raises(Occupied):
        place(PUZZLE, 0, 5)


@pytest.mark.requirement("R8")
def test_place_refuses_what_breaks_a_rule():
    with pytest.raises(RuleBroken) as caught:
        place(PUZZLE, 2, 8)
    assert caught.value.cells == [20]


@pytest.mark.requirement("R8")
def test_place_refuses_other_digits():
    assert place(EMPTY, 0, 1)[0] == 1
    assert place(EMPTY, 0, 9)[0] == 9
    for digit in (0, 10):
        with pytest.raises(BoardError):
            place(EMPTY, 0, digit)


@pytest.mark.requirement("R9")
def test_transposed():
    turned = transposed(PUZZLE)
    assert turned[:9] == (5, 6, 0, 8, 4, 7, 0, 0, 0)
    assert transposed(turned) == PUZZLE


@pytest.mark.requirement("R9")
def test_relabelled():
    assert relabelled(board(c0=1, c1=2, c80=9), "234567891") == board(c0=2, c1=3, c80=1)
    for digits in ("12345678", "112345678", "1234567890"):
        with pytest.raises(BoardError):
            relabelled(EMPTY, digits)
