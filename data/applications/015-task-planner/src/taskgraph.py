"""Graph algorithms that planning shares: an order of the tasks, cycles, and the start window of every task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


class PlanError(Exception):
    """Base of every error raised by the planner."""


class UnknownTask(PlanError):
    """A task is named that the project does not contain."""


class CycleError(PlanError):
    """Some tasks wait for each other, so none of them can ever start."""


@dataclass(frozen=True)
class Task:
    """A piece of work; a duration of zero makes it a milestone."""

    name: str
    duration: int
    after: tuple[str, ...] = ()
    skill: str = ""


@dataclass(frozen=True)
class Window:
    """When a task can start without delaying the project; `slack` is the room between both starts."""

    earliest_start: int
    earliest_finish: int
    latest_start: int
    latest_finish: int
    slack: int


def ordered(tasks: Mapping[str, Task]) -> list[Task]:
    """Return the tasks so that each one follows everything it waits for; the given order breaks ties."""
    known(tasks, (name for task in tasks.values() for name in task.after))
    done: dict[str, Task] = {}
    while len(done) < len(tasks):
        ready = [task for task in tasks.values() if task.name not in done and all(name in done for name in task.after)]
        if not ready:
            raise CycleError("tasks wait for each other: " + " -> ".join(cycle(tasks)))
        done[ready[0].name] = ready[0]
    return list(done.values())


def known(tasks: Mapping[str, Task], names: Iterable[str]) -> None:
    """Raise when one of the names is no task."""
    for name in names:
        if name not in tasks:
            raise UnknownTask(f"no task is named {name!r}")


def cycle(tasks: Mapping[str, Task]) -> list[str]:
    """Return the names along one cycle, following the waiting, or an empty list."""
    finished: set[str] = set()
    for first in tasks:
        path: list[str] = []
        stack = [iter([first])]
        while stack:
            name = next(stack[-1], None)
            if name is None:
                stack.pop()
                if path:
                    finished.add(path.pop())
            elif name in path:
                return path[path.index(name) :]
            elif name in tasks and name not in finished:
                path.append(name)
                stack.append(iter(tasks[name].after))
    return []


def reachable(links: Mapping[str, Iterable[str]], name: str) -> set[str]:
    """Return everything that can be reached from a name by following links."""
    found: set[str] = set()
    queue = list(links[name])
    while queue:
        current = queue.pop()
        if current not in found:
            found.add(current)
            queue.extend(links[current])
    return found


def followers(tasks: Mapping[str, Task]) -> dict[str, list[str]]:
    """Map every task to the tasks that wait directly for it."""
    return {name: [task.name for task in tasks.values() if name in task.after] for name in tasks}


def windows(tasks: Mapping[str, Task]) -> dict[str, Window]:
    """Compute the start window of every task by a forward and a backward pass."""
    order = ordered(tasks)
    finish: dict[str, int] = {}
    for task in order:
        finish[task.name] = max((finish[name] for name in task.after), default=0) + task.duration
    end = max(finish.values(), default=0)
    after = followers(tasks)
    latest: dict[str, int] = {}
    for task in reversed(order):
        latest[task.name] = min((latest[name] for name in after[task.name]), default=end) - task.duration
    return {task.name: _window(task, finish[task.name], latest[task.name]) for task in tasks.values()}


def _window(task: Task, finish: int, latest: int) -> Window:
    start = finish - task.duration
    return Window(start, finish, latest, latest + task.duration, latest - start)
