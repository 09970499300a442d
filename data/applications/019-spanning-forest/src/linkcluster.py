"""Clustering by single linkage: near items are joined first, and long links are cut."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cutforest import DisjointSets, ForestError, Link, NotConnected, UnknownItem, _forest, _groups, _nodes

__all__ = ["ForestError", "Merge", "NotConnected", "UnknownItem", "by_distance", "by_number", "dendrogram"]
__all__ += ["largest_gap", "point_links", "separation"]

Point = tuple[float, float]


@dataclass(frozen=True)
class Merge:
    """Two clusters that become one at a distance."""

    distance: float
    left: tuple[str, ...]
    right: tuple[str, ...]


def _straight(first: Point, second: Point) -> float:
    return math.dist(first, second)


def _blocks(first: Point, second: Point) -> float:
    return abs(first[0] - second[0]) + abs(first[1] - second[1])


def _largest(first: Point, second: Point) -> float:
    return max(abs(first[0] - second[0]), abs(first[1] - second[1]))


_METRICS: dict[str, Callable[[Point, Point], float]] = {"straight": _straight, "blocks": _blocks, "largest": _largest}


def point_links(points: Mapping[str, Point], metric: str = "straight") -> list[Link]:
    """Link every two points by their distance: `straight`, `blocks` (sum of both axes) or `largest` (of both axes)."""
    if metric not in _METRICS:
        raise ValueError(f"{metric!r} is no metric; choose one of {', '.join(_METRICS)}")
    names = list(points)
    measure = _METRICS[metric]
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place + 1 :]]
    return [(first, second, measure(points[first], points[second])) for first, second in pairs]


def by_number(links: Iterable[Link], number: int) -> list[list[str]]:
    """Divide the nodes into a number of clusters by cutting the longest links of the minimum forest."""
    links = list(links)
    nodes, tree = _nodes(links), _forest(links)
    least = len(nodes) - len(tree)
    if not least <= number <= len(nodes):
        raise ValueError(f"{number} clusters are impossible; choose {least} to {len(nodes)}")
    return _groups(tree[: len(nodes) - number], nodes)


def by_distance(links: Iterable[Link], most: float) -> list[list[str]]:
    """Divide the nodes so that links of at most a distance join clusters and longer ones do not."""
    links = list(links)
    return _groups([link for link in links if link[2] <= most], _nodes(links))


def dendrogram(links: Iterable[Link]) -> list[Merge]:
    """Return how clusters merge with growing distance; sides are sorted, that of the link's first node is left."""
    links = list(links)
    sets = DisjointSets(_nodes(links))
    merges = []
    for first, second, weight in _forest(links):
        sides = [tuple(sorted(group)) for node in (first, second) for group in sets.groups() if node in group]
        merges.append(Merge(weight, sides[0], sides[1]))
        sets._join(first, second)
    return merges


def largest_gap(links: Iterable[Link]) -> int:
    """Return how many clusters the largest jump between two merging distances suggests, 1 without a jump."""
    links = list(links)
    tree = _forest(links)
    jumps = [
        (later[2] - earlier[2], -place) for place, (earlier, later) in enumerate(zip(tree, tree[1:], strict=False))
    ]
    jump, place = max(jumps, default=(0, 0))
    return len(tree) + place if jump > 0 else 1


def separation(links: Iterable[Link], clusters: Iterable[Iterable[str]]) -> float:
    """Return the length of the shortest link between different clusters."""
    home = {node: number for number, cluster in enumerate(clusters) for node in cluster}
    lengths = []
    for first, second, weight in links:
        if first not in home or second not in home:
            raise UnknownItem(f"the clusters lack {first!r} or {second!r}")
        if home[first] != home[second]:
            lengths.append(weight)
    if not lengths:
        raise NotConnected("no link joins two clusters")
    return min(lengths)
