"""A real PostgreSQL cluster for the tests of this folder, thrown away afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from iccm_dagster.postgres import Cluster


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # pytest's own folders are closed to the user that the server runs as, and too long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="iccm_pg_", dir="/tmp"))
    folder.chmod(0o755)
    made = Cluster(folder=folder, settings={"fsync": "off", "shared_buffers": "16MB", "max_connections": "60"})
    try:
        made.start()
        yield made
    finally:
        made.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(cluster: Cluster) -> str:
    """The URL of the cluster's database, empty."""
    cluster.start()
    engine = sa.create_engine(cluster.url)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    engine.dispose()
    return cluster.url


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'registry' / 'registry.db'}"
    return request.getfixturevalue("postgres")
