"""Messages of tagged fields: each field is a key (tag and kind of payload) and a payload, described by a schema.

Kinds: 0 varint, 1 eight bytes, 2 a length and that many bytes. Readers keep fields that their schema
does not know, except inside nested messages.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wirevar import NumberTooLarge, Truncated, WireError, _read_varint, _unzigzag, _varint, _zigzag

Raw = tuple[int, int, int | bytes]
LARGEST_TAG = (1 << 29) - 1
DEEPEST = 32
_KINDS = {"uint": 0, "int": 0, "bool": 0, "double": 1, "text": 2, "bytes": 2, "message": 2}
_PYTHON = {
    "uint": int,
    "int": int,
    "bool": bool,
    "double": (int, float),
    "text": str,
    "bytes": bytes,
    "message": Mapping,
}


class SchemaError(ValueError):
    """A schema contradicts itself."""


class FieldError(WireError):
    """Base of errors about one field; `path` names it, outer messages first, joined by dots."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path


class MissingField(FieldError):
    """A required field is absent."""


class UnknownField(FieldError):
    """A value is given under a name that the schema does not have."""


class WrongValue(FieldError):
    """A value, or the payload read for it, does not suit the type of the field."""


class TooDeep(WireError):
    """Messages are nested beyond what is allowed."""


@dataclass(frozen=True)
class Field:
    """One field of a schema; `type` is uint, int, bool, double, text, bytes or message (then `schema` is needed)."""

    tag: int
    name: str
    type: str
    repeated: bool = False
    required: bool = False
    default: Any = None
    schema: "Schema | None" = None


@dataclass(frozen=True)
class Decoded:
    """A message that was read: values by name, and the fields its schema does not know as (tag, kind, payload)."""

    values: dict[str, Any]
    unknown: list[Raw] = field(default_factory=list)


