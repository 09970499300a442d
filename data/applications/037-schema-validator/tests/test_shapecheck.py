import pytest
from shapecheck import (
    InvalidValue,
    Problem,
    coerced,
    ensure,
    is_valid,
    number_problems,
    schema_problems,
    text_problems,
    validate,
    with_defaults,
)
from shapevalues import SchemaError

TREE = {"properties": {"child": {"$ref": "#"}, "n": {"type": "integer"}}}


def found(value, schema):
    """Path and keyword of each problem."""
    return [(problem.path, problem.keyword) for problem in validate(value, schema)]


def faults(schema):
    """Path and keyword of each problem of a schema."""
    return [(problem.path, problem.keyword) for problem in schema_problems(schema)]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minimum": 2}, 2, 1.9),
        ({"maximum": 2}, 2, 2.1),
        ({"exclusiveMinimum": 2}, 2.1, 2),
        ({"exclusiveMaximum": 2}, 1.9, 2),
        ({"multipleOf": 0.1}, 0.3, 0.35),
        ({"multipleOf": 3}, -9, 4),
    ],
)
def test_limits_of_numbers(schema, good, bad):
    assert number_problems(good, schema) == []
    assert [problem.keyword for problem in number_problems(bad, schema)] == list(schema)


@pytest.mark.requirement("R5")
def test_limits_apply_to_numbers_only():
    assert found("a", {"minimum": 2}) == []
    assert found(True, {"minimum": 2}) == []
    assert found(1, {"minimum": 2}) == [((), "minimum")]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minLength": 2}, "ab", "a"),
        ({"maxLength": 2}, "äö", "abc"),
        ({"pattern": "b+$"}, "abb", "ba"),
        ({"format": "date"}, "2024-01-31", "2024-01-32"),
    ],
)
def test_limits_of_texts(schema, good, bad):
    assert text_problems(good, schema) == []
    assert [problem.keyword for problem in text_problems(bad, schema)] == list(schema)


@pytest.mark.requirement("R6")
def test_a_text_may_break_several_rules():
    assert found("a", {"minLength": 2, "pattern": "b"}) == [((), "minLength"), ((), "pattern")]
    assert found(5, {"minLength": 2, "pattern": "b"}) == []


@pytest.mark.requirement("R7")
def test_type_of_a_value():
    assert found(3, {"type": "string"}) == [((), "type")]
    assert found(3, {"type": ["string", "integer"]}) == []
    assert found(None, {"type": "null"}) == []


@pytest.mark.requirement("R7")
def test_enum_and_const():
    assert found(1.0, {"enum": ["a", 1]}) == []
    assert found(True, {"enum": ["a", 1]}) == [((), "enum")]
    assert found([1], {"const": [1]}) == []
    assert found(1, {"const": {}}) == [((), "const")]
    assert found(0, {"const": None}) == [((), "const")]


@pytest.mark.requirement("R7")
def test_schemas_that_are_true_or_false():
    assert found(3, True) == []
    assert found(3, False) == [((), "false")]
    assert found({"a": 1}, {"properties": {"a": False}}) == [(("a",), "false")]


@pytest.mark.requirement("R8")
def test_items_are_checked_one_by_one():
    assert found([1, "a", 2, None], {"items": {"type": "integer"}}) == [((1,), "type"), ((3,), "type")]


@pytest.mark.requirement("R8")
def test_prefix_items_come_first():
    schema = {"prefixItems": [{"type": "string"}, {"type": "null"}], "items": {"type": "integer"}}
    assert found(["a", None, 3], schema) == []
    assert found([1, None, "x"], schema) == [((0,), "type"), ((2,), "type")]
    assert found(["a"], schema) == []


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minItems": 1}, [0], []),
        ({"maxItems": 1}, [0], [0, 1]),
        ({"uniqueItems": True}, [1, True], [1, 1.0]),
        ({"contains": {"type": "string"}}, [1, "a"], [1, 2]),
    ],
)
def test_limits_of_lists(schema, good, bad):
    assert validate(good, schema) == []
    assert found(bad, schema) == [((), keyword) for keyword in schema]


@pytest.mark.requirement("R9")
def test_required_and_known_members():
    schema = {"required": ["a", "b"], "properties": {"a": {"type": "integer"}}}
    assert found({"a": "x"}, schema) == [(("b",), "required"), (("a",), "type")]
    assert found({"a": 1, "b": None, "c": 3}, schema) == []


