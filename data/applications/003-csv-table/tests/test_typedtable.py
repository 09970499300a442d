import datetime

import pytest
from typedtable import Table, TableError, infer_kind, parse_cell, read_table

PEOPLE = Table(
    ("name", "team", "age"),
    (("Ann", "red", 31), ("Bob", "blue", None), ("Cid", "red", 25), ("Dee", None, 40), ("Eve", "blue", 25)),
)


def names(table):
    at = table.columns.index("name")
    return [row[at] for row in table.rows]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "text, kind, value",
    [
        (" 42 ", "int", 42),
        ("-7", "int", -7),
        ("2.50", "float", 2.5),
        ("3", "float", 3.0),
        ("-.5e1", "float", -5.0),
        ("TRUE", "bool", True),
        ("false", "bool", False),
        ("2024-02-29", "date", datetime.date(2024, 2, 29)),
        (" x ", "text", " x "),
        ("  ", "text", None),
        ("", "int", None),
    ],
)
def test_cells_are_read_by_kind(text, kind, value):
    result = parse_cell(text, kind)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "text, kind",
    [
        ("1.5", "int"),
        ("1_000", "int"),
        ("inf", "float"),
        ("nan", "float"),
        ("1", "bool"),
        ("2023-02-29", "date"),
        ("20240229", "date"),
        ("x", "number"),
    ],
)
def test_what_is_not_of_a_kind_is_refused(text, kind):
    with pytest.raises(TableError):
        parse_cell(text, kind)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "fields, kind",
    [
        (["1", "", "-2"], "int"),
        (["1", "2.5"], "float"),
        (["true", "False"], "bool"),
        (["2024-01-01", " "], "date"),
        (["1", "true"], "text"),
        (["x"], "text"),
        (["", " "], "text"),
        ([], "text"),
    ],
)
def test_kinds_are_inferred(fields, kind):
    assert infer_kind(fields) == kind


@pytest.mark.requirement("R7")
def test_a_table_is_read_with_inferred_kinds():
    table = read_table("id, name ,ok\n1,Ann,true\n2,,false\n")
    assert table == Table(("id", "name", "ok"), ((1, "Ann", True), (2, None, False)))


@pytest.mark.requirement("R7")
def test_given_kinds_and_delimiter_win():
    table = read_table("id;x\n007;1", ";", {"id": "text", "x": "float"})
    assert table.rows == (("007", 1.0),)


@pytest.mark.requirement("R7")
def test_a_table_may_have_no_rows():
    assert read_table("a,b\n") == Table(("a", "b"), ())


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("text", ["", "\n\n", "a,a\n1,2", "a,\n1,2", "a, a", "a,b\n1", "a,b\n1,2\n1,2,3"])
def test_uneven_tables_are_refused(text):
    with pytest.raises(TableError):
        read_table(text)


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("kinds", [{"b": "int"}, {"c": "int"}, {"a": "number"}])
def test_unfitting_kinds_are_refused(kinds):
    with pytest.raises(TableError):
        read_table("a,b\n1,x", kinds=kinds)


@pytest.mark.requirement("R9")
def test_columns_are_taken_out():
    assert PEOPLE.column("age") == [31, None, 25, 40, 25]
    with pytest.raises(TableError):
        PEOPLE.column("Age")


@pytest.mark.requirement("R9")
def test_records():
    assert Table(("a", "b"), ((1, "x"), (2, None))).records() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


@pytest.mark.requirement("R10")
def test_selected_columns_come_in_the_named_order():
    assert Table(("a", "b", "c"), ((1, 2, 3), (4, 5, 6))).select(["c", "a"]) == Table(("c", "a"), ((3, 1), (6, 4)))


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("chosen", [["x"], ["name", "name"]])
def test_selection_refuses_unknown_and_repeated_names(chosen):
    with pytest.raises(TableError):
        PEOPLE.select(chosen)


@pytest.mark.requirement("R10")
def test_columns_are_renamed():
    renamed = PEOPLE.renamed({"age": "years", "name": "age"})
    assert renamed == Table(("age", "team", "years"), PEOPLE.rows)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("mapping", [{"x": "y"}, {"name": "age"}, {"name": ""}])
def test_renaming_refuses_unknown_and_colliding_names(mapping):
    with pytest.raises(TableError):
        PEOPLE.renamed(mapping)


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "operator, kept",
    [
        ("==", ["Ann"]),
        ("!=", ["Bob", "Cid", "Dee", "Eve"]),
        ("<", ["Cid", "Eve"]),
        ("<=", ["Ann", "Cid", "Eve"]),
        (">", ["Dee"]),
        (">=", ["Ann", "Dee"]),
    ],
)
def test_rows_are_filtered_by_comparison(operator, kept):
    assert names(PEOPLE.where("age", operator, 31)) == kept


@pytest.mark.requirement("R11")
def test_rows_are_filtered_by_containment_and_absence():
    assert names(PEOPLE.where("team", "contains", "e")) == ["Ann", "Bob", "Cid", "Eve"]
    assert names(PEOPLE.where("team", "contains", "lu")) == ["Bob", "Eve"]
    assert names(PEOPLE.where("age", "==", None)) == ["Bob"]


