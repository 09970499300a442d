import pytest
from textflow import LayoutError, align, balanced, bullets, dedent, display_width, fill, indent, justify, shorten, wrap
from textgrid import block_width


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text, width", [("", 0), ("abc", 3), ("日本", 4), ("e\u0301a", 2), ("Ａb", 3), ("é", 1)])
def test_display_width(text, width):
    assert display_width(text) == width


@pytest.mark.requirement("R1")
def test_block_width_is_that_of_the_widest_line():
    assert block_width(["a", "日本", "bcd"]) == 4
    assert block_width([]) == 0


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text, width, lines",
    [
        ("aa bb cc", 5, ["aa bb", "cc"]),
        ("aa bb cc", 4, ["aa", "bb", "cc"]),
        ("aa bb cc", 8, ["aa bb cc"]),
        ("  aa \n\t bb  ", 9, ["aa bb"]),
        ("", 5, []),
        ("abcdefg h", 3, ["abc", "def", "g h"]),
        ("x abcd", 3, ["x", "abc", "d"]),
        ("abcdef", 3, ["abc", "def"]),
        ("日本 語", 5, ["日本", "語"]),
        ("日本語", 3, ["日", "本", "語"]),
        ("a b", 1, ["a", "b"]),
    ],
)
def test_wrapping(text, width, lines):
    assert wrap(text, width) == lines


@pytest.mark.requirement("R2")
def test_indents_count_for_the_width():
    assert wrap("aa bb cc dd", 7, "* ", "    ") == ["* aa bb", "    cc", "    dd"]
    assert wrap("aa bb cc dd", 7, "", " ") == ["aa bb", " cc dd"]
    assert wrap("abcdef", 3, "> ", " ") == ["> a", " bc", " de", " f"]


@pytest.mark.requirement("R3")
def test_paragraphs_are_filled_separately():
    assert fill("aa\nbb cc\n\n\n  dd\n \nee ff", 5) == "aa bb\ncc\n\ndd\n\nee ff"


@pytest.mark.requirement("R3")
def test_filling_nothing():
    assert fill(" \n\n ", 5) == ""
    assert fill("abc", 2) == "ab\nc"


@pytest.mark.requirement("R4")
def test_balanced_lines_are_even():
    assert balanced("aa bb cc dd", 8) == ["aa bb", "cc dd"]
    assert balanced("one two three four", 14) == ["one two", "three four"]


@pytest.mark.requirement("R4")
def test_balancing_keeps_the_number_of_lines():
    assert balanced("aaa", 9) == ["aaa"]
    assert balanced("", 5) == []
    assert balanced("a b c", 1) == ["a", "b", "c"]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("alignment, line", [("left", "ab..."), ("right", "...ab"), ("center", ".ab..")])
def test_alignment(alignment, line):
    assert align("ab", 5, alignment, ".") == line


@pytest.mark.requirement("R5")
def test_alignment_measures_columns_and_never_cuts():
    assert align("日", 4) == "日  "
    assert align("abcdef", 3, "right") == "abcdef"
    assert align("abc", 3, "center") == "abc"


@pytest.mark.requirement("R6")
def test_justified_lines_fill_the_width():
    assert justify("a b c dd ee ff gg", 8) == ["a b c dd", "ee ff gg"]
    assert justify("aa b c dddd ee", 8) == ["aa  b  c", "dddd ee"]
    assert justify("a b c ddddd x", 8) == ["a   b  c", "ddddd x"]


@pytest.mark.requirement("R6")
def test_single_words_and_the_last_line_are_not_stretched():
    assert justify("abcde fgh i", 6) == ["abcde", "fgh i"]
    assert justify("日本 a bbbb", 7) == ["日本  a", "bbbb"]
    assert justify("", 6) == []


@pytest.mark.requirement("R7")
def test_indenting_leaves_blank_lines_alone():
    assert indent("a\n\n  b\n ", "> ") == "> a\n\n>   b\n "
    assert indent("a\nb", "  ", skip_first=True) == "a\n  b"
    assert indent("", "x") == ""


@pytest.mark.requirement("R7")
def test_dedenting_removes_the_common_margin():
    assert dedent("    a\n  b\n\n     \n   c") == "  a\nb\n\n\n c"
    assert dedent("a\n  b") == "a\n  b"
    assert dedent("   ") == ""


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "width, text", [(11, "aa bbb cccc"), (10, "aa bbb…"), (7, "aa bbb…"), (6, "aa…"), (3, "aa…"), (2, "…"), (1, "…")]
)
def test_shortening(width, text):
    assert shorten("aa  bbb \n cccc", width) == text


@pytest.mark.requirement("R8")
def test_shortening_with_another_mark():
    assert shorten("aa bb cc", 7, "...") == "aa..."
    assert shorten("aa", 2, "...") == "aa"
    with pytest.raises(LayoutError):
        shorten("aa bb", 2, "...")


@pytest.mark.requirement("R9")
def test_bullets_hang():
    assert bullets(["aa bb cc", "", "dd"], 7) == ["- aa bb", "  cc", "-", "- dd"]
    assert bullets([], 5) == []


@pytest.mark.requirement("R9")
def test_numbers_are_aligned_right():
    lines = bullets(["x"] * 9 + ["aa bb"], 6, numbered=True)
    assert lines[0] == " 1. x"
    assert lines[-2:] == ["10. aa", "    bb"]


@pytest.mark.requirement("R9")
def test_bullets_need_room():
    assert bullets(["ab"], 3) == ["- a", "  b"]
    with pytest.raises(LayoutError):
        bullets(["ab"], 2)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("first, other", [("ab", ""), ("", "ab"), ("日", "")])
def test_indents_must_leave_room(first, other):
    with pytest.raises(LayoutError):
        wrap("a", 2, first, other)
    assert wrap("a", 3, first, other) == [f"{first}a"]


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("function", [wrap, fill, justify, balanced])
def test_widths_below_one_are_refused(function):
    with pytest.raises(LayoutError):
        function("a", 0)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("alignment, padding", [("middle", " "), ("left", ""), ("left", "ab"), ("left", "日")])
def test_unknown_alignments_and_paddings_are_refused(alignment, padding):
    with pytest.raises(LayoutError):
        align("a", 5, alignment, padding)