@pytest.mark.requirement("R9")
def test_additional_members():
    assert found({"a": 1, "b": 2}, {"properties": {"a": True}, "additionalProperties": False}) == [
        (("b",), "additionalProperties")
    ]
    assert found({"a": "x", "b": "x"}, {"properties": {"a": True}, "additionalProperties": {"type": "null"}}) == [
        (("b",), "type")
    ]


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    ("schema", "good", "bad", "problem"),
    [
        ({"minProperties": 1}, {"a": 1}, {}, ((), "minProperties")),
        ({"maxProperties": 1}, {"a": 1}, {"a": 1, "b": 2}, ((), "maxProperties")),
        ({"propertyNames": {"maxLength": 1}}, {"a": 1}, {"ab": 1}, (("ab",), "propertyNames")),
        ({"dependentRequired": {"a": ["b"]}}, {"c": 1}, {"a": 1}, (("b",), "dependentRequired")),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1, "b": 1}, {"a": 1, "c": 1}, (("b",), "dependentRequired")),
    ],
)
def test_limits_of_objects(schema, good, bad, problem):
    assert validate(good, schema) == []
    assert found(bad, schema) == [problem]


@pytest.mark.requirement("R10")
def test_paths_lead_to_nested_problems():
    schema = {"properties": {"list": {"items": {"properties": {"n": {"minimum": 1}}}}}}
    assert found({"list": [{"n": 1}, {"n": 0}]}, schema) == [(("list", 1, "n"), "minimum")]


@pytest.mark.requirement("R10")
def test_ensure_raises_with_all_problems():
    value = [1]
    assert ensure(value, {"items": {"type": "integer"}}) is value
    with pytest.raises(InvalidValue) as caught:
        ensure(["a", None], {"items": {"type": "integer"}})
    assert [problem.path for problem in caught.value.problems] == [(0,), (1,)]
    assert isinstance(caught.value.problems[0], Problem)


@pytest.mark.requirement("R10")
def test_is_valid():
    assert is_valid([1], {"items": {"type": "integer"}}) is True
    assert is_valid(["a"], {"items": {"type": "integer"}}) is False


@pytest.mark.requirement("R11")
def test_all_of_reports_every_part():
    assert found(5, {"allOf": [{"minimum": 6}, {"maximum": 9}, {"maximum": 4}]}) == [((), "minimum"), ((), "maximum")]


@pytest.mark.requirement("R11")
def test_any_of_and_one_of():
    parts = [{"minimum": 5}, {"multipleOf": 2}]
    assert [is_valid(value, {"anyOf": parts}) for value in (3, 4, 5, 6)] == [False, True, True, True]
    assert [is_valid(value, {"oneOf": parts}) for value in (3, 4, 5, 6)] == [False, True, True, False]
    assert found(3, {"oneOf": parts, "anyOf": parts}) == [((), "anyOf"), ((), "oneOf")]


@pytest.mark.requirement("R11")
def test_not():
    assert found("a", {"not": {"type": "string"}}) == [((), "not")]
    assert found(1, {"not": {"type": "string"}}) == []


@pytest.mark.requirement("R11")
def test_conditions():
    schema = {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 10}}
    assert found("a", schema) == [((), "minLength")]
    assert found(9, schema) == [((), "minimum")]
    assert found(10, schema) == []
    assert found(9, {"if": {"type": "string"}, "then": {"minLength": 2}}) == []


@pytest.mark.requirement("R12")
def test_references():
    schema = {
        "definitions": {"n": {"type": "integer"}, "m": {"$ref": "#/definitions/n"}},
        "items": {"$ref": "#/definitions/m"},
    }
    assert found([1, "a"], schema) == [((1,), "type")]


@pytest.mark.requirement("R12")
def test_schemas_may_contain_themselves():
    assert found({"n": 1, "child": {"child": {"n": "x"}}}, TREE) == [(("child", "child", "n"), "type")]


@pytest.mark.requirement("R12")
def test_broken_references():
    with pytest.raises(SchemaError):
        validate(1, {"$ref": "#/definitions/none"})


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"allOf": [{"$ref": "#"}]}, {"not": {"$ref": "#"}}])
def test_circles_are_refused(schema):
    with pytest.raises(SchemaError):
        is_valid(1, schema)


