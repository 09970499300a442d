"""Cards and poker hands: reading, ranking, comparing, and choosing the best five cards.

A card is a rank (2-9, T, J, Q, K, A) and a suit (c, d, h, s), such as `Td`. Jokers and wild cards are not covered.
"""

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

RANKS = "23456789TJQKA"
SUITS = "cdhs"
CATEGORIES = (
    "high card",
    "pair",
    "two pair",
    "three of a kind",
    "straight",
    "flush",
    "full house",
    "four of a kind",
    "straight flush",
)
_NAMES = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "jack", "queen", "king", "ace"]


class CardError(ValueError):
    """A text is no card, or cards cannot be together in one hand."""


@dataclass(frozen=True)
class Card:
    """A playing card; `rank` is 2 to 14, where 14 is the ace."""

    rank: int
    suit: str


@dataclass(frozen=True)
class Hand:
    """What five cards are worth: a category, the ranks that decide in it, and the cards by importance."""

    category: str
    ranks: tuple[int, ...]
    cards: tuple[Card, ...]


def parse_card(text: str) -> Card:
    """Read a card such as `Ah` or `10h`; capital and small letters are the same."""
    return _card(text)


def _card(text: str) -> Card:
    name = text.strip().upper().replace("10", "T")
    if len(name) != 2 or name[0] not in RANKS or name[1].lower() not in SUITS:
        raise CardError(f"{text!r} is no card")
    return Card(RANKS.index(name[0]) + 2, name[1].lower())


def parse_cards(text: str) -> list[Card]:
    """Read cards separated by spaces or commas; none may come twice."""
    cards = [_card(word) for word in text.replace(",", " ").split()]
    _require_different(cards)
    return cards


def _require_different(cards: Sequence[Card]) -> None:
    if len(set(cards)) < len(cards):
        raise CardError("a card comes twice")


def format_cards(cards: Iterable[Card]) -> str:
    """Write cards with spaces between them, in the given order."""
    return " ".join(RANKS[card.rank - 2] + card.suit for card in cards)


def sort_cards(cards: Iterable[Card]) -> list[Card]:
    """Return cards from high to low; equal ranks by suit: spades, hearts, diamonds, clubs."""
    return sorted(cards, key=lambda card: (card.rank, SUITS.index(card.suit)), reverse=True)


def deck(lowest: int = 2) -> list[Card]:
    """Return the cards from a lowest rank up, suit by suit; 52 of them by default."""
    return _deck(lowest)


def _deck(lowest: int = 2) -> list[Card]:
    if not 2 <= lowest <= 14:
        raise CardError(f"{lowest} is no rank; choose 2 to 14")
    return [Card(rank, suit) for suit in SUITS for rank in range(lowest, 15)]


def deal(players: int, each: int, seed: int) -> list[list[Card]]:
    """Shuffle a deck by a seed and deal cards one by one in turn."""
    if players < 1 or each < 1 or players * each > 52:
        raise CardError(f"{players} players cannot get {each} cards each")
    cards = _deck()
    random.Random(seed).shuffle(cards)
    return [cards[player : players * each : players] for player in range(players)]


def rank_hand(cards: Sequence[Card]) -> Hand:
    """Say what five cards are worth."""
    if len(cards) != 5:
        raise CardError(f"a hand has five cards, not {len(cards)}")
    _require_different(cards)
    return _rank(cards)


def _rank(cards: Sequence[Card]) -> Hand:
    counts = Counter(card.rank for card in cards)
    ranks = sorted(counts, key=lambda rank: (counts[rank], rank), reverse=True)
    shape = tuple(counts[rank] for rank in ranks)
    if ranks == [14, 5, 4, 3, 2]:
        ranks = [5, 4, 3, 2, 1]
    flush = len({card.suit for card in cards}) == 1
    straight = len(ranks) == 5 and ranks[0] - ranks[4] == 4
    named = {(1, 1, 1, 1, 1): 0, (2, 1, 1, 1): 1, (2, 2, 1): 2, (3, 1, 1): 3, (3, 2): 6, (4, 1): 7}
    if straight:
        category = 8 if flush else 4
    else:
        category = 5 if flush else named[shape]
    order = sorted(
        cards, key=lambda card: (ranks.index(card.rank if card.rank in ranks else 1), -SUITS.index(card.suit))
    )
    return Hand(CATEGORIES[category], tuple(ranks[:1] if straight else ranks), tuple(order))


def _worth(hand: Hand) -> tuple[int, tuple[int, ...]]:
    return CATEGORIES.index(hand.category), hand.ranks


def describe(hand: Hand) -> str:
    """Name a hand in words, such as `full house, kings over fives`."""
    names = [_NAMES[rank - 2] for rank in hand.ranks]
    many = [name + ("es" if name == "six" else "s") for name in names]
    match hand.category:
        case "pair" | "three of a kind" | "four of a kind":
            return f"{hand.category}, {many[0]}"
        case "two pair":
            return f"two pair, {many[0]} and {many[1]}"
        case "full house":
            return f"full house, {many[0]} over {many[1]}"
        case "straight flush" if hand.ranks == (14,):
            return "royal flush"
    return f"{hand.category}, {names[0]} high"


def compare(first: Hand, second: Hand) -> int:
    """Return 1 when the first hand is worth more, -1 when the second is, and 0 when they are equal."""
    one, two = _worth(first), _worth(second)
    return (one > two) - (one < two)


def best_hand(cards: Sequence[Card]) -> Hand:
    """Return the best hand that five of the cards make."""
    if len(cards) < 5:
        raise CardError(f"{len(cards)} cards make no hand")
    _require_different(cards)
    return _best(cards)


def _best(cards: Sequence[Card]) -> Hand:
    return max((_rank(five) for five in itertools.combinations(cards, 5)), key=_worth)


def winners(players: Sequence[Sequence[Card]], board: Sequence[Card] = ()) -> list[int]:
    """Return the places of the players whose cards make the best hand together with the common cards."""
    _require_different([card for cards in (*players, board) for card in cards])
    if any(len(cards) + len(board) < 5 for cards in players):
        raise CardError("somebody has too few cards for a hand")
    return _winners(players, board)


def _winners(players: Sequence[Sequence[Card]], board: Sequence[Card]) -> list[int]:
    worths = [_worth(_best([*cards, *board])) for cards in players]
    return [place for place, worth in enumerate(worths) if worth == max(worths)]


def split_pot(pot: int, places: Sequence[int]) -> dict[int, int]:
    """Divide a pot among winners as equally as whole chips allow; the first ones get the chips left over."""
    if pot < 0 or not places:
        raise ValueError("a pot needs chips and somebody who wins it")
    share, left = divmod(pot, len(places))
    return {player: share + (order < left) for order, player in enumerate(places)}
