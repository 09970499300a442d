"""How fast verdicts come, beside a plain pytest subprocess, and whether many of them leave anything behind.

``python -m iccm_dagster_tests.benchmarks.bench_harness [--application FOLDER] [--verdicts N] [--workers N]`` judges the
application's original alternately in the sandbox and in a subprocess, so that both see the same machine, and prints
verdicts per minute, processor time per verdict, their ratio, and the memory of a slot. ``--soak`` gives N verdicts, a
tenth of them on programs of the attack table, and prints processes, descriptors, temporary folders, control groups,
namespaces and memory before, on the way and after; status 1 if any of them has grown or a verdict was wrong. The full
soak is ``--soak --verdicts 2000``.
Processor time is the figure to compare on a machine that has other work.
"""

import argparse
import functools
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.applications.catalogue import load_application, source_files, test_files
from iccm_dagster.harness import processes
from iccm_dagster.harness.process import ProcessSandbox, default_sandbox
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Isolation, Suite
from iccm_dagster_tests.harness.attacks import ATTACKS, TESTS

APPLICATIONS = Path(__file__).resolve().parents[2] / "data" / "applications"
LIMITS = Limits(wall_s=60.0, test_s=10.0, memory_mib=512, processes=32, output_mib=16)
HOSTILE_LIMITS = Limits(wall_s=4.0, test_s=0.5, memory_mib=192, processes=24, output_mib=8)
HOSTILE = Suite(application_id="attacks", files={"test_target.py": TESTS}, modules=("target",), kept=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is judged."""

    suite: Suite
    """The application's tests, not calibrated."""
    original: Implementation
    """The application's sources."""


def main() -> int:
    """Run what was asked for; 0 if the soak left nothing behind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--application", default="010-indexed-heap")
    parser.add_argument("--verdicts", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--soak", action="store_true")
    options = parser.parse_args()
    case, sandbox = load(APPLICATIONS / options.application), default_sandbox()
    print(f"{options.application}, {sandbox.walls} walls, isolation {sandbox.isolation}, {options.workers} workers")
    if sandbox.isolation is not Isolation.STRONG:
        print(f"nothing is measured and nothing hostile runs without strong isolation: {sandbox.why_weak}")
        return 2
    if options.soak:
        return soak(sandbox, case, verdicts=options.verdicts, workers=options.workers)
    return compare(sandbox, case, verdicts=options.verdicts, workers=options.workers)


def load(root: Path) -> Case:
    """One bundled application."""
    found = load_application(root)
    suite = Suite(application_id=found.id, files=test_files(found), modules=found.modules, kept=None)
    return Case(suite=suite, original=Implementation(files=source_files(found), origin=Origin.ORIGINAL))


def compare(sandbox: ProcessSandbox, case: Case, *, verdicts: int, workers: int) -> int:
    """Alternate blocks of verdicts here and there, one block being one verdict per worker."""
    sandbox.run(case.original, case.suite, LIMITS)
    wall, cpu = {"sandbox": 0.0, "subprocess": 0.0}, {"sandbox": 0.0, "subprocess": 0.0}
    rounds = max(1, verdicts // workers)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(workers) as pool:
        write(case, Path(folder))
        jobs = {
            "sandbox": lambda _: sandbox.run(case.original, case.suite, LIMITS),
            "subprocess": lambda _: plain(folder),
        }
        for _ in range(rounds):
            for name, job in jobs.items():
                began, used = time.monotonic(), cpu_seconds(sandbox)
                list(pool.map(job, range(workers)))
                wall[name] += time.monotonic() - began
                time.sleep(0.25)  # the zygote reaps, so that its children's time is counted
                cpu[name] += cpu_seconds(sandbox) - used
    count = rounds * workers
    for name in wall:
        print(
            f"{name:11} {60 * count / wall[name]:7.0f} verdicts/min   {1000 * cpu[name] / count:6.0f} ms processor time each"
        )
    print(
        f"ratio       {wall['subprocess'] / wall['sandbox']:7.2f} by the clock {cpu['subprocess'] / cpu['sandbox']:10.2f} by processor time"
    )
    print(f"memory      {slot_memory_mib(sandbox, case):7.1f} MiB for a run's processes, beyond the zygote's pages")
    return 0


def soak(sandbox: ProcessSandbox, case: Case, *, verdicts: int, workers: int) -> int:
    """Many verdicts, every tenth hostile; what is left afterwards."""
    aimed = {"OUTSIDE": "/", "PORT": "9", "LISTENER": "nobody"}
    texts = [functools.reduce(lambda text, aim: text.replace(*aim), aimed.items(), row.program) for row in ATTACKS]
    hostile = [Implementation(files={"target.py": text}, origin=Origin.DERIVED) for text in texts]

    def job(number: int) -> bool:
        """Whether the verdict is right."""
        if number % 10:
            return sandbox.run(case.original, case.suite, LIMITS).pass_rate == 1.0
        return sandbox.run(hostile[number // 10 % len(hostile)], HOSTILE, HOSTILE_LIMITS).pass_rate != 1.0

    right: list[bool] = []
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(job, range(20 * workers)))
        before, began = footprint(sandbox), time.monotonic()
        print("after  " + "  ".join(before))
        while len(right) < verdicts:
            show(len(right), footprint(sandbox))
            block = range(len(right), min(verdicts, len(right) + max(1, verdicts // 10)))
            right += pool.map(job, block)
        seconds, after = time.monotonic() - began, footprint(sandbox)
        show(len(right), after)
    print(f"{verdicts} verdicts in {seconds:.0f} s, {right.count(False)} of them wrong")
    grown = [name for name in before if after[name] > before[name] * (1.05 if "memory" in name else 1.0) + 0.5]
    print("grown: " + (", ".join(grown) or "nothing"))
    return 1 if grown or not all(right) else 0


def show(done: int, found: dict[str, float]) -> None:
    """One line of the curve."""
    print(f"{done:5}  " + "  ".join(f"{value:{len(name)}.1f}" for name, value in found.items()), flush=True)


def footprint(sandbox: ProcessSandbox) -> dict[str, float]:
    """What a leak would make larger."""
    time.sleep(1.0)
    jail = sandbox.jail().pid
    own = Path("/proc/self/statm").read_text("ascii").split()
    return {
        "processes in the jail": len(processes.tree(jail)),
        "descriptors here": len(os.listdir("/proc/self/fd")),
        "temporary folders": len(list(Path(tempfile.gettempdir()).glob("iccm-harness-*"))),
        "control groups": 0
        if sandbox.groups is None
        else len(list(sandbox.groups.place.folder.glob(f"iccm-{os.getpid()}-*"))),
        "network namespaces": namespaces(sandbox, "net"),
        "mount namespaces": namespaces(sandbox, "mnt"),
        "memory of the jail": processes.tree_memory_mib(jail, base_mib=0.0),
        "memory here": int(own[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20),
    }


def namespaces(sandbox: ProcessSandbox, kind: str) -> int:
    """How many namespaces of a kind are in use by the processes of the jail."""
    found = set()
    for pid in processes.tree(sandbox.jail().pid):
        try:
            found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
        except OSError:
            continue
    return len(found)


def slot_memory_mib(sandbox: ProcessSandbox, case: Case) -> float:
    """The most memory [MiB] that the processes of one run were seen to hold themselves."""
    most = 0.0
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sandbox.run, case.original, case.suite, LIMITS)
        idle = {pid: own_mib(pid) for pid in processes.tree(sandbox.jail().pid)}
        while not running.done():
            now = {pid: own_mib(pid) for pid in processes.tree(sandbox.jail().pid)}
            most = max(most, sum(size for pid, size in now.items() if pid not in idle))
            time.sleep(0.005)
    return most


def own_mib(pid: int) -> float:
    """Memory [MiB] that a process shares with nobody."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1024


def cpu_seconds(sandbox: ProcessSandbox) -> float:
    """Processor time [s] of this process, its finished children, and the jail with all its finished ones."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    total = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    for pid in processes.tree(sandbox.jail().pid):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return total


def write(case: Case, folder: Path) -> None:
    """The application as plain pytest wants it."""
    for place, files in (("src", case.original.files), ("tests", case.suite.files)):
        for name, text in files.items():
            path = folder / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def plain(folder: str) -> int:
    """One verdict of a plain pytest subprocess."""
    environment = {**os.environ, "PYTHONPATH": f"{folder}/src", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, f"{folder}/tests"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True).returncode


if __name__ == "__main__":
    sys.exit(main())
