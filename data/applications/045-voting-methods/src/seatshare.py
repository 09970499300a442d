"""Seats for parties: highest averages, largest remainders, thresholds, and how far seats are from votes.

Votes are whole numbers by party. A tie for a seat goes to the party with more votes, then to the one listed first.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction


class SeatError(Exception):
    """Seats cannot be given out."""


def _check(votes: Mapping[str, int], seats: int) -> None:
    if seats < 0:
        raise SeatError(f"{seats} seats cannot be given out")
    if any(count < 0 for count in votes.values()):
        raise SeatError("votes are never negative")
    if sum(votes.values()) == 0:
        raise SeatError("nobody has voted")


def _averages(votes: Mapping[str, int], seats: int, divisor: Callable[[int], int]) -> dict[str, int]:
    """Give each seat to the party with the highest votes per divisor."""
    _check(votes, seats)
    won = dict.fromkeys(votes, 0)
    for _ in range(seats):
        best = max(votes, key=lambda party: (Fraction(votes[party], divisor(won[party])), votes[party]))
        won[best] += 1
    return won


def dhondt(votes: Mapping[str, int], seats: int) -> dict[str, int]:
    """Give out seats by the highest averages with the divisors 1, 2, 3, ..."""
    return _averages(votes, seats, lambda won: won + 1)


def sainte_lague(votes: Mapping[str, int], seats: int) -> dict[str, int]:
    """Give out seats by the highest averages with the divisors 1, 3, 5, ..."""
    return _averages(votes, seats, lambda won: 2 * won + 1)


def largest_remainder(votes: Mapping[str, int], seats: int) -> dict[str, int]:
    """Give each party the whole part of its share of seats, and the seats left to the largest remainders."""
    _check(votes, seats)
    total = sum(votes.values())
    won = {party: count * seats // total for party, count in votes.items()}
    order = sorted(votes, key=lambda party: (votes[party] * seats % total, votes[party]), reverse=True)
    for party in order[: seats - sum(won.values())]:
        won[party] += 1
    return won


def droop_quota(votes: Mapping[str, int], seats: int) -> int:
    """Return the smallest number of votes that no more parties than seats can reach."""
    _check(votes, seats)
    return sum(votes.values()) // (seats + 1) + 1


def over_threshold(votes: Mapping[str, int], percent: Fraction | int) -> dict[str, int]:
    """Return the votes of the parties that have at least a percentage of all votes."""
    if not 0 <= percent <= 100:
        raise SeatError(f"{percent} is no percentage")
    least = Fraction(percent) * sum(votes.values()) / 100
    return {party: count for party, count in votes.items() if count >= least}


def disproportion(votes: Mapping[str, int], seats: Mapping[str, int]) -> float:
    """Return the index of Gallagher: 0 when shares of seats equal shares of votes, 100 at worst."""
    if sum(votes.values()) == 0 or sum(seats.values()) == 0:
        raise SeatError("there are no votes or no seats")
    gaps = [
        100 * count / sum(votes.values()) - 100 * seats.get(party, 0) / sum(seats.values())
        for party, count in votes.items()
    ]
    return math.sqrt(sum(gap * gap for gap in gaps) / 2)


def coalitions(seats: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return the groups of parties with a majority of seats in which nobody can be spared, small ones first."""
    half, parties = sum(seats.values()) / 2, [party for party in seats if seats[party]]
    found = []
    for chosen in range(1, 2 ** len(parties)):
        group = [party for place, party in enumerate(parties) if chosen >> place & 1]
        total = sum(seats[party] for party in group)
        if total > half and all(total - seats[party] <= half for party in group):
            found.append(tuple(group))
    return sorted(found, key=len)
