import pytest

from ledgerbook import (
    Account,
    Ledger,
    LedgerError,
    Posting,
    Transaction,
    Unbalanced,
    UnknownAccount,
    format_amount,
    parse_amount,
    split_evenly,
    transfer,
)

ACCOUNTS = [
    Account("bank", "asset"),
    Account("bank:savings", "asset"),
    Account("banker", "asset"),
    Account("food", "expense"),
]


def move(day, source, target, cents, text="x"):
    return Transaction(day, text, (Posting(target, cents), Posting(source, -cents)))


MOVES = [
    move("2024-01-02", "bank", "food", 500, "b"),
    move("2024-01-01", "bank", "bank:savings", 3000, "a"),
    move("2024-01-03", "banker", "food", 70, "c"),
    move("2024-01-02", "bank:savings", "food", 20, "d"),
]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, cents",
    [
        ("12.34", 1234),
        ("12", 1200),
        ("0.5", 50),
        ("-3", -300),
        (" (1,234.05) ", -123405),
        ("1,234,567.8", 123456780),
        ("1234", 123400),
    ],
)
def test_amounts_are_read_as_cents(text, cents):
    assert parse_amount(text) == cents


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "x", "1.234", "1,23", ",5", "1.", "(-5)", "(55", "55)", "1,2345", "--1"])
def test_malformed_amounts(text):
    with pytest.raises(LedgerError):
        parse_amount(text)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "cents, text", [(5, "0.05"), (-5, "-0.05"), (123456789, "1,234,567.89"), (-100000, "-1,000.00"), (0, "0.00")]
)
def test_amounts_are_written_with_separators(cents, text):
    assert format_amount(cents) == text


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "kind, debit", [("asset", True), ("expense", True), ("income", False), ("liability", False), ("equity", False)]
)
def test_debits_increase_assets_and_expenses(kind, debit):
    assert Account("a", kind).is_debit() is debit


@pytest.mark.requirement("R2")
def test_depth_of_an_account():
    assert [Account(name, "asset").depth() for name in ("a", "a:b", "a:b:c")] == [0, 1, 2]


@pytest.mark.requirement("R2")
def test_accounts_include_their_parts():
    bank = ACCOUNTS[0]
    assert [bank.includes(name) for name in ("bank", "bank:x:y", "banker", "ban")] == [True, True, False, False]


@pytest.mark.requirement("R3")
def test_difference_and_volume():
    uneven = Transaction("2024-01-01", "x", (Posting("a", 700), Posting("b", 100), Posting("c", -751), Posting("d", 1)))
    assert (uneven.difference(), uneven.volume()) == (50, 801)


@pytest.mark.requirement("R3")
def test_effect_on_an_account_with_its_parts():
    mixed = Transaction("2024-01-01", "x", (Posting("bank", 5), Posting("bank:savings", 6), Posting("banker", -11)))
    assert [mixed.effect_on(name) for name in ("bank", "bank:savings", "food")] == [11, 6, 0]


@pytest.mark.requirement("R4")
def test_reversal_swaps_debits_and_credits():
    undone = MOVES[0].reversal("2024-02-01")
    assert undone.postings == (Posting("food", -500), Posting("bank", 500))
    assert undone.day == "2024-02-01"
    assert undone.text.endswith("b")


@pytest.mark.requirement("R4")
def test_transfer_debits_the_target_and_credits_the_source():
    assert transfer("2024-01-02", "b", "bank", "food", 500) == MOVES[0]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("target, cents", [("food", 0), ("food", -1), ("bank", 5)])
def test_senseless_transfers(target, cents):
    with pytest.raises(LedgerError):
        transfer("2024-01-01", "x", "bank", target, cents)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "cents, parts, result",
    [(100, 3, [34, 33, 33]), (-101, 3, [-34, -34, -33]), (2, 3, [1, 1, 0]), (7, 1, [7]), (6, 2, [3, 3])],
)
def test_amounts_are_split_without_losing_a_cent(cents, parts, result):
    assert split_evenly(cents, parts) == result


