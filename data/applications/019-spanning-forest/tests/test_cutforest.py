import cutforest
import pytest
from cutforest import DisjointSets, ForestError, NotConnected, UnknownItem

RING = [("a", "b", 4), ("b", "c", 2), ("c", "d", 3), ("d", "a", 1), ("a", "c", 5)]
APART = [*RING, ("x", "y", 9)]


@pytest.mark.requirement("R1")
def test_adding_tells_what_is_new():
    sets = DisjointSets(["a"])
    assert [sets.add("a"), sets.add("b"), sets.add("b")] == [False, True, False]


@pytest.mark.requirement("R1")
def test_joining_tells_what_was_apart():
    sets = DisjointSets("abcd")
    assert [sets.join("a", "b"), sets.join("c", "b"), sets.join("a", "c"), sets.join("d", "d")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.requirement("R1")
def test_joining_an_unknown_item_is_refused():
    with pytest.raises(UnknownItem):
        DisjointSets("ab").join("a", "z")


@pytest.mark.requirement("R2")
def test_joined_items_are_together():
    sets = DisjointSets("abcde")
    sets.join("a", "b")
    sets.join("c", "d")
    sets.join("d", "a")
    assert (sets.together("b", "c"), sets.together("e", "a"), sets.together("e", "e")) == (True, False, True)


@pytest.mark.requirement("R2")
def test_an_unknown_item_is_not_together_with_any():
    with pytest.raises(UnknownItem):
        DisjointSets("ab").together("z", "z")


@pytest.mark.requirement("R3")
def test_sizes_grow_with_joins():
    sets = DisjointSets("abcde")
    sets.join("a", "b")
    sets.join("c", "d")
    sets.join("d", "b")
    assert [sets.size(item) for item in "aeb"] == [4, 1, 4]


@pytest.mark.requirement("R3")
def test_sets_are_counted():
    assert (DisjointSets().count(), DisjointSets("abc").count()) == (0, 3)
    sets = DisjointSets("abc")
    sets.join("c", "a")
    assert sets.count() == 2


@pytest.mark.requirement("R3")
def test_groups_follow_the_order_of_addition():
    sets = DisjointSets("abcde")
    sets.join("d", "e")
    sets.join("b", "d")
    assert sets.groups() == [["a"], ["b", "d", "e"], ["c"]]


@pytest.mark.requirement("R3")
def test_items_given_twice_count_once():
    assert DisjointSets("aba").groups() == [["a"], ["b"]]


@pytest.mark.requirement("R4")
def test_undo_parts_what_was_joined_last():
    sets = DisjointSets("abcd")
    for first, second in ("ab", "cd", "bd"):
        sets.join(first, second)
    sets.undo()
    assert sets.groups() == [["a", "b"], ["c", "d"]]
    sets.undo()
    assert sets.groups() == [["a", "b"], ["c"], ["d"]]


@pytest.mark.requirement("R4")
def test_undo_restores_sizes():
    sets = DisjointSets("abc")
    sets.join("a", "b")
    sets.join("c", "a")
    sets.undo()
    assert [sets.size(item) for item in "abc"] == [2, 2, 1]


@pytest.mark.requirement("R4")
def test_undoing_a_join_without_effect_changes_nothing():
    sets = DisjointSets("abc")
    sets.join("a", "b")
    sets.join("b", "a")
    sets.undo()
    assert sets.groups() == [["a", "b"], ["c"]]


@pytest.mark.requirement("R4")
def test_nothing_to_undo_is_refused():
    with pytest.raises(ForestError):
        DisjointSets("ab").undo()


@pytest.mark.requirement("R5")
def test_the_minimum_forest_takes_the_lightest_links():
    assert cutforest.minimum_forest(APART) == [("d", "a", 1), ("b", "c", 2), ("c", "d", 3), ("x", "y", 9)]


@pytest.mark.requirement("R5")
def test_the_first_of_equal_links_is_taken():
    assert cutforest.minimum_forest([("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]) == [("a", "b", 1), ("b", "c", 1)]


@pytest.mark.requirement("R5")
def test_a_loop_is_never_taken():
    assert cutforest.minimum_forest([("a", "a", 1)]) == []


@pytest.mark.requirement("R6")
def test_the_maximum_forest_takes_the_heaviest_links():
    assert cutforest.maximum_forest(APART) == [("x", "y", 9), ("a", "c", 5), ("a", "b", 4), ("c", "d", 3)]


@pytest.mark.requirement("R6")
def test_the_first_of_equal_heavy_links_is_taken():
    assert cutforest.maximum_forest([("a", "b", 2), ("b", "a", 2)]) == [("a", "b", 2)]


@pytest.mark.requirement("R7")
def test_a_tree_grows_from_its_start():
    assert cutforest.grow_tree(APART, "b") == [("b", "c", 2), ("c", "d", 3), ("d", "a", 1)]


@pytest.mark.requirement("R7")
def test_a_tree_grows_over_links_in_both_directions():
    assert cutforest.grow_tree([("a", "b", 1), ("c", "a", 2)], "b") == [("b", "a", 1), ("a", "c", 2)]


@pytest.mark.requirement("R7")
def test_growing_from_an_unknown_node_is_refused():
    with pytest.raises(UnknownItem):
        cutforest.grow_tree(RING, "z")


@pytest.mark.requirement("R8")
def test_weights_are_summed():
    assert cutforest.total_weight(RING) == 15
    assert cutforest.total_weight([]) == 0


@pytest.mark.requirement("R8")
def test_a_ring_is_no_forest():
    assert (cutforest.is_forest(RING), cutforest.is_forest(RING[:3]), cutforest.is_forest(RING[:4])) == (
        False,
        True,
        False,
    )


@pytest.mark.requirement("R8")
def test_no_links_are_a_forest():
    assert cutforest.is_forest([]) is True


@pytest.mark.requirement("R9")
def test_the_second_best_forest_swaps_one_link():
    assert cutforest.second_best(RING) == 7


@pytest.mark.requirement("R9")
def test_the_second_best_may_weigh_the_same():
    assert cutforest.second_best([("a", "b", 1), ("b", "c", 1), ("c", "a", 1)]) == 2


@pytest.mark.requirement("R9")
def test_a_tree_has_no_second_best():
    assert cutforest.second_best(RING[:3]) is None


@pytest.mark.requirement("R10")
def test_the_bottleneck_is_the_heaviest_link_that_is_needed():
    assert cutforest.bottleneck(RING, "a", "b") == 3
    assert cutforest.bottleneck(RING, "a", "d") == 1


@pytest.mark.requirement("R10")
def test_a_node_needs_no_link_to_itself():
    assert cutforest.bottleneck(RING, "c", "c") == 0


@pytest.mark.requirement("R10")
def test_nodes_apart_have_no_bottleneck():
    with pytest.raises(NotConnected):
        cutforest.bottleneck(APART, "a", "x")


@pytest.mark.requirement("R11")
def test_nodes_hang_together_after_some_links():
    assert cutforest.connected_after(APART, "a", "c") == 2
    assert cutforest.connected_after(APART, "d", "b") == 3
    assert cutforest.connected_after(APART, "y", "x") == 6


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("other", ["x", "nowhere"])
def test_nodes_that_never_hang_together(other):
    assert cutforest.connected_after(APART, "a", other) is None


@pytest.mark.requirement("R12")
def test_parts_hang_together():
    assert cutforest.parts(APART, nodes=["z", "a"]) == [["a", "b", "c", "d"], ["x", "y"], ["z"]]


@pytest.mark.requirement("R12")
def test_nothing_has_no_parts():
    assert cutforest.parts([]) == []


@pytest.mark.requirement("R13")
def test_bridges_hold_parts_together():
    assert cutforest.bridges([*RING, ("d", "e", 1), ("x", "y", 1)]) == [("d", "e", 1), ("x", "y", 1)]


@pytest.mark.requirement("R13")
def test_a_doubled_link_is_no_bridge():
    assert cutforest.bridges([("a", "b", 1), ("a", "b", 1), ("b", "c", 1)]) == [("b", "c", 1)]


@pytest.mark.requirement("R13")
def test_cut_nodes_hold_parts_together():
    assert cutforest.cut_nodes([*RING, ("d", "e", 1), ("e", "f", 1)]) == ["d", "e"]


@pytest.mark.requirement("R13")
def test_a_ring_has_no_cut_nodes():
    assert cutforest.cut_nodes(RING) == []
