import pytest
from tagmessage import (
    Field,
    FieldError,
    MissingField,
    Schema,
    SchemaError,
    TooDeep,
    UnknownField,
    WrongValue,
    frame,
    scan,
    split_frames,
)
from wirevar import Truncated, WireError


def single(type, **options):
    """A schema with the one field `v` of tag 1."""
    return Schema([Field(1, "v", type, **options)])


def pair():
    return Schema([Field(2, "b", "text"), Field(1, "a", "uint")])


def outer():
    inner = Schema([Field(1, "n", "uint", required=True), Field(2, "list", "int", repeated=True)])
    return Schema([Field(3, "sub", "message", schema=inner), Field(4, "x", "uint")])


def nested(depth):
    schema = single("uint")
    for _ in range(depth):
        schema = single("message", schema=schema)
    return schema


@pytest.mark.requirement("R4")
def test_fields_are_in_the_order_of_tags():
    assert [each.name for each in pair().fields] == ["a", "b"]


@pytest.mark.requirement("R4")
def test_named_field():
    assert pair().named("b") == Field(2, "b", "text")
    with pytest.raises(UnknownField) as caught:
        pair().named("c")
    assert caught.value.path == "c"


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "fields",
    [
        [Field(1, "a", "uint"), Field(1, "b", "uint")],
        [Field(1, "a", "uint"), Field(2, "a", "uint")],
        [Field(0, "a", "uint")],
        [Field(1 << 29, "a", "uint")],
        [Field(1, "a", "float")],
        [Field(1, "a", "message")],
        [Field(1, "a", "uint", schema="any")],
        [Field(1, "a", "uint", repeated=True, default=1)],
        [Field(1, "a", "uint", required=True, default=1)],
    ],
)
def test_contradictory_schemas(fields):
    with pytest.raises(SchemaError):
        Schema(fields)


@pytest.mark.requirement("R4")
def test_the_largest_tag_is_allowed():
    assert Schema([Field((1 << 29) - 1, "a", "uint")]).named("a").type == "uint"


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    ("type", "value", "data"),
    [
        ("uint", 300, b"\x08\xac\x02"),
        ("int", -2, b"\x08\x03"),
        ("bool", True, b"\x08\x01"),
        ("bool", False, b"\x08\x00"),
        ("double", 1, b"\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"),
        ("text", "hé", b"\x0a\x03h\xc3\xa9"),
        ("bytes", b"\xff", b"\x0a\x01\xff"),
    ],
)
def test_encode_types(type, value, data):
    assert single(type).encode({"v": value}) == data


@pytest.mark.requirement("R5")
def test_encode_large_tags_and_repeated_fields():
    schema = Schema([Field(16, "v", "uint", repeated=True)])
    assert schema.encode({"v": [1, 2]}) == b"\x80\x01\x01\x80\x01\x02"
    assert schema.encode({"v": []}) == b""


@pytest.mark.requirement("R5")
def test_none_is_an_absent_value():
    assert pair().encode({"a": None, "b": "x"}) == b"\x12\x01x"


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("type", "data", "value"),
    [
        ("uint", b"\x08\xac\x02", 300),
        ("int", b"\x08\x03", -2),
        ("bool", b"\x08\x02", True),
        ("bool", b"\x08\x00", False),
        ("double", b"\x09\x00\x00\x00\x00\x00\x00\xf0\x3f", 1.0),
        ("text", b"\x0a\x03h\xc3\xa9", "hé"),
        ("bytes", b"\x0a\x00", b""),
    ],
)
def test_decode_types(type, data, value):
    found = single(type).decode(data).values["v"]
    assert found == value
    assert found.__class__ is value.__class__


@pytest.mark.requirement("R6")
def test_decode_repeated_and_overwritten_fields():
    data = b"\x08\x05\x08\x07"
    assert single("uint", repeated=True).decode(data).values == {"v": [5, 7]}
    assert single("uint").decode(data).values == {"v": 7}


@pytest.mark.requirement("R7")
def test_absent_fields_get_their_default():
    assert single("uint", default=9).decode(b"").values == {"v": 9}
    assert single("uint").decode(b"").values == {"v": None}
    assert single("uint", repeated=True).decode(b"").values == {"v": []}


