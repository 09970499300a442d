"""Control groups: the kernel's own cap on the memory of a whole process tree, where this process may make groups.

Covered: version 2 where the memory controller was handed down to the group that this process runs in or to the one above
it, version 1 where the process may write there (root, as a rule); groups are used again by later runs, and those of
processes that are gone are removed. A group counts pages that a process changed or made, its temporary files included.
Not covered: machines without such a group; there ``watch`` looks at the tree every ``WATCH_S``. Nothing here is a wall:
a group caps memory and does nothing else.
"""

import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "iccm-"
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder of the control group file system below which groups may be made."""

    folder: Path
    """The parent of the groups."""
    version: int
    """1 or 2."""


class MemoryGroup:
    """One group. It is used by one run at a time."""

    def __init__(self, place: Place, name: str) -> None:
        """Make the group.

        Raises:
            OSError: It cannot be made here.
        """
        self._folder = place.folder / name
        self._folder.mkdir(exist_ok=True)
        second = place.version == 2
        # One thread may move itself without the lock that moving a whole process takes; version 2 has no such way.
        self._members = "cgroup.procs" if second else "tasks"
        self._cap = "memory.max" if second else "memory.limit_in_bytes"
        self._swap = "memory.swap.max" if second else "memory.memsw.limit_in_bytes"
        self._no_swap = "0" if second else ""
        self._events = self._folder / ("memory.events" if second else "memory.oom_control")
        self._mebibytes = 0
        self._kills = 0

    def open(self, *, mebibytes: int) -> int:
        """Begin a run: a descriptor through which one process joins by writing ``0``, and is then capped together with
        all that it forks at ``mebibytes`` [MiB]. The caller closes it.

        Raises:
            OSError: The kernel refused.
        """
        if mebibytes != self._mebibytes:
            self._set_cap(mebibytes)
        self._kills = self._killed()
        return os.open(self._folder / self._members, os.O_WRONLY | os.O_CLOEXEC)

    def overran(self) -> bool:
        """Whether the kernel had to kill a process of this run for its memory."""
        return self._killed() > self._kills

    def close(self) -> None:
        """Remove the group; it stays while a process is in it."""
        try:
            self._folder.rmdir()
        except OSError:
            pass

    def _set_cap(self, mebibytes: int) -> None:
        cap = str(mebibytes * _MEBIBYTE)
        if not self._no_swap:
            # Version 1 wants the cap on memory and swap together to be the larger one at every moment.
            self._write(self._swap, "-1", optional=True)
        self._write(self._cap, cap)
        # Without this one, what is over the cap goes to the swap.
        self._write(self._swap, self._no_swap or cap, optional=True)
        self._mebibytes = mebibytes

    def _killed(self) -> int:
        lines = self._events.read_text("ascii").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))

    def _write(self, name: str, text: str, *, optional: bool = False) -> None:
        path = self._folder / name
        if not optional or path.exists():
            path.write_text(text, encoding="ascii")


class MemoryGroups:
    """Groups at hand, one for each run that goes on at the same time. Safe to use from several threads."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._owner = os.getpid()
        self._lock = threading.Lock()
        self._idle: list[MemoryGroup] = []

    def take(self) -> MemoryGroup:
        """A group that no other run uses.

        Raises:
            OSError: None can be made.
        """
        with self._lock:
            if self._owner != os.getpid():  # a forked copy of this object makes its own
                self._owner, self._idle = os.getpid(), []
            if self._idle:
                return self._idle.pop()
            return MemoryGroup(self.place, f"{_PREFIX}{self._owner}-{secrets.token_hex(4)}")

    def give_back(self, group: MemoryGroup) -> None:
        """Everybody in it has ended."""
        with self._lock:
            self._idle.append(group)

    def close(self) -> None:
        """Remove all groups that nobody uses."""
        with self._lock:
            for group in self._idle if self._owner == os.getpid() else ():
                group.close()
            self._idle = []


def memory_groups() -> MemoryGroups | None:
    """The groups of this process; None where it may make none, which is found by making one."""
    own, mounts = _text("/proc/self/cgroup"), _text("/proc/self/mountinfo")
    for place in places(own, mounts):
        _sweep(place.folder)
        groups = MemoryGroups(place)
        if _works(groups):
            return groups
    return None


def places(own: str, mounts: str) -> Sequence[Place]:
    """Where to try, best first. ``own``: /proc/self/cgroup; ``mounts``: /proc/self/mountinfo."""
    second, first = _memberships(own)
    found = []
    for root, folder, kind, options in _cgroup_mounts(mounts):
        if kind == "cgroup2" and second is not None:
            here = _below(folder, root, second)
            # Its own group may hold no processes once it has children with controllers: beside it comes second.
            found += [Place(folder=here, version=2)] + [Place(folder=here.parent, version=2)] * (here != folder)
        if kind == "cgroup" and "memory" in options and first is not None:
            found.append(Place(folder=_below(folder, root, first), version=1))
    return sorted(found, key=lambda place: -place.version)


def _memberships(own: str) -> tuple[str | None, str | None]:
    """The path of this process in version 2, and among the memory groups of version 1."""
    fields: Mapping[str, str] = {line.split(":", 2)[1]: line.split(":", 2)[2] for line in own.splitlines() if line}
    first = next((path for names, path in fields.items() if "memory" in names.split(",")), None)
    return fields.get(""), first


def _cgroup_mounts(mounts: str) -> list[tuple[str, Path, str, list[str]]]:
    """(root inside the file system, where it is mounted, type, options) of each control group file system."""
    found = []
    for line in mounts.splitlines():
        mine, _, super_block = line.partition(" - ")
        kind, _, options = super_block.split(" ", 2)
        if kind in ("cgroup", "cgroup2"):
            _, _, _, root, folder, *_ = mine.split(" ")
            found.append((root, Path(folder), kind, options.split(",")))
    return found


def _below(folder: Path, root: str, own: str) -> Path:
    inner = own.removeprefix(root) if root != "/" else own
    return folder / inner.strip("/")


def _works(groups: MemoryGroups) -> bool:
    """Whether a process can join, tried on one that does nothing else."""
    try:
        group = groups.take()
    except OSError:
        return False
    try:
        members = group.open(mebibytes=64)
        pid = os.fork()
        if pid == 0:
            _join_and_end(members)
        os.close(members)
        return os.waitpid(pid, 0)[1] == 0
    except (OSError, ValueError):
        return False
    finally:
        group.close()


def _join_and_end(members: int) -> None:
    try:
        os.write(members, b"0")
        os._exit(0)
    finally:
        os._exit(1)


def _sweep(folder: Path) -> None:
    """Remove the groups of processes that ended without doing so."""
    for left in folder.glob(f"{_PREFIX}*-*"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            try:
                left.rmdir()
            except OSError:
                continue


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""
