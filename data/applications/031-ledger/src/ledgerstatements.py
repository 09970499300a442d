"""Statements drawn from a ledger: account statements, trial balance, profit and loss, balance sheet, year end."""

from dataclasses import dataclass

from ledgerbook import Account, Ledger, LedgerError, Posting, Transaction, format_amount


@dataclass(frozen=True)
class StatementLine:
    """One movement on an account with the balance after it."""

    day: str
    text: str
    cents: int
    balance: int


@dataclass(frozen=True)
class BalanceSheet:
    """What is owned and owed on a day, each side by account, with the profit that is not yet part of the equity."""

    assets: dict[str, int]
    liabilities: dict[str, int]
    equity: dict[str, int]
    profit: int

    def is_balanced(self) -> bool:
        """Tell whether the assets equal liabilities, equity and profit together."""
        others = sum(self.liabilities.values()) + sum(self.equity.values()) + self.profit
        return sum(self.assets.values()) == others


def _own_sums(ledger: Ledger, start: str, end: str) -> dict[str, int]:
    """Sum the postings of each account, its parts not included."""
    sums: dict[str, int] = {}
    for transaction in ledger.transactions(start, end):
        for posting in transaction.postings:
            sums[posting.account] = sums.get(posting.account, 0) + posting.cents
    return sums


def _side(accounts: list[Account], sums: dict[str, int]) -> dict[str, int]:
    """Return the sums of accounts that are not zero, with the sign that is usual for their kind."""
    return {
        account.name: sums[account.name] if account.kind in ("asset", "expense") else -sums[account.name]
        for account in accounts
        if sums.get(account.name)
    }


def statement(ledger: Ledger, account: str, start: str = "", end: str = "9999") -> list[StatementLine]:
    """List the movements on an account and its parts in a period with the running balance.

    The balance starts from what was on the account before the period.
    """
    lines = []
    balance = ledger.balance(account)
    for transaction in reversed(ledger.transactions(start)):
        effect = transaction.effect_on(account)
        if transaction.day <= end and effect:
            lines.append(StatementLine(transaction.day, transaction.text, effect, balance))
        balance -= effect
    return lines[::-1]


def trial_balance(ledger: Ledger, day: str = "9999") -> list[tuple[str, int, int]]:
    """List each account that is not empty as (name, debit, credit); both columns have the same sum."""
    sums = _own_sums(ledger, "", day)
    return [(name, max(cents, 0), max(-cents, 0)) for name, cents in sorted(sums.items()) if cents]


def profit_and_loss(ledger: Ledger, start: str, end: str) -> tuple[dict[str, int], dict[str, int], int]:
    """Return income by account, expenses by account, and the profit of a period; all are positive as a rule."""
    sums = _own_sums(ledger, start, end)
    income, expenses = (_side(ledger.accounts(kind), sums) for kind in ("income", "expense"))
    return income, expenses, sum(income.values()) - sum(expenses.values())


def balance_sheet(ledger: Ledger, day: str) -> BalanceSheet:
    """Draw up the balance sheet at the end of a day."""
    sums = _own_sums(ledger, "", day)
    sides = [_side(ledger.accounts(kind), sums) for kind in ("asset", "liability", "equity", "income", "expense")]
    return BalanceSheet(sides[0], sides[1], sides[2], sum(sides[3].values()) - sum(sides[4].values()))


def closing_transaction(ledger: Ledger, day: str, equity: str) -> Transaction:
    """Make the transaction that empties all income and expense accounts at the end of a day into an equity account."""
    sums = _own_sums(ledger, "", day)
    accounts = [*ledger.accounts("income"), *ledger.accounts("expense")]
    postings = [Posting(account.name, -sums[account.name]) for account in accounts if sums.get(account.name)]
    if not postings:
        raise LedgerError("there is nothing to close")
    rest = -sum(posting.cents for posting in postings)
    if rest:
        postings.append(Posting(equity, rest))
    return Transaction(day, "closing", tuple(postings))


def format_statement(lines: list[StatementLine]) -> str:
    """Write a statement as text: day, text, amount and balance in aligned columns."""
    cells = [(line.day, line.text, format_amount(line.cents), format_amount(line.balance)) for line in lines]
    widths = [max((len(row[column]) for row in cells), default=0) for column in range(4)]
    return "\n".join(
        f"{day}  {text:<{widths[1]}}  {amount:>{widths[2]}}  {balance:>{widths[3]}}"
        for day, text, amount, balance in cells
    )
