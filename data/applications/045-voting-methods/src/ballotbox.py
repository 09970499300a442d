"""Ranked ballots and ways to count them: plurality, Borda, instant runoff, Bucklin, and pairwise comparison.

A ballot ranks some candidates from best to worst; those left out are worse than all named, and equal to each other.
Weighted voters and several winners are not covered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class ElectionError(Exception):
    """Base of every error raised by elections."""


class BadBallot(ElectionError):
    """A ballot names a candidate twice or one who does not stand, or cannot be read."""


class NoVotes(ElectionError):
    """There is nothing to count."""


@dataclass(frozen=True)
class Ballot:
    """A ranking that some voters share."""

    ranking: tuple[str, ...]
    voters: int = 1


@dataclass(frozen=True)
class Round:
    """One round of an instant runoff: votes of those still standing, who left after it, and votes for nobody."""

    votes: dict[str, int]
    eliminated: str | None
    exhausted: int


def parse_ballots(text: str) -> list[Ballot]:
    """Read ballots, one on each line: `12: Ann > Bob > Cy`; without a number it is one voter, `#` starts a comment."""
    ballots = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if line:
            count, colon, names = line.rpartition(":")
            ranking = tuple(name.strip() for name in names.split(">"))
            if not all(ranking) or (colon and not count.strip().isdecimal()):
                raise BadBallot(f"line {number} is no ballot: {line!r}")
            ballots.append(Ballot(ranking, int(count) if colon else 1))
    return ballots


class Election:
    """Candidates and the ballots cast; the order of the candidates breaks ties in an elimination."""

    def __init__(self, candidates: Iterable[str], ballots: Iterable[Ballot]) -> None:
        self._candidates = list(candidates)
        self._ballots = list(ballots)
        if len(set(self._candidates)) < len(self._candidates):
            raise ElectionError("a candidate is listed twice")
        for ballot in self._ballots:
            if len(set(ballot.ranking)) < len(ballot.ranking):
                raise BadBallot(f"{ballot.ranking} names somebody twice")
            if not set(ballot.ranking) <= set(self._candidates):
                raise BadBallot(f"{ballot.ranking} names somebody who does not stand")
            if ballot.voters < 1:
                raise BadBallot(f"{ballot.voters} voters cannot cast a ballot")

    def _best(self, scores: Mapping[str, float]) -> list[str]:
        top = max(scores.values(), default=0)
        return [name for name in self._candidates if name in scores and scores[name] == top]

    def _votes(self, standing: Iterable[str]) -> dict[str, int]:
        """Count each ballot for the first candidate on it who still stands."""
        votes = dict.fromkeys(standing, 0)
        for ballot in self._ballots:
            choice = next((name for name in ballot.ranking if name in votes), None)
            if choice is not None:
                votes[choice] += ballot.voters
        return votes

    def _prefer(self, first: str, second: str) -> int:
        """Count the voters who like one candidate better than another."""
        return sum(ballot.voters for ballot in self._ballots if _is_before(ballot.ranking, first, second))

    def _beats(self, first: str, second: str) -> bool:
        return self._prefer(first, second) > self._prefer(second, first)

    def _require(self, *names: str) -> None:
        for name in names:
            if name not in self._candidates:
                raise ElectionError(f"{name!r} does not stand")

    def turnout(self) -> int:
        """Return the number of voters."""
        return sum(ballot.voters for ballot in self._ballots)

    def first_choices(self) -> dict[str, int]:
        """Count how many voters rank each candidate first."""
        return self._votes(self._candidates)

    def plurality(self) -> list[str]:
        """Return the candidates with the most first choices; several in a tie."""
        return self._best(self._votes(self._candidates))

    def majority(self) -> str | None:
        """Return the candidate whom more than half of all voters rank first, or None."""
        votes, voters = self._votes(self._candidates), sum(ballot.voters for ballot in self._ballots)
        return next((name for name, count in votes.items() if 2 * count > voters), None)

    def borda(self) -> dict[str, int]:
        """Score candidates: on a ballot the last of n places gives 0 points, the first n - 1; unranked ones get 0."""
        return self._points()

    def _points(self) -> dict[str, int]:
        points = dict.fromkeys(self._candidates, 0)
        for ballot in self._ballots:
            for place, name in enumerate(ballot.ranking, start=1):
                points[name] += (len(self._candidates) - place) * ballot.voters
        return points

    def borda_winners(self) -> list[str]:
        """Return the candidates with the most Borda points."""
        return self._best(self._points())

    def runoff_rounds(self) -> list[Round]:
        """Return the rounds of an instant runoff, in which the weakest leaves until somebody has a majority.

        A tie for the last place removes the one listed last. The majority is of the ballots that still name somebody.
        """
        if not self._ballots:
            raise NoVotes("nobody has voted")
        total = sum(ballot.voters for ballot in self._ballots)
        standing, rounds = list(self._candidates), list[Round]()
        while True:
            votes = self._votes(standing)
            counted = sum(votes.values())
            if 2 * max(votes.values()) > counted or len(standing) == 1:
                return [*rounds, Round(votes, None, total - counted)]
            weakest = min(reversed(standing), key=votes.__getitem__)
            rounds.append(Round(votes, weakest, total - counted))
            standing.remove(weakest)

    def bucklin(self) -> list[str]:
        """Return the winners by Bucklin: lower places are added until somebody is on more than half of the ballots."""
        voters = sum(ballot.voters for ballot in self._ballots)
        scores = dict.fromkeys(self._candidates, 0)
        for place in range(len(self._candidates)):
            for ballot in self._ballots:
                for name in ballot.ranking[place : place + 1]:
                    scores[name] += ballot.voters
            if any(2 * score > voters for score in scores.values()):
                break
        return self._best(scores)

    def preference(self, first: str, second: str) -> tuple[int, int]:
        """Return how many voters prefer the first candidate to the second, and how many the other way round."""
        self._require(first, second)
        return self._prefer(first, second), self._prefer(second, first)

    def condorcet_winner(self) -> str | None:
        """Return the candidate who beats every other one in pairs, or None."""
        for name in self._candidates:
            if all(self._beats(name, other) for other in self._candidates if other != name):
                return name
        return None

    def condorcet_loser(self) -> str | None:
        """Return the candidate whom every other one beats in pairs, or None."""
        for name in self._candidates:
            if all(self._beats(other, name) for other in self._candidates if other != name):
                return name
        return None

    def copeland(self) -> dict[str, float]:
        """Score candidates by pairs: one for each victory, a half for each tie."""
        scores = dict[str, float]()
        for name in self._candidates:
            others = [other for other in self._candidates if other != name]
            wins = sum(self._beats(name, other) for other in others)
            defeats = sum(self._beats(other, name) for other in others)
            scores[name] = wins + (len(others) - wins - defeats) / 2
        return scores

    def smith_set(self) -> list[str]:
        """Return the smallest group whose members beat everybody outside it in pairs."""
        group = set(self._best({name: self._wins(name) for name in self._candidates}))
        while True:
            rivals = {
                other
                for other in self._candidates
                if any(not self._beats(name, other) for name in group if name != other)
            }
            if rivals <= group:
                return [name for name in self._candidates if name in group]
            group |= rivals

    def _wins(self, name: str) -> int:
        """Count pairs that a candidate does not lose."""
        return sum(not self._beats(other, name) for other in self._candidates if other != name)

    def schulze(self) -> list[str]:
        """Return the winners by Schulze: their strongest chains of victories are never weaker than those back."""
        names = self._candidates
        strength = {(a, b): self._prefer(a, b) if self._beats(a, b) else 0 for a in names for b in names}
        for middle in names:
            for a in names:
                for b in names:
                    strength[a, b] = max(strength[a, b], min(strength[a, middle], strength[middle, b]))
        return [a for a in names if all(strength[a, b] >= strength[b, a] for b in names)]


def _is_before(ranking: tuple[str, ...], first: str, second: str) -> bool:
    if first not in ranking:
        return False
    return second not in ranking or ranking.index(first) < ranking.index(second)
