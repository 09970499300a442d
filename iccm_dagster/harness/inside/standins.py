"""What tests see instead of the implementation's objects: stand-ins for classes, objects, enums and exceptions.

A stand-in forwards attributes, calls and operators. One that comes where the original returns plain values may be read
but not computed or compared with, so that an object made to please every operator earns nothing. Equality is decided
here: objects of a class without an own ``__eq__`` are equal if they are the same; dataclasses compare their fields, other
classes their whole state, as decoded values; the foreign ``__eq__`` is never asked. Ordering against anything that is no
stand-in is refused.

Covered: functions, classes, static and class methods, dataclasses, named tuples, enums, exceptions with attributes,
subclasses of immutable builtins, iterators, generators, context managers, coroutines, operators, module attributes.
Not covered: subclassing a stand-in, ``__eq__`` with other semantics than equal state, isinstance against abstract
classes of the library, pickling. Calibration finds such tests and runs their file in-process. Objects handed to a test's
callback are not compared with the original's.
"""

import copy
import dataclasses
import enum
import operator
import types
import weakref
from collections.abc import Callable

from iccm_dagster.harness.inside.remote import NUMBER, UNEXPECTED, Line, RemoteMethod, RemoteType
from iccm_dagster.harness.inside.shape import ORDERING, READING, SPECIAL

_BASES = {kind.__name__: kind for kind in (int, float, complex, str, bytes, tuple, frozenset)}
_ENUMS = {kind.__name__: kind for kind in (enum.Enum, enum.IntEnum, enum.StrEnum, enum.Flag, enum.IntFlag)}


