"""What a class of the implementation looks like from outside; told by the foreign process, so never believed.

A description only decides how the stand-in on the trusted side is built: which names are methods, which operators
exist, how equality is meant. A lie makes the stand-in behave oddly; it does not let the foreign process decide an
equality.
"""

import dataclasses
import enum
import inspect
import types

SPECIAL = frozenset(
    f"__{name}__"
    for name in (
        "len bool iter next reversed contains getitem setitem delitem missing call enter exit aenter aexit aiter anext "
        "await int float complex index round trunc floor ceil abs neg pos invert str repr format bytes fspath add sub "
        "mul matmul truediv floordiv mod divmod pow lshift rshift and xor or radd rsub rmul rmatmul rtruediv rfloordiv "
        "rmod rdivmod rpow rlshift rrshift rand rxor ror iadd isub imul imatmul itruediv ifloordiv imod ipow ilshift "
        "irshift iand ixor ior lt le gt ge length_hint copy deepcopy"
    ).split()
)
"""Special methods that a stand-in forwards. Equality and hash are not among them."""
READING = frozenset(
    f"__{name}__"
    for name in "iter next reversed getitem missing call enter exit aenter aexit aiter anext await repr str".split()
)
"""Special methods that lead to further values and decide nothing by themselves."""
ORDERING = frozenset(("__lt__", "__le__", "__gt__", "__ge__"))
VALUE_BASES = (bool, int, float, complex, str, bytes, tuple, frozenset)
"""Immutable builtins: an instance of a subclass travels as its value plus a reference."""


def describe(kind: type) -> dict:
    """The facts about a class that a stand-in is built from; only JSON."""
    own = [base for base in kind.__mro__ if base.__module__ not in ("builtins", "enum")]
    is_enum = issubclass(kind, enum.Enum)
    bases = own if is_enum else kind.__mro__[:-1]
    names = {name: attribute for base in reversed(bases) for name, attribute in vars(base).items()}
    functions = {name: attribute for name, attribute in names.items() if isinstance(attribute, types.FunctionType)}
    overridden = {name for base in own for name in vars(base)}
    special = {name for name in names if name in SPECIAL and names[name] is not None}
    if issubclass(kind, VALUE_BASES):
        special &= overridden
    return {
        "name": kind.__name__,
        "qualname": kind.__qualname__,
        "module": kind.__module__,
        "doc": kind.__doc__ if isinstance(kind.__doc__, str) else None,
        "methods": sorted(name for name in functions if not name.startswith("_" if is_enum else "__")),
        "class_methods": sorted(
            name for name, value in names.items() if isinstance(value, (classmethod, staticmethod)) and name[0] != "_"
        ),
        "async": sorted(name for name, function in functions.items() if inspect.iscoroutinefunction(function)),
        "special": sorted(special),
        "equality": _equality(kind),
        "hashable": kind.__hash__ is not None,
        "ordered": _generated(kind, "__lt__", "order"),
        "fields": _fields(kind),
        "plain": _is_plain(kind),
        "library": kind.__module__ in ("builtins", "itertools", "collections", "_collections_abc"),
        "namedtuple": list(kind._fields) if issubclass(kind, tuple) and hasattr(kind, "_fields") else None,
        "value_base": next((base.__name__ for base in VALUE_BASES if issubclass(kind, base)), None),
        "enum": _enum_base(kind),
        "missing": is_enum and "_missing_" in overridden,
    }


def state_of(value: object) -> dict[str, object]:
    """What equality is decided on: the compared fields of a dataclass, else all attributes and builtin content."""
    kind = type(value)
    if dataclasses.is_dataclass(kind) and _generated(kind, "__eq__", "eq"):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.compare}
    state = dict(vars(value)) if hasattr(value, "__dict__") else {}
    for base in kind.__mro__:
        slots = vars(base).get("__slots__", ())
        for slot in [slots] if isinstance(slots, str) else slots:
            name = f"_{base.__name__.lstrip('_')}{slot}" if slot.startswith("__") and not slot.endswith("__") else slot
            if slot not in ("__weakref__", "__dict__") and hasattr(value, name):
                state[slot] = getattr(value, name)
    for base in (list, dict, set, bytearray):
        if isinstance(value, base):
            state[""] = base(value)
    return state


def _equality(kind: type) -> str:
    """``identity``, ``fields`` (a dataclass's own) or ``state`` (written by hand)."""
    if kind.__eq__ in (object.__eq__, BaseException.__eq__):
        return "identity"
    return "fields" if _generated(kind, "__eq__", "eq") else "state"


def _generated(kind: type, method: str, parameter: str) -> bool:
    parameters = vars(kind).get("__dataclass_params__")
    function = vars(kind).get(method)
    written = isinstance(function, types.FunctionType) and function.__code__.co_filename == "<string>"
    return parameters is not None and bool(getattr(parameters, parameter)) and written


def _is_plain(kind: type) -> bool:
    """Whether constructing it does nothing but keep the arguments."""
    return _generated(kind, "__init__", "init") and not hasattr(kind, "__post_init__") and "__new__" not in vars(kind)


def _fields(kind: type) -> list[list] | None:
    if not dataclasses.is_dataclass(kind):
        return None
    return [[field.name, field.init, field.repr, field.compare] for field in dataclasses.fields(kind)]


def _enum_base(kind: type) -> str | None:
    if not issubclass(kind, enum.Enum):
        return None
    for base in (enum.IntFlag, enum.Flag, enum.IntEnum, enum.StrEnum):
        if issubclass(kind, base):
            return base.__name__
    mixin = next((base.__name__ for base in (str, int, float, tuple, bytes) if issubclass(kind, base)), "")
    return f"{mixin}+Enum" if mixin else "Enum"
