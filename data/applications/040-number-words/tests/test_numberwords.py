import pytest

from numberwords import (
    LARGEST,
    NumberError,
    decimal_to_words,
    fraction_to_words,
    ordinal_suffix,
    parse_ordinal_words,
    parse_words,
    to_ordinal_words,
    to_words,
)

NUMBERS = [
    (0, "zero"),
    (7, "seven"),
    (10, "ten"),
    (13, "thirteen"),
    (19, "nineteen"),
    (20, "twenty"),
    (21, "twenty-one"),
    (90, "ninety"),
    (99, "ninety-nine"),
    (100, "one hundred"),
    (101, "one hundred one"),
    (315, "three hundred fifteen"),
    (440, "four hundred forty"),
    (999, "nine hundred ninety-nine"),
    (1000, "one thousand"),
    (1001, "one thousand one"),
    (12000, "twelve thousand"),
    (70685, "seventy thousand six hundred eighty-five"),
    (1000000, "one million"),
    (2000003, "two million three"),
    (5 * 10**9, "five billion"),
    (10**12 + 10**6, "one trillion one million"),
    (-42, "minus forty-two"),
]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("number, words", NUMBERS)
def test_numbers_in_words(number, words):
    assert to_words(number) == words


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "number, words",
    [
        (101, "one hundred and one"),
        (100, "one hundred"),
        (1001, "one thousand and one"),
        (1100, "one thousand one hundred"),
        (1123, "one thousand one hundred and twenty-three"),
        (2000099, "two million and ninety-nine"),
        (15, "fifteen"),
        (101000, "one hundred and one thousand"),
        (1001000, "one million one thousand"),
        (1000000, "one million"),
    ],
)
def test_british_numbers(number, words):
    assert to_words(number, british=True) == words


@pytest.mark.requirement("R3")
def test_the_largest_numbers():
    assert to_words(LARGEST).startswith("nine hundred ninety-nine trillion")
    assert to_words(-LARGEST).startswith("minus nine hundred")


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("number", [LARGEST + 1, -LARGEST - 1])
def test_numbers_beyond_the_largest(number):
    with pytest.raises(NumberError):
        to_words(number)
    with pytest.raises(NumberError):
        decimal_to_words(str(number))


@pytest.mark.requirement("R3")
def test_ordinals_beyond_the_largest():
    assert to_ordinal_words(LARGEST).endswith("ninth")
    with pytest.raises(NumberError):
        to_ordinal_words(LARGEST + 1)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "text, words",
    [
        ("3.14", "three point one four"),
        ("-0.50", "minus zero point five zero"),
        ("12", "twelve"),
        (" 100.0 ", "one hundred point zero"),
        ("-0.0", "zero point zero"),
        ("-0", "zero"),
        ("-7", "minus seven"),
    ],
)
def test_decimals_in_words(text, words):
    assert decimal_to_words(text) == words


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("text", ["", ".5", "1.", "1,5", "one", "1e3"])
def test_malformed_decimals(text):
    with pytest.raises(NumberError):
        decimal_to_words(text)


ORDINALS = [
    (1, "first"),
    (2, "second"),
    (3, "third"),
    (4, "fourth"),
    (5, "fifth"),
    (8, "eighth"),
    (9, "ninth"),
    (10, "tenth"),
    (12, "twelfth"),
    (13, "thirteenth"),
    (20, "twentieth"),
    (22, "twenty-second"),
    (40, "fortieth"),
    (100, "one hundredth"),
    (103, "one hundred third"),
    (1000, "one thousandth"),
    (2012, "two thousand twelfth"),
]


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("number, words", ORDINALS)
def test_ordinals_in_words(number, words):
    assert to_ordinal_words(number) == words


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("number", [0, -1])
def test_ordinals_begin_with_the_first(number):
    with pytest.raises(NumberError):
        to_ordinal_words(number)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "number, text",
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (10, "10th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (14, "14th"),
        (21, "21st"),
        (111, "111th"),
        (122, "122nd"),
        (1013, "1013th"),
        (203, "203rd"),
        (0, "0th"),
    ],
)
def test_ordinals_in_digits(number, text):
    assert ordinal_suffix(number) == text


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "numerator, denominator, words",
    [
        (1, 2, "one half"),
        (3, 4, "three quarters"),
        (2, 3, "two thirds"),
        (3, 2, "one and a half"),
        (9, 8, "one and an eighth"),
        (11, 4, "two and three quarters"),
        (6, 3, "two"),
        (-1, 5, "minus one fifth"),
        (1, -5, "minus one fifth"),
        (2, 4, "one half"),
        (0, 7, "zero"),
        (5, 21, "five twenty-firsts"),
        (7, 100, "seven one hundredths"),
        (-5, 2, "minus two and a half"),
    ],
)
def test_fractions_in_words(numerator, denominator, words):
    assert fraction_to_words(numerator, denominator) == words


@pytest.mark.requirement("R7")
def test_a_denominator_of_zero():
    with pytest.raises(NumberError):
        fraction_to_words(1, 0)


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("numerator, denominator", [(LARGEST + 1, 1), (1, LARGEST + 2)])
def test_fractions_beyond_the_largest(numerator, denominator):
    with pytest.raises(NumberError):
        fraction_to_words(numerator, denominator)


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("number, words", NUMBERS)
def test_words_are_read_as_numbers(number, words):
    assert parse_words(words) == number


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "text, number",
    [
        ("One Hundred AND One", 101),
        ("one thousand and one", 1001),
        ("a hundred", 100),
        ("negative four", -4),
        ("twenty one", 21),
        ("one million, two hundred thousand", 1200000),
        (" nought ", 0),
        ("nine hundred thousand and ninety", 900090),
        ("one hundred twelve thousand", 112000),
    ],
)
def test_other_ways_of_writing_numbers(text, number):
    assert parse_words(text) == number


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "minus",
        "foo",
        "one two",
        "twenty eleven",
        "twenty thirty",
        "hundred",
        "thousand",
        "one thousand two million",
        "one thousand thousand",
        "one thousand two thousand",
        "one and two",
        "one hundred and",
        "twenty zero",
        "ten hundred",
        "two hundred hundred",
        "eleven one",
        "five twenty",
        "and one",
        "minus minus one",
        "one hundred and and one",
        "twenty ten",
        "one zero",
        "one thousand million",
    ],
)
def test_words_that_are_no_number(text):
    with pytest.raises(NumberError):
        parse_words(text)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("number, words", [*ORDINALS, (100, "hundredth"), (1000, "Thousandth"), (21, "twenty first")])
def test_ordinal_words_are_read(number, words):
    assert parse_ordinal_words(words) == number


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "text",
    ["", "one", "oneth", "fiveth", "zeroth", "twenty", "first twenty", "twentyth first", "nineth", "twelveth", "1st"],
)
def test_words_that_are_no_ordinal(text):
    with pytest.raises(NumberError):
        parse_ordinal_words(text)
