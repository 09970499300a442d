from fractions import Fraction

import pytest
import seatshare
from seatshare import SeatError

VOTES = {"red": 340, "blue": 280, "green": 160, "grey": 60}
POLL = {"a": 47, "b": 16, "c": 16, "d": 12, "e": 6, "f": 3}


@pytest.mark.requirement("R13")
def test_dhondt_divides_by_one_two_three():
    assert seatshare.dhondt(VOTES, 7) == {"red": 3, "blue": 3, "green": 1, "grey": 0}


@pytest.mark.requirement("R13")
def test_sainte_lague_divides_by_odd_numbers():
    assert seatshare.sainte_lague({"a": 53, "b": 24, "c": 23}, 7) == {"a": 3, "b": 2, "c": 2}
    assert seatshare.sainte_lague(VOTES, 7) == {"red": 3, "blue": 2, "green": 1, "grey": 1}


@pytest.mark.requirement("R13")
def test_a_tied_seat_goes_to_more_votes():
    assert seatshare.dhondt({"small": 1, "large": 2}, 2) == {"small": 0, "large": 2}


@pytest.mark.requirement("R13")
def test_a_tied_seat_goes_to_the_first_of_equals():
    assert seatshare.sainte_lague({"a": 5, "b": 5}, 3) == {"a": 2, "b": 1}


@pytest.mark.requirement("R14")
def test_the_largest_remainders_get_the_seats_left():
    assert seatshare.largest_remainder(POLL, 10) == {"a": 5, "b": 2, "c": 2, "d": 1, "e": 0, "f": 0}


@pytest.mark.requirement("R14")
def test_exact_shares_leave_no_seats():
    assert seatshare.largest_remainder({"a": 60, "b": 40}, 5) == {"a": 3, "b": 2}


@pytest.mark.requirement("R14")
def test_equal_remainders_prefer_more_votes():
    assert seatshare.largest_remainder({"a": 1, "b": 3}, 2) == {"a": 0, "b": 2}


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("method", ["dhondt", "sainte_lague", "largest_remainder", "droop_quota"])
@pytest.mark.parametrize(("votes", "seats"), [({"a": 3}, -1), ({"a": 3, "b": -1}, 2), ({"a": 0}, 2), ({}, 2)])
def test_impossible_apportionments_are_refused(method, votes, seats):
    with pytest.raises(SeatError):
        getattr(seatshare, method)(votes, seats)


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("method", ["dhondt", "sainte_lague", "largest_remainder"])
def test_no_seats_can_be_given_out(method):
    assert getattr(seatshare, method)({"a": 1, "b": 0}, 0) == {"a": 0, "b": 0}


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(("seats", "quota"), [(1, 51), (3, 26), (2, 34), (0, 101)])
def test_the_droop_quota(seats, quota):
    assert seatshare.droop_quota({"a": 70, "b": 30}, seats) == quota


@pytest.mark.requirement("R16")
def test_a_threshold_includes_its_border():
    assert seatshare.over_threshold(POLL, 6) == {"a": 47, "b": 16, "c": 16, "d": 12, "e": 6}
    assert seatshare.over_threshold(POLL, Fraction(25, 2)) == {"a": 47, "b": 16, "c": 16}


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("percent", [-1, 101])
def test_a_threshold_is_a_percentage(percent):
    assert seatshare.over_threshold({"a": 1}, 100) == {"a": 1}
    assert seatshare.over_threshold({"a": 0}, 0) == {"a": 0}
    with pytest.raises(SeatError):
        seatshare.over_threshold(POLL, percent)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(
    ("seats", "index"), [({"a": 3, "b": 1}, 0), ({"a": 2, "b": 2}, 25), ({"b": 9}, 75), ({"a": 1}, 25)]
)
def test_disproportion_compares_shares(seats, index):
    assert seatshare.disproportion({"a": 30, "b": 10}, seats) == pytest.approx(index)


@pytest.mark.requirement("R17")
@pytest.mark.parametrize(("votes", "seats"), [({"a": 0}, {"a": 1}), ({"a": 1}, {"a": 0})])
def test_disproportion_needs_votes_and_seats(votes, seats):
    with pytest.raises(SeatError):
        seatshare.disproportion(votes, seats)


@pytest.mark.requirement("R18")
def test_coalitions_need_everybody_in_them():
    assert seatshare.coalitions({"a": 4, "b": 3, "c": 2, "d": 0}) == [("a", "b"), ("a", "c"), ("b", "c")]


@pytest.mark.requirement("R18")
def test_small_coalitions_come_first():
    assert seatshare.coalitions({"a": 2, "b": 2, "c": 2, "d": 3}) == [
        ("a", "d"),
        ("b", "d"),
        ("c", "d"),
        ("a", "b", "c"),
    ]


@pytest.mark.requirement("R18")
def test_half_of_the_seats_is_no_majority():
    assert seatshare.coalitions({"a": 2, "b": 1, "c": 1}) == [("a", "b"), ("a", "c")]


@pytest.mark.requirement("R18")
def test_one_party_may_suffice():
    assert seatshare.coalitions({"a": 3, "b": 1, "c": 1}) == [("a",)]
