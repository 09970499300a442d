import pytest
from linediff import (
    DiffError,
    Edit,
    Hunk,
    Merge,
    MergeConflict,
    Patch,
    PatchMismatch,
    PatchSyntaxError,
    Region,
    common_lines,
    diff_lines,
    distance,
    make_patch,
    merge,
    parse_patch,
    similarity,
    split_lines,
)


def script(*rows):
    kinds = {" ": "equal", "-": "delete", "+": "insert"}
    return tuple(Edit(kinds[row[0]], row[1:]) for row in rows)


def region(base, ours, theirs):
    return Region(tuple(base), tuple(ours), tuple(theirs))


@pytest.mark.requirement("R1")
def test_split_drops_the_terminators():
    assert split_lines("a\nb\n") == ["a", "b"]
    assert split_lines("a\r\nb") == ["a", "b"]


@pytest.mark.requirement("R1")
def test_split_keeps_empty_lines():
    assert split_lines("\n\na\n\n") == ["", "", "a", ""]


@pytest.mark.requirement("R1")
def test_split_of_the_empty_text_is_empty():
    assert split_lines("") == []
    assert split_lines("\n") == [""]


@pytest.mark.requirement("R2")
def test_common_lines_are_the_longest_subsequence():
    assert common_lines(list("abcbdab"), list("bdcaba")) in (list("bcba"), list("bdab"), list("bcab"))
    assert len(common_lines(list("xaybz"), list("ab"))) == 2


@pytest.mark.requirement("R2")
def test_common_lines_without_anything_shared():
    assert common_lines(["a", "b"], ["c"]) == []
    assert common_lines([], ["c"]) == []


@pytest.mark.requirement("R2")
def test_common_lines_keep_shared_head_and_tail():
    assert common_lines(["h", "h", "x", "t"], ["h", "h", "y", "t"]) == ["h", "h", "t"]
    assert common_lines(["a", "a", "a"], ["a", "a"]) == ["a", "a"]


@pytest.mark.requirement("R3")
def test_diff_names_kept_deleted_and_inserted_lines():
    assert tuple(diff_lines(["a", "b", "c"], ["a", "c", "d"])) == script(" a", "-b", " c", "+d")


@pytest.mark.requirement("R3")
def test_diff_puts_deletions_before_insertions():
    assert tuple(diff_lines(["a", "b"], ["x", "y", "z"])) == script("-a", "-b", "+x", "+y", "+z")


@pytest.mark.requirement("R3")
def test_diff_of_equal_lists_only_keeps():
    assert tuple(diff_lines(["a", "b"], ["a", "b"])) == script(" a", " b")
    assert diff_lines([], []) == []


@pytest.mark.requirement("R3")
def test_diff_is_as_short_as_possible():
    edits = diff_lines(list("abcabba"), list("cbabac"))
    assert sum(edit.kind != "equal" for edit in edits) == 5


@pytest.mark.requirement("R4")
def test_distance_counts_insertions_and_deletions():
    assert distance(["a", "b", "c"], ["a", "x", "c", "d"]) == 3
    assert distance(["a"], ["a"]) == 0


@pytest.mark.requirement("R4")
def test_similarity_is_the_share_of_common_lines():
    assert similarity(["a", "b", "c"], ["a"]) == pytest.approx(0.5)
    assert similarity(["a"], ["b"]) == 0.0


@pytest.mark.requirement("R4")
def test_empty_lists_are_alike():
    assert similarity([], []) == 1.0


@pytest.mark.requirement("R5")
def test_patch_surrounds_a_change_with_context():
    old = ["1", "2", "3", "4", "5"]
    patch = make_patch(old, ["1", "2", "x", "4", "5"], context=1)
    assert patch.hunks == (Hunk(2, 2, script(" 2", "-3", "+x", " 4")),)


@pytest.mark.requirement("R5")
def test_changes_two_contexts_apart_share_a_hunk():
    old = ["a", "1", "2", "b", "z"]
    assert len(make_patch(old, ["A", "1", "2", "B", "z"], context=1).hunks) == 1


@pytest.mark.requirement("R5")
def test_changes_further_apart_get_their_own_hunks():
    old = ["a", "1", "2", "3", "b"]
    hunks = make_patch(old, ["A", "1", "2", "3", "B"], context=1).hunks
    assert [(hunk.old_start, hunk.new_start) for hunk in hunks] == [(1, 1), (4, 4)]


@pytest.mark.requirement("R5")
def test_start_of_an_empty_side_is_the_line_before():
    hunks = make_patch(["a", "b"], ["a", "x", "y", "b"], context=0).hunks
    assert hunks == (Hunk(1, 2, script("+x", "+y")),)
    hunks = make_patch(["a", "b", "c"], ["a", "c"], context=0).hunks
    assert hunks == (Hunk(2, 1, script("-b")),)


@pytest.mark.requirement("R5")
def test_equal_texts_make_a_patch_without_hunks():
    assert make_patch(["a"], ["a"], "x", "y") == Patch("x", "y", ())


