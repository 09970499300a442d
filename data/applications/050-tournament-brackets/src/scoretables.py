"""Results and the tables made of them: standings with tie-breaks, cross tables and Swiss tie-break scores."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A finished match."""

    home: str
    away: str
    home_goals: int
    away_goals: int

    def winner(self) -> str | None:
        """Return who has won, or None for a draw."""
        if self.home_goals == self.away_goals:
            return None
        return self.home if self.home_goals > self.away_goals else self.away

    def score_of(self, player: str) -> float:
        """Return 1, 0.5 or 0 for a win, a draw or a loss of one of the two players."""
        if player not in (self.home, self.away):
            raise ValueError(f"{player} did not play")
        difference = self.home_goals - self.away_goals
        return _score(difference if player == self.home else -difference)


@dataclass(frozen=True)
class Row:
    """One line of the standings."""

    player: str
    played: int
    won: int
    drawn: int
    lost: int
    scored: int
    conceded: int
    points: int


def _score(difference: int) -> float:
    """Return the score that belongs to a difference of goals."""
    return 1.0 if difference > 0 else 0.0 if difference < 0 else 0.5


def _matches(results: list[Result], player: str) -> list[tuple[str, int, int]]:
    """Return opponent, own goals and opposing goals of each match of a player."""
    return [
        (result.away, result.home_goals, result.away_goals)
        if result.home == player
        else (result.home, result.away_goals, result.home_goals)
        for result in results
        if player in (result.home, result.away)
    ]


def row_for(player: str, results: list[Result], win: int = 3, draw: int = 1) -> Row:
    """Sum up the matches of a player with so many points for a win and a draw."""
    return _row(player, results, win, draw)


def _row(player: str, results: list[Result], win: int, draw: int) -> Row:
    matches = _matches(results, player)
    won = sum(own > other for _, own, other in matches)
    drawn = sum(own == other for _, own, other in matches)
    scored, conceded = sum(own for _, own, _ in matches), sum(other for _, _, other in matches)
    return Row(player, len(matches), won, drawn, len(matches) - won - drawn, scored, conceded, win * won + draw * drawn)


def head_to_head(results: list[Result], one: str, other: str) -> tuple[float, float]:
    """Return the scores of two players from their matches against each other."""
    scores = [_score(own - theirs) for opponent, own, theirs in _matches(results, one) if opponent == other]
    return sum(scores), len(scores) - sum(scores)


def standings(results: list[Result], players: list[str], win: int = 3, draw: int = 1) -> list[Row]:
    """Return the rows of all players from first to last.

    Points decide, then the points from the matches among those with equal points, then the difference of goals, then
    goals scored, then the name.
    """
    rows = {player: _row(player, results, win, draw) for player in players}

    def key(player: str) -> tuple[int, int, int, int, str]:
        row = rows[player]
        level = {other for other in players if rows[other].points == row.points}
        among = [result for result in results if {result.home, result.away} <= level]
        mini = _row(player, among, win, draw).points
        return -row.points, -mini, row.conceded - row.scored, -row.scored, player

    return [rows[player] for player in sorted(players, key=key)]


def buchholz(results: list[Result], player: str) -> float:
    """Return the sum of the scores of all opponents of a player, once for each match."""
    return sum((_total(results, opponent) for opponent, _, _ in _matches(results, player)), 0.0)


def sonneborn_berger(results: list[Result], player: str) -> float:
    """Return the sum of the scores of the opponents beaten and half the scores of those drawn with."""
    matches = _matches(results, player)
    return sum((_score(own - other) * _total(results, opponent) for opponent, own, other in matches), 0.0)


def _total(results: list[Result], player: str) -> float:
    """Return the sum of the scores of a player."""
    return sum(_score(own - other) for _, own, other in _matches(results, player))


def longest_run(results: list[Result], player: str) -> int:
    """Return the greatest number of wins in a row."""
    longest = current = 0
    for _, own, other in _matches(results, player):
        current = current + 1 if own > other else 0
        longest = max(longest, current)
    return longest


def cross_table(results: list[Result], players: list[str]) -> list[list[str]]:
    """Return a grid of scores: a row for each home player, a column for each away player.

    Cells hold goals such as 2:1, a dash on the diagonal, and nothing for matches not played; the last result counts.
    """
    goals = {(result.home, result.away): f"{result.home_goals}:{result.away_goals}" for result in results}
    return [["-" if home == away else goals.get((home, away), "") for away in players] for home in players]


def format_standings(rows: list[Row]) -> str:
    """Write standings as lines with place, player, matches, wins-draws-losses, goals and points.

    Equal points share a place.
    """
    width = max((len(row.player) for row in rows), default=0)
    lines = []
    place = 0
    for index, row in enumerate(rows):
        if index == 0 or row.points != rows[index - 1].points:
            place = index + 1
        record, goals = f"{row.won}-{row.drawn}-{row.lost}", f"{row.scored}:{row.conceded}"
        lines.append(f"{place:>2}. {row.player:<{width}} {row.played:>3} {record:>8} {goals:>7} {row.points:>4}")
    return "\n".join(lines)
