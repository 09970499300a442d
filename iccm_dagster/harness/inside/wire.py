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
        buffer = bytearray(count)
        view = memoryview(buffer)
        done = 0
        while done < count:
            try:
                got = self.connection.recv_into(view[done:])
            except OSError as problem:
                raise WireError(f"the other process is gone ({problem})") from problem
            if got == 0:
                raise WireError("the other process is gone")
            done += got
        return bytes(buffer)
