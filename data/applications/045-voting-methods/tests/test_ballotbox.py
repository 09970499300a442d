import ballotbox
import pytest
from ballotbox import BadBallot, Ballot, Election, ElectionError, NoVotes, Round

CITIES = ["Memphis", "Nashville", "Chattanooga", "Knoxville"]
TENNESSEE = [
    Ballot(("Memphis", "Nashville", "Chattanooga", "Knoxville"), 42),
    Ballot(("Nashville", "Chattanooga", "Knoxville", "Memphis"), 26),
    Ballot(("Chattanooga", "Knoxville", "Nashville", "Memphis"), 15),
    Ballot(("Knoxville", "Chattanooga", "Nashville", "Memphis"), 17),
]
RING = [Ballot(("a", "b", "c"), 4), Ballot(("b", "c", "a"), 3), Ballot(("c", "a", "b"), 2)]


def capital():
    return Election(CITIES, TENNESSEE)


def ring():
    return Election("abcd", RING)


@pytest.mark.requirement("R1")
def test_ballots_are_read():
    text = "12: Ann > Bob Lee>Cy # early\n\nBob Lee\n 3 :Cy > Ann"
    expected = [Ballot(("Ann", "Bob Lee", "Cy"), 12), Ballot(("Bob Lee",), 1), Ballot(("Cy", "Ann"), 3)]
    assert ballotbox.parse_ballots(text) == expected


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("line", ["Ann > > Bob", "x: Ann", ": Ann", "2:", "-1: Ann"])
def test_other_lines_are_no_ballots(line):
    with pytest.raises(BadBallot, match="line 2"):
        ballotbox.parse_ballots("Ann\n" + line)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("ballot", [Ballot(("a", "b", "a")), Ballot(("a", "z")), Ballot(("a",), 0), Ballot(("a",), -2)])
def test_impossible_ballots_are_refused(ballot):
    with pytest.raises(BadBallot):
        Election("ab", [ballot])


@pytest.mark.requirement("R2")
def test_candidates_listed_twice_are_refused():
    with pytest.raises(ElectionError):
        Election("aba", [])


@pytest.mark.requirement("R3")
def test_turnout_counts_voters():
    assert (capital().turnout(), Election("ab", []).turnout()) == (100, 0)


@pytest.mark.requirement("R3")
def test_first_choices_are_counted():
    assert ring().first_choices() == {"a": 4, "b": 3, "c": 2, "d": 0}


@pytest.mark.requirement("R3")
def test_an_empty_ballot_chooses_nobody():
    assert Election("ab", [Ballot((), 3), Ballot(("b",))]).first_choices() == {"a": 0, "b": 1}


@pytest.mark.requirement("R4")
def test_plurality_takes_the_most_first_choices():
    assert capital().plurality() == ["Memphis"]


@pytest.mark.requirement("R4")
def test_plurality_may_tie():
    assert Election("abc", [Ballot(("c",), 2), Ballot(("a",), 2), Ballot(("b",), 1)]).plurality() == ["a", "c"]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(("votes", "winner"), [(3, "a"), (2, None)])
def test_a_majority_is_more_than_half(votes, winner):
    assert Election("ab", [Ballot(("a",), votes), Ballot(("b",), 1), Ballot((), 1)]).majority() == winner


@pytest.mark.requirement("R5")
def test_borda_points_fall_by_place():
    assert capital().borda() == {"Memphis": 126, "Nashville": 194, "Chattanooga": 173, "Knoxville": 107}


@pytest.mark.requirement("R5")
def test_unranked_candidates_get_no_points():
    assert Election("abc", [Ballot(("b",), 2), Ballot(("c", "b"), 1)]).borda() == {"a": 0, "b": 5, "c": 2}


@pytest.mark.requirement("R5")
def test_borda_winners_have_the_most_points():
    assert capital().borda_winners() == ["Nashville"]
    assert Election("abc", [Ballot(("a", "b")), Ballot(("b", "a"))]).borda_winners() == ["a", "b"]


@pytest.mark.requirement("R6")
def test_the_weakest_leaves_until_there_is_a_majority():
    assert capital().runoff_rounds() == [
        Round({"Memphis": 42, "Nashville": 26, "Chattanooga": 15, "Knoxville": 17}, "Chattanooga", 0),
        Round({"Memphis": 42, "Nashville": 26, "Knoxville": 32}, "Nashville", 0),
        Round({"Memphis": 42, "Knoxville": 58}, None, 0),
    ]


@pytest.mark.requirement("R6")
def test_a_majority_ends_the_runoff_at_once():
    assert Election("abc", [Ballot(("b",), 3), Ballot(("a",), 2)]).runoff_rounds() == [
        Round({"a": 2, "b": 3, "c": 0}, None, 0)
    ]


