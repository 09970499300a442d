"""Framed JSON over a stream socket: four bytes of length, then UTF-8. Never pickle.

Covered: size-capped frames; a frame which is too long, torn or no JSON raises WireError on the receiving side.
Not covered: the meaning of a frame; whoever receives it decides what it may ask for.
"""

import json
import socket
import struct

_HEAD = struct.Struct(">I")
MEBIBYTE = 1 << 20


class WireError(Exception):
    """The other side is gone, or speaks another language."""


class Channel:
    """One end of a socket that carries JSON frames."""

    def __init__(self, connection: socket.socket, *, cap_bytes: int) -> None:
        """``cap_bytes``: the longest frame that is sent or accepted [bytes]."""
        self.connection = connection
        self.cap_bytes = cap_bytes
        self._waiting = bytearray()

    def send(self, message: object) -> None:
        """Send one frame.

        Raises:
            WireError: The other side is gone, or the frame is over the cap.
        """
        body = json.dumps(message, separators=(",", ":")).encode("ascii")
        if len(body) > self.cap_bytes:
            raise WireError(f"a message of {len(body)} bytes is over the cap of {self.cap_bytes}")
        try:
            self.connection.sendall(_HEAD.pack(len(body)) + body)
        except OSError as problem:
            raise WireError(f"the other process is gone ({problem})") from problem

    def receive(self) -> object:
        """Wait for one frame.

        Raises:
            WireError: The other side is gone, or the frame is over the cap or no JSON.
        """
        (length,) = _HEAD.unpack(self._exactly(_HEAD.size))
        if length > self.cap_bytes:
            raise WireError(f"a message of {length} bytes is over the cap of {self.cap_bytes}")
        try:
            return json.loads(self._exactly(length))
        except (ValueError, RecursionError) as problem:
            raise WireError(f"a message is no JSON: {problem}") from problem

    def _exactly(self, count: int) -> bytes:
        """The next bytes; takes more than it needs where more has come, since each call of the kernel costs."""
        while len(self._waiting) < count:
            try:
                chunk = self.connection.recv(max(1 << 16, count - len(self._waiting)))
            except OSError as problem:
                raise WireError(f"the other process is gone ({problem})") from problem
            if not chunk:
                raise WireError("the other process is gone")
            self._waiting += chunk
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken
