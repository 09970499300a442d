"""The trusted side's line to the foreign process: requests, answers, and what tests lend to the implementation.

Objects that a test passes in (callbacks, files, iterators) stay here; the foreign side gets a number and may call a
function, apply an operator or read a public attribute of an object, and nothing else: no dunder attribute, no frame, no
globals, so that a callback is no way into the tests. An answer that breaks the protocol ends the line.
"""

import asyncio
import functools
import importlib
import inspect
import io
import os
import sys
import threading
import types
from collections.abc import Callable

from iccm_dagster.harness.inside.known import Known
from iccm_dagster.harness.inside.remote import (
    RemoteFunction,
    RemoteMethod,
    RemoteModule,
    RemoteType,
    is_own_class,
    mark_unexpected,
    number_of,
)
from iccm_dagster.harness.inside.shape import SPECIAL
from iccm_dagster.harness.inside.standins import StandIns
from iccm_dagster.harness.inside.values import Codec, replace_content, type_name
from iccm_dagster.harness.inside.wire import Channel, WireError

# Attributes that lead from a public name to frames and code.
_INNARDS = ("gi_", "cr_", "ag_", "f_", "tb_", "co_", "func_", "im_")
_CLOSED = (types.FunctionType, types.MethodType, types.BuiltinFunctionType, types.ModuleType, types.FrameType, type)
# Raising one of these in a test would be read by pytest as something else than a failure.
_NOT_RAISED = (KeyboardInterrupt, GeneratorExit)
_NOT_RAISED_FROM = frozenset(("unittest", "doctest", "test", "bdb", "pdb"))


class ImplementationDied(Exception):
    """The foreign process has ended or broke the protocol."""


class RemoteError(Exception):
    """Stands for an exception whose class is not to be raised here."""


