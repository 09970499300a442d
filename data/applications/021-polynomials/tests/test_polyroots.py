from fractions import Fraction as F

import pytest
from polyexact import Polynomial, ZeroPolynomialError
from polyroots import BracketError, bisect, count_roots, isolate_roots, rational_roots, real_roots, root_bound


def cubic():
    """A polynomial with the roots -1, 0 and 1."""
    return Polynomial([0, -1, 0, 1])


@pytest.mark.requirement("R17")
def test_root_bound():
    assert root_bound(Polynomial([-6, 4, 2])) == 4
    assert root_bound(Polynomial([5])) == 1
    with pytest.raises(ZeroPolynomialError):
        root_bound(Polynomial())


@pytest.mark.requirement("R17")
def test_count_roots_excludes_the_lower_end():
    assert count_roots(cubic(), -1, 1) == 2
    assert count_roots(cubic(), -2, 1) == 3
    assert count_roots(cubic(), "1/4", "3/4") == 0


@pytest.mark.requirement("R17")
def test_count_roots_counts_double_roots_once():
    assert count_roots(Polynomial([1, -2, 1]), 0, 5) == 1
    assert count_roots(Polynomial([1, 0, 1]), -9, 9) == 0


@pytest.mark.requirement("R17")
def test_count_roots_refuses_a_reversed_interval():
    assert count_roots(cubic(), 1, 1) == 0
    with pytest.raises(BracketError):
        count_roots(cubic(), 1, 0)


@pytest.mark.requirement("R18")
def test_bisect_meets_the_tolerance():
    root = bisect(Polynomial([-2, 0, 1]), 0, 2, "1/1000")
    assert abs(float(root) - 2**0.5) <= 0.001
    falling = bisect(Polynomial([2, 0, -1]), 0, 3, "1/1000")
    assert abs(float(falling) - 2**0.5) <= 0.001


@pytest.mark.requirement("R18")
def test_bisect_returns_exact_roots():
    assert bisect(cubic(), 1, 5) == 1
    assert bisect(cubic(), "-1/2", "1/2") == 0
    assert bisect(cubic(), "1/2", 1) == 1


@pytest.mark.requirement("R18")
@pytest.mark.parametrize(("low", "high", "tolerance"), [(2, 3, 1), (2, 0, 1), (0, 3, 0)])
def test_bisect_refuses_bad_brackets(low, high, tolerance):
    with pytest.raises(BracketError):
        bisect(Polynomial([-2, 0, 1]), low, high, tolerance)


@pytest.mark.requirement("R19")
def test_isolated_intervals_hold_one_root_each():
    intervals = isolate_roots(Polynomial([-2, 0, 1]))
    assert len(intervals) == 2
    assert intervals[0][0] < -(2**0.5) <= intervals[0][1] <= intervals[1][0] < 2**0.5 <= intervals[1][1]


@pytest.mark.requirement("R19")
def test_nothing_to_isolate():
    assert isolate_roots(Polynomial([1, 0, 1])) == []
    assert isolate_roots(Polynomial([3])) == []


@pytest.mark.requirement("R19")
def test_real_roots_are_ascending_and_close():
    roots = real_roots(Polynomial([-1, -1, 1]), "1/10000")
    assert [round(float(root), 3) for root in roots] == [-0.618, 1.618]
    assert real_roots(Polynomial([1, 0, 1])) == []


@pytest.mark.requirement("R19")
def test_real_roots_merge_multiple_roots():
    roots = real_roots(Polynomial([0, 0, -1, 1]), "1/100")
    assert [round(float(root), 1) for root in roots] == [0, 1]


@pytest.mark.requirement("R19")
def test_real_roots_next_to_each_other():
    roots = real_roots(Polynomial([0, "3/10", "-31/10", 1]), "1/1000")
    assert [round(float(root), 2) for root in roots] == [0, 0.1, 3]


@pytest.mark.requirement("R19")
def test_real_roots_refuse_a_tolerance_of_zero():
    with pytest.raises(BracketError):
        real_roots(cubic(), 0)


@pytest.mark.requirement("R20")
def test_rational_roots_are_exact():
    assert rational_roots(Polynomial([2, -7, 6])) == [F(1, 2), F(2, 3)]
    assert rational_roots(Polynomial(["-1/6", "1/6", 1])) == [F(-1, 2), F(1, 3)]


@pytest.mark.requirement("R20")
def test_zero_may_be_a_rational_root():
    assert rational_roots(Polynomial([0, 0, -2, 1])) == [0, 2]


@pytest.mark.requirement("R20")
def test_irrational_roots_are_left_out():
    assert rational_roots(Polynomial([4, 0, -4, 0, 1])) == []
    assert rational_roots(Polynomial([-25, 0, 1])) == [-5, 5]
