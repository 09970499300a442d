import pytest
from jsonlite import (
    JsonError,
    PointerError,
    UnserializableError,
    dump_lines,
    dumps,
    is_valid,
    join_pointer,
    parse,
    parse_lines,
    pointers,
    position,
    pretty,
    quote,
    resolve,
    split_pointer,
    tokenize,
)


def fault(text, **options):
    """Offset, line and column of the error that parsing raises."""
    with pytest.raises(JsonError) as caught:
        parse(text, **options)
    return caught.value.offset, caught.value.line, caught.value.column


@pytest.mark.requirement("R1")
def test_tokens_carry_kind_value_and_offset():
    tokens = [(token.kind, token.value, token.offset) for token in tokenize('{"a": [1, true]}')]
    assert tokens == [
        ("{", "{", 0),
        ("string", "a", 1),
        (":", ":", 4),
        ("[", "[", 6),
        ("number", 1, 7),
        (",", ",", 8),
        ("word", True, 10),
        ("]", "]", 14),
        ("}", "}", 15),
        ("end", None, 16),
    ]


@pytest.mark.requirement("R1")
def test_blank_text_has_only_the_end():
    assert [(token.kind, token.offset) for token in tokenize(" \t\r\n")] == [("end", 4)]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, offset", [("[nul]", 1), ("  True", 2), ("1 ?", 2), ("nulll", 0), ("\x0b", 0), ("true_", 0)]
)
def test_unknown_words_and_characters_are_located(text, offset):
    with pytest.raises(JsonError) as caught:
        tokenize(text)
    assert caught.value.offset == offset


@pytest.mark.requirement("R2")
def test_containers_nest():
    assert parse(' {"a": [1, {"b": []}, null], "c": {}} ') == {"a": [1, {"b": []}, None], "c": {}}


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text, value", [("true", True), ("false", False), ("null", None), ('""', ""), ("[]", []), ("[[]]", [[]])]
)
def test_single_values(text, value):
    result = parse(text)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.requirement("R2")
def test_members_keep_their_order():
    assert list(parse('{"z": 1, "a": 2, "": 3}')) == ["z", "a", ""]


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "text, value",
    [("0", 0), ("-0", 0), ("-12", -12), ("123456789012345678901234567890", 123456789012345678901234567890)],
)
def test_whole_numbers(text, value):
    result = parse(text)
    assert result == value
    assert type(result) is int


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "text, value", [("0.5", 0.5), ("-2.50", -2.5), ("1e2", 100.0), ("1E+2", 100.0), ("25e-1", 2.5), ("1.0", 1.0)]
)
def test_floating_numbers(text, value):
    result = parse(text)
    assert result == value
    assert type(result) is float


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("text", ["01", "-", "-a", "1.", "1.e2", "1e", "1e+", "1.2.3", "2x", "1-2", "1+2", "-01"])
def test_malformed_numbers_are_located_at_their_start(text):
    with pytest.raises(JsonError) as caught:
        tokenize(f" {text}")
    assert caught.value.offset == 1


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "text, value",
    [
        (r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
        (r'"A\u00e9\u20AC"', "Aé€"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\uD800\uDC00"', "\U00010000"),
        (r'"\udbff\udfff"', "\U0010ffff"),
        (r'"\ud7ff\ue000"', "\ud7ff\ue000"),
        ('"é\x7f"', "é\x7f"),
    ],
)
def test_escapes_are_decoded(text, value):
    assert tokenize(text)[0].value == value


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "text, offset",
    [
        ('"abc', 0),
        ('"a\nb"', 2),
        ('"\x1f"', 1),
        (r'"a\x"', 2),
        (r'"\u12g4"', 1),
        (r'"\u123"', 1),
        (r'"\ud83d"', 1),
        (r'"\ud83d\u0041"', 1),
        (r'"\udc00\ud800"', 1),
        (r'"\ud83d\ud83d"', 1),
        (r'"\udfff"', 1),
    ],
)
def test_bad_strings_are_located(text, offset):
    assert fault(text)[0] == offset


@pytest.mark.requirement("R4")
def test_a_backslash_at_the_very_end_is_an_error():
    with pytest.raises(JsonError):
        parse('"a\\')


@pytest.mark.requirement("R5")
def test_errors_know_offset_line_and_column():
    assert fault('{\n  "a": 1,\n  "b" 2\n}') == (18, 3, 7)
    assert fault("[1,\n]") == (4, 2, 1)


@pytest.mark.requirement("R5")
def test_errors_in_the_first_line_and_at_the_end():
    assert fault("?") == (0, 1, 1)
    assert fault("") == (0, 1, 1)
    assert fault("[\n") == (2, 2, 1)


@pytest.mark.requirement("R5")
def test_the_message_names_the_place():
    with pytest.raises(ValueError, match="line 2, column 3"):
        parse("[\n  ?")


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "text, offset",
    [
        ("[1,]", 3),
        ("[,1]", 1),
        ("[1 2]", 3),
        ("[1,,2]", 3),
        ("[1", 2),
        ("[1}", 2),
        ('{"a":1,}', 7),
        ('{,"a":1}', 1),
        ('{"a" 1}', 5),
        ('{"a":}', 5),
        ('{"a":1 "b":2}', 7),
        ("{1:2}", 1),
        ('{"a"', 4),
        ("]", 0),
        (":", 0),
        ("   ", 3),
    ],
)
def test_broken_structure_is_located(text, offset):
    assert fault(text)[0] == offset


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text, offset", [("1 2", 2), ("[] ]", 3), ('{"a":1},', 7)])
def test_extra_text_is_refused(text, offset):
    assert fault(text)[0] == offset


@pytest.mark.requirement("R7")
def test_repeated_keys_are_errors_by_default():
    assert fault('{"a": 1, "a": 2}')[0] == 9
    assert parse('{"a": {"a": 1}}') == {"a": {"a": 1}}


@pytest.mark.requirement("R7")
def test_the_first_or_last_value_of_a_repeated_key_stays():
    text = '{"a": 1, "b": 0, "a": 2}'
    assert parse(text, duplicates="first") == {"a": 1, "b": 0}
    assert parse(text, duplicates="last") == {"a": 2, "b": 0}


@pytest.mark.requirement("R7")
def test_other_choices_are_refused():
    with pytest.raises(ValueError):
        parse("{}", duplicates="all")


@pytest.mark.requirement("R8")
def test_comments_are_skipped_when_allowed():
    text = "// head\n[1, /* two\nlines */ /**/ 2] // end"
    assert parse(text, comments=True) == [1, 2]
    assert [token.kind for token in tokenize("1//x\n/*y*/", comments=True)] == ["number", "end"]


@pytest.mark.requirement("R8")
def test_comments_are_errors_otherwise():
    assert fault("1 // x")[0] == 2
    with pytest.raises(JsonError):
        tokenize("/* x */ 1")


@pytest.mark.requirement("R8")
def test_an_open_comment_is_an_error():
    assert fault("[1, /* 2]", comments=True)[0] == 4


@pytest.mark.requirement("R9")
def test_nesting_up_to_the_limit_is_read():
    assert parse("[[[1]]]", max_depth=3) == [[[1]]]
    assert parse('{"a": [{}]}', max_depth=3) == {"a": [{}]}
    assert parse("[" * 100 + "]" * 100) is not None


@pytest.mark.requirement("R9")
def test_nesting_beyond_the_limit_is_located():
    assert fault("[[[1]]]", max_depth=2)[0] == 2
    assert fault('{"a": {}}', max_depth=1)[0] == 6
    assert fault("[" * 101 + "]" * 101)[0] == 100
    assert fault("[" * 100_000)[0] == 100


@pytest.mark.requirement("R10")
def test_lines_are_read_one_by_one():
    assert parse_lines('1\n\n {"a": [2]} \r\n"x"') == [1, {"a": [2]}, "x"]
    assert parse_lines("") == []


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("text, place", [("1\n[2\n3", (4, 2, 3)), ("1\n2 3\n4", (4, 2, 3)), ("1\n\n?", (3, 3, 1))])
def test_errors_in_lines_count_in_the_whole_text(text, place):
    with pytest.raises(JsonError) as caught:
        parse_lines(text)
    assert (caught.value.offset, caught.value.line, caught.value.column) == place


@pytest.mark.requirement("R10")
def test_lines_are_written_compactly():
    assert dump_lines([1, {"b": [True, "é"], "a": None}]) == '1\n{"b":[true,"é"],"a":null}\n'
    assert dump_lines([]) == ""


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "text, valid",
    [
        ("[1]", True),
        ("null ", True),
        ("[1", False),
        ("1 1", False),
        ("", False),
        ('{"a":1,"a":1}', False),
        ("1//", False),
    ],
)
def test_validity(text, valid):
    assert is_valid(text) is valid


@pytest.mark.requirement("R11")
def test_deep_text_is_invalid():
    assert is_valid("[" * 100 + "]" * 100) is True
    assert is_valid("[" * 101 + "]" * 101) is False


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "offset, place", [(0, (1, 1)), (1, (1, 2)), (2, (1, 3)), (3, (2, 1)), (4, (3, 1)), (5, (3, 2))]
)
def test_positions(offset, place):
    assert position("ab\n\nc", offset) == place


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("offset", [-1, 3])
def test_positions_outside_are_refused(offset):
    with pytest.raises(ValueError):
        position("ab", offset)


@pytest.mark.requirement("R12")
def test_only_necessary_escapes_are_written():
    assert quote('a"b\\c/é\x7f') == '"a\\"b\\\\c/é\x7f"'
    assert quote("\b\f\n\r\t\x00\x1f ") == '"\\b\\f\\n\\r\\t\\u0000\\u001f "'


@pytest.mark.requirement("R12")
def test_ascii_output():
    assert quote("é€\U0001f600~", ascii_only=True) == '"\\u00e9\\u20ac\\ud83d\\ude00~"'
    assert quote("\x7f\n", ascii_only=True) == '"\\u007f\\n"'


