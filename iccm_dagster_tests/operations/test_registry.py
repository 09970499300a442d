"""The table of applications, on SQLite and on PostgreSQL: it follows the folders, and an older table is migrated."""

import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from iccm_dagster.applications.catalogue import content_hash, load_catalogue
from iccm_dagster.applications.registry import Changes, Registry
from iccm_dagster.errors import StorageError

NOTHING = Changes(added=(), changed=(), removed=())


def applications(catalogue):
    return load_catalogue(catalogue).applications


def test_the_table_follows_the_folders(catalogue, database):
    """Three applications, then nothing new, then one changed and one removed."""
    registry = Registry(database)
    assert registry.rows() == []
    before = datetime.now(UTC)
    assert registry.sync(applications(catalogue)) == Changes(
        added=("001-plain", "002-other", "003-hidden"), changed=(), removed=()
    )
    first = {row.id: row for row in registry.rows()}
    plain = first["001-plain"]
    assert (plain.name, plain.split, plain.source_path) == ("plain", "train", str(catalogue / "001-plain"))
    assert plain.content_hash == content_hash(applications(catalogue)[0])
    assert before.replace(microsecond=0) <= plain.added_at <= datetime.now(UTC)
    assert registry.sync(applications(catalogue)) == NOTHING
    source = catalogue / "002-other" / "src" / "othernumbers.py"
    source.write_text(source.read_text() + "\nLIMIT = 3\n")
    shutil.rmtree(catalogue / "003-hidden")
    assert registry.sync(applications(catalogue)) == Changes(added=(), changed=("002-other",), removed=("003-hidden",))
    after = {row.id: row for row in Registry(database).rows()}
    assert after["001-plain"] == plain
    assert after["002-other"].content_hash != first["002-other"].content_hash
    assert after["002-other"].added_at == first["002-other"].added_at


def test_an_application_that_is_broken_today_keeps_its_row(catalogue, database):
    registry = Registry(database)
    registry.sync(applications(catalogue))
    (catalogue / "002-other" / "application.toml").write_text("not toml at all")
    loaded = load_catalogue(catalogue)
    broken = [problem.application for problem in loaded.problems]
    assert registry.sync(loaded.applications, broken=broken) == NOTHING
    assert [row.id for row in registry.rows()] == ["001-plain", "002-other", "003-hidden"]


def test_a_catalogue_that_moved_has_not_changed(catalogue, database, tmp_path):
    registry = Registry(database)
    registry.sync(applications(catalogue))
    moved = shutil.move(catalogue, tmp_path / "elsewhere")
    assert registry.sync(applications(moved)) == NOTHING
    assert registry.rows()[0].source_path == str(tmp_path / "elsewhere" / "001-plain")


def test_a_table_without_hashes_and_ages_is_migrated(catalogue, database, tmp_path):
    """The older schema, as other programs made it: its rows stay, the first synchronisation fills in the hashes."""
    (tmp_path / "registry").mkdir()
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE applications (id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, source_path VARCHAR NOT NULL, split VARCHAR NOT NULL)"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO applications VALUES ('001-plain', 'plain', '/old', 'train'), ('9-gone', 'gone', '/old', 'train')"
            )
        )
    engine.dispose()
    registry = Registry(database)
    old = {row.id: row for row in registry.rows()}
    assert old.keys() == {"001-plain", "9-gone"}
    assert {row.content_hash for row in old.values()} == {""}
    assert registry.sync(applications(catalogue)) == Changes(
        added=("002-other", "003-hidden"), changed=("001-plain",), removed=("9-gone",)
    )
    assert next(row.added_at for row in registry.rows() if row.id == "001-plain") == old["001-plain"].added_at


def test_a_schema_from_the_future_is_refused(database):
    Registry(database).rows()
    engine = sa.create_engine(database)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE applications_schema SET version_num = '99'"))
    engine.dispose()
    with pytest.raises(StorageError, match="Update iccm_dagster"):
        Registry(database).rows()


def test_two_processes_that_begin_at_once_take_turns(catalogue, database):
    """Each finds no table; one makes it, and each application is added once."""
    code = (
        "import sys; from pathlib import Path; from iccm_dagster.applications.catalogue import load_catalogue; "
        "from iccm_dagster.applications.registry import Registry; "
        "print(len(Registry(sys.argv[1]).sync(load_catalogue(Path(sys.argv[2])).applications).added))"
    )
    command = [sys.executable, "-c", code, database, str(catalogue)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in both) == ["0", "3"]


def test_a_database_that_is_away_is_named_with_the_remedy():
    with pytest.raises(StorageError, match="make postgres") as caught:
        Registry("postgresql://nobody:secret@127.0.0.1:1/none").rows()
    assert "nobody:***@127.0.0.1:1/none" in str(caught.value)
