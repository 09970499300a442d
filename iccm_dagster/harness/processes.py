"""What the kernel tells about a tree of processes: who is in it, its memory, its processor time.

Covered: the anonymous memory of a process and all its descendants, looked at every ``WATCH_S`` where no control group
caps it. Not covered: memory that a tree takes and gives back between two looks; temporary file systems, which have limits
of their own.
"""

import os
from collections.abc import Sequence
from pathlib import Path

WATCH_S = 0.05
"""Time between two looks at the memory [s]."""


def tree_memory_mib(root: int, *, base_mib: float) -> float:
    """Anonymous memory [MiB] of a process and its descendants, less ``base_mib`` each for pages shared at the fork."""
    return sum(max(0.0, _memory_mib(pid) - base_mib) for pid in tree(root))


def tree_cpu_s(root: int) -> float:
    """Processor time [s] used so far by a process and its living descendants."""
    return sum(map(_cpu_s, tree(root)))


def wants_processor(root: int) -> bool:
    """Whether a process or one of its descendants is running or waiting for a processor, rather than sleeping."""
    return any(_stat(pid)[:1] in (["R"], ["D"]) for pid in tree(root))


def tree(root: int) -> Sequence[int]:
    """A process and all its descendants, as far as they still exist."""
    found = [root]
    for pid in found:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
            for task in tasks:
                found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text("ascii").split())
        except (OSError, ValueError):
            continue
    return found


def _memory_mib(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except OSError:
        return 0.0
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields of a process from its state on; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []
