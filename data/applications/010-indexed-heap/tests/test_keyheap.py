import random

import pytest
from keyheap import (
    DuplicateKey,
    EmptyHeap,
    HeapError,
    KeyedHeap,
    PriorityError,
    UnknownKey,
    bottom_k,
    merge_sorted,
    most_common,
    shortest_distances,
    top_k,
)

NAN = float("nan")


def heap(**priorities):
    return KeyedHeap(priorities.items())


@pytest.mark.requirement("R1")
def test_pop_takes_the_smallest_priority():
    queue = heap(a=3, b=1, c=2)
    assert [queue.pop() for _ in range(3)] == [("b", 1), ("c", 2), ("a", 3)]


@pytest.mark.requirement("R1")
def test_peek_leaves_the_entry():
    queue = heap(a=3, b=1)
    assert queue.peek() == ("b", 1)
    assert queue.peek() == ("b", 1)


@pytest.mark.requirement("R1")
def test_largest_first_turns_the_order_round():
    queue = KeyedHeap([("a", 3), ("b", 1), ("c", 5)], largest_first=True)
    assert [queue.pop() for _ in range(3)] == [("c", 5), ("a", 3), ("b", 1)]


@pytest.mark.requirement("R1")
def test_an_empty_heap_has_no_top():
    with pytest.raises(EmptyHeap):
        KeyedHeap().peek()
    with pytest.raises(HeapError):
        KeyedHeap().pop()


@pytest.mark.requirement("R1")
def test_pop_sorts_many_entries():
    numbers = random.Random(7).sample(range(1000), 60)
    queue = KeyedHeap((number, number) for number in numbers)
    assert [queue.pop()[0] for _ in numbers] == sorted(numbers)


@pytest.mark.requirement("R2")
def test_equal_priorities_leave_in_order_of_arrival():
    queue = KeyedHeap((key, 1) for key in "abcdefg")
    assert "".join(queue.pop()[0] for _ in range(7)) == "abcdefg"


@pytest.mark.requirement("R2")
def test_arrival_counts_when_the_largest_comes_first():
    queue = KeyedHeap([("a", 1), ("b", 2), ("c", 2), ("d", 2)], largest_first=True)
    assert [queue.pop()[0] for _ in range(4)] == ["b", "c", "d", "a"]


@pytest.mark.requirement("R3")
def test_push_inserts_a_key():
    queue = heap(a=3)
    queue.push("b", 1)
    assert queue.peek() == ("b", 1)
    queue.push("c", 2)
    assert queue.peek() == ("b", 1)


@pytest.mark.requirement("R3")
def test_push_refuses_a_key_which_is_there():
    queue = heap(a=3)
    with pytest.raises(DuplicateKey):
        queue.push("a", 1)
    assert queue.peek() == ("a", 3)


@pytest.mark.requirement("R3")
def test_put_inserts_or_changes():
    queue = heap(a=3)
    queue.put("b", 2)
    assert queue.peek() == ("b", 2)
    queue.put("a", 1)
    assert queue.peek() == ("a", 1)


@pytest.mark.requirement("R4")
def test_update_moves_an_entry_up():
    queue = heap(a=1, b=2, c=3, d=4)
    assert queue.update("d", 0) == 4
    assert queue.peek() == ("d", 0)


@pytest.mark.requirement("R4")
def test_update_moves_an_entry_down():
    queue = heap(a=1, b=2, c=3, d=4)
    assert queue.update("a", 9) == 1
    assert queue.peek() == ("b", 2)


@pytest.mark.requirement("R4")
def test_update_needs_a_known_key():
    with pytest.raises(UnknownKey):
        heap(a=1).update("b", 1)


@pytest.mark.requirement("R5")
def test_improve_only_moves_towards_the_top():
    queue = heap(a=1, b=5)
    assert queue.improve("b", 6) is False
    assert queue.improve("b", 5) is False
    assert queue.improve("b", 0) is True
    assert queue.peek() == ("b", 0)


@pytest.mark.requirement("R5")
def test_improve_inserts_unknown_keys():
    queue = heap(a=1)
    assert queue.improve("b", 0) is True
    assert queue.peek() == ("b", 0)


