"""Attacks the sandbox before it is used, and fails closed: a single success makes the isolation weak.

A probe program is judged like any other; its functions try what no judged program may do and return how far they got,
and trusted tests compare. Run ``python -m iccm_dagster.harness.selftest`` for the findings. Covered: the layers named in
``REMEDIES``. Not covered: kernel bugs; a layer that fails after the start.
"""

import os
import secrets
import socket
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from iccm_dagster.harness.jail import Walls
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import CaseRun, Suite, SuiteReport, Verdict

LIMITS = Limits(wall_s=180.0, test_s=1.0, memory_mib=192, processes=24, output_mib=8)
"""Small, so that reaching them takes little."""
PATIENT_S = 20.0
"""A probe that ran out of time gets this much [s] the second time."""
PROBE = Path(__file__).parent / "probe"
"""The program that attacks, and the tests that expect it to fail."""

REMEDIES = {
    "walls": "install the package 'bubblewrap', or allow user namespaces: kernel.unprivileged_userns_clone=1, on Ubuntu "
    "also kernel.apparmor_restrict_unprivileged_userns=0 or an AppArmor profile for bwrap; in a container, run it with "
    "a seccomp profile that allows unshare and mount",
    "network": "the kernel must support network namespaces (CONFIG_NET_NS)",
    "files": "the kernel must support mount namespaces; do not run with folders of the machine bound into the jail",
    "processes": "the kernel must support pid namespaces and RLIMIT_NPROC",
    "environment": "start from a kernel with /proc mounted normally",
    "privileges": "user namespaces must map a single id; as root, ids 60578-61183 must be free",
    "system calls": "the kernel must support seccomp filters (CONFIG_SECCOMP_FILTER), on x86-64 or 64-bit ARM",
    "memory": "RLIMIT_AS, tmpfs size limits and /proc/<pid>/statm must work",
    "persistence": "tmpfs must work in mount namespaces",
    "clock": "process descriptors (Linux 5.4) must work",
}
"""Layer -> what to do where it is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """One attack that got through."""

    layer: str
    """Key of ``REMEDIES``."""
    finding: str
    """What the attack saw."""

    def __str__(self) -> str:
        return f"layer '{self.layer}' is missing ({self.finding}). Remedy: {REMEDIES[self.layer]}"


def attack(sandbox: Sandbox) -> tuple[Hole, ...]:
    """Run every probe; the holes found.

    Raises:
        SandboxUnavailable: The sandbox does not even start.
    """
    with tempfile.TemporaryDirectory() as folder, _listener() as name:
        secret = Path(folder) / "secret"
        secret.write_text("a file of the machine", encoding="utf-8")
        os.chmod(folder, 0o755)
        facts = f"SECRET = {str(secret)!r}\nLISTENER = {name!r}\nMARK = {secrets.token_hex(8)!r}\n"
        facts += f"PROCESSES = {LIMITS.processes}\nMEMORY_MIB = {LIMITS.memory_mib}\nOUTPUT_MIB = {LIMITS.output_mib}\n"
        suite = _suite(facts)
        reports = [_without_haste(sandbox, suite)]
        again = tuple(run.node_id for run in reports[0].runs if "persistence" in run.node_id)
        reports.append(sandbox.run(_program(), replace(suite, kept=again), LIMITS))
    holes = [hole for report in reports for hole in _holes(report)]
    if len(reports[0].runs) < len(REMEDIES) or not again:
        holes.append(Hole(layer="walls", finding=f"only {len(reports[0].runs)} probes ran"))
    return tuple({str(hole): hole for hole in holes}.values())


def _without_haste(sandbox: Sandbox, suite: Suite) -> SuiteReport:
    """The probes' report; one that ran out of time without being meant to gets more, since the machine may be busy."""
    report = sandbox.run(_program(), suite, LIMITS)
    late = tuple(run.node_id for run in report.runs if _wanted(run) is not run.verdict is Verdict.TIMED_OUT)
    if not late:
        return report
    second = sandbox.run(_program(), replace(suite, kept=late), replace(LIMITS, test_s=PATIENT_S))
    newer = {run.node_id: run for run in second.runs}
    return replace(report, runs=tuple(newer.get(run.node_id, run) for run in report.runs))


def missing_walls(walls: Walls, problem: str) -> Hole:
    """The hole that a jail is which does not start."""
    last = problem.strip().splitlines()[-1] if problem.strip() else "no reason given"
    return Hole(layer="walls", finding=f"{walls} walls do not stand: {last}")


def _program() -> Implementation:
    return Implementation(files={"probe.py": (PROBE / "probe.py").read_text("utf-8")}, origin=Origin.DERIVED)


def _suite(facts: str) -> Suite:
    tests = (PROBE / "test_probe.py").read_text("utf-8")
    files = {"test_probe.py": tests, "facts.py": facts}
    return Suite(application_id="self-test", files=files, modules=("probe",), kept=None)


def _holes(report: SuiteReport) -> list[Hole]:
    """Tests are named ``test_<layer>__<attack>``. All must pass but those that end their process, by the clock or, where
    the name ends in ``_is_fatal``, by what they do."""
    holes = []
    for run in report.runs:
        if run.verdict is not _wanted(run):
            lines = [line for line in run.message.splitlines() if line.startswith("E ")] or [run.verdict.value]
            layer = _layer(run) if _layer(run) in REMEDIES else "walls"
            holes.append(Hole(layer=layer, finding=f"{_name(run)}: {lines[0].strip()}"))
    return holes


def _wanted(run: CaseRun) -> Verdict:
    if _layer(run) == "clock":
        return Verdict.TIMED_OUT
    return Verdict.DIED if _name(run).endswith("_is_fatal") else Verdict.PASSED


def _layer(run: CaseRun) -> str:
    return _name(run).partition("__")[0].replace("_", " ")


def _name(run: CaseRun) -> str:
    return run.node_id.partition("::")[2].removeprefix("test_")


class _listener:
    """A server in the machine's abstract socket namespace, which no judged program may reach."""

    def __enter__(self) -> str:
        name = f"iccm-self-test-{secrets.token_hex(8)}"
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind("\0" + name)
        self._socket.listen(1)
        return name

    def __exit__(self, *unused: object) -> None:
        self._socket.close()


def main() -> int:
    """Print what was found; 0 if some walls are strong."""
    from iccm_dagster.harness.process import default_sandbox

    sandbox = default_sandbox()
    groups = sandbox.groups
    memory = "watched" if groups is None else f"capped by control groups of version {groups.place.version}"
    print(f"isolation: {sandbox.isolation} ({sandbox.walls} walls, memory of a tree {memory})")
    for line in filter(None, sandbox.why_weak.split("; ")):
        print(f"  {line}")
    return 0 if not sandbox.why_weak else 1


if __name__ == "__main__":
    sys.exit(main())
