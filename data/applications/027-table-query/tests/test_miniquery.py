import pytest

from minitable import Table, TableError, UnknownColumn
from miniquery import (
    Database,
    QuerySyntaxError,
    evaluate,
    keep,
    matches_pattern,
    parse_condition,
    parse_query,
    tokenize,
)

A, B = ("column", "a"), ("column", "b")


def shop():
    people = Table(["id", "name", "city"], [(1, "Ann", "Rome"), (2, "Bob", "Oslo"), (3, "Cy", "Rome"), (4, "Di", None)])
    orders = Table(["buyer", "total"], [(1, 30), (3, 5), (1, 12)])
    return Database({"people": people, "orders": orders})


@pytest.mark.requirement("R10")
def test_tokens_have_kind_value_and_position():
    assert tokenize("SELECT a.b <= -1.5") == [
        ("keyword", "select", 0),
        ("name", "a.b", 7),
        ("symbol", "<=", 11),
        ("number", -1.5, 14),
    ]


@pytest.mark.requirement("R10")
def test_whole_numbers_and_quotes_in_strings():
    assert tokenize("7 'it''s'") == [("number", 7, 0), ("string", "it's", 2)]


@pytest.mark.requirement("R10")
def test_unknown_characters_are_reported_with_their_position():
    with pytest.raises(QuerySyntaxError) as caught:
        tokenize("a ; b")
    assert caught.value.position == 2


@pytest.mark.requirement("R11")
def test_and_binds_tighter_than_or_and_not_tighter_than_and():
    one, two = ("=", A, ("value", 1)), ("<", B, ("value", "x"))
    assert parse_condition("a = 1 or not b < 'x' and a = 1") == ("or", one, ("and", ("not", two), one))


@pytest.mark.requirement("R11")
def test_parentheses_change_the_grouping():
    test = ("=", A, ("value", True))
    assert parse_condition("(a = true or a = true) and a = true") == ("and", ("or", test, test), test)


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "text, parsed",
    [
        ("a is null", ("null", A)),
        ("a is not null", ("not", ("null", A))),
        ("a in (1, null)", ("in", A, [("value", 1), ("value", None)])),
        ("a not in (b)", ("not", ("in", A, [B]))),
        ("a like 'x%'", ("like", A, ("value", "x%"))),
        ("a <> b", ("!=", A, B)),
    ],
)
def test_special_comparisons(text, parsed):
    assert parse_condition(text) == parsed


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("text", ["a", "a =", "(a = 1", "a = 1 b", "a not = 1", "a like b", "a in ()", ""])
def test_malformed_conditions(text):
    with pytest.raises(QuerySyntaxError):
        parse_condition(text)


@pytest.mark.requirement("R12")
def test_all_clauses_of_a_query():
    query = parse_query(
        "select distinct c as k, count(*) from t left join u on t.x = u.y where a = 1"
        " group by c, d having k > 2 order by k desc, c limit 3 offset 4"
    )
    assert query.distinct is True
    assert query.columns == [("", "c", "k"), ("count", "*", "count(*)")]
    assert (query.source, query.join) == ("t", ("u", "t.x", "u.y", True))
    assert query.where == ("=", A, ("value", 1))
    assert query.group == ("c", "d")
    assert query.having == (">", ("column", "k"), ("value", 2))
    assert query.order == (("k", True), ("c", False))
    assert (query.limit, query.offset) == (3, 4)


@pytest.mark.requirement("R12")
def test_the_shortest_query():
    query = parse_query("select * from t")
    assert (query.columns, query.source, query.distinct) == ([], "t", False)
    assert (query.join, query.where, query.order, query.limit) == (None, None, (), None)


@pytest.mark.requirement("R12")
def test_inner_join_and_limit_without_offset():
    query = parse_query("select MAX(a) as m from t join u on x = y limit 0")
    assert query.columns == [("max", "a", "m")]
    assert query.join == ("u", "x", "y", False)
    assert (query.limit, query.offset) == (0, 0)


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    "text",
    [
        "select from t",
        "select a t",
        "select a from t limit 1.5",
        "select a from t limit -1",
        "select a, from t",
        "select a from t x",
    ],
)
def test_malformed_queries(text):
    with pytest.raises(QuerySyntaxError):
        parse_query(text)


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    "text, pattern, fits",
    [
        ("Banana", "b%a", True),
        ("banana", "b_n", False),
        ("ban", "b_n", True),
        ("a.c", "a.c", True),
        ("abc", "a.c", False),
        ("", "%", True),
        ("", "_", False),
        ("a\nb", "a_b", True),
    ],
)
def test_patterns(text, pattern, fits):
    assert matches_pattern(text, pattern) is fits


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "operator, outcomes",
    [
        ("=", [False, True, False]),
        ("!=", [True, False, True]),
        ("<", [True, False, False]),
        ("<=", [True, True, False]),
        (">", [False, False, True]),
        (">=", [False, True, True]),
    ],
)
def test_comparisons_below_at_and_above(operator, outcomes):
    assert [evaluate((operator, A, ("value", 5)), {"a": value}) for value in (4, 5, 6)] == outcomes


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("operator", ["=", "!=", "<", ">=", ">", "<="])
def test_missing_values_compare_false_on_either_side(operator):
    assert evaluate((operator, A, B), {"a": None, "b": 1}) is False
    assert evaluate((operator, A, B), {"a": 1, "b": None}) is False