@pytest.mark.requirement("R5")
def test_splitting_into_nothing():
    with pytest.raises(LedgerError):
        split_evenly(5, 0)


@pytest.mark.requirement("R6")
def test_opened_accounts_are_listed_by_name():
    ledger = Ledger()
    assert ledger.open("food", "expense") == Account("food", "expense")
    ledger.open("bank:my savings", "asset")
    assert [account.name for account in ledger.accounts()] == ["bank:my savings", "food"]
    assert ledger.accounts("asset") == [Account("bank:my savings", "asset")]


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("name", ["", "bank", ":a", "a:", "a::b", "a/b"])
def test_names_that_cannot_be_opened(name):
    with pytest.raises(LedgerError):
        Ledger(ACCOUNTS).open(name, "asset")


@pytest.mark.requirement("R6")
def test_kinds_must_exist_and_agree_with_the_whole():
    ledger = Ledger([Account("a:b", "asset")])
    for name, kind in [("x", "money"), ("a:b:c", "income"), ("a", "expense")]:
        with pytest.raises(LedgerError):
            ledger.open(name, kind)
    assert ledger.open("a:c", "income").kind == "income"


@pytest.mark.requirement("R7")
def test_posted_transactions_are_kept():
    ledger = Ledger(ACCOUNTS)
    ledger.post(MOVES[0])
    assert ledger.transactions() == [MOVES[0]]


@pytest.mark.requirement("R8")
def test_unbalanced_transactions_are_refused():
    ledger = Ledger(ACCOUNTS)
    with pytest.raises(Unbalanced):
        ledger.post(Transaction("2024-01-01", "x", (Posting("bank", 5), Posting("food", -4))))
    assert ledger.transactions() == []


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("postings", [(), (Posting("bank", 0),), (Posting("bank", 0), Posting("food", 0))])
def test_transactions_without_content_are_refused(postings):
    with pytest.raises(LedgerError):
        Ledger(ACCOUNTS).post(Transaction("2024-01-01", "x", postings))


@pytest.mark.requirement("R8")
def test_accounts_must_be_open():
    with pytest.raises(UnknownAccount):
        Ledger(ACCOUNTS).post(move("2024-01-01", "bank", "gold", 5))


@pytest.mark.requirement("R7")
def test_transactions_by_day_and_then_by_posting():
    ledger = Ledger(ACCOUNTS, MOVES)
    assert [one.text for one in ledger.transactions()] == ["a", "b", "d", "c"]
    assert [one.text for one in ledger.transactions("2024-01-02", "2024-01-02")] == ["b", "d"]


@pytest.mark.requirement("R9")
def test_balance_of_an_account_with_its_parts():
    ledger = Ledger(ACCOUNTS, MOVES)
    assert [ledger.balance(name) for name in ("bank", "bank:savings", "banker", "food")] == [-520, 2980, -70, 590]


@pytest.mark.requirement("R9")
def test_balance_at_the_end_of_a_day():
    ledger = Ledger(ACCOUNTS, MOVES)
    assert [ledger.balance("food", f"2024-01-0{day}") for day in (1, 2, 3)] == [0, 520, 590]


@pytest.mark.requirement("R9")
def test_balance_of_an_unknown_account():
    with pytest.raises(UnknownAccount):
        Ledger(ACCOUNTS).balance("gold")


@pytest.mark.requirement("R10")
def test_empty_accounts_can_be_closed():
    ledger = Ledger(ACCOUNTS, MOVES[:1])
    ledger.close("bank:savings")
    assert [account.name for account in ledger.accounts("asset")] == ["bank", "banker"]


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("name", ["bank", "food", "gold"])
def test_accounts_that_cannot_be_closed(name):
    with pytest.raises(LedgerError):
        Ledger(ACCOUNTS, [move("2024-01-01", "banker", "food", 5)]).close(name)


@pytest.mark.requirement("R4")
def test_a_single_cent_can_be_transferred():
    assert transfer("2024-01-01", "x", "bank", "food", 1).postings == (Posting("food", 1), Posting("bank", -1))
