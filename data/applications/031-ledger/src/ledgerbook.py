"""Double-entry bookkeeping: amounts in cents, accounts, balanced transactions, and the ledger that keeps them."""

import re
from dataclasses import dataclass, replace

KINDS = ("asset", "liability", "equity", "income", "expense")


class LedgerError(ValueError):
    """The books do not allow this."""


class UnknownAccount(LedgerError):
    """An account was used that is not open."""


class Unbalanced(LedgerError):
    """The postings of a transaction do not add up to zero."""


def parse_amount(text: str) -> int:
    """Read an amount such as 1,234.5 or -3 or (12.00) as cents; parentheses mean a negative amount."""
    stripped = text.strip()
    inner = stripped[1:-1] if stripped.startswith("(") and stripped.endswith(")") else stripped
    match = re.fullmatch(r"(-?)(\d+|\d{1,3}(?:,\d{3})+)(?:\.(\d{1,2}))?", inner)
    if match is None or (inner != stripped and match[1]):
        raise LedgerError(f"not an amount: {text!r}")
    cents = int(match[2].replace(",", "")) * 100 + int((match[3] or "0").ljust(2, "0"))
    return -cents if match[1] or inner != stripped else cents


def format_amount(cents: int) -> str:
    """Write cents as an amount with thousands separators and two decimals."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100:,}.{abs(cents) % 100:02}"


@dataclass(frozen=True)
class Account:
    """An account; colons in its name make it a part of the account before the colon, as in bank:savings."""

    name: str
    kind: str

    def is_debit(self) -> bool:
        """Tell whether debits increase the account, as they do for assets and expenses."""
        return self.kind in ("asset", "expense")

    def depth(self) -> int:
        """Return how many accounts it is part of."""
        return self.name.count(":")

    def includes(self, name: str) -> bool:
        """Tell whether an account name is this account or a part of it."""
        return name == self.name or name.startswith(self.name + ":")


@dataclass(frozen=True)
class Posting:
    """One line of a transaction; a positive amount is a debit, a negative one a credit."""

    account: str
    cents: int


@dataclass(frozen=True)
class Transaction:
    """Something that happened on a day (as ISO text) and moved money between accounts."""

    day: str
    text: str
    postings: tuple[Posting, ...]

    def difference(self) -> int:
        """Return debits minus credits, which is zero if the transaction is balanced."""
        return sum(posting.cents for posting in self.postings)

    def volume(self) -> int:
        """Return the sum of the debits."""
        return sum(posting.cents for posting in self.postings if posting.cents > 0)

    def effect_on(self, account: str) -> int:
        """Return the sum of the postings to an account and its parts."""
        return sum(posting.cents for posting in self.postings if _is_part(posting.account, account))

    def reversal(self, day: str) -> "Transaction":
        """Return a transaction that undoes this one on another day."""
        postings = tuple(replace(posting, cents=-posting.cents) for posting in self.postings)
        return Transaction(day, f"reversal: {self.text}", postings)


def _is_part(name: str, whole: str) -> bool:
    """Tell whether an account is another one or a part of it."""
    return name == whole or name.startswith(whole + ":")


def transfer(day: str, text: str, source: str, target: str, cents: int) -> Transaction:
    """Make a transaction that moves a positive amount from one account to another."""
    if cents <= 0 or source == target:
        raise LedgerError("a transfer moves a positive amount between two accounts")
    return Transaction(day, text, (Posting(target, cents), Posting(source, -cents)))


def split_evenly(cents: int, parts: int) -> list[int]:
    """Divide an amount into parts that differ by one cent at most; the larger parts come first."""
    if parts < 1:
        raise LedgerError("needs at least one part")
    base, rest = divmod(abs(cents), parts)
    sign = -1 if cents < 0 else 1
    return [sign * (base + (index < rest)) for index in range(parts)]


class Ledger:
    """Open accounts and the transactions posted to them."""

    def __init__(self, accounts: list[Account] | None = None, transactions: list[Transaction] | None = None) -> None:
        self._accounts = {account.name: account for account in accounts or []}
        self._transactions = list(transactions or [])

    def open(self, name: str, kind: str) -> Account:
        """Open an account; a part of an account must be of the same kind as the whole, if that is open."""
        if kind not in KINDS:
            raise LedgerError(f"{kind!r} is none of {', '.join(KINDS)}")
        if not re.fullmatch(r"\w[\w \-]*(?::\w[\w \-]*)*", name) or name in self._accounts:
            raise LedgerError(f"{name!r} is taken or no name for an account")
        for other in self._accounts.values():
            related = _is_part(name, other.name) or _is_part(other.name, name)
            if related and other.kind != kind:
                raise LedgerError(f"{name} must be of the kind {other.kind} like {other.name}")
        self._accounts[name] = Account(name, kind)
        return self._accounts[name]

    def accounts(self, kind: str | None = None) -> list[Account]:
        """Return the open accounts, or those of one kind, by name."""
        chosen = [account for account in self._accounts.values() if kind in (None, account.kind)]
        return sorted(chosen, key=lambda account: account.name)

    def post(self, transaction: Transaction) -> None:
        """Add a balanced transaction with at least two postings to open accounts, none of them zero."""
        if len(transaction.postings) < 2 or any(posting.cents == 0 for posting in transaction.postings):
            raise LedgerError("a transaction needs two postings that are not zero")
        for posting in transaction.postings:
            if posting.account not in self._accounts:
                raise UnknownAccount(posting.account)
        total = sum(posting.cents for posting in transaction.postings)
        if total != 0:
            raise Unbalanced(f"debits and credits differ by {format_amount(total)}")
        self._transactions.append(transaction)

    def transactions(self, start: str = "", end: str = "9999") -> list[Transaction]:
        """Return the transactions from one day to another, both included, by day and then as they were posted."""
        chosen = [transaction for transaction in self._transactions if start <= transaction.day <= end]
        return sorted(chosen, key=lambda transaction: transaction.day)

    def balance(self, account: str, day: str = "9999") -> int:
        """Return debits minus credits of an account and its parts at the end of a day."""
        if account not in self._accounts:
            raise UnknownAccount(account)
        return sum(
            posting.cents
            for transaction in self._transactions
            if transaction.day <= day
            for posting in transaction.postings
            if _is_part(posting.account, account)
        )

    def close(self, name: str) -> None:
        """Close an account whose balance is zero and of which no part is open."""
        if self.balance(name) != 0:
            raise LedgerError(f"{name} is not empty")
        if any(_is_part(other, name) and other != name for other in self._accounts):
            raise LedgerError(f"{name} has parts")
        del self._accounts[name]
