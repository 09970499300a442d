import pokerhand
import pytest
from pokerhand import Card, CardError, Hand


def cards(text):
    return [Card("23456789TJQKA".index(word[0]) + 2, word[1]) for word in text.split()]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("2c", Card(2, "c")),
        ("Td", Card(10, "d")),
        ("10h", Card(10, "h")),
        (" aS ", Card(14, "s")),
        ("jC", Card(11, "c")),
    ],
)
def test_a_card_is_read(text, card):
    assert pokerhand.parse_card(text) == card


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "A", "1h", "Ax", "11h", "Ahh"])
def test_other_texts_are_no_cards(text):
    with pytest.raises(CardError):
        pokerhand.parse_card(text)


@pytest.mark.requirement("R1")
def test_several_cards_are_read():
    assert pokerhand.parse_cards("Ah, 2c Kd") == cards("Ah 2c Kd")
    assert pokerhand.parse_cards(" ") == []


@pytest.mark.requirement("R1")
def test_a_card_that_comes_twice_is_refused():
    with pytest.raises(CardError):
        pokerhand.parse_cards("Ah 2c aH")


@pytest.mark.requirement("R2")
def test_cards_are_written_in_order():
    assert pokerhand.format_cards(cards("2c Td Ah")) == "2c Td Ah"
    assert pokerhand.format_cards([]) == ""


@pytest.mark.requirement("R2")
def test_cards_are_sorted_from_high_to_low():
    assert pokerhand.sort_cards(cards("9c As 9s Td 9h 9d")) == cards("As Td 9s 9h 9d 9c")


@pytest.mark.requirement("R3")
def test_a_full_deck():
    deck = pokerhand.deck()
    assert (len(deck), len(set(deck)), deck[0], deck[12], deck[-1]) == (
        52,
        52,
        Card(2, "c"),
        Card(14, "c"),
        Card(14, "s"),
    )


@pytest.mark.requirement("R3")
def test_a_short_deck():
    assert pokerhand.deck(14) == cards("Ac Ad Ah As")


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("lowest", [1, 15])
def test_a_deck_begins_with_a_rank(lowest):
    with pytest.raises(CardError):
        pokerhand.deck(lowest)


@pytest.mark.requirement("R4")
def test_everybody_gets_different_cards():
    hands = pokerhand.deal(4, 13, seed=1)
    assert ([len(hand) for hand in hands], len({card for hand in hands for card in hand})) == ([13] * 4, 52)


@pytest.mark.requirement("R4")
def test_dealing_goes_round():
    together = pokerhand.deal(1, 6, seed=5)[0]
    assert pokerhand.deal(3, 2, seed=5) == [together[0::3], together[1::3], together[2::3]]


@pytest.mark.requirement("R4")
def test_the_seed_decides():
    assert pokerhand.deal(2, 5, seed=3) == pokerhand.deal(2, 5, seed=3)
    assert pokerhand.deal(2, 5, seed=3) != pokerhand.deal(2, 5, seed=4)


@pytest.mark.requirement("R4")
def test_a_single_card_each():
    assert [len(hand) for hand in pokerhand.deal(52, 1, seed=2)] == [1] * 52


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(("players", "each"), [(0, 5), (2, 0), (11, 5), (1, 53)])
def test_impossible_deals_are_refused(players, each):
    with pytest.raises(CardError):
        pokerhand.deal(players, each, seed=1)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    ("text", "category", "ranks"),
    [
        ("2c 9d Ah 5s Kc", "high card", (14, 13, 9, 5, 2)),
        ("2c 9d Ah 2s Kc", "pair", (2, 14, 13, 9)),
        ("2c 9d 9h 2s Kc", "two pair", (9, 2, 13)),
        ("2c 2d Ah 2s Kc", "three of a kind", (2, 14, 13)),
        ("6c 9d 7h 5s 8c", "straight", (9,)),
        ("2c 9c Ac 5c Kc", "flush", (14, 13, 9, 5, 2)),
        ("2c Kd 2h 2s Kc", "full house", (2, 13)),
        ("2c 2d 2h 2s Kc", "four of a kind", (2, 13)),
        ("6s 9s 7s 5s 8s", "straight flush", (9,)),
    ],
)
def test_hands_are_ranked(text, category, ranks):
    hand = pokerhand.rank_hand(cards(text))
    assert (hand.category, hand.ranks) == (category, ranks)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    ("text", "category", "ranks"),
    [
        ("Ac 2d 3h 4s 5c", "straight", (5,)),
        ("Td Jh Qs Kc Ac", "straight", (14,)),
        ("Kd Ah 2s 3c 4c", "high card", (14, 13, 4, 3, 2)),
        ("Ah 2h 3h 4h 5h", "straight flush", (5,)),
    ],
)
def test_the_ace_may_be_low_in_a_straight(text, category, ranks):
    hand = pokerhand.rank_hand(cards(text))
    assert (hand.category, hand.ranks) == (category, ranks)


