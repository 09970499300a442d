"""What crosses between the trusted and the foreign process by value: exact builtins and a few library value types.

``Codec`` turns values into JSON and back; whatever it does not know goes to the hooks ``refer`` (object -> JSON) and
``resolve`` (tag, fields -> object), which each side fills in its own way. Only exact types travel by value: an ``int``
subclass that claims to equal everything does not get here. Nothing is imported or called by the name that a message
gives, except types from the fixed table below. Mutable containers are counted as they pass, in the same order on both
sides, so that a call can hand changed arguments back.

Within one message, sharing and cycles of containers are kept.

Not covered: identity of containers across messages (a list that is returned is a copy), and values nested deeper than the
interpreter's recursion limit; they raise, and calibration then runs the file in-process.
"""

import collections
import datetime
import decimal
import fractions
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable

SMALL = 1 << 53

TYPES = {
    kind.__module__ + "." + kind.__qualname__: kind
    for kind in (
        *(bool, int, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset, range, slice, object),
        *(type, type(None), collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone, decimal.Decimal),
        *(fractions.Fraction, uuid.UUID, pathlib.Path, pathlib.PurePath, pathlib.PosixPath, pathlib.PurePosixPath),
        *(pathlib.PureWindowsPath, re.Pattern, types.SimpleNamespace, types.MappingProxyType, zoneinfo.ZoneInfo),
        *(types.FunctionType, types.GeneratorType, types.MethodType, types.BuiltinFunctionType, types.CoroutineType),
    )
}
"""Library types that may be named in a message."""
_NAMES = {kind: name for name, kind in TYPES.items()}
_VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}


class Codec:
    """Encodes and decodes one message; keeps the mutable containers it meets, in order."""

    def __init__(self, refer: Callable[[object], list], resolve: Callable[[str, list, "Codec"], object]) -> None:
        """``refer`` encodes what does not travel by value, ``resolve`` decodes the tags that it writes."""
        self._refer = refer
        self._resolve = resolve
        self.containers: list[object] = []
        """Mutable containers, in the order in which they were met."""
        self.sent: list[object] = []
        """For each container that was decoded: its JSON."""
        self.known: dict[int, int] = {}
        """id() of a container that the other side already holds -> its number there."""
        self._met: dict[int, int] = {}

    def encode(self, value: object) -> object:
        """Value -> JSON."""
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -SMALL < value < SMALL else ["i", hex(value)]
        encoder = _ENCODERS.get(kind)
        if encoder is None:
            return self._refer(value)
        if kind in _MUTABLE:
            number = self.known.get(id(value))
            if number is not None:
                return ["arg", number]
            number = self._met.setdefault(id(value), len(self.containers))
            if number < len(self.containers):
                return ["ref", number]
            self.containers.append(value)
        return encoder(self, value)

    def decode(self, data: object) -> object:
        """JSON -> value.

        Raises:
            ValueError: The JSON is not what :meth:`encode` writes.
        """
        if data is None or type(data) in (bool, str, int):
            return data
        if type(data) is not list or not data or type(data[0]) is not str:
            raise ValueError("a value without a tag")
        decoder = _DECODERS.get(data[0])
        try:
            return self._resolve(data[0], data[1:], self) if decoder is None else decoder(self, data)
        except (TypeError, IndexError, KeyError, AttributeError, ArithmeticError, re.error, OSError) as problem:
            raise ValueError(f"a malformed value tagged {data[0]!r}: {problem!r}") from problem

    def many(self, data: object) -> list:
        """JSON list -> values."""
        if type(data) is not list:
            raise ValueError("a sequence that is no list")
        return [self.decode(item) for item in data]

    def _keep(self, container: object, data: object) -> object:
        self.containers.append(container)
        self.sent.append(data)
        return container


def _sequence(tag: str) -> Callable[[Codec, object], list]:
    return lambda codec, value: [tag, [codec.encode(item) for item in value]]


def _pairs(codec: Codec, value: object) -> list:
    return [[codec.encode(key), codec.encode(item)] for key, item in value.items()]


def _read_list(codec: Codec, data: list) -> list:
    result = codec._keep([], data)
    result.extend(codec.many(data[1]))
    return result


def _read_set(codec: Codec, data: list) -> set:
    result = codec._keep(set(), data)
    result.update(codec.many(data[1]))
    return result


def _read_pairs(codec: Codec, data: list) -> list[tuple]:
    return [(codec.decode(key), codec.decode(item)) for key, item in data]


