"""Who does what and when: tasks are given to workers with the right skill, the most urgent first.

A worker does one task at a time and never interrupts it. The result is good, not always the shortest possible.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import taskgraph
from taskgraph import PlanError, Task

__all__ = ["Assignment", "Crew", "NoWorker", "idle_time", "makespan", "timeline", "workload"]


class NoWorker(PlanError):
    """No worker has the skill that a task needs."""


@dataclass(frozen=True)
class Assignment:
    """A task with its worker and times; milestones have no worker (None)."""

    task: str
    worker: str | None
    start: int
    finish: int


class Crew:
    """Workers by name, each with the skills they have."""

    def __init__(self, skills: Mapping[str, Collection[str]]) -> None:
        self._skills = {worker: frozenset(owned) for worker, owned in skills.items()}

    def qualified(self, skill: str) -> list[str]:
        """Return the workers who have a skill, in the given order; everybody has the empty skill."""
        return self._able(skill)

    def _able(self, skill: str) -> list[str]:
        return [worker for worker, owned in self._skills.items() if not skill or skill in owned]

    def assign(self, tasks: Iterable[Task]) -> list[Assignment]:
        """Give every task a worker and a start, as early as possible; returned by start, then by urgency.

        Of the tasks that are ready, the one with the smallest latest start goes first. It is given to the free
        worker who has worked least so far.
        """
        by_name = {task.name: task for task in tasks}
        latest = {name: window.latest_start for name, window in taskgraph.windows(by_name).items()}
        waiting = sorted(by_name.values(), key=lambda task: latest[task.name])
        self._check_skills(waiting)
        done: dict[str, Assignment] = {}
        time = 0
        while waiting:
            entry = self._next_start(waiting, done, time)
            if entry is None:
                time = min(other.finish for other in done.values() if other.finish > time)
            else:
                done[entry.task] = entry
                waiting = [task for task in waiting if task.name != entry.task]
        return list(done.values())

    def _check_skills(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if task.duration > 0 and not self._able(task.skill):
                raise NoWorker(f"nobody can do {task.name!r} (skill {task.skill!r})")

    def _next_start(self, waiting: list[Task], done: Mapping[str, Assignment], time: int) -> Assignment | None:
        """Return the first waiting task that can start now, with its worker."""
        for task in waiting:
            if all(name in done and done[name].finish <= time for name in task.after):
                if task.duration == 0:
                    return Assignment(task.name, None, time, time)
                free = [worker for worker in self._able(task.skill) if _last_finish(done, worker) <= time]
                if free:
                    worker = min(free, key=lambda name: _busy(done.values(), name))
                    return Assignment(task.name, worker, time, time + task.duration)
        return None


def _last_finish(done: Mapping[str, Assignment], worker: str) -> int:
    return max((entry.finish for entry in done.values() if entry.worker == worker), default=0)


def _busy(assignments: Iterable[Assignment], worker: str | None) -> int:
    return sum(entry.finish - entry.start for entry in assignments if entry.worker == worker)


def makespan(assignments: Iterable[Assignment]) -> int:
    """Return the time at which the last task finishes."""
    return max((entry.finish for entry in assignments), default=0)


def workload(assignments: Collection[Assignment]) -> dict[str, int]:
    """Return the working time of everybody who has a task, by the worker's name."""
    workers = sorted({entry.worker for entry in assignments if entry.worker is not None})
    return {worker: _busy(assignments, worker) for worker in workers}


def idle_time(assignments: Collection[Assignment], worker: str) -> int:
    """Return how long a worker waits between the start of the project and the end of their last task."""
    last = max((entry.finish for entry in assignments if entry.worker == worker), default=0)
    return last - _busy(assignments, worker)


def timeline(assignments: Collection[Assignment]) -> str:
    """Draw one row for each worker, a character for each time unit: the task's first letter, or a dot."""
    end = max((entry.finish for entry in assignments), default=0)
    rows = []
    for worker in sorted({entry.worker for entry in assignments if entry.worker is not None}):
        row = ["."] * end
        for entry in assignments:
            if entry.worker == worker:
                row[entry.start : entry.finish] = entry.task[0] * (entry.finish - entry.start)
        rows.append(f"{worker} |{''.join(row)}|\n")
    return "".join(rows)
