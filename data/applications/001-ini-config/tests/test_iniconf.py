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
    """A document whose only value is read from INI text."""
    return parse(f"[s]\nk = {value}\n")


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
    assert parse(f"[s]\n{line}\n").raw("s", "k") == value


@pytest.mark.requirement("R2")
def test_indented_lines_continue_a_value():
    document = parse("[s]\nk = one\n  two ; remark\n\tthree\nl = x")
    assert document.raw("s", "k") == "one\ntwo\nthree"
    assert document.raw("s", "l") == "x"


@pytest.mark.requirement("R2")
def test_an_indented_line_after_a_blank_one_is_a_new_key():
    assert parse("[s]\nk = one\n\n  l = two").keys("s") == ["k", "l"]


@pytest.mark.requirement("R2")
def test_a_header_may_carry_a_comment():
    assert parse("[s] ; remark\n[t]# x").sections() == ["s", "t"]


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
    assert parse("[s]\nk = 1\n[S]\nk = 2").sections() == ["s", "S"]


@pytest.mark.requirement("R5")
def test_presence_of_sections():
    document = parse("[s]\nk = 1")
    assert document.has("s") is True
    assert document.has("t") is False
    assert document.has("S") is False


@pytest.mark.requirement("R5")
def test_presence_of_keys_counts_the_fallback():
    document = parse("[defaults]\nd = 1\n[s]\nk = 1")
    assert document.has("s", "K") is True
    assert document.has("s", "d") is True
    assert document.has("s", "x") is False
    assert document.has("t", "d") is False
    assert document.has("defaults", "k") is False


@pytest.mark.requirement("R6")
def test_lookup_ignores_the_case_of_keys():
    assert parse("[s]\nSome Key = v").get("s", "some KEY") == "v"


@pytest.mark.requirement("R6")
def test_the_section_wins_over_the_fallback():
    document = parse("[defaults]\na = 1\nb = 2\n[s]\na = 3")
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
    with pytest.raises(LookupError):
        one("v").raw(section, key)


@pytest.mark.requirement("R7")
def test_references_in_the_same_section():
    document = parse("[s]\nroot = /srv\nlogs = ${Root}/log\nfile = ${logs}/a-${root}")
    assert document.get("s", "file") == "/srv/log/a-/srv"


@pytest.mark.requirement("R7")
def test_references_into_another_section():
    document = parse("[net]\nhost = h${n}\nn = 7\n[s]\nn = 1\nurl = ${net:host}:${n}")
    assert document.get("s", "url") == "h7:1"


@pytest.mark.requirement("R7")
def test_references_reach_the_fallback():
    assert parse("[defaults]\nd = x${k}\n[s]\nk = 1").get("s", "d") == "x1"


@pytest.mark.requirement("R7")
def test_doubled_dollars_are_literal():
    assert one("$$5 $${k} $$$$").get("s", "k") == "$5 ${k} $$"


@pytest.mark.requirement("R7")
def test_one_key_may_be_referred_to_twice():
    assert parse("[s]\na = x\nb = ${a}${a}").get("s", "b") == "xx"


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("value", ["${k}", "${K}", "${s:k}", "${x}", "${t:k}", "$5", "${", "${}", "${s:}", "end $"])
def test_bad_references_are_errors(value):
    with pytest.raises(InterpolationError):
        one(value).get("s", "k")


@pytest.mark.requirement("R8")
def test_long_circles_are_errors():
    with pytest.raises(InterpolationError):
        parse("[s]\na = ${b}\nb = ${t:c}\n[t]\nc = ${s:a}").get("s", "a")


@pytest.mark.requirement("R8")
def test_the_raw_value_is_not_resolved():
    assert one("${k} $$ ${x").raw("s", "K") == "${k} $$ ${x"


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text, number", [("42", 42), ("-7", -7), ("+8", 8), ("007", 7), ("0x1f", 31), ("0b101", 5), ("0o17", 15)]
)
def test_integers(text, number):
    assert one(text).get_int("s", "k") == number


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("text, number", [("2.5", 2.5), ("-3", -3.0), ("1e3", 1000.0), ("25%", 0.25), ("12.5 %", 0.125)])
def test_floats(text, number):
    assert one(text).get_float("s", "k") == number


@pytest.mark.requirement("R9")
def test_numbers_are_read_after_interpolation():
    document = parse("[s]\na = 4\nb = ${a}2")
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
    document = parse("[s]\nk =\n  a|b\n  c,d")
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
    assert document.sections() == ["s"]
    assert document.raw("s", "key") == "v"
    assert document.raw("s", "n") == "5"


@pytest.mark.requirement("R12")
def test_set_keeps_the_spelling_of_the_key():
    document = Document()
    document.set("s", "Key", "v")
    document.set("s", "KEY", "w")
    assert document.keys("s") == ["Key"]
    assert document.raw("s", "key") == "w"


