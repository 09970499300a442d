"""Bounded caches with three eviction policies, time to live on an injected clock, and statistics.

Time is a number which only moves when the clock is advanced. Not safe for several threads.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POLICIES = ("lru", "lfu", "fifo")


class CacheError(ValueError):
    """A capacity, a policy, a time to live or a step of the clock cannot be used."""


class Clock:
    """A counter of seconds that moves by hand; read it from `now`."""

    def __init__(self, now: float = 0) -> None:
        self.now = now

    def advance(self, seconds: float) -> float:
        """Move the clock forward and return the new time. Raises CacheError for a negative step."""
        if seconds < 0:
            raise CacheError(f"a clock does not run backwards: {seconds}")
        self.now += seconds
        return self.now


@dataclass
class CacheStats:
    """Counters of what happened in a cache."""

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    expirations: int = 0

    def lookups(self) -> int:
        """The number of lookups: hits and misses."""
        return self.hits + self.misses

    def hit_ratio(self) -> float:
        """The share of hits among the lookups; 0.0 before the first one."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0

    def since(self, earlier: "CacheStats") -> "CacheStats":
        """What happened after an earlier reading of the counters."""
        return CacheStats(
            self.hits - earlier.hits,
            self.misses - earlier.misses,
            self.evictions - earlier.evictions,
            self.expirations - earlier.expirations,
        )


@dataclass
class _Entry:
    value: Any
    born: int
    used: int
    uses: int = 0
    ttl: float | None = None
    expires: float | None = None


