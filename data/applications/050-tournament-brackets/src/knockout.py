"""Single elimination: seeded brackets in which the winners advance."""

from pairings import PairingError


def bracket_size(players: int) -> int:
    """Return the smallest power of two that holds so many players, at least 2."""
    return _size(players)


def _size(players: int) -> int:
    size = 2
    while size < players:
        size *= 2
    return size


def seed_order(size: int) -> list[int]:
    """Return the seeds of a bracket from top to bottom, so that the best meet late: 1, 4, 2, 3 for four."""
    return _order(size)


def _order(size: int) -> list[int]:
    if size < 2 or size & (size - 1):
        raise PairingError("the size of a bracket is a power of two")
    order = [1]
    while len(order) < size:
        total = 2 * len(order) + 1
        order = [seed for pair in ((seed, total - seed) for seed in order) for seed in pair]
    return order


class Bracket:
    """A single elimination tournament; the players are given from the strongest to the weakest seed."""

    def __init__(self, players: list[str]) -> None:
        if len(players) < 2 or len(set(players)) != len(players):
            raise PairingError("needs at least two players with different names")
        places = [players[seed - 1] if seed <= len(players) else None for seed in _order(_size(len(players)))]
        self._rounds: list[list[str | None]] = [places]
        self._players = list(players)
        self._losers: dict[str, int] = {}
        self._advance()

    def _advance(self) -> None:
        """Fill in whoever has no opponent in the first round."""
        places = self._rounds[0]
        size = len(places) // 2
        while size:
            self._rounds.append([None] * size)
            size //= 2
        for index in range(0, len(places), 2):
            pair = places[index : index + 2]
            if None in pair:
                self._rounds[1][index // 2] = pair[0] or pair[1]

    def rounds(self) -> int:
        """Return how many rounds it takes to find the champion."""
        return len(self._rounds) - 1

    def pending(self) -> list[tuple[str, str]]:
        """Return the matches that can be played now, round by round and from top to bottom."""
        return [pair for _, _, pair in self._open_matches()]

    def _open_matches(self) -> list[tuple[int, int, tuple[str, str]]]:
        """Return round, place and players of each match whose winner is not known yet."""
        found = []
        for number, places in enumerate(self._rounds[:-1]):
            for index in range(0, len(places), 2):
                upper, lower = places[index : index + 2]
                if upper is not None and lower is not None and self._rounds[number + 1][index // 2] is None:
                    found.append((number, index // 2, (upper, lower)))
        return found

    def record(self, winner: str, loser: str) -> None:
        """Enter the result of a match that can be played now."""
        for number, place, pair in self._open_matches():
            if set(pair) == {winner, loser}:
                self._rounds[number + 1][place] = winner
                self._losers[loser] = number + 1
                return
        raise PairingError(f"{winner} and {loser} have no match now")

    def champion(self) -> str | None:
        """Return who has won the final, or None as long as nobody has."""
        return self._rounds[-1][0]

    def eliminated_in(self, player: str) -> int | None:
        """Return the round in which a player lost, counted from 1, or None if the player is still in."""
        if player not in self._players:
            raise PairingError(f"{player} does not take part")
        return self._losers.get(player)

    def round_name(self, number: int) -> str:
        """Return the usual name of a round: final, semifinal, quarterfinal, or round of 16 and so on."""
        if not 1 <= number < len(self._rounds):
            raise PairingError(f"there is no round {number}")
        size = len(self._rounds[number - 1])
        return {2: "final", 4: "semifinal", 8: "quarterfinal"}.get(size, f"round of {size}")

    def placings(self) -> list[tuple[int, list[str]]]:
        """Return places with the players who share them, the champion first; players still in have no place yet.

        Losers of the same round share the best place among them, in the order of their seeds.
        """
        places = [(1, [self._rounds[-1][0]])] if self._rounds[-1][0] is not None else []
        for number in range(len(self._rounds) - 1, 0, -1):
            losers = [player for player in self._players if self._losers.get(player) == number]
            if losers:
                places.append((len(self._rounds[number]) + 1, losers))
        return places