@pytest.mark.requirement("R13")
def test_compact_output_has_no_blanks():
    value = {"b": [1, -2.5, None], "a": {"x": True, "y": False}, "c": [], "d": {}}
    assert dumps(value) == '{"b":[1,-2.5,null],"a":{"x":true,"y":false},"c":[],"d":{}}'


@pytest.mark.requirement("R13")
def test_keys_are_sorted_on_request():
    assert dumps({"b": {"d": 1, "c": 2}, "a": (1, 2)}, sort_keys=True) == '{"a":[1,2],"b":{"c":2,"d":1}}'


@pytest.mark.requirement("R13")
def test_compact_output_can_be_ascii():
    assert dumps({"é": "ü"}, ascii_only=True) == '{"\\u00e9":"\\u00fc"}'
    assert dumps({"é": "ü"}) == '{"é":"ü"}'


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "value", [{1, 2}, b"x", {1: 2}, {None: 1}, float("inf"), float("-inf"), float("nan"), [object()]]
)
def test_what_cannot_be_written_compactly(value):
    with pytest.raises(UnserializableError):
        dumps(value)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("value", [{1, 2}, {1: 2}, [float("nan")]])
def test_what_cannot_be_written_prettily(value):
    with pytest.raises(TypeError):
        pretty(value)


@pytest.mark.requirement("R14")
def test_cycles_are_refused_but_sharing_is_not():
    shared = [1]
    assert dumps([shared, shared]) == "[[1],[1]]"
    circle = {"a": shared}
    shared.append(circle)
    with pytest.raises(UnserializableError):
        dumps(circle)
    with pytest.raises(UnserializableError):
        pretty(circle)


@pytest.mark.requirement("R15")
def test_short_values_stay_on_one_line():
    assert pretty({"a": [1, 2], "b": {}}) == '{"a": [1, 2], "b": {}}'
    assert pretty("text") == '"text"'


@pytest.mark.requirement("R15")
def test_long_values_are_spread_out():
    value = {"name": "x", "items": [10, [20, 30]], "none": []}
    assert pretty(value, width=20) == '{\n  "name": "x",\n  "items": [\n    10,\n    [20, 30]\n  ],\n  "none": []\n}'


@pytest.mark.requirement("R15")
def test_the_width_is_used_exactly():
    assert pretty([1, 23], width=7) == "[1, 23]"
    assert pretty([1, 23], width=6) == "[\n  1,\n  23\n]"


@pytest.mark.requirement("R15")
def test_key_comma_and_indentation_count_for_the_width():
    value = {"k": [1], "l": 2}
    assert pretty(value, width=11) == '{\n  "k": [1],\n  "l": 2\n}'
    assert pretty(value, width=10) == '{\n  "k": [\n    1\n  ],\n  "l": 2\n}'


@pytest.mark.requirement("R15")
def test_indentation_and_sorting():
    assert (
        pretty({"b": 1, "a": [2]}, indent=4, width=0, sort_keys=True)
        == '{\n    "a": [\n        2\n    ],\n    "b": 1\n}'
    )
    assert pretty([[]], indent=0, width=1) == "[\n[]\n]"
    with pytest.raises(ValueError):
        pretty([1], indent=-1)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "pointer, part",
    [
        ("", {"a": [10, {"b": 1}], "": 2, "x/y": 3, "m~n": 4}),
        ("/a/0", 10),
        ("/a/1/b", 1),
        ("/", 2),
        ("/x~1y", 3),
        ("/m~0n", 4),
    ],
)
def test_pointers_select_parts(pointer, part):
    assert resolve({"a": [10, {"b": 1}], "": 2, "x/y": 3, "m~n": 4}, pointer) == part


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("pointer", ["a", "/b", "/a/2", "/a/-1", "/a/01", "/a/x", "/a/0/0", "/a/"])
def test_pointers_that_lead_nowhere(pointer):
    with pytest.raises(PointerError):
        resolve({"a": [10, 20]}, pointer)


@pytest.mark.requirement("R17")
def test_steps_are_joined_and_escaped():
    assert join_pointer(["a", 0, "x/y", "~1", ""]) == "/a/0/x~1y/~01/"
    assert join_pointer([]) == ""


@pytest.mark.requirement("R17")
def test_pointers_are_split_and_unescaped():
    assert split_pointer("/a/0/x~1y/~01/") == ["a", "0", "x/y", "~1", ""]
    assert split_pointer("") == []
    with pytest.raises(PointerError):
        split_pointer("a/b")


@pytest.mark.requirement("R17")
def test_leaves_are_listed_by_pointer():
    value = {"b": [1, {"c/d": None}], "a": {}, "e": [], "f": "x"}
    assert list(pointers(value).items()) == [("/b/0", 1), ("/b/1/c~1d", None), ("/a", {}), ("/e", []), ("/f", "x")]
    assert pointers(5) == {"": 5}
