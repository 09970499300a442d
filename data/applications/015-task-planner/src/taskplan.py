"""A project as tasks with durations and dependencies: order, start windows, critical path and a text format.

Times are whole units counted from the start of the project. Calendars and costs are not covered.
"""

import re
from collections.abc import Iterable

import taskgraph
from taskgraph import CycleError, PlanError, Task, UnknownTask, Window

__all__ = ["CycleError", "DuplicateTask", "PlanError", "PlanSyntaxError", "Project", "Task", "UnknownTask", "Window"]

_LINE = re.compile(
    r"(?P<name>[\w-]+): *(?P<duration>\d+)(?: +after +(?P<after>[\w, -]+?))?(?: +needs +(?P<skill>[\w-]+))?"
)


class DuplicateTask(PlanError):
    """Two tasks have the same name."""


class PlanSyntaxError(PlanError):
    """A line of a plan cannot be read; the message names the line."""


class Project:
    """Tasks in the order in which they were added; a task may wait for tasks that are added later."""

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._tasks: dict[str, Task] = {}
        for task in tasks:
            self._insert(task)

    def _insert(self, task: Task) -> None:
        if task.name in self._tasks:
            raise DuplicateTask(f"task {task.name!r} is already there")
        if task.duration < 0:
            raise ValueError(f"the duration of {task.name!r} is {task.duration}; give zero or more")
        self._tasks[task.name] = task

    def add(self, name: str, duration: int, after: Iterable[str] = (), skill: str = "") -> Task:
        """Add a task and return it."""
        task = Task(name, duration, tuple(after), skill)
        self._insert(task)
        return task

    def remove(self, name: str) -> None:
        """Take a task out; whoever waited for it now waits for what it waited for."""
        gone = self._find(name)
        del self._tasks[name]
        for task in self._tasks.values():
            if name in task.after:
                kept = [other for other in task.after if other != name]
                kept += [other for other in gone.after if other not in kept]
                self._tasks[task.name] = Task(task.name, task.duration, tuple(kept), task.skill)

    def tasks(self) -> list[Task]:
        """Return the tasks in the order in which they were added."""
        return list(self._tasks.values())

    def task(self, name: str) -> Task:
        """Return the task with this name."""
        return self._find(name)

    def _find(self, name: str) -> Task:
        taskgraph.known(self._tasks, [name])
        return self._tasks[name]

    def problems(self) -> list[str]:
        """Describe what keeps the project from being planned, one line for each unknown name and for a cycle."""
        found = [
            f"{task.name}: unknown {name}"
            for task in self._tasks.values()
            for name in task.after
            if name not in self._tasks
        ]
        loop = taskgraph.cycle(self._tasks)
        return found + (["cycle: " + " -> ".join(loop)] if loop else [])

    def order(self) -> list[str]:
        """Return the names so that each task comes after everything it waits for; tasks added first come first."""
        return [task.name for task in taskgraph.ordered(self._tasks)]

    def stages(self) -> list[list[str]]:
        """Group the tasks: each stage holds those that wait only for earlier stages, as early as possible."""
        depth: dict[str, int] = {}
        for task in taskgraph.ordered(self._tasks):
            depth[task.name] = 1 + max((depth[name] for name in task.after), default=-1)
        count = max(depth.values(), default=-1) + 1
        return [[name for name in self._tasks if depth[name] == stage] for stage in range(count)]

    def prerequisites(self, name: str) -> list[str]:
        """Return everything that must be finished before the task, directly or not, in project order."""
        self._find(name)
        taskgraph.ordered(self._tasks)
        found = taskgraph.reachable({task.name: task.after for task in self._tasks.values()}, name)
        return [other for other in self._tasks if other in found]

    def dependents(self, name: str) -> list[str]:
        """Return every task that waits for this one, directly or not, in project order."""
        self._find(name)
        found = taskgraph.reachable(taskgraph.followers(self._tasks), name)
        return [other for other in self._tasks if other in found]

    def windows(self) -> dict[str, Window]:
        """Return for each task its earliest and latest start and finish, and its slack."""
        return taskgraph.windows(self._tasks)

    def duration(self) -> int:
        """Return the time from the start of the project to its end when nobody has to wait for a worker."""
        return max((window.earliest_finish for window in taskgraph.windows(self._tasks).values()), default=0)

    def critical_tasks(self) -> list[str]:
        """Return the tasks that cannot start later without delaying the end, in project order."""
        return [name for name, window in taskgraph.windows(self._tasks).items() if window.slack == 0]

    def critical_path(self) -> list[str]:
        """Return one chain of tasks without slack from start to end; tasks added first are preferred."""
        windows = taskgraph.windows(self._tasks)
        time, path = 0, list[str]()
        while True:
            steps = [name for name, window in windows.items() if window.slack == 0 and window.earliest_start == time]
            steps = [
                name for name in steps if (path[-1] in self._tasks[name].after if path else not self._tasks[name].after)
            ]
            if not steps:
                return path
            path.append(steps[0])
            time = windows[steps[0]].earliest_finish

    def free_slack(self, name: str) -> int:
        """Return how long a task may be delayed without moving the earliest start of any other task."""
        self._find(name)
        windows = taskgraph.windows(self._tasks)
        end = max(window.earliest_finish for window in windows.values())
        starts = [windows[other].earliest_start for other in taskgraph.followers(self._tasks)[name]]
        return min(starts, default=end) - windows[name].earliest_finish

    def delay(self, name: str, extra: int) -> int:
        """Return by how much the end of the project moves when a task takes `extra` units longer."""
        self._find(name)
        if extra < 0:
            raise ValueError(f"the delay is {extra}; give zero or more")
        return max(0, extra - taskgraph.windows(self._tasks)[name].slack)


def parse_plan(text: str) -> Project:
    """Read a plan, one task on each line: `name: duration after first, second needs skill`."""
    tasks = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.partition("#")[0].strip()
        if line:
            match = _LINE.fullmatch(line)
            if match is None:
                raise PlanSyntaxError(f"line {number} is no task: {line!r}")
            after = tuple(part.strip() for part in (match["after"] or "").split(",") if part.strip())
            tasks.append(Task(match["name"], int(match["duration"]), after, match["skill"] or ""))
    return Project(tasks)


def format_plan(tasks: Iterable[Task]) -> str:
    """Write tasks in the format that `parse_plan` reads, one line for each task."""
    lines = []
    for task in tasks:
        after = " after " + ", ".join(task.after) if task.after else ""
        skill = f" needs {task.skill}" if task.skill else ""
        lines.append(f"{task.name}: {task.duration}{after}{skill}\n")
    return "".join(lines)
