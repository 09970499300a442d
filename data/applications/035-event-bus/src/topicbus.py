"""Publish and subscribe inside one process: wildcards, priorities, one-shot subscriptions, history and replay.

A topic is made of words joined by dots, such as `shop.order.paid`. In a pattern the word `*` stands for exactly
one word, and `#` as the last word stands for any number of words, none included. Threads and delivery across
processes are not covered.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

_WORD = re.compile(r"[A-Za-z0-9_-]+")


class BusError(Exception):
    """Base of every error raised by the bus."""


class TopicError(BusError):
    """A topic or a pattern is malformed."""


class UnknownSubscription(BusError):
    """No subscription has this number, or it has ended."""


class RecorderFull(BusError):
    """A recorder has no room for another event."""


@dataclass(frozen=True)
class Event:
    """Something that happened; events are numbered from 1 in the order in which they were published."""

    number: int
    topic: str
    payload: object = None


class Handler(Protocol):
    """Whatever can be handed an event."""

    def handle(self, event: Event) -> None:
        """Take an event."""
        ...


@dataclass(frozen=True)
class Subscription:
    """A wish for the events of a pattern.

    A limit ends it after that many events (None never does); a consuming one keeps events from those behind it.
    """

    pattern: str
    handler: Handler | None = None
    priority: int = 0
    limit: int | None = None
    consume: bool = False


@dataclass(frozen=True)
class Failure:
    """An event that a handler could not take, with the name of the error's class."""

    subscription: int
    event: Event
    error: str


def is_topic(text: str) -> bool:
    """Tell whether a text is a topic: words of letters, digits, `_` and `-`, joined by single dots."""
    return _is_topic(text)


def _is_topic(text: str) -> bool:
    return all(_WORD.fullmatch(word) for word in text.split("."))


def is_pattern(text: str) -> bool:
    """Tell whether a text is a pattern: a topic whose words may be `*`, and whose last word may be `#`."""
    return _is_pattern(text)


def _is_pattern(text: str) -> bool:
    *words, last = text.split(".")
    return all(word == "*" or _WORD.fullmatch(word) for word in words) and (last in ("*", "#") or _is_topic(last))


def matches(pattern: str, topic: str) -> bool:
    """Tell whether a topic belongs to a pattern."""
    _require(_is_pattern(pattern), pattern)
    _require(_is_topic(topic), topic)
    return _matches(pattern, topic)


def _require(well_formed: bool, text: str) -> None:
    if not well_formed:
        raise TopicError(f"{text!r} is malformed")


def _matches(pattern: str, topic: str) -> bool:
    wanted, words = pattern.split("."), topic.split(".")
    if wanted[-1] == "#":
        wanted.pop()
        words = words[: len(wanted)]
    return len(wanted) == len(words) and all(want in ("*", word) for want, word in zip(wanted, words, strict=True))


def overlap(first: str, second: str) -> bool:
    """Tell whether some topic belongs to both patterns."""
    _require(_is_pattern(first), first)
    _require(_is_pattern(second), second)
    left, right = first.split("."), second.split(".")
    for one, other in zip(left, right, strict=False):
        if "#" in (one, other):
            return True
        if one != other and "*" not in (one, other):
            return False
    return len(left) == len(right) or max(left, right, key=len)[min(len(left), len(right)) :] == ["#"]


def by_precision(patterns: Iterable[str]) -> list[str]:
    """Sort patterns from precise to vague: plain words before `*` before `#`, word by word, then by the alphabet."""
    ranks = {"*": 1, "#": 2}
    return sorted(patterns, key=lambda pattern: ([ranks.get(word, 0) for word in pattern.split(".")], pattern))


class Recorder:
    """A handler that keeps what it is handed, up to a capacity (None is no limit), after events it already has."""

    def __init__(self, capacity: int | None = None, events: Iterable[Event] = ()) -> None:
        self._capacity = capacity
        self._events = list(events)

    def handle(self, event: Event) -> None:
        """Keep an event; refuse it when the recorder is full."""
        if self._capacity is not None and len(self._events) >= self._capacity:
            raise RecorderFull(f"{self._capacity} events are all that fit")
        self._events.append(event)

    def events(self) -> list[Event]:
        """Return the events in the order in which they came."""
        return list(self._events)

    def payloads(self) -> list[object]:
        """Return what the events carried."""
        return [event.payload for event in self._events]

    def clear(self) -> int:
        """Forget all events and return how many there were."""
        count = len(self._events)
        self._events = []
        return count


