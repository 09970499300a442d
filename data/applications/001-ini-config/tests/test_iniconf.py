import pytest
from iniconf import (
    ConversionError,
    Document,
    DuplicateError,
    IniError,
    IniSyntaxError,
    InterpolationError,
    MissingError,
    from_dict,
    parse,
)


def one(value):
    """A document of a single value."""
    return Document({"s": {"k": value}})


@pytest.mark.requirement("R1")
def test_sections_come_back_in_file_order():
    assert parse("[zoo]\n[ant hill]\nk=1\n[ bee ]").sections() == ["zoo", "ant hill", "bee"]


@pytest.mark.requirement("R1")
def test_keys_keep_order_and_spelling():
    assert parse("[s]\nZeta = 1\nalpha = 2\n[t]\nother = 3").keys("s") == ["Zeta", "alpha"]


@pytest.mark.requirement("R1")
def test_keys_of_an_unknown_section_are_missing():
    with pytest.raises(MissingError):
        Document().keys("nowhere")


@pytest.mark.requirement("R1")
def test_an_empty_text_has_no_sections():
    assert parse("").sections() == []
    assert parse("; only a remark\n\n").sections() == []


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "line, value",
    [
        ("k = v", "v"),
        ("k: v", "v"),
        ("k=a=b:c", "a=b:c"),
        ("k =", ""),
        ("k = v ; remark", "v"),
        ("k = v\t# remark", "v"),
        ("k = a;b#c", "a;b#c"),
        ("k = ; remark", ""),
        ('k = "  v ; no remark "', "  v ; no remark "),
        ('k = "v" # remark', "v"),
        (r'k = "a\"b\\c\nd"', 'a"b\\c\nd'),
        ('k = "a" b', '"a" b'),
        ('k = ""', ""),
    ],
)
def test_values_are_cleaned(line, value):
    assert parse(f"[s]\n{line}\n") == Document({"s": {"k": value}})


@pytest.mark.requirement("R2")
def test_indented_lines_continue_a_value():
    document = parse("[s]\nk = one\n  two ; remark\n\tthree\nl = x")
    assert document == Document({"s": {"k": "one\ntwo\nthree", "l": "x"}})


@pytest.mark.requirement("R2")
def test_an_indented_line_after_a_blank_one_is_a_new_key():
    assert parse("[s]\nk = one\n\n  l = two") == Document({"s": {"k": "one", "l": "two"}})


@pytest.mark.requirement("R2")
def test_a_header_may_carry_a_comment():
    assert parse("[s] ; remark\n[t]# x") == Document({"s": {}, "t": {}})


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "text, line",
    [
        ("k = 1", 1),
        ("; c\n[s\nk = 1", 2),
        ("[s]\n\nnothing", 3),
        ("[s] trailing", 1),
        ("[]", 1),
        ("[a[b]]", 1),
        ("[s]\n= 1", 2),
    ],
)
def test_malformed_text_names_its_line(text, line):
    with pytest.raises(IniSyntaxError) as caught:
        parse(text)
    assert caught.value.line == line


@pytest.mark.requirement("R3")
def test_an_indented_line_without_a_key_above_is_refused():
    with pytest.raises(IniSyntaxError) as caught:
        parse("[s]\n  lost")
    assert caught.value.line == 2
    assert isinstance(caught.value, ValueError)


@pytest.mark.requirement("R3")
def test_the_message_names_the_line():
    with pytest.raises(IniSyntaxError, match="line 2"):
        parse("[s]\nnothing")


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("text", ["[s]\n[t]\n[s]", "[s]\nk = 1\nk = 2", "[s]\nKey = 1\nkEY = 2"])
def test_repetition_is_refused(text):
    with pytest.raises(DuplicateError):
        parse(text)


@pytest.mark.requirement("R4")
def test_the_same_key_in_two_sections_and_sections_in_two_cases_are_fine():
    assert parse("[s]\nk = 1\n[S]\nk = 2") == Document({"s": {"k": "1"}, "S": {"k": "2"}})


@pytest.mark.requirement("R5")
def test_presence_of_sections():
    document = Document({"s": {"k": "1"}})
    assert document.has("s") is True
    assert document.has("t") is False
    assert document.has("S") is False


@pytest.mark.requirement("R5")
def test_presence_of_keys_counts_the_fallback():
    document = Document({"defaults": {"d": "1"}, "s": {"k": "1"}})
    assert document.has("s", "K") is True
    assert document.has("s", "d") is True
    assert document.has("s", "x") is False
    assert document.has("t", "d") is False
    assert document.has("defaults", "k") is False


@pytest.mark.requirement("R6")
def test_lookup_ignores_the_case_of_keys():
    assert Document({"s": {"Some Key": "v"}}).get("s", "some KEY") == "v"


@pytest.mark.requirement("R6")
def test_the_section_wins_over_the_fallback():
    document = Document({"defaults": {"a": "1", "b": "2"}, "s": {"a": "3"}})
    assert document.get("s", "a") == "3"
    assert document.get("s", "b") == "2"
    assert document.get("s", "b", "9") == "2"


