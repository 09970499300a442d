import pytest

from liftsim.arrivals import Passenger
from liftsim.report import format_report, histogram, percentile, summarise, trips_per_car, waiting_at
from liftsim.simulation import Outcome, Trip

TRIPS = [
    Trip(Passenger(1, 0, 0, 5), 1, 4, 20),
    Trip(Passenger(2, 10, 0, 5), 0, 20, 40),
    Trip(Passenger(3, 15, 1, 5), 1, 31, 60),
]
OUTCOME = Outcome(TRIPS, [], [7, 12, 0], 60)
EMPTY = Outcome([], [Passenger(1, 0, 0, 5)], [3], 2)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("share, value", [(0, 1), (0.25, 1), (0.26, 2), (0.5, 2), (0.75, 3), (0.9, 9), (1, 9)])
def test_percentiles_by_nearest_rank(share, value):
    assert percentile([3, 9, 1, 2], share) == value


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("values, share", [([], 0.5), ([1], 1.5), ([1], -0.1)])
def test_impossible_percentiles(values, share):
    with pytest.raises(ValueError):
        percentile(values, share)


@pytest.mark.requirement("R16")
def test_histogram_classes_include_their_lower_bound():
    assert histogram([0, 4.9, 5, 17], 5) == [(0, 2), (5, 1), (10, 0), (15, 1)]
    assert histogram([5], 5) == [(0, 0), (5, 1)]


@pytest.mark.requirement("R16")
def test_histograms_of_nothing_and_without_width():
    assert histogram([], 5) == []
    with pytest.raises(ValueError):
        histogram([1], 0)


@pytest.mark.requirement("R17")
def test_summary_of_trips():
    assert summarise(OUTCOME) == {
        "trips": 3,
        "mean_wait": 10,
        "p90_wait": 16,
        "max_wait": 16,
        "mean_ride": 65 / 3,
        "per_minute": 3,
    }


@pytest.mark.requirement("R17")
def test_summary_without_trips_is_zero():
    assert set(summarise(EMPTY).values()) == {0}
    assert set(summarise(EMPTY)) == set(summarise(OUTCOME))


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("second, count", [(0, 1), (3.9, 1), (4, 0), (10, 1), (15, 2), (19, 2), (20, 1), (31, 0)])
def test_waiting_passengers_at_a_second(second, count):
    assert waiting_at(OUTCOME, second) == count


@pytest.mark.requirement("R18")
def test_trips_are_counted_for_every_car():
    assert trips_per_car(OUTCOME) == [1, 2, 0]


@pytest.mark.requirement("R19")
def test_report_lists_figures_and_cars():
    assert format_report(OUTCOME).splitlines() == [
        "trips: 3.0",
        "mean wait: 10.0",
        "p90 wait: 16.0",
        "max wait: 16.0",
        "mean ride: 21.7",
        "per minute: 3.0",
        "car 1: 1 passengers, 7 floors",
        "car 2: 2 passengers, 12 floors",
        "car 3: 0 passengers, 0 floors",
    ]


@pytest.mark.requirement("R19")
def test_report_mentions_unfinished_passengers():
    assert format_report(EMPTY).splitlines()[-1] == "unfinished: 1"
