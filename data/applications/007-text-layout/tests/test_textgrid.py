import pytest
from textflow import LayoutError
from textgrid import across, beside, boxed, column_widths, newspaper, table, transpose


@pytest.mark.requirement("R10")
def test_blocks_stand_side_by_side():
    assert beside([["a", "bbb"], ["c"], ["d", "", "e"]]) == ["a   c d", "bbb", "      e"]


@pytest.mark.requirement("R10")
def test_blocks_with_another_gap():
    assert beside([["日", "a"], ["b", "c"]], gap=3) == ["日   b", "a    c"]
    assert beside([["a"], ["b"]], gap=0) == ["ab"]
    assert beside([]) == []


@pytest.mark.requirement("R11")
def test_columns_are_read_downwards():
    assert newspaper("a b c d e", 2, 1) == ["a  d", "b  e", "c"]
    assert newspaper("aa b cc d", 2, 4, gap=1) == ["aa b cc d"]


@pytest.mark.requirement("R11")
def test_columns_may_stay_empty():
    assert newspaper("a b c", 2, 2, gap=3) == ["a    c", "b"]
    assert newspaper("a b", 5, 1) == ["a  b"]
    assert newspaper("", 3, 4) == []
    assert newspaper("a b", 1, 1) == ["a", "b"]


@pytest.mark.requirement("R12")
def test_items_run_downwards():
    assert across(["a", "b", "c", "dd", "e"], 10) == ["a   c   e", "b   dd"]
    assert across(["a", "b", "c"], 7) == ["a  b  c"]
    assert across(["a", "b", "c"], 6) == ["a  c", "b"]


@pytest.mark.requirement("R12")
def test_wide_items_get_a_column_of_their_own():
    assert across(["abcdef", "g"], 3) == ["abcdef", "g"]
    assert across(["a", "b"], 2, gap=0) == ["ab"]
    assert across([], 5) == []


@pytest.mark.requirement("R13")
def test_boxes():
    assert boxed(["a", "日本"]) == ["+------+", "| a    |", "| 日本 |", "+------+"]
    assert boxed([], "light") == ["┌──┐", "└──┘"]
    assert boxed(["x"], "double") == ["╔═══╗", "║ x ║", "╚═══╝"]


@pytest.mark.requirement("R13")
def test_titles_may_widen_the_box():
    assert boxed(["a"], title="Title") == ["+- Title +", "| a      |", "+--------+"]
    assert boxed(["abcdefg"], title="T") == ["+- T -----+", "| abcdefg |", "+---------+"]
    with pytest.raises(LayoutError):
        boxed(["a"], "round")


@pytest.mark.requirement("R14")
def test_columns_follow_their_content():
    assert column_widths([["a", "bbb"], ["cc"], ["", "", " d  e "]], 80) == [2, 3, 3]
    assert column_widths([["", "x"]], 80) == [1, 1]


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "total, widths",
    [(12, [2, 4, 4]), (11, [2, 4, 3]), (10, [2, 3, 3]), (9, [2, 3, 2]), (8, [2, 2, 2]), (6, [2, 1, 1]), (5, [1, 1, 1])],
)
def test_the_widest_columns_give_way(total, widths):
    assert column_widths([["aa", "bbbb", "cccc"]], total, gap=1) == widths


@pytest.mark.requirement("R14")
def test_too_many_columns_are_refused():
    with pytest.raises(LayoutError):
        column_widths([["aa", "bbbb", "cccc"]], 4, gap=1)
    assert column_widths([], 5) == []


@pytest.mark.requirement("R15")
def test_tables_are_aligned():
    rows = [["id", "name"], ["1", "Ann"], ["10", "B"]]
    assert table(rows, alignments=["right"], header=True) == ["id  name", "--  ----", " 1  Ann", "10  B"]


@pytest.mark.requirement("R15")
def test_cells_are_wrapped():
    assert table([["aa bb", "x"], ["c"]], total=4, gap=1) == ["aa x", "bb", "c"]
    assert table([["aaa", "b"], ["c", "ddd"]], alignments=["center", "right"]) == ["aaa    b", " c   ddd"]


@pytest.mark.requirement("R15")
def test_empty_cells_and_tables():
    assert table([["a", "b"], ["", ""], [], ["c"]]) == ["a  b", "", "", "c"]


@pytest.mark.requirement("R15")
def test_transposition():
    assert transpose([["a", "b"], ["c"], []]) == [["a", "c", ""], ["b", "", ""]]
    assert transpose([]) == []


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("columns, width", [(0, 5), (2, 0)])
def test_unusable_columns_are_refused(columns, width):
    with pytest.raises(LayoutError):
        newspaper("a b", columns, width)


@pytest.mark.requirement("R16")
def test_unusable_settings_of_grids_are_refused():
    with pytest.raises(LayoutError):
        beside([["a"]], gap=-1)
    with pytest.raises(LayoutError):
        across(["a"], 0)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("alignments", [["left", "left"], ["middle"]])
def test_unusable_alignments_of_tables_are_refused(alignments):
    with pytest.raises(LayoutError):
        table([["a"]], alignments=alignments)