@pytest.mark.requirement("R13")
def test_depth_is_limited():
    value = 1
    for _ in range(64):
        value = [value]
    assert is_valid(value, {"items": {"$ref": "#"}}) is True
    with pytest.raises(SchemaError):
        is_valid([value], {"items": {"$ref": "#"}})


@pytest.mark.requirement("R14")
def test_defaults_fill_in_missing_members():
    schema = {"properties": {"a": {"default": 1}, "b": {"default": None}, "c": {"type": "string"}}}
    assert with_defaults({"a": 5}, schema) == {"a": 5, "b": None}
    assert with_defaults("x", schema) == "x"
    assert with_defaults({"a": 1, "b": 2}, {"properties": {"a": True}}) == {"a": 1, "b": 2}


@pytest.mark.requirement("R14")
def test_defaults_reach_into_items_references_and_defaults():
    schema = {
        "definitions": {"point": {"default": {}, "properties": {"x": {"default": 0}}}},
        "properties": {"at": {"$ref": "#/definitions/point"}, "all": {"items": {"$ref": "#/definitions/point"}}},
    }
    assert with_defaults({"all": [{}, {"x": 2}]}, schema) == {"all": [{"x": 0}, {"x": 2}], "at": {"x": 0}}


@pytest.mark.requirement("R14")
def test_defaults_of_all_parts():
    schema = {
        "allOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"a": {"default": 2}, "b": {"default": 3}}}]
    }
    assert with_defaults({}, schema) == {"a": 1, "b": 3}


@pytest.mark.requirement("R15")
def test_neither_value_nor_schema_is_changed():
    value, schema = {"list": [{}]}, {"properties": {"list": {"items": {"properties": {"a": {"default": []}}}}}}
    filled = with_defaults(value, schema)
    filled["list"][0]["a"].append(1)
    assert value == {"list": [{}]}
    assert with_defaults(value, schema) == {"list": [{"a": []}]}


@pytest.mark.requirement("R15")
def test_coercion_changes_a_copy():
    value = {"a": ["1"]}
    assert coerced(value, {"properties": {"a": {"items": {"type": "integer"}}}}) == {"a": [1]}
    assert value == {"a": ["1"]}


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    ("text", "type", "expected"),
    [
        ("-12", "integer", -12),
        ("1.5", "integer", "1.5"),
        ("1.5e2", "number", 150.0),
        (".5", "number", ".5"),
        ("true", "boolean", True),
        ("yes", "boolean", "yes"),
        ("", "null", None),
        ("null", "null", None),
        ("12", "string", "12"),
        ("12", ["integer", "string"], "12"),
    ],
)
def test_coerced_texts(text, type, expected):
    assert coerced(text, {"type": type}) == expected


@pytest.mark.requirement("R16")
def test_coerced_members_and_items():
    schema = {"properties": {"a": {"type": "boolean"}, "l": {"items": {"type": "number"}}}}
    assert coerced({"a": "false", "l": ["1", 2, "x"], "z": "1"}, schema) == {"a": False, "l": [1.0, 2, "x"], "z": "1"}
    assert coerced(5, {"type": "string"}) == 5


@pytest.mark.requirement("R17")
def test_sound_schemas_have_no_problems():
    assert schema_problems(True) == []
    assert schema_problems({"type": ["null", "array"], "items": {"minimum": 1.5}, "required": ["a"], "title": 5}) == []
    assert schema_problems(TREE) == []


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        (5, ((), "schema")),
        ({"minimum": "1"}, (("minimum",), "minimum")),
        ({"minLength": 1.5}, (("minLength",), "minLength")),
        ({"uniqueItems": 1}, (("uniqueItems",), "uniqueItems")),
        ({"required": "a"}, (("required",), "required")),
        ({"type": "float"}, (("type",), "type")),
        ({"pattern": "("}, (("pattern",), "pattern")),
        ({"$ref": "#/x"}, (("$ref",), "$ref")),
        ({"allOf": {}}, (("allOf",), "allOf")),
        ({"allOf": 5}, (("allOf",), "allOf")),
        ({"properties": []}, (("properties",), "properties")),
    ],
)
def test_faults_of_schemas(schema, problem):
    assert faults(schema) == [problem]


@pytest.mark.requirement("R17")
def test_faults_inside_of_schemas():
    schema = {"items": {"anyOf": [True, {"type": ["null", "x"]}]}, "properties": {"a": {"not": 1}}}
    assert faults(schema) == [(("items", "anyOf", 1, "type"), "type"), (("properties", "a", "not"), "schema")]
