"""The foreign side's book of objects: what it lent to the trusted side, and what it borrowed from there.

Encodes the implementation's objects as references with enough about their class for a stand-in, and decodes references
to test objects (callbacks, files, iterators) as borrowed objects whose every use calls back.
"""

import asyncio
import enum
import functools
import importlib
import sys
import types
from collections.abc import Callable
from inspect import iscoroutinefunction

from iccm_dagster.harness.inside.shape import VALUE_BASES
from iccm_dagster.harness.inside.values import Codec, type_name

CallBack = Callable[[str, int, tuple, dict], object]
_PLAIN: dict[type, Callable[[object], object]] = {
    bool: bool,
    int: int.__int__,
    float: float.__float__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
    tuple: lambda value: tuple.__getitem__(value, slice(None)),
    frozenset: lambda value: frozenset(list(frozenset.__iter__(value))),
}


class Objects:
    """Everything that has a number."""

    def __init__(self, *, names: frozenset[str], call_back: CallBack) -> None:
        """``names``: top-level names of the implementation. ``call_back``: uses an object of the trusted side."""
        self.held: dict[int, object] = {}
        """Number -> own object; kept alive, so that numbers are never given twice."""
        self._names = names
        self._call_back = call_back
        self._numbers: dict[int, int] = {}
        self._borrowed: dict[int, object] = {}
        self._borrowed_ids: dict[int, int] = {}

    def codec(self) -> Codec:
        """For one message."""
        codec = Codec(lambda value: self._refer(value, codec), self._resolve)
        return codec

    def number_of(self, value: object) -> int:
        """The number under which the other side knows an object."""
        number = self._numbers.get(id(value))
        if number is None:
            number = len(self.held) + 1
            self.held[number] = value
            self._numbers[id(value)] = number
        return number

    def _refer(self, value: object, codec: Codec) -> list:
        if id(value) in self._borrowed_ids:
            return ["back", self._borrowed_ids[id(value)]]
        if isinstance(value, types.ModuleType):
            return ["m", value.__name__]
        if isinstance(value, type):
            name = type_name(value)
            return self._class(value) if name is None else ["T", name]
        if isinstance(value, BaseException):
            return self._exception(value, codec)
        kind = self._class(type(value))
        if isinstance(value, enum.Enum):
            return ["e", kind, value._name_, codec.encode(value._value_)]
        if isinstance(value, types.MethodType) and getattr(value.__self__, value.__name__, None) == value:
            return ["meth", codec.encode(value.__self__), value.__name__, iscoroutinefunction(value)]
        if isinstance(value, (types.FunctionType, types.BuiltinFunctionType, functools.partial)):
            name = getattr(value, "__name__", "function")
            return ["fn", self.number_of(value), str(name), str(value.__doc__ or ""), iscoroutinefunction(value)]
        for base in VALUE_BASES:
            if isinstance(value, base):
                return ["sub", self.number_of(value), kind, codec.encode(_PLAIN[base](value))]
        return ["h", self.number_of(value), kind]

    def _class(self, kind: type) -> list:
        if issubclass(kind, BaseException) and self._is_library(kind):
            return ["X", kind.__module__, kind.__qualname__]
        return ["k", self.number_of(kind)]

    def _exception(self, problem: BaseException, codec: Codec) -> list:
        facts = {name: codec.encode(value) for name, value in vars(problem).items() if isinstance(name, str)}
        cause = problem.__cause__
        packed = None if cause is None else self._exception(cause, codec)
        arguments = [codec.encode(argument) for argument in problem.args]
        return ["x", self.number_of(problem), self._class(type(problem)), arguments, _text(problem), facts, packed]

    def _is_library(self, kind: type) -> bool:
        top = kind.__module__.partition(".")[0]
        return top in sys.stdlib_module_names and top not in self._names

    def _resolve(self, tag: str, fields: list, codec: Codec) -> object:
        if tag == "own":
            return self.held[fields[0]]
        if tag == "meth":
            return getattr(codec.decode(fields[0]), fields[1])
        if tag == "member":
            kind = self.held[fields[0]]
            return kind[fields[1]] if fields[1] in kind.__members__ else kind(codec.decode(fields[2]))
        if tag == "m":
            return importlib.import_module(fields[0])
        if tag == "g":
            return functools.reduce(getattr, fields[1].split("."), importlib.import_module(fields[0]))
        if tag == "X":
            kind = functools.reduce(getattr, fields[1].split("."), importlib.import_module(fields[0]))
            return self._borrow_as(fields[3], kind(*codec.many(fields[2])))
        if tag == "rev":
            return self._borrow(*fields)
        raise ValueError(f"unknown tag {tag!r}")

    def _borrow(self, reference: int, kind: str, facts: dict) -> object:
        if reference not in self._borrowed:
            return self._borrow_as(reference, _MAKERS[kind](functools.partial(self._use, reference), facts))
        return self._borrowed[reference]

    def _borrow_as(self, reference: int, made: object) -> object:
        """What stands here for an object of the other side; the first one stays."""
        if reference not in self._borrowed:
            self._borrowed[reference] = made
            self._borrowed_ids[id(made)] = reference
        return self._borrowed[reference]

    def _use(self, reference: int, operation: str, /, *arguments: object, **keywords: object) -> object:
        return self._call_back(operation, reference, arguments, keywords)


def _text(problem: BaseException) -> str | None:
    try:
        return str(problem)
    except Exception:
        return None


def _borrowed_function(use: Callable, facts: dict) -> Callable:
    def borrowed(*arguments: object, **keywords: object) -> object:
        return use("call", *arguments, **keywords)

    return _named(borrowed, facts)


def _borrowed_coroutine_function(use: Callable, facts: dict) -> Callable:
    async def borrowed(*arguments: object, **keywords: object) -> object:
        task = use("start", *arguments, **keywords)
        while True:
            done, value = use("poll", task)
            if done:
                return value
            await asyncio.sleep(0)

    return _named(borrowed, facts)


def _named(function: Callable, facts: dict) -> Callable:
    function.__name__ = function.__qualname__ = facts["name"]
    function.__doc__ = facts["doc"]
    return function


def _borrowed_object(use: Callable, facts: dict) -> object:
    def forward(name: str) -> Callable:
        return lambda self, *arguments: use("special", name, *arguments)

    namespace: dict[str, object] = {name: forward(name) for name in facts["special"]}
    namespace["__getattr__"] = lambda self, name: use("get", name)
    return type(facts["name"], (), namespace)()


def _borrowed_exception(use: Callable, facts: dict) -> BaseException:
    module = importlib.import_module(facts["module"])
    base = functools.reduce(getattr, facts["base"].split("."), module)
    text = facts["text"]
    kind = type(facts["name"], (base,), {"__str__": lambda self: text, "__init__": lambda self, *a: None})
    return kind.__new__(kind)


_MAKERS = {
    "function": _borrowed_function,
    "coroutine function": _borrowed_coroutine_function,
    "object": _borrowed_object,
    "exception": _borrowed_exception,
}
