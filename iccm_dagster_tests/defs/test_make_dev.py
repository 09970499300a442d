"""`make dev` as a person starts it: a real web server on a free port."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120


@pytest.fixture
def server(tmp_path):
    """The address of a UI with its own instance; everything it started ends with the test."""
    (tmp_path / "home").mkdir()
    shutil.copy(ROOT / "dagster.yaml", tmp_path / "home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path / "log.txt").open("w")
    process = subprocess.Popen(
        # The environment is there already: `setup` counts as done.
        ["make", "--old-file=setup", "dev", f"VENV={sys.prefix}", f"PORT={port}"],
        cwd=ROOT,
        env={**os.environ, "DAGSTER_HOME": str(tmp_path / "home"), "ICCM_PROFILE": "smoke"},
        stdout=log,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield f"http://127.0.0.1:{port}", tmp_path / "log.txt"
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    log.close()


def test_the_ui_comes_up_and_knows_the_assets(server):
    address, log = server
    query = json.dumps({"query": "{assetNodes {assetKey {path}}}"}).encode()
    request = urllib.request.Request(f"{address}/graphql", query, {"content-type": "application/json"})
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            answer = json.load(urllib.request.urlopen(request, timeout=30))
            break
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline, log.read_text()[-2000:]
            time.sleep(0.5)
    names = {node["assetKey"]["path"][0] for node in answer["data"]["assetNodes"]}
    assert {
        "application_source",
        "phase2_checkpoint",
        "dpo_checkpoint",
        "cortex_policy",
        "refinement_checkpoint",
    } <= names
