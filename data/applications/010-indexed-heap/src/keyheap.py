"""A priority queue with keys: entries can be found, changed and removed by key in logarithmic time.

Entries of equal priority leave in the order in which their keys came in. Not safe for several threads.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_RULES = ("error", "keep", "replace", "better", "sum")


class HeapError(Exception):
    """Base of every error raised by this module."""


class EmptyHeap(HeapError):
    """An entry was asked of a heap that has none."""


class DuplicateKey(HeapError):
    """A key was pushed which the heap already holds."""


class UnknownKey(HeapError, KeyError):
    """The heap does not hold the key."""


class PriorityError(HeapError, ValueError):
    """A priority, a rule or a weight cannot be used."""


@dataclass
class _Entry:
    key: Hashable
    priority: Any
    arrival: int


class KeyedHeap:
    """A heap of keys with priorities; the smallest priority is on top, or the largest when `largest_first`."""

    def __init__(self, items: Iterable[tuple[Hashable, Any]] = (), largest_first: bool = False) -> None:
        """Fill the heap from (key, priority) pairs. Raises DuplicateKey and PriorityError."""
        self.largest_first = largest_first
        self._entries: list[_Entry] = []
        self._slots: dict[Hashable, int] = {}
        self._arrivals = 0
        for key, priority in items:
            self._insert(key, priority)

    def push(self, key: Hashable, priority: Any) -> None:
        """Insert a new key. Raises DuplicateKey when the heap holds it already."""
        self._insert(key, priority)

    def put(self, key: Hashable, priority: Any) -> None:
        """Insert the key, or change its priority when the heap holds it already."""
        if key in self._slots:
            self._change(key, priority)
        else:
            self._insert(key, priority)

    def update(self, key: Hashable, priority: Any) -> Any:
        """Change the priority of a key and return the former one. Raises UnknownKey."""
        return self._change(key, priority)

    def improve(self, key: Hashable, priority: Any) -> bool:
        """Insert the key, or move it towards the top; a priority that is not better changes nothing.

        Returns whether the heap changed.
        """
        if key not in self._slots:
            self._insert(key, priority)
            return True
        if not self._better(priority, self._entry(key).priority):
            return False
        self._change(key, priority)
        return True

    def remove(self, key: Hashable) -> Any:
        """Take the key out of the heap and return its priority. Raises UnknownKey."""
        return self._take(self._slot(key)).priority

    def peek(self) -> tuple[Hashable, Any]:
        """The key on top and its priority, which stay. Raises EmptyHeap."""
        return self._top()

    def pop(self) -> tuple[Hashable, Any]:
        """Take the key on top and return it with its priority. Raises EmptyHeap."""
        top = self._top()
        self._take(0)
        return top

    def pop_many(self, count: int) -> list[tuple[Hashable, Any]]:
        """Take up to `count` entries from the top, best first."""
        taken = []
        while self._entries and len(taken) < count:
            taken.append(self._top())
            self._take(0)
        return taken

    def pop_within(self, limit: Any) -> list[tuple[Hashable, Any]]:
        """Take every entry whose priority is at least as good as the limit, best first."""
        taken = []
        while self._entries and not self._better(limit, self._entries[0].priority):
            taken.append(self._top())
            self._take(0)
        return taken

    def exchange(self, key: Hashable, priority: Any) -> tuple[Hashable, Any]:
        """Take the top entry and insert a new key in its stead. Raises EmptyHeap and DuplicateKey."""
        top = self._top()
        if key in self._slots and key != top[0]:
            raise DuplicateKey(f"the heap holds {key!r} already")
        _check_priority(priority)
        self._take(0)
        self._insert(key, priority)
        return top

    def priority(self, key: Hashable) -> Any:
        """The priority of a key. Raises UnknownKey."""
        return self._entry(key).priority

    def contains(self, key: Hashable) -> bool:
        """Whether the heap holds the key."""
        return key in self._slots

    def size(self) -> int:
        """The number of entries."""
        return len(self._entries)

    def ranking(self) -> list[tuple[Hashable, Any]]:
        """All entries, best first, without taking any."""
        ordered = self._copy()
        ranking = []
        while ordered._entries:
            ranking.append(ordered._top())
            ordered._take(0)
        return ranking

    def copy(self) -> "KeyedHeap":
        """An independent heap with the same entries in the same order."""
        return self._copy()

    def merged(self, other: "KeyedHeap", rule: str = "error") -> "KeyedHeap":
        """A heap with the entries of both; the order of this one is used.

        The rule says what becomes of keys in both: `error` raises DuplicateKey, `keep` takes ours, `replace`
        theirs, `better` the priority nearer the top, `sum` adds them. Raises PriorityError for another rule.
        """
        if rule not in _RULES:
            raise PriorityError(f"no such rule: {rule!r}")
        result = self._copy()
        for entry in sorted(other._entries, key=lambda entry: entry.arrival):
            if entry.key not in result._slots:
                result._insert(entry.key, entry.priority)
                continue
            ours = result._entry(entry.key).priority
            if rule == "error":
                raise DuplicateKey(f"both heaps hold {entry.key!r}")
            if rule == "sum":
                result._change(entry.key, ours + entry.priority)
            elif rule == "replace" or (rule == "better" and result._better(entry.priority, ours)):
                result._change(entry.key, entry.priority)
        return result

    def _insert(self, key: Hashable, priority: Any) -> None:
        if key in self._slots:
            raise DuplicateKey(f"the heap holds {key!r} already")
        _check_priority(priority)
        self._entries.append(_Entry(key, priority, self._arrivals))
        self._arrivals += 1
        self._slots[key] = len(self._entries) - 1
        self._rise(len(self._entries) - 1)

    def _change(self, key: Hashable, priority: Any) -> Any:
        entry = self._entry(key)
        _check_priority(priority)
        former, entry.priority = entry.priority, priority
        self._sink(self._rise(self._slots[key]))
        return former

    def _take(self, slot: int) -> _Entry:
        self._swap(slot, len(self._entries) - 1)
        entry = self._entries.pop()
        del self._slots[entry.key]
        if slot < len(self._entries):
            self._sink(self._rise(slot))
        return entry

    def _slot(self, key: Hashable) -> int:
        if key not in self._slots:
            raise UnknownKey(key)
        return self._slots[key]

    def _entry(self, key: Hashable) -> _Entry:
        return self._entries[self._slot(key)]

    def _top(self) -> tuple[Hashable, Any]:
        if not self._entries:
            raise EmptyHeap("the heap is empty")
        return self._entries[0].key, self._entries[0].priority

    def _copy(self) -> "KeyedHeap":
        twin = KeyedHeap(largest_first=self.largest_first)
        for entry in sorted(self._entries, key=lambda entry: entry.arrival):
            twin._insert(entry.key, entry.priority)
        return twin

    def _better(self, one: Any, other: Any) -> bool:
        return one > other if self.largest_first else one < other

    def _before(self, one: int, other: int) -> bool:
        ours, theirs = self._entries[one], self._entries[other]
        if ours.priority == theirs.priority:
            return ours.arrival < theirs.arrival
        return self._better(ours.priority, theirs.priority)

    def _rise(self, slot: int) -> int:
        while slot > 0 and self._before(slot, (slot - 1) // 2):
            self._swap(slot, (slot - 1) // 2)
            slot = (slot - 1) // 2
        return slot

    def _sink(self, slot: int) -> None:
        while True:
            best = slot
            for child in (2 * slot + 1, 2 * slot + 2):
                if child < len(self._entries) and self._before(child, best):
                    best = child
            if best == slot:
                return
            self._swap(slot, best)
            slot = best

    def _swap(self, one: int, other: int) -> None:
        entries = self._entries
        entries[one], entries[other] = entries[other], entries[one]
        self._slots[entries[one].key], self._slots[entries[other].key] = one, other


def top_k(values: Iterable[Any], k: int) -> list[Any]:
    """The k largest values, largest first; equal ones in their given order."""
    return _first_k(values, k, largest_first=True)


def bottom_k(values: Iterable[Any], k: int) -> list[Any]:
    """The k smallest values, smallest first; equal ones in their given order."""
    return _first_k(values, k, largest_first=False)


def most_common(words: Iterable[Hashable], k: int) -> list[tuple[Hashable, int]]:
    """The k most frequent words with their counts; equally frequent ones in the order of first occurrence."""
    heap = KeyedHeap(Counter(words).items(), largest_first=True)
    return [(key, count) for key, count in _drain(heap, k)]


def merge_sorted(runs: Iterable[Sequence[Any]]) -> list[Any]:
    """One ascending list made of ascending runs; equal values come from the earlier run first."""
    sources = [run for run in runs if run]
    heads = KeyedHeap(((number, 0), (run[0], number)) for number, run in enumerate(sources))
    merged = []
    while heads._entries:
        (number, place), (value, _) = heads._top()
        heads._take(0)
        merged.append(value)
        if place + 1 < len(sources[number]):
            heads._insert((number, place + 1), (sources[number][place + 1], number))
    return merged


def shortest_distances(graph: Mapping[str, Mapping[str, float]], source: str) -> dict[str, float]:
    """The distance from the source to every node that can be reached, nearest first.

    Raises UnknownKey for a source outside the graph and PriorityError for a negative weight.
    """
    if source not in graph:
        raise UnknownKey(source)
    settled: dict[str, float] = {}
    frontier = KeyedHeap([(source, 0)])
    while frontier._entries:
        node, distance = frontier._top()
        frontier._take(0)
        settled[node] = distance
        for neighbour, weight in graph.get(node, {}).items():
            if weight < 0:
                raise PriorityError(f"the weight from {node!r} to {neighbour!r} is negative")
            if neighbour in settled:
                continue
            if neighbour not in frontier._slots:
                frontier._insert(neighbour, distance + weight)
            elif distance + weight < frontier._entry(neighbour).priority:
                frontier._change(neighbour, distance + weight)
    return settled


def _check_priority(priority: Any) -> None:
    if priority != priority:
        raise PriorityError("a priority must be comparable with itself, NaN is not")


def _first_k(values: Iterable[Any], k: int, largest_first: bool) -> list[Any]:
    heap = KeyedHeap(enumerate(values), largest_first=largest_first)
    return [value for _, value in _drain(heap, k)]


def _drain(heap: KeyedHeap, count: int) -> list[tuple[Hashable, Any]]:
    taken = []
    while heap._entries and len(taken) < count:
        taken.append(heap._top())
        heap._take(0)
    return taken