class Bus:
    """Hands published events to subscriptions, and remembers the newest of them.

    Subscriptions are numbered from 1 in the order in which they are made.
    """

    def __init__(self, subscriptions: Iterable[Subscription] = (), history_size: int = 100) -> None:
        if history_size < 0:
            raise ValueError(f"the history size is {history_size}; give zero or more")
        self._history_size = history_size
        self._history: list[Event] = []
        self._published = 0
        self._made = 0
        self._active: dict[int, Subscription] = {}
        self._paused: set[int] = set()
        self._counts: dict[int, int] = {}
        self._failures: list[Failure] = []
        self._unheard: list[Event] = []
        for subscription in subscriptions:
            self._insert(subscription)

    def _insert(self, subscription: Subscription) -> int:
        _require(_is_pattern(subscription.pattern), subscription.pattern)
        if subscription.limit is not None and subscription.limit < 1:
            raise ValueError(f"the limit is {subscription.limit}; give one or more")
        self._made += 1
        self._active[self._made] = subscription
        self._counts[self._made] = 0
        return self._made

    def _get(self, number: int) -> Subscription:
        if number not in self._active:
            raise UnknownSubscription(f"there is no subscription {number}")
        return self._active[number]

    def _ranked(self, topic: str) -> list[int]:
        """Return the numbers of the subscriptions to a topic, highest priority first, then oldest."""
        found = [number for number, wish in self._active.items() if _matches(wish.pattern, topic)]
        return sorted(found, key=lambda number: -self._active[number].priority)

    def subscribe(
        self,
        pattern: str,
        handler: Handler | None = None,
        priority: int = 0,
        limit: int | None = None,
        consume: bool = False,
    ) -> int:
        """Ask for the events of a pattern and return the number of the subscription."""
        return self._insert(Subscription(pattern, handler, priority, limit, consume))

    def once(self, pattern: str, handler: Handler | None = None) -> int:
        """Ask for the next event of a pattern only."""
        return self._insert(Subscription(pattern, handler, limit=1))

    def unsubscribe(self, number: int) -> None:
        """End a subscription."""
        self._get(number)
        del self._active[number]

    def pause(self, number: int) -> None:
        """Let a subscription miss events until it is resumed."""
        self._get(number)
        self._paused.add(number)

    def resume(self, number: int) -> None:
        """Let a paused subscription have events again."""
        self._get(number)
        self._paused.discard(number)

    def subscribers(self, topic: str) -> list[int]:
        """Return the subscriptions to a topic in the order of delivery, paused ones included."""
        _require(_is_topic(topic), topic)
        return self._ranked(topic)

    def subscriptions(self) -> dict[int, str]:
        """Map the number of every subscription that has not ended to its pattern."""
        return {number: wish.pattern for number, wish in self._active.items()}

    def publish(self, topic: str, payload: object = None) -> list[int]:
        """Hand an event to everybody who wants it and return the subscriptions that took it, in order.

        A handler that fails is noted among the failures and does not stop the others.
        """
        _require(_is_topic(topic), topic)
        self._published += 1
        event = Event(self._published, topic, payload)
        self._history = ([*self._history, event])[-self._history_size :] if self._history_size else []
        taken = self._spread(event)
        if not taken:
            self._unheard.append(event)
        return taken

    def _spread(self, event: Event) -> list[int]:
        taken = []
        for number in self._ranked(event.topic):
            if number not in self._paused:
                consumed = self._active[number].consume
                if self._deliver(number, event):
                    taken.append(number)
                    if consumed:
                        break
        return taken

    def _deliver(self, number: int, event: Event) -> bool:
        """Hand an event to one subscription, which ends when its limit is reached."""
        wish = self._active[number]
        try:
            if wish.handler is not None:
                wish.handler.handle(event)
        except Exception as error:
            self._failures.append(Failure(number, event, type(error).__name__))
            return False
        self._counts[number] += 1
        if self._counts[number] == wish.limit:
            del self._active[number]
        return True

    def delivered(self, number: int) -> int:
        """Return how many events a subscription has taken, also after it ended."""
        if number not in self._counts:
            raise UnknownSubscription(f"there was never a subscription {number}")
        return self._counts[number]

    def history(self, pattern: str = "#", after: int = 0) -> list[Event]:
        """Return the remembered events of a pattern whose number is above `after`, oldest first."""
        _require(_is_pattern(pattern), pattern)
        return self._past(pattern, after)

    def _past(self, pattern: str, after: int) -> list[Event]:
        return [event for event in self._history if event.number > after and _matches(pattern, event.topic)]

    def replay(self, number: int, after: int = 0) -> int:
        """Hand remembered events to one subscription again and return how many it took; it may end on the way."""
        taken = 0
        for event in self._past(self._get(number).pattern, after):
            if number in self._active:
                taken += self._deliver(number, event)
        return taken

    def last(self, topic: str) -> Event | None:
        """Return the newest remembered event of a topic, or None."""
        _require(_is_topic(topic), topic)
        return next((event for event in reversed(self._history) if event.topic == topic), None)

    def failures(self) -> list[Failure]:
        """Return the deliveries that failed, oldest first."""
        return list(self._failures)

    def unheard(self) -> list[Event]:
        """Return the events that nobody took, oldest first."""
        return list(self._unheard)
