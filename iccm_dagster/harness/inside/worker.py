"""The foreign side of split mode: imports the implementation and does what the trusted tests ask of it.

It holds the implementation's objects and gives the other side numbers for them; calls come in, values, references and
exceptions go out. It knows neither the tests nor what they expect. Everything here shares its process with foreign code
and may be subverted by it: nothing that this side says decides more than the value of one answer.
"""

import asyncio
import importlib
import io
import os
import random
import socket
import sys
import threading

from iccm_dagster.harness.inside.foreign import Objects
from iccm_dagster.harness.inside.session import write_files
from iccm_dagster.harness.inside.shadowed import FirstIn, release
from iccm_dagster.harness.inside.shape import describe, state_of
from iccm_dagster.harness.inside.values import Codec
from iccm_dagster.harness.inside.wire import Channel, WireError

PUMP_S = 0.001
"""How long the event loop runs per request [s] while the trusted side waits for a coroutine."""


def prepare(job: dict, settings: dict) -> None:
    """Nothing needs rights that are given up later."""


def main(job: dict, report: Channel, link: socket.socket, settings: dict) -> None:
    """Write the implementation, then serve until the trusted side is gone."""
    work, tmp = settings["work"], settings["tmp"]
    write_files(work, job["files"])
    os.chdir(tmp)
    os.environ.update(HOME=tmp, TMPDIR=tmp)
    # Last: an implementation must not pass its own json.py off as the library's.
    sys.path.append(work)
    release(job["names"])
    sys.meta_path.insert(0, FirstIn(work, job["names"]))
    sys.argv = ["pytest"]
    Worker(Channel(link, cap_bytes=report.cap_bytes), names=frozenset(job["names"])).serve()


