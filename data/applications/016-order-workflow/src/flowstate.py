"""Finite state machines: states, events, guarded transitions, a history with undo, and questions about the graph.

A blueprint says what is possible; a machine is at one of its states. Nested and parallel states are not covered.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Guard = Callable[[Mapping[str, object]], bool]


class FlowError(Exception):
    """Base of every error raised by state machines."""


class UnknownState(FlowError):
    """A state is named that the blueprint does not contain."""


class NoTransition(FlowError):
    """The event means nothing in the current state."""


class GuardRefused(FlowError):
    """The event is known in the current state, but every guard said no."""


class BlueprintError(FlowError):
    """The blueprint contradicts itself."""


@dataclass(frozen=True)
class Transition:
    """A move from one state to another; the source `*` stands for every state that is not final."""

    event: str
    source: str
    target: str
    guard: Guard | None = None


@dataclass(frozen=True)
class Step:
    """One entry of a machine's history."""

    event: str
    source: str
    target: str
    data: Mapping[str, object] = field(default_factory=dict)


class Blueprint:
    """What is possible: the states in order, the first one being initial, the final ones, and the transitions."""

    def __init__(self, states: Iterable[str], transitions: Iterable[Transition], final: Iterable[str] = ()) -> None:
        self._states = list(states)
        self._final = set(final)
        self._transitions = list(transitions)
        if not self._states:
            raise BlueprintError("a blueprint needs at least one state")
        if len(set(self._states)) < len(self._states):
            raise BlueprintError("a state is listed twice")
        for name in sorted(self._final):
            self._check(name)
        for move in self._transitions:
            self._check(move.target)
            if move.source != "*":
                self._check(move.source)
            if move.source in self._final:
                raise BlueprintError(f"the final state {move.source!r} cannot be left by {move.event!r}")

    def _check(self, state: str) -> None:
        if state not in self._states:
            raise UnknownState(f"no state is named {state!r}")

    def _leaving(self, state: str) -> list[Transition]:
        """Return the transitions out of a state, those that name it before those from everywhere."""
        if state in self._final:
            return []
        named = [move for move in self._transitions if move.source == state]
        return named + [move for move in self._transitions if move.source == "*"]

    def _targets(self, state: str) -> list[str]:
        return [move.target for move in self._leaving(state)]

    def _distances(self, source: str) -> dict[str, list[str]]:
        """Map each reachable state to the events of a shortest way there."""
        self._check(source)
        routes, queue = {source: list[str]()}, [source]
        for state in queue:
            for move in self._leaving(state):
                if move.target not in routes:
                    routes[move.target] = [*routes[state], move.event]
                    queue.append(move.target)
        return routes

    def initial(self) -> str:
        """Return the state in which machines start."""
        return self._states[0]

    def is_final(self, state: str) -> bool:
        """Tell whether a state is an end: nothing leads out of it."""
        self._check(state)
        return state in self._final

    def events(self, state: str) -> list[str]:
        """Return the events that mean something in a state, guards left aside, sorted."""
        self._check(state)
        return sorted({move.event for move in self._leaving(state)})

    def reachable(self, state: str) -> list[str]:
        """Return every state that can follow a state, directly or later, in order; itself only through a loop."""
        found = {target for middle in self._distances(state) for target in self._targets(middle)}
        return [other for other in self._states if other in found]

    def unreachable(self) -> list[str]:
        """Return the states that no machine can ever enter."""
        routes = self._distances(self._states[0])
        return [state for state in self._states if state not in routes]

    def dead_ends(self) -> list[str]:
        """Return the states which are not final and from which no final state can be reached."""
        return [state for state in self._states if not self._final & self._distances(state).keys()]

    def shortest_route(self, source: str, target: str) -> list[str] | None:
        """Return the fewest events that lead from one state to another, guards left aside; None if there is no way."""
        self._check(target)
        return self._distances(source).get(target)

    def diagram(self) -> str:
        """Draw the machine as text, one `source --event--> target` line for each transition, guards marked by `?`."""
        marks = [(move, "?" if move.guard else "") for move in self._transitions]
        return "".join(f"{move.source} --{move.event}{mark}--> {move.target}\n" for move, mark in marks)


class Machine:
    """A machine at one state of its blueprint, with the history of how it came there."""

    def __init__(self, blueprint: Blueprint, state: str | None = None) -> None:
        self._blueprint = blueprint
        self._start = blueprint._states[0] if state is None else state
        blueprint._check(self._start)
        self._steps: list[Step] = []
        self._undone: list[Step] = []

    @property
    def state(self) -> str:
        """The current state."""
        return self._now()

    def _now(self) -> str:
        return self._steps[-1].target if self._steps else self._start

    def _moves(self) -> list[Transition]:
        return self._blueprint._leaving(self._now())

    def _choose(self, event: str, data: Mapping[str, object]) -> Transition:
        """Return the first transition for an event whose guard agrees."""
        moves = [move for move in self._moves() if move.event == event]
        if not moves:
            raise NoTransition(f"{event!r} is not possible in the state {self._now()!r}")
        for move in moves:
            if move.guard is None or move.guard(data):
                return move
        raise GuardRefused(f"{event!r} is refused in the state {self._now()!r}")

    def fire(self, event: str, **data: object) -> str:
        """Let an event happen and return the new state; the guards see the data."""
        return self._advance(event, data)

    def _advance(self, event: str, data: Mapping[str, object]) -> str:
        move = self._choose(event, data)
        self._steps.append(Step(event, self._now(), move.target, data))
        self._undone = []
        return move.target

    def can(self, event: str, **data: object) -> bool:
        """Tell whether an event would be accepted now; nothing changes."""
        try:
            self._choose(event, data)
        except (NoTransition, GuardRefused):
            return False
        return True

    def finished(self) -> bool:
        """Tell whether the machine is in a final state."""
        return self._now() in self._blueprint._final

    def history(self) -> list[Step]:
        """Return the steps so far, oldest first."""
        return list(self._steps)

    def visits(self) -> dict[str, int]:
        """Count how often each state was entered; the start counts once."""
        counts = {self._start: 1}
        for step in self._steps:
            counts[step.target] = counts.get(step.target, 0) + 1
        return counts

    def undo(self) -> str:
        """Take the last step back and return the state before it."""
        if not self._steps:
            raise FlowError("there is no step to undo")
        self._undone.append(self._steps.pop())
        return self._now()

    def redo(self) -> str:
        """Repeat the step that was undone last and return its state; a new event forgets undone steps."""
        if not self._undone:
            raise FlowError("there is no step to redo")
        self._steps.append(self._undone.pop())
        return self._now()
