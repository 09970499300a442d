import pytest

from romannumerals import RomanError, from_roman, is_roman, numbered, to_roman

PAIRS = [
    (1, "I"),
    (3, "III"),
    (4, "IV"),
    (5, "V"),
    (9, "IX"),
    (14, "XIV"),
    (40, "XL"),
    (58, "LVIII"),
    (90, "XC"),
    (400, "CD"),
    (900, "CM"),
    (944, "CMXLIV"),
    (1994, "MCMXCIV"),
    (2024, "MMXXIV"),
    (3999, "MMMCMXCIX"),
]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("number, numeral", PAIRS)
def test_numbers_as_roman_numerals(number, numeral):
    assert to_roman(number) == numeral


@pytest.mark.requirement("R11")
@pytest.mark.parametrize("number", [0, -1, 4000])
def test_numbers_without_roman_numeral(number):
    with pytest.raises(RomanError):
        to_roman(number)


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("number, numeral", PAIRS)
def test_roman_numerals_are_read(number, numeral):
    assert from_roman(numeral) == number
    assert from_roman(f" {numeral.lower()} ") == number


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("text", ["", "IIII", "VV", "IM", "XYZ", "IIX", "MMMM", "XCX"])
def test_unusual_numerals_are_refused(text):
    with pytest.raises(RomanError):
        from_roman(text)


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("text, number", [("IIII", 4), ("IM", 999), ("IIX", 8), ("MMMM", 4000)])
def test_unusual_numerals_are_understood_unless_strict(text, number):
    assert from_roman(text, strict=False) == number


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("text", ["", "I I", "abc"])
def test_other_text_is_never_a_numeral(text):
    with pytest.raises(RomanError):
        from_roman(text, strict=False)


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    "text, result", [("XIV", True), ("xiv", True), ("IIII", False), ("", False), ("X ", False), ("A", False)]
)
def test_usual_forms_are_recognised(text, result):
    assert is_roman(text) is result


@pytest.mark.requirement("R14")
def test_lists_are_numbered_flush_right():
    assert numbered(["a", "b", "c"]) == ["  i. a", " ii. b", "iii. c"]
    assert numbered(["a", "b"], start=4) == ["iv. a", " v. b"]
    assert numbered([]) == []


@pytest.mark.requirement("R14")
def test_lists_cannot_begin_before_one():
    with pytest.raises(RomanError):
        numbered(["a"], start=0)
