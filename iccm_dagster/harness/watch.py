"""Eyes on the processes of one run from outside: frames without blocking, and SIGKILL.

Covered: partial and oversized frames; killing through process descriptors, so that a recycled number is never hit. Not
covered: what a frame says; whoever asked for it decides what it may say.
"""

import json
import os
import select
import signal
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

from iccm_dagster.harness.inside.wire import WireError
from iccm_dagster.harness.jail import Child

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
