"""The sandbox of this machine: judges an implementation in fresh processes forked inside a jail.

Covered: see ``run`` for clocks and memory, ``jail`` and ``inside.confine`` for the walls. What a run leaves behind ends
with its namespaces. The implementation cannot reach the verdict of a file that runs split. Code from a language model is
refused where the self-test did not find the isolation strong.
Not covered: files that run in-process give weaker evidence (see ``inside.solo``); kernel bugs; timing side channels; under
weak isolation, files and processes of this machine.
"""

import atexit
import functools
import itertools
import os
import threading
import time
from pathlib import Path

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness import selftest
from iccm_dagster.harness.cgroup import MemoryGroups, memory_groups
from iccm_dagster.harness.jail import Jail, Walls
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.run import Group, Progress, by_mode
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Mode, Suite, SuiteReport

VERSION = 3
"""Raise it when a change may change verdicts: cached ones are then forgotten."""
# Unused by Debian, Ubuntu and systemd: no file and no process of the machine belongs to them.
_UIDS = range(60578, 61184)


class ProcessSandbox:
    """Runs suites on this machine, several threads at a time if asked; the jail starts with the first run."""

    def __init__(self, *, walls: Walls, groups: MemoryGroups | None, isolation: Isolation, why_weak: str) -> None:
        """``isolation``: what the self-test found these walls to be worth. ``why_weak``: missing layer and remedy.
        ``groups``: None where memory is to be watched from here instead of capped by the kernel."""
        self.walls = walls
        self.groups = groups
        self.isolation = isolation
        self.why_weak = why_weak
        self._lock = threading.Lock()
        self._jails: dict[tuple[str, ...], Jail] = {}
        self._retired: list[Jail] = []
        self._owner = 0
        self._uids = itertools.cycle(_UIDS)
        self._may_change_uids = os.geteuid() == 0 and _exist(_UIDS, Path("/proc/self/uid_map").read_text("ascii"))

    @property
    def version(self) -> str:
        """Enters the key of every cached verdict."""
        return f"process-{VERSION}-{self.isolation}"

    def run(self, implementation: Implementation, suite: Suite, limits: Limits) -> SuiteReport:
        """Judge ``implementation``.

        Raises:
            SandboxUnavailable: The jail failed, or the code must not run under weak isolation.
        """
        if implementation.origin is Origin.ENDPOINT and self.isolation is Isolation.WEAK:
            raise SandboxUnavailable(f"code from a language model is refused under weak isolation. {self.why_weak}")
        began = time.monotonic()
        progress = Progress(deadline=began + limits.wall_s)
        groups = by_mode(suite)
        for mode, files in groups.items():
            Group(self, implementation, suite, limits, mode, files, progress).run()
        runs = progress.ordered(suite)
        mode = Mode.MIXED if len(groups) > 1 else next(iter(groups), Mode.SPLIT)
        seconds = time.monotonic() - began
        facts = {"isolation": self.isolation, "mode": mode, "seconds": seconds, "learned": progress.learned}
        return SuiteReport(runs=runs, reason=None, **facts)

    def jail(self, packages: tuple[str, ...] = ()) -> Jail:
        """The jail that shows these packages, started if it is not running.

        Raises:
            SandboxUnavailable: It does not start.
        """
        with self._lock:
            # A forked copy of this object must not talk on its parent's control socket.
            if self._owner != os.getpid():
                self._jails, self._owner = {}, os.getpid()
            if packages not in self._jails or not self._jails[packages].alive:
                self._jails[packages] = Jail(self.walls, packages)
            return self._jails[packages]

    def next_uid(self) -> int | None:
        """The uid for the next run; None where this process may not change uids."""
        with self._lock:
            return next(self._uids) if self._may_change_uids else None

    def retire(self, jail: Jail) -> None:
        """Start no more runs in this jail; the ones that go on there may end."""
        with self._lock:
            for packages in [packages for packages, running in self._jails.items() if running is jail]:
                self._retired.append(self._jails.pop(packages))

    def close(self) -> None:
        """End all jails; the next run would start another."""
        with self._lock:
            for jail in (*self._jails.values(), *self._retired) if self._owner == os.getpid() else ():
                jail.close()
            self._jails, self._retired = {}, []
            if self.groups is not None:
                self.groups.close()


def _exist(uids: range, mapping: str) -> bool:
    """Whether this user namespace knows all of these; root of a namespace may know nobody but itself."""
    ranges = [(int(first), int(count)) for first, _, count in map(str.split, mapping.splitlines())]
    return any(first <= uids.start and uids.stop <= first + count for first, count in ranges)


@functools.cache
def default_sandbox() -> ProcessSandbox:
    """The strongest sandbox of this machine; one per process, tested once, closed at exit."""
    problems: list[str] = []
    groups = memory_groups()
    for walls in (Walls.BUBBLEWRAP, Walls.NAMESPACES):
        sandbox = ProcessSandbox(walls=walls, groups=groups, isolation=Isolation.STRONG, why_weak="")
        try:
            holes = selftest.attack(sandbox)
        except SandboxUnavailable as problem:
            holes = (selftest.missing_walls(walls, str(problem)),)
        if not holes:
            atexit.register(sandbox.close)
            return sandbox
        sandbox.close()
        problems += [f"{walls}: {hole}" for hole in holes]
    weak = ProcessSandbox(walls=Walls.BARE, groups=groups, isolation=Isolation.WEAK, why_weak="; ".join(problems))
    atexit.register(weak.close)
    return weak