class Schema:
    """The fields a message may have, in the order of their tags."""

    def __init__(self, fields: Iterable[Field]) -> None:
        """Check the fields. Raises SchemaError for bad or repeated tags, repeated names and unknown types."""
        self.fields = tuple(sorted(fields, key=lambda each: each.tag))
        self._tags = {each.tag: each for each in self.fields}
        self._names = {each.name: each for each in self.fields}
        if len(self._tags) < len(self.fields) or len(self._names) < len(self.fields):
            raise SchemaError("a tag or a name is used twice")
        for each in self.fields:
            _check_field(each)

    def named(self, name: str) -> Field:
        """The field of that name. Raises UnknownField."""
        if name not in self._names:
            raise UnknownField(name, "the schema has no such field")
        return self._names[name]

    def encode(self, values: Mapping[str, Any], unknown: Iterable[Raw] = ()) -> bytes:
        """The bytes of a message by ascending tag, then the unknown fields of an earlier reading.

        None stands for an absent value. Raises MissingField, UnknownField, WrongValue and TooDeep.
        """
        return self._encode(values, "", 0) + b"".join(_raw_bytes(*raw) for raw in unknown)

    def decode(self, data: bytes) -> Decoded:
        """Read a message: absent fields get their default, repeated ones a list; of single ones the last counts.

        Raises Truncated, MissingField, WrongValue, TooDeep and WireError.
        """
        unknown = [raw for raw in _scanned(data) if raw[0] not in self._tags]
        return Decoded(self._decode(data, "", 0), unknown)

    def merge(self, first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
        """Values of both: the second ones replace single values, extend repeated ones and merge into messages."""
        merged = dict(first)
        for name, value in second.items():
            known = self._names.get(name)
            if known is None:
                raise UnknownField(name, "the schema has no such field")
            if known.repeated:
                merged[name] = [*(merged.get(name) or []), *(value or [])]
            elif known.schema is not None and merged.get(name) is not None and value is not None:
                merged[name] = known.schema.merge(merged[name], value)
            elif value is not None or name not in merged:
                merged[name] = value
        return merged

    def breaks(self, newer: "Schema") -> list[str]:
        """Why a newer schema could not read messages of this one, one sentence for each tag; empty if it can."""
        reasons = []
        for later in newer.fields:
            earlier = self._tags.get(later.tag)
            if earlier is None:
                if later.required:
                    reasons.append(f"tag {later.tag}: the new field {later.name} is required")
            elif earlier.type != later.type:
                reasons.append(f"tag {later.tag}: {earlier.type} became {later.type}")
            elif earlier.repeated and not later.repeated:
                reasons.append(f"tag {later.tag}: {later.name} is no longer repeated")
            elif later.required and not earlier.required:
                reasons.append(f"tag {later.tag}: {later.name} became required")
        return reasons

    def _encode(self, values: Mapping[str, Any], path: str, depth: int) -> bytes:
        _check_depth(depth)
        for name in values:
            if name not in self._names:
                raise UnknownField(path + name, "the schema has no such field")
        result = b""
        for each in self.fields:
            value = values.get(each.name)
            items = ([] if value is None else value) if each.repeated else [] if value is None else [value]
            if not isinstance(items, list | tuple):
                raise WrongValue(path + each.name, "a list is needed")
            if each.required and not items:
                raise MissingField(path + each.name, "it is required")
            for item in items:
                result += _raw_bytes(each.tag, _KINDS[each.type], _payload(each, item, path + each.name, depth))
        return result

    def _decode(self, data: bytes, path: str, depth: int) -> dict[str, Any]:
        _check_depth(depth)
        found: dict[str, list[Any]] = {}
        for tag, kind, payload in _scanned(data):
            if each := self._tags.get(tag):
                value = _value(each, kind, payload, path + each.name, depth)
                found.setdefault(each.name, []).append(value)
        for each in self.fields:
            if each.required and each.name not in found:
                raise MissingField(path + each.name, "it is required")
        return {
            each.name: found.get(each.name, []) if each.repeated else found.get(each.name, [each.default])[-1]
            for each in self.fields
        }


def scan(data: bytes) -> list[Raw]:
    """All fields as (tag, kind, payload) without a schema: numbers for varints, bytes otherwise.

    Raises Truncated, and WireError for kinds that do not exist and tags of 0.
    """
    return _scanned(data)


def frame(message: bytes) -> bytes:
    """The message with its length in front, to be sent one after another."""
    return _varint(len(message)) + message


def split_frames(stream: bytes) -> tuple[list[bytes], bytes]:
    """The complete messages at the start of a stream, and the bytes of one that has not arrived completely."""
    messages, offset = [], 0
    while offset < len(stream):
        try:
            length, start = _read_varint(stream, offset)
        except Truncated:
            break
        if start + length > len(stream):
            break
        messages.append(stream[start:start + length])
        offset = start + length
    return messages, stream[offset:]


def _check_field(each: Field) -> None:
    if not 1 <= each.tag <= LARGEST_TAG:
        raise SchemaError(f"tag {each.tag} is not from 1 to {LARGEST_TAG}")
    if each.type not in _KINDS:
        raise SchemaError(f"{each.name}: unknown type {each.type!r}")
    if (each.type == "message") != (each.schema is not None):
        raise SchemaError(f"{each.name}: messages, and only they, need a schema")
    if each.default is not None and (each.repeated or each.required):
        raise SchemaError(f"{each.name}: neither repeated nor required fields have a default")


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise TooDeep(f"messages are nested more than {DEEPEST} deep")


def _raw_bytes(tag: int, kind: int, payload: int | bytes) -> bytes:
    key = _varint(tag << 3 | kind)
    if kind == 0:
        return key + _varint(payload)
    return key + payload if kind == 1 else key + _varint(len(payload)) + payload


def _payload(each: Field, value: Any, path: str, depth: int) -> int | bytes:
    """The payload that stands for a value."""
    if not isinstance(value, _PYTHON[each.type]) or isinstance(value, bool) != (each.type == "bool"):
        raise WrongValue(path, f"{value!r} is no {each.type}")
    try:
        if each.type == "message":
            return each.schema._encode(value, path + ".", depth + 1)
        if each.type == "double":
            return struct.pack("<d", float(value))
        if each.type == "text":
            return value.encode()
        if each.type == "bytes":
            return value
        number = _zigzag(value) if each.type == "int" else int(value)
        _varint(number)  # refuses what does not fit
        return number
    except (NumberTooLarge, OverflowError, UnicodeEncodeError) as error:
        raise WrongValue(path, str(error)) from error


def _value(each: Field, kind: int, payload: int | bytes, path: str, depth: int) -> Any:
    """The value that a payload stands for."""
    if kind != _KINDS[each.type]:
        raise WrongValue(path, f"kind {kind} carries no {each.type}")
    if each.type == "message":
        return each.schema._decode(payload, path + ".", depth + 1)
    if each.type == "double":
        return struct.unpack("<d", payload)[0]
    if each.type == "text":
        try:
            return payload.decode()
        except UnicodeDecodeError as error:
            raise WrongValue(path, "the text is not UTF-8") from error
    if each.type == "bool":
        return payload != 0
    return _unzigzag(payload) if each.type == "int" else payload


def _scanned(data: bytes) -> list[Raw]:
    found: list[Raw] = []
    offset = 0
    while offset < len(data):
        start = offset
        key, offset = _read_varint(data, offset)
        tag, kind = key >> 3, key & 7
        if not 1 <= tag <= LARGEST_TAG or kind > 2:
            raise WireError(f"the key at offset {start} is invalid")
        if kind == 0:
            payload, offset = _read_varint(data, offset)
        else:
            length, offset = (8, offset) if kind == 1 else _read_varint(data, offset)
            payload, offset = data[offset:offset + length], offset + length
        if offset > len(data):
            raise Truncated(start)
        found.append((tag, kind, payload))
    return found