def _read_dict(codec: Codec, data: list) -> dict:
    result = codec._keep({}, data)
    result.update(_read_pairs(codec, data[1]))
    return result


def _write_datetime(codec: Codec, value: datetime.datetime) -> list:
    fields = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond, value.fold]
    return ["datetime", fields, codec.encode(value.tzinfo)]


def _read_datetime(codec: Codec, data: list) -> datetime.datetime:
    *fields, fold = data[1]
    return datetime.datetime(*fields, tzinfo=codec.decode(data[2]), fold=fold)


def _write_time(codec: Codec, value: datetime.time) -> list:
    return ["time", [value.hour, value.minute, value.second, value.microsecond, value.fold], codec.encode(value.tzinfo)]


def _read_time(codec: Codec, data: list) -> datetime.time:
    *fields, fold = data[1]
    return datetime.time(*fields, tzinfo=codec.decode(data[2]), fold=fold)


def _write_deque(codec: Codec, value: collections.deque) -> list:
    return ["deque", [codec.encode(item) for item in value], value.maxlen]


def _read_deque(codec: Codec, data: list) -> collections.deque:
    result = codec._keep(collections.deque(maxlen=data[2]), data)
    result.extend(codec.many(data[1]))
    return result


def _write_default(codec: Codec, value: collections.defaultdict) -> list:
    factory = value.default_factory
    return ["defaultdict", codec.encode(factory), _pairs(codec, value)]


def _read_default(codec: Codec, data: list) -> collections.defaultdict:
    result = codec._keep(collections.defaultdict(), data)
    result.default_factory = codec.decode(data[1])
    result.update(_read_pairs(codec, data[2]))
    return result


def _read_ordered(codec: Codec, data: list) -> collections.OrderedDict:
    result = codec._keep(collections.OrderedDict(), data)
    result.update(_read_pairs(codec, data[1]))
    return result


def _read_counter(codec: Codec, data: list) -> collections.Counter:
    result = codec._keep(collections.Counter(), data)
    dict.update(result, _read_pairs(codec, data[1]))
    return result


def _read_bytearray(codec: Codec, data: list) -> bytearray:
    return codec._keep(bytearray.fromhex(data[1]), data)


def _write_view(codec: Codec, value: object) -> list:
    return ["view", _VIEWS[type(value)], [codec.encode(item) for item in value]]


def _read_view(codec: Codec, data: list) -> object:
    items = codec.many(data[2])
    if data[1] == "keys":
        return dict.fromkeys(items).keys()
    return dict(enumerate(items)).values() if data[1] == "values" else dict(items).items()


def _write_namespace(codec: Codec, value: types.SimpleNamespace) -> list:
    return ["ns", _pairs(codec, vars(value))]


def _read_namespace(codec: Codec, data: list) -> types.SimpleNamespace:
    result = codec._keep(types.SimpleNamespace(), data)
    vars(result).update(_read_pairs(codec, data[1]))
    return result


def _text(tag: str) -> Callable[[Codec, object], list]:
    return lambda codec, value: [tag, str(value)]


def _write_pattern(codec: Codec, value: re.Pattern) -> list:
    return ["re", codec.encode(value.pattern), value.flags]


def _write_zone(codec: Codec, value: datetime.timezone) -> list:
    return ["tz", codec.encode(value.utcoffset(None)), value.tzname(None)]


