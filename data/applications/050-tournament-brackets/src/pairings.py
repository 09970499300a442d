"""Who plays whom: round robin schedules and Swiss pairings."""


class PairingError(ValueError):
    """Players that cannot be paired."""


def _check_players(players: list[str]) -> None:
    """Raise an error unless there are at least two different players."""
    if len(players) < 2 or len(set(players)) != len(players):
        raise PairingError("needs at least two players with different names")


def round_robin(players: list[str], double: bool = False) -> list[list[tuple[str, str]]]:
    """Return rounds of (home, away) pairs in which everybody meets everybody else once, or twice if double.

    With an odd number of players one pauses in each round. The first player stays in place while the others rotate;
    the second half of a double round robin repeats the first one with home and away exchanged.
    """
    _check_players(players)
    circle: list[str | None] = [*players, None] if len(players) % 2 else [*players]
    rounds = []
    for number in range(len(circle) - 1):
        pairs = []
        for index in range(len(circle) // 2):
            home, away = circle[index], circle[-1 - index]
            if home is not None and away is not None:
                pairs.append((away, home) if index == 0 and number % 2 else (home, away))
        rounds.append(pairs)
        circle.insert(1, circle.pop())
    if double:
        rounds += [[(away, home) for home, away in pairs] for pairs in rounds]
    return rounds


def byes(players: list[str], rounds: list[list[tuple[str, str]]]) -> list[list[str]]:
    """Return for each round the players who do not play in it, in the order of the players."""
    return [[player for player in players if all(player not in pair for pair in pairs)] for pairs in rounds]


def home_counts(rounds: list[list[tuple[str, str]]]) -> dict[str, int]:
    """Count how often each player plays at home, including those who never do."""
    counts: dict[str, int] = {}
    for home, away in (pair for pairs in rounds for pair in pairs):
        counts[home] = counts.get(home, 0) + 1
        counts.setdefault(away, 0)
    return counts


def rematches(rounds: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    """Return the pairs that have met before, in the order in which they meet again; home and away do not matter."""
    met: set[frozenset[str]] = set()
    again = []
    for pair in (pair for pairs in rounds for pair in pairs):
        if frozenset(pair) in met:
            again.append(pair)
        met.add(frozenset(pair))
    return again


def swiss_pairs(
    scores: dict[str, float], played: list[tuple[str, str]], had_bye: list[str]
) -> tuple[list[tuple[str, str]], str | None]:
    """Pair players of similar score who have not met yet; return the pairs, strongest first, and who has a bye.

    Players rank by score, then in the given order. Each in turn gets the next one whom he has not met, as long as the
    rest can still be paired. With an odd number the lowest player without a bye so far pauses.
    """
    players = sorted(scores, key=lambda player: -scores[player])
    _check_players(players)
    met = {frozenset(pair) for pair in played}
    if len(players) % 2 == 0:
        pairs = _pair_up(players, met)
        if pairs is not None:
            return pairs, None
    else:
        for pausing in reversed([player for player in players if player not in had_bye]):
            pairs = _pair_up([player for player in players if player != pausing], met)
            if pairs is not None:
                return pairs, pausing
    raise PairingError("everybody has met everybody who could be paired")


def _pair_up(players: list[str], met: set[frozenset[str]]) -> list[tuple[str, str]] | None:
    """Pair the first player with the next possible one, and the rest likewise; None if there is no way."""
    if not players:
        return []
    first, *others = players
    for other in others:
        if frozenset((first, other)) not in met:
            rest = _pair_up([player for player in others if player != other], met)
            if rest is not None:
                return [(first, other), *rest]
    return None
