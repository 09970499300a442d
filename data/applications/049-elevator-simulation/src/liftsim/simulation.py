"""The simulation itself: a queue of events, a building, and the trips that come out."""

import heapq
from dataclasses import dataclass, field
from typing import Any

from liftsim.arrivals import Passenger
from liftsim.dispatch import CarView, choose_car, next_stop


class SimulationError(ValueError):
    """A building or a passenger that the simulation cannot handle."""


class EventQueue:
    """Events in order of their time; events of the same time come out in the order they went in."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Any]] = []
        self._count = 0

    def push(self, at: float, event: Any) -> None:
        """Add an event."""
        heapq.heappush(self._heap, (at, self._count, event))
        self._count += 1

    def pop(self) -> tuple[float, Any]:
        """Remove the earliest event and return its time and itself."""
        if not self._heap:
            raise SimulationError("there is no event")
        at, _, event = heapq.heappop(self._heap)
        return at, event

    def next_time(self) -> float | None:
        """Return the time of the earliest event, or None if there is none."""
        return self._heap[0][0] if self._heap else None


@dataclass(frozen=True)
class Building:
    """The elevators of a building; all cars wait on floor zero at the start."""

    floors: int
    cars: int = 1
    capacity: int = 8
    seconds_per_floor: float = 2.0
    door_seconds: float = 3.0


@dataclass(frozen=True)
class Trip:
    """A finished journey of one passenger."""

    passenger: Passenger
    car: int
    boarded_at: float
    left_at: float

    def waited(self) -> float:
        """Return the seconds between call and boarding."""
        return self.boarded_at - self.passenger.at

    def rode(self) -> float:
        """Return the seconds between boarding and leaving."""
        return self.left_at - self.boarded_at


@dataclass(frozen=True)
class Outcome:
    """What happened: trips in order of their end, passengers still on their way, floors travelled by each car."""

    trips: list[Trip]
    unfinished: list[Passenger]
    travelled: list[int]
    ended_at: float


@dataclass
class _Car:
    """The changing state of a car."""

    index: int
    capacity: int
    floor: int = 0
    direction: int = 0
    busy: bool = False
    travelled: int = 0
    riders: list[tuple[Passenger, float]] = field(default_factory=list)
    waiting: list[Passenger] = field(default_factory=list)

    def stops(self) -> frozenset[int]:
        """Return the targets of its riders and, while there is room, the floors where passengers wait for it."""
        stops = {passenger.target for passenger, _ in self.riders}
        if len(self.riders) < self.capacity:
            stops |= {passenger.origin for passenger in self.waiting}
        return frozenset(stops)

    def view(self) -> CarView:
        return CarView(self.floor, self.direction, len(self.riders) + len(self.waiting), self.capacity, self.stops())


class _Run:
    """One simulation in progress."""

    def __init__(self, building: Building, passengers: list[Passenger]) -> None:
        if building.floors < 2 or building.cars < 1 or building.capacity < 1:
            raise SimulationError("a building needs two floors, one car and room for one passenger")
        if building.seconds_per_floor <= 0 or building.door_seconds < 0:
            raise SimulationError("travelling takes time, and doors cannot take less than none")
        self.building = building
        self.queue = EventQueue()
        self.cars = [_Car(index, building.capacity) for index in range(building.cars)]
        self.trips: list[Trip] = []
        for passenger in passengers:
            if max(passenger.origin, passenger.target) >= building.floors:
                raise SimulationError(f"passenger {passenger.number} leaves the building")
            self.queue.push(passenger.at, passenger)

    def handle(self, now: float, event: Any) -> None:
        """React to a call, to a car reaching a floor ("reach") or to doors closing ("close")."""
        if isinstance(event, Passenger):
            car = self.cars[choose_car([car.view() for car in self.cars], event.origin)]
            car.waiting.append(event)
            if not car.busy:
                self.proceed(car, now)
            return
        kind, car = event
        if kind == "reach":
            car.floor += car.direction
            car.travelled += 1
        self.proceed(car, now)

    def proceed(self, car: _Car, now: float) -> None:
        """Open the doors, move on by one floor, or fall idle."""
        stops = car.stops()
        if car.floor in stops:
            self.open_doors(car, now)
            return
        target = next_stop(car.floor, car.direction, stops)
        car.busy = target is not None
        car.direction = 0 if target is None else 1 if target > car.floor else -1
        if car.busy:
            self.queue.push(now + self.building.seconds_per_floor, ("reach", car))

    def open_doors(self, car: _Car, now: float) -> None:
        """Let passengers leave, then let those who wait here board in order of their calls while there is room."""
        for passenger, boarded_at in car.riders:
            if passenger.target == car.floor:
                self.trips.append(Trip(passenger, car.index, boarded_at, now))
        car.riders = [rider for rider in car.riders if rider[0].target != car.floor]
        here = [passenger for passenger in car.waiting if passenger.origin == car.floor]
        boarding = here[: car.capacity - len(car.riders)]
        car.riders.extend((passenger, now) for passenger in boarding)
        car.waiting = [passenger for passenger in car.waiting if passenger not in boarding]
        car.busy = True
        self.queue.push(now + self.building.door_seconds, ("close", car))


def simulate(building: Building, passengers: list[Passenger], until: float | None = None) -> Outcome:
    """Run the elevators until every passenger has arrived, or up to and including a second."""
    run = _Run(building, passengers)
    ended_at = 0.0
    while (at := run.queue.next_time()) is not None and (until is None or at <= until):
        ended_at, event = run.queue.pop()
        run.handle(ended_at, event)
    finished = {trip.passenger for trip in run.trips}
    unfinished = [passenger for passenger in passengers if passenger not in finished]
    return Outcome(run.trips, unfinished, [car.travelled for car in run.cars], ended_at)
