"""One run: a suite on one implementation, in as many fresh processes as it takes.

Covered: the wall clock of the suite and of each test, and the memory of the whole process tree (a control group's cap,
or looks at the tree where there is none), enforced from here with SIGKILL; a test that hangs or kills its process fails
alone, the others go on in fresh processes.
From the moment the processes are locked in, every fault is the implementation's; before that, it is the machine's.
Not covered: a test that is slow because the machine is; limits relative to the original leave it a margin of ten.
"""

import secrets
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness import policy, processes, watch
from iccm_dagster.harness.cgroup import MemoryGroup
from iccm_dagster.harness.inside.wire import WireError
from iccm_dagster.harness.jail import Child, Jail
from iccm_dagster.harness.machine import Machine, capped, paths_of
from iccm_dagster.harness.planted import Planted
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import CaseRun, Mode, Suite, Verdict, file_of

START_S = 60.0
"""How long forking and confining may take [s] before the machine, not the program, is at fault."""
COLLECT_S = 5.0
"""At least this long [s] for importing the program and collecting its tests."""
PATIENCE = 10.0
"""A phase may take this many times its limit while its processes wait for a processor and get less than half of one."""
KILL_S = 30.0
"""How long the kernel may take [s] to end a killed process; milliseconds, unless others want every processor."""
SHARED_MIB = 24.0
"""Memory [MiB] that every forked process shares with the zygote, and that is not counted as its own."""
_ROLES = {Mode.SPLIT: ("tester", "worker"), Mode.IN_PROCESS: ("solo",)}


@dataclass(slots=True, kw_only=True)
class Progress:
    """What is known about the tests of one run, over all of its processes."""

    deadline: float
    """Monotonic time at which the suite's time is used up [s]."""
    runs: dict[str, CaseRun] = field(default_factory=dict)
    """Node id -> outcome."""
    learned: str = ""
    """What the trusted side learned about the implementation's interface; only split sessions teach."""

    def record(self, node: str, verdict: Verdict, *, seconds: float, message: str) -> None:
        """The first outcome of a test stands; later ones could only be forged."""
        self.runs.setdefault(node, CaseRun(node_id=node, verdict=verdict, seconds=seconds, message=message))

    def ordered(self, suite: Suite) -> tuple[CaseRun, ...]:
        """One outcome per kept node, MISSING where there is none."""
        if suite.kept is None:
            return tuple(self.runs.values())
        missing = "the run did not report this test"
        return tuple(
            self.runs.get(node) or CaseRun(node_id=node, verdict=Verdict.MISSING, seconds=0.0, message=missing)
            for node in suite.kept
        )