@pytest.mark.requirement("R6")
def test_negative_context_is_refused():
    with pytest.raises(ValueError):
        make_patch(["a"], ["b"], context=-1)


@pytest.mark.requirement("R6")
def test_context_may_be_zero():
    assert make_patch(["a", "b"], ["a", "c"], context=0).hunks == (Hunk(2, 2, script("-b", "+c")),)


@pytest.mark.requirement("R7")
def test_hunk_knows_its_two_sides():
    hunk = Hunk(1, 1, script(" a", "-b", "+c", "+d"))
    assert hunk.old_lines() == ["a", "b"]
    assert hunk.new_lines() == ["a", "c", "d"]


@pytest.mark.requirement("R7")
def test_header_gives_starts_and_counts():
    assert Hunk(4, 5, script(" a", "-b", "+c", "+d")).header() == "@@ -4,2 +5,3 @@"


@pytest.mark.requirement("R7")
def test_header_leaves_out_a_count_of_one():
    assert Hunk(7, 6, script("-b")).header() == "@@ -7 +6,0 @@"


@pytest.mark.requirement("R8")
def test_format_writes_names_headers_and_signed_lines():
    patch = Patch("old.txt", "new.txt", (Hunk(1, 1, script(" a", "-b", "+c")),))
    assert patch.format() == "--- old.txt\n+++ new.txt\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"


@pytest.mark.requirement("R8")
def test_format_of_no_hunks_is_empty():
    assert Patch("a", "b", ()).format() == ""


@pytest.mark.requirement("R9")
def test_parse_reads_names_and_hunks():
    text = "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n@@ -9 +9,0 @@ where\n-z\n"
    patch = parse_patch(text)
    assert (patch.old_name, patch.new_name) == ("old", "new")
    assert patch.hunks == (Hunk(1, 1, script(" a", "-b", "+c")), Hunk(9, 9, script("-z")))


@pytest.mark.requirement("R9")
def test_parse_skips_the_missing_newline_note():
    patch = parse_patch("--- a\n+++ b\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+y")
    assert patch.hunks == (Hunk(1, 1, script("-x", "+y")),)


@pytest.mark.requirement("R9")
def test_parse_takes_an_empty_row_for_an_empty_context_line():
    patch = parse_patch("--- a\n+++ b\n@@ -3,2 +3 @@\n\n-x\n")
    assert patch.hunks == (Hunk(3, 3, script(" ", "-x")),)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "@@ -1 +1 @@\n-a\n+b\n",
        "--- a\nnothing\n@@ -1 +1 @@\n-a\n+b\n",
        "nothing\n+++ b\n@@ -1 +1 @@\n-a\n+b\n",
        "--- a\n+++ b\nnot a header\n",
        "--- a\n+++ b\n@@ -1,2 +1,2 @@\n-a\n",
        "--- a\n+++ b\n@@ -1 +1 @@\n*a\n",
        "--- a\n+++ b\n@@ -1 +1,2 @@\n-a\n-b\n+c\n+d\n",
        "--- a\n+++ b\n@@ -1,2 +1 @@\n-a\n+b\n+c\n-d\n",
    ],
)
def test_malformed_patches_are_refused(text):
    with pytest.raises(PatchSyntaxError):
        parse_patch(text)


@pytest.mark.requirement("R9")
def test_a_patch_may_end_after_its_names():
    assert parse_patch("--- a\n+++ b") == Patch("a", "b", ())


@pytest.mark.requirement("R10")
def test_syntax_errors_are_diff_errors():
    with pytest.raises(DiffError):
        parse_patch("--- a\n")


@pytest.mark.requirement("R11")
def test_apply_changes_the_lines():
    patch = Patch("a", "b", (Hunk(1, 1, script("-1", "+x", "+y", " 2")), Hunk(4, 5, script("-4"))))
    assert patch.apply(["1", "2", "3", "4", "5"]) == ["x", "y", "2", "3", "5"]


@pytest.mark.requirement("R11")
def test_apply_inserts_after_the_named_line():
    assert Patch("a", "b", (Hunk(1, 2, script("+x")),)).apply(["1", "2"]) == ["1", "x", "2"]
    assert Patch("a", "b", (Hunk(0, 1, script("+x")),)).apply([]) == ["x"]


@pytest.mark.requirement("R11")
def test_apply_refuses_lines_which_differ():
    patch = Patch("a", "b", (Hunk(2, 2, script("-b", "+c")),))
    with pytest.raises(PatchMismatch):
        patch.apply(["a", "x"])
    with pytest.raises(PatchMismatch):
        patch.apply(["b", "a"])


@pytest.mark.requirement("R12")
def test_apply_finds_a_hunk_that_moved():
    patch = Patch("a", "b", (Hunk(1, 1, script("-k", "+K")),))
    assert patch.apply(["0", "0", "k"], max_offset=2) == ["0", "0", "K"]
    with pytest.raises(PatchMismatch):
        patch.apply(["0", "0", "k"], max_offset=1)


