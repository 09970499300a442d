"""The trajectory log: JSON lines that survive a crash at any byte.

Append-only: each event is one write, flushed to the disk before `TrajectoryLog.append` returns. A writer that finds a
torn last line ends it, so that the next event stands on a line of its own. Readers take what is whole: a line that is
torn, corrupt or of an unknown schema is set aside with its file and number, and stops none of the others; an event that
stands in the log twice is read once.

Not covered: two writers of the same name at once (the second one is refused), and disks that lie about flushing.
"""

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from iccm_dagster.artifacts import flush
from iccm_dagster.celr.events import Event, event_from_json, event_to_json
from iccm_dagster.errors import StorageError

SUFFIX = ".jsonl"
LOGS = ".celr_logs"
"""Name of the folder that logs lie in."""
ROTATE_BYTES = 64 * 2**20
# A line above this is no event of ours: reading it whole would let one file fill the memory.
LONGEST_LINE = 16 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A line that is no event."""

    file: str
    """Path relative to the log's folder."""
    line: int
    """Counted from 1."""
    reason: str
    """Why it was set aside."""
    text: str
    """Its first 200 characters."""


class TrajectoryLog:
    """Appends events below a folder; safe between threads, one process per writer name."""

    def __init__(self, folder: Path, *, writer: str, rotate_bytes: int = ROTATE_BYTES) -> None:
        self.folder, self._writer, self._rotate_bytes = folder, writer, rotate_bytes
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            segments = sorted(folder.glob(f"{writer}.[0-9]*{SUFFIX}"))
            self._number = int(segments[-1].name.split(".")[-2]) if segments else 0
            self._open()
        except OSError as error:
            raise StorageError(f"{folder} cannot be written: {error}. Choose another folder for the log.") from error

    def append(self, event: Event) -> None:
        """Write one event; it is on the disk when this returns.

        Raises:
            StorageError: The disk refused it.
        """
        data = (event_to_json(event) + "\n").encode()
        try:
            with self._lock:
                if self._size and self._size + len(data) > self._rotate_bytes:
                    os.close(self._descriptor)
                    self._number += 1
                    self._open()
                self._write(data)
        except OSError as error:
            raise StorageError(
                f"{self.folder}: an event could not be written: {error}. Free space is needed."
            ) from error

    def close(self) -> None:
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> None:
        path = self.folder / f"{self._writer}.{self._number:05d}{SUFFIX}"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StorageError(f"{path} is being written by another process. Give each writer its own name.") from error
        self._size = os.fstat(self._descriptor).st_size
        if self._size and os.pread(self._descriptor, 1, self._size - 1) != b"\n":
            self._write(b"\n")
        flush(self.folder)

    def _write(self, data: bytes) -> None:
        written = 0
        while written < len(data):
            written += os.write(self._descriptor, data[written:])
        os.fsync(self._descriptor)
        self._size += len(data)


def read_log(folder: Path) -> tuple[list[Event], list[Quarantined]]:
    """Return every event below a folder, in the order written by each writer, and the lines that are none."""
    bad: list[Quarantined] = []
    return list(iter_log(folder, on_bad=bad.append)), bad


def iter_log(folder: Path, *, on_bad: Callable[[Quarantined], None]) -> Iterator[Event]:
    """Yield the events below a folder, each once, telling ``on_bad`` about the lines that are none.

    Memory: one number per event, to know the ones that were already seen.
    """
    seen: set[int] = set()
    for path, number, line in iter_lines(folder, on_bad=on_bad):
        try:
            event = event_from_json(line)
        except ValueError as error:
            on_bad(quarantined(path, number, line, str(error)))
            continue
        key = hash((event.trajectory, event.number))
        if key not in seen:
            seen.add(key)
            yield event


def iter_lines(folder: Path, *, on_bad: Callable[[Quarantined], None]) -> Iterator[tuple[str, int, bytes]]:
    """Yield (file, line number, line) for each line of a log that is not blank and not absurdly long."""
    for path in sorted(folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else []:
        name = path.relative_to(folder).as_posix()
        with path.open("rb") as stream:
            number, continued = 0, False
            while line := stream.readline(LONGEST_LINE):
                whole = line.endswith(b"\n")
                number += not continued
                if not whole and len(line) == LONGEST_LINE:
                    if not continued:
                        on_bad(quarantined(name, number, line, f"longer than {LONGEST_LINE} bytes"))
                    continued = True
                    continue
                if not continued and line.strip():
                    yield name, number, line
                continued = False


def quarantined(file: str, number: int, line: bytes, reason: str) -> Quarantined:
    """Return the record of a line that is no event."""
    text = line[:200].decode("utf-8", "replace")
    return Quarantined(file=file, line=number, reason=reason, text=text)


def task_of(line: bytes) -> str:
    """Return the task of a line, without reading the rest of it more closely.

    Raises:
        ValueError: The line is no JSON object with a task.
    """
    try:
        values = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(values, dict) or not isinstance(values.get("task"), str):
        raise ValueError("no object with a task")
    return values["task"]
