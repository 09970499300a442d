"""The sandbox judges whatever it is given, test by test, and tells the program's faults from the machine's."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness import processes
from iccm_dagster.harness.cgroup import memory_groups
from iccm_dagster.harness.jail import Walls
from iccm_dagster.harness.process import ProcessSandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Mode, Suite, Verdict
from iccm_dagster.harness.verify import verify_many
from iccm_dagster_tests.harness.conftest import BUSY, PATIENT, SMALL, program, suite_over

THREE = "import target\n" + "".join(f"def test_{n}():\n    assert target.f({n}) == {n}\n" for n in (1, 2, 3))
BOTH = pytest.mark.parametrize("mode", [Mode.SPLIT, Mode.IN_PROCESS])


def verdicts(report) -> list[Verdict]:
    return [run.verdict for run in report.runs]


@BOTH
def test_a_hung_test_fails_alone(sandbox: ProcessSandbox, mode: Mode):
    text = "def f(n):\n    while n == 2: pass\n    return n"
    report = sandbox.run(program(text), suite_over(THREE, mode=mode), SMALL)
    assert sorted(verdicts(report)) == sorted([Verdict.PASSED, Verdict.TIMED_OUT, Verdict.PASSED])
    assert f"longer than {SMALL.test_s:g} s" in next(
        run.message for run in report.runs if run.verdict is Verdict.TIMED_OUT
    )


@BOTH
def test_a_test_that_kills_its_process_fails_alone(sandbox: ProcessSandbox, mode: Mode):
    text = "import os\ndef f(n):\n    if n == 2: os._exit(0)\n    return n"
    report = sandbox.run(program(text), suite_over(THREE, mode=mode), SMALL)
    assert {run.node_id[-1]: run.verdict for run in report.runs} == {
        "1": Verdict.PASSED, "2": Verdict.DIED, "3": Verdict.PASSED,
    }  # fmt: skip


@BOTH
def test_a_program_that_cannot_be_imported_fails_every_kept_test(sandbox: ProcessSandbox, mode: Mode):
    kept = tuple(f"test_target.py::test_{n}" for n in (1, 2, 3))
    files = {"test_target.py": THREE}
    suite = Suite(application_id="x", files=files, modules=("target",), kept=kept, modes={"test_target.py": mode})
    report = sandbox.run(program("def f(:"), suite, SMALL)
    assert verdicts(report) == [Verdict.ERROR] * 3 and report.pass_rate == 0.0
    assert "SyntaxError" in report.runs[0].message


def test_no_program_at_all_fails(sandbox: ProcessSandbox):
    report = sandbox.run(Implementation(files={}, origin=Origin.DERIVED), suite_over(THREE), SMALL)
    assert report.pass_rate == 0.0 and report.reason is None


def test_time_for_the_suite_runs_out(sandbox: ProcessSandbox):
    """Three tests hang; the suite's time ends before the last one had its turn."""
    limits = Limits(wall_s=1.2 * BUSY, test_s=1.0 * BUSY, memory_mib=128, processes=16, output_mib=4)
    report = sandbox.run(program("def f(n):\n    while True: pass"), suite_over(THREE), limits)
    assert verdicts(report) == [Verdict.TIMED_OUT] * 3 and report.seconds < (1.2 + 2.0) * BUSY


@pytest.mark.parametrize("way", ["control group", "watchdog"])
def test_memory_of_the_tree_is_limited(sandbox: ProcessSandbox, way: str):
    """Eight processes of 60 MiB, each well below the limit; a process of the watchdog's run is in no group."""
    text = "import os, time\ndef f(n):\n    for _ in range(8):\n        if os.fork() == 0:\n"
    text += "            x = bytearray(b'x') * (60 << 20); time.sleep(99); os._exit(0)\n    time.sleep(99)"
    limits = Limits(wall_s=12.0 * BUSY, test_s=10.0 * BUSY, memory_mib=192, processes=16, output_mib=4)
    groups = memory_groups() if way == "control group" else None
    if way == "control group" and groups is None:
        pytest.skip("no control groups can be made here")
    lone = ProcessSandbox(walls=sandbox.walls, groups=groups, isolation=Isolation.STRONG, why_weak="")
    try:
        report = lone.run(program(text), suite_over("import target\ndef test_1():\n    target.f(1)\n"), limits)
    finally:
        lone.close()
    assert verdicts(report) == [Verdict.DIED] and "192 MiB" in report.runs[0].message


def test_test_files_may_bring_data_and_helpers(sandbox: ProcessSandbox):
    tests = "import target\nfrom helper import N\nfrom pathlib import Path\n"
    tests += (
        "def test_a(number):\n    assert target.f(N) == number == int(Path(__file__).with_name('n.txt').read_text())\n"
    )
    conftest = "import pytest\n@pytest.fixture\ndef number():\n    return 4\n"
    files = {"test_a.py": tests, "helper.py": "N = 4\n", "conftest.py": conftest, "n.txt": "4"}
    suite = Suite(application_id="x", files=files, modules=("target",), kept=None)
    assert sandbox.run(program("def f(n): return n"), suite, PATIENT).pass_rate == 1.0