@pytest.mark.requirement("R6")
def test_a_default_replaces_what_is_missing():
    document = one("v")
    assert document.get("s", "x", "d") == "d"
    assert document.get("s", "x", "") == ""
    assert document.get("t", "k", "d") == "d"
    assert document.get("s", "k", "d") == "v"


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("section, key", [("s", "x"), ("t", "k")])
def test_without_default_missing_names_are_errors(section, key):
    with pytest.raises(MissingError):
        one("v").get(section, key)


@pytest.mark.requirement("R7")
def test_references_in_the_same_section():
    document = Document({"s": {"root": "/srv", "logs": "${Root}/log", "file": "${logs}/a-${root}"}})
    assert document.get("s", "file") == "/srv/log/a-/srv"


@pytest.mark.requirement("R7")
def test_references_into_another_section():
    document = Document({"net": {"host": "h${n}", "n": "7"}, "s": {"n": "1", "url": "${net:host}:${n}"}})
    assert document.get("s", "url") == "h7:1"


@pytest.mark.requirement("R7")
def test_references_reach_the_fallback():
    assert Document({"defaults": {"d": "x${k}"}, "s": {"k": "1"}}).get("s", "d") == "x1"


@pytest.mark.requirement("R7")
def test_doubled_dollars_are_literal():
    assert one("$$5 $${k} $$$$").get("s", "k") == "$5 ${k} $$"


@pytest.mark.requirement("R7")
def test_one_key_may_be_referred_to_twice():
    assert Document({"s": {"a": "x", "b": "${a}${a}"}}).get("s", "b") == "xx"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("value", ["${k}", "${K}", "${s:k}", "${x}", "${t:k}", "$5", "${", "${}", "${s:}", "end $"])
def test_bad_references_are_errors(value):
    with pytest.raises(InterpolationError):
        one(value).get("s", "k")


@pytest.mark.requirement("R8")
def test_long_circles_are_errors():
    with pytest.raises(InterpolationError):
        Document({"s": {"a": "${b}", "b": "${t:c}"}, "t": {"c": "${s:a}"}}).get("s", "a")


@pytest.mark.requirement("R8")
def test_the_raw_value_is_not_resolved():
    assert one("${k} $$ ${x").raw("s", "K") == "${k} $$ ${x"
    with pytest.raises(LookupError):
        one("v").raw("s", "x")


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text, number", [("42", 42), ("-7", -7), ("+8", 8), ("007", 7), ("0x1f", 31), ("0b101", 5), ("0o17", 15)]
)
def test_integers(text, number):
    assert one(text).get_int("s", "k") == number


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text, number", [("2.5", 2.5), ("-3", -3.0), ("1e3", 1000.0), ("25%", 0.25), ("12.5 %", 0.125)]
)
def test_floats(text, number):
    assert one(text).get_float("s", "k") == number


@pytest.mark.requirement("R9")
def test_numbers_are_read_after_interpolation():
    document = Document({"s": {"a": "4", "b": "${a}2"}})
    assert document.get_int("s", "b") == 42


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("text", ["yes", "TRUE", "On", "1"])
def test_words_for_true(text):
    assert one(text).get_bool("s", "k") is True


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("text", ["no", "False", "OFF", "0"])
def test_words_for_false(text):
    assert one(text).get_bool("s", "k") is False


@pytest.mark.requirement("R10")
def test_lists_are_split_and_trimmed():
    assert one("a, b c ,,d,").get_list("s", "k") == ["a", "b c", "d"]
    assert one("").get_list("s", "k") == []


@pytest.mark.requirement("R10")
def test_lists_over_lines_and_with_another_separator():
    document = Document({"s": {"k": "\na|b\nc,d"}})
    assert document.get_list("s", "k", "|") == ["a", "b", "c,d"]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("text", ["", "1.5", "abc", "0x", "5%"])
def test_what_is_no_integer(text):
    with pytest.raises(ConversionError):
        one(text).get_int("s", "k")


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("text", ["", "%", "one", "5%%"])
def test_what_is_no_float(text):
    with pytest.raises(ConversionError):
        one(text).get_float("s", "k")


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("text", ["", "2", "yess", "yes no"])
def test_what_is_no_truth_value(text):
    with pytest.raises(ConversionError):
        one(text).get_bool("s", "k")


@pytest.mark.requirement("R12")
def test_set_creates_section_and_key():
    document = Document()
    document.set("s", "Key", "v")
    document.set("s", "n", 5)
    assert document == Document({"s": {"Key": "v", "n": "5"}})


@pytest.mark.requirement("R12")
def test_set_keeps_the_spelling_of_the_key():
    document = Document({"s": {"Key": "v"}})
    document.set("s", "KEY", "w")
    assert document == Document({"s": {"Key": "w"}})


@pytest.mark.requirement("R12")
def test_set_stores_truth_values_as_words():
    document = Document({"s": {}})
    document.set("s", "a", True)
    document.set("s", "b", False)
    document.set("s", "c", 0.5)
    assert document == Document({"s": {"a": "yes", "b": "no", "c": "0.5"}})


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    "section, key", [("", "k"), ("a]", "k"), (" s", "k"), ("s", ""), ("s", "a=b"), ("s", "k "), ("s", ";k")]
)
def test_set_refuses_names_that_cannot_be_written(section, key):
    document = Document()
    with pytest.raises(IniError):
        document.set(section, key, "v")
    assert document == Document()


