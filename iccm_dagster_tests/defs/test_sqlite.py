"""Events in SQLite: fewer waits for the disk, and none of them lost with the process that wrote them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from iccm_dagster.defs.sqlite import few_waits

FULL, NORMAL = 2, 1
WRITER = """
import os, signal, sys
import dagster as dg
from iccm_dagster.defs.sqlite import few_waits

with few_waits(), dg.DagsterInstance.local_temp(sys.argv[1]) as instance:
    for number in range(5):
        instance.report_runless_asset_event(dg.AssetMaterialization("a", partition=str(number)))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def setting(url: str) -> int:
    """Return how a fresh connection of SQLAlchemy would wait."""
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return connection.execute(text("PRAGMA synchronous")).scalar()


def opened(file: Path) -> int:
    """Return how many descriptors of this process are open on a file."""
    return sum(os.path.realpath(f"/proc/self/fd/{number}") == str(file) for number in os.listdir("/proc/self/fd"))


def test_only_databases_with_a_write_ahead_log_wait_less_and_only_inside_the_block(tmp_path):
    logged, plain = tmp_path / "logged.db", tmp_path / "plain.db"
    for file, mode in ((logged, "WAL"), (plain, "DELETE")):
        with create_engine(f"sqlite:///{file}", poolclass=NullPool).begin() as connection:
            connection.execute(text(f"PRAGMA journal_mode = {mode}"))
            connection.execute(text("CREATE TABLE a (b)"))
    log = Path(f"{logged}-wal")
    with few_waits():
        assert (setting(f"sqlite:///{logged}"), setting(f"sqlite:///{plain}")) == (NORMAL, FULL)
        with create_engine(f"sqlite:///{logged}", poolclass=NullPool).begin() as connection:
            connection.execute(text("INSERT INTO a VALUES (1)"))
        # The last connection that closes would have taken the log back into the database.
        assert log.stat().st_size > 0
        assert opened(logged) >= 1 and opened(plain) == 0
    assert (setting(f"sqlite:///{logged}"), opened(logged)) == (FULL, 0)
    assert not log.exists()


def test_a_killed_process_loses_no_event(tmp_path):
    killed = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        found = instance.fetch_materializations(dg.AssetKey("a"), limit=10).records
    assert sorted(record.asset_materialization.partition for record in found) == list("01234")
