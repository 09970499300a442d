"""What one run borrows from the machine: the jail, a uid, folders, a control group.

Covered: temporary folders and groups are given back however the run ends. Not covered: a process that is killed leaves an
empty group behind, which the next one removes.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.cgroup import MemoryGroup, MemoryGroups
from iccm_dagster.harness.jail import Jail, Walls


class Machine(Protocol):
    """What a run needs of the sandbox."""

    walls: Walls
    groups: MemoryGroups | None

    def jail(self, packages: tuple[str, ...] = ()) -> Jail:
        """The running jail that shows these packages."""
        ...

    def next_uid(self) -> int | None:
        """The uid for the next processes; None to keep the own one."""
        ...

    def retire(self, jail: Jail) -> None:
        """Start no more runs in this jail; the ones that go on there may end."""
        ...


@contextmanager
def capped(groups: MemoryGroups | None, mebibytes: int) -> Iterator[tuple[MemoryGroup | None, int | None]]:
    """A control group with that cap and the descriptor to join it; (None, None) where there are no groups."""
    if groups is None:
        yield None, None
        return
    try:
        group = groups.take()
        members = group.open(mebibytes=mebibytes)
    except OSError as problem:
        raise SandboxUnavailable(f"no control group for a run below {groups.place.folder}: {problem}") from problem
    try:
        yield group, members
    finally:
        os.close(members)
        groups.give_back(group)


@contextmanager
def paths_of(machine: Machine) -> Iterator[dict[str, str]]:
    """The folders of one run: fixed names inside a jail, a temporary folder on a bare machine."""
    if machine.walls is not Walls.BARE:
        yield {"tmp": "/tmp", "work": "/work", "tests": "/tests"}
        return
    root = Path(tempfile.mkdtemp(prefix="iccm-harness-"))
    try:
        for name in ("tmp", "work", "tests"):
            (root / name).mkdir(mode=0o777)
            (root / name).chmod(0o777)
        root.chmod(0o755)
        yield {name: str(root / name) for name in ("tmp", "work", "tests")}
    finally:
        shutil.rmtree(root, ignore_errors=True)