@pytest.mark.requirement("R13")
def test_sections_are_added_only_once():
    document = Document({"b": {"k": "1"}})
    document.add_section("a")
    assert document == Document({"b": {"k": "1"}, "a": {}})
    with pytest.raises(DuplicateError):
        document.add_section("b")
    with pytest.raises(IniError):
        document.add_section("x]")


@pytest.mark.requirement("R13")
def test_a_renamed_section_keeps_its_keys():
    document = Document({"a": {}, "b": {"k": "1"}})
    document.rename_section("b", "x")
    assert document == Document({"a": {}, "x": {"k": "1"}})


@pytest.mark.requirement("R13")
def test_a_renamed_section_keeps_its_place():
    document = Document({"a": {}, "b": {}, "c": {}})
    document.rename_section("b", "x")
    document.add_section("y")
    assert document.sections() == ["a", "x", "c", "y"]


@pytest.mark.requirement("R13")
def test_renaming_refuses_taken_and_unknown_names():
    document = Document({"a": {}, "b": {}})
    with pytest.raises(DuplicateError):
        document.rename_section("a", "b")
    with pytest.raises(MissingError):
        document.rename_section("x", "y")
    with pytest.raises(IniError):
        document.rename_section("a", "")
    document.rename_section("a", "a")
    assert document == Document({"a": {}, "b": {}})


@pytest.mark.requirement("R13")
def test_removing_a_section():
    document = Document({"a": {"k": "1"}, "b": {}})
    document.remove_section("a")
    assert document == Document({"b": {}})
    with pytest.raises(MissingError):
        document.remove_section("a")


@pytest.mark.requirement("R13")
def test_removing_a_key_tells_whether_it_was_there():
    document = Document({"a": {"Key": "1", "other": "2"}})
    assert document.remove("a", "kEY") is True
    assert document.remove("a", "key") is False
    assert document == Document({"a": {"other": "2"}})
    with pytest.raises(MissingError):
        document.remove("b", "key")


@pytest.mark.requirement("R14")
def test_the_values_of_the_other_document_win():
    document = Document({"s": {"Key": "1", "stays": "2"}})
    document.merge(Document({"s": {"key": "9", "new": "3"}}))
    assert document == Document({"s": {"Key": "9", "stays": "2", "new": "3"}})


@pytest.mark.requirement("R14")
def test_merging_appends_sections():
    document = Document({"s": {}})
    document.merge(Document({"t": {"k": "1"}, "s": {"l": "2"}}))
    assert document == Document({"s": {"l": "2"}, "t": {"k": "1"}})


@pytest.mark.requirement("R14")
def test_merging_leaves_the_other_document_independent():
    document, other = Document({"s": {}}), Document({"t": {"k": "1"}})
    document.merge(other)
    document.merge(Document({"t": {"k": "changed", "l": "2"}}))
    assert other == Document({"t": {"k": "1"}})


@pytest.mark.requirement("R15")
def test_written_text_keeps_comments():
    text = "# head\n; more\n[s]\n; about k\nk = 1\nl = 2\n\n[t]\n\n# end\n"
    assert parse(text).to_text() == text


@pytest.mark.requirement("R15")
def test_written_text_is_normalised():
    assert parse("[ s ]\n  k:  1 ; gone\nempty=").to_text() == "[s]\nk = 1\nempty =\n"
    assert Document().to_text() == ""


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    "value", [" padded ", "a ; b", "two\nlines", '"quoted"', "back\\slash\n", "", "a#b", "; x", "é \\n"]
)
def test_difficult_values_survive_the_round_trip(value):
    document = Document({"s": {"k": value}})
    assert parse(document.to_text()) == document


@pytest.mark.requirement("R15")
def test_quotes_are_written_only_where_needed():
    document = Document({"s": {"a": 'say "hi" now', "b": "x ;y"}})
    assert document.to_text() == '[s]\na = say "hi" now\nb = "x ;y"\n'


@pytest.mark.requirement("R16")
def test_export_as_dictionary_is_resolved():
    document = Document({"defaults": {"d": "1"}, "s": {"Key": "${d}$$"}, "t": {}})
    assert document.to_dict() == {"defaults": {"d": "1"}, "s": {"key": "1$"}, "t": {}}


@pytest.mark.requirement("R16")
def test_import_from_a_dictionary_takes_dollars_literally():
    document = from_dict({"s": {"Key": "costs $5 ${k}"}, "t": {}})
    assert document == Document({"s": {"Key": "costs $$5 $${k}"}, "t": {}})


@pytest.mark.requirement("R16")
def test_import_refuses_bad_names_and_repetition():
    with pytest.raises(DuplicateError):
        from_dict({"s": {"k": "1", "K": "2"}})
    with pytest.raises(IniError):
        from_dict({"": {}})