class Link:
    """Everything the trusted side can ask, as one object."""

    def __init__(self, channel: Channel, known: Known) -> None:
        """``known``: what the original taught."""
        self.known = known
        self._channel = channel
        self._lock = threading.RLock()
        self._lent: dict[int, object] = {}
        self._lent_numbers: dict[int, int] = {}
        self._tasks: dict[int, asyncio.Future] = {}
        self._surroundings = _surroundings()
        self._stdin: object = sys.stdin
        self.stand_ins = StandIns(self)
        self.death = ""
        """Why the line is dead, and with it the implementation; empty while it lives."""

    def request(self, operation: str, /, *arguments: object, **keywords: object) -> object:
        """Ask the foreign side and wait; what it raises is raised here.

        Raises:
            ImplementationDied: The line is dead.
        """
        with self._lock:
            codec = self._codec()
            message = {"op": operation, "a": [codec.encode(argument) for argument in arguments]}
            if keywords:
                message["k"] = {name: codec.encode(value) for name, value in keywords.items()}
            if asyncio._get_running_loop() is not None:
                message["loop"] = True
            ambient = self._changed_surroundings()
            if ambient:
                message["amb"] = ambient
            place = None if operation == "describe" else self._place(operation, arguments)
            value = self._converse(message, codec, place)
            if operation == "call":
                self._check_kept(value, place, arguments[1:], keywords)
            return value

    def _place(self, operation: str, arguments: tuple) -> str | None:
        """The name, as the test reached it, of what is used; None where it has none."""
        if not arguments:
            return None
        target, member = arguments[0], arguments[1] if operation in ("method", "special", "get") else None
        if isinstance(target, RemoteMethod):
            target, member = target.owner, target.name
        if isinstance(target, RemoteModule):
            return f"{target.__name__}.{member}"
        direct = isinstance(target, (RemoteType, RemoteFunction))
        return self.known.place_of(number_of(target if direct else type(target)), member)

    def _check_kept(self, value: object, place: str | None, arguments: tuple, keywords: dict) -> None:
        """A class of which the original keeps its arguments has to keep them."""
        kept = self.known.kept_arguments(place, arguments, keywords) if is_own_class(type(value)) else None
        for name, argument in (kept or {}).items():
            if self.request("get", value, name) != argument:
                raise TypeError(f"a new {place} does not keep its argument {name!r}, the original's does")

    def _converse(self, message: dict, codec: Codec, place: str | None) -> object:
        if self.death:
            raise ImplementationDied(self.death)
        try:
            self._channel.send(message)
            while True:
                reply = self._channel.receive()
                self._show(reply)
                if "b" not in reply:
                    break
                self._channel.send(self._serve(*reply["b"]))
            for number, content in reply.get("m", ()):
                replace_content(codec.containers[number], self._codec().decode(content))
            failure = "x" in reply
            value = self._codec(codec, place).decode(reply["x"] if failure else reply["r"])
        except (WireError, ValueError, KeyError, TypeError, IndexError, RecursionError) as problem:
            self.death = f"the implementation's process has ended or broke the protocol: {problem}"
            self._channel.connection.close()
            raise ImplementationDied(self.death) from None
        if failure:
            raise (
                value if isinstance(value, BaseException) else RemoteError("something that is no exception was raised")
            )
        return value

    async def drive(self, target: object, /, *arguments: object, **keywords: object) -> object:
        """Run a coroutine of the foreign side to its end, beside whatever else runs in this event loop."""
        task = self.request("spawn", target, *arguments, **keywords)
        while True:
            done, value = self.request("pump", task)
            if done:
                return value
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                self.request("cancel", task)

    def _codec(self, request: Codec | None = None, place: str | None = None) -> Codec:
        """``request``: whose answer is decoded; ``place``: where that answer comes from."""

        def resolve(tag: str, fields: list, codec: Codec) -> object:
            if tag == "arg" and request is not None:
                return request.containers[fields[0]]
            value = self._resolve(tag, fields, codec)
            if tag not in ("h", "sub") or not is_own_class(type(value)) or self.known.object_at(place):
                return value
            # The original returns nothing like it here: a value is taken as what it is, an object may be read only.
            if tag == "sub":
                return codec.decode(fields[2])
            mark_unexpected(value)
            return value

        codec = Codec(lambda value: self._refer(value, codec), resolve)
        return codec

    def _refer(self, value: object, codec: Codec) -> list:
        number = number_of(value) or self.stand_ins.enum_number(value)
        if number is not None:
            return ["own", number]
        if isinstance(value, RemoteMethod):
            return ["meth", codec.encode(value.owner), value.name]
        if isinstance(value, RemoteModule):
            return ["m", value.__name__]
        member = self.stand_ins.member(value)
        if member is not None:
            return ["member", member, value._name_, codec.encode(value._value_)]
        if isinstance(value, type) and type_name(value) is not None:
            return ["T", type_name(value)]
        library = _library_name(value)
        if library is not None:
            return ["g", *library]
        if isinstance(value, BaseException) and (name := _library_name(type(value))) is not None:
            # Lent as well, so that the program can keep it and give it back as the same.
            return ["X", *name, [codec.encode(argument) for argument in value.args], self._lend(value)]
        return ["rev", self._lend(value), *_facts_for_borrower(value)]

    def _lend(self, value: object) -> int:
        number = self._lent_numbers.get(id(value))
        if number is None:
            number = len(self._lent) + 1
            self._lent[number] = value
            self._lent_numbers[id(value)] = number
        return number

    def _resolve(self, tag: str, fields: list, codec: Codec) -> object:
        if tag == "back":
            return self._lent[fields[0]]
        if tag == "m":
            return sys.modules[fields[0]]
        if tag == "h":
            return self.stand_ins.handle(fields[0], fields[1][1])
        if tag == "k":
            return self.stand_ins.of(fields[0])
        if tag == "sub":
            return self.stand_ins.value(fields[0], fields[1][1], codec.decode(fields[2]))
        if tag == "e":
            return self.stand_ins.enum_member(fields[0][1], fields[1], codec.decode(fields[2]))
        if tag == "fn":
            return RemoteFunction.made(self, *fields)
        if tag == "meth":
            return RemoteMethod.made(self, codec.decode(fields[0]), str(fields[1]), bool(fields[2]))
        if tag == "X":
            return _library_exception(str(fields[0]), str(fields[1]))
        if tag == "x":
            return self._exception(fields, codec)
        raise ValueError(f"unknown tag {tag!r}")

    def _exception(self, fields: list, codec: Codec) -> BaseException:
        number, kind, arguments, text, facts, cause = fields
        attributes = {str(name): codec.decode(value) for name, value in facts.items()}
        values = codec.many(arguments)
        problem = self.stand_ins.exception(number, codec.decode(kind), values, text, attributes)
        if cause is not None:
            problem.__cause__ = self._exception(cause[1:], codec)
        return problem

    def _serve(self, operation: str, reference: int, arguments: list, keywords: dict) -> dict:
        codec = self._codec()
        values = codec.many(arguments)
        named = {str(name): codec.decode(value) for name, value in keywords.items()}
        try:
            result = self._use(operation, self._lent[reference], values, named)
            return {"r": self._codec().encode(result)}
        except (Exception, SystemExit) as problem:
            answer = self._codec()
            try:
                return {"x": answer.encode(problem)}
            except Exception:
                return {"x": answer.encode(RuntimeError(f"{type(problem).__name__}: {problem}"))}

    def _use(self, operation: str, target: object, arguments: list, keywords: dict) -> object:
        if operation == "call" and callable(target):
            return target(*arguments, **keywords)
        if operation == "start" and callable(target):
            return self._start(target(*arguments, **keywords))
        if operation == "poll":
            return self._poll(arguments[0])
        name = arguments[0] if arguments else None
        if isinstance(target, _CLOSED) or type(name) is not str:
            raise AttributeError(f"a test's {type(target).__name__} can be called and nothing else")
        if operation == "special" and name in SPECIAL:
            return getattr(type(target), name)(target, *arguments[1:])
        if operation == "get" and not name.startswith(("_", *_INNARDS)):
            return getattr(target, name)
        raise AttributeError(f"{operation} {name} is not open to the implementation")

    def _start(self, awaitable: object) -> int:
        if asyncio._get_running_loop() is None:
            result: asyncio.Future = _Done(lambda: asyncio.run(_wait_for(awaitable)))
        else:
            result = asyncio.ensure_future(awaitable)
        self._tasks[id(result)] = result
        return id(result)

    def _poll(self, number: int) -> tuple[bool, object]:
        task = self._tasks[number]
        return (True, self._tasks.pop(number).result()) if task.done() else (False, None)

    def _show(self, reply: dict) -> None:
        for stream, text in ((sys.stdout, reply.get("o")), (sys.stderr, reply.get("e"))):
            if text:
                stream.write(str(text))

    def _changed_surroundings(self) -> dict:
        now = _surroundings()
        before, self._surroundings = self._surroundings, now
        changed: dict[str, object] = {name: now[name] for name in ("cwd", "argv") if now[name] != before[name]}
        if now["env"] != before["env"]:
            names = now["env"].keys() | before["env"].keys()
            changed["env"] = {n: now["env"].get(n) for n in names if now["env"].get(n) != before["env"].get(n)}
        if sys.stdin is not self._stdin:
            self._stdin = sys.stdin
            if isinstance(sys.stdin, (io.StringIO, io.TextIOWrapper)):
                changed["stdin"] = sys.stdin.read()
        return changed


