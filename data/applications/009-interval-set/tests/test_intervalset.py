import pytest
from intervalset import IntervalError, IntervalMap, IntervalSet, busiest, format_ranges, parse_ranges


@pytest.mark.requirement("R1")
def test_pairs_are_sorted_and_joined():
    assert list(IntervalSet([(5, 8), (1, 3), (2, 4)]).pairs) == [(1, 4), (5, 8)]


@pytest.mark.requirement("R1")
def test_touching_intervals_become_one():
    assert list(IntervalSet([(3, 5), (1, 3)]).pairs) == [(1, 5)]


@pytest.mark.requirement("R1")
def test_nested_intervals_disappear_in_the_larger():
    assert list(IntervalSet([(1, 10), (2, 3)]).pairs) == [(1, 10)]


@pytest.mark.requirement("R1")
def test_empty_intervals_are_dropped():
    assert list(IntervalSet([(4, 4), (1, 2)]).pairs) == [(1, 2)]
    assert IntervalSet([(4, 4)]).is_empty() is True
    assert IntervalSet([(4, 5)]).is_empty() is False


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("method", ["add", "remove", "covers", "overlaps", "gaps"])
def test_backward_intervals_are_refused_by_methods(method):
    with pytest.raises(IntervalError):
        getattr(IntervalSet([(0, 9)]), method)(5, 4)


@pytest.mark.requirement("R2")
def test_backward_assignments_are_refused():
    with pytest.raises(IntervalError):
        IntervalMap().assign(2, 1, "x")


@pytest.mark.requirement("R2")
def test_backward_erasing_and_slicing_are_refused():
    with pytest.raises(IntervalError):
        IntervalMap().erase(2, 1)
    with pytest.raises(IntervalError):
        IntervalMap().slice(2, 1)


@pytest.mark.requirement("R3")
def test_start_belongs_to_the_set_and_end_does_not():
    numbers = IntervalSet([(1, 3), (5, 8)])
    assert [numbers.contains(point) for point in (0, 1, 2.9, 3, 4, 5, 8)] == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]


@pytest.mark.requirement("R3")
def test_find_returns_the_interval_around_a_point():
    numbers = IntervalSet([(1, 3), (5, 8)])
    assert numbers.find(7.5) == (5, 8)
    assert numbers.find(1) == (1, 3)
    assert numbers.find(3) is None
    assert IntervalSet().find(0) is None


@pytest.mark.requirement("R4")
def test_covers_needs_one_interval_around_the_span():
    numbers = IntervalSet([(1, 4), (5, 8)])
    assert numbers.covers(1, 4) is True
    assert numbers.covers(2, 5) is False
    assert numbers.covers(3, 6) is False
    assert numbers.covers(0, 2) is False


@pytest.mark.requirement("R4")
def test_an_empty_span_is_covered_but_never_overlaps():
    assert IntervalSet().covers(3, 3) is True
    assert IntervalSet([(1, 5)]).overlaps(3, 3) is False


@pytest.mark.requirement("R4")
def test_overlaps_needs_a_common_number():
    numbers = IntervalSet([(1, 4), (6, 8)])
    assert numbers.overlaps(4, 6) is False
    assert numbers.overlaps(3, 5) is True
    assert numbers.overlaps(0, 1) is False
    assert numbers.overlaps(0, 9) is True


@pytest.mark.requirement("R5")
def test_measure_sums_the_lengths():
    assert IntervalSet([(1, 4), (5, 5.5), (2, 4)]).measure() == 3.5
    assert IntervalSet().measure() == 0


@pytest.mark.requirement("R5")
def test_hull_spans_from_first_to_last():
    assert IntervalSet([(7, 9), (1, 2)]).hull() == (1, 9)
    assert IntervalSet().hull() is None


@pytest.mark.requirement("R6")
def test_add_joins_what_it_bridges():
    assert list(IntervalSet([(1, 3), (5, 8)]).add(3, 5).pairs) == [(1, 8)]


@pytest.mark.requirement("R6")
def test_remove_splits_an_interval():
    assert list(IntervalSet([(1, 9)]).remove(3, 5).pairs) == [(1, 3), (5, 9)]


@pytest.mark.requirement("R6")
def test_remove_clips_at_the_ends():
    assert list(IntervalSet([(1, 4), (5, 8)]).remove(3, 6).pairs) == [(1, 3), (6, 8)]
    assert list(IntervalSet([(1, 4)]).remove(1, 4).pairs) == []
    assert list(IntervalSet([(1, 4)]).remove(4, 9).pairs) == [(1, 4)]


