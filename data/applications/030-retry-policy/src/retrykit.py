"""Retries as small functions that are put together: delays, stop rules, and wrappers around an operation.

Nothing here waits for real: time is a virtual clock which jumps when somebody sleeps.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Operation = Callable[[], Any]
Wrapper = Callable[[Operation], Operation]
Delays = Callable[[int], float]
"""Maps the number of the attempt that failed, from 1, to the seconds to wait before the next one."""


class PolicyError(ValueError):
    """A policy was put together from impossible numbers."""


class TimeLimitExceeded(Exception):
    """An operation took longer than it was allowed to."""


class GaveUp(Exception):
    """All attempts failed; `attempts` says how many, `last` is the last error or unwanted result."""

    def __init__(self, attempts: int, last: Any) -> None:
        super().__init__(f"gave up after {attempts} attempts, the last one gave {last!r}")
        self.attempts = attempts
        self.last = last


class VirtualClock:
    """A clock that only moves when it is told to."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._sleeps: list[float] = []

    def now(self) -> float:
        """Return the current second."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass, as when an operation takes long."""
        if seconds < 0:
            raise PolicyError("time does not run backwards")
        self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass on purpose and remember how long."""
        self.advance(seconds)
        self._sleeps.append(seconds)

    def sleeps(self) -> list[float]:
        """Return how long each sleep was, in order."""
        return list(self._sleeps)


def scripted(outcomes: list[Any], clock: VirtualClock | None = None, seconds: float = 0.0) -> Operation:
    """Make an operation which returns the outcomes one after the other, raising those that are exceptions.

    The last outcome repeats for ever. With a clock, each call takes that many seconds.
    """
    if not outcomes:
        raise PolicyError("a script needs an outcome")
    rest = list(outcomes)

    def operation() -> Any:
        if clock is not None:
            clock.advance(seconds)
        outcome = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return operation


def constant(seconds: float) -> Delays:
    """Wait equally long after every attempt."""
    _check_delay(seconds)
    return lambda attempt: seconds


def linear(start: float, step: float) -> Delays:
    """Wait a start time after the first attempt and a step more after each further one."""
    _check_delay(start, step)
    return lambda attempt: start + step * (attempt - 1)


def exponential(start: float, factor: float = 2.0) -> Delays:
    """Wait a start time after the first attempt and a factor times as long after each further one."""
    _check_delay(start)
    if factor < 1:
        raise PolicyError("the factor must be at least 1")
    return lambda attempt: start * factor ** (attempt - 1)


def fibonacci(unit: float) -> Delays:
    """Wait 1, 1, 2, 3, 5, 8 and so on times a unit."""
    _check_delay(unit)

    def delay(attempt: int) -> float:
        current, following = 1, 1
        for _ in range(attempt - 1):
            current, following = following, current + following
        return unit * current

    return delay


def capped(delays: Delays, longest: float) -> Delays:
    """Never wait longer than a limit."""
    _check_delay(longest)
    return lambda attempt: min(delays(attempt), longest)


def jittered(delays: Delays, share: float, seed: int) -> Delays:
    """Shorten each delay by a random part of up to a share of it; the same seed and attempt give the same delay."""
    if not 0 <= share <= 1:
        raise PolicyError("the share must lie between 0 and 1")
    return lambda attempt: delays(attempt) * (1 - share * random.Random(f"{seed}/{attempt}").random())


def preview(delays: Delays, attempts: int) -> list[float]:
    """List the delays between so many attempts: one less than there are attempts."""
    return [delays(attempt) for attempt in range(1, attempts)]


def _check_delay(*values: float) -> None:
    if min(values) < 0:
        raise PolicyError("delays cannot be negative")


@dataclass(frozen=True)
class Policy:
    """When and how often to try again."""

    delays: Delays
    attempts: int = 3
    errors: tuple[type[Exception], ...] = (Exception,)
    unwanted: tuple[Any, ...] = ()
    time_limit: float | None = None


def with_retry(policy: Policy, clock: VirtualClock) -> Wrapper:
    """Try an operation again while it raises one of the errors or returns an unwanted result.

    It gives up after the last attempt, or before a delay that would end later than the time limit after the first
    attempt began. Other errors pass through at once.
    """
    if policy.attempts < 1:
        raise PolicyError("there must be at least one attempt")

    def wrapper(operation: Operation) -> Operation:
        def retried() -> Any:
            began = clock.now()
            attempt = 1
            while True:
                succeeded, outcome = _attempt(operation, policy)
                if succeeded:
                    return outcome
                delay = policy.delays(attempt)
                late = policy.time_limit is not None and clock.now() + delay - began > policy.time_limit
                if attempt == policy.attempts or late:
                    raise GaveUp(attempt, outcome) from (outcome if isinstance(outcome, Exception) else None)
                clock.sleep(delay)
                attempt += 1

        return retried

    return wrapper


def _attempt(operation: Operation, policy: Policy) -> tuple[bool, Any]:
    """Run an operation once; return whether it succeeded, with its result or error."""
    try:
        result = operation()
    except policy.errors as error:
        return False, error
    return result not in policy.unwanted, result


def with_time_limit(seconds: float, clock: VirtualClock) -> Wrapper:
    """Turn the result of an operation that took longer than some seconds into an error."""

    def wrapper(operation: Operation) -> Operation:
        def limited() -> Any:
            began = clock.now()
            result = operation()
            if clock.now() - began > seconds:
                raise TimeLimitExceeded(f"took {clock.now() - began} s instead of {seconds} s at most")
            return result

        return limited

    return wrapper


def with_fallback(value: Any, errors: tuple[type[Exception], ...] = (Exception,)) -> Wrapper:
    """Return a value instead when an operation raises one of the errors."""

    def wrapper(operation: Operation) -> Operation:
        def guarded() -> Any:
            try:
                return operation()
            except errors:
                return value

        return guarded

    return wrapper


def with_cache(seconds: float, clock: VirtualClock) -> Wrapper:
    """Remember the last result of an operation for some seconds; errors are never remembered."""

    def wrapper(operation: Operation) -> Operation:
        kept: list[tuple[float, Any]] = []

        def cached() -> Any:
            if not kept or clock.now() - kept[0][0] >= seconds:
                result = operation()
                kept[:] = [(clock.now(), result)]
            return kept[0][1]

        return cached

    return wrapper


def compose(*wrappers: Wrapper) -> Wrapper:
    """Put wrappers together; the first one named is the outermost."""

    def wrapper(operation: Operation) -> Operation:
        for wrap in reversed(wrappers):
            operation = wrap(operation)
        return operation

    return wrapper
