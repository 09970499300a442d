"""Protection of a service that fails or is overrun: circuit breakers and rate limits on a virtual clock."""

from typing import Any

from retrykit import Operation, PolicyError, VirtualClock, Wrapper


class CircuitOpen(Exception):
    """The breaker lets no call through; `retry_after` is the number of seconds until it tries again."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"circuit open for {retry_after} s")
        self.retry_after = retry_after


class RateExceeded(Exception):
    """There were too many calls."""


class CircuitBreaker:
    """Stops calling an operation that keeps failing.

    It is closed at first. After some failures in a row it opens and refuses calls. When the pause is over it is half
    open: so many successes in a row close it, a failure opens it again.
    """

    def __init__(self, clock: VirtualClock, *, failures: int, pause: float, successes: int = 1) -> None:
        if failures < 1 or successes < 1 or pause < 0:
            raise PolicyError("a breaker needs at least one failure, one success and no negative pause")
        self._clock = clock
        self._limits = (failures, successes)
        self._pause = pause
        self._failed = 0
        self._succeeded = 0
        self._opened_at: float | None = None

    def state(self) -> str:
        """Return closed, open or half-open."""
        if self._opened_at is None:
            return "closed"
        return "open" if self._clock.now() < self._opened_at + self._pause else "half-open"

    def record_failure(self) -> None:
        """Count a failed call; enough of them in a row, or one while half open, open the circuit."""
        self._failed += 1
        self._succeeded = 0
        if self._opened_at is not None or self._failed >= self._limits[0]:
            self._opened_at = self._clock.now()

    def record_success(self) -> None:
        """Count a successful call: failures are forgotten, and enough successes while half open close the circuit."""
        self._failed = 0
        if self._opened_at is not None:
            self._succeeded += 1
            if self._succeeded >= self._limits[1]:
                self.reset()

    def reset(self) -> None:
        """Close the circuit at once and forget everything counted."""
        self._failed = self._succeeded = 0
        self._opened_at = None

    def retry_after(self) -> float:
        """Return how many seconds the circuit stays open, zero if it is not open."""
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._pause - self._clock.now())

    def call(self, operation: Operation) -> Any:
        """Run an operation and count how it went, or refuse with an error while the circuit is open."""
        if self.state() == "open":
            raise CircuitOpen(self.retry_after())
        try:
            result = operation()
        except Exception:
            self.record_failure()
            raise
        self.record_success()
        return result


class RateLimit:
    """Allows so many calls within any period (a sliding window)."""

    def __init__(self, clock: VirtualClock, *, calls: int, period: float) -> None:
        if calls < 1 or period <= 0:
            raise PolicyError("a rate needs at least one call and a positive period")
        self._clock = clock
        self._calls = calls
        self._period = period
        self._taken: list[float] = []

    def _recent(self) -> list[float]:
        """Return when the calls of the last period were made."""
        return [at for at in self._taken if self._clock.now() - at < self._period]

    def remaining(self) -> int:
        """Return how many calls are allowed right now."""
        return self._calls - len(self._recent())

    def acquire(self) -> bool:
        """Take one call if there is one left, and tell whether there was."""
        self._taken = self._recent()
        if len(self._taken) >= self._calls:
            return False
        self._taken.append(self._clock.now())
        return True

    def wait_time(self) -> float:
        """Return how many seconds from now the next call is allowed."""
        recent = self._recent()
        return 0.0 if len(recent) < self._calls else recent[0] + self._period - self._clock.now()


def with_breaker(breaker: CircuitBreaker) -> Wrapper:
    """Send an operation through a circuit breaker; several operations may share one."""
    return lambda operation: lambda: breaker.call(operation)


def with_rate_limit(limit: RateLimit, clock: VirtualClock | None = None) -> Wrapper:
    """Run an operation only as often as a limit allows: with a clock it sleeps until it may, without one it fails."""

    def wrapper(operation: Operation) -> Operation:
        def limited() -> Any:
            if clock is not None:
                clock.sleep(limit.wait_time())
            if not limit.acquire():
                raise RateExceeded(f"wait for {limit.wait_time()} s")
            return operation()

        return limited

    return wrapper
