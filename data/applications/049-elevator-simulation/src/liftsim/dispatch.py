"""Decisions: which car answers a call, and where a car goes next."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CarView:
    """What the dispatcher sees of a car: direction is 1 up, -1 down, 0 idle; stops are the floors it has to visit."""

    floor: int
    direction: int = 0
    load: int = 0
    capacity: int = 8
    stops: frozenset[int] = frozenset()


def next_stop(floor: int, direction: int, stops: frozenset[int]) -> int | None:
    """Return the stop to head for: the nearest one ahead in the same direction, or else the nearest on the way back.

    An idle car takes the nearest stop, the lower one of two equally near. Its own floor is no stop.
    """
    above = [stop for stop in stops if stop > floor]
    below = [stop for stop in stops if stop < floor]
    if not above and not below:
        return None
    if not above or not below:
        return min(above) if above else max(below)
    if direction == 0:
        return max(below) if floor - max(below) <= min(above) - floor else min(above)
    return min(above) if direction > 0 else max(below)


def floors_until(car: CarView, origin: int) -> int:
    """Return how many floors a car travels until it can serve a call from this floor.

    A moving car finishes its direction first: a floor behind it is reached only after its furthest stop ahead.
    """
    ahead = (origin - car.floor) * car.direction
    if car.direction == 0 or ahead >= 0:
        return abs(origin - car.floor)
    furthest = max([(stop - car.floor) * car.direction for stop in car.stops] + [0])
    return 2 * furthest - ahead


def choose_car(cars: list[CarView], origin: int) -> int:
    """Return the index of the car to answer a call: the one with the fewest floors to travel.

    Full cars come last; among equals the one with the lower load wins, and then the first one.
    """
    return min(
        range(len(cars)),
        key=lambda index: (
            cars[index].load >= cars[index].capacity,
            floors_until(cars[index], origin),
            cars[index].load,
        ),
    )
