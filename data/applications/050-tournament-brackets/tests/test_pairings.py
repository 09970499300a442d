import pytest

from pairings import PairingError, byes, home_counts, rematches, round_robin, swiss_pairs


def meetings(rounds):
    return sorted("".join(sorted(pair)) for pairs in rounds for pair in pairs)


@pytest.mark.requirement("R1")
def test_everybody_meets_everybody_once():
    rounds = round_robin(list("abcd"))
    assert len(rounds) == 3
    assert meetings(rounds) == ["ab", "ac", "ad", "bc", "bd", "cd"]


@pytest.mark.requirement("R1")
def test_nobody_plays_twice_in_a_round():
    for pairs in round_robin(list("abcdef")):
        assert sorted(player for pair in pairs for player in pair) == list("abcdef")


@pytest.mark.requirement("R1")
def test_the_rotation():
    assert round_robin(list("abcd")) == [[("a", "d"), ("b", "c")], [("c", "a"), ("d", "b")], [("a", "b"), ("c", "d")]]


@pytest.mark.requirement("R1")
def test_with_an_odd_number_somebody_pauses():
    rounds = round_robin(list("abcde"))
    assert [len(pairs) for pairs in rounds] == [2] * 5
    assert len(set(meetings(rounds))) == 10


@pytest.mark.requirement("R2")
def test_the_second_half_exchanges_home_and_away():
    rounds = round_robin(list("abc"), double=True)
    assert len(rounds) == 6
    assert rounds[3:] == [[(away, home) for home, away in pairs] for pairs in rounds[:3]]


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("players", [[], ["a"], ["a", "b", "a"]])
def test_impossible_players(players):
    with pytest.raises(PairingError):
        round_robin(players)


@pytest.mark.requirement("R3")
def test_swiss_needs_two_players():
    with pytest.raises(PairingError):
        swiss_pairs({"a": 0}, [], [])
    assert swiss_pairs({"a": 0, "b": 0}, [], []) == ([("a", "b")], None)


@pytest.mark.requirement("R4")
def test_who_pauses():
    assert byes(list("abcd"), [[("a", "b")], [("c", "d"), ("b", "a")], []]) == [["c", "d"], [], list("abcd")]


@pytest.mark.requirement("R4")
def test_matches_at_home():
    assert home_counts([[("a", "b"), ("c", "d")], [("a", "c")]]) == {"a": 2, "b": 0, "c": 1, "d": 0}


@pytest.mark.requirement("R4")
def test_rematches_ignore_who_is_at_home():
    assert rematches([[("a", "b")], [("b", "a"), ("c", "d")], [("a", "b")]]) == [("b", "a"), ("a", "b")]
    assert rematches([[("a", "b")], [("a", "c")]]) == []


@pytest.mark.requirement("R5")
def test_players_of_similar_score_meet():
    scores = {"a": 0, "b": 2, "c": 1, "d": 2, "e": 1, "f": 0}
    assert swiss_pairs(scores, [], []) == ([("b", "d"), ("c", "e"), ("a", "f")], None)


@pytest.mark.requirement("R5")
def test_nobody_meets_the_same_player_again():
    scores = {"a": 2, "b": 2, "c": 1, "d": 0}
    assert swiss_pairs(scores, [("b", "a")], []) == ([("a", "c"), ("b", "d")], None)


@pytest.mark.requirement("R5")
def test_earlier_pairs_change_if_the_rest_could_not_be_paired():
    scores = {"a": 3, "b": 2, "c": 1, "d": 0}
    assert swiss_pairs(scores, [("c", "d")], []) == ([("a", "c"), ("b", "d")], None)


@pytest.mark.requirement("R5")
def test_when_all_have_met():
    with pytest.raises(PairingError):
        swiss_pairs({"a": 1, "b": 0}, [("a", "b")], [])


@pytest.mark.requirement("R6")
def test_the_lowest_player_pauses_once():
    scores = {"a": 2, "b": 1, "c": 0}
    assert swiss_pairs(scores, [], []) == ([("a", "b")], "c")
    assert swiss_pairs(scores, [], ["c"]) == ([("a", "c")], "b")


@pytest.mark.requirement("R6")
def test_another_player_pauses_if_the_rest_could_not_be_paired():
    assert swiss_pairs({"a": 2, "b": 1, "c": 0}, [("a", "b")], []) == ([("a", "c")], "b")


@pytest.mark.requirement("R6")
def test_when_all_have_paused():
    with pytest.raises(PairingError):
        swiss_pairs({"a": 2, "b": 1, "c": 0}, [], ["a", "b", "c"])
