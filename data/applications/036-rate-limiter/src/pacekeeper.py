"""Rate limits: token bucket, sliding window, quota for each key, and growing pauses between attempts.

Nothing here reads a clock: every question carries its time in seconds, and times never go back.
"""

from collections.abc import Iterable


class PaceError(Exception):
    """Base of every error raised here."""


class TimeWentBack(PaceError):
    """A question carries a time before that of the last one."""


class NeverPossible(PaceError):
    """More is asked for at once than can ever be had."""


class TokenBucket:
    """Tokens drop into a bucket at a steady rate up to its capacity; it starts full."""

    def __init__(self, rate: float, capacity: float, start: float = 0) -> None:
        if rate <= 0 or capacity <= 0:
            raise ValueError("rate and capacity must be above zero")
        self._rate = rate
        self._capacity = capacity
        self._tokens = capacity
        self._time = start

    def _refill(self, now: float) -> None:
        if now < self._time:
            raise TimeWentBack(f"{now} is before {self._time}")
        self._tokens = min(self._capacity, self._tokens + (now - self._time) * self._rate)
        self._time = now

    def _wait(self, now: float, amount: float) -> float:
        if amount > self._capacity:
            raise NeverPossible(f"{amount} tokens never fit into {self._capacity}")
        self._refill(now)
        return max(0, (amount - self._tokens) / self._rate)

    def _spend(self, now: float, amount: float) -> bool:
        self._refill(now)
        if amount > self._tokens:
            return False
        self._tokens -= amount
        return True

    def tokens(self, now: float) -> float:
        """Return how many tokens are in the bucket."""
        self._refill(now)
        return self._tokens

    def take(self, now: float, amount: float = 1) -> bool:
        """Take tokens if there are enough and tell whether it worked."""
        return self._spend(now, amount)

    def wait(self, now: float, amount: float = 1) -> float:
        """Return how many seconds must pass until there are enough tokens."""
        return self._wait(now, amount)

    def give_back(self, now: float, amount: float = 1) -> None:
        """Put tokens back that were not used; the bucket does not overflow."""
        self._refill(now)
        self._tokens = min(self._capacity, self._tokens + amount)


class SlidingWindow:
    """At most a number of events within any window of some seconds; an event leaves after exactly its length."""

    def __init__(self, limit: int, window: float) -> None:
        if limit < 1 or window <= 0:
            raise ValueError("the limit must be one or more and the window above zero")
        self._limit = limit
        self._window = window
        self._events: list[float] = []
        self._time = float("-inf")

    def _forget(self, now: float) -> None:
        if now < self._time:
            raise TimeWentBack(f"{now} is before {self._time}")
        self._time = now
        self._events = [time for time in self._events if now - time < self._window]

    def _admit(self, now: float) -> bool:
        self._forget(now)
        if len(self._events) >= self._limit:
            return False
        self._events.append(now)
        return True

    def allow(self, now: float) -> bool:
        """Tell whether an event may happen now, and count it if so."""
        return self._admit(now)

    def left(self, now: float) -> int:
        """Return how many events may still happen now."""
        self._forget(now)
        return self._limit - len(self._events)

    def retry_after(self, now: float) -> float:
        """Return how many seconds must pass until the next event is allowed."""
        self._forget(now)
        return 0 if len(self._events) < self._limit else self._events[0] + self._window - now


class KeyedLimiter:
    """One sliding window for each key, such as a user."""

    def __init__(self, limit: int, window: float) -> None:
        self._limit = limit
        self._length = window
        self._windows: dict[str, SlidingWindow] = {}
        self._denied: dict[str, int] = {}

    def allow(self, key: str, now: float) -> bool:
        """Tell whether an event of a key may happen now, and count it if so."""
        window = self._windows.setdefault(key, SlidingWindow(self._limit, self._length))
        allowed = window._admit(now)
        if not allowed:
            self._denied[key] = self._denied.get(key, 0) + 1
        return allowed

    def denied(self) -> dict[str, int]:
        """Map every key that was refused to how often that happened."""
        return dict(self._denied)

    def prune(self, now: float) -> list[str]:
        """Forget keys without events in the window and return them in alphabetical order."""
        for window in self._windows.values():
            window._forget(now)
        idle = sorted(key for key, window in self._windows.items() if not window._events)
        for key in idle:
            del self._windows[key]
        return idle


def admitted(times: Iterable[float], limit: int, window: float) -> list[float]:
    """Return those of some event times which a sliding window lets pass."""
    limiter = SlidingWindow(limit, window)
    return [time for time in times if limiter._admit(time)]


def backoff(attempts: int, base: float = 1, factor: float = 2, most: float = 60) -> list[float]:
    """Return the pauses before repeated attempts: each is `factor` times the one before, and none is above `most`."""
    if attempts < 0:
        raise ValueError(f"{attempts} attempts are impossible; give zero or more")
    return [min(most, base * factor**attempt) for attempt in range(attempts)]
