import pytest
from httpheads import BadHeader, Headers, HTTPError, split_list


def sample():
    return Headers([("Accept", "a"), ("Host", "x"), ("ACCEPT", " b\t")])


@pytest.mark.requirement("R1")
def test_items_keep_order_and_case():
    assert sample().items() == [("Accept", "a"), ("Host", "x"), ("ACCEPT", "b")]


@pytest.mark.requirement("R1")
def test_add_appends_beside_others():
    headers = sample()
    headers.add("host", "y")
    assert headers.items()[2:] == [("ACCEPT", "b"), ("host", "y")]


@pytest.mark.requirement("R1")
def test_get_joins_repeated_fields():
    assert sample().get("accept") == "a, b"
    assert sample().get("HOST") == "x"
    assert sample().get("Age") is None
    assert sample().get("Age", "0") == "0"


@pytest.mark.requirement("R1")
def test_get_all():
    assert sample().get_all("accept") == ["a", "b"]
    assert sample().get_all("age") == []


@pytest.mark.requirement("R2")
def test_put_replaces_the_first_and_drops_the_others():
    headers = sample()
    headers.put("accept", "c")
    assert headers.items() == [("accept", "c"), ("Host", "x")]


@pytest.mark.requirement("R2")
def test_put_appends_a_new_field():
    headers = sample()
    headers.put("Age", "1")
    assert headers.items()[-1] == ("Age", "1")
    assert len(headers.items()) == 4


@pytest.mark.requirement("R2")
def test_remove_tells_how_many():
    headers = sample()
    assert headers.remove("accept") == 2
    assert headers.remove("accept") == 0
    assert headers.items() == [("Host", "x")]


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("name", "value"), [("", "x"), ("a b", "x"), ("a:", "x"), ("é", "x"), ("a", "x\r\nb: y"), ("a", "\0")]
)
def test_impossible_fields_are_refused(name, value):
    with pytest.raises(BadHeader):
        Headers().add(name, value)
    with pytest.raises(HTTPError):
        Headers([(name, value)])


@pytest.mark.requirement("R3")
def test_put_refuses_impossible_fields():
    headers = sample()
    with pytest.raises(BadHeader):
        headers.put("Host", "a\nb")
    assert headers.items() == [("Accept", "a"), ("Host", "x"), ("ACCEPT", "b")]


@pytest.mark.requirement("R3")
def test_tabs_and_letters_beyond_ascii_are_allowed_in_values():
    headers = Headers()
    headers.add("x-!#$", "a\tü")
    assert headers.items() == [("x-!#$", "a\tü")]


@pytest.mark.requirement("R4")
def test_split_list():
    assert split_list("a, b ,,c") == ["a", "b", "c"]
    assert split_list(" , ") == []


@pytest.mark.requirement("R4")
def test_quoted_commas_do_not_split():
    assert split_list('x="1,2", y') == ['x="1,2"', "y"]
    assert split_list(r'"a\",b", c') == [r'"a\",b"', "c"]
