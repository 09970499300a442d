"""Coins: sums, amounts as text, and change with the fewest coins from a limited supply.

Amounts are whole cents; a collection of coins maps each coin's value to how many there are.
"""

import re
from collections.abc import Iterable, Mapping

_MONEY = re.compile(r"(\d+)(?:\.(\d\d))?")


class CoinError(Exception):
    """Base of every error about coins."""


class NoChange(CoinError):
    """The coins at hand cannot make up an amount."""


class MissingCoins(CoinError):
    """More coins are asked for than there are."""


def parse_money(text: str) -> int:
    """Read an amount such as `3` or `3.05` as cents."""
    match = _MONEY.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no amount; write it like 3 or 3.05")
    return int(match[1]) * 100 + int(match[2] or 0)


def format_money(cents: int) -> str:
    """Write cents as an amount with two decimals, a minus sign before negative ones."""
    return _money(cents)


def _money(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"


def value(coins: Mapping[int, int]) -> int:
    """Return what a collection of coins is worth."""
    return _value(coins)


def _value(coins: Mapping[int, int]) -> int:
    return sum(coin * count for coin, count in coins.items())


def count_coins(coins: Iterable[int]) -> dict[int, int]:
    """Count single coins by their value, the largest first."""
    found = list(coins)
    return {coin: found.count(coin) for coin in sorted(set(found), reverse=True)}


def make_change(amount: int, supply: Mapping[int, int]) -> dict[int, int]:
    """Return the fewest coins of a supply that make up an amount; larger coins are preferred."""
    if amount < 0:
        raise ValueError(f"the amount is {amount}; give zero or more")
    coins = _fewest(amount, supply)
    if coins is None:
        raise NoChange(f"the coins cannot make up {_money(amount)}")
    return coins


def _fewest(amount: int, supply: Mapping[int, int]) -> dict[int, int] | None:
    best: dict[int, dict[int, int]] = {0: {}}
    for coin in sorted(supply, reverse=True):
        for reached, used in list(best.items()):
            for count in range(1, supply[coin] + 1):
                total = reached + count * coin
                coins = {**used, coin: count}
                if total <= amount and (total not in best or _rank(coins) < _rank(best[total])):
                    best[total] = coins
    return best.get(amount)


def _rank(coins: Mapping[int, int]) -> tuple[int, list[tuple[int, int]]]:
    """Return what to compare by: fewer coins are smaller, then larger coins are."""
    return sum(coins.values()), [(-coin, -count) for coin, count in coins.items()]


def payable(supply: Mapping[int, int], limit: int) -> list[int]:
    """Return every amount from 1 up to a limit that the coins can make up exactly."""
    return [amount for amount in range(1, limit + 1) if _fewest(amount, supply) is not None]


class CoinBox:
    """Coins in a machine."""

    def __init__(self, coins: Mapping[int, int]) -> None:
        self._coins = {coin: count for coin, count in coins.items() if count}

    def put(self, coins: Mapping[int, int]) -> None:
        """Put coins into the box."""
        self._put(coins)

    def _put(self, coins: Mapping[int, int]) -> None:
        for coin, count in coins.items():
            self._coins[coin] = self._coins.get(coin, 0) + count

    def take(self, coins: Mapping[int, int]) -> None:
        """Take coins out of the box, or none at all when one of them is missing."""
        self._take(coins)

    def _take(self, coins: Mapping[int, int]) -> None:
        for coin, count in coins.items():
            if self._coins.get(coin, 0) < count:
                raise MissingCoins(f"there are not {count} coins of {_money(coin)}")
        for coin, count in coins.items():
            self._coins[coin] -= count

    def contents(self) -> dict[int, int]:
        """Return the coins in the box, largest first, without those of which none is left."""
        return self._contents()

    def _contents(self) -> dict[int, int]:
        return {coin: self._coins[coin] for coin in sorted(self._coins, reverse=True) if self._coins[coin]}
