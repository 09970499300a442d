import pytest
from shapevalues import (
    PointerError,
    SchemaError,
    has_duplicates,
    has_format,
    has_type,
    path_text,
    resolve,
    same_value,
    type_name,
)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null"),
        (False, "boolean"),
        (3, "integer"),
        (3.0, "integer"),
        (3.5, "number"),
        ("", "string"),
        ([], "array"),
        ({}, "object"),
    ],
)
def test_type_name(value, name):
    assert type_name(value) == name


@pytest.mark.requirement("R1")
def test_other_objects_have_no_type():
    with pytest.raises(TypeError):
        type_name({1, 2})


@pytest.mark.requirement("R1")
def test_has_type():
    assert has_type(3, "number")
    assert has_type(3, "integer")
    assert not has_type(3.5, "integer")
    assert not has_type(True, "integer")
    with pytest.raises(SchemaError):
        has_type(3, "float")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (False, False, True),
        ([1, [0]], [1.0, [0]], True),
        ([1], [1, 2], False),
        ([0], [False], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1.0}, True),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"b": 1}, False),
        (None, 0, False),
    ],
)
def test_same_value(first, second, same):
    assert same_value(first, second) is same


@pytest.mark.requirement("R2")
def test_has_duplicates():
    assert has_duplicates([1, "a", 1.0])
    assert has_duplicates([[1], [1]])
    assert not has_duplicates([1, True, "1", [1]])
    assert not has_duplicates([])


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("date", "1999-12-31", "19991231"),
        ("time", "23:59:59", "24:00:00"),
        ("time", "00:00:00.5+02:00", "00:60:00"),
        ("email", "a.b@c.org", "a@b"),
        ("email", "a@b.c", "a b@c.org"),
        ("ipv4", "192.168.0.255", "192.168.0.256"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"),
    ],
)
def test_has_format(name, good, bad):
    assert has_format(good, name)
    assert not has_format(bad, name)


@pytest.mark.requirement("R3")
def test_unknown_formats():
    with pytest.raises(SchemaError):
        has_format("x", "colour")


@pytest.mark.requirement("R4")
def test_path_text():
    assert path_text(()) == "$"
    assert path_text(("a", 0, "b_1")) == "$.a[0].b_1"
    assert path_text(("odd name", 'q"\\')) == '$["odd name"]["q\\"\\\\"]'


@pytest.mark.requirement("R4")
def test_resolve():
    document = {"a": [10, {"b/c": 1, "~": 2, "~1": 3}], "0": 5}
    assert resolve(document, "#") is document
    assert resolve(document, "#/a/0") == 10
    assert resolve(document, "#/a/1/b~1c") == 1
    assert resolve(document, "#/a/1/~0") == 2
    assert resolve(document, "#/a/1/~01") == 3
    assert resolve(document, "#/0") == 5


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "pointer", ["", "a", "#a", "other#/a", "#/b", "#/a/2", "#/a/-1", "#/a/00", "#/a/x", "#/a/0/x", "#/"]
)
def test_pointers_that_lead_nowhere(pointer):
    with pytest.raises(PointerError):
        resolve({"a": [10, 11]}, pointer)
