import pytest

from moneywords import Currency, cheque_line, currency, money_from_words, money_to_words, parse_price
from numberwords import NumberError

AMOUNTS = [
    (123, "USD", "one dollar and twenty-three cents"),
    (101, "GBP", "one pound and one penny"),
    (200, "EUR", "two euros"),
    (5, "GBP", "five pence"),
    (1, "USD", "one cent"),
    (0, "USD", "zero dollars"),
    (-250, "EUR", "minus two euros and fifty cents"),
    (-7, "EUR", "minus seven cents"),
    (100000, "USD", "one thousand dollars"),
    (199, "GBP", "one pound and ninety-nine pence"),
]


@pytest.mark.requirement("R15")
def test_currencies_by_code():
    assert currency("gbp") == Currency("GBP", "pound", "pounds", "penny", "pence")
    assert currency("EUR").units == "euros"


@pytest.mark.requirement("R15")
def test_unknown_currencies():
    with pytest.raises(NumberError):
        currency("XYZ")
    with pytest.raises(NumberError):
        money_to_words(5, "XYZ")


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "text, amount", [("1,234.50", 123450), ("-3", -300), (" 0.07 ", 7), ("1234567", 123456700), ("-0.99", -99)]
)
def test_prices_in_digits(text, amount):
    assert parse_price(text) == amount


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("text", ["", "1.5", "1.", ".50", "1,23", "$5", "1.234"])
def test_malformed_prices(text):
    with pytest.raises(NumberError):
        parse_price(text)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("amount, code, words", AMOUNTS)
def test_amounts_in_words(amount, code, words):
    assert money_to_words(amount, code) == words


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(
    "amount, line",
    [
        (507, "Five and 07/100 dollars"),
        (2100, "Twenty-one and 00/100 dollars"),
        (99, "Zero and 99/100 dollars"),
        (1, "Zero and 01/100 dollars"),
    ],
)
def test_lines_of_a_cheque(amount, line):
    assert cheque_line(amount, "USD") == line


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("amount", [0, -5])
def test_cheques_need_a_positive_amount(amount):
    with pytest.raises(NumberError):
        cheque_line(amount, "USD")


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("amount, code, words", AMOUNTS)
def test_amounts_are_read_from_words(amount, code, words):
    assert money_from_words(words, code) == amount


@pytest.mark.requirement("R19")
def test_other_ways_of_writing_amounts():
    assert money_from_words("Two Dollars, five cents", "USD") == 205
    assert money_from_words("one hundred and one dollars", "USD") == 10100


@pytest.mark.requirement("R19")
@pytest.mark.parametrize(
    "text",
    ["", "five", "five pounds", "one dollar and one hundred cents", "one dollar and minus one cent", "foo dollars"],
)
def test_words_that_are_no_amount(text):
    with pytest.raises(NumberError):
        money_from_words(text, "USD")
