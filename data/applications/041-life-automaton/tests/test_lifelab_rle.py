import pytest
from lifelab.pattern import Pattern
from lifelab.rle import RleError, RleFile, read_rle, write_rle
from lifelab.rules import LIFE, Rule, RuleError


def pattern(*cells):
    return Pattern(frozenset(cells))


GLIDER = pattern((0, 1), (1, 2), (2, 0), (2, 1), (2, 2))


@pytest.mark.requirement("R8")
def test_runs_are_expanded():
    file = read_rle("x = 3, y = 3\nbob$2bo$3o!\n")
    assert file == RleFile(GLIDER, LIFE)


@pytest.mark.requirement("R8")
def test_comments_and_rule_are_kept():
    file = read_rle("#N Pair\n#C by nobody \nx=2,y=4,rule=B36/S125\no$$\n\n$ B O !ignored")
    assert file.pattern == pattern((0, 0), (3, 1))
    assert file.rule == Rule(frozenset({3, 6}), frozenset({1, 2, 5}))
    assert file.comments == ("Pair", "by nobody")


@pytest.mark.requirement("R8")
def test_runs_may_be_longer_than_nine_and_skip_rows():
    file = read_rle("x = 20, y = 12\n10b10o11$o!")
    assert file.pattern.cells == frozenset({(0, column) for column in range(10, 20)} | {(11, 0)})


@pytest.mark.requirement("R8")
def test_an_empty_pattern_is_read():
    assert read_rle("x = 0, y = 0\n!").pattern == pattern()


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text", ["", "bob!", "x = 3\no!", "x = 1, y = 1\no", "x = 1, y = 1\n", "x = 9, y = 9\no?o!", "x = 9, y = 9\n-1o!"]
)
def test_broken_files_are_refused(text):
    with pytest.raises(RleError):
        read_rle(text)


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("body", ["3o!", "2$o!", "2bo!"])
def test_cells_outside_of_the_size_are_refused(body):
    with pytest.raises(RleError):
        read_rle(f"x = 2, y = 2\n{body}")


@pytest.mark.requirement("R9")
def test_cells_at_the_edge_and_dead_cells_beyond_are_fine():
    assert read_rle("x = 2, y = 2\n5b$bo5b3$!").pattern == pattern((1, 1))


@pytest.mark.requirement("R8")
def test_a_bad_rule_is_a_rule_error():
    with pytest.raises(RuleError):
        read_rle("x = 1, y = 1, rule = life\no!")


@pytest.mark.requirement("R10")
def test_patterns_are_encoded_from_their_box():
    shifted = pattern(*[(row + 5, column - 9) for row, column in GLIDER.cells])
    assert write_rle(RleFile(shifted, LIFE)) == "x = 3, y = 3, rule = B3/S23\nbo$2bo$3o!\n"


@pytest.mark.requirement("R10")
def test_empty_rows_are_joined_and_comments_written():
    file = RleFile(pattern((0, 0), (3, 2), (3, 0)), Rule(frozenset({2}), frozenset()), ("one", "two"))
    assert write_rle(file) == "#C one\n#C two\nx = 3, y = 4, rule = B2/S\no3$obo!\n"


@pytest.mark.requirement("R10")
def test_the_empty_pattern_is_encoded():
    assert write_rle(RleFile(pattern(), LIFE)) == "x = 0, y = 0, rule = B3/S23\n!\n"


@pytest.mark.requirement("R10")
def test_lines_are_broken_at_the_limit():
    comb = pattern(*[(0, column) for column in range(0, 12, 2)])
    body = write_rle(RleFile(comb, LIFE), line_length=4).splitlines()[1:]
    assert body == ["obob", "obob", "obo!"]
    assert write_rle(RleFile(comb, LIFE), line_length=12).splitlines()[1:] == ["obobobobobo!"]
