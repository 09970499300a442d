"""Disjoint sets, minimum spanning forests, and questions about what connects a network.

A link is (node, node, weight) without direction; nodes are strings. Of equal weights the link given first is preferred.
"""

from collections.abc import Collection, Iterable, Sequence

Link = tuple[str, str, float]


class ForestError(Exception):
    """Base of every error raised here."""


class UnknownItem(ForestError):
    """An item is named that was never added."""


class NotConnected(ForestError):
    """Two nodes, or the whole network, do not hang together."""


class DisjointSets:
    """Items divided into sets that can be joined, and parted again in reverse order."""

    def __init__(self, items: Iterable[str] = ()) -> None:
        self._parent: dict[str, str] = {}
        self._size: dict[str, int] = {}
        self._joined: list[str | None] = []
        for item in items:
            self._insert(item)

    def _insert(self, item: str) -> bool:
        if item in self._parent:
            return False
        self._parent[item] = item
        self._size[item] = 1
        return True

    def _root(self, item: str) -> str:
        if item not in self._parent:
            raise UnknownItem(f"{item!r} was never added")
        while self._parent[item] != item:
            item = self._parent[item]
        return item

    def _join(self, first: str, second: str) -> bool:
        small, large = self._root(first), self._root(second)
        if small == large:
            self._joined.append(None)
            return False
        if self._size[small] >= self._size[large]:
            small, large = large, small
        self._parent[small] = large
        self._size[large] += self._size[small]
        self._joined.append(small)
        return True

    def add(self, item: str) -> bool:
        """Add an item as a set of its own and tell whether it is new."""
        return self._insert(item)

    def join(self, first: str, second: str) -> bool:
        """Join the sets of two items and tell whether they were apart."""
        return self._join(first, second)

    def undo(self) -> None:
        """Take the last join back, whether it changed anything or not."""
        if not self._joined:
            raise ForestError("there is no join to undo")
        small = self._joined.pop()
        if small is not None:
            self._size[self._parent[small]] -= self._size[small]
            self._parent[small] = small

    def together(self, first: str, second: str) -> bool:
        """Tell whether two items are in the same set."""
        return self._root(first) == self._root(second)

    def size(self, item: str) -> int:
        """Return how many items are in the set of an item."""
        return self._size[self._root(item)]

    def count(self) -> int:
        """Return the number of sets."""
        return sum(item == parent for item, parent in self._parent.items())

    def groups(self) -> list[list[str]]:
        """Return the sets, and the items in them, in the order in which items were added."""
        found: dict[str, list[str]] = {}
        for item in self._parent:
            found.setdefault(self._root(item), []).append(item)
        return list(found.values())


def minimum_forest(links: Iterable[Link]) -> list[Link]:
    """Return links of the smallest total weight that connect all that can be, the lightest first (Kruskal)."""
    return _forest(list(links))


def maximum_forest(links: Iterable[Link]) -> list[Link]:
    """Return links of the largest total weight that connect all that can be without a ring, heaviest first."""
    turned = _forest([(first, second, -weight) for first, second, weight in links])
    return [(first, second, -weight) for first, second, weight in turned]


def _forest(links: Sequence[Link]) -> list[Link]:
    sets = DisjointSets(_nodes(links))
    return [link for link in sorted(links, key=_weight) if sets._join(link[0], link[1])]


def _weight(link: Link) -> float:
    return link[2]


def _nodes(links: Iterable[Link]) -> list[str]:
    return list(dict.fromkeys(node for link in links for node in link[:2]))


def _groups(links: Collection[Link], nodes: Iterable[str]) -> list[list[str]]:
    sets = DisjointSets(nodes)
    for first, second, _ in links:
        sets._join(first, second)
    return sets.groups()


def grow_tree(links: Iterable[Link], start: str) -> list[Link]:
    """Return a minimum spanning tree of the part around a start node, in the order in which it grows (Prim).

    Each link is turned so that its first node is the one that was reached before.
    """
    pool = [link for first, second, weight in links for link in ((first, second, weight), (second, first, weight))]
    if start not in _nodes(pool):
        raise UnknownItem(f"no link touches {start!r}")
    reached, tree = {start}, list[Link]()
    while border := [link for link in pool if link[0] in reached and link[1] not in reached]:
        best = min(border, key=_weight)
        reached.add(best[1])
        tree.append(best)
    return tree


def total_weight(links: Iterable[Link]) -> float:
    """Return the sum of the weights."""
    return sum(weight for _, _, weight in links)


def is_forest(links: Iterable[Link]) -> bool:
    """Tell whether the links contain no ring."""
    links = list(links)
    return len(_forest(links)) == len(links)


def second_best(links: Iterable[Link]) -> float | None:
    """Return the weight of the lightest spanning forest that differs from the minimum one, or None if there is none."""
    links = list(links)
    best = _forest(links)
    found = []
    for dropped in best:
        rest = list(links)
        rest.remove(dropped)
        other = _forest(rest)
        if len(other) == len(best):
            found.append(sum(_weight(link) for link in other))
    return min(found, default=None)


def bottleneck(links: Iterable[Link], first: str, second: str) -> float:
    """Return the smallest weight such that both nodes are connected by links no heavier than it."""
    links = list(links)
    sets = DisjointSets(_nodes(links))
    if sets._root(first) == sets._root(second):
        return 0
    for link in sorted(links, key=_weight):
        sets._join(link[0], link[1])
        if sets._root(first) == sets._root(second):
            return link[2]
    raise NotConnected(f"{first!r} and {second!r} do not hang together")


def connected_after(links: Sequence[Link], first: str, second: str) -> int | None:
    """Return after how many links, taken in the given order, two nodes hang together, or None if they never do."""
    sets = DisjointSets([first, second, *_nodes(links)])
    for count, link in enumerate(links, start=1):
        sets._join(link[0], link[1])
        if sets._root(first) == sets._root(second):
            return count
    return None


def parts(links: Iterable[Link], nodes: Iterable[str] = ()) -> list[list[str]]:
    """Return the groups of nodes that hang together, further nodes without links included."""
    links = list(links)
    return _groups(links, [*_nodes(links), *nodes])


def bridges(links: Iterable[Link]) -> list[Link]:
    """Return the links whose removal leaves more parts than before."""
    links = list(links)
    nodes = _nodes(links)
    whole = len(_groups(links, nodes))
    return [link for place, link in enumerate(links) if len(_groups(links[:place] + links[place + 1 :], nodes)) > whole]


def cut_nodes(links: Iterable[Link]) -> list[str]:
    """Return the nodes whose removal leaves more parts than before."""
    links = list(links)
    nodes = _nodes(links)
    whole = len(_groups(links, nodes))
    found = []
    for node in nodes:
        rest = [link for link in links if node not in link[:2]]
        if len(_groups(rest, [other for other in nodes if other != node])) > whole:
            found.append(node)
    return found