class StandIns:
    """Makes stand-ins, one class per foreign class, and keeps one object per foreign object while a test holds it."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._classes: dict[int, type] = {}
        self._enum_numbers: dict[type, int] = {}
        self._objects: weakref.WeakValueDictionary[int, object] = weakref.WeakValueDictionary()

    def of(self, number: int) -> type:
        """The stand-in of a class."""
        if number not in self._classes:
            answer = self._line.request("describe", number)
            facts = _checked(answer["facts"])
            self._line.known.class_seen(number, facts)
            members = [(name, value) for name, value in answer["members"] if _is_harmless(name)]
            self._classes[number] = self._make(number, facts, answer["bases"], members)
        return self._classes[number]

    def handle(self, number: int, kind: int) -> object:
        """The stand-in of an object that does not travel by value."""
        found = self._objects.get(number)
        if found is None:
            found = object.__new__(self.of(kind))
            vars(found)[NUMBER] = number
            self._objects[number] = found
        return found

    def value(self, number: int, kind: int, plain: object) -> object:
        """The stand-in of an instance of a subclass of an immutable builtin."""
        base = type(plain)
        found = base.__new__(self.of(kind), plain)
        vars(found)[NUMBER] = number
        return found

    def enum_member(self, kind: int, name: object, value: object) -> object:
        """A member of a stand-in enum; of a flag, also a combination."""
        found = self.of(kind)
        return found[name] if name in found.__members__ else found(value)

    def member(self, value: object) -> int | None:
        """The number of the enum that ``value`` belongs to; None if it is no member of a stand-in."""
        return self._enum_numbers.get(type(value)) if isinstance(value, enum.Enum) else None

    def enum_number(self, kind: object) -> int | None:
        """The number of a stand-in enum; None if ``kind`` is none."""
        return self._enum_numbers.get(kind) if isinstance(kind, enum.EnumType) else None

    def exception(self, number: int, kind: type, arguments: list, text: object, attributes: dict) -> BaseException:
        """An exception to raise here."""
        if not isinstance(kind, RemoteType):
            return _library_instance(kind, arguments, text, attributes)
        problem = kind.__new__(kind, *arguments)
        problem.args = tuple(arguments)
        vars(problem).update(attributes)
        vars(problem)[NUMBER] = number
        vars(problem)["_iccm_text"] = text
        return problem

    def _make(self, number: int, facts: dict, bases: list, members: list) -> type:
        if facts["enum"]:
            kind = self._make_enum(facts, members)
            self._enum_numbers[kind] = number
            return kind
        bases = [base for base in bases if isinstance(base, RemoteType) or _is_exception(base)]
        exception = any(_is_exception(base) for base in bases)
        if facts["value_base"]:
            bases = [base for base in bases if base is not object] or [_BASES[facts["value_base"]]]
        namespace = self._namespace(number, facts, exception=exception)
        try:
            return RemoteType(facts["name"], tuple(bases), namespace)
        except TypeError:  # an order of bases that does not work out without the classes left out above
            return RemoteType(facts["name"], tuple(bases[:1]), namespace)

    def _namespace(self, number: int, facts: dict, *, exception: bool) -> dict[str, object]:
        line = self._line
        names: dict[str, object] = {name: _method(line, name, name in facts["async"]) for name in facts["methods"]}
        special = {name: _special(line, name) for name in facts["special"] if name in SPECIAL}
        # Library objects (generators, iterators) keep no more than what is needed to read them.
        plain = exception or bool(facts["library"])
        names |= {
            NUMBER: number,
            "_iccm_line": line,
            "_iccm_is_library": plain,
            "__module__": facts["module"],
            "__doc__": facts["doc"],
        }
        names |= {"__qualname__": facts["qualname"], "__class_getitem__": classmethod(lambda cls, item: cls)}
        names["__init_subclass__"] = classmethod(_refuse_subclass)
        names["__getattr__"] = _read
        if facts["library"]:
            special = {name: forward for name, forward in special.items() if name in READING}
        if facts["namedtuple"] is not None:
            names |= {name: property(operator.itemgetter(i)) for i, name in enumerate(facts["namedtuple"])}
            names |= {"_fields": tuple(facts["namedtuple"]), "__match_args__": tuple(facts["namedtuple"])}
        if facts["value_base"]:
            return names | special
        if exception:
            return names | special | {"__str__": _exception_text}
        always = {name: _special(line, name) for name in ("__repr__", "__str__")}
        names |= always | special | _comparison(line, facts)
        names |= {"__setattr__": _write, "__delattr__": _delete, "__dir__": _names}
        names |= {"__copy__": _copy, "__deepcopy__": _deep_copy}
        if facts["fields"] is not None:
            names["__dataclass_fields__"] = _dataclass_fields(facts["fields"])
            names["__match_args__"] = tuple(name for name, init, _, _ in facts["fields"] if init)
        return names

    def _make_enum(self, facts: dict, members: list) -> type:
        line = self._line
        mixin, _, base = facts["enum"].rpartition("+")
        names: dict[str, object] = {name: _method(line, name, name in facts["async"]) for name in facts["methods"]}
        names |= {name: _special(line, name) for name in facts["special"] if name in SPECIAL}
        names |= {name: _class_method(line, name) for name in facts["class_methods"]}
        names |= {"__getattr__": _read_public, "_iccm_line": property(lambda member: line)}
        if facts["missing"]:
            names["_missing_"] = classmethod(lambda cls, value: line.request("call", cls, value))
        bases = (_BASES[mixin], _ENUMS[base]) if mixin else (_ENUMS[base],)
        stem = types.new_class(facts["name"], bases, {}, lambda namespace: _fill(namespace, names))
        made = stem(facts["name"], [(name, value) for name, value in members], module=facts["module"])
        made.__qualname__ = facts["qualname"]
        return made


def _checked(facts: dict) -> dict:
    """A description without the names that would give the foreign side a say in what stands here.

    Raises:
        ValueError: It is no description at all.
    """
    for key in ("methods", "class_methods", "async"):
        facts[key] = [name for name in facts[key] if _is_harmless(name) or (key == "async" and name in SPECIAL)]
    facts["special"] = [name for name in facts["special"] if name in SPECIAL]
    fields = [*(name for name, *_ in facts["fields"] or ()), *(facts["namedtuple"] or ())]
    texts = (facts["name"], facts["qualname"], facts["module"])
    if not all(map(_is_harmless, fields)) or not all(type(text) is str for text in texts):
        raise ValueError("a class described with names that no class has")
    return facts


def _is_harmless(name: object) -> bool:
    return type(name) is str and name.isidentifier() and not name.startswith("__")


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException)


def _library_instance(kind: type, arguments: list, text: object, attributes: dict) -> BaseException:
    try:
        problem = kind(*arguments)
    except Exception:
        problem = kind.__new__(kind)
        problem.args = tuple(arguments)
    for name, value in attributes.items():
        if not name.startswith("__"):
            setattr(problem, name, value)
    if isinstance(text, str) and not arguments and text:
        problem.args = (text,)
    return problem


def _method(line: Line, name: str, is_async: bool) -> Callable:
    if is_async:

        async def method(self: object, *arguments: object, **keywords: object) -> object:
            return await line.drive(RemoteMethod(line, self, name, is_async=True), *arguments, **keywords)
    else:

        def method(self: object, *arguments: object, **keywords: object) -> object:
            return line.request("method", self, name, *arguments, **keywords)

    method.__name__ = name
    return method


def _class_method(line: Line, name: str) -> classmethod:
    return classmethod(lambda cls, *arguments, **keywords: line.request("method", cls, name, *arguments, **keywords))


def _special(line: Line, name: str) -> Callable:
    def special(self: object, *arguments: object) -> object:
        if name not in READING and UNEXPECTED in vars(self):
            raise TypeError(f"{name} on an object of the implementation where the original returns a plain value")
        if name in ORDERING and not isinstance(type(arguments[0]), RemoteType):
            return NotImplemented
        if name == "__await__":
            return line.drive(self).__await__()
        return line.request("special", self, name, *arguments)

    special.__name__ = name
    return special


def _comparison(line: Line, facts: dict) -> dict[str, object]:
    meaning, fields = facts["equality"], [name for name, _, _, compare in facts["fields"] or () if compare]

    def equal(self: object, other: object) -> object:
        if self is other:
            return True
        if meaning == "identity" or not isinstance(type(other), RemoteType):
            return NotImplemented
        if not (type(self) is type(other) if meaning == "fields" else isinstance(other, type(self))):
            return NotImplemented
        mine, others = line.request("state", self), line.request("state", other)
        # Classes that keep nothing must not be equal for that.
        return bool(mine == others and (mine or meaning == "fields"))

    def key(self: object) -> tuple:
        state = line.request("state", self)
        return tuple(state[name] for name in fields)

    def ordering(compare: Callable) -> Callable:
        return lambda a, b: compare(key(a), key(b)) if type(a) is type(b) else NotImplemented

    names: dict[str, object] = {"__eq__": equal}
    names["__hash__"] = (lambda self: line.request("hash", self)) if facts["hashable"] else None
    if facts["ordered"]:
        names |= {f"__{name}__": ordering(getattr(operator, name)) for name in ("lt", "le", "gt", "ge")}
    return names


def _dataclass_fields(fields: list) -> dict[str, dataclasses.Field]:
    specs = [
        (name, object, dataclasses.field(default=None, init=init, repr=shown, compare=compare))
        for name, init, shown, compare in fields
    ]
    return vars(dataclasses.make_dataclass("Fields", specs))["__dataclass_fields__"]


def _fill(namespace: dict, names: dict) -> None:
    for name, value in names.items():
        namespace[name] = value


def _refuse_subclass(cls: type, **keywords: object) -> None:
    if NUMBER not in vars(cls):
        raise TypeError("a test derives from a class of the implementation: that cannot run split")


def _line_of(stand_in: object) -> Line:
    return type(stand_in)._iccm_line if isinstance(type(stand_in), RemoteType) else stand_in._iccm_line


def _read(self: object, name: str) -> object:
    if name.startswith("__") or name == NUMBER:
        raise AttributeError(name)
    return _line_of(self).request("get", self, name)


def _read_public(self: object, name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(name)
    return _line_of(self).request("get", self, name)


def _write(self: object, name: str, value: object) -> None:
    _line_of(self).request("set", self, name, value)


def _delete(self: object, name: str) -> None:
    _line_of(self).request("delete", self, name)


def _names(self: object) -> list[str]:
    return sorted(map(str, _line_of(self).request("names", self)))


def _copy(self: object) -> object:
    return _line_of(self).request("call", copy.copy, self)


def _deep_copy(self: object, memo: dict) -> object:
    return _line_of(self).request("call", copy.deepcopy, self)


def _exception_text(self: BaseException) -> str:
    text = vars(self).get("_iccm_text")
    return text if isinstance(text, str) else BaseException.__str__(self)
