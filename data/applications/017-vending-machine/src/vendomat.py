"""A vending machine: coins go in, products and change come out, and the books are kept.

The machine is idle, collecting (some coins are inserted) or in service. Bank notes and cards are not covered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from coinage import CoinBox, CoinError, NoChange, _fewest, _money, _value

__all__ = ["BadCoin", "NoChange", "NotEnough", "Sale", "Slot", "SoldOut", "UnknownSlot", "Vendomat", "WrongState"]


class BadCoin(CoinError):
    """The machine does not take this coin, now or ever."""


class UnknownSlot(CoinError):
    """No slot has this code."""


class SoldOut(CoinError):
    """Nothing is left in a slot."""


class NotEnough(CoinError):
    """The inserted coins do not cover the price."""


class WrongState(CoinError):
    """The machine cannot do this in its present state."""


@dataclass(frozen=True)
class Slot:
    """A product with its code, price in cents, stock and room."""

    code: str
    product: str
    price: int
    stock: int
    room: int = 10


@dataclass(frozen=True)
class Sale:
    """A sold product with its price and the coins that came back."""

    product: str
    price: int
    change: dict[int, int]


class Vendomat:
    """A machine with its slots, the coins it starts with, the coins it takes and the most credit it holds."""

    def __init__(
        self,
        slots: Iterable[Slot],
        coins: Mapping[int, int],
        accepts: Iterable[int] = (5, 10, 20, 50, 100, 200),
        most_credit: int = 1000,
    ) -> None:
        self._slots = {slot.code: slot for slot in slots}
        self._box = CoinBox(coins)
        self._float = _value(coins)
        self._accepts = set(accepts)
        self._most_credit = most_credit
        self._inserted: list[int] = []
        self._service = False
        self._sales: list[Sale] = []

    def state(self) -> str:
        """Return `idle`, `collecting` or `service`."""
        if self._service:
            return "service"
        return "collecting" if self._inserted else "idle"

    def credit(self) -> int:
        """Return the cents inserted and not yet spent."""
        return sum(self._inserted)

    def insert(self, coin: int) -> int:
        """Take a coin and return the credit; strange coins and those beyond the most credit are refused."""
        self._require_service(False)
        if coin not in self._accepts:
            raise BadCoin(f"coins of {coin} are not accepted")
        if sum(self._inserted) + coin > self._most_credit:
            raise BadCoin(f"the credit may not exceed {_money(self._most_credit)}")
        self._inserted.append(coin)
        return sum(self._inserted)

    def cancel(self) -> list[int]:
        """Give back the very coins that were inserted, in their order."""
        coins, self._inserted = self._inserted, []
        return coins

    def _require_service(self, wanted: bool) -> None:
        if self._service != wanted:
            raise WrongState(f"this is possible {'only' if wanted else 'not'} in service")

    def _slot(self, code: str) -> Slot:
        if code not in self._slots:
            raise UnknownSlot(f"there is no slot {code!r}")
        return self._slots[code]

    def buy(self, code: str) -> Sale:
        """Sell one piece from a slot for the credit and give change; a refused purchase leaves everything as it was."""
        self._require_service(False)
        slot, credit = self._slot(code), sum(self._inserted)
        if slot.stock == 0:
            raise SoldOut(f"{slot.product} is sold out")
        if credit < slot.price:
            raise NotEnough(f"{slot.product} costs {_money(slot.price)}")
        coins = self._box._contents()
        for coin in self._inserted:
            coins[coin] = coins.get(coin, 0) + 1
        change = _fewest(credit - slot.price, coins)
        if change is None:
            raise NoChange(f"there is no change for {_money(credit)}")
        self._box = CoinBox({coin: count - change.get(coin, 0) for coin, count in coins.items()})
        self._slots[code] = replace(slot, stock=slot.stock - 1)
        self._inserted = []
        self._sales.append(Sale(slot.product, slot.price, change))
        return self._sales[-1]

    def exact_only(self) -> bool:
        """Tell whether some product cannot be bought with a single larger coin for lack of change."""
        coins = self._box._contents()
        prices = {slot.price for slot in self._slots.values() if slot.stock}
        rests = {coin - price for price in prices for coin in self._accepts if coin > price}
        return any(_fewest(rest, coins) is None for rest in rests)

    def open_service(self) -> None:
        """Enter service, which is only possible when no coins are inserted."""
        self._require_service(False)
        if self._inserted:
            raise WrongState("coins are inserted; cancel first")
        self._service = True

    def close_service(self) -> None:
        """Leave service."""
        self._require_service(True)
        self._service = False

    def restock(self, code: str, pieces: int) -> int:
        """Fill a slot in service and return how many pieces did not fit."""
        self._require_service(True)
        if pieces < 1:
            raise ValueError(f"{pieces} pieces cannot be filled in; give one or more")
        slot = self._slot(code)
        fitting = min(pieces, slot.room - slot.stock)
        self._slots[code] = replace(slot, stock=slot.stock + fitting)
        return pieces - fitting

    def set_price(self, code: str, price: int) -> None:
        """Change the price of a slot in service; it must be a positive multiple of the smallest coin."""
        self._require_service(True)
        if price < 1 or price % min(self._accepts):
            raise ValueError(f"{price} is no price that coins can pay")
        self._slots[code] = replace(self._slot(code), price=price)

    def collect(self) -> dict[int, int]:
        """Take out the takings in service and leave the starting amount, if the coins allow it; else leave them all."""
        self._require_service(True)
        coins = self._box._contents()
        takings = _fewest(_value(coins) - self._float, coins) or {}
        self._box._take(takings)
        return takings

    def prices(self) -> dict[str, int]:
        """Map the code of every slot that is not empty to its price."""
        return {code: slot.price for code, slot in self._slots.items() if slot.stock}

    def stock(self) -> dict[str, int]:
        """Map the code of every slot to the pieces left in it."""
        return {code: slot.stock for code, slot in self._slots.items()}

    def running_low(self, least: int = 2) -> list[str]:
        """Return the codes of the slots with fewer pieces than `least`, emptiest first."""
        low = [slot for slot in self._slots.values() if slot.stock < least]
        return [slot.code for slot in sorted(low, key=lambda slot: slot.stock)]

    def cash(self) -> dict[int, int]:
        """Return the coins in the machine, inserted ones left aside."""
        return self._box._contents()

    def sales(self) -> list[Sale]:
        """Return the sales so far, oldest first."""
        return list(self._sales)

    def revenue(self) -> int:
        """Return what all sales brought in, in cents."""
        return sum(sale.price for sale in self._sales)

    def audit(self) -> str:
        """Write a report: a row for each sold product with pieces and amount, sorted by name, then the sum."""
        rows = []
        for product in sorted({sale.product for sale in self._sales}):
            prices = [sale.price for sale in self._sales if sale.product == product]
            rows.append(f"{product}: {len(prices)} sold, {_money(sum(prices))}\n")
        total = sum(sale.price for sale in self._sales)
        return "".join(rows) + f"total: {len(self._sales)} sold, {_money(total)}\n"
