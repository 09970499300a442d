import pytest

from ledgerbook import Account, Ledger, LedgerError, Posting, Transaction
from ledgerstatements import (
    BalanceSheet,
    StatementLine,
    balance_sheet,
    closing_transaction,
    format_statement,
    profit_and_loss,
    statement,
    trial_balance,
)

ACCOUNTS = [
    Account("bank", "asset"),
    Account("bank:cash", "asset"),
    Account("capital", "equity"),
    Account("food", "expense"),
    Account("loan", "liability"),
    Account("wages", "income"),
]


def move(day, source, target, cents, text="x"):
    return Transaction(day, text, (Posting(target, cents), Posting(source, -cents)))


def books():
    return Ledger(
        ACCOUNTS,
        [
            move("2024-01-01", "capital", "bank", 10000, "start"),
            move("2024-01-05", "loan", "bank", 4000, "loan"),
            move("2024-02-01", "wages", "bank", 3000, "pay"),
            move("2024-02-10", "bank", "food", 1200, "lunch"),
            move("2024-02-10", "bank", "bank:cash", 700, "coins"),
            move("2024-03-01", "bank:cash", "food", 700, "cake"),
        ],
    )


@pytest.mark.requirement("R11")
def test_statement_starts_from_the_earlier_balance():
    assert statement(books(), "bank", "2024-01-05", "2024-02-10") == [
        StatementLine("2024-01-05", "loan", 4000, 14000),
        StatementLine("2024-02-01", "pay", 3000, 17000),
        StatementLine("2024-02-10", "lunch", -1200, 15800),
    ]


@pytest.mark.requirement("R11")
def test_statement_of_a_part():
    assert [(line.text, line.balance) for line in statement(books(), "bank:cash")] == [("coins", 700), ("cake", 0)]


@pytest.mark.requirement("R11")
def test_statement_of_an_unknown_account():
    with pytest.raises(LedgerError):
        statement(books(), "gold")


@pytest.mark.requirement("R12")
def test_trial_balance_has_equal_columns():
    rows = trial_balance(books())
    assert rows == [
        ("bank", 15100, 0),
        ("capital", 0, 10000),
        ("food", 1900, 0),
        ("loan", 0, 4000),
        ("wages", 0, 3000),
    ]


@pytest.mark.requirement("R12")
def test_trial_balance_on_a_day():
    assert trial_balance(books(), "2024-01-01") == [("bank", 10000, 0), ("capital", 0, 10000)]
    assert trial_balance(books(), "2023-12-31") == []


@pytest.mark.requirement("R13")
def test_profit_of_a_period():
    assert profit_and_loss(books(), "2024-02-01", "2024-02-10") == ({"wages": 3000}, {"food": 1200}, 1800)


@pytest.mark.requirement("R13")
def test_loss_of_a_period():
    assert profit_and_loss(books(), "2024-02-02", "2024-12-31") == ({}, {"food": 1900}, -1900)


@pytest.mark.requirement("R14")
def test_balance_sheet_with_open_profit():
    sheet = balance_sheet(books(), "2024-02-10")
    assert sheet == BalanceSheet({"bank": 15100, "bank:cash": 700}, {"loan": 4000}, {"capital": 10000}, 1800)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("profit, balanced", [(-2, False), (-3, True), (3, False)])
def test_sides_of_a_balance_sheet(profit, balanced):
    assert BalanceSheet({"a": 7, "b": 1}, {"c": 5}, {"d": 6}, profit).is_balanced() is balanced


@pytest.mark.requirement("R15")
def test_closing_moves_the_profit_into_equity():
    closing = closing_transaction(books(), "2024-02-29", "capital")
    assert closing.day == "2024-02-29"
    assert closing.postings == (Posting("wages", 3000), Posting("food", -1200), Posting("capital", -1800))


@pytest.mark.requirement("R15")
def test_closing_without_profit_needs_no_equity():
    ledger = Ledger(ACCOUNTS, [move("2024-01-01", "wages", "food", 50)])
    assert closing_transaction(ledger, "2024-12-31", "capital").postings == (Posting("wages", 50), Posting("food", -50))


@pytest.mark.requirement("R15")
def test_nothing_to_close():
    with pytest.raises(LedgerError):
        closing_transaction(books(), "2024-01-31", "capital")


@pytest.mark.requirement("R16")
def test_statements_are_aligned():
    lines = [StatementLine("2024-01-05", "rent", -100000, -50), StatementLine("2024-01-06", "pay day", 5, 250000)]
    assert format_statement(lines).splitlines() == [
        "2024-01-05  rent     -1,000.00     -0.50",
        "2024-01-06  pay day       0.05  2,500.00",
    ]


@pytest.mark.requirement("R16")
def test_an_empty_statement_is_empty_text():
    assert format_statement([]) == ""