@pytest.mark.requirement("R7")
def test_add_leaves_the_original_alone():
    numbers = IntervalSet([(1, 3)])
    assert list(numbers.add(7, 9).pairs) == [(1, 3), (7, 9)]
    assert list(numbers.pairs) == [(1, 3)]


@pytest.mark.requirement("R7")
def test_remove_leaves_the_original_alone():
    numbers = IntervalSet([(1, 3)])
    assert list(numbers.remove(2, 3).pairs) == [(1, 2)]
    assert list(numbers.pairs) == [(1, 3)]


@pytest.mark.requirement("R8")
def test_union_holds_the_numbers_of_either():
    ours, theirs = IntervalSet([(1, 3), (7, 9)]), IntervalSet([(2, 5), (9, 10)])
    assert list(ours.union(theirs).pairs) == [(1, 5), (7, 10)]


@pytest.mark.requirement("R8")
def test_intersection_holds_the_numbers_of_both():
    ours, theirs = IntervalSet([(1, 5), (6, 9)]), IntervalSet([(0, 2), (4, 7), (8, 12)])
    assert list(ours.intersection(theirs).pairs) == [(1, 2), (4, 5), (6, 7), (8, 9)]


@pytest.mark.requirement("R8")
def test_the_longer_set_may_go_on_behind_the_other():
    short, long = IntervalSet([(0, 1)]), IntervalSet([(0, 1), (5, 6)])
    assert list(long.intersection(short).pairs) == list(short.intersection(long).pairs) == [(0, 1)]


@pytest.mark.requirement("R1")
def test_an_interval_inside_a_later_one_changes_nothing():
    assert list(IntervalSet([(0, 1), (2, 9), (3, 4)]).pairs) == [(0, 1), (2, 9)]


@pytest.mark.requirement("R15")
def test_equal_neighbours_are_joined_behind_other_items():
    found = IntervalMap()
    for start, end, value in [(0, 1, "a"), (2, 3, "b"), (3, 4, "b"), (4, 5, "a")]:
        found.assign(start, end, value)
    assert list(found.items) == [(0, 1, "a"), (2, 4, "b"), (4, 5, "a")]


@pytest.mark.requirement("R8")
def test_touching_sets_have_no_intersection():
    assert IntervalSet([(1, 5)]).intersection(IntervalSet([(5, 9)])).is_empty()


@pytest.mark.requirement("R9")
def test_difference_takes_the_other_away():
    ours, theirs = IntervalSet([(1, 5), (6, 9)]), IntervalSet([(2, 3), (4, 7)])
    assert list(ours.difference(theirs).pairs) == [(1, 2), (3, 4), (7, 9)]


@pytest.mark.requirement("R9")
def test_symmetric_difference_holds_what_one_set_has():
    ours, theirs = IntervalSet([(1, 5)]), IntervalSet([(3, 8)])
    assert list(ours.symmetric_difference(theirs).pairs) == [(1, 3), (5, 8)]
    assert list(ours.symmetric_difference(ours).pairs) == []


@pytest.mark.requirement("R10")
def test_gaps_are_the_free_stretches_of_a_window():
    assert list(IntervalSet([(1, 3), (5, 8)]).gaps(0, 10).pairs) == [(0, 1), (3, 5), (8, 10)]


@pytest.mark.requirement("R10")
def test_gaps_stay_within_the_window():
    assert list(IntervalSet([(1, 3), (5, 8)]).gaps(2, 5).pairs) == [(3, 5)]
    assert list(IntervalSet([(1, 3)]).gaps(1, 3).pairs) == []


@pytest.mark.requirement("R11")
def test_next_free_fits_exactly_between():
    busy = IntervalSet([(2, 4), (6, 9)])
    assert busy.next_free(0, 2) == 0
    assert busy.next_free(1, 2) == 4
    assert busy.next_free(1, 2.5) == 9


@pytest.mark.requirement("R11")
def test_next_free_begins_at_the_start_when_nothing_is_in_the_way():
    assert IntervalSet([(2, 4)]).next_free(4, 100) == 4
    assert IntervalSet([(2, 4)]).next_free(3, 1) == 4
    assert IntervalSet([(0, 1)]).next_free(5, 1) == 5


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("length", [0, -1])
def test_next_free_needs_a_positive_length(length):
    with pytest.raises(IntervalError):
        IntervalSet().next_free(0, length)


@pytest.mark.requirement("R12")
def test_shift_moves_every_interval():
    assert list(IntervalSet([(1, 3), (5, 6)]).shift(-2).pairs) == [(-1, 1), (3, 4)]