@pytest.mark.requirement("R12")
def test_nearest_fit_wins_and_the_earlier_on_a_tie():
    patch = Patch("a", "b", (Hunk(3, 3, script("-k", "+K")),))
    assert patch.apply(["k", "0", "0", "k"], max_offset=3) == ["k", "0", "0", "K"]
    assert patch.apply(["0", "k", "0", "k"], max_offset=3) == ["0", "K", "0", "k"]


@pytest.mark.requirement("R12")
def test_later_hunks_follow_the_shift_of_earlier_ones():
    hunks = (Hunk(1, 1, script("-a", "+A")), Hunk(3, 3, script("-k", "+K")))
    moved = ["0", "0", "a", "k", "k"]
    assert Patch("a", "b", hunks).apply(moved, max_offset=2) == ["0", "0", "A", "k", "K"]


@pytest.mark.requirement("R12")
def test_hunks_never_overlap():
    hunks = (Hunk(1, 1, script(" k")), Hunk(2, 2, script("-k", "+K")))
    with pytest.raises(PatchMismatch):
        Patch("a", "b", hunks).apply(["k", "x"], max_offset=5)


@pytest.mark.requirement("R13")
def test_reverse_swaps_sides_and_names():
    patch = Patch("a", "b", (Hunk(4, 6, script(" 1", "-2", "+3", " 4", "+5")),))
    assert patch.reverse() == Patch("b", "a", (Hunk(6, 4, script(" 1", "-3", "+2", " 4", "-5")),))


@pytest.mark.requirement("R11")
@pytest.mark.requirement("R13")
def test_reverse_undoes_a_patch():
    old = ["a", "b", "c", "d"]
    patch = Patch("a", "b", (Hunk(2, 2, script("-b", "-c", "+X", " d", "+e")),))
    assert patch.reverse().apply(patch.apply(old)) == old


@pytest.mark.requirement("R13")
def test_stats_count_added_and_removed_lines():
    hunks = (Hunk(1, 1, script(" a", "+b", "+c")), Hunk(9, 9, script("-z", "+y")))
    assert Patch("a", "b", hunks).stats() == (3, 1)


@pytest.mark.requirement("R14")
def test_merge_takes_the_changes_of_both_sides():
    base = ["1", "2", "3", "4"]
    merged = merge(base, ["1", "two", "3", "4"], ["1", "2", "3", "4", "5"])
    assert merged.lines() == ["1", "two", "3", "4", "5"]


@pytest.mark.requirement("R14")
def test_merge_settles_equal_changes_and_one_sided_deletions():
    assert merge(["a", "b", "c"], ["a", "x", "c"], ["a", "x", "c"]).lines() == ["a", "x", "c"]
    assert merge(["a", "b"], ["b"], ["a", "b"]).lines() == ["b"]


@pytest.mark.requirement("R14")
def test_merge_keeps_the_rival_versions_of_a_region():
    merged = merge(["a", "b", "c"], ["a", "x", "c"], ["a", "y", "z", "c"])
    assert [one for one in merged.regions if one.ours != one.theirs] == [region("b", "x", "yz")]


@pytest.mark.requirement("R15")
def test_conflict_needs_two_different_changes():
    assert region("b", "x", "y").is_conflict() is True
    assert [region("b", *sides).is_conflict() for sides in ("bx", "xb", "xx", "bb")] == [False] * 4


@pytest.mark.requirement("R15")
def test_conflicts_are_listed_in_order():
    first, second = region("b", "x", "y"), region("", "p", "q")
    assert Merge((first, region("c", "c", "d"), second)).conflicts() == [first, second]


@pytest.mark.requirement("R15")
def test_lines_of_a_conflicting_merge_raise():
    with pytest.raises(MergeConflict):
        Merge((region("a", "a", "a"), region("b", "x", "y"))).lines()
    assert Merge((region("b", "x", "b"), region("c", "c", ""))).lines() == ["x"]


@pytest.mark.requirement("R16")
def test_render_marks_the_conflicts():
    merged = Merge((region("a", "a", "a"), region("b", "x", "yz"), region("c", "c", "d")))
    assert merged.render("mine", "yours") == ["a", "<<<<<<< mine", "x", "=======", "y", "z", ">>>>>>> yours", "d"]


@pytest.mark.requirement("R16")
def test_render_can_show_the_base():
    rows = Merge((region("b", "x", "y"),)).render(show_base=True)
    assert rows == ["<<<<<<< ours", "x", "||||||| base", "b", "=======", "y", ">>>>>>> theirs"]


@pytest.mark.requirement("R3")
@pytest.mark.requirement("R2")
def test_inputs_may_be_tuples():
    assert common_lines(("a", "b"), ("b",)) == ["b"]
    assert tuple(diff_lines(("a",), ())) == script("-a")