class Group:
    """The files of a suite that run in one mode, in as many fresh processes as it takes."""

    def __init__(
        self,
        machine: Machine,
        implementation: Implementation,
        suite: Suite,
        limits: Limits,
        mode: Mode,
        files: Sequence[str],
        progress: Progress,
    ) -> None:
        self._machine = machine
        self._implementation = implementation
        self._suite = suite
        self._limits = limits
        self._mode = mode
        self._files = files
        self._progress = progress
        kept = suite.kept
        self._nodes = None if kept is None else {node: None for node in kept if file_of(node) in set(files)}
        """What is still to run, in order; None until the first collection where nothing was calibrated."""
        self._current: tuple[str, float] | None = None
        self._phase_deadline = 0.0
        self._phase_began = 0.0
        self._overdue: tuple[float, float, float] | None = None
        """Since when the phase is overdue, the processor time used until then [s], and when it ends in any case."""
        self._ended_well = False
        self._group: MemoryGroup | None = None
        self._jail: Jail
        self._broken_files: set[str] = set()
        self._nonce = secrets.token_hex(16)
        self._tests = dict(suite.files)
        self._planted = Planted({}, {}, needs_guards=False)
        self._caught = ""
        """What the implementation was seen to reach for; only in-process."""

    def run(self) -> None:
        """Run until every test has an outcome or the time is used up; void what a manipulated run says."""
        if self._mode is Mode.SPLIT:
            return self._run()
        reason = policy.refused(self._implementation.files, allowed=self._suite.imports or ())
        if self._suite.imports is not None and reason is not None:
            return self._give_up(Verdict.ERROR, f"not run in-process: {reason}")
        self._planted = Planted.into(
            self._tests, self._files, self._suite.guards, original=self._implementation.origin is Origin.ORIGINAL
        )
        own = Progress(deadline=self._progress.deadline)
        shared, self._progress = self._progress, own
        self._run()
        self._progress = shared
        caught = self._caught or self._planted.manipulated(whole=self._ended_well, broken_files=self._broken_files)
        for run in own.runs.values():
            doubt = caught or (self._planted.doubt(run.node_id) if run.verdict is Verdict.PASSED else "")
            verdict = Verdict.FORGED if doubt else run.verdict
            shared.record(run.node_id, verdict, seconds=run.seconds, message=doubt or run.message)

    def _run(self) -> None:
        while self._nodes is None or self._nodes or self._planted.to_run():
            if time.monotonic() >= self._progress.deadline:
                return self._give_up(Verdict.TIMED_OUT, "the suite's time was used up before this test")
            before = len(self._progress.runs)
            cause = self._attempt()
            if cause is None:
                return self._give_up(Verdict.MISSING, "the run did not report this test")
            verdict, message = cause
            if self._current is not None:
                node, started = self._current
                self._settle(node, verdict, time.monotonic() - started, message)
            elif len(self._progress.runs) == before:
                return self._give_up(verdict, message)

    def _attempt(self) -> tuple[Verdict, str] | None:
        """One set of processes; None if the session came to its end, else why it did not."""
        self._current = None
        cap_mib = self._limits.memory_mib + int(SHARED_MIB)
        with paths_of(self._machine) as paths, capped(self._machine.groups, cap_mib) as (self._group, members):
            settings, roles = self._settings(paths), _ROLES[self._mode]
            self._jail = self._machine.jail(self._suite.packages)
            children = self._jail.spawn(settings, roles, memory_group=members)
            try:
                for child in children:
                    child.connection.settimeout(START_S)
                self._hand_out(children)
                return self._watch(children)
            finally:
                if not watch.kill(children, patience_s=KILL_S):
                    self._machine.retire(self._jail)

    def _settings(self, paths: Mapping[str, str]) -> dict[str, object]:
        limits = self._limits
        return {
            **paths,
            "uid": self._machine.next_uid(),
            "wall_s": limits.wall_s,
            "memory_mib": limits.memory_mib,
            "processes": limits.processes,
            "output_mib": limits.output_mib,
        }

    def _hand_out(self, children: Sequence[Child]) -> None:
        """Give every process its job and wait until it is locked in; from there on, faults are the program's."""
        files, tests = dict(self._implementation.files), self._tests
        nodes = None if self._nodes is None else list(self._nodes)
        wanted = {file_of(node) for node in nodes} if nodes is not None else set(self._files)
        order = [name for name in self._files if name in wanted]
        # Only these: a program that brings its own json.py must not be asked what the tests' json is.
        names = sorted({name.partition(".")[0] for name in self._suite.modules})
        wanted_nodes = None if nodes is None else [*map(self._planted.id_here, nodes), *self._planted.to_run()]
        refused = [] if self._suite.imports is None else sorted(policy.REFUSED_MODULES)
        job = {"tests": tests, "order": order, "nodes": wanted_nodes, "nonce": self._nonce, "names": names}
        job |= {"suite": self._suite.content_hash, "known": self._suite.known}
        job |= {"refused": refused, "allowed": list(self._suite.imports or ())}
        jobs = {"tester": job, "worker": {"files": files, "names": names}, "solo": {**job, "files": files}}
        try:
            for child, role in zip(children, _ROLES[self._mode], strict=True):
                watch.send(child, jobs[role])
        except WireError as problem:
            raise SandboxUnavailable(f"a process took no job: {problem}") from problem
        for child in children:
            _expect_confined(child, cap_bytes=self._limits.output_mib << 20)

    def _watch(self, children: Sequence[Child]) -> tuple[Verdict, str] | None:
        """Follow the session from outside until it ends or is ended."""
        reporter, foreign = children[0], children[-1]
        reader = watch.FrameReader(reporter, cap_bytes=self._limits.output_mib << 20)
        poller = select.poll()
        poller.register(reporter.connection, select.POLLIN)
        self._begin_phase(max(COLLECT_S, self._limits.test_s))
        pid = watch.pid_of(foreign)
        pids = [number for number in map(watch.pid_of, children) if number is not None]
        next_look = time.monotonic() + processes.WATCH_S
        while True:
            now = time.monotonic()
            deadline = min(self._phase_deadline, self._progress.deadline)
            if now >= deadline and not self._machine_is_busy(pids, now):
                return Verdict.TIMED_OUT, self._timeout_message()
            if poller.poll(1000 * max(0.0, min(deadline, next_look) - now)):
                try:
                    for frame in reader.frames():
                        if self._event(frame):
                            return None
                except WireError as problem:
                    return Verdict.DIED, f"the process of the tests broke its protocol: {problem}"
                if reader.ended:
                    if not self._jail.outlives_its_runs():
                        raise SandboxUnavailable("the jail ended during a run")
                    return Verdict.DIED, "the process ended during the test"
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + processes.WATCH_S
                if pid is not None and self._too_much_memory(pid):
                    return Verdict.DIED, f"the implementation used more than {self._limits.memory_mib} MiB of memory"

    def _machine_is_busy(self, pids: Sequence[int], now: float) -> bool:
        """An overdue phase gets more time while its processes wait for the processor rather than use it."""
        if now >= self._progress.deadline:
            return False
        used_s = sum(map(processes.tree_cpu_s, pids))
        if not any(map(processes.wants_processor, pids)):
            return False
        if self._overdue is None:
            self._overdue = (now, used_s, now + (PATIENCE - 1) * (now - self._phase_began))
        since, before_s, end = self._overdue
        if now >= end or (now > since and used_s - before_s >= 0.5 * (now - since)):
            return False
        self._phase_deadline = min(end, now + max(0.1, 0.5 * (self._phase_deadline - self._phase_began)))
        return True

    def _begin_phase(self, limit_s: float) -> None:
        self._phase_began = time.monotonic()
        self._phase_deadline = self._phase_began + limit_s
        self._overdue = None

    def _event(self, frame: dict) -> bool:
        """Take one event in; True if it ends the session."""
        kind = frame.get("event")
        if kind == "broken":
            self._broken(str(frame.get("reason")))
        if frame.get("nonce") != self._nonce:
            raise WireError("an event without the run's nonce")
        now, node = time.monotonic(), self._planted.own_id(str(frame.get("id")))
        if kind == "collected":
            self._collected([self._planted.own_id(str(node)) for node in frame["ids"]])
            self._begin_phase(COLLECT_S)
        elif kind == "broken file":
            self._broken_files.add(file_of(node))
            verdict = Verdict.SKIPPED if frame["skipped"] else Verdict.ERROR
            self._settle_file(node, verdict, str(frame["message"]))
        elif kind == "caught":
            self._caught = f"the implementation reached for {frame['what']}, which the original does not"
            return True
        elif kind == "start":
            self._current = (node, now)
            self._begin_phase(self._limits.test_s)
        elif kind == "done":
            self._current = None
            self._begin_phase(COLLECT_S)
            message = self._planted.own_text(file_of(node), str(frame["message"]))
            self._settle(node, Verdict(frame["verdict"]), float(frame["seconds"]), message)
        elif kind == "end":
            self._progress.learned = str(frame.get("learned") or "") if self._mode is Mode.SPLIT else ""
            died = self._nodes and any(run.verdict is Verdict.DIED for run in self._progress.runs.values())
            if died:
                raise WireError("the implementation's process has ended; the rest runs in a fresh one")
            self._ended_well = True
            return True
        return False

    def _broken(self, reason: str) -> None:
        if self._mode is Mode.SPLIT:
            raise SandboxUnavailable(f"the trusted test process failed: {reason}")
        raise WireError(reason)

    def _collected(self, ids: list[str]) -> None:
        self._planted.collected(ids)
        if self._nodes is None:
            done = self._progress.runs.keys()
            self._nodes = dict.fromkeys(node for node in ids if node not in done and node not in self._planted)

    def _settle(self, node: str, verdict: Verdict, seconds: float, message: str) -> None:
        self._planted.settle(node, verdict)
        if self._nodes is not None and node in self._nodes:
            del self._nodes[node]
            self._progress.record(node, verdict, seconds=seconds, message=message)

    def _settle_file(self, file: str, verdict: Verdict, message: str) -> None:
        """A file that was not collected takes its kept tests with it; uncalibrated, it stands for them itself."""
        if self._suite.kept is None:
            self._progress.record(file, verdict, seconds=0.0, message=message)
            return
        for node in [node for node in self._nodes or () if node == file or file_of(node) == file_of(file)]:
            self._settle(node, verdict, 0.0, message)

    def _give_up(self, verdict: Verdict, message: str) -> None:
        rest = list(self._files if self._nodes is None else self._nodes)
        for node in rest:
            self._progress.record(node, verdict, seconds=0.0, message=message)
        self._nodes = {}

    def _too_much_memory(self, pid: int) -> bool:
        if self._group is not None:
            return self._group.overran()
        return processes.tree_memory_mib(pid, base_mib=SHARED_MIB) > self._limits.memory_mib

    def _timeout_message(self) -> str:
        if time.monotonic() >= self._progress.deadline:
            return f"the suite took longer than {self._limits.wall_s:g} s"
        if self._current is None:
            return f"importing the program took longer than {max(COLLECT_S, self._limits.test_s):g} s"
        return f"the test took longer than {self._limits.test_s:g} s"


def _expect_confined(child: Child, *, cap_bytes: int) -> None:
    reader = watch.FrameReader(child, cap_bytes=cap_bytes)
    while not reader.ended:
        if not select.select([child.connection], [], [], START_S)[0]:
            raise SandboxUnavailable(f"a process was not locked in within {START_S:g} s: the machine is overloaded")
        for frame in reader.frames():
            if frame.get("event") == "confined":
                return
            raise SandboxUnavailable(f"a process could not be locked in: {frame.get('reason')}")
    raise SandboxUnavailable("a process ended before it was locked in")


def by_mode(suite: Suite) -> dict[Mode, list[str]]:
    """How the suite runs -> its test files, in order; only files with something to run."""
    names = sorted(name for name in suite.files if _is_test_file(name))
    if suite.kept is not None:
        kept = {file_of(node) for node in suite.kept}
        names = [name for name in names if name in kept]
    groups: dict[Mode, list[str]] = {}
    for name in names:
        groups.setdefault(suite.modes.get(name, Mode.SPLIT), []).append(name)
    return groups


def _is_test_file(name: str) -> bool:
    base = name.rpartition("/")[2]
    return base.endswith(".py") and (base.startswith("test_") or base.endswith("_test.py"))
