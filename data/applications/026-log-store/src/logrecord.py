"""Records of a log: checksum, kind, lengths of key and value, key and value.

The checksum covers everything behind it, so a record that was cut off or changed is recognised.
"""

import struct
from dataclasses import dataclass
from zlib import crc32

LONGEST_KEY = 1024
LONGEST_VALUE = 1 << 20
_HEAD = struct.Struct(">IBHI")
_PUT, _DELETE, _COMMIT = 1, 2, 3


class LogError(Exception):
    """Base of every error raised for logs and stores."""


class TooLong(LogError, ValueError):
    """A key is empty or too long, or a value is too long."""


class CorruptRecord(LogError):
    """A record is damaged; `offset` is where it starts in the bytes, counted from 0."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the record at offset {offset} is damaged")
        self.offset = offset


@dataclass(frozen=True)
class Record:
    """One entry of a log: a value for a key, or None when the key was deleted; a commit has an empty key."""

    key: str
    value: bytes | None

    def is_commit(self) -> bool:
        """Whether the record closes a batch instead of changing a key."""
        return self.key == ""


COMMIT = Record("", None)


def encode_record(record: Record) -> bytes:
    """The bytes of a record. Raises TooLong."""
    return _encoded(record)


def decode_record(data: bytes, offset: int = 0) -> tuple[Record, int]:
    """The record at the offset, and the offset behind it. Raises CorruptRecord, also when it is not complete."""
    return _decoded(data, offset)


def read_records(data: bytes, offset: int = 0) -> tuple[list[Record], int]:
    """All intact records from the offset on, and the offset where the first damaged one or the end is."""
    records, place = [], offset
    while place < len(data):
        try:
            record, place = _decoded(data, place)
        except CorruptRecord:
            break
        records.append(record)
    return records, place


def committed(records: list[Record]) -> list[Record]:
    """The changes up to the last commit, without the commits themselves."""
    return _committed(records)


def replay(records: list[Record]) -> dict[str, bytes]:
    """What the store holds after the committed changes, by key in the order of their last insertion."""
    state: dict[str, bytes] = {}
    for record in _committed(records):
        if record.value is None:
            state.pop(record.key, None)
        else:
            state[record.key] = record.value
    return state


def _encoded(record: Record) -> bytes:
    key, value = record.key.encode(), record.value or b""
    kind = _PUT if record.value is not None else _DELETE if key else _COMMIT
    if len(key) > LONGEST_KEY or len(value) > LONGEST_VALUE or (kind == _PUT and not key):
        raise TooLong(f"a key of {len(key)} bytes with a value of {len(value)} bytes")
    body = _HEAD.pack(0, kind, len(key), len(value))[4:] + key + value
    return crc32(body).to_bytes(4, "big") + body


def _decoded(data: bytes, offset: int) -> tuple[Record, int]:
    start = offset + _HEAD.size
    if len(data) < start:
        raise CorruptRecord(offset)
    checksum, kind, key_size, value_size = _HEAD.unpack_from(data, offset)
    end = start + key_size + value_size
    if len(data) < end or crc32(data[offset + 4:end]) != checksum or not _PUT <= kind <= _COMMIT:
        raise CorruptRecord(offset)
    key, value = data[start:start + key_size].decode(), data[start + key_size:end]
    return Record(key, value if kind == _PUT else None), end


def _committed(records: list[Record]) -> list[Record]:
    last = max((place for place, record in enumerate(records) if not record.key), default=0)
    return [record for record in records[:last] if record.key]