@pytest.mark.requirement("R12")
def test_set_stores_truth_values_as_words():
    document = Document()
    document.set("s", "a", True)
    document.set("s", "b", False)
    document.set("s", "c", 0.5)
    assert [document.raw("s", key) for key in "abc"] == ["yes", "no", "0.5"]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("section, key", [("", "k"), ("a]", "k"), (" s", "k"), ("s", ""), ("s", "a=b"), ("s", "k "), ("s", ";k")])
def test_set_refuses_names_that_cannot_be_written(section, key):
    document = Document()
    with pytest.raises(IniError):
        document.set(section, key, "v")
    assert document.sections() == []


@pytest.mark.requirement("R13")
def test_added_sections_come_last_and_only_once():
    document = parse("[b]\n")
    document.add_section("a")
    assert document.sections() == ["b", "a"]
    with pytest.raises(DuplicateError):
        document.add_section("b")
    with pytest.raises(IniError):
        document.add_section("x]")


@pytest.mark.requirement("R13")
def test_a_renamed_section_keeps_its_place_and_keys():
    document = parse("[a]\n[b]\nk = 1\n[c]")
    document.rename_section("b", "x")
    assert document.sections() == ["a", "x", "c"]
    assert document.raw("x", "k") == "1"


@pytest.mark.requirement("R13")
def test_renaming_refuses_taken_and_unknown_names():
    document = parse("[a]\n[b]")
    with pytest.raises(DuplicateError):
        document.rename_section("a", "b")
    with pytest.raises(MissingError):
        document.rename_section("x", "y")
    with pytest.raises(IniError):
        document.rename_section("a", "")
    document.rename_section("a", "a")
    assert document.sections() == ["a", "b"]


@pytest.mark.requirement("R13")
def test_removing_a_section():
    document = parse("[a]\nk = 1\n[b]")
    document.remove_section("a")
    assert document.sections() == ["b"]
    with pytest.raises(MissingError):
        document.remove_section("a")


@pytest.mark.requirement("R13")
def test_removing_a_key_tells_whether_it_was_there():
    document = parse("[a]\nKey = 1\nother = 2")
    assert document.remove("a", "kEY") is True
    assert document.remove("a", "key") is False
    assert document.keys("a") == ["other"]
    with pytest.raises(MissingError):
        document.remove("b", "key")


@pytest.mark.requirement("R14")
def test_the_values_of_the_other_document_win():
    document = parse("[s]\nKey = 1\nstays = 2")
    document.merge(parse("[s]\nkey = 9\nnew = 3"))
    assert document.keys("s") == ["Key", "stays", "new"]
    assert [document.raw("s", key) for key in document.keys("s")] == ["9", "2", "3"]


@pytest.mark.requirement("R14")
def test_merging_appends_sections_and_leaves_the_other_alone():
    document, other = parse("[s]\n"), parse("[t]\nk = 1\n[s]\nl = 2")
    document.merge(other)
    assert document.sections() == ["s", "t"]
    document.set("t", "k", "changed")
    assert other.raw("t", "k") == "1"


@pytest.mark.requirement("R15")
def test_written_text_keeps_comments():
    text = "# head\n; more\n[s]\n; about k\nk = 1\nl = 2\n\n[t]\n\n# end\n"
    assert parse(text).to_text() == text


@pytest.mark.requirement("R15")
def test_written_text_is_normalised():
    assert parse("[ s ]\n  k:  1 ; gone\nempty=").to_text() == "[s]\nk = 1\nempty =\n"
    assert Document().to_text() == ""


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("value", [" padded ", "a ; b", "two\nlines", '"quoted"', "back\\slash\n", "", "a#b", "; x", "é \\n"])
def test_difficult_values_survive_the_round_trip(value):
    document = Document()
    document.set("s", "k", value)
    assert parse(document.to_text()).raw("s", "k") == value


@pytest.mark.requirement("R15")
def test_quotes_are_written_only_where_needed():
    document = Document()
    document.set("s", "a", 'say "hi" now')
    document.set("s", "b", "x ;y")
    assert document.to_text() == '[s]\na = say "hi" now\nb = "x ;y"\n'


@pytest.mark.requirement("R16")
def test_export_as_dictionary_is_resolved():
    document = parse("[defaults]\nd = 1\n[s]\nKey = ${d}$$\n[t]")
    assert document.to_dict() == {"defaults": {"d": "1"}, "s": {"key": "1$"}, "t": {}}


@pytest.mark.requirement("R16")
def test_import_from_a_dictionary_takes_dollars_literally():
    document = from_dict({"s": {"Key": "costs $5 ${k}"}, "t": {}})
    assert document.sections() == ["s", "t"]
    assert document.keys("s") == ["Key"]
    assert document.get("s", "key") == "costs $5 ${k}"


@pytest.mark.requirement("R16")
def test_import_refuses_bad_names_and_repetition():
    with pytest.raises(DuplicateError):
        from_dict({"s": {"k": "1", "K": "2"}})
    with pytest.raises(IniError):
        from_dict({"": {}})