@pytest.mark.requirement("R5")
def test_improve_means_larger_when_the_largest_comes_first():
    queue = KeyedHeap([("a", 1), ("b", 5)], largest_first=True)
    assert queue.improve("a", 0) is False
    assert queue.improve("a", 6) is True
    assert queue.peek() == ("a", 6)


@pytest.mark.requirement("R6")
def test_remove_takes_an_entry_by_key():
    queue = heap(a=1, b=2, c=3)
    assert queue.remove("a") == 1
    assert queue.peek() == ("b", 2)
    assert queue.remove("c") == 3


@pytest.mark.requirement("R6")
def test_remove_keeps_the_order_of_the_rest():
    queue = heap(r=0, a=10, b=1, c=11, d=12, e=2, f=3)
    assert queue.remove("c") == 11
    assert queue.remove("r") == 0
    assert [queue.remove(queue.peek()[0]) for _ in range(5)] == [1, 2, 3, 10, 12]


@pytest.mark.requirement("R6")
def test_remove_needs_a_known_key():
    with pytest.raises(KeyError):
        heap(a=1).remove("b")


@pytest.mark.requirement("R7")
def test_pop_many_takes_the_best_entries():
    queue = heap(a=3, b=1, c=2)
    assert queue.pop_many(2) == [("b", 1), ("c", 2)]
    assert queue.pop_many(5) == [("a", 3)]
    assert queue.pop_many(1) == []


@pytest.mark.requirement("R7")
def test_pop_many_of_zero_takes_nothing():
    queue = heap(a=3)
    assert queue.pop_many(0) == []
    assert queue.pop_many(1) == [("a", 3)]


@pytest.mark.requirement("R7")
def test_pop_within_includes_the_limit():
    queue = heap(a=3, b=1, c=2, d=4)
    assert queue.pop_within(3) == [("b", 1), ("c", 2), ("a", 3)]
    assert queue.pop_within(3.9) == []
    assert queue.pop_within(99) == [("d", 4)]


@pytest.mark.requirement("R7")
def test_pop_within_follows_the_order_of_the_heap():
    queue = KeyedHeap([("a", 3), ("b", 1), ("c", 2)], largest_first=True)
    assert queue.pop_within(2) == [("a", 3), ("c", 2)]


@pytest.mark.requirement("R8")
def test_exchange_returns_the_old_top():
    queue = heap(a=1, b=2)
    assert queue.exchange("c", 5) == ("a", 1)
    assert queue.exchange("d", 0) == ("b", 2)
    assert queue.exchange("e", 9) == ("d", 0)


@pytest.mark.requirement("R8")
def test_exchange_may_reuse_the_key_on_top():
    queue = heap(a=1, b=2)
    assert queue.exchange("a", 3) == ("a", 1)
    assert queue.exchange("b", 4) == ("b", 2)


@pytest.mark.requirement("R8")
def test_exchange_refuses_other_keys_and_empty_heaps():
    queue = heap(a=1, b=2)
    with pytest.raises(DuplicateKey):
        queue.exchange("b", 3)
    assert queue.pop() == ("a", 1)
    with pytest.raises(EmptyHeap):
        KeyedHeap().exchange("b", 3)


@pytest.mark.requirement("R9")
def test_priority_is_looked_up_by_key():
    queue = heap(a=1, b=2)
    assert queue.priority("b") == 2
    with pytest.raises(UnknownKey):
        queue.priority("c")


@pytest.mark.requirement("R9")
def test_contains_and_size():
    queue = heap(a=1, b=2)
    assert (queue.contains("a"), queue.contains("z")) == (True, False)
    assert (queue.size(), KeyedHeap().size()) == (2, 0)


@pytest.mark.requirement("R10")
def test_ranking_lists_all_and_takes_none():
    queue = heap(a=3, b=1, c=2)
    assert queue.ranking() == [("b", 1), ("c", 2), ("a", 3)]
    assert queue.ranking() == [("b", 1), ("c", 2), ("a", 3)]
    assert KeyedHeap().ranking() == []


@pytest.mark.requirement("R10")
def test_copy_is_independent():
    queue = KeyedHeap([("a", 1), ("b", 1)], largest_first=True)
    twin = queue.copy()
    assert twin.pop() == ("a", 1)
    assert queue.ranking() == [("a", 1), ("b", 1)]
    assert twin.largest_first is True