@pytest.mark.requirement("R12")
def test_expand_widens_and_joins():
    assert list(IntervalSet([(1, 3), (5, 6), (20, 21)]).expand(1).pairs) == [(0, 7), (19, 22)]


@pytest.mark.requirement("R12")
def test_negative_expand_shrinks_and_drops():
    assert list(IntervalSet([(1, 3), (10, 20)]).expand(-1).pairs) == [(11, 19)]


@pytest.mark.requirement("R13")
def test_parse_reads_numbers_and_inclusive_ranges():
    assert list(parse_ranges("9, 1-4").pairs) == [(1, 5), (9, 10)]
    assert list(parse_ranges("3-3").pairs) == [(3, 4)]
    assert list(parse_ranges("  ").pairs) == []


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("text", ["a", "1-", "-3", "1,,2", "4-2", "4-3", "1-2-3", "1.5"])
def test_parse_refuses_other_texts(text):
    with pytest.raises(IntervalError):
        parse_ranges(text)


@pytest.mark.requirement("R1")
def test_only_a_set_without_numbers_is_empty():
    assert IntervalSet().is_empty() is True
    assert IntervalSet([(4, 5)]).is_empty() is False


@pytest.mark.requirement("R13")
def test_format_writes_inclusive_ranges():
    assert format_ranges(IntervalSet([(1, 5), (7, 9), (11, 12)])) == "1-4,7-8,11"
    assert format_ranges(IntervalSet()) == ""


@pytest.mark.requirement("R14")
def test_busiest_counts_the_deepest_overlap():
    assert busiest([(1, 5), (2, 6), (4, 9)]) == (3, (4, 5))


@pytest.mark.requirement("R14")
def test_busiest_does_not_count_touching_intervals_twice():
    assert busiest([(1, 3), (3, 5)]) == (1, (1, 3))


@pytest.mark.requirement("R14")
def test_busiest_of_nothing():
    assert busiest([]) == (0, None)
    assert busiest([(2, 2)]) == (0, None)
    with pytest.raises(IntervalError):
        busiest([(3, 2)])


@pytest.mark.requirement("R15")
def test_map_gives_the_value_at_a_point():
    prices = IntervalMap([(0, 10, "low"), (10, 20, "high")])
    assert [prices.get(point) for point in (-1, 0, 9, 10, 20)] == [None, "low", "low", "high", None]
    assert prices.get(20, "?") == "?"


@pytest.mark.requirement("R15")
def test_later_items_hide_earlier_ones():
    assert list(IntervalMap([(0, 10, "a"), (3, 5, "b")]).items) == [(0, 3, "a"), (3, 5, "b"), (5, 10, "a")]


@pytest.mark.requirement("R15")
def test_touching_items_with_equal_values_are_joined():
    shades = IntervalMap([(5, 8, "a"), (0, 5, "a"), (9, 10, "a"), (10, 11, "b"), (20, 20, "c")])
    assert list(shades.items) == [(0, 8, "a"), (9, 10, "a"), (10, 11, "b")]


@pytest.mark.requirement("R16")
def test_assign_overrides_a_stretch():
    shades = IntervalMap([(0, 10, "a")])
    shades.assign(8, 12, "b")
    assert (shades.get(7), shades.get(8), shades.get(11)) == ("a", "b", "b")


@pytest.mark.requirement("R16")
def test_erase_forgets_a_stretch():
    shades = IntervalMap([(0, 10, "a")])
    shades.erase(2, 4)
    assert [shades.get(point) for point in (1, 2, 3, 4)] == ["a", None, None, "a"]
    shades.erase(0, 1)
    shades.erase(9, 10)
    assert list(shades.items) == [(1, 2, "a"), (4, 9, "a")]


@pytest.mark.requirement("R16")
def test_erasing_nothing_keeps_the_map():
    shades = IntervalMap([(0, 10, "a")])
    shades.erase(2, 2)
    assert list(shades.items) == [(0, 10, "a")]


@pytest.mark.requirement("R17")
def test_where_collects_the_places_of_a_value():
    shades = IntervalMap([(0, 10, "a"), (3, 5, "b")])
    assert list(shades.where("a").pairs) == [(0, 3), (5, 10)]
    assert shades.where("z").is_empty()


@pytest.mark.requirement("R17")
def test_slice_cuts_the_map():
    part = IntervalMap([(0, 4, "a"), (4, 8, "b"), (8, 9, "c")]).slice(2, 8)
    assert list(part.items) == [(2, 4, "a"), (4, 8, "b")]
