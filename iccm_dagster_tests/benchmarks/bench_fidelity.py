"""Whether correct code is ever failed: every bundled application's original, here and in plain pytest, test by test.

``python -m iccm_dagster_tests.benchmarks.bench_fidelity [FOLDER ...]`` runs each application's tests in a plain pytest
subprocess and in the sandbox, in the modes that calibration chose, and prints what came out otherwise and the share of
the tests that run split. Without folders it takes all bundled applications. Status 1 if any outcome differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from iccm_dagster.harness.calibration import calibrate, calibrated_suite
from iccm_dagster.harness.process import ProcessSandbox, default_sandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.suite import Mode, file_of
from iccm_dagster_tests.benchmarks.bench_harness import APPLICATIONS, LIMITS, Case, load, write

RECORDER = """
import json, os
found = {}
def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        skipped = report.outcome == "skipped" or hasattr(report, "wasxfail")
        failed = "failed" if report.when == "call" else "error"
        found.setdefault(report.nodeid, "skipped" if skipped else failed if report.outcome == "failed" else "passed")
def pytest_sessionfinish():
    with open(os.environ["ICCM_OUTCOMES"], "w") as stream:
        json.dump(found, stream)
"""


def main() -> int:
    """Compare every application; 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    folders = parser.parse_args().folders or sorted(path.parent for path in APPLICATIONS.glob("*/application.toml"))
    sandbox, tests, split, differing = default_sandbox(), 0, 0, 0
    print(f"{sandbox.walls} walls, isolation {sandbox.isolation}", flush=True)
    for folder in folders:
        began = time.monotonic()
        case = load(folder)
        expected = plain_outcomes(case)
        found, modes = sandboxed_outcomes(sandbox, case)
        other = sorted(node for node in expected.keys() | found.keys() if expected.get(node) != found.get(node))
        apart = sum(modes[file_of(node)] is Mode.SPLIT for node in found)
        tests, split, differing = tests + len(expected), split + apart, differing + len(other)
        seconds = time.monotonic() - began
        print(
            f"{folder.name:26} {len(expected):4} tests {apart:4} split {len(other):3} differ {seconds:6.1f} s",
            flush=True,
        )
        for node in other[:10]:
            print(f"  {node}: {expected.get(node)} in plain pytest, {found.get(node)} here", flush=True)
    print(
        f"{len(folders)} applications, {tests} tests, {differing} outcomes differ, {split / max(1, tests):.1%} run split"
    )
    return 1 if differing else 0


def plain_outcomes(case: Case) -> dict[str, str]:
    """Node id -> outcome in a plain pytest subprocess."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(case, folder)
        (folder / "recorder.py").write_text(RECORDER, encoding="utf-8")
        environment = {**os.environ, "PYTHONPATH": f"{name}/src:{name}", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        environment |= {"ICCM_OUTCOMES": f"{name}/outcomes.json", "PYTHONHASHSEED": "0"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "recorder", "-p", "no:cacheprovider", "-c", os.devnull]
        command += ["--rootdir", f"{name}/tests", f"{name}/tests"]
        subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        return json.loads((folder / "outcomes.json").read_text("utf-8"))


def sandboxed_outcomes(sandbox: ProcessSandbox, case: Case) -> tuple[dict[str, str], dict[str, Mode]]:
    """Node id -> outcome in the sandbox, and test file -> how it runs."""
    calibration = calibrate(
        application_id=case.suite.application_id,
        original=case.original,
        stub=Implementation(files={}, origin=Origin.DERIVED),
        mutants=[],
        suite=case.suite,
        sandbox=sandbox,
        limits=LIMITS,
        repeats=1,
    )
    suite = replace(calibrated_suite(case.suite, calibration), kept=None)
    report = sandbox.run(case.original, suite, LIMITS)
    return {run.node_id: run.verdict.value for run in report.runs}, dict(calibration.modes)


if __name__ == "__main__":
    sys.exit(main())
