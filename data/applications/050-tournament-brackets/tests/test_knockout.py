import pytest

from knockout import Bracket, bracket_size, seed_order
from pairings import PairingError


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("players, size", [(1, 2), (2, 2), (3, 4), (4, 4), (5, 8), (8, 8), (9, 16)])
def test_brackets_are_powers_of_two(players, size):
    assert bracket_size(players) == size


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("size, order", [(2, [1, 2]), (4, [1, 4, 2, 3]), (8, [1, 8, 4, 5, 2, 7, 3, 6])])
def test_the_best_seeds_meet_late(size, order):
    assert seed_order(size) == order


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("size", [0, 1, 3, 6])
def test_other_sizes_have_no_order(size):
    with pytest.raises(PairingError):
        seed_order(size)


@pytest.mark.requirement("R8")
def test_first_matches_of_a_full_bracket():
    assert Bracket(list("abcd")).pending() == [("a", "d"), ("b", "c")]


@pytest.mark.requirement("R8")
def test_the_best_seeds_skip_the_first_round():
    assert Bracket(list("abcde")).pending() == [("d", "e"), ("b", "c")]
    assert Bracket(list("abc")).pending() == [("b", "c")]


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("count, rounds", [(2, 1), (3, 2), (4, 2), (5, 3), (16, 4), (17, 5)])
def test_number_of_rounds(count, rounds):
    assert Bracket([f"p{number}" for number in range(count)]).rounds() == rounds


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("players", [[], ["a"], ["a", "a"]])
def test_impossible_brackets(players):
    with pytest.raises(PairingError):
        Bracket(players).rounds()


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("winner, loser", [("a", "b"), ("a", "x"), ("a", "a"), ("c", "b")])
def test_matches_that_are_not_due(winner, loser):
    bracket = Bracket(list("abcd"))
    bracket.record("b", "c")
    with pytest.raises(PairingError):
        bracket.record(winner, loser)


@pytest.mark.requirement("R10")
def test_winners_advance():
    bracket = Bracket(list("abcd"))
    bracket.record("d", "a")
    assert bracket.pending() == [("b", "c")]
    bracket.record("b", "c")
    assert bracket.pending() == [("d", "b")]


@pytest.mark.requirement("R10")
def test_the_winner_of_the_final_is_the_champion():
    bracket = Bracket(list("abc"))
    bracket.record("c", "b")
    assert bracket.champion() is None
    bracket.record("c", "a")
    assert bracket.champion() == "c"
    assert bracket.pending() == []


@pytest.mark.requirement("R11")
def test_the_round_of_elimination():
    bracket = Bracket(list("abcd"))
    bracket.record("a", "d")
    bracket.record("c", "b")
    bracket.record("c", "a")
    assert [bracket.eliminated_in(player) for player in "abcd"] == [2, 1, None, 1]
    with pytest.raises(PairingError):
        bracket.eliminated_in("x")


@pytest.mark.requirement("R11")
def test_places_are_shared_by_losers_of_a_round():
    bracket = Bracket(list("abcd"))
    bracket.record("c", "b")
    assert bracket.placings() == [(3, ["b"])]
    bracket.record("a", "d")
    bracket.record("c", "a")
    assert bracket.placings() == [(1, ["c"]), (2, ["a"]), (3, ["b", "d"])]


@pytest.mark.requirement("R12")
def test_names_of_rounds():
    bracket = Bracket([f"p{number}" for number in range(17)])
    assert [bracket.round_name(number) for number in range(1, 6)] == [
        "round of 32",
        "round of 16",
        "quarterfinal",
        "semifinal",
        "final",
    ]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("number", [0, 3])
def test_rounds_that_do_not_exist(number):
    with pytest.raises(PairingError):
        Bracket(list("abcd")).round_name(number)
