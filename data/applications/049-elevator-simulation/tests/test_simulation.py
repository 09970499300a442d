import pytest

from liftsim.arrivals import Passenger
from liftsim.simulation import Building, EventQueue, SimulationError, Trip, simulate

HOUSE = Building(floors=10, seconds_per_floor=2.0, door_seconds=3.0)


def times(outcome):
    return [(trip.passenger.number, trip.boarded_at, trip.left_at) for trip in outcome.trips]


@pytest.mark.requirement("R10")
def test_events_come_out_by_time_and_then_in_order_of_entry():
    queue = EventQueue()
    for at, name in [(5, "b"), (2, "a"), (5, "c"), (5, "aa")]:
        queue.push(at, name)
    assert [queue.pop() for _ in range(4)] == [(2, "a"), (5, "b"), (5, "c"), (5, "aa")]


@pytest.mark.requirement("R10")
def test_the_next_time_leaves_the_event_in_the_queue():
    queue = EventQueue()
    assert queue.next_time() is None
    queue.push(4, "x")
    assert queue.next_time() == 4
    assert queue.next_time() == 4


@pytest.mark.requirement("R10")
def test_an_empty_queue_gives_nothing():
    with pytest.raises(SimulationError):
        EventQueue().pop()


@pytest.mark.requirement("R11")
def test_a_single_trip_takes_doors_and_floors():
    outcome = simulate(HOUSE, [Passenger(1, 1, 0, 5)])
    assert times(outcome) == [(1, 1, 14)]
    assert (outcome.travelled, outcome.unfinished, outcome.ended_at) == ([5], [], 17)


@pytest.mark.requirement("R11")
def test_a_car_fetches_a_passenger():
    outcome = simulate(HOUSE, [Passenger(1, 0, 3, 1)])
    assert times(outcome) == [(1, 6, 13)]
    assert outcome.travelled == [5]


@pytest.mark.requirement("R11")
def test_passengers_on_the_way_are_taken_along():
    outcome = simulate(HOUSE, [Passenger(1, 0, 0, 6), Passenger(2, 4, 3, 5)])
    assert times(outcome) == [(2, 9, 16), (1, 0, 21)]


@pytest.mark.requirement("R11")
def test_calls_behind_a_moving_car_wait_until_it_turns():
    outcome = simulate(HOUSE, [Passenger(1, 0, 0, 4), Passenger(2, 8, 1, 0)])
    assert times(outcome) == [(1, 0, 11), (2, 20, 25)]


@pytest.mark.requirement("R11")
def test_who_comes_while_the_doors_are_open_boards_when_they_would_close():
    outcome = simulate(HOUSE, [Passenger(1, 0, 0, 2), Passenger(2, 1, 0, 2)])
    assert times(outcome) == [(1, 0, 10), (2, 3, 10)]


@pytest.mark.requirement("R11")
def test_an_idle_car_stays_where_it_is():
    outcome = simulate(HOUSE, [Passenger(1, 0, 0, 2), Passenger(2, 50, 2, 3)])
    assert times(outcome)[1] == (2, 50, 55)


@pytest.mark.requirement("R12")
def test_who_does_not_fit_waits_for_the_next_round():
    small = Building(floors=10, capacity=1, seconds_per_floor=1.0, door_seconds=1.0)
    outcome = simulate(small, [Passenger(1, 0, 0, 3), Passenger(2, 0, 0, 2)])
    assert times(outcome) == [(1, 0, 4), (2, 8, 11)]


@pytest.mark.requirement("R12")
def test_a_full_car_passes_waiting_passengers():
    small = Building(floors=10, capacity=1, seconds_per_floor=1.0, door_seconds=1.0)
    outcome = simulate(small, [Passenger(1, 0, 0, 4), Passenger(2, 1, 2, 4)])
    assert times(outcome) == [(1, 0, 5), (2, 8, 11)]


@pytest.mark.requirement("R12")
def test_only_the_free_places_are_filled_on_the_way():
    small = Building(floors=10, capacity=2, seconds_per_floor=1.0, door_seconds=1.0)
    outcome = simulate(small, [Passenger(1, 0, 0, 5), Passenger(2, 1, 2, 4), Passenger(3, 1, 2, 4)])
    assert times(outcome) == [(2, 3, 6), (1, 0, 8), (3, 12, 15)]


@pytest.mark.requirement("R12")
def test_two_cars_share_the_work():
    outcome = simulate(Building(floors=10, cars=2), [Passenger(1, 0, 0, 5), Passenger(2, 1, 0, 3)])
    assert [(trip.passenger.number, trip.car) for trip in outcome.trips] == [(2, 1), (1, 0)]
    assert outcome.travelled == [5, 3]


@pytest.mark.requirement("R13")
def test_the_end_is_included_and_the_rest_unfinished():
    passengers = [Passenger(1, 1, 0, 5), Passenger(2, 60, 0, 1)]
    before, at = simulate(HOUSE, passengers, until=13.9), simulate(HOUSE, passengers, until=14)
    assert (before.trips, before.unfinished, before.ended_at) == ([], passengers, 12)
    assert (times(at), at.unfinished) == ([(1, 1, 14)], passengers[1:])


@pytest.mark.requirement("R13")
def test_nobody_means_nothing_happens():
    outcome = simulate(HOUSE, [])
    assert (outcome.trips, outcome.travelled, outcome.ended_at) == ([], [0], 0)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("origin, target", [(0, 10), (10, 0)])
def test_passengers_must_stay_in_the_building(origin, target):
    with pytest.raises(SimulationError):
        simulate(HOUSE, [Passenger(1, 0, origin, target)])


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "wrong", [{"floors": 1}, {"cars": 0}, {"capacity": 0}, {"seconds_per_floor": 0}, {"door_seconds": -1}]
)
def test_impossible_buildings(wrong):
    with pytest.raises(SimulationError):
        simulate(Building(**{"floors": 3, **wrong}), [])


@pytest.mark.requirement("R14")
def test_the_smallest_building_works():
    tiny = Building(floors=2, cars=1, capacity=1, seconds_per_floor=0.5, door_seconds=0)
    assert times(simulate(tiny, [Passenger(1, 0, 0, 1)])) == [(1, 0, 0.5)]


@pytest.mark.requirement("R15")
def test_waiting_and_riding_times_of_a_trip():
    trip = Trip(Passenger(1, 4, 0, 5), 0, 10, 25)
    assert (trip.waited(), trip.rode()) == (6, 15)
