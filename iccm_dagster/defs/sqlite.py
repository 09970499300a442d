"""A run that writes its events to SQLite waits for the disk where that protects something, not at every event.

Dagster opens a connection for each event and closes it again. SQLite waits for the disk when a transaction ends, and, since
no other connection is left, once more to copy its write-ahead log into the database: some four waits an event.

Covered: a process that is killed loses no event. Not covered: a power cut may take the last events with it (never the
database, nor the artifacts, which are stored apart; the next run tells of them again).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def few_waits() -> Iterator[None]:
    """While the block runs, SQLite waits for the disk at checkpoints of the write-ahead log only (``synchronous = NORMAL``), and
    closing a connection is none: one more is held to each database until the block ends."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    held: dict[str, sqlite3.Connection] = {}
    lock = threading.Lock()

    def connected(connection: object, _: object) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        # Without a write-ahead log the setting would not be safe; Dagster turns it on when it makes a database.
        if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            return
        connection.execute("PRAGMA synchronous = NORMAL")
        file = connection.execute("PRAGMA database_list").fetchone()[2]
        with lock:
            if file not in held:
                held[file] = sqlite3.connect(file, check_same_thread=False)
                # A connection takes part from its first look on.
                held[file].execute("SELECT count(*) FROM sqlite_master").fetchall()

    event.listen(Engine, "connect", connected)
    try:
        yield
    finally:
        event.remove(Engine, "connect", connected)
        for connection in held.values():
            connection.close()
