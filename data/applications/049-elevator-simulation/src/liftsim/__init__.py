"""Elevators as a discrete-event simulation: arrivals make passengers, dispatch picks cars, report sums up."""