@pytest.mark.requirement("R6")
def test_exhausted_ballots_no_longer_count():
    rounds = Election("abc", [Ballot(("a",), 4), Ballot(("b",), 3), Ballot(("c",), 2)]).runoff_rounds()
    assert rounds == [Round({"a": 4, "b": 3, "c": 2}, "c", 0), Round({"a": 4, "b": 3}, None, 2)]


@pytest.mark.requirement("R6")
def test_the_last_listed_of_the_weakest_leaves():
    rounds = Election("ab", [Ballot(("a",)), Ballot(("b",))]).runoff_rounds()
    assert rounds == [Round({"a": 1, "b": 1}, "b", 0), Round({"a": 1}, None, 1)]


@pytest.mark.requirement("R6")
def test_a_runoff_without_votes_is_refused():
    with pytest.raises(NoVotes):
        Election("ab", []).runoff_rounds()


@pytest.mark.requirement("R7")
def test_bucklin_adds_second_places():
    assert capital().bucklin() == ["Nashville"]


@pytest.mark.requirement("R7")
def test_bucklin_stops_at_a_majority_of_first_places():
    assert Election("abc", [Ballot(("a", "c"), 3), Ballot(("b", "c"), 2)]).bucklin() == ["a"]


@pytest.mark.requirement("R7")
def test_bucklin_needs_more_than_half():
    assert Election("abc", [Ballot(("a", "c"), 2), Ballot(("b", "c"), 2)]).bucklin() == ["c"]


@pytest.mark.requirement("R8")
def test_preferences_are_counted_both_ways():
    assert capital().preference("Nashville", "Memphis") == (58, 42)


@pytest.mark.requirement("R8")
def test_ranked_candidates_are_preferred_to_unranked_ones():
    assert Election("abc", [Ballot(("a",), 2), Ballot(("c", "b"), 1), Ballot((), 5)]).preference("b", "a") == (1, 2)


@pytest.mark.requirement("R8")
def test_preferences_of_strangers_are_refused():
    with pytest.raises(ElectionError):
        ring().preference("a", "z")


@pytest.mark.requirement("R9")
def test_a_condorcet_winner_beats_everybody():
    assert capital().condorcet_winner() == "Nashville"


@pytest.mark.requirement("R9")
def test_a_condorcet_loser_loses_to_everybody():
    assert (capital().condorcet_loser(), ring().condorcet_loser()) == ("Memphis", "d")


@pytest.mark.requirement("R9")
def test_a_ring_has_neither_winner_nor_loser():
    election = Election("abc", RING)
    assert (election.condorcet_winner(), election.condorcet_loser()) == (None, None)


@pytest.mark.requirement("R9")
def test_a_tie_beats_nobody():
    election = Election("ab", [Ballot(("a", "b")), Ballot(("b", "a"))])
    assert (election.condorcet_winner(), election.condorcet_loser()) == (None, None)


@pytest.mark.requirement("R10")
def test_copeland_counts_victories():
    assert capital().copeland() == {"Memphis": 0, "Nashville": 3, "Chattanooga": 2, "Knoxville": 1}


@pytest.mark.requirement("R10")
def test_copeland_halves_ties():
    assert Election("abc", [Ballot(("a", "b")), Ballot(("b", "a"))]).copeland() == {"a": 1.5, "b": 1.5, "c": 0}


@pytest.mark.requirement("R11")
def test_the_smith_set_of_a_ring():
    assert ring().smith_set() == ["a", "b", "c"]


@pytest.mark.requirement("R11")
def test_the_smith_set_of_a_condorcet_winner():
    assert capital().smith_set() == ["Nashville"]


@pytest.mark.requirement("R11")
def test_the_smith_set_grows_until_nobody_outside_holds_out():
    ballots = []
    for first, second in ("ab", "ac", "bc", "bd", "cd", "da", "ae", "be", "ce", "de"):
        rest = [name for name in "abcde" if name not in (first, second)]
        ballots += [Ballot((first, second, *rest)), Ballot((*rest[::-1], first, second))]
    assert Election("abcde", ballots).smith_set() == ["a", "b", "c", "d"]


@pytest.mark.requirement("R11")
def test_ties_belong_to_the_smith_set():
    assert Election("abc", [Ballot(("a", "b")), Ballot(("b", "a"))]).smith_set() == ["a", "b"]


@pytest.mark.requirement("R12")
def test_schulze_resolves_a_ring():
    assert ring().schulze() == ["a"]


@pytest.mark.requirement("R12")
def test_schulze_follows_the_strongest_chains():
    ballots = [
        ("acbed", 5),
        ("adecb", 5),
        ("bedac", 8),
        ("cabed", 3),
        ("caebd", 7),
        ("cbade", 2),
        ("dceba", 7),
        ("ebadc", 8),
    ]
    assert Election("abcde", [Ballot(tuple(names), voters) for names, voters in ballots]).schulze() == ["e"]


@pytest.mark.requirement("R12")
def test_schulze_may_tie():
    assert Election("abc", [Ballot(("a", "b")), Ballot(("b", "a"))]).schulze() == ["a", "b"]
