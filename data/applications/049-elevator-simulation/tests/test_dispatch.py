import pytest

from liftsim.dispatch import CarView, choose_car, floors_until, next_stop


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("direction, stop", [(1, 6), (-1, 4), (0, 6)])
def test_the_direction_is_kept(direction, stop):
    assert next_stop(5, direction, frozenset({3, 4, 6, 8}) if direction else frozenset({3, 6, 8})) == stop


@pytest.mark.requirement("R7")
def test_cars_turn_when_nothing_is_ahead():
    assert next_stop(5, 1, frozenset({2, 3})) == 3
    assert next_stop(5, -1, frozenset({8, 7})) == 7


@pytest.mark.requirement("R7")
def test_idle_cars_prefer_the_lower_of_two_equal_stops():
    assert next_stop(5, 0, frozenset({4, 6})) == 4
    assert next_stop(5, 0, frozenset({2, 7})) == 7


@pytest.mark.requirement("R7")
def test_the_own_floor_is_no_stop():
    assert next_stop(5, 1, frozenset({5})) is None
    assert next_stop(5, 0, frozenset()) is None
    assert next_stop(5, 1, frozenset({5, 2})) == 2


@pytest.mark.requirement("R8")
def test_idle_cars_and_floors_ahead_are_direct():
    assert floors_until(CarView(5), 2) == 3
    assert floors_until(CarView(5, 1, stops=frozenset({9})), 7) == 2
    assert floors_until(CarView(5, -1, stops=frozenset({1})), 2) == 3


@pytest.mark.requirement("R8")
def test_the_floor_of_a_moving_car_costs_nothing():
    assert floors_until(CarView(5, 1, stops=frozenset({9})), 5) == 0


@pytest.mark.requirement("R8")
def test_floors_behind_come_after_the_furthest_stop():
    assert floors_until(CarView(5, 1, stops=frozenset({7, 9, 2})), 3) == 10
    assert floors_until(CarView(5, -1, stops=frozenset({4})), 6) == 3


@pytest.mark.requirement("R8")
def test_a_moving_car_without_stops_ahead_turns_at_once():
    assert floors_until(CarView(5, 1, stops=frozenset({3})), 4) == 1


@pytest.mark.requirement("R9")
def test_the_car_with_the_shortest_way_answers():
    assert choose_car([CarView(9), CarView(4), CarView(0)], 5) == 1
    assert choose_car([CarView(6, 1, stops=frozenset({9})), CarView(0)], 5) == 1


@pytest.mark.requirement("R9")
def test_full_cars_answer_last():
    assert choose_car([CarView(5, load=2, capacity=2), CarView(0, load=1, capacity=2)], 5) == 1
    assert choose_car([CarView(0, load=2, capacity=2), CarView(4, load=3, capacity=2)], 5) == 1


@pytest.mark.requirement("R9")
def test_load_and_position_decide_among_equals():
    assert choose_car([CarView(4, load=2), CarView(6, load=1)], 5) == 1
    assert choose_car([CarView(4), CarView(6)], 5) == 0
