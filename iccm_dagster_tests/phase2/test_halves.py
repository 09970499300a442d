"""Half of the tests reward; the other half only measures."""

from iccm_dagster.phase2.halves import half_rates, learning_half

NAMES = [f"test_x.py::test_{number}" for number in range(101)]


def test_half_of_the_functions_reward_whatever_their_order():
    assert len(learning_half(NAMES)) == 51
    assert learning_half(NAMES) == learning_half(NAMES[::-1])


def test_both_rates_are_means_over_their_own_functions():
    learning = learning_half(NAMES)
    shares = {name: 1.0 if name in learning else 0.25 for name in NAMES}
    assert half_rates(shares) == (1.0, 0.25)


def test_a_half_without_a_test_has_no_rate():
    assert half_rates({"test_x.py::test_a": 0.5}) == (0.5, None)
