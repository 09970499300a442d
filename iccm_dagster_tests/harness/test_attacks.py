"""No attack passes a test, has an effect outside, or takes longer than its limit."""

import dataclasses
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from iccm_dagster.harness.process import ProcessSandbox
from iccm_dagster.harness.suite import Mode, Suite, Verdict
from iccm_dagster_tests.harness.attacks import ATTACKS, ORIGINAL, Attack
from iccm_dagster_tests.harness.conftest import BUSY, PATIENT, SMALL, program
from iccm_dagster_tests.harness.user import ROOT, as_user

QUICK = dataclasses.replace(SMALL, wall_s=SMALL.wall_s / 2, test_s=SMALL.test_s / 2)
"""For programs that use up whatever they are given."""
ONE_TEST = {"test_target.py::test_number"}


class Outside:
    """What attacks could reach if they got out: a folder, a TCP server, a server in the abstract namespace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.chmod(0o777)
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self._abstract = socket.socket(socket.AF_UNIX)
        self.name = f"iccm-attack-{os.getpid()}"
        self._abstract.bind("\0" + self.name)
        self._abstract.listen(1)

    def aim(self, attack: Attack) -> str:
        """The attack's program, with this as its target."""
        text = attack.program.replace("OUTSIDE", str(self.folder)).replace("LISTENER", self.name)
        return text.replace("PORT", str(self._tcp.getsockname()[1]))

    def effects(self) -> list[str]:
        """What was reached."""
        found = sorted(os.listdir(self.folder))
        for server in (self._tcp, self._abstract):
            server.setblocking(False)
            try:
                server.accept()[0].close()
                found.append("a connection")
            except BlockingIOError:
                continue
        return found

    def close(self) -> None:
        """Close the servers."""
        self._tcp.close()
        self._abstract.close()


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("outside")
    for parent in (parent for parent in list(folder.parents)[:2] if parent.stat().st_uid == os.geteuid()):
        parent.chmod(0o755)
    place = Outside(folder)
    yield place
    place.close()


def test_the_table_is_large_enough_and_its_names_are_unique():
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS) >= 76


def test_the_original_passes_everything(sandbox: ProcessSandbox, target: Callable[[Mode], Suite]):
    for mode in (Mode.SPLIT, Mode.IN_PROCESS):
        assert sandbox.run(program(ORIGINAL), target(mode), PATIENT).pass_rate == 1.0


@pytest.mark.parametrize("mode", [Mode.SPLIT, Mode.IN_PROCESS])
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_earns_nothing_and_reaches_nothing(
    attack: Attack, mode: Mode, sandbox: ProcessSandbox, target: Callable[[Mode], Suite], outside: Outside
):
    suite, limits = target(mode), SMALL
    if attack.kind == "resource":
        suite, limits = suite.only(ONE_TEST | {"test_target.py::test_callback"}), QUICK
    began = time.monotonic()
    report = sandbox.run(program(outside.aim(attack)), suite, limits)
    # Two seconds for an idle machine; where others wait for the processor, so does the one who kills.
    assert time.monotonic() - began < limits.wall_s + 2.0 * BUSY
    assert [run.node_id for run in report.runs if run.verdict is Verdict.PASSED] == []
    assert (report.pass_rate, report.reason, outside.effects()) == (0.0, None, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="already an ordinary user: the whole table is this test")
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="needs setpriv")
def test_the_table_holds_for_an_ordinary_user():
    here = str(Path(__file__).relative_to(ROOT))
    with tempfile.TemporaryDirectory() as folder:  # pytest's own folders are closed to others
        os.chmod(folder, 0o777)
        options = ["-p", "no:cacheprovider", "--basetemp", f"{folder}/user", "-k", "split or original", "--tb=short"]
        done = as_user("-m", "pytest", here, *options, timeout_s=300 * BUSY)
    last = (done.stdout.splitlines() or [""])[-1]
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert int(last.split()[0]) > len(ATTACKS) and "skipped" not in last


def test_hostile_runs_leave_nothing_for_the_next(sandbox: ProcessSandbox, target: Callable[[Mode], Suite]):
    """Whatever was left behind in a run, the next one starts from nothing and the original passes again."""
    look = "import os\ndef add(a, b): return sum(len(os.listdir(d)) for d in ('/tmp', '/dev/shm')) == 0 and a + b"
    for attack in (attack for attack in ATTACKS if attack.kind == "persist"):
        sandbox.run(program(attack.program), target(Mode.SPLIT).only(ONE_TEST), SMALL)
    assert sandbox.run(program(look), target(Mode.SPLIT).only(ONE_TEST), PATIENT).pass_rate == 1.0
    assert sandbox.run(program(ORIGINAL), target(Mode.SPLIT), PATIENT).pass_rate == 1.0
