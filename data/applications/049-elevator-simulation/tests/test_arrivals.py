import pytest

from liftsim.arrivals import ArrivalError, Passenger, generate_arrivals, merge_arrivals, parse_arrivals


def draw(**changes):
    return generate_arrivals(**{"count": 200, "floors": 6, "mean_gap": 10.0, "lobby_share": 0.5, "seed": 3, **changes})


@pytest.mark.requirement("R1")
def test_direction_of_a_passenger():
    assert Passenger(1, 0, 2, 3).goes_up() is True
    assert Passenger(1, 0, 3, 2).goes_up() is False


@pytest.mark.requirement("R1")
def test_distance_of_a_passenger():
    assert Passenger(1, 0, 7, 2).distance() == 5
    assert Passenger(1, 0, 0, 4).distance() == 4


@pytest.mark.requirement("R2")
def test_the_same_seed_draws_the_same_passengers():
    assert draw() == draw()
    assert draw(seed=4) != draw()


@pytest.mark.requirement("R2")
def test_drawn_passengers_are_numbered_and_in_order():
    passengers = draw()
    assert [passenger.number for passenger in passengers] == list(range(1, 201))
    assert [passenger.at for passenger in passengers] == sorted(passenger.at for passenger in passengers)


@pytest.mark.requirement("R2")
def test_the_mean_gap_is_met_on_average():
    passengers = draw(count=2000)
    assert 9 < passengers[-1].at / 2000 < 11


@pytest.mark.requirement("R3")
def test_floors_are_spread_over_the_whole_building():
    passengers = draw()
    assert {passenger.target for passenger in passengers} == set(range(6))
    assert {passenger.origin for passenger in passengers} == set(range(6))


@pytest.mark.requirement("R3")
def test_the_share_of_the_lobby():
    assert {passenger.origin for passenger in draw(lobby_share=1)} == {0}
    assert {passenger.origin for passenger in draw(lobby_share=0)} == {1, 2, 3, 4, 5}
    assert 70 < sum(passenger.origin == 0 for passenger in draw()) < 130


@pytest.mark.requirement("R3")
def test_two_floors_and_nobody_are_possible():
    assert {(passenger.origin, passenger.target) for passenger in draw(floors=2)} == {(0, 1), (1, 0)}
    assert draw(count=0) == []


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("changes", [{"floors": 1}, {"mean_gap": 0}, {"lobby_share": 1.1}, {"lobby_share": -0.1}])
def test_senseless_parameters_of_arrivals(changes):
    with pytest.raises(ArrivalError):
        draw(**changes)


@pytest.mark.requirement("R5")
def test_arrivals_are_read_from_lines():
    text = "12.5 0 > 7  # Ann\n\n# nobody\n3 4>0"
    assert parse_arrivals(text) == [Passenger(1, 12.5, 0, 7), Passenger(2, 3.0, 4, 0)]


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("line", ["12", "x 0>1", "1 0-1", "1 2>2", "1 -1>2", "-1 0>2", "1 0>-1", "1 0>1>2"])
def test_impossible_passengers_in_text(line):
    with pytest.raises(ArrivalError):
        parse_arrivals("0 0>1\n" + line)


@pytest.mark.requirement("R5")
def test_errors_in_text_name_the_line():
    with pytest.raises(ArrivalError, match="line 3"):
        parse_arrivals("0 0>1\n\nabc")


@pytest.mark.requirement("R6")
def test_streams_are_merged_by_time_and_renumbered():
    first = [Passenger(1, 5, 0, 1), Passenger(2, 9, 0, 2)]
    second = [Passenger(1, 2, 0, 3), Passenger(2, 5, 0, 4)]
    merged = merge_arrivals(first, second)
    assert [(passenger.number, passenger.target) for passenger in merged] == [(1, 3), (2, 1), (3, 4), (4, 2)]
