import pytest
from searchquery import QueryError, parse_query, query_stems, query_text


@pytest.mark.requirement("R5")
def test_words_beside_each_other_mean_and():
    both = ("and", (("term", "cat"), ("term", "dog")))
    assert parse_query("Cats dogs") == both
    assert parse_query("cat AND dog") == both
    assert parse_query("cat") == ("term", "cat")


@pytest.mark.requirement("R5")
def test_and_binds_closer_than_or():
    assert parse_query("x OR y z") == ("or", (("term", "x"), ("and", (("term", "y"), ("term", "z")))))


@pytest.mark.requirement("R5")
def test_parentheses():
    assert parse_query("(x OR y) z") == ("and", (("or", (("term", "x"), ("term", "y"))), ("term", "z")))


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("text", ["NOT x", "-x"])
def test_not(text):
    assert parse_query(text) == ("not", ("term", "x"))


@pytest.mark.requirement("R5")
def test_not_takes_a_group():
    assert parse_query("y -(x z)") == ("and", (("term", "y"), ("not", ("and", (("term", "x"), ("term", "z"))))))


@pytest.mark.requirement("R6")
def test_phrases_keep_their_gaps():
    assert parse_query('"Big and red Cats"') == ("phrase", (("big", 0), ("red", 2), ("cat", 3)))
    assert parse_query('"the cat"') == ("term", "cat")
    assert parse_query("well-known") == ("phrase", (("well", 0), ("known", 1)))


@pytest.mark.requirement("R6")
def test_prefixes():
    assert parse_query("Éc*") == ("prefix", "ec")
    assert parse_query("running*") == ("prefix", "running")


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text", ["", "  ", "the", "NOT the", "(the and)", "*"])
def test_nothing_left_means_everything(text):
    assert parse_query(text) == ("all",)


@pytest.mark.requirement("R6")
def test_stop_words_drop_out():
    assert parse_query("the cat OR of") == ("term", "cat")


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("(", 1),
        ("x )", 2),
        ('x "y', 2),
        ('"', 0),
        ("x AND", 5),
        ("OR x", 0),
        ("NOT", 3),
        ("()", 1),
        ("x (y", 4),
        ("AND", 0),
    ],
)
def test_broken_queries(text, position):
    with pytest.raises(QueryError) as caught:
        parse_query(text)
    assert caught.value.position == position


@pytest.mark.requirement("R8")
def test_query_stems():
    query = (
        "and",
        (("or", (("term", "x"), ("phrase", (("y", 0), ("z", 1))))), ("not", ("term", "w")), ("prefix", "p")),
    )
    assert query_stems(query) == {"x", "y", "z"}
    assert query_stems(("all",)) == set()


@pytest.mark.requirement("R8")
def test_query_text():
    query = ("or", (("and", (("term", "x"), ("not", ("prefix", "p")))), ("phrase", (("y", 0), ("z", 1)))))
    assert query_text(query) == '((x AND NOT p*) OR "y z")'
    assert query_text(("all",)) == "*"
