"""Weighted graphs, directed or not: traversal, shortest paths, cycles, components and topological order.

Nodes are strings and keep the order in which they were first named, which decides between equally good answers.
Several edges between the same two nodes are not covered: the last weight counts.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass


class GraphError(Exception):
    """Base of every error raised by graphs."""


class UnknownNode(GraphError):
    """A node is named that the graph does not contain."""


class UnknownEdge(GraphError):
    """There is no edge between two nodes."""


class NegativeWeight(GraphError):
    """A weight is negative where the method needs zero or more."""


class NegativeCycle(GraphError):
    """Going round a cycle makes the way ever shorter."""


class HasCycle(GraphError):
    """A cycle leaves no order for its nodes."""


@dataclass(frozen=True)
class Route:
    """A way through a graph with its total weight."""

    nodes: tuple[str, ...]
    length: float


@dataclass(frozen=True)
class Search:
    """What a guided search found: the route, or None, and the nodes it had to settle, in order."""

    route: Route | None
    settled: tuple[str, ...]


Edge = tuple[str, str, float]


class Graph:
    """A graph made of edges (from, to, weight) and of further nodes that may have none."""

    def __init__(self, edges: Iterable[Edge] = (), nodes: Iterable[str] = (), directed: bool = False) -> None:
        self.directed = directed
        self._links: dict[str, dict[str, float]] = {node: {} for node in nodes}
        for source, target, weight in edges:
            self._insert(source, target, weight)

    def _insert(self, source: str, target: str, weight: float) -> None:
        self._links.setdefault(source, {})[target] = weight
        self._links.setdefault(target, {})
        if not self.directed:
            self._links[target][source] = weight

    def _from(self, node: str) -> dict[str, float]:
        if node not in self._links:
            raise UnknownNode(f"the graph has no node {node!r}")
        return self._links[node]

    def add_node(self, node: str) -> None:
        """Add a node without edges; one that is already there stays as it is."""
        self._links.setdefault(node, {})

    def add_edge(self, source: str, target: str, weight: float = 1) -> None:
        """Add an edge with its nodes, or change its weight."""
        self._insert(source, target, weight)

    def remove_edge(self, source: str, target: str) -> None:
        """Remove an edge and keep its nodes."""
        self._edge(source, target)
        del self._links[source][target]
        if not self.directed and source != target:
            del self._links[target][source]

    def remove_node(self, node: str) -> None:
        """Remove a node with all its edges."""
        self._from(node)
        del self._links[node]
        for links in self._links.values():
            links.pop(node, None)

    def nodes(self) -> list[str]:
        """Return the nodes in the order in which they were first named."""
        return list(self._links)

    def edges(self) -> list[Edge]:
        """Return the edges by their first node; an undirected edge comes once."""
        seen: set[tuple[str, str]] = set()
        found = list[Edge]()
        for source, links in self._links.items():
            for target, weight in links.items():
                if self.directed or (target, source) not in seen:
                    seen.add((source, target))
                    found.append((source, target, weight))
        return found

    def neighbours(self, node: str) -> list[str]:
        """Return the nodes to which an edge leads."""
        return list(self._from(node))

    def weight(self, source: str, target: str) -> float:
        """Return the weight of an edge."""
        return self._edge(source, target)

    def _edge(self, source: str, target: str) -> float:
        if target not in self._links.get(source, {}):
            raise UnknownEdge(f"no edge leads from {source!r} to {target!r}")
        return self._links[source][target]

    def reversed(self) -> "Graph":
        """Return a new graph in which every edge runs the other way; an undirected graph is copied."""
        turned = Graph(nodes=self._links, directed=self.directed)
        for source, links in self._links.items():
            for target, weight in links.items():
                turned._links[target][source] = weight
        return turned

    def breadth_first(self, start: str) -> list[str]:
        """Return the reachable nodes, the nearest (in edges) first."""
        return list(self._levels(start))

    def _levels(self, start: str) -> dict[str, str | None]:
        """Map the reachable nodes in breadth-first order to the nodes before them."""
        before: dict[str, str | None] = {start: None}
        queue = [start]
        for node in queue:
            for target in self._from(node):
                if target not in before:
                    before[target] = node
                    queue.append(target)
        return before

    def depth_first(self, start: str) -> list[str]:
        """Return the reachable nodes, following each edge as deep as possible before the next."""
        found: dict[str, None] = {}
        stack = [start]
        while stack:
            node = stack.pop()
            if node not in found:
                found[node] = None
                stack.extend(reversed(list(self._from(node))))
        return list(found)

    def fewest_edges(self, start: str, goal: str) -> list[str] | None:
        """Return a way with the fewest edges, weights left aside, or None."""
        self._from(goal)
        before = self._levels(start)
        return _way(before, goal) if goal in before else None

    def distances(self, start: str) -> dict[str, float]:
        """Return the length of the shortest way to each reachable node, the nearest first."""
        return self._dijkstra(start)[0]

    def within(self, start: str, radius: float) -> list[str]:
        """Return the nodes whose distance is at most the radius, the nearest first."""
        return [node for node, length in self._dijkstra(start)[0].items() if length <= radius]

    def shortest_path(self, start: str, goal: str) -> Route | None:
        """Return the route of the smallest length, or None when there is no way."""
        self._from(goal)
        lengths, before = self._dijkstra(start)
        return Route(tuple(_way(before, goal)), lengths[goal]) if goal in lengths else None

    def _dijkstra(
        self, start: str, goal: str | None = None, estimate: Mapping[str, float] | None = None
    ) -> tuple[dict[str, float], dict[str, str | None]]:
        """Settle nodes by length plus estimate; returns lengths in that order and the node before each one."""
        self._from(start)
        guess = estimate or {}
        order = {node: rank for rank, node in enumerate(self._links)}
        before: dict[str, str | None] = {start: None}
        best, settled = {start: 0.0}, dict[str, float]()
        heap = [(guess.get(start, 0), order[start], start)]
        while heap:
            _, _, node = heapq.heappop(heap)
            if node in settled:
                continue
            settled[node] = best[node]
            if node == goal:
                break
            for target, weight in self._links[node].items():
                if weight < 0:
                    raise NegativeWeight(f"the edge from {node!r} to {target!r} weighs {weight}")
                length = best[node] + weight
                if target not in best or length < best[target]:
                    best[target], before[target] = length, node
                    heapq.heappush(heap, (length + guess.get(target, 0), order[target], target))
        return settled, before

    def guided_path(self, start: str, goal: str, estimate: Mapping[str, float]) -> Search:
        """Search with A*: estimates of the length still to go (0 where none is given) lead the way.

        The route is the shortest when no estimate exceeds the true length and none drops by more than an edge's weight.
        """
        self._from(goal)
        settled, before = self._dijkstra(start, goal, estimate)
        route = Route(tuple(_way(before, goal)), settled[goal]) if goal in settled else None
        return Search(route, tuple(settled))

    def distances_with_debts(self, start: str) -> dict[str, float]:
        """Return the shortest lengths where weights may be negative, in node order (Bellman and Ford)."""
        self._from(start)
        best = {start: 0.0}
        for _ in self._links:
            changed = False
            for source, links in self._links.items():
                for target, weight in links.items():
                    if source in best and (target not in best or best[source] + weight < best[target]):
                        best[target] = best[source] + weight
                        changed = True
            if not changed:
                return {node: best[node] for node in self._links if node in best}
        raise NegativeCycle("a cycle of negative length is reachable")

    def eccentricity(self, node: str) -> float:
        """Return the distance of the farthest node; every node must be reachable."""
        return self._farthest(node)

    def _farthest(self, node: str) -> float:
        lengths = self._dijkstra(node)[0]
        if len(lengths) < len(self._links):
            raise GraphError(f"not every node can be reached from {node!r}")
        return max(lengths.values())

    def centre(self) -> list[str]:
        """Return the nodes from which the farthest node is nearest."""
        far = {node: self._farthest(node) for node in self._links}
        return [node for node, length in far.items() if length == min(far.values())]

    def components(self) -> list[list[str]]:
        """Return the parts that hang together, whatever the direction of the edges."""
        both = Graph(((source, target, 0) for source in self._links for target in self._links[source]), self._links)
        return _groups(self._links, lambda node: both._levels(node).keys())

    def strong_components(self) -> list[list[str]]:
        """Return the groups of nodes that can all reach each other along the edges."""
        reach = {node: self._levels(node).keys() for node in self._links}
        return _groups(self._links, lambda node: [other for other in reach[node] if node in reach[other]])

    def find_cycle(self) -> list[str] | None:
        """Return the nodes along one cycle, or None; two nodes are no cycle in an undirected graph."""
        finished: set[str] = set()
        for root in self._links:
            path, stack = list[str](), [iter([root])]
            while stack:
                node = next(stack[-1], None)
                if node is None:
                    stack.pop()
                    finished.update(path[-1:])
                    del path[-1:]
                elif node in path:
                    if self.directed or node == path[-1] or node != path[-2]:
                        return path[path.index(node) :]
                elif node not in finished:
                    path.append(node)
                    stack.append(iter(self._links[node]))
        return None

    def topological_order(self) -> list[str]:
        """Return the nodes of a directed graph so that every edge leads forward."""
        waiting = dict.fromkeys(self._links, 0)
        for links in self._links.values():
            for target in links:
                waiting[target] += 1
        order = list[str]()
        while ready := [node for node, count in waiting.items() if count == 0]:
            order.append(ready[0])
            del waiting[ready[0]]
            for target in self._links[ready[0]]:
                waiting[target] -= 1
        if waiting:
            raise HasCycle("these nodes lie on or behind a cycle: " + ", ".join(waiting))
        return order

    def two_sides(self) -> tuple[list[str], list[str]] | None:
        """Split the nodes so that every edge joins both sides, or return None when that is impossible."""
        side: dict[str, int] = {}
        turned = self.reversed()._links if self.directed else self._links
        for root in self._links:
            queue = [] if root in side else [root]
            side.setdefault(root, 0)
            for node in queue:
                for target in (*self._links[node], *turned[node]):
                    if target not in side:
                        side[target] = 1 - side[node]
                        queue.append(target)
                    elif side[target] == side[node]:
                        return None
        return [node for node in self._links if not side[node]], [node for node in self._links if side[node]]


def _way(before: Mapping[str, str | None], goal: str) -> list[str]:
    way = list[str]()
    node: str | None = goal
    while node is not None:
        way.append(node)
        node = before[node]
    return way[::-1]


def _groups(nodes: Iterable[str], members: Callable[[str], Iterable[str]]) -> list[list[str]]:
    """Split nodes into groups, given the members of the group of a node."""
    found, seen = list[list[str]](), set[str]()
    for node in nodes:
        if node not in seen:
            group = set(members(node))
            seen |= group
            found.append([other for other in nodes if other in group])
    return found
