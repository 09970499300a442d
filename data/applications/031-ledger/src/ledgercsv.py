"""Transactions as CSV: importing bank exports with rules that find the other account, and exporting the books."""

import csv
import io
from dataclasses import dataclass
from datetime import date

from ledgerbook import LedgerError, Posting, Transaction, format_amount, parse_amount


class ImportProblem(LedgerError):
    """A CSV text cannot be read; `line` is the number of the bad line, counting the header as 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line


@dataclass(frozen=True)
class Rule:
    """Texts that contain a word, in any case, belong to an account."""

    word: str
    account: str


def choose_account(text: str, rules: list[Rule], default: str) -> str:
    """Return the account of the first rule whose word is in the text, or the default."""
    for rule in rules:
        if rule.word.lower() in text.lower():
            return rule.account
    return default


def import_bank_csv(text: str, bank: str, rules: list[Rule], default: str) -> list[Transaction]:
    """Read a bank export with the columns date, text and amount, in any order and beside others.

    Positive amounts came into the bank account. Lines without any value are skipped.
    """
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    missing = {"date", "text", "amount"} - {name.strip().lower() for name in reader.fieldnames or []}
    if missing:
        raise ImportProblem(1, f"no column {', '.join(sorted(missing))}")
    transactions = []
    for row in reader:
        cells = {name.strip().lower(): (value or "").strip() for name, value in row.items() if name is not None}
        if not any(cells.values()):
            continue
        try:
            day, cents = date.fromisoformat(cells["date"]).isoformat(), parse_amount(cells["amount"])
        except ValueError as error:
            raise ImportProblem(reader.line_num, str(error)) from None
        other = choose_account(cells["text"], rules, default)
        transactions.append(Transaction(day, cells["text"], (Posting(bank, cents), Posting(other, -cents))))
    return transactions


def without_known(new: list[Transaction], known: list[Transaction]) -> list[Transaction]:
    """Drop new transactions that are known already; what is known once explains only one of several equal new ones."""
    rest = list(known)
    fresh = []
    for transaction in new:
        if transaction in rest:
            rest.remove(transaction)
        else:
            fresh.append(transaction)
    return fresh


def export_csv(transactions: list[Transaction]) -> str:
    """Write one line per posting with number, date, text, account and amount; transactions count from one."""
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(["number", "date", "text", "account", "amount"])
    for number, transaction in enumerate(transactions, start=1):
        for posting in transaction.postings:
            amount = format_amount(posting.cents).replace(",", "")
            writer.writerow([number, transaction.day, transaction.text, posting.account, amount])
    return output.getvalue()


def read_export(text: str) -> list[Transaction]:
    """Read transactions from what the export has written."""
    found: dict[str, Transaction] = {}
    reader = csv.DictReader(io.StringIO(text))
    for row in reader:
        try:
            posting = Posting(row["account"], parse_amount(row["amount"]))
            earlier = found[row["number"]].postings if row["number"] in found else ()
            found[row["number"]] = Transaction(row["date"], row["text"], (*earlier, posting))
        except (KeyError, LedgerError, AttributeError) as error:
            raise ImportProblem(reader.line_num, str(error)) from None
    return list(found.values())
