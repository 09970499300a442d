"""An OpenAI-compatible server on loopback that does what a script says: answers, and every way of failing.

HTTP is written by hand on a socket, because half of what it must do no web framework lets one do.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came."""

    number: int
    """How many came before it."""
    path: str
    """Path of the URL."""
    body: dict[str, Any]
    """The JSON body; empty for a GET."""
    at: float
    """When it came [s, monotonic]."""
    headers: dict[str, str]
    """Its headers, names in lower case."""

    @property
    def prompt(self) -> str:
        """The user message."""
        return self.body["messages"][-1]["content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server does with a request."""

    status: int = 200
    """HTTP status."""
    body: bytes = b""
    """The body that is announced."""
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    """Headers besides the length."""
    delay_s: float = 0.0
    """Silence before the first byte [s]."""
    sent: int | None = None
    """Bytes of the body that are really sent before the connection is cut; None for all; -1: cut before the headers."""
    trickle_s: float = 0.0
    """Pause after each byte of the body [s]."""


def completion(
    text: str, *, finish: str = "stop", delay_s: float = 0.0, usage: tuple[int, int] | None = (100, 50)
) -> Reply:
    """Return a whole answer."""
    body: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}],
    }
    if usage is not None:
        body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
    return Reply(body=json.dumps(body).encode(), delay_s=delay_s)


def status(code: int, message: str = "no", **headers: str) -> Reply:
    """Return an error of the server, with further headers (``retry_after="1"``)."""
    extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(
        status=code,
        body=json.dumps({"error": {"message": message}}).encode(),
        headers=(("content-type", "application/json"), *extra),
    )


DISCONNECT = Reply(sent=-1)
HALF = Reply(body=completion("def f():\n    return 1\n").body, sent=60)
WRONG_JSON = Reply(body=b'{"choices": [{"message": {"content": "def f')
HTML = Reply(body=b"<html><body>Bad gateway</body></html>", headers=(("content-type", "text/html"),))


def silence(seconds: float) -> Reply:
    """Return nothing for a while, then a whole answer that comes too late."""
    return completion("too late", delay_s=seconds)


Script = Callable[[Asked], Reply]


@dataclass(slots=True, kw_only=True)
class ScriptedServer:
    """A running server."""

    script: Script
    """What to do with a chat completion."""
    ollama: dict[str, Any] | None = None
    """What ``/api/ps`` says; None: there is no such page."""
    port: int = 0
    """Where it listens."""
    asked: list[Asked] = field(default_factory=list)
    """Chat completions that were asked for, in order of arrival."""
    busiest: int = 0
    """Most chat completions under way at one time."""
    under_way: int = 0
    """Chat completions under way."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went, or the server is stopped
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        path = head[0].split(" ")[1]
        if path == "/api/ps":
            page = Reply(status=404) if self.ollama is None else Reply(body=json.dumps(self.ollama).encode())
            return await self._send(page, writer)
        asked = Asked(
            number=len(self.asked), path=path, body=json.loads(raw or b"{}"), at=time.monotonic(), headers=headers
        )
        self.asked.append(asked)
        self.under_way += 1
        self.busiest = max(self.busiest, self.under_way)
        try:
            reply = self.script(asked)
            await asyncio.sleep(reply.delay_s)
        finally:
            self.under_way -= 1
        return await self._send(reply, writer)

    async def _send(self, reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.sent == -1:
            return False
        lines = [f"HTTP/1.1 {reply.status} X", f"content-length: {len(reply.body)}"]
        lines += [f"{name}: {value}" for name, value in reply.headers]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        for byte in reply.body if reply.trickle_s else b"":
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.trickle_s)
        writer.write(b"" if reply.trickle_s else reply.body[: reply.sent])
        await writer.drain()
        return reply.sent is None


@contextmanager
def serving(script: Script, *, ollama: dict[str, Any] | None = None) -> Iterator[ScriptedServer]:
    """Run a server in a thread of its own until the block is left."""
    server = ScriptedServer(script=script, ollama=ollama)
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**22))
    server.port = listening.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(listening.close)
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _cancel_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
