"""The register of applications in a database: who reads only a table sees which programs there are, and since when.

One row per application in the table ``applications``: PostgreSQL where it is configured, SQLite otherwise. The folders
of the catalogue are the truth; `Registry.sync` makes the table follow them and says what was different. The schema has
versions (`applications.migrations`): an older table, the one with id, name, source path and split included, is brought
up to date when it is first used.

Covered: several processes that synchronise or migrate at the same time (they take turns).
Not covered: rows that other programs write; the next `sync` overwrites or removes them.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from iccm_dagster.applications.catalogue import Application, content_hash
from iccm_dagster.errors import StorageError
from iccm_dagster.postgres import with_driver

# Any number does, as long as nothing else in the database takes the same lock.
MIGRATION_LOCK = 1_122_334
MIGRATIONS = Path(__file__).parent / "migrations"

TABLE = sa.Table(
    "applications",
    sa.MetaData(),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("source_path", sa.String, nullable=False),
    sa.Column("split", sa.String, nullable=False),
    sa.Column("content_hash", sa.String, nullable=False),
    sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An application as the table knows it."""

    id: str
    """Folder name and partition key."""
    name: str
    """What people call it."""
    source_path: str
    """Its folder when it was last seen."""
    split: str
    """"train", "validation" or "holdout"."""
    content_hash: str
    """SHA-256 over everything that defines it (`catalogue.content_hash`); empty where an older schema kept none."""
    added_at: datetime
    """When it was first seen [UTC]; for rows of an older schema, when they were migrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What was different in the catalogue: ids, each sorted."""

    added: tuple[str, ...]
    """Were not in the table."""
    changed: tuple[str, ...]
    """Have another content hash than the table had."""
    removed: tuple[str, ...]
    """Were in the table and are no longer in the catalogue."""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


class Registry:
    """The table ``applications`` behind a database URL, e.g. ``sqlite:////path/registry.db`` or ``postgresql://...``."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(with_driver(url))
        # A connection is opened when it is needed: the database may be restarted between two uses.
        self._engine = sa.create_engine(self._url, poolclass=sa.pool.NullPool)
        self._migrated = False
        if self._url.get_backend_name() == "sqlite":
            _take_turns(self._engine)

    def rows(self) -> list[Row]:
        """Return every application in the table, sorted by id.

        Raises:
            StorageError: The database cannot be reached, or its schema is newer than this package.
        """
        with self._transaction() as connection:
            return [_row(found) for found in connection.execute(sa.select(TABLE).order_by(TABLE.c.id))]

    def sync(self, applications: Iterable[Application], *, broken: Collection[str] = ()) -> Changes:
        """Make the table hold exactly these applications, in one transaction; return what was different.

        ``broken``: ids of folders that are there and cannot be loaded at the moment; their rows stay as they are.

        Raises:
            StorageError: The database cannot be reached or written, or its schema is newer than this package.
        """
        wanted = {application.id: _described(application) for application in applications}
        with self._transaction() as connection:
            known = {row.id: row for row in connection.execute(sa.select(TABLE))}
            changes = Changes(
                added=tuple(sorted(wanted.keys() - known.keys())),
                changed=tuple(
                    sorted(
                        id
                        for id in wanted.keys() & known.keys()
                        if known[id].content_hash != wanted[id]["content_hash"]
                    )
                ),
                removed=tuple(sorted(known.keys() - wanted.keys() - set(broken))),
            )
            now = datetime.now(UTC)
            for id in changes.added:
                connection.execute(sa.insert(TABLE).values(**wanted[id], added_at=now))
            for id in wanted.keys() & known.keys():
                if any(getattr(known[id], name) != value for name, value in wanted[id].items()):
                    connection.execute(sa.update(TABLE).where(TABLE.c.id == id).values(**wanted[id]))
            connection.execute(sa.delete(TABLE).where(TABLE.c.id.in_(changes.removed)))
        return changes

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        shown = self._url.render_as_string(hide_password=True)
        try:
            if self._url.get_backend_name() == "sqlite" and self._url.database:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                if not self._migrated:
                    _migrate(connection, shown)
                yield connection
                self._migrated = True
        except (sa.exc.DBAPIError, OSError) as error:
            if isinstance(error, StorageError):
                raise
            reason = " ".join(str(error.orig if isinstance(error, sa.exc.DBAPIError) else error).split())
            local = self._url.get_backend_name() == "sqlite"
            raise StorageError(
                f"the registry of applications at {shown} cannot be used: {reason}. "
                + (
                    "Space and rights are needed there."
                    if local
                    else "Start the database (`make postgres`), or unset ICCM_POSTGRES to keep the registry in SQLite."
                )
            ) from error


def _migrate(connection: sa.Connection, shown: str) -> None:
    """Bring the schema up to date inside the caller's transaction, so that a crash leaves the old one."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(
            f"the registry of applications at {shown} has a schema that this version does not know ({error}). "
            "Update iccm_dagster, or point it at another database."
        ) from error


def _take_turns(engine: sa.Engine) -> None:
    """Let SQLite's transactions begin with the write lock held: its driver would begin them late, and leave changes of
    the schema out of them."""

    @sa.event.listens_for(engine, "connect")
    def no_implicit_begin(connection, _) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _described(application: Application) -> dict[str, str]:
    return {
        "id": application.id,
        "name": application.name,
        "source_path": str(application.root),
        "split": application.split.value,
        "content_hash": content_hash(application),
    }


def _row(found: sa.Row) -> Row:
    # SQLite keeps no time zone; what was written is UTC.
    added_at = found.added_at if found.added_at.tzinfo else found.added_at.replace(tzinfo=UTC)
    return Row(**{**found._mapping, "added_at": added_at.astimezone(UTC)})
