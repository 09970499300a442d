"""Chances by enumeration: outs, equity, and how often each kind of hand comes up.

Everything is counted exactly over the cards that may still come, so that large decks with many unknown cards take long.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from pokerhand import CATEGORIES, Card, CardError, _best, _deck, _rank, _require_different, _winners, _worth

__all__ = ["CardError", "better_hands", "category_counts", "draw_chance", "equity", "improving_cards", "outs"]
__all__ += ["pot_odds", "unseen"]


def _rest(known: Sequence[Card], pack: Iterable[Card] | None) -> list[Card]:
    """Return the cards of a pack (all 52 by default) without those that are known."""
    _require_different(known)
    return [card for card in (_deck() if pack is None else pack) if card not in known]


def unseen(known: Sequence[Card], pack: Iterable[Card] | None = None) -> list[Card]:
    """Return the cards of a pack, a full deck by default, that are not known yet."""
    return _rest(known, pack)


def outs(
    mine: Sequence[Card], other: Sequence[Card], board: Sequence[Card], pack: Iterable[Card] | None = None
) -> list[Card]:
    """Return the next cards after which my hand is better than another one; the board has three cards or more."""
    if len(board) < 3:
        raise CardError(f"a board of {len(board)} cards is too small")
    rest = _rest([*mine, *other, *board], pack)
    return [card for card in rest if _winners([mine, other], [*board, card]) == [0]]


def improving_cards(cards: Sequence[Card], pack: Iterable[Card] | None = None) -> dict[str, int]:
    """Count the next cards that lift five or more cards to a better category, by that category."""
    if len(cards) < 5:
        raise CardError(f"{len(cards)} cards make no hand")
    rest = _rest(cards, pack)
    now = CATEGORIES.index(_best(cards).category)
    found = Counter(_best([*cards, card]).category for card in rest)
    return {category: found[category] for category in CATEGORIES[now + 1 :] if found[category]}


def equity(
    players: Sequence[Sequence[Card]], board: Sequence[Card] = (), pack: Iterable[Card] | None = None, size: int = 5
) -> list[Fraction]:
    """Return the share of the pot that each player wins on average over all boards of a size; ties are divided."""
    if len(board) > size:
        raise CardError(f"the board has more than {size} cards")
    if any(len(cards) + size < 5 for cards in players):
        raise CardError("somebody has too few cards for a hand")
    rest = _rest([card for cards in (*players, board) for card in cards], pack)
    shares, boards = [Fraction(0)] * len(players), 0
    for full in _boards(board, rest, size):
        boards += 1
        best = _winners(players, full)
        for place in best:
            shares[place] += Fraction(1, len(best))
    if not boards:
        raise CardError("the pack is too small for the board")
    return [share / boards for share in shares]


def _boards(board: Sequence[Card], rest: Sequence[Card], size: int) -> Iterator[list[Card]]:
    return ([*board, *extra] for extra in itertools.combinations(rest, size - len(board)))


def category_counts(pack: Sequence[Card]) -> dict[str, int]:
    """Count the five-card hands of a pack by category, lowest first, without those that never come."""
    _require_different(pack)
    found = Counter(_rank(cards).category for cards in itertools.combinations(pack, 5))
    return {category: found[category] for category in CATEGORIES if found[category]}


def draw_chance(good: int, unknown: int, draws: int) -> Fraction:
    """Return the chance to see at least one of the good cards in some draws from the unknown ones."""
    if not 0 <= good <= unknown or not 0 <= draws <= unknown:
        raise ValueError(f"{good} good cards and {draws} draws do not fit {unknown} unknown cards")
    missed = Fraction(1)
    for drawn in range(draws):
        missed *= Fraction(max(0, unknown - good - drawn), unknown - drawn)
    return 1 - missed


def pot_odds(pot: int, call: int) -> Fraction:
    """Return the smallest chance of winning at which calling pays: the price over the pot after the call."""
    if pot < 0 or call < 0 or pot + call == 0:
        raise ValueError("pot and call must not be negative, nor both be zero")
    return Fraction(call, pot + call)


def better_hands(cards: Sequence[Card], pack: Sequence[Card]) -> int:
    """Count the five-card hands from the rest of a pack that beat a hand."""
    if len(cards) != 5:
        raise CardError(f"a hand has five cards, not {len(cards)}")
    worth = _worth(_rank(cards))
    return sum(_worth(_rank(other)) > worth for other in itertools.combinations(_rest(cards, pack), 5))
