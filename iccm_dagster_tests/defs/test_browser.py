"""The UI in a real browser, clicked as a person would: the graph loads, a partition is materialized, its plot and its
check are there.

Needs Chromium and the package playwright of the extra `dev` (which drives the installed browser and downloads none);
skipped, with the reason, where either is missing.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.definitions import build_resources
from iccm_dagster.defs.assets.applications import application_source
from iccm_dagster.defs.partitions import register
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster_tests.defs.conftest import QUIET

ROOT = Path(__file__).parents[2]
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
PATIENCE_S = 240
KEY = "002-other"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.timeout(2 * PATIENCE_S),
]


@pytest.fixture
def address(tmp_path, catalogue):
    """A web server and a daemon over three applications that are taken in and nothing more."""
    home, artifacts = tmp_path / "home", tmp_path / "artifacts"
    home.mkdir()
    # The project's settings, with folders that do not depend on where the command is started.
    settings = (ROOT / "dagster.yaml").read_text(encoding="utf-8").replace(".dagster", str(home / ".dagster"))
    (home / "dagster.yaml").write_text(settings, encoding="utf-8")
    resources = build_resources(storage=str(artifacts), catalogue=str(catalogue), profile=ProfileResource(name="smoke"))
    with dg.DagsterInstance.from_config(str(home)) as instance:
        register(instance, resources["pipeline"].applications)
        dg.materialize(
            [application_source], instance=instance, resources=resources, run_config=QUIET, partition_key=KEY
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "ICCM_"))},
        "DAGSTER_HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "ICCM_PROFILE": "smoke",
        "ICCM_STORAGE": str(artifacts),
        "ICCM_APPLICATIONS": str(catalogue),
    }
    command = [
        str(Path(sys.executable).parent / "dagster"),
        "dev",
        "-m",
        "iccm_dagster.definitions",
        "--port",
        str(port),
    ]
    log = (tmp_path / "log.txt").open("w")
    process = subprocess.Popen(
        command, cwd=home, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )
    found = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            urllib.request.urlopen(f"{found}/server_info", timeout=30).close()
            break
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            assert time.monotonic() < deadline and process.poll() is None, (tmp_path / "log.txt").read_text()[-2000:]
            time.sleep(0.5)
    yield found
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
    log.close()


@pytest.fixture
def page():
    """A tab of desktop size."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install '.[dev]'")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.set_default_timeout(PATIENCE_S * 1000)
        yield tab
        browser.close()


def test_a_person_materializes_a_partition_and_sees_its_plot_and_its_check(address, page):
    page.goto(f"{address}/asset-groups")
    for group in ("applications", "phase1", "phase2", "celr", "cortex", "refinement", "operations"):
        page.get_by_text(group, exact=True).first.wait_for()

    page.goto(f"{address}/assets/gold_requirements?view=partitions&partition={KEY}")
    page.get_by_text(re.compile("^Materialize")).first.click()
    dialog = page.get_by_role("dialog").last
    dialog.get_by_text(KEY, exact=True).first.wait_for()
    dialog.get_by_text("Launch 1 run", exact=True).click()
    dialog.wait_for(state="hidden")

    page.goto(f"{address}/assets/gold_requirements?view=partitions&partition={KEY}")
    plot = page.locator("tr", has_text="traceability, at a glance")
    deadline = time.monotonic() + PATIENCE_S
    while not plot.count() and time.monotonic() < deadline:
        page.wait_for_timeout(2000)
        page.reload()
        page.wait_for_timeout(2000)
    plot.first.get_by_text("[Show Markdown]").click()
    image = page.locator('img[src^="data:image/png"]').first
    image.wait_for()
    assert image.evaluate("image => image.naturalWidth") > 300

    page.goto(f"{address}/assets/gold_requirements?view=checks")
    page.get_by_text("no_application_left_out").first.wait_for()
    for name in ("value", "target", "n"):
        page.get_by_text(name, exact=True).first.wait_for()
