import pytest

from scoretables import (
    Result,
    Row,
    buchholz,
    cross_table,
    format_standings,
    head_to_head,
    longest_run,
    row_for,
    sonneborn_berger,
    standings,
)

RESULTS = [
    Result("a", "b", 2, 1),
    Result("b", "c", 3, 3),
    Result("c", "a", 0, 4),
    Result("a", "d", 1, 1),
    Result("d", "b", 0, 2),
]


def names(rows):
    return [row.player for row in rows]


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    "goals, winner, home, away", [((2, 1), "a", 1, 0), ((0, 1), "b", 0, 1), ((2, 2), None, 0.5, 0.5)]
)
def test_winner_and_scores(goals, winner, home, away):
    result = Result("a", "b", *goals)
    assert (result.winner(), result.score_of("a"), result.score_of("b")) == (winner, home, away)


@pytest.mark.requirement("R13")
def test_others_have_no_score():
    with pytest.raises(ValueError):
        Result("a", "b", 1, 0).score_of("c")


@pytest.mark.requirement("R14")
def test_the_row_of_a_player():
    assert row_for("b", RESULTS) == Row("b", 3, 1, 1, 1, 6, 5, 4)
    assert row_for("x", RESULTS) == Row("x", 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.requirement("R14")
def test_points_for_wins_and_draws():
    assert row_for("a", RESULTS, win=2, draw=1).points == 5
    assert row_for("a", RESULTS).points == 7


@pytest.mark.requirement("R15")
def test_points_decide_first():
    assert names(standings(RESULTS, list("cdba"))) == ["a", "b", "d", "c"]
    assert [row.points for row in standings(RESULTS, list("dcba"))] == [7, 4, 1, 1]


@pytest.mark.requirement("R15")
def test_matches_among_equals_decide_next():
    results = [Result("a", "b", 0, 1), Result("a", "c", 9, 0), Result("c", "b", 1, 0)]
    assert names(standings(results, list("ab"))) == ["b", "a"]


@pytest.mark.requirement("R15")
def test_goals_and_then_names_decide_last():
    results = [Result("a", "x", 1, 0), Result("b", "x", 3, 1), Result("c", "x", 2, 0), Result("d", "x", 2, 0)]
    assert names(standings(results, list("abcd"))) == ["b", "c", "d", "a"]


@pytest.mark.requirement("R15")
def test_other_points_may_change_the_order():
    results = [Result("a", "b", 1, 1), Result("c", "a", 1, 1), Result("b", "c", 1, 0), Result("c", "b", 1, 0)]
    assert names(standings(results, list("abc"), win=0, draw=1)) == ["a", "b", "c"]
    assert names(standings(results, list("abc"))) == ["b", "c", "a"]


@pytest.mark.requirement("R16")
def test_scores_between_two_players():
    results = [
        Result("a", "b", 1, 0),
        Result("b", "a", 2, 2),
        Result("a", "c", 0, 5),
        Result("b", "a", 3, 0),
        Result("a", "b", 4, 0),
    ]
    assert head_to_head(results, "a", "b") == (2.5, 1.5)
    assert head_to_head(results, "b", "a") == (1.5, 2.5)
    assert head_to_head(results, "b", "c") == (0, 0)


@pytest.mark.requirement("R16")
def test_wins_in_a_row():
    assert longest_run(RESULTS, "a") == 2
    assert longest_run(RESULTS, "c") == 0
    assert longest_run([Result("b", "a", 1, 0), *RESULTS, Result("a", "b", 1, 0)], "a") == 2


@pytest.mark.requirement("R17")
def test_scores_of_the_opponents():
    # a 2.5, b 1.5, c 0.5, d 0.5
    assert [buchholz(RESULTS, player) for player in "abcdx"] == [2.5, 3.5, 4, 4, 0]


@pytest.mark.requirement("R17")
def test_scores_of_the_beaten_opponents():
    assert [sonneborn_berger(RESULTS, player) for player in "abcdx"] == [2.25, 0.75, 0.75, 1.25, 0]


@pytest.mark.requirement("R18")
def test_grid_of_results():
    assert cross_table([*RESULTS[:3], Result("a", "b", 5, 5)], list("abc")) == [
        ["-", "5:5", ""],
        ["", "-", "3:3"],
        ["0:4", "", "-"],
    ]


@pytest.mark.requirement("R18")
def test_standings_as_text():
    rows = [
        Row("ann", 3, 2, 1, 0, 7, 2, 7),
        Row("bo", 3, 1, 1, 1, 6, 5, 4),
        Row("cy", 2, 0, 1, 1, 3, 17, 4),
        Row("di", 1, 0, 0, 1, 0, 1, 0),
    ]
    assert format_standings(rows).splitlines() == [
        " 1. ann   3    2-1-0     7:2    7",
        " 2. bo    3    1-1-1     6:5    4",
        " 2. cy    2    0-1-1    3:17    4",
        " 4. di    1    0-0-1     0:1    0",
    ]
    assert format_standings([]) == ""
