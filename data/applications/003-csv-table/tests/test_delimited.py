import pytest
from delimited import DelimitedError, read_rows, sniff_delimiter, write_rows


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, rows",
    [
        ("a,b\nc,d\n", [["a", "b"], ["c", "d"]]),
        ("a,b", [["a", "b"]]),
        ("a,,\n,", [["a", "", ""], ["", ""]]),
        (" a , b ", [[" a ", " b "]]),
        ("", []),
        ("\n\na\n\n", [["a"]]),
        ("a\r\nb\rc", [["a"], ["b"], ["c"]]),
        (" \n", [[" "]]),
    ],
)
def test_plain_fields(text, rows):
    assert read_rows(text) == rows


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, rows",
    [
        ('"a,b",c', [["a,b", "c"]]),
        ('"a\nb",c\nd,e', [["a\nb", "c"], ["d", "e"]]),
        ('"say ""hi""",""', [['say "hi"', ""]]),
        ('""""', [['"']]),
        ('""', [[""]]),
        ('x,"y"', [["x", "y"]]),
    ],
)
def test_quoted_fields(text, rows):
    assert read_rows(text) == rows


@pytest.mark.requirement("R1")
def test_another_delimiter_and_quote():
    assert read_rows("'a;b';\"c,d\"", ";", "'") == [["a;b", '"c,d"']]


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text, line",
    [
        ('"abc', 1),
        ('a,b\n\nc,"d\ne', 3),
        ('"a"b', 1),
        ('x\n"a\nb"c', 3),
        ('"a" ,b', 1),
        ('x\ny,a"b', 2),
        ('"a\nb","c\nd', 2),
        ('"a\nb",c"d', 2),
        ('"1\n2",x\ny"', 3),
    ],
)
def test_quotation_mistakes_name_their_line(text, line):
    with pytest.raises(DelimitedError) as caught:
        read_rows(text)
    assert caught.value.line == line


@pytest.mark.requirement("R2")
def test_the_message_tells_the_line():
    with pytest.raises(ValueError, match="line 2"):
        read_rows('x\n"')


@pytest.mark.requirement("R3")
def test_only_necessary_quotes_are_written():
    rows = [["plain", "with,comma", 'with "quotes"', "two\nlines", "a\rb", " blank ", ""]]
    assert write_rows(rows) == 'plain,"with,comma","with ""quotes""","two\nlines","a\rb", blank ,\n'


@pytest.mark.requirement("R3")
def test_all_fields_are_quoted_on_request():
    assert write_rows([["a", ""], ["b'"]], ";", "'", quote_all=True, line_end="\r\n") == "'a';''\r\n'b'''\r\n"


@pytest.mark.requirement("R3")
def test_a_row_with_one_empty_field_is_not_a_blank_line():
    assert write_rows([[""], ["x"]]) == '""\nx\n'
    assert write_rows([]) == ""


@pytest.mark.requirement("R3")
def test_written_rows_read_back():
    rows = [["a;b", '"', ""], ["\n", ";;", "x"], [""]]
    assert read_rows(write_rows(rows, ";"), ";") == rows


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "delimiter, quote", [("", '"'), (",,", '"'), (",", ""), (",", "''"), ('"', '"'), ("\n", '"'), (",", "\n")]
)
def test_unusable_dialects_are_refused(delimiter, quote):
    with pytest.raises(ValueError):
        read_rows("a,b", delimiter, quote)
    with pytest.raises(ValueError):
        write_rows([["a", "b"]], delimiter, quote)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "text, delimiter",
    [
        ("a,b\nc,d", ","),
        ("a;b;c\n1,5;2;3\n2,5;3;4\n", ";"),
        ("a\tb\n1\t2", "\t"),
        ("a|b|c", "|"),
        ("a\nb", ","),
        ("", ","),
        ('"x,y,z";b\n"x,y,z";c', ";"),
        ("a,b;c;d\ne,f;g;h", ";"),
        ("a,b\n\nc,d;e\n;", ","),
        ("a;b,c\nd;e\n1,2,3\n", ";"),
    ],
)
def test_delimiters_are_guessed(text, delimiter):
    assert sniff_delimiter(text) == delimiter
