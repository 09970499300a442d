import pytest

from minitable import Table, TableError, UnknownColumn, aggregate


def fruit():
    return Table(
        ["name", "kind", "price"], [("fig", "soft", 3), ("nut", "hard", None), ("pear", "soft", 2), ("ash", "hard", 2)]
    )


@pytest.mark.requirement("R1")
def test_records_give_columns_in_order_of_first_appearance():
    table = Table.from_records([{"b": 1}, {"a": 2, "b": 3}])
    assert table.columns == ["b", "a"]
    assert table.rows == [(1, None), (3, 2)]


@pytest.mark.requirement("R1")
def test_records_of_a_table_are_dictionaries():
    assert Table(["a", "b"], [(1, 2), (3, None)]).records() == [{"a": 1, "b": 2}, {"a": 3, "b": None}]


@pytest.mark.requirement("R1")
def test_from_no_records_comes_an_empty_table():
    table = Table.from_records([])
    assert (table.columns, table.rows) == ([], [])


@pytest.mark.requirement("R2")
def test_select_keeps_the_named_columns_in_the_named_order():
    table = fruit().select(["price", "name"])
    assert table.columns == ["price", "name"]
    assert table.rows[0] == (3, "fig")


@pytest.mark.requirement("R2")
def test_select_of_an_unknown_column_is_an_error():
    with pytest.raises(UnknownColumn):
        fruit().select(["name", "weight"])


@pytest.mark.requirement("R2")
def test_column_lists_values_from_top_to_bottom():
    assert fruit().column("price") == [3, None, 2, 2]


@pytest.mark.requirement("R2")
def test_unknown_column_is_also_a_table_error():
    with pytest.raises(TableError):
        fruit().column("weight")


@pytest.mark.requirement("R3")
def test_rename_changes_only_mentioned_columns():
    assert fruit().rename({"kind": "sort"}).columns == ["name", "sort", "price"]


@pytest.mark.requirement("R3")
def test_rename_cannot_make_two_columns_of_one_name():
    with pytest.raises(TableError):
        fruit().rename({"kind": "name"})


@pytest.mark.requirement("R3")
def test_rename_of_an_unknown_column_is_an_error():
    with pytest.raises(UnknownColumn):
        fruit().rename({"weight": "mass"})


@pytest.mark.requirement("R4")
def test_order_by_first_key_then_second():
    table = fruit().order_by([("kind", True), ("price", False)])
    assert [row[0] for row in table.rows] == ["pear", "fig", "nut", "ash"]


@pytest.mark.requirement("R4")
def test_missing_values_come_first_ascending_and_last_descending():
    rising, falling = fruit().order_by([("price", False)]), fruit().order_by([("price", True)])
    assert [row[0] for row in rising.rows] == ["nut", "pear", "ash", "fig"]
    assert falling.rows[-1][0] == "nut"


@pytest.mark.requirement("R5")
def test_limit_skips_and_cuts():
    assert [row[0] for row in fruit().limit(2, 1).rows] == ["nut", "pear"]
    assert [row[0] for row in fruit().limit(1).rows] == ["fig"]


@pytest.mark.requirement("R5")
def test_limit_zero_is_allowed_but_negative_numbers_are_not():
    assert fruit().limit(0).rows == []
    for count, offset in [(-1, 0), (1, -1)]:
        with pytest.raises(TableError):
            fruit().limit(count, offset)


@pytest.mark.requirement("R5")
def test_distinct_keeps_the_first_of_equal_rows():
    assert Table(["a"], [(2,), (1,), (2,)]).distinct().rows == [(2,), (1,)]


@pytest.mark.requirement("R6")
def test_inner_join_pairs_rows_with_equal_keys():
    left = Table(["id"], [(1,), (2,), (None,)])
    right = Table(["ref", "v"], [(2, "x"), (2, "y"), (None, "z")])
    joined = left.join(right, "id", "ref")
    assert joined.columns == ["id", "ref", "v"]
    assert joined.rows == [(2, 2, "x"), (2, 2, "y")]


@pytest.mark.requirement("R6")
def test_outer_join_fills_rows_without_partner():
    left = Table(["id"], [(1,), (None,)])
    right = Table(["ref", "v"], [(1, "x"), (None, "z")])
    assert left.join(right, "id", "ref", outer=True).rows == [(1, 1, "x"), (None, None, None)]


@pytest.mark.requirement("R7")
def test_groups_come_in_order_of_their_first_row():
    table = fruit().group_by(["kind"], [("count", "*", "n"), ("count", "price", "priced")])
    assert table.columns == ["kind", "n", "priced"]
    assert table.rows == [("soft", 2, 2), ("hard", 2, 1)]


@pytest.mark.requirement("R7")
def test_grouping_an_empty_table_without_keys_gives_one_row():
    assert Table(["a"]).group_by([], [("count", "*", "n")]).rows == [(0,)]


@pytest.mark.requirement("R7")
def test_grouping_an_empty_table_with_keys_gives_no_row():
    assert Table(["a"]).group_by(["a"], [("count", "*", "n")]).rows == []


@pytest.mark.requirement("R7")
def test_only_count_accepts_a_star():
    with pytest.raises(TableError):
        fruit().group_by([], [("sum", "*", "n")])


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("function, result", [("count", 3), ("sum", 12), ("avg", 4), ("min", 1), ("max", 9)])
def test_aggregates_skip_missing_values(function, result):
    assert aggregate(function, [2, None, 9, 1]) == result


@pytest.mark.requirement("R8")
def test_aggregates_of_nothing():
    assert aggregate("count", [None]) == 0
    assert aggregate("sum", []) is None


@pytest.mark.requirement("R8")
def test_unknown_aggregates_are_refused():
    with pytest.raises(TableError):
        aggregate("median", [])


@pytest.mark.requirement("R9")
def test_operations_leave_the_table_unchanged():
    table = fruit()
    table.order_by([("price", False)])
    table.limit(1)
    assert [row[0] for row in table.rows] == ["fig", "nut", "pear", "ash"]


@pytest.mark.requirement("R9")
def test_tables_with_the_wrong_shape_cannot_come_into_being():
    with pytest.raises(TableError):
        Table(["a", "a"])
    with pytest.raises(TableError):
        Table(["a"], [(1, 2)])
    with pytest.raises(TableError):
        fruit().select(["name", "name"])
