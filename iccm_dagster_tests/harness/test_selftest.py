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
    tried = ProcessSandbox(walls=walls, isolation=Isolation.STRONG, why_weak="")
    try:
        tried.jail()
    except SandboxUnavailable as problem:
        pytest.skip(f"these walls do not stand here: {problem}")
    try:
        assert selftest.attack(tried) == ()
    finally:
        tried.close()


def test_a_bare_machine_has_holes_and_each_names_its_remedy():
    bare = ProcessSandbox(walls=Walls.BARE, isolation=Isolation.WEAK, why_weak="")
    try:
        holes = selftest.attack(bare)
    finally:
        bare.close()
    assert {"files", "processes"} <= {hole.layer for hole in holes}
    assert all("Remedy: " in str(hole) and selftest.REMEDIES[hole.layer] in str(hole) for hole in holes)


def readable_by_all() -> list[str]:
    """A command prefix under which an ordinary user can read this interpreter, wherever it lies."""
    base = Path(sys.base_prefix).resolve()
    closed = next((p for p in reversed(base.parents) if not p.stat().st_mode & 0o001), None)
    if closed is None:
        return []
    script = f"""
mount --make-rprivate / && hold=$(mktemp -d) && mount --bind {base} $hold && mount -t tmpfs -o mode=755 tmpfs {closed} &&
mkdir -p {base} && mount --bind $hold {base} && umount $hold && rmdir $hold && exec "$@" """
    return ["unshare", "--mount", "sh", "-c", script, "sh"]


AS_USER = """
import sys
from iccm_dagster.harness.process import default_sandbox
from iccm_dagster_tests.harness.attacks import ATTACKS, ORIGINAL, TESTS
from iccm_dagster_tests.harness.conftest import PATIENT, SMALL, program, suite_over
sandbox = default_sandbox()
print(sandbox.isolation, sandbox.walls, sandbox.why_weak)
good = sandbox.run(program(ORIGINAL), suite_over(TESTS), PATIENT)
print("original", good.pass_rate)
for attack in ATTACKS:
    if attack.kind in ("escape", "persist") or attack.name in ("a fork bomb", "kill everybody", "memory in many processes"):
        text = attack.program.replace("OUTSIDE", "/").replace("PORT", "9").replace("LISTENER", "x")
        tests = "import target\\ndef test_number():\\n    assert target.add(2, 3) == 5\\n"
        print(attack.name, sandbox.run(program(text), suite_over(tests), SMALL).pass_rate)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user: the whole suite is this test")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_an_ordinary_user_gets_the_same_walls():
    command = [*readable_by_all(), "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    command += ["env", "-i", f"PATH={os.environ['PATH']}", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1"]
    done = subprocess.run(
        [*command, sys.executable, "-c", AS_USER], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if done.returncode == 126 or "Permission denied" in done.stderr:
        pytest.skip(f"the repository cannot be read by others: {done.stderr[-300:]}")
    first, second, *rest = done.stdout.splitlines()
    assert (first.split()[0], second) == ("strong", "original 1.0"), done.stdout + done.stderr
    assert len(rest) >= 20 and all(line.endswith(" 0.0") for line in rest), done.stdout