class _Done:
    """A finished task, for coroutines that had no event loop to run beside."""

    def __init__(self, run: Callable[[], object]) -> None:
        self.result = functools.cache(run)

    def done(self) -> bool:
        """Always."""
        return True


async def _wait_for(awaitable: object) -> object:
    return await awaitable


def _surroundings() -> dict:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    try:
        folder = os.getcwd()
    except OSError:
        folder = "/"
    return {"cwd": folder, "argv": [str(word) for word in sys.argv], "env": environment}


def _library_name(value: object) -> tuple[str, str] | None:
    """Where the standard library holds exactly this function or class; None if it does not."""
    owner = getattr(value, "__objclass__", None)
    module = getattr(owner or value, "__module__", None) or "builtins"
    name = getattr(value, "__qualname__", None)
    if not callable(value) or type(name) is not str or type(module) is not str:
        return None
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    try:
        found = functools.reduce(getattr, name.split("."), importlib.import_module(module))
    except (AttributeError, ImportError):
        return None
    return (module, name) if found is value else None


def _facts_for_borrower(value: object) -> tuple[str, dict]:
    kind = type(value)
    if isinstance(value, BaseException):
        base = next(base for base in kind.__mro__ if _library_name(base) is not None)
        return "exception", {
            "name": kind.__name__,
            "module": base.__module__,
            "base": base.__qualname__,
            "text": str(value),
        }
    if isinstance(value, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, functools.partial, type)):
        facts = {"name": str(getattr(value, "__name__", "callback")), "doc": value.__doc__}
        return ("coroutine function" if inspect.iscoroutinefunction(value) else "function"), facts
    special = [name for name in sorted(SPECIAL) if getattr(kind, name, None) is not None]
    return "object", {"name": kind.__name__, "special": special}


def _library_exception(module: str, name: str) -> type[BaseException]:
    """A library exception by name, from modules that are loaded here anyway; the nearest harmless class otherwise."""
    if module.partition(".")[0] in _NOT_RAISED_FROM or module.partition(".")[0] not in sys.stdlib_module_names:
        return RemoteError
    try:
        found = functools.reduce(getattr, name.split("."), sys.modules[module])
    except (AttributeError, KeyError):
        return RemoteError
    if not isinstance(found, type) or not issubclass(found, BaseException) or issubclass(found, _NOT_RAISED):
        return RemoteError
    return found