@pytest.mark.requirement("R11")
def test_merged_holds_the_entries_of_both():
    both = heap(a=1, d=4).merged(heap(c=3, b=2))
    assert both.ranking() == [("a", 1), ("b", 2), ("c", 3), ("d", 4)]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    ("rule", "expected"), [("keep", (2, 5)), ("replace", (3, 4)), ("better", (2, 4)), ("sum", (5, 9))]
)
def test_merge_rules_settle_common_keys(rule, expected):
    both = heap(a=2, b=5).merged(heap(a=3, b=4), rule)
    assert sorted(both.ranking()) == [("a", expected[0]), ("b", expected[1])]


@pytest.mark.requirement("R11")
def test_merging_common_keys_is_an_error_at_first():
    with pytest.raises(DuplicateKey):
        heap(a=2).merged(heap(a=2))


@pytest.mark.requirement("R11")
def test_unknown_rules_are_refused():
    with pytest.raises(PriorityError):
        heap(a=2).merged(heap(b=2), "max")


@pytest.mark.requirement("R12")
def test_nan_cannot_be_pushed():
    queue = heap(a=1)
    with pytest.raises(PriorityError):
        queue.push("b", NAN)
    with pytest.raises(ValueError):
        KeyedHeap([("b", NAN)])
    queue.push("b", 2)


@pytest.mark.requirement("R12")
def test_nan_cannot_replace_a_priority():
    queue = heap(a=1)
    with pytest.raises(PriorityError):
        queue.update("a", NAN)
    assert queue.update("a", 2) == 1


@pytest.mark.requirement("R12")
def test_exchange_with_nan_changes_nothing():
    queue = heap(a=1)
    with pytest.raises(PriorityError):
        queue.exchange("b", NAN)
    assert queue.exchange("b", 2) == ("a", 1)


@pytest.mark.requirement("R13")
def test_top_k_and_bottom_k():
    assert top_k([3, 1, 4, 1, 5], 3) == [5, 4, 3]
    assert bottom_k([3, 1, 4, 1, 5], 3) == [1, 1, 3]


@pytest.mark.requirement("R13")
def test_top_k_of_few_values():
    assert top_k([2, 1], 5) == [2, 1]
    assert bottom_k([2, 1], 0) == []


@pytest.mark.requirement("R14")
def test_most_common_counts_the_words():
    assert most_common("b a c a b a".split(), 2) == [("a", 3), ("b", 2)]


@pytest.mark.requirement("R14")
def test_most_common_breaks_ties_by_first_occurrence():
    assert most_common(["z", "y", "x", "y", "z"], 3) == [("z", 2), ("y", 2), ("x", 1)]


@pytest.mark.requirement("R15")
def test_merge_sorted_interleaves_runs():
    assert merge_sorted([[1, 4, 9], [], [2, 3, 10, 11]]) == [1, 2, 3, 4, 9, 10, 11]
    assert merge_sorted([]) == []


@pytest.mark.requirement("R15")
def test_merge_sorted_takes_equals_from_the_earlier_run():
    merged = merge_sorted([[1.0, 2.0], [1, 2]])
    assert [type(value) for value in merged] == [float, int, float, int]


@pytest.mark.requirement("R16")
def test_shortest_distances_prefer_detours_that_are_shorter():
    graph = {"a": {"b": 7, "c": 2}, "c": {"b": 3, "d": 9}, "b": {"d": 1}, "x": {"a": 1}}
    assert list(shortest_distances(graph, "a").items()) == [("a", 0), ("c", 2), ("b", 5), ("d", 6)]


@pytest.mark.requirement("R16")
def test_longer_detours_change_nothing():
    assert shortest_distances({"a": {"b": 3, "c": 1}, "c": {"b": 9}}, "a") == {"a": 0, "c": 1, "b": 3}


@pytest.mark.requirement("R16")
def test_shortest_distances_stop_at_cycles():
    assert shortest_distances({"a": {"b": 0}, "b": {"a": 1, "b": 2}}, "a") == {"a": 0, "b": 0}


@pytest.mark.requirement("R16")
def test_bad_graphs_are_refused():
    with pytest.raises(UnknownKey):
        shortest_distances({"a": {}}, "b")
    with pytest.raises(PriorityError):
        shortest_distances({"a": {"b": -1}}, "a")