@pytest.mark.requirement("R14")
def test_values_that_cannot_be_ordered_compare_false():
    assert evaluate(("<", A, ("value", 1)), {"a": "x"}) is False
    assert evaluate((">=", A, ("value", 1)), {"a": "x"}) is False


@pytest.mark.requirement("R14")
def test_logic_null_and_membership():
    yes, no = ("value", True), ("value", False)
    assert [evaluate(("and", one, two), {}) for one in (yes, no) for two in (yes, no)] == [True, False, False, False]
    assert [evaluate(("or", one, two), {}) for one in (yes, no) for two in (yes, no)] == [True, True, True, False]
    assert evaluate(("not", yes), {}) is False
    assert evaluate(("null", A), {"a": None}) is True
    assert [evaluate(("in", A, [("value", 1), ("value", None)]), {"a": value}) for value in (1, 2, None)] == [
        True,
        False,
        False,
    ]


@pytest.mark.requirement("R14")
def test_like_works_on_numbers_as_text():
    assert evaluate(("like", A, ("value", "1_")), {"a": 12}) is True


@pytest.mark.requirement("R14")
def test_unknown_columns_in_conditions():
    with pytest.raises(UnknownColumn):
        evaluate(A, {"b": 1})


@pytest.mark.requirement("R15")
def test_keep_filters_rows():
    table = keep(Table(["a", "b"], [(1, 2), (3, 2), (2, 2)]), (">=", A, B))
    assert (table.columns, table.rows) == (["a", "b"], [(3, 2), (2, 2)])


@pytest.mark.requirement("R16")
def test_created_tables_are_listed_alphabetically_and_only_once():
    database = Database()
    database.create("z", ["a"])
    database.create("b", ["a"])
    assert database.names() == ["b", "z"]
    with pytest.raises(TableError):
        database.create("z", ["c"])


@pytest.mark.requirement("R16")
def test_insert_counts_and_fills_with_none():
    database = Database({"t": Table(["a", "b"], [(0, 0)])})
    assert database.insert("t", [{"b": 1}, {"a": 2, "b": 3}]) == 2
    assert database.query("select * from t").rows == [(0, 0), (None, 1), (2, 3)]


@pytest.mark.requirement("R16")
def test_insert_refuses_unknown_columns_and_tables():
    database = Database({"t": Table(["a"])})
    with pytest.raises(UnknownColumn):
        database.insert("t", [{"a": 1}, {"c": 1}])
    with pytest.raises(TableError):
        database.insert("u", [])


@pytest.mark.requirement("R17")
def test_where_and_order_may_use_columns_that_are_not_selected():
    result = shop().query("select name as who from people where city = 'Rome' order by id desc")
    assert result.records() == [{"who": "Cy"}, {"who": "Ann"}]


@pytest.mark.requirement("R17")
def test_distinct_takes_effect_before_limit():
    assert shop().query("select distinct city from people limit 2 offset 1").rows == [("Oslo",), (None,)]


@pytest.mark.requirement("R17")
def test_unknown_tables_in_queries():
    with pytest.raises(TableError):
        shop().query("select * from nothing")


@pytest.mark.requirement("R17")
def test_joined_columns_carry_the_name_of_their_table():
    result = shop().query(
        "select people.name, orders.total from people left join orders on people.id = orders.buyer where people.id != 2"
    )
    assert result.columns == ["people.name", "orders.total"]
    assert result.rows == [("Ann", 30), ("Ann", 12), ("Cy", 5), ("Di", None)]


@pytest.mark.requirement("R18")
def test_grouping_with_having_and_order_by_alias():
    result = shop().query(
        "select buyer as who, sum(total) as spent from orders group by buyer having spent > 4 order by spent"
    )
    assert result.records() == [{"who": 3, "spent": 5}, {"who": 1, "spent": 42}]


@pytest.mark.requirement("R18")
def test_having_removes_groups():
    assert shop().query(
        "select city, count(*) from people where city is not null group by city having city != 'Oslo'"
    ).rows == [("Rome", 2)]


@pytest.mark.requirement("R18")
def test_aggregates_without_group_make_one_row():
    assert shop().query("select count(*) as n, avg(total) from orders").records() == [{"n": 3, "avg(total)": 47 / 3}]


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(
    "text", ["select name, count(*) from people group by city", "select * from people group by city"]
)
def test_plain_columns_outside_the_group_are_refused(text):
    with pytest.raises(TableError):
        shop().query(text)