class Cache:
    """A map of bounded size. When a new key finds it full, one entry is evicted by the policy.

    `lru` evicts the entry whose last use is longest ago, `lfu` the one used least often (on a tie the one whose last
    use is longest ago), `fifo` the one inserted first. Reading and writing are uses. Expired entries are gone.
    """

    def __init__(
        self,
        capacity: int,
        policy: str = "lru",
        ttl: float | None = None,
        clock: Clock | None = None,
        sliding: bool = False,
    ) -> None:
        """Make an empty cache; with `sliding`, every hit starts the time to live again. Raises CacheError."""
        _check_capacity(capacity)
        if policy not in POLICIES:
            raise CacheError(f"no such policy: {policy!r}")
        _check_ttl(ttl)
        self.capacity = capacity
        self.policy = policy
        self.stats = CacheStats()
        self._ttl = ttl
        self._clock = clock or Clock()
        self._sliding = sliding
        self._entries: dict[Hashable, _Entry] = {}
        self._ticks = 0

    def put(self, key: Hashable, value: Any, ttl: float | None = None) -> None:
        """Store a value; a ttl of its own takes the place of the cache's. Raises CacheError unless it is above 0."""
        self._store(key, value, ttl)

    def put_many(self, items: Mapping[Hashable, Any]) -> None:
        """Store several values, in order."""
        for key, value in items.items():
            self._store(key, value, None)

    def get(self, key: Hashable, default: Any = None) -> Any:
        """The value of a key, or the default; counted as a hit or a miss."""
        entry = self._lookup(key)
        return default if entry is None else entry.value

    def get_or_compute(self, key: Hashable, compute: Callable[[Hashable], Any], ttl: float | None = None) -> Any:
        """The value of a key; on a miss it is computed from the key and stored."""
        entry = self._lookup(key)
        if entry is not None:
            return entry.value
        value = compute(key)
        self._store(key, value, ttl)
        return value

    def get_many(self, keys: Iterable[Hashable]) -> dict[Hashable, Any]:
        """The values of those keys which the cache holds; each key counts as a lookup."""
        found = {}
        for key in keys:
            entry = self._lookup(key)
            if entry is not None:
                found[key] = entry.value
        return found

    def peek(self, key: Hashable, default: Any = None) -> Any:
        """The value of a key, or the default, without counting or using it."""
        entry = self._live(key)
        return default if entry is None else entry.value

    def contains(self, key: Hashable) -> bool:
        """Whether the cache holds the key, without counting or using it."""
        return self._live(key) is not None

    def pop(self, key: Hashable, default: Any = None) -> Any:
        """Take a key out and return its value, or the default; neither a lookup nor an eviction."""
        entry = self._live(key)
        if entry is None:
            return default
        del self._entries[key]
        return entry.value

    def touch(self, key: Hashable, ttl: float | None = None) -> bool:
        """Use a key and start its time to live again, with another one if given; False when it is absent."""
        _check_ttl(ttl)
        entry = self._live(key)
        if entry is None:
            return False
        self._use(entry)
        self._start(entry, entry.ttl if ttl is None else ttl)
        return True

    def remaining(self, key: Hashable) -> float | None:
        """The seconds until the key expires; None when it is absent or never expires."""
        entry = self._live(key)
        if entry is None or entry.expires is None:
            return None
        return entry.expires - self._clock.now

    def size(self) -> int:
        """The number of entries whose time is not up."""
        return sum(1 for key in list(self._entries) if self._live(key) is not None)

    def keys(self) -> list[Hashable]:
        """The keys in the order in which the policy would evict them, the next victim first."""
        self._drop_expired()
        return sorted(self._entries, key=lambda key: self._rank(self._entries[key]))

    def purge(self) -> int:
        """Drop every entry whose time is up and return how many there were."""
        return self._drop_expired()

    def clear(self) -> None:
        """Drop every entry; the counters stay."""
        self._entries.clear()

    def resize(self, capacity: int) -> list[Hashable]:
        """Change the capacity and return the keys that had to be evicted, in order. Raises CacheError."""
        _check_capacity(capacity)
        self.capacity = capacity
        self._drop_expired()
        evicted = []
        while len(self._entries) > capacity:
            evicted.append(self._evict())
        return evicted

    def snapshot(self) -> CacheStats:
        """A reading of the counters that does not change any more."""
        return CacheStats(self.stats.hits, self.stats.misses, self.stats.evictions, self.stats.expirations)

    def _store(self, key: Hashable, value: Any, ttl: float | None) -> None:
        _check_ttl(ttl)
        entry = self._live(key)
        if entry is None:
            if len(self._entries) >= self.capacity:
                self._drop_expired()
            if len(self._entries) >= self.capacity:
                self._evict()
            entry = self._entries[key] = _Entry(value, born=self._ticks, used=self._ticks)
        entry.value = value
        self._use(entry)
        self._start(entry, self._ttl if ttl is None else ttl)

    def _lookup(self, key: Hashable) -> _Entry | None:
        entry = self._live(key)
        if entry is None:
            self.stats.misses += 1
            return None
        self.stats.hits += 1
        self._use(entry)
        if self._sliding:
            self._start(entry, entry.ttl)
        return entry

    def _live(self, key: Hashable) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None or not self._expired(entry):
            return entry
        del self._entries[key]
        self.stats.expirations += 1
        return None

    def _expired(self, entry: _Entry) -> bool:
        return entry.expires is not None and entry.expires <= self._clock.now

    def _drop_expired(self) -> int:
        gone = [key for key, entry in self._entries.items() if self._expired(entry)]
        for key in gone:
            del self._entries[key]
        self.stats.expirations += len(gone)
        return len(gone)

    def _use(self, entry: _Entry) -> None:
        self._ticks += 1
        entry.used = self._ticks
        entry.uses += 1

    def _start(self, entry: _Entry, ttl: float | None) -> None:
        entry.ttl = ttl
        entry.expires = None if ttl is None else self._clock.now + ttl

    def _rank(self, entry: _Entry) -> tuple[int, int]:
        """The smallest rank is evicted first."""
        if self.policy == "lru":
            return entry.used, 0
        return (entry.uses, entry.used) if self.policy == "lfu" else (entry.born, 0)

    def _evict(self) -> Hashable:
        victim = min(self._entries, key=lambda key: self._rank(self._entries[key]))
        del self._entries[victim]
        self.stats.evictions += 1
        return victim


def simulate(requests: Iterable[Hashable], capacity: int, policy: str = "lru") -> CacheStats:
    """The counters after asking a cache for every key in turn and storing those it misses."""
    return _replay(requests, capacity, policy)


def compare_policies(requests: Sequence[Hashable], capacity: int) -> dict[str, int]:
    """The number of hits that each policy would reach on the requests."""
    return {policy: _replay(requests, capacity, policy).hits for policy in POLICIES}


def smallest_capacity(requests: Sequence[Hashable], hit_ratio: float, policy: str = "lru") -> int | None:
    """The smallest capacity whose share of hits reaches the ratio, or None when none does."""
    for capacity in range(1, len(set(requests)) + 1):
        if _replay(requests, capacity, policy).hits >= hit_ratio * len(requests):
            return capacity
    return None


def _replay(requests: Iterable[Hashable], capacity: int, policy: str) -> CacheStats:
    cache = Cache(capacity, policy)
    for key in requests:
        if cache._lookup(key) is None:
            cache._store(key, True, None)
    return cache.stats


def _check_capacity(capacity: int) -> None:
    if capacity < 1:
        raise CacheError(f"a capacity must be at least 1: {capacity}")


def _check_ttl(ttl: float | None) -> None:
    if ttl is not None and not ttl > 0:
        raise CacheError(f"a time to live must be above 0: {ttl}")