_ENCODERS: dict[type, Callable[[Codec, object], object]] = {
    float: lambda codec, value: ["f", repr(value)],
    complex: lambda codec, value: ["c", repr(value.real), repr(value.imag)],
    list: _sequence("l"),
    tuple: _sequence("t"),
    set: _sequence("s"),
    frozenset: _sequence("z"),
    dict: lambda codec, value: ["d", _pairs(codec, value)],
    bytes: lambda codec, value: ["b", value.hex()],
    bytearray: lambda codec, value: ["y", value.hex()],
    range: lambda codec, value: ["r", *map(codec.encode, (value.start, value.stop, value.step))],
    slice: lambda codec, value: ["slice", *map(codec.encode, (value.start, value.stop, value.step))],
    type(...): lambda codec, value: ["..."],
    type(NotImplemented): lambda codec, value: ["ni"],
    collections.deque: _write_deque,
    collections.OrderedDict: lambda codec, value: ["od", _pairs(codec, value)],
    collections.defaultdict: _write_default,
    collections.Counter: lambda codec, value: ["counter", _pairs(codec, value)],
    types.SimpleNamespace: _write_namespace,
    types.MappingProxyType: lambda codec, value: ["proxy", _pairs(codec, value)],
    datetime.datetime: _write_datetime,
    datetime.date: lambda codec, value: ["date", [value.year, value.month, value.day]],
    datetime.time: _write_time,
    datetime.timedelta: lambda codec, value: ["delta", value.days, value.seconds, value.microseconds],
    datetime.timezone: _write_zone,
    zoneinfo.ZoneInfo: lambda codec, value: ["zone", value.key],
    decimal.Decimal: _text("dec"),
    fractions.Fraction: lambda codec, value: ["frac", codec.encode(value.numerator), codec.encode(value.denominator)],
    uuid.UUID: _text("uuid"),
    pathlib.PosixPath: _text("path"),
    pathlib.PurePosixPath: _text("ppath"),
    pathlib.PureWindowsPath: _text("wpath"),
    re.Pattern: _write_pattern,
    **dict.fromkeys(_VIEWS, _write_view),
}
_MUTABLE = frozenset(
    (list, set, dict, bytearray, collections.deque, collections.OrderedDict, collections.defaultdict)
    + (collections.Counter, types.SimpleNamespace)
)
_DECODERS: dict[str, Callable[[Codec, list], object]] = {
    "i": lambda codec, data: int(data[1], 16),
    "f": lambda codec, data: float(data[1]),
    "c": lambda codec, data: complex(float(data[1]), float(data[2])),
    "l": _read_list,
    "t": lambda codec, data: tuple(codec.many(data[1])),
    "s": _read_set,
    "z": lambda codec, data: frozenset(codec.many(data[1])),
    "d": _read_dict,
    "b": lambda codec, data: bytes.fromhex(data[1]),
    "y": _read_bytearray,
    "r": lambda codec, data: range(*codec.many(data[1:])),
    "slice": lambda codec, data: slice(*codec.many(data[1:])),
    "ref": lambda codec, data: codec.containers[data[1]],
    "...": lambda codec, data: ...,
    "ni": lambda codec, data: NotImplemented,
    "deque": _read_deque,
    "od": _read_ordered,
    "defaultdict": _read_default,
    "counter": _read_counter,
    "ns": _read_namespace,
    "proxy": lambda codec, data: types.MappingProxyType(dict(_read_pairs(codec, data[1]))),
    "datetime": _read_datetime,
    "date": lambda codec, data: datetime.date(*data[1]),
    "time": _read_time,
    "delta": lambda codec, data: datetime.timedelta(data[1], data[2], data[3]),
    "tz": lambda codec, data: _zone(codec.decode(data[1]), data[2]),
    "zone": lambda codec, data: zoneinfo.ZoneInfo(data[1]),
    "dec": lambda codec, data: decimal.Decimal(data[1]),
    "frac": lambda codec, data: fractions.Fraction(codec.decode(data[1]), codec.decode(data[2])),
    "uuid": lambda codec, data: uuid.UUID(data[1]),
    "path": lambda codec, data: pathlib.Path(data[1]),
    "ppath": lambda codec, data: pathlib.PurePosixPath(data[1]),
    "wpath": lambda codec, data: pathlib.PureWindowsPath(data[1]),
    "re": lambda codec, data: re.compile(codec.decode(data[1]), data[2] & ~re.DEBUG),
    "view": _read_view,
    "T": lambda codec, data: TYPES[data[1]],
}


def type_name(kind: type) -> str | None:
    """The name under which a library type may be sent; None if it may not."""
    return _NAMES.get(kind)


def replace_content(container: object, content: object) -> None:
    """Give a mutable container the content of another of its type, in place.

    Raises:
        ValueError: They are not of the same type.
    """
    if type(container) is not type(content) or type(container) not in _MUTABLE:
        raise ValueError("a container cannot take the content of another type")
    if isinstance(container, types.SimpleNamespace):
        container, content = vars(container), vars(content)
    if isinstance(container, (list, bytearray)):
        container[:] = content
        return
    container.clear()
    if isinstance(container, collections.deque):
        container.extend(content)
    elif isinstance(container, collections.Counter):
        dict.update(container, content)
    else:
        container.update(content)


def _zone(offset: datetime.timedelta, name: str) -> datetime.timezone:
    plain = datetime.timezone(offset)
    return plain if plain.tzname(None) == name else datetime.timezone(offset, name)
