"""`make postgres` and `make dev STORAGE=postgres` as a person starts them: a private server, the UI, a living daemon."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa

from iccm_dagster.postgres import Cluster

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240
HEALTH = "{instance {daemonHealth {allDaemonStatuses {daemonType required healthy}}} assetNodes {assetKey {path}}}"


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="iccm_make_", dir="/tmp"))
    path.chmod(0o755)
    yield path
    Cluster(folder=path / "pg", settings={}).stop(mode="immediate")
    shutil.rmtree(path, ignore_errors=True)


def make(*arguments: str, folder: Path) -> list[str]:
    # The environment is there already: `setup` counts as done.
    return ["make", "--old-file=setup", *arguments, f"VENV={sys.prefix}", f"CLUSTER={folder / 'pg'}"]


def test_the_private_server_starts_twice_and_stops(folder):
    first, second, stopped = (
        subprocess.run(make("postgres", *extra, folder=folder), cwd=ROOT, capture_output=True, text=True, check=False)
        for extra in ([], [], ["STOP=1"])
    )
    url = f"postgresql+psycopg2://iccm@/iccm?host={folder / 'pg' / 'socket'}"
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert f"running, ICCM_POSTGRES='{url}'" in first.stdout
    assert "not running" in stopped.stdout
    with pytest.raises(sa.exc.OperationalError):
        sa.create_engine(url).connect()


def test_the_ui_and_the_daemon_live_on_the_private_server(folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DAGSTER_", "ICCM_"))}
    log = (folder / "log.txt").open("w")
    process = subprocess.Popen(
        make("dev", "STORAGE=postgres", f"PORT={port}", folder=folder),
        cwd=ROOT,
        # The variable is set in `make shell`, too; the web server once did not come up with it.
        env={
            **kept,
            "DAGSTER_MODULE_NAME": "iccm_dagster.definitions",
            "ICCM_PROFILE": "smoke",
            "ICCM_STORAGE": str(folder / "artifacts"),
        },
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        nodes, daemons = wait_for_health(f"http://127.0.0.1:{port}/graphql", folder / "log.txt")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()
    assert "phase2_checkpoint" in nodes
    assert {"SENSOR", "SCHEDULER", "QUEUED_RUN_COORDINATOR", "MONITORING", "EVENT_LOG_CONSUMER", "BACKFILL"} <= daemons
    engine = sa.create_engine(Cluster(folder=folder / "pg", settings={}).url)
    tables = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    assert {"runs", "event_logs", "jobs", "daemon_heartbeats"} <= tables


def wait_for_health(address: str, log: Path) -> tuple[set[str], set[str]]:
    """Return the assets that the web server knows, and the daemons that are healthy, once every required one is."""
    request = urllib.request.Request(
        address, json.dumps({"query": HEALTH}).encode(), {"content-type": "application/json"}
    )
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            data = json.load(urllib.request.urlopen(request, timeout=30))["data"]
            statuses = data["instance"]["daemonHealth"]["allDaemonStatuses"]
            if data["assetNodes"] and all(status["healthy"] for status in statuses if status["required"]):
                names = {node["assetKey"]["path"][0] for node in data["assetNodes"]}
                return names, {status["daemonType"] for status in statuses if status["healthy"]}
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.5)