@pytest.mark.requirement("R7")
def test_a_present_value_beats_the_default():
    assert single("uint", default=9).decode(b"\x08\x00").values == {"v": 0}


@pytest.mark.requirement("R7")
def test_required_fields_must_be_present():
    schema = single("uint", required=True)
    assert schema.decode(b"\x08\x00").values == {"v": 0}
    with pytest.raises(MissingField) as caught:
        schema.decode(b"")
    assert caught.value.path == "v"


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("values", [{}, {"v": None}])
def test_required_fields_must_be_given(values):
    with pytest.raises(MissingField):
        single("uint", required=True).encode(values)


@pytest.mark.requirement("R8")
def test_encode_nested_messages():
    assert outer().encode({"sub": {"n": 1, "list": [-1]}, "x": 2}) == b"\x1a\x04\x08\x01\x10\x01\x20\x02"


@pytest.mark.requirement("R8")
def test_decode_nested_messages():
    found = outer().decode(b"\x1a\x04\x08\x01\x10\x01\x20\x02")
    assert found.values == {"sub": {"n": 1, "list": [-1]}, "x": 2}


@pytest.mark.requirement("R8")
def test_errors_name_the_nested_field():
    with pytest.raises(MissingField) as caught:
        outer().encode({"sub": {}})
    assert caught.value.path == "sub.n"
    with pytest.raises(FieldError) as caught:
        outer().decode(b"\x1a\x00")
    assert caught.value.path == "sub.n"


@pytest.mark.requirement("R9")
def test_unknown_fields_are_kept():
    found = single("uint").decode(b"\x10\x05\x08\x01\x1a\x01x")
    assert found.values == {"v": 1}
    assert found.unknown == [(2, 0, 5), (3, 2, b"x")]


@pytest.mark.requirement("R9")
def test_unknown_fields_are_written_again():
    unknown = [(2, 0, 300), (3, 2, b"x"), (4, 1, b"12345678")]
    data = single("uint").encode({"v": 1}, unknown)
    assert data == b"\x08\x01\x10\xac\x02\x1a\x01x\x2112345678"


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("uint", -1),
        ("uint", 1 << 64),
        ("uint", True),
        ("int", 1 << 63),
        ("int", "1"),
        ("bool", 1),
        ("double", "x"),
        ("double", 10**400),
        ("text", b"x"),
        ("text", "\ud800"),
        ("bytes", "x"),
    ],
)
def test_encode_refuses_values_of_other_types(type, value):
    with pytest.raises(WrongValue) as caught:
        single(type).encode({"v": value})
    assert caught.value.path == "v"


@pytest.mark.requirement("R10")
def test_encode_refuses_a_lone_value_for_a_list_and_unknown_names():
    with pytest.raises(WrongValue):
        single("text", repeated=True).encode({"v": "abc"})
    with pytest.raises(UnknownField) as caught:
        outer().encode({"sub": {"n": 1, "z": 1}})
    assert caught.value.path == "sub.z"


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    ("type", "data"),
    [("uint", b"\x0a\x01x"), ("text", b"\x08\x01"), ("double", b"\x08\x01"), ("text", b"\x0a\x01\xff")],
)
def test_decode_refuses_unsuitable_payloads(type, data):
    with pytest.raises(WrongValue) as caught:
        single(type).decode(data)
    assert caught.value.path == "v"


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("data", [b"\x08", b"\x0a\x02x", b"\x09" + bytes(7), b"\x0a", b"\x80"])
def test_decode_refuses_incomplete_data(data):
    with pytest.raises(Truncated) as caught:
        single("bytes").decode(data)
    assert caught.value.offset in (0, 1)


@pytest.mark.requirement("R12")
def test_nesting_is_limited_when_encoding():
    value = {}
    for _ in range(32):
        value = {"v": value}
    assert len(nested(33).encode(value)) == 64
    with pytest.raises(TooDeep):
        nested(33).encode({"v": value})


