"""Statistics about the outcome of a simulation, as numbers and as text."""

import math

from liftsim.simulation import Outcome


def percentile(values: list[float], share: float) -> float:
    """Return the smallest value such that at least this share of all values is not greater (nearest rank)."""
    if not values or not 0 <= share <= 1:
        raise ValueError("needs values and a share between 0 and 1")
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def histogram(values: list[float], width: float) -> list[tuple[float, int]]:
    """Count values in classes of equal width, as (lower bound, count), from zero to the class of the greatest value."""
    if width <= 0:
        raise ValueError("the width of a class must be positive")
    counts = [0] * (int(max(values) // width) + 1 if values else 0)
    for value in values:
        counts[int(value // width)] += 1
    return [(index * width, count) for index, count in enumerate(counts)]


def summarise(outcome: Outcome) -> dict[str, float]:
    """Return the number of trips, mean, 90th percentile and greatest wait, mean ride and trips per minute.

    Without trips everything is zero.
    """
    waits = [trip.waited() for trip in outcome.trips]
    if not waits:
        return dict.fromkeys(("trips", "mean_wait", "p90_wait", "max_wait", "mean_ride", "per_minute"), 0.0)
    rides = [trip.rode() for trip in outcome.trips]
    return {
        "trips": len(waits),
        "mean_wait": sum(waits) / len(waits),
        "p90_wait": percentile(waits, 0.9),
        "max_wait": max(waits),
        "mean_ride": sum(rides) / len(rides),
        "per_minute": 60 * len(waits) / max(trip.left_at for trip in outcome.trips),
    }


def waiting_at(outcome: Outcome, second: float) -> int:
    """Return how many of the passengers who finished their trip were waiting at a second.

    Somebody waits from the call on until just before boarding.
    """
    return sum(trip.passenger.at <= second < trip.boarded_at for trip in outcome.trips)


def trips_per_car(outcome: Outcome) -> list[int]:
    """Return how many passengers each car has brought to their floor."""
    counts = [0] * len(outcome.travelled)
    for trip in outcome.trips:
        counts[trip.car] += 1
    return counts


def format_report(outcome: Outcome) -> str:
    """Write the statistics as lines `name: value` with one decimal, followed by one line for each car."""
    lines = [f"{name.replace('_', ' ')}: {value:.1f}" for name, value in summarise(outcome).items()]
    for index, (trips, floors) in enumerate(zip(trips_per_car(outcome), outcome.travelled), start=1):
        lines.append(f"car {index}: {trips} passengers, {floors} floors")
    if outcome.unfinished:
        lines.append(f"unfinished: {len(outcome.unfinished)}")
    return "\n".join(lines)
