import pytest

from ledgerbook import Posting, Transaction
from ledgercsv import ImportProblem, Rule, choose_account, export_csv, import_bank_csv, read_export, without_known

RULES = [Rule("Market", "food"), Rule("super", "fun")]
LUNCH = Transaction("2024-01-02", "lunch, late", (Posting("food", 123450), Posting("bank", -123450)))
PAY = Transaction("2024-01-01", "pay", (Posting("bank", 3), Posting("wages", -2), Posting("gifts", -1)))


@pytest.mark.requirement("R17")
def test_the_first_rule_that_fits_decides():
    assert choose_account("SUPERMARKET 12", RULES, "other") == "food"
    assert choose_account("Super Bowl", RULES, "other") == "fun"
    assert choose_account("rent", RULES, "other") == "other"


@pytest.mark.requirement("R18")
def test_bank_exports_become_transactions():
    text = 'Amount,Date,id,Text\n"-1,000.50",2024-01-02,7,Market\n\n,,,\n20,2024-01-03,8,salary\n'
    assert import_bank_csv(text, "bank", RULES, "other") == [
        Transaction("2024-01-02", "Market", (Posting("bank", -100050), Posting("food", 100050))),
        Transaction("2024-01-03", "salary", (Posting("bank", 2000), Posting("other", -2000))),
    ]


@pytest.mark.requirement("R18")
def test_blanks_around_cells_are_dropped():
    found = import_bank_csv("date , text, amount\n2024-01-02 , x y , 5 \n", "bank", [], "other")
    assert found == [Transaction("2024-01-02", "x y", (Posting("bank", 500), Posting("other", -500)))]
    (quoted,) = import_bank_csv('date, text, amount\n2024-01-02, "x, y", 5\n', "bank", [], "other")
    assert quoted == Transaction("2024-01-02", "x, y", (Posting("bank", 500), Posting("other", -500)))


@pytest.mark.requirement("R18")
def test_only_a_header_is_no_transaction():
    assert import_bank_csv("date,text,amount\n", "bank", RULES, "other") == []


@pytest.mark.requirement("R19")
@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        ("date,text\n2024-01-01,x\n", 1),
        ("date,text,amount\n2024-01-01,x,5\n2024-01-32,x,5\n", 3),
        ("date,text,amount\n2024-01-01,x,five\n", 2),
        ("date,text,amount\n2024-01-01,x\n", 2),
    ],
)
def test_bad_bank_exports_name_the_line(text, line):
    with pytest.raises(ImportProblem) as caught:
        import_bank_csv(text, "bank", RULES, "other")
    assert caught.value.line == line


@pytest.mark.requirement("R20")
def test_known_transactions_are_dropped_once_each():
    assert without_known([LUNCH, PAY, LUNCH], [LUNCH]) == [PAY, LUNCH]
    assert without_known([LUNCH, LUNCH], [PAY, LUNCH, LUNCH]) == []


@pytest.mark.requirement("R21")
def test_every_posting_is_exported():
    assert export_csv([PAY, LUNCH]).splitlines() == [
        "number,date,text,account,amount",
        "1,2024-01-01,pay,bank,0.03",
        "1,2024-01-01,pay,wages,-0.02",
        "1,2024-01-01,pay,gifts,-0.01",
        '2,2024-01-02,"lunch, late",food,1234.50',
        '2,2024-01-02,"lunch, late",bank,-1234.50',
    ]


@pytest.mark.requirement("R21")
def test_exports_can_be_read_again():
    text = (
        "number,date,text,account,amount\n1,2024-01-01,pay,bank,0.03\n1,2024-01-01,pay,wages,-0.02\n"
        '2,2024-01-02,"lunch, late",food,1234.50\n1,2024-01-01,pay,gifts,-0.01\n'
        '2,2024-01-02,"lunch, late",bank,-1234.50\n'
    )
    assert read_export(text) == [PAY, LUNCH]


@pytest.mark.requirement("R19")
@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "number,date,text,account,amount\n1,2024-01-01,x,bank,much\n",
        "number,date,text,account,amount\n1,2024-01-01,x,bank\n",
    ],
)
def test_bad_exports(text):
    with pytest.raises(ImportProblem) as caught:
        read_export(text)
    assert caught.value.line == 2
