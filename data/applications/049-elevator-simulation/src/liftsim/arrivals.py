"""Passengers: who wants to go where, and when they call."""

import random
from dataclasses import dataclass, replace


class ArrivalError(ValueError):
    """Passengers that cannot exist, or text that describes none."""


@dataclass(frozen=True)
class Passenger:
    """Somebody who calls an elevator at some second; floors count from zero."""

    number: int
    at: float
    origin: int
    target: int

    def goes_up(self) -> bool:
        """Tell whether the target lies above the origin."""
        return self.target > self.origin

    def distance(self) -> int:
        """Return how many floors lie between origin and target."""
        return abs(self.target - self.origin)


def _checked(passenger: Passenger) -> Passenger:
    """Return a passenger that can exist, or raise an error."""
    if passenger.origin == passenger.target or min(passenger.origin, passenger.target, passenger.at) < 0:
        raise ArrivalError(f"nobody goes from {passenger.origin} to {passenger.target} at {passenger.at}")
    return passenger


def generate_arrivals(*, count: int, floors: int, mean_gap: float, lobby_share: float, seed: int) -> list[Passenger]:
    """Draw passengers with exponential gaps between them; the same seed draws the same passengers.

    The lobby share is the probability that a passenger starts on floor zero; the others start on any higher floor.
    Targets are spread evenly over all floors but the origin.
    """
    if floors < 2 or mean_gap <= 0 or not 0 <= lobby_share <= 1:
        raise ArrivalError("needs two floors or more, a positive gap and a share between 0 and 1")
    source = random.Random(seed)
    passengers = []
    now = 0.0
    for number in range(1, count + 1):
        now += source.expovariate(1 / mean_gap)
        origin = 0 if source.random() < lobby_share else source.randrange(1, floors)
        target = source.randrange(floors - 1)
        passengers.append(Passenger(number, round(now, 3), origin, target + (target >= origin)))
    return passengers


def parse_arrivals(text: str) -> list[Passenger]:
    """Read passengers from lines such as `12.5 0 > 7`: second, origin and target.

    Blank lines and everything after a # are skipped. Passengers are numbered from one in the order of the lines.
    """
    passengers: list[Passenger] = []
    for line_number, line in enumerate(text.splitlines(), start=1):
        content = line.partition("#")[0].strip()
        if not content:
            continue
        at, _, floors = content.partition(" ")
        origin, _, target = floors.partition(">")
        try:
            passengers.append(_checked(Passenger(len(passengers) + 1, float(at), int(origin), int(target))))
        except ValueError as error:
            raise ArrivalError(f"line {line_number}: {content!r}: {error}") from None
    return passengers


def merge_arrivals(first: list[Passenger], second: list[Passenger]) -> list[Passenger]:
    """Merge two streams by time and number the passengers anew; at equal times those of the first stream go first."""
    merged = sorted([*first, *second], key=lambda passenger: passenger.at)
    return [replace(passenger, number=number) for number, passenger in enumerate(merged, start=1)]