@pytest.mark.requirement("R11")
def test_unknown_relations_and_columns_are_refused():
    with pytest.raises(TableError):
        PEOPLE.where("age", "=", 31)
    with pytest.raises(TableError):
        PEOPLE.where("size", "==", 31)


@pytest.mark.requirement("R12")
def test_sorting_is_stable_with_missing_values_last():
    assert names(PEOPLE.sorted_by(["age"])) == ["Cid", "Eve", "Ann", "Dee", "Bob"]
    assert names(PEOPLE.sorted_by(["-age"])) == ["Dee", "Ann", "Cid", "Eve", "Bob"]


@pytest.mark.requirement("R12")
def test_sorting_by_several_columns():
    assert names(PEOPLE.sorted_by(["team", "-age"])) == ["Eve", "Bob", "Ann", "Cid", "Dee"]
    assert names(PEOPLE.sorted_by(["-team", "name"])) == ["Ann", "Cid", "Bob", "Eve", "Dee"]


@pytest.mark.requirement("R12")
def test_sorting_by_an_unknown_column_is_refused():
    with pytest.raises(TableError):
        PEOPLE.sorted_by(["-size"])


@pytest.mark.requirement("R13")
def test_repeated_rows_are_dropped():
    assert Table(("a",), ((2,), (1,), (2,), (None,), (1,))).distinct().rows == ((2,), (1,), (None,))


@pytest.mark.requirement("R13")
def test_slices_of_rows():
    assert names(PEOPLE.slice(1, 2)) == ["Bob", "Cid"]
    assert names(PEOPLE.slice(0, 0)) == []
    assert names(PEOPLE.slice(4, 9)) == ["Eve"]


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("start, count", [(-1, 2), (0, -1)])
def test_negative_slices_are_refused(start, count):
    with pytest.raises(TableError):
        PEOPLE.slice(start, count)


@pytest.mark.requirement("R14")
def test_groups_come_in_order_of_appearance():
    result = PEOPLE.group(["team"], {"size": ("name", "count"), "oldest": ("age", "max")})
    assert result == Table(("team", "size", "oldest"), (("red", 2, 31), ("blue", 2, 25), (None, 1, 40)))


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "kind, results",
    [
        ("count", [2, 0]),
        ("sum", [40, 0]),
        ("min", [10, None]),
        ("max", [30, None]),
        ("mean", [20.0, None]),
        ("first", [30, None]),
    ],
)
def test_aggregates_leave_missing_values_out(kind, results):
    table = Table(("k", "v"), (("a", None), ("a", 30), ("a", 10), ("b", None)))
    assert [row[1] for row in table.group(["k"], {"x": ("v", kind)}).rows] == results


@pytest.mark.requirement("R14")
def test_grouping_by_several_or_no_columns():
    table = Table(("a", "b"), ((1, 1), (1, 2), (1, 1)))
    assert table.group(["b", "a"], {"n": ("a", "count")}).rows == ((1, 1, 2), (2, 1, 1))
    assert table.group([], {"n": ("b", "sum")}) == Table(("n",), ((4,),))


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "by, aggregates",
    [
        (["x"], {}),
        (["team"], {"n": ("x", "count")}),
        (["team"], {"n": ("age", "median")}),
        (["team"], {"team": ("age", "sum")}),
    ],
)
def test_impossible_groupings_are_refused(by, aggregates):
    with pytest.raises(TableError):
        PEOPLE.group(by, aggregates)


TEAMS = Table(("floor", "team", "lead"), ((1, "red", "Ann"), (2, "blue", "Bob"), (3, "red", "Cid"), (4, None, "Dee")))


@pytest.mark.requirement("R15")
def test_joined_rows_have_all_partners():
    left = Table(("team", "n"), (("red", 1), ("blue", 2), ("green", 3)))
    assert left.join(TEAMS, "team") == Table(
        ("team", "n", "floor", "lead"), (("red", 1, 1, "Ann"), ("red", 1, 3, "Cid"), ("blue", 2, 2, "Bob"))
    )


@pytest.mark.requirement("R15")
def test_rows_without_partner_are_kept_on_request():
    left = Table(("team",), (("green",), (None,), ("blue",)))
    assert left.join(TEAMS, "team", keep_unmatched=True).rows == (
        ("green", None, None),
        (None, None, None),
        ("blue", 2, "Bob"),
    )
    assert left.join(TEAMS, "team").rows == (("blue", 2, "Bob"),)


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("columns, on", [(("team", "lead"), "team"), (("name", "x"), "name"), (("a", "x"), "team")])
def test_impossible_joins_are_refused(columns, on):
    with pytest.raises(TableError):
        Table(columns, (("red", 1),)).join(TEAMS, on)


@pytest.mark.requirement("R16")
def test_tables_are_written_with_header_and_gaps():
    table = Table(("a", "b,c"), ((1, True), (None, "x,y"), (2.5, datetime.date(2024, 1, 2)), (False, "")))
    assert table.to_text() == 'a,"b,c"\n1,true\n,"x,y"\n2.5,2024-01-02\nfalse,\n'


@pytest.mark.requirement("R16")
def test_tables_are_written_with_another_delimiter():
    assert Table(("a", "b"), ((None, 1),)).to_text("\t") == "a\tb\n\t1\n"
    assert Table(("a",), ((None,),)).to_text() == 'a\n""\n'
