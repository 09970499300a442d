from fractions import Fraction

import pokerodds
import pytest
from pokerhand import Card, CardError


def cards(text):
    return [Card("23456789TJQKA".index(word[0]) + 2, word[1]) for word in text.split()]


def pack(ranks, suits="cdhs"):
    return cards(" ".join(rank + suit for suit in suits for rank in ranks))


@pytest.mark.requirement("R12")
def test_unseen_cards_of_a_pack():
    assert pokerodds.unseen(cards("Kc Ad"), pack("KA")) == cards("Ac Kd Kh Ah Ks As")


@pytest.mark.requirement("R12")
def test_unseen_cards_of_a_full_deck():
    assert len(pokerodds.unseen(cards("Kc Ad 2h"))) == 49


@pytest.mark.requirement("R12")
def test_known_cards_are_different():
    with pytest.raises(CardError):
        pokerodds.unseen(cards("Kc Kc"))


@pytest.mark.requirement("R13")
def test_outs_make_my_hand_the_better_one():
    found = pokerodds.outs(cards("Kc Kd"), cards("Ac Ad"), cards("2h 7s 9d 3c"))
    assert found == cards("Kh Ks")


@pytest.mark.requirement("R13")
def test_outs_come_from_the_pack():
    assert pokerodds.outs(cards("Kc Kd"), cards("Ac Ad"), cards("2h 7s 9d"), cards("Kh Ah Kc")) == cards("Kh")


@pytest.mark.requirement("R13")
def test_a_card_that_ties_is_no_out():
    assert pokerodds.outs(cards("2c 3d"), cards("2d 4c"), cards("Ah Ad Kh Ks"), cards("Ac Qc 3c 3s")) == []


@pytest.mark.requirement("R13")
def test_outs_need_a_board():
    with pytest.raises(CardError):
        pokerodds.outs(cards("Kc Kd"), cards("Ac Ad"), cards("2h 7s"))


@pytest.mark.requirement("R14")
def test_improving_cards_are_counted_by_category():
    counts = pokerodds.improving_cards(cards("2h 7h 9h Kh Kc"))
    assert counts == {"two pair": 9, "three of a kind": 2, "flush": 9}


@pytest.mark.requirement("R14")
def test_nothing_improves_the_best():
    assert pokerodds.improving_cards(cards("Th Jh Qh Kh Ah")) == {}


@pytest.mark.requirement("R14")
def test_improving_needs_five_cards():
    assert pokerodds.improving_cards(cards("2c 3c 4c 5c 7d"), cards("6d 6c")) == {"straight": 1, "straight flush": 1}
    with pytest.raises(CardError):
        pokerodds.improving_cards(cards("2c 3c 4c 5c"))


@pytest.mark.requirement("R15")
def test_equity_is_the_share_of_boards():
    players, board = [cards("Kc Kd"), cards("Ac Ad")], cards("2h 7s 9d 3c")
    assert pokerodds.equity(players, board) == [Fraction(2, 44), Fraction(42, 44)]


@pytest.mark.requirement("R15")
def test_equity_over_two_cards_of_a_small_pack():
    players, board = [cards("Kc Kd"), cards("Qc Qd")], cards("2h 7s 9d")
    shares = pokerodds.equity(players, board, pack=cards("Qh Qs 8c 3d"))
    assert shares == [Fraction(1, 6), Fraction(5, 6)]


@pytest.mark.requirement("R15")
def test_ties_divide_the_pot():
    players = [cards("Ac 2d"), cards("Ad 2c"), cards("3h 4h")]
    assert pokerodds.equity(players, cards("As Kd Qs Jh 9c")) == [Fraction(1, 2), Fraction(1, 2), 0]


@pytest.mark.requirement("R15")
def test_a_smaller_board():
    assert pokerodds.equity([cards("2c 3d 4h"), cards("2d 3c 5h")], cards("4d 4s"), size=2) == [1, 0]


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(("board", "size"), [("2c 3c 4c 5c 6c 7c", 5), ("2c 3c", 2), ("2c Kc 4h 5h 6h", 5)])
def test_impossible_boards_are_refused(board, size):
    with pytest.raises(CardError):
        pokerodds.equity([cards("Kc Kd"), cards("Ac Ad")], cards(board), size=size)


@pytest.mark.requirement("R15")
def test_a_pack_without_enough_cards_is_refused():
    with pytest.raises(CardError):
        pokerodds.equity([cards("Kc Kd"), cards("Ac Ad")], cards("2h 7s 9d"), pack=cards("3c Kc"))


@pytest.mark.requirement("R16")
def test_hands_of_a_small_pack_are_counted():
    assert pokerodds.category_counts(pack("QKA", "hs")) == {"two pair": 6}
    assert pokerodds.category_counts(cards("Th Jh Qh Kh Ah As")) == {"pair": 4, "straight": 1, "straight flush": 1}


@pytest.mark.requirement("R16")
def test_a_pack_with_doubled_cards_is_refused():
    with pytest.raises(CardError):
        pokerodds.category_counts(cards("Th Jh Qh Kh Ah Ah"))


@pytest.mark.requirement("R16")
def test_better_hands_are_counted():
    assert pokerodds.better_hands(cards("Kc Kd Qh Jh 9h"), cards("Ac Ad Ah 2c 3d 4h")) == 6
    assert pokerodds.better_hands(cards("Kc Kd Qh Jh 9h"), cards("Ks Kh Qs Jc 9d 2c")) == 0


@pytest.mark.requirement("R16")
def test_only_hands_of_five_cards_have_better_ones():
    with pytest.raises(CardError):
        pokerodds.better_hands(cards("Kc Kd Qh Jh"), [])


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    ("good", "unknown", "draws", "chance"),
    [
        (9, 46, 1, (9, 46)),
        (9, 47, 2, (378, 1081)),
        (0, 10, 3, (0, 1)),
        (4, 10, 0, (0, 1)),
        (3, 5, 3, (1, 1)),
        (2, 2, 2, (1, 1)),
    ],
)
def test_the_chance_of_a_draw(good, unknown, draws, chance):
    assert pokerodds.draw_chance(good, unknown, draws) == Fraction(*chance)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(("good", "unknown", "draws"), [(-1, 5, 1), (6, 5, 1), (1, 5, -1), (1, 5, 6)])
def test_impossible_draws_are_refused(good, unknown, draws):
    with pytest.raises(ValueError):
        pokerodds.draw_chance(good, unknown, draws)


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(("pot", "call", "odds"), [(75, 25, (1, 4)), (0, 10, (1, 1)), (10, 0, (0, 1))])
def test_pot_odds(pot, call, odds):
    assert pokerodds.pot_odds(pot, call) == Fraction(*odds)


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(("pot", "call"), [(-1, 5), (5, -1), (0, 0)])
def test_impossible_bets_are_refused(pot, call):
    with pytest.raises(ValueError):
        pokerodds.pot_odds(pot, call)
