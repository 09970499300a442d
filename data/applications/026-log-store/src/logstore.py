"""A key-value store in one file to which changes are only ever appended.

Opening replays the log and cuts off what a crash has left behind it. One process at a time may use a file. Changes
survive the end of the process at once; that the machine has put them on the disk is not waited for.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from logrecord import COMMIT, LogError, Record, TooLong, _committed, _decoded, _encoded
from logrecord import CorruptRecord as _Damaged

MAGIC = b"LOGSTOR1"


class NotAStore(LogError):
    """A file does not start like a store."""


class ClosedStore(LogError):
    """The store was closed before."""


class KeyMissing(LogError, KeyError):
    """The store does not hold the key."""


class Conflict(LogError):
    """A value is not the one that was expected."""


@dataclass(frozen=True)
class Usage:
    """How a file is used: number of keys, bytes in all, and bytes that compaction would free."""

    keys: int
    file_bytes: int
    dead_bytes: int


class Snapshot:
    """What a store held at one moment; later changes do not show."""

    def __init__(self, state: Mapping[str, bytes]) -> None:
        self._state = dict(state)

    def get(self, key: str) -> bytes | None:
        """The value at that moment, or None."""
        return self._state.get(key)

    def items(self) -> list[tuple[str, bytes]]:
        """All keys and values at that moment, sorted by key."""
        return sorted(self._state.items())

    def changes(self, later: "Snapshot") -> dict[str, bytes | None]:
        """What turned this snapshot into the later one: new values by key, None for keys that are gone."""
        new = {key: value for key, value in later._state.items() if self._state.get(key) != value}
        return new | {key: None for key in self._state if key not in later._state}


class LogStore:
    """An open store; close it to let the file go."""

    def __init__(self, path: Path) -> None:
        """Open the file, or create it, and recover what was committed. Raises NotAStore."""
        self.path = Path(path)
        self.recovered_bytes = 0
        self._state: dict[str, bytes] = {}
        self._open()

    def get(self, key: str) -> bytes:
        """The value of a key. Raises KeyMissing and ClosedStore."""
        self._check_open()
        if key not in self._state:
            raise KeyMissing(key)
        return self._state[key]

    def find(self, key: str, default: bytes | None = None) -> bytes | None:
        """The value of a key, or the default. Raises ClosedStore."""
        self._check_open()
        return self._state.get(key, default)

    def keys(self, prefix: str = "") -> list[str]:
        """All keys that start with the prefix, sorted. Raises ClosedStore."""
        self._check_open()
        return sorted(key for key in self._state if key.startswith(prefix))

    def put(self, key: str, value: bytes) -> None:
        """Set the value of a key. Raises TooLong and ClosedStore."""
        self._write([Record(key, bytes(value))])

    def delete(self, key: str) -> bool:
        """Remove a key and return whether it was there. Raises ClosedStore."""
        self._check_open()
        if key not in self._state:
            return False
        self._write([Record(key, None)])
        return True

    def write_batch(self, changes: Mapping[str, bytes | None]) -> None:
        """Set and delete (None) several keys at once: after a crash all of it is there or nothing.

        Raises TooLong, and then nothing has changed, and ClosedStore.
        """
        self._write([Record(key, value) for key, value in changes.items()])

    def replace(self, key: str, expected: bytes | None, value: bytes | None) -> None:
        """Set (None: delete) the value of a key if it still is the expected one, None meaning no value.

        Raises Conflict and ClosedStore.
        """
        self._check_open()
        if self._state.get(key) != expected:
            raise Conflict(f"{key!r} has another value")
        self._write([Record(key, value)])

    def snapshot(self) -> Snapshot:
        """What the store holds now. Raises ClosedStore."""
        self._check_open()
        return Snapshot(self._state)

    def usage(self) -> Usage:
        """Number of keys, size of the file, and how much of it is outdated. Raises ClosedStore."""
        self._check_open()
        size = self._file.tell()
        return Usage(len(self._state), size, size - len(_image(self._state)))

    def compact(self) -> int:
        """Rewrite the file with nothing but the present values and return the number of bytes freed.

        The new file takes the place of the old one in one step. Raises ClosedStore.
        """
        self._check_open()
        before, image = self._file.tell(), _image(self._state)
        self._file.close()
        _replace_file(self.path, image)
        self._file = open(self.path, "r+b")
        self._file.seek(0, os.SEEK_END)
        return before - len(image)

    def copy_to(self, path: Path) -> None:
        """Write the present values as a store of its own. Raises FileExistsError and ClosedStore."""
        self._check_open()
        if Path(path).exists():
            raise FileExistsError(path)
        _replace_file(Path(path), _image(self._state))

    def close(self) -> None:
        """Let the file go; closing twice does nothing."""
        self._file.close()

    def _open(self) -> None:
        if not self.path.exists() or not self.path.stat().st_size:
            _replace_file(self.path, MAGIC)
        data = self.path.read_bytes()
        if data[:len(MAGIC)] != MAGIC:
            raise NotAStore(f"{self.path} is no store")
        records, intact = _recovered(data)
        self._apply(_committed(records))
        self.recovered_bytes = len(data) - intact
        self._file = open(self.path, "r+b")
        self._file.truncate(intact)
        self._file.seek(intact)

    def _write(self, records: list[Record]) -> None:
        self._check_open()
        if any(not record.key for record in records):
            raise TooLong("a key is empty")
        if not records:
            return
        self._file.write(b"".join(map(_encoded, [*records, COMMIT])))
        self._file.flush()
        self._apply(records)

    def _apply(self, records: list[Record]) -> None:
        for record in records:
            if record.value is None:
                self._state.pop(record.key, None)
            else:
                self._state[record.key] = record.value

    def _check_open(self) -> None:
        if self._file.closed:
            raise ClosedStore(f"{self.path} was closed")


def verify(path: Path) -> int | None:
    """The offset of the first damaged or uncommitted byte of a store, or None when it is sound. Raises NotAStore."""
    data = Path(path).read_bytes()
    if data[:len(MAGIC)] != MAGIC:
        raise NotAStore(f"{path} is no store")
    intact = _recovered(data)[1]
    return None if intact == len(data) else intact


def _recovered(data: bytes) -> tuple[list[Record], int]:
    """The records up to the last commit with it, and the offset behind it."""
    records: list[Record] = []
    complete, place, intact = 0, len(MAGIC), len(MAGIC)
    while place < len(data):
        try:
            record, place = _decoded(data, place)
        except _Damaged:
            break
        records.append(record)
        if not record.key:
            complete, intact = len(records), place
    return records[:complete], intact


def _image(state: Mapping[str, bytes]) -> bytes:
    """The shortest file that holds the state."""
    records = [Record(key, value) for key, value in sorted(state.items())]
    return MAGIC + b"".join(map(_encoded, [*records, COMMIT] if records else []))


def _replace_file(path: Path, data: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)