@pytest.mark.requirement("R5")
def test_important_cards_come_first():
    assert pokerhand.rank_hand(cards("2c 9d Ah 2s Kc")).cards == tuple(cards("2s 2c Ah Kc 9d"))
    assert pokerhand.rank_hand(cards("Ac 2d 3h 4s 5c")).cards == tuple(cards("5c 4s 3h 2d Ac"))


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text", ["2c 9d Ah 5s", "2c 9d Ah 5s Kc Qc", "2c 9d Ah 5s 2c"])
def test_a_hand_has_five_different_cards(text):
    with pytest.raises(CardError):
        pokerhand.rank_hand(cards(text))


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text", ["2c 9d Ah 5s", "2c 9d Ah 5s 2c 3d"])
def test_a_best_hand_needs_five_different_cards(text):
    with pytest.raises(CardError):
        pokerhand.best_hand(cards(text))


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    ("category", "ranks", "words"),
    [
        ("high card", (14, 9, 5, 3, 2), "high card, ace high"),
        ("pair", (6, 14, 9, 2), "pair, sixes"),
        ("two pair", (13, 5, 2), "two pair, kings and fives"),
        ("three of a kind", (2, 14, 3), "three of a kind, twos"),
        ("straight", (5,), "straight, five high"),
        ("flush", (11, 9, 5, 3, 2), "flush, jack high"),
        ("full house", (13, 5), "full house, kings over fives"),
        ("four of a kind", (10, 2), "four of a kind, tens"),
        ("straight flush", (13,), "straight flush, king high"),
        ("straight flush", (14,), "royal flush"),
    ],
)
def test_hands_are_named(category, ranks, words):
    assert pokerhand.describe(Hand(category, ranks, ())) == words


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        (("flush", (7, 5, 4, 3, 2)), ("straight", (14,)), 1),
        (("pair", (14, 13, 12, 11)), ("two pair", (3, 2, 4)), -1),
        (("pair", (9, 14, 7, 3)), ("pair", (9, 14, 8, 2)), -1),
        (("full house", (3, 2)), ("full house", (2, 14)), 1),
        (("straight", (9,)), ("straight", (9,)), 0),
    ],
)
def test_hands_are_compared(first, second, result):
    assert pokerhand.compare(Hand(*first, ()), Hand(*second, ())) == result


@pytest.mark.requirement("R9")
@pytest.mark.parametrize(
    ("text", "category", "ranks"),
    [
        ("2c 2d 9h 9s Kc Kd Ah", "two pair", (13, 9, 14)),
        ("2h 3h 4h 5c 6h 9h Td", "flush", (9, 6, 4, 3, 2)),
        ("As 2d 3h 4s 5c 6d", "straight", (6,)),
        ("7c 7d 7h 8c 8d 8h 2s", "full house", (8, 7)),
    ],
)
def test_the_best_five_of_more_cards(text, category, ranks):
    hand = pokerhand.best_hand(cards(text))
    assert (hand.category, hand.ranks) == (category, ranks)


@pytest.mark.requirement("R9")
def test_the_best_of_five_cards_are_these():
    assert pokerhand.best_hand(cards("2c 9d Ah 2s Kc")) == Hand("pair", (2, 14, 13, 9), tuple(cards("2s 2c Ah Kc 9d")))


@pytest.mark.requirement("R10")
def test_the_winner_has_the_best_hand():
    players = [cards("Ah Kd"), cards("9c 9d"), cards("2s 7s")]
    assert pokerhand.winners(players, cards("Ac 9h 5d 3c 2h")) == [1]


@pytest.mark.requirement("R10")
def test_equal_hands_win_together():
    players = [cards("Ah 3d"), cards("9c 8d"), cards("Ac 2d")]
    assert pokerhand.winners(players, cards("Ad Kh Qd Jc 9h")) == [0, 2]


@pytest.mark.requirement("R10")
def test_players_may_hold_all_their_cards():
    assert pokerhand.winners([cards("Ah Kh Qh Jh 9h"), cards("2c 3d 4s 5c 6c")]) == [0]


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("board", ["Ad Kh", "Ah Kh Qd"])
def test_too_few_or_doubled_cards_have_no_winner(board):
    with pytest.raises(CardError):
        pokerhand.winners([cards("Ah 3d"), cards("9c 8d")], cards(board))


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    ("pot", "places", "shares"),
    [(100, [2], {2: 100}), (101, [0, 3], {0: 51, 3: 50}), (11, [0, 1, 2], {0: 4, 1: 4, 2: 3}), (0, [1], {1: 0})],
)
def test_a_pot_is_divided(pot, places, shares):
    assert pokerhand.split_pot(pot, places) == shares


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(("pot", "places"), [(-1, [0]), (10, [])])
def test_impossible_pots_are_refused(pot, places):
    with pytest.raises(ValueError):
        pokerhand.split_pot(pot, places)
