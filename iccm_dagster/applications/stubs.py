"""The parts of an interface, and how they are written as stub code.

Every ``text`` is valid Python without bodies, docstrings or comments on how something works.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Binding(StrEnum):
    """How a callable is reached."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS_METHOD = "classmethod"
    STATIC_METHOD = "staticmethod"
    PROPERTY = "property"
    """Read as an attribute; ``settable`` says whether it can be assigned."""


class Sort(StrEnum):
    """What a class is for."""

    CLASS = "class"
    DATACLASS = "dataclass"
    NAMED_TUPLE = "named tuple"
    ENUM = "enum"
    EXCEPTION = "exception"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A constant, a field, an attribute or a member of an enum."""

    name: str
    """Its name."""
    annotation: str | None
    """Type as written; None when the source gives none."""
    value: str | None
    """Literal value or default as source text; None where there is none or it is no short literal."""

    def text(self) -> str:
        """Return it as one line of a stub."""
        line = self.name + (f": {self.annotation}" if self.annotation else "")
        return line + (f" = {self.value}" if self.value is not None else "" if self.annotation else " = ...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callable:
    """A function, method or property."""

    name: str
    """Simple name."""
    signature: str
    """``def name(parameters) -> result`` in one line, with annotations and defaults."""
    binding: Binding
    """How it is reached."""
    is_async: bool
    """Whether it is written with ``async def``."""
    yields: bool
    """Whether it is a generator, or with ``is_async`` an asynchronous one."""
    decorators: tuple[str, ...]
    """Decorators as written, without the ``@``."""
    settable: bool = False
    """Whether a property has a setter."""

    def text(self) -> str:
        """Return it as a stub without a body."""
        lines = [f"@{decorator}" for decorator in self.decorators] + [f"{self.signature}: ..."]
        if self.settable:
            lines += [f"@{self.name}.setter", f"def {self.name}(self, value) -> None: ..."]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A public class."""

    name: str
    """Simple name."""
    sort: Sort
    """What it is for."""
    bases: tuple[str, ...]
    """Base classes as written; private ones are replaced by their own bases."""
    exception_base: str | None
    """Nearest builtin exception it derives from; None when it is no exception."""
    decorators: tuple[str, ...]
    """Decorators as written, without the ``@``."""
    values: tuple[Value, ...]
    """Fields, class constants, members of an enum, and the public attributes that ``__init__`` sets."""
    methods: tuple[Callable, ...]
    """Public and dunder methods and properties."""
    classes: tuple["Class", ...]
    """Public classes inside."""

    def text(self) -> str:
        """Return it as a stub without bodies."""
        bases = f"({', '.join(self.bases)})" if self.bases else ""
        head = [*(f"@{decorator}" for decorator in self.decorators), f"class {self.name}{bases}:"]
        parts = [item.text() for item in (*self.values, *self.classes, *self.methods)]
        return "\n".join(head) + "\n" + _indented("\n".join(parts) or "...")

    def names(self) -> Iterator[str]:
        """Yield ``Class``, then ``Class.member`` for each member."""
        yield self.name
        inner = [item.name for item in (*self.values, *self.methods)]
        yield from (f"{self.name}.{name}" for name in inner)
        yield from (f"{self.name}.{name}" for nested in self.classes for name in nested.names())


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One public module."""

    name: str
    """Dotted name."""
    constants: tuple[Value, ...]
    """Public variables."""
    functions: tuple[Callable, ...]
    """Public functions."""
    classes: tuple[Class, ...]
    """Public classes, bases before the classes that derive from them where the source has them so."""
    reexports: tuple[tuple[str, str], ...]
    """(name, origin) of what it offers from other public modules: ``("parse", "pkg.core.parse")``."""
    is_package: bool
    """Whether its file is an ``__init__.py``."""

    def text(self) -> str:
        """Return it as a stub without bodies; valid Python."""
        imports = [f"from {origin.rpartition('.')[0]} import {_alias(name, origin)}" for name, origin in self.reexports]
        blocks = ["\n".join(imports), "\n".join(value.text() for value in self.constants)]
        blocks += [item.text() for item in (*self.classes, *self.functions)]
        path = self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")
        return "\n\n".join([f"# {path}", *filter(None, blocks)]) + "\n"

    def names(self) -> Iterator[str]:
        """Yield every public name with the module's name in front."""
        simple = [item.name for item in (*self.constants, *self.functions)] + [name for name, _ in self.reexports]
        simple += [name for item in self.classes for name in item.names()]
        yield from (f"{self.name}.{name}" for name in simple)


def _alias(name: str, origin: str) -> str:
    original = origin.rpartition(".")[2]
    return name if name == original else f"{original} as {name}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))