@pytest.mark.requirement("R12")
def test_nesting_is_limited_when_decoding():
    data = b""
    for _ in range(32):
        data = b"\x0a" + bytes([len(data)]) + data
    assert list(nested(33).decode(data).values) == ["v"]
    with pytest.raises(TooDeep):
        nested(33).decode(b"\x0a" + bytes([len(data)]) + data)


@pytest.mark.requirement("R13")
def test_bytes_do_not_depend_on_the_order_of_values():
    assert pair().encode({"b": "x", "a": 1}) == pair().encode({"a": 1, "b": "x"}) == b"\x08\x01\x12\x01x"


@pytest.mark.requirement("R13")
def test_decoding_does_not_depend_on_the_order_of_fields():
    assert pair().decode(b"\x12\x01x\x08\x01").values == pair().decode(b"\x08\x01\x12\x01x").values


@pytest.mark.requirement("R14")
def test_scan_needs_no_schema():
    assert scan(b"\x08\xac\x02\x12\x01x\x1912345678") == [(1, 0, 300), (2, 2, b"x"), (3, 1, b"12345678")]
    assert scan(b"") == []


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("data", [b"\x0b\x00", b"\x00\x01", b"\x80\x80\x80\x80\x10\x01"])
def test_scan_refuses_invalid_keys(data):
    with pytest.raises(WireError):
        scan(data)


@pytest.mark.requirement("R14")
def test_scan_tells_where_the_incomplete_field_starts():
    assert scan(b"\xf8\xff\xff\xff\x0f\x01") == [((1 << 29) - 1, 0, 1)]
    with pytest.raises(Truncated) as caught:
        scan(b"\x08\x01\x12\x03xy")
    assert caught.value.offset == 2


@pytest.mark.requirement("R15")
def test_frame_puts_the_length_in_front():
    assert frame(b"abc") == b"\x03abc"
    assert frame(bytes(200))[:2] == b"\xc8\x01"


@pytest.mark.requirement("R15")
def test_split_frames():
    assert split_frames(b"\x03abc\x00\x01d") == ([b"abc", b"", b"d"], b"")
    assert split_frames(b"") == ([], b"")


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("rest", [b"\x04abc", b"\x80", b"\x01"])
def test_an_incomplete_frame_is_left_over(rest):
    assert split_frames(b"\x01x" + rest) == ([b"x"], rest)


@pytest.mark.requirement("R16")
def test_merge_replaces_and_extends():
    schema = Schema([Field(1, "a", "uint"), Field(2, "l", "uint", repeated=True)])
    assert schema.merge({"a": 1, "l": [1]}, {"a": 2, "l": [3]}) == {"a": 2, "l": [1, 3]}
    assert schema.merge({"a": 1}, {"a": None, "l": [3]}) == {"a": 1, "l": [3]}
    assert schema.merge({}, {"a": None, "l": None}) == {"a": None, "l": []}


@pytest.mark.requirement("R16")
def test_merge_goes_into_messages():
    merged = outer().merge({"sub": {"n": 1, "list": [1]}}, {"sub": {"list": [2]}, "x": 0})
    assert merged == {"sub": {"n": 1, "list": [1, 2]}, "x": 0}
    assert outer().merge({"sub": None}, {"sub": {"n": 1}}) == {"sub": {"n": 1}}
    with pytest.raises(UnknownField):
        outer().merge({}, {"y": 1})


@pytest.mark.requirement("R17")
def test_added_and_removed_fields_break_nothing():
    assert single("uint").breaks(Schema([Field(2, "w", "text")])) == []
    assert single("uint").breaks(single("uint", repeated=True)) == []
    assert single("uint", required=True).breaks(single("uint", required=True)) == []


@pytest.mark.requirement("R17")
def test_changes_that_break():
    changes = [
        (single("uint"), single("int")),
        (single("uint", repeated=True), single("uint")),
        (single("uint"), single("uint", required=True)),
        (Schema([]), single("uint", required=True)),
    ]
    for older, newer in changes:
        reasons = older.breaks(newer)
        assert len(reasons) == 1
        assert "tag 1" in reasons[0]
