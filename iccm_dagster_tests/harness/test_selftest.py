"""The self-test finds no hole in walls that stand, finds every hole where there are none, and names remedies."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness import selftest
from iccm_dagster.harness.jail import Walls
from iccm_dagster.harness.process import ProcessSandbox
from iccm_dagster.harness.suite import Isolation

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("walls", [Walls.BUBBLEWRAP, Walls.NAMESPACES])
def test_walls_that_stand_have_no_hole(walls: Walls):
    tried = ProcessSandbox(walls=walls, groups=None, isolation=Isolation.STRONG, why_weak="")
    try:
        tried.jail()
    except SandboxUnavailable as problem:
        pytest.skip(f"these walls do not stand here: {problem}")
    try:
        assert selftest.attack(tried) == ()
    finally:
        tried.close()


def test_a_bare_machine_has_holes_and_each_names_its_remedy():
    bare = ProcessSandbox(walls=Walls.BARE, groups=None, isolation=Isolation.WEAK, why_weak="")
    try:
        holes = selftest.attack(bare)
    finally:
        bare.close()
    assert {"files", "processes"} <= {hole.layer for hole in holes}
    assert all("Remedy: " in str(hole) and selftest.REMEDIES[hole.layer] in str(hole) for hole in holes)


WHAT_STANDS = """
from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster_tests.harness.conftest import PATIENT, program, suite_over
sandbox = default_sandbox()
print(sandbox.isolation, sandbox.walls, sandbox.why_weak)
suite = suite_over("import target\\ndef test_a():\\n    assert target.f() == 1\\n")
for origin in Origin:
    try:
        print(origin, sandbox.run(program("def f(): return 1", origin=origin), suite, PATIENT).pass_rate)
    except Exception as problem:
        print(origin, type(problem).__name__, problem)
"""


def what_stands(*, path: str) -> list[str]:
    """What a fresh process finds and does when programs are searched in ``path`` only."""
    environment = {"PATH": path, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", WHAT_STANDS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.splitlines()


def test_without_bubblewrap_plain_namespaces_are_as_strong(tmp_path: Path):
    """Nothing at all is found on this PATH, so bwrap is not either."""
    first, *rest = what_stands(path=str(tmp_path))
    if not first.startswith("strong"):
        pytest.skip(f"these walls do not stand here: {first}")
    assert first.split() == ["strong", "namespaces"] and rest == ["original 1.0", "derived 1.0", "endpoint 1.0"]


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_with_neither_the_code_of_a_language_model_is_refused():
    """A user namespace in which no further namespace may be made: neither bwrap nor plain namespaces can stand."""
    limits = "for kind in user mnt pid net ipc uts cgroup; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done"
    script = f'{limits}; exec {sys.executable} -c "$0"'
    command = ["unshare", "--user", "--map-root-user", "sh", "-c", script, WHAT_STANDS]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if "ermission denied" in done.stderr:
        pytest.skip(f"namespaces cannot be forbidden here: {done.stderr[-300:]}")
    first, *rest = done.stdout.splitlines()
    assert first.startswith("weak bare") and rest[:2] == ["original 1.0", "derived 1.0"]
    assert "endpoint SandboxUnavailable code from a language model is refused under weak isolation" in rest[2]
    for walls in ("bubblewrap: layer 'walls' is missing", "namespaces: layer 'walls' is missing"):
        assert walls in rest[2]
    assert selftest.REMEDIES["walls"] in rest[2]
