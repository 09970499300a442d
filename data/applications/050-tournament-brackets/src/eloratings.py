"""Elo ratings: expected scores, changes after matches, and ratings over a series of results."""

import math

from scoretables import Result


def expected_score(rating: float, opponent: float) -> float:
    """Return the score, from 0 to 1, to be expected against an opponent; 400 points more mean ten to one."""
    return _expected(rating, opponent)


def _expected(rating: float, opponent: float) -> float:
    return 1 / (1 + 10 ** ((opponent - rating) / 400))


def updated(rating: float, opponent: float, score: float, factor: float = 20.0) -> float:
    """Return the rating after a match with score 0, 0.5 or 1; the factor is the greatest possible change."""
    if not 0 <= score <= 1 or factor <= 0:
        raise ValueError("a score lies between 0 and 1 and a factor is positive")
    return rating + factor * (score - _expected(rating, opponent))


def rate(
    results: list[Result], start: dict[str, float], factor: float = 20.0, newcomer: float = 1500.0
) -> dict[str, float]:
    """Apply results one after the other to ratings; players without one begin as newcomers.

    What one player wins the other one loses.
    """
    ratings = dict(start)
    for result in results:
        home, away = ratings.get(result.home, newcomer), ratings.get(result.away, newcomer)
        difference = result.home_goals - result.away_goals
        score = 1.0 if difference > 0 else 0.0 if difference < 0 else 0.5
        change = factor * (score - _expected(home, away))
        ratings[result.home], ratings[result.away] = home + change, away - change
    return ratings


def performance(opponents: list[float], score: float) -> float:
    """Return the rating that would expect this score on average; perfect and zero scores count as 400 points apart."""
    if not opponents or not 0 <= score <= len(opponents):
        raise ValueError("needs opponents and a score between 0 and their number")
    average, share = sum(opponents) / len(opponents), score / len(opponents)
    if share in (0, 1):
        return average + (400 if share else -400)
    return average - 400 * math.log10(1 / share - 1)


def ranking(ratings: dict[str, float]) -> list[tuple[int, str]]:
    """Return places with players from the highest rating down; equally rated players share a place, by name."""
    ordered = sorted(ratings, key=lambda player: (-ratings[player], player))
    return [(1 + sum(rating > ratings[player] for rating in ratings.values()), player) for player in ordered]
