"""Eyes on the processes of one run from outside: frames without blocking, memory of the whole tree, SIGKILL.

Covered: partial and oversized frames; the anonymous memory of a process and all its descendants, polled every
``WATCH_S``; killing through process descriptors, so that a recycled number is never hit. Not covered: memory that a
tree takes and gives back between two polls; temporary file systems, which have limits of their own.
"""

import json
import os
import select
import signal
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from iccm_dagster.harness.inside.wire import WireError
from iccm_dagster.harness.jail import Child

WATCH_S = 0.05
"""Time between two looks at the memory [s]."""
_HEAD = struct.Struct(">I")


class FrameReader:
    """Puts frames together from whatever has arrived."""

    def __init__(self, child: Child, *, cap_bytes: int) -> None:
        """``cap_bytes``: the longest frame accepted [bytes]."""
        self._child = child
        self._cap_bytes = cap_bytes
        self._buffer = bytearray()
        self.ended = False
        """Whether the other side has closed its end."""

    def frames(self) -> Iterator[dict]:
        """What is complete; call when the socket is readable.

        Raises:
            WireError: A frame is over the cap or is no JSON object.
        """
        try:
            chunk = self._child.connection.recv(1 << 18)
        except OSError:
            chunk = b""
        self.ended = not chunk
        self._buffer += chunk
        while len(self._buffer) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._buffer)
            if length > self._cap_bytes:
                raise WireError(f"a message of {length} bytes is over the cap of {self._cap_bytes}")
            if len(self._buffer) < _HEAD.size + length:
                return
            body = bytes(self._buffer[_HEAD.size : _HEAD.size + length])
            del self._buffer[: _HEAD.size + length]
            yield _parse(body)


def _parse(body: bytes) -> dict:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise WireError(f"a message is no JSON: {problem}") from problem
    if not isinstance(message, dict):
        raise WireError("a message is no JSON object")
    return message


def send(child: Child, message: object) -> None:
    """Send one frame, waiting for the reader as long as the socket's timeout says.

    Raises:
        WireError: The other side is gone.
    """
    body = json.dumps(message).encode("ascii")
    try:
        child.connection.sendall(_HEAD.pack(len(body)) + body)
    except OSError as problem:
        raise WireError(f"the other process is gone ({problem})") from problem


def has_ended(child: Child) -> bool:
    """Whether the process is over."""
    return bool(select.select([child.pidfd], [], [], 0)[0])


def kill(children: Iterable[Child], *, patience_s: float) -> bool:
    """SIGKILL and wait; False if a process is still there after ``patience_s`` [s]. Closes all descriptors."""
    children = list(children)
    for child in children:
        try:
            signal.pidfd_send_signal(child.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            continue
    gone = all(select.select([child.pidfd], [], [], patience_s)[0] for child in children)
    for child in children:
        child.connection.close()
        os.close(child.pidfd)
    return gone


def pid_of(child: Child) -> int | None:
    """The process's number as seen from here; None once it has ended."""
    try:
        lines = Path(f"/proc/self/fdinfo/{child.pidfd}").read_text("ascii").splitlines()
    except OSError:
        return None
    number = next((int(line.split()[1]) for line in lines if line.startswith("Pid:")), -1)
    return number if number > 0 else None


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
