import pytest

from eloratings import expected_score, performance, ranking, rate, updated
from scoretables import Result


@pytest.mark.requirement("R19")
def test_expected_scores():
    assert expected_score(1500, 1500) == 0.5
    assert expected_score(1900, 1500) == pytest.approx(10 / 11)
    assert expected_score(1500, 1900) == pytest.approx(1 / 11)


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("score, rating", [(1, 1510), (0.5, 1500), (0, 1490)])
def test_ratings_change_by_surprise(score, rating):
    assert updated(1500, 1500, score) == rating


@pytest.mark.requirement("R19")
def test_the_factor_scales_the_change():
    assert updated(1900, 1500, 0, 11) == pytest.approx(1890)
    assert updated(1500, 1500, 1, 1) == 1500.5


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("score, factor", [(1.1, 20), (-0.1, 20), (1, 0)])
def test_impossible_changes(score, factor):
    with pytest.raises(ValueError):
        updated(1500, 1500, score, factor)


@pytest.mark.requirement("R20")
def test_results_are_applied_in_order():
    ratings = rate(
        [Result("a", "b", 2, 0), Result("c", "d", 0, 1), Result("d", "c", 1, 1)],
        {"a": 1600, "b": 1600, "c": 1500, "x": 1000},
    )
    assert (ratings["a"], ratings["b"], ratings["x"]) == (1610, 1590, 1000)
    assert ratings["d"] == pytest.approx(1510 + 20 * (0.5 - expected_score(1510, 1490)))
    assert sum(ratings.values()) == pytest.approx(1600 + 1600 + 1500 + 1500 + 1000)


@pytest.mark.requirement("R20")
def test_newcomers_and_factor():
    assert rate([Result("a", "b", 0, 1)], {}, factor=10, newcomer=1200) == {"a": 1195, "b": 1205}
    assert rate([Result("a", "b", 1, 0)], {}) == {"a": 1510, "b": 1490}


@pytest.mark.requirement("R20")
def test_the_given_ratings_stay_as_they_are():
    start = {"a": 1500.0}
    rate([Result("a", "b", 1, 0)], start)
    assert start == {"a": 1500.0}


@pytest.mark.requirement("R21")
@pytest.mark.parametrize("score, rating", [(0, 1200), (1, 1600), (2, 2000)])
def test_performance_against_opponents(score, rating):
    assert performance([1500, 1700], score) == pytest.approx(rating)


@pytest.mark.requirement("R21")
def test_performance_inverts_the_expected_score():
    assert performance([1500] * 11, 10) == pytest.approx(1900)


@pytest.mark.requirement("R21")
@pytest.mark.parametrize("opponents, score", [([], 0), ([1500], -0.5), ([1500], 1.5)])
def test_impossible_performances(opponents, score):
    with pytest.raises(ValueError):
        performance(opponents, score)


@pytest.mark.requirement("R22")
def test_ranking_shares_places():
    assert ranking({"d": 1400, "b": 1500, "a": 1500, "c": 1600}) == [(1, "c"), (2, "a"), (2, "b"), (4, "d")]
    assert ranking({}) == []