class Worker:
    """Answers requests, one at a time; while foreign code calls back into a test, requests may be nested."""

    def __init__(self, channel: Channel, *, names: frozenset[str]) -> None:
        self._channel = channel
        self._objects = Objects(names=names, call_back=self._call_back)
        self._lock = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[int, asyncio.Future] = {}
        self._out, self._err = sys.stdout, sys.stderr = _Output(), _Output()

    def serve(self) -> None:
        """Until the other side closes its end."""
        while True:
            try:
                message = self._channel.receive()
            except WireError:
                return
            self._answer(message)

    def _answer(self, request: dict) -> None:
        codec = self._objects.codec()
        try:
            self._take_surroundings(request.get("amb"))
            arguments = codec.many(request["a"])
            keywords = {name: codec.decode(value) for name, value in request.get("k", {}).items()}
            result = self._perform(request["op"], arguments, keywords, beside_loop=bool(request.get("loop")))
            reply = {"r": self._encode(result, codec)}
        except BaseException as problem:
            reply = {"x": self._failure(problem)}
        reply |= self._changes(codec)
        reply |= {"o": self._out.drain(), "e": self._err.drain()}
        try:
            self._channel.send(reply)
        except WireError as problem:
            self._channel.send({"x": self._failure(RuntimeError(f"the answer cannot be sent: {problem}"))})

    def _perform(self, operation: str, arguments: list, keywords: dict, *, beside_loop: bool) -> object:
        """``beside_loop``: the test calls from inside an event loop, so the program must find one running as well."""
        handler = getattr(self, "op_" + operation)
        if not beside_loop or operation in ("pump", "spawn", "cancel"):
            return handler(*arguments, **keywords)
        outer = asyncio._get_running_loop()
        asyncio._set_running_loop(self._event_loop())
        try:
            return handler(*arguments, **keywords)
        finally:
            asyncio._set_running_loop(outer)

    def _encode(self, value: object, request: Codec) -> object:
        codec = self._objects.codec()
        codec.known = {id(container): number for number, container in enumerate(request.containers)}
        return codec.encode(value)

    def _failure(self, problem: BaseException) -> object:
        try:
            return self._objects.codec().encode(problem)
        except Exception as second:
            return self._objects.codec().encode(RuntimeError(f"{type(problem).__name__}, and then {second!r}"))

    def _changes(self, codec: Codec) -> dict:
        """Arguments that the call changed, so that the caller's can follow."""
        changed = []
        for number, (container, sent) in enumerate(zip(codec.containers, codec.sent, strict=False)):
            try:
                now = self._objects.codec().encode(container)
            except Exception:
                continue
            if now != sent:
                changed.append([number, now])
        return {"m": changed} if changed else {}

    def _call_back(self, operation: str, reference: int, arguments: tuple, keywords: dict) -> object:
        """Ask the trusted side to use one of its objects, and serve what it asks for meanwhile."""
        with self._lock:
            codec = self._objects.codec()
            packed = [codec.encode(argument) for argument in arguments]
            named = {name: codec.encode(value) for name, value in keywords.items()}
            message = {"b": [operation, reference, packed, named], "o": self._out.drain(), "e": self._err.drain()}
            self._channel.send(message)
            while True:
                reply = self._channel.receive()
                if "op" in reply:
                    self._answer(reply)
                    continue
                answer = self._objects.codec()
                if "x" in reply:
                    raise answer.decode(reply["x"])
                return answer.decode(reply["r"])

    def _take_surroundings(self, ambient: dict | None) -> None:
        """Follow what the test changed around the program: folder, arguments, environment, standard input."""
        if not ambient:
            return
        if "cwd" in ambient:
            os.chdir(ambient["cwd"])
        if "argv" in ambient:
            sys.argv = list(ambient["argv"])
        for name, value in ambient.get("env", {}).items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if "stdin" in ambient:
            sys.stdin = io.StringIO(ambient["stdin"])

    def op_import(self, name: str) -> None:
        """Import one of the implementation's modules."""
        importlib.import_module(name)

    def op_get(self, target: object, name: str) -> object:
        """Read an attribute."""
        return getattr(target, name)

    def op_set(self, target: object, name: str, value: object) -> None:
        """Write an attribute."""
        setattr(target, name, value)

    def op_delete(self, target: object, name: str) -> None:
        """Delete an attribute."""
        delattr(target, name)

    def op_call(self, target: object, /, *arguments: object, **keywords: object) -> object:
        """Call an object."""
        return target(*arguments, **keywords)

    def op_method(self, target: object, name: str, /, *arguments: object, **keywords: object) -> object:
        """Call a method."""
        return getattr(target, name)(*arguments, **keywords)

    def op_special(self, target: object, name: str, /, *arguments: object) -> object:
        """Apply an operator, looked up on the type as the interpreter does."""
        kind = type(target)
        method = getattr(kind, name, None)
        if method is None and name == "__str__":
            return str(target)
        return method(target, *arguments)

    def op_hash(self, target: object) -> int:
        """The hash of an object."""
        return hash(target)

    def op_state(self, target: object) -> dict:
        """What equality is decided on."""
        return state_of(target)

    def op_names(self, target: object) -> list[str]:
        """The names of a module or object."""
        return list(getattr(target, "__all__", None) or [name for name in dir(target) if not name.startswith("_")])

    def op_describe(self, number: int) -> dict:
        """What a class looks like, and what it is derived from."""
        kind = self._objects.held[number]
        facts = describe(kind)
        members = getattr(kind, "__members__", {}) if facts["enum"] else {}
        return {"facts": facts, "bases": list(kind.__bases__), "members": [[n, m._value_] for n, m in members.items()]}

    def op_seed(self, value: object) -> None:
        """Follow the test's seed."""
        random.seed(value)

    def op_spawn(self, target: object, /, *arguments: object, **keywords: object) -> int:
        """Start a coroutine, by calling ``target`` or, if it can be awaited, as it is."""
        awaitable = target if hasattr(target, "__await__") and not arguments else target(*arguments, **keywords)
        task = self._event_loop().create_task(_wait_for(awaitable))
        self._tasks[id(task)] = task
        return id(task)

    def op_pump(self, number: int) -> tuple[bool, object]:
        """Run the event loop for a moment; whether the task is done, and its result."""
        task, loop = self._tasks[number], self._event_loop()
        if not task.done():
            handle = loop.call_later(PUMP_S, loop.stop)
            task.add_done_callback(_stop)
            loop.run_forever()
            task.remove_done_callback(_stop)
            handle.cancel()
        if not task.done():
            return False, None
        return True, self._tasks.pop(number).result()

    def op_cancel(self, number: int) -> None:
        """Ask a task to stop."""
        self._tasks[number].cancel()

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None or self._loop.is_closed():
            self._loop = asyncio.new_event_loop()
        return self._loop


class _Output(io.TextIOWrapper):
    """Standard output and error: collected, and shown by the trusted side when the call returns."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="surrogatepass", write_through=True)

    def drain(self) -> str:
        """What was written since the last time."""
        try:
            self.flush()
            text = self.buffer.getvalue().decode("utf-8", "replace")
            self.buffer.seek(0)
            self.buffer.truncate()
            return text
        except ValueError:  # the implementation closed it
            return ""


async def _wait_for(awaitable: object) -> object:
    return await awaitable


def _stop(task: asyncio.Future) -> None:
    task.get_loop().stop()