def test_packages_and_several_modules(sandbox: ProcessSandbox):
    files = {"pack/__init__.py": "from pack.core import f", "pack/core.py": "def f(n): return n", "other.py": "X = 1"}
    tests = "import other, pack.core\nfrom pack import f\ndef test_a():\n    assert f(1) == pack.core.f(1) == other.X\n"
    suite = Suite(application_id="x", files={"test_a.py": tests}, modules=("pack", "other"), kept=None)
    assert sandbox.run(Implementation(files=files, origin=Origin.DERIVED), suite, PATIENT).pass_rate == 1.0


def test_a_file_name_that_climbs_out_is_the_programs_fault(sandbox: ProcessSandbox):
    files = {"../escape.py": "", "target.py": "def f(n): return n"}
    report = sandbox.run(Implementation(files=files, origin=Origin.ENDPOINT), suite_over(THREE), SMALL)
    assert report.pass_rate == 0.0 and report.reason is None


def test_code_of_a_language_model_is_refused_under_weak_isolation():
    weak = ProcessSandbox(
        walls=Walls.BARE, groups=None, isolation=Isolation.WEAK, why_weak="layer 'network' is missing. Remedy: get it"
    )
    with pytest.raises(SandboxUnavailable, match=r"layer 'network' is missing\. Remedy"):
        weak.run(program("", origin=Origin.ENDPOINT), suite_over(THREE), SMALL)


@BOTH
def test_derived_code_runs_on_a_bare_machine_and_is_marked(mode: Mode):
    weak = ProcessSandbox(walls=Walls.BARE, groups=None, isolation=Isolation.WEAK, why_weak="x")
    try:
        report = weak.run(program("def f(n): return n if n != 2 else 0"), suite_over(THREE, mode=mode), PATIENT)
    finally:
        weak.close()
    assert report.pass_rate == pytest.approx(2 / 3) and report.isolation is Isolation.WEAK


def test_a_hundred_verdicts_leave_nothing_behind(sandbox: ProcessSandbox):
    """Every tenth one is hostile. Processes of the jail, descriptors here and memory there stay as they were."""
    suite = suite_over(THREE)
    good, bad = (
        program("def f(n): return n"),
        program("import os\nif os.fork():\n    os._exit(0)\nimport time; time.sleep(60)"),
    )
    for _ in range(3):
        sandbox.run(good, suite, PATIENT)

    def footprint() -> tuple[int, int, float]:
        jail = sandbox.jail().pid
        return (
            len(processes.tree(jail)),
            len(os.listdir("/proc/self/fd")),
            processes.tree_memory_mib(jail, base_mib=0.0),
        )

    def settled() -> tuple[int, int, float]:
        time.sleep(0.8)  # finished processes are reaped a moment later
        return footprint()

    before = settled()
    rates = [sandbox.run(bad if number % 10 == 0 else good, suite, PATIENT).pass_rate for number in range(100)]
    after = settled()
    assert (rates.count(1.0), rates.count(0.0)) == (90, 10)
    assert after[:2] == before[:2] and after[2] < before[2] + 4.0


def test_the_jail_starts_again_after_it_was_lost(sandbox: ProcessSandbox):
    lone = ProcessSandbox(walls=sandbox.walls, groups=sandbox.groups, isolation=Isolation.STRONG, why_weak="")
    try:
        lone.jail().close()
        assert lone.run(program("def f(n): return n"), suite_over(THREE), PATIENT).pass_rate == 1.0
    finally:
        lone.close()


def test_a_jail_that_is_lost_during_a_run_is_no_fault_of_the_program(sandbox: ProcessSandbox):
    """Not judged, with a reason; and what runs in a retired jail may end."""
    lone = ProcessSandbox(walls=sandbox.walls, groups=None, isolation=Isolation.STRONG, why_weak="")
    job = (program("import time\ndef f(n):\n    time.sleep(30)"), suite_over(THREE))
    try:
        jail = lone.jail()
        with ThreadPoolExecutor(1) as pool:
            judged = pool.submit(
                verify_many, [job], sandbox=lone, limits=PATIENT, cache=None, workers=1, on_done=None
            )  # fmt: skip
            while len(processes.tree(jail.pid)) < 5:  # walls, zygote, tests, program
                time.sleep(0.05)
            for pid in processes.tree(jail.pid)[:3]:
                os.kill(pid, signal.SIGKILL)
            report = judged.result()[0]
        assert report.pass_rate is None and "jail" in str(report.reason)
    finally:
        lone.close()


def test_a_retired_jail_lets_its_runs_end(sandbox: ProcessSandbox):
    lone = ProcessSandbox(walls=sandbox.walls, groups=None, isolation=Isolation.STRONG, why_weak="")
    try:
        first = lone.jail()
        lone.retire(first)
        assert first.alive and lone.jail() is not first
        assert lone.run(program("def f(n): return n"), suite_over(THREE), PATIENT).pass_rate == 1.0
    finally:
        lone.close()
    assert not first.alive


def test_repository_is_not_visible(sandbox: ProcessSandbox):
    here = str(Path(__file__).resolve().parent)
    text = f"import os\ndef f(n): return n if not os.path.exists({here!r}) else 0"
    assert sandbox.run(program(text), suite_over(THREE), PATIENT).pass_rate == 1.0
