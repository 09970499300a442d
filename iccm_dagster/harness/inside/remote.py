"""Stand-ins for the implementation's modules, functions and methods, and the class of its classes.

What tests hold in split mode instead of the things themselves. Everything is forwarded to the foreign process; how objects
and their classes are made, compared and ordered is in ``standins``.
"""

import abc
import types
from typing import Protocol

from iccm_dagster.harness.inside.known import Known

NUMBER = "_iccm_number"
"""Attribute of a stand-in: the number of what it stands for."""
UNEXPECTED = "_iccm_unexpected"
"""Attribute of an object that came where the original returns plain values."""


class Line(Protocol):
    """What a stand-in needs of the link."""

    known: Known

    def request(self, operation: str, /, *arguments: object, **keywords: object) -> object:
        """Ask the foreign side."""
        ...

    async def drive(self, target: object, /, *arguments: object, **keywords: object) -> object:
        """Run a foreign coroutine."""
        ...


class RemoteType(abc.ABCMeta):
    """The class of stand-in classes: calling one calls the class it stands for."""

    _iccm_line: Line

    def __call__(cls, *arguments: object, **keywords: object) -> object:
        return cls._iccm_line.request("call", cls, *arguments, **keywords)

    def __getattr__(cls, name: str) -> object:
        if name.startswith("__") or NUMBER not in vars(cls):
            raise AttributeError(name)
        return cls._iccm_line.request("get", cls, name)

    def __setattr__(cls, name: str, value: object) -> None:
        if name.startswith(("_abc_", "__", "_iccm")):
            super().__setattr__(name, value)
        else:
            cls._iccm_line.request("set", cls, name, value)


class RemoteModule(types.ModuleType):
    """Stands for a module of the implementation."""

    def __init__(self, name: str, line: Line) -> None:
        super().__init__(name)
        vars(self)["_iccm_line"] = line
        vars(self)["__path__"] = []
        vars(self)["_iccm_replaced"] = {}

    def __getattr__(self, name: str) -> object:
        if name == "__all__":
            return guarded(self._iccm_line, "names", self)
        if name.startswith("__") and name not in ("__version__", "__author__"):
            raise AttributeError(name)
        value = guarded(self._iccm_line, "get", self, name)
        self._iccm_line.known.place(number_of(value), f"{self.__name__}.{name}")
        return value

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__") or isinstance(value, RemoteModule):
            super().__setattr__(name, value)
            return
        if name not in self._iccm_replaced and hasattr(self, name):
            self._iccm_replaced[name] = getattr(self, name)
        self._iccm_line.request("set", self, name, value)

    def __delattr__(self, name: str) -> None:
        """Undoing a patch deletes what was set, since the name was never found in this object's own dictionary."""
        if name in self._iccm_replaced:
            self._iccm_line.request("set", self, name, self._iccm_replaced.pop(name))
        else:
            self._iccm_line.request("delete", self, name)


class RemoteFunction:
    """Stands for a function."""

    def __init__(self, line: Line, number: int, name: str, doc: str, *, is_async: bool) -> None:
        self._iccm_line, self._iccm_number, self._is_async = line, number, is_async
        self.__name__ = self.__qualname__ = name
        self.__doc__ = doc

    @classmethod
    def made(cls, line: Line, number: int, name: str, doc: str, is_async: bool) -> "RemoteFunction":
        """From the fields of a message."""
        return cls(line, int(number), str(name), str(doc), is_async=bool(is_async))

    def __call__(self, *arguments: object, **keywords: object) -> object:
        if self._is_async:
            return self._iccm_line.drive(self, *arguments, **keywords)
        return self._iccm_line.request("call", self, *arguments, **keywords)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name not in ("__wrapped__", "__name__"):
            raise AttributeError(name)
        return self._iccm_line.request("get", self, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemoteFunction) and other._iccm_number == self._iccm_number

    def __hash__(self) -> int:
        return hash(self._iccm_number)


class RemoteMethod:
    """Stands for a bound method."""

    def __init__(self, line: Line, owner: object, name: str, *, is_async: bool) -> None:
        self._iccm_line, self.owner, self.name, self._is_async = line, owner, name, is_async
        self.__name__ = self.__qualname__ = name

    @classmethod
    def made(cls, line: Line, owner: object, name: str, is_async: bool) -> "RemoteMethod":
        """From the fields of a message."""
        return cls(line, owner, name, is_async=is_async)

    def __call__(self, *arguments: object, **keywords: object) -> object:
        if self._is_async:
            return self._iccm_line.drive(self, *arguments, **keywords)
        return self._iccm_line.request("method", self.owner, self.name, *arguments, **keywords)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name != "__wrapped__":
            raise AttributeError(name)
        return self._iccm_line.request("get", self, name)


def number_of(value: object) -> int | None:
    """The number of what a stand-in stands for; None if it is none."""
    if isinstance(value, (RemoteType, RemoteFunction)) or isinstance(type(value), RemoteType):
        return vars(value).get(NUMBER)
    return None


def guarded(line: Line, operation: str, *arguments: object) -> object:
    """A request while tests are being collected, where leaving the program is a failed import and nothing more."""
    try:
        return line.request(operation, *arguments)
    except Exception:
        raise
    except BaseException as problem:
        raise ImportError(f"{type(problem).__name__} while importing the implementation: {problem}") from None


def is_own_class(kind: type) -> bool:
    """Whether instances are objects of a class that the implementation wrote."""
    return isinstance(kind, RemoteType) and not vars(kind)["_iccm_is_library"]


def mark_unexpected(value: object) -> None:
    """From here on the object may be read, but not computed or compared with."""
    vars(value)[UNEXPECTED] = True
