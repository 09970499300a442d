import pytest
from lifelab.pattern import Pattern, PatternError, read_drawing
from lifelab.rules import LIFE, Rule, RuleError, parse_rule


def pattern(*cells):
    return Pattern(frozenset(cells))


def rule(born, survives):
    return Rule(frozenset(born), frozenset(survives))


GLIDER = pattern((0, 1), (1, 2), (2, 0), (2, 1), (2, 2))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, born, survives",
    [
        ("B3/S23", [3], [2, 3]),
        ("b36s23", [3, 6], [2, 3]),
        (" B2/S ", [2], []),
        ("B/S", [], []),
        ("23/3", [3], [2, 3]),
        ("/2", [2], []),
        ("B08/S80", [0, 8], [0, 8]),
    ],
)
def test_rules_are_read(text, born, survives):
    assert parse_rule(text) == rule(born, survives)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "B3", "23", "B9/S2", "S23/B3", "B33/S2", "B3/S22", "3/3/3", "B3 /S23", "xB3/S23"])
def test_malformed_rules_are_refused(text):
    with pytest.raises(RuleError):
        parse_rule(text)


@pytest.mark.requirement("R2")
def test_rules_are_written_in_order():
    assert rule([6, 3], [8, 2, 0]).text() == "B36/S028"
    assert rule([], []).text() == "B/S"


@pytest.mark.requirement("R2")
def test_the_game_of_life_is_b3_s23():
    assert LIFE.text() == "B3/S23"


@pytest.mark.requirement("R3")
def test_life_decides_by_state_and_neighbours():
    assert [count for count in range(9) if LIFE.next_state(True, count)] == [2, 3]
    assert [count for count in range(9) if LIFE.next_state(False, count)] == [3]


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("count", [-1, 9])
def test_impossible_neighbour_counts_are_refused(count):
    with pytest.raises(RuleError):
        LIFE.next_state(True, count)


@pytest.mark.requirement("R3")
def test_the_inverse_exchanges_life_and_death():
    assert LIFE.inverse() == rule([0, 1, 2, 3, 4, 7, 8], [0, 1, 2, 3, 4, 6, 7, 8])
    assert LIFE.inverse().inverse() == LIFE


@pytest.mark.requirement("R4")
def test_drawings_are_read():
    assert read_drawing(".O.\n..#\n***") == GLIDER
    assert read_drawing("!Name: x\n-_ O\n!O\nO") == pattern((0, 3), (1, 0))
    assert read_drawing("") == pattern()


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("text", ["x", "..\n.o", "O!"])
def test_unknown_characters_are_refused(text):
    with pytest.raises(PatternError):
        read_drawing(text)


@pytest.mark.requirement("R4")
def test_patterns_are_drawn_in_their_box():
    assert GLIDER.draw() == ".O.\n..O\nOOO"
    assert pattern((-5, 7), (-5, 9)).draw() == "O.O"
    assert pattern().draw() == ""


@pytest.mark.requirement("R4")
def test_drawings_have_a_margin_on_request():
    assert pattern((3, 3)).draw(1) == "...\n.O.\n..."
    assert pattern().draw(2) == ""


@pytest.mark.requirement("R5")
def test_population():
    assert GLIDER.population() == 5
    assert pattern().population() == 0


@pytest.mark.requirement("R5")
def test_bounds():
    assert pattern((-1, 4), (3, 2)).bounds() == (-1, 2, 5, 3)
    assert pattern((7, 8)).bounds() == (7, 8, 1, 1)
    with pytest.raises(PatternError):
        pattern().bounds()


@pytest.mark.requirement("R5")
def test_neighbours_do_not_count_the_cell_itself():
    assert GLIDER.neighbours((1, 1)) == 5
    assert GLIDER.neighbours((2, 2)) == 2
    assert GLIDER.neighbours((5, 5)) == 0
    full = pattern(*[(row, column) for row in range(3) for column in range(3)])
    assert full.neighbours((1, 1)) == 8


@pytest.mark.requirement("R6")
def test_moving():
    assert pattern((0, 1), (-1, 2)).moved(2, -3) == pattern((2, -2), (1, -1))


@pytest.mark.requirement("R6")
def test_turning_clockwise():
    assert pattern((5, 5), (6, 5), (6, 6)).rotated() == pattern((0, 0), (0, 1), (1, 0))
    assert pattern((0, 0), (0, 1), (0, 2)).rotated() == pattern((0, 0), (1, 0), (2, 0))
    assert pattern().rotated() == pattern()


@pytest.mark.requirement("R6")
def test_mirroring():
    assert GLIDER.moved(4, 4).mirrored() == pattern((0, 1), (1, 0), (2, 0), (2, 1), (2, 2))


@pytest.mark.requirement("R6")
def test_shapes_are_equal_at_any_place():
    assert pattern((0, 0), (1, 1)).same_shape(pattern((-3, 8), (-2, 9))) is True
    assert pattern((0, 0), (1, 1)).same_shape(pattern((0, 1), (1, 0))) is False
    assert pattern().same_shape(pattern()) is True
    assert pattern().same_shape(pattern((0, 0))) is False


@pytest.mark.requirement("R7")
def test_disjoint_patterns_are_united():
    assert pattern((0, 0)).union(pattern((0, 1), (1, 0))) == pattern((0, 0), (0, 1), (1, 0))


@pytest.mark.requirement("R7")
def test_overlapping_patterns_are_not_united():
    with pytest.raises(PatternError):
        pattern((0, 0), (0, 1)).union(pattern((0, 1), (1, 1)))
