"""The life of an order: filled, paid, shipped, delivered; or cancelled, or returned and refunded.

Money is counted in cents. Stock, taxes and partial deliveries are not covered.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flowstate import Blueprint, FlowError, GuardRefused, Machine, NoTransition, Transition

__all__ = ["EmptyOrder", "FlowError", "GuardRefused", "Line", "NoTransition", "Order", "describe"]

RETURN_DAYS = 14
"""Last day after delivery on which an order can be returned."""


class EmptyOrder(FlowError):
    """An order without lines cannot be placed."""


@dataclass(frozen=True)
class Line:
    """Some pieces of one article at a unit price in cents."""

    article: str
    quantity: int
    price: int


def _is_enough(data: Mapping[str, object]) -> bool:
    return int(str(data["paid"])) >= int(str(data["total"]))


def _in_time(data: Mapping[str, object]) -> bool:
    return int(str(data["day"])) - int(str(data["delivered"])) <= RETURN_DAYS


def _blueprint() -> Blueprint:
    return Blueprint(
        ["draft", "placed", "paid", "shipped", "delivered", "returned", "refunded", "cancelled"],
        [
            Transition("place", "draft", "placed"),
            Transition("pay", "placed", "paid", _is_enough),
            Transition("pay", "placed", "placed"),
            Transition("ship", "paid", "shipped"),
            Transition("deliver", "shipped", "delivered"),
            Transition("return", "delivered", "returned", _in_time),
            Transition("refund", "returned", "refunded"),
            Transition("cancel", "draft", "cancelled"),
            Transition("cancel", "placed", "cancelled"),
            Transition("cancel", "paid", "cancelled"),
        ],
        final=["refunded", "cancelled"],
    )


class Order:
    """One customer's order; one that was stored is taken up again at its status."""

    def __init__(
        self, number: str, lines: tuple[Line, ...] = (), status: str = "draft", paid: int = 0, delivered: int = 0
    ) -> None:
        self.number = number
        self._lines = {line.article: line for line in lines}
        self._machine = Machine(_blueprint(), status)
        self._paid = paid
        self._parcel = ""
        self._delivered = delivered

    @property
    def status(self) -> str:
        """The state in which the order is."""
        return self._machine._now()

    def add(self, article: str, quantity: int, price: int) -> None:
        """Put pieces of an article on a draft; more of the same article joins its line at the new price."""
        self._require_draft("add")
        if quantity < 1:
            raise ValueError(f"the quantity is {quantity}; give one or more")
        if price < 0:
            raise ValueError(f"the price is {price}; give zero or more")
        known = self._lines.get(article, Line(article, 0, price))
        self._lines[article] = Line(article, known.quantity + quantity, price)

    def drop(self, article: str) -> None:
        """Take an article off a draft."""
        self._require_draft("drop")
        if article not in self._lines:
            raise KeyError(article)
        del self._lines[article]

    def _require_draft(self, action: str) -> None:
        if self._machine._now() != "draft":
            raise NoTransition(f"{action!r} is possible in a draft only")

    def lines(self) -> list[Line]:
        """Return the lines of the order in the order in which their articles were added."""
        return list(self._lines.values())

    def total(self) -> int:
        """Return the price of the whole order in cents."""
        return self._sum()

    def _sum(self) -> int:
        return sum(line.quantity * line.price for line in self._lines.values())

    def place(self) -> str:
        """Send the draft off, after which its lines are fixed, and return the new status."""
        if not self._lines:
            raise EmptyOrder(f"order {self.number!r} has no lines")
        return self._fire("place")

    def pay(self, amount: int) -> int:
        """Pay a part or the whole of a placed order and return the change; it is paid once the total is reached."""
        if amount < 1:
            raise ValueError(f"the amount is {amount}; give one cent or more")
        self._fire("pay", paid=self._paid + amount, total=self._sum())
        change = max(0, self._paid + amount - self._sum())
        self._paid += amount - change
        return change

    def due(self) -> int:
        """Return what is still to be paid, in cents; nothing once the order is cancelled."""
        return 0 if self._machine._now() == "cancelled" else self._sum() - self._paid

    def ship(self, parcel: str) -> str:
        """Hand a paid order to the carrier under a parcel number and return the new status."""
        if not parcel.strip():
            raise ValueError("a parcel needs a number")
        status = self._fire("ship")
        self._parcel = parcel.strip()
        return status

    def tracking(self) -> str | None:
        """Return the parcel number, or None before the order is shipped."""
        return self._parcel or None

    def deliver(self, day: int) -> str:
        """Note the day on which the shipped order arrived and return the new status."""
        status = self._fire("deliver")
        self._delivered = day
        return status

    def send_back(self, day: int) -> str:
        """Return a delivered order, at most 14 days after its delivery, and tell the new status."""
        return self._fire("return", day=day, delivered=self._delivered)

    def cancel(self) -> int:
        """Give the order up before it is shipped and return the cents to pay back."""
        self._fire("cancel")
        return self._pay_back()

    def refund(self, fee: int = 0) -> int:
        """Close a returned order and return the cents to pay back, less a fee."""
        if not 0 <= fee <= self._paid:
            raise ValueError(f"the fee is {fee}; give 0 to {self._paid}")
        self._fire("refund")
        return self._pay_back() - fee

    def _pay_back(self) -> int:
        amount, self._paid = self._paid, 0
        return amount

    def _fire(self, event: str, **data: object) -> str:
        return self._machine._advance(event, data)

    def actions(self) -> list[str]:
        """Return what can be done next, sorted; limits of time and money are left aside."""
        return sorted({move.event for move in self._machine._moves()})

    def log(self) -> list[str]:
        """Return the way of the order so far as `event: old -> new` lines."""
        return [f"{step.event}: {step.source} -> {step.target}" for step in self._machine._steps]


def describe(lines: tuple[Line, ...]) -> str:
    """Write lines as a bill with aligned amounts and a total, in units and cents."""
    rows = [(f"{line.quantity} x {line.article}", line.quantity * line.price) for line in lines]
    rows.append(("total", sum(amount for _, amount in rows)))
    width = max(len(text) for text, _ in rows)
    return "".join(f"{text:<{width}} {amount // 100:>6}.{amount % 100:02}\n" for text, amount in rows)
