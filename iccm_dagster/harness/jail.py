"""The outer walls: one jail per harness, from which every run is forked.

Covered: a root folder with read-only binds of the interpreter, the shared libraries, pytest and the packages that an
application declares, and nothing else of the machine; no network; own process ids, IPC, host name; an empty environment
from the first exec; sized temporary file systems. Through bubblewrap where it is installed and works, else through plain
namespaces, else none ("bare").
Not covered: the limits of a single run and its separation from its neighbours; those are made inside (see ``inside``).
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness import packages, processes

START_S = 300.0
"""How long a jail may take to warm up [s]; about 0.5 s on an idle core. Walls that do not stand fail at once."""
SETTLE_S = 0.05
"""How long the walls may outlive what is behind them [s]."""
_HARNESS = Path(__file__).parent
_CODE = "/harness"
_PACKAGES = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "py")
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")


class Walls(StrEnum):
    """How the jail is built, from strongest to none."""

    BUBBLEWRAP = "bubblewrap"
    """bwrap builds it."""
    NAMESPACES = "namespaces"
    """``inside.plain_jail`` builds it."""
    BARE = "bare"
    """Nothing is built: processes of this machine, with resource limits only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One forked process of a run."""

    pidfd: int
    """Process descriptor: readable once the process has ended; kills it without mistaking it for another."""
    connection: socket.socket
    """The process's own socket."""


class Jail:
    """A running jail. Safe to use from several threads; close it, or it ends with this process."""

    def __init__(self, walls: Walls, needs: Sequence[str] = ()) -> None:
        """Build and warm up; ``needs``: installed distributions that are shown inside.

        Raises:
            SandboxUnavailable: These walls do not stand on this machine, or a distribution is not installed.
        """
        self.walls = walls
        self._lock = threading.Lock()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                _command(walls, theirs.fileno(), packages.package_binds(needs)),
                env={},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._await_ready()

    @property
    def pid(self) -> int:
        """The outermost process of the jail."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the jail still answers."""
        return self._process.poll() is None

    def outlives_its_runs(self) -> bool:
        """Whether the jail still stands a moment after a run in it has ended, so that it did not take the run with it."""
        try:
            self._process.wait(timeout=SETTLE_S)
        except subprocess.TimeoutExpired:
            return True
        return False

    def spawn(self, settings: dict[str, object], roles: Sequence[str], *, memory_group: int | None) -> list[Child]:
        """Fork the processes of one run; the last one, which runs foreign code, joins the group of that descriptor.

        Raises:
            SandboxUnavailable: The jail is gone or could not fork.
        """
        pairs = [socket.socketpair() for _ in roles]
        joined = [] if memory_group is None else [memory_group]
        request = json.dumps({**settings, "children": list(roles)}).encode()
        try:
            with self._lock:
                socket.send_fds(self._control, [request], [theirs.fileno() for _, theirs in pairs] + joined)
                answer, pidfds, _, _ = socket.recv_fds(self._control, 1 << 16, len(roles))
            problem = json.loads(answer)["error"] if answer else "the jail has ended"
        except OSError as failure:
            problem, pidfds = str(failure), []
        finally:
            for _, theirs in pairs:
                theirs.close()
        if problem:
            for ours, _ in pairs:
                ours.close()
            raise SandboxUnavailable(f"{self.walls} jail: {problem}")
        return [Child(pidfd=pidfd, connection=ours) for pidfd, (ours, _) in zip(pidfds, pairs, strict=True)]

    def close(self) -> None:
        """End the jail and everything in it."""
        self._control.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._kill()
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _await_ready(self) -> None:
        self._control.settimeout(START_S)
        try:
            ready = self._control.recv(1 << 12)
        except OSError:
            ready = b""
        if not ready:
            self._control.close()
            self._kill()
            errors = self._process.stderr.read() if self._process.stderr is not None else b""
            raise SandboxUnavailable(f"{self.walls} jail does not start: {errors.decode(errors='replace')[-2000:]}")
        self._control.settimeout(START_S)

    def _kill(self) -> None:
        """End the jail from outside: what builds the walls is not the parent of all that stands behind them."""
        for pid in reversed(processes.tree(self._process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()


def _command(walls: Walls, control_fd: int, more: list[tuple[str, str]]) -> list[str]:
    if walls is Walls.BARE:
        return _zygote(control_fd, strength="weak", code=str(_HARNESS.parent.parent))
    if walls is Walls.NAMESPACES:
        plan = json.dumps({"binds": _binds() + more, "command": _zygote(control_fd, strength="strong", code=_CODE)})
        script = str(_HARNESS / "inside" / "plain_jail.py")
        return [_interpreter(), "-sPS", script, plan]
    return [*_bubblewrap(_binds() + more), "--", *_zygote(control_fd, strength="strong", code=_CODE)]


def _zygote(control_fd: int, *, strength: str, code: str) -> list[str]:
    paths = [code] if strength == "strong" else [code, *_package_folders()]
    start = f"import sys; sys.path[:0] = {paths!r}; from iccm_dagster.harness.inside import zygote; "
    start += f"sys.path.append({packages.FOLDER!r}); zygote.main({control_fd}, {strength == 'strong'})"
    settings = ("PYTHONHASHSEED=0", "PYTHONUTF8=1", "LC_ALL=C.UTF-8", "TZ=UTC", "PATH=/usr/bin:/bin")
    # -S: no site-packages; -P: no folder of the machine on the path. The hash seed must be fixed, so -I is too much.
    return [shutil.which("env") or "/usr/bin/env", "-i", *settings, _interpreter(), "-sPS", "-B", "-c", start]


def _bubblewrap(binds: list[tuple[str, str]]) -> list[str]:
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxUnavailable("bubblewrap is not installed: install the package 'bubblewrap'")
    command = [program, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if os.geteuid() != 0:
        command += ["--unshare-user", "--uid", "0", "--gid", "0"]
    # The zygote needs its capabilities to make the namespaces of each run; foreign code starts without any.
    command += ["--new-session", "--cap-add", "ALL", "--clearenv", "--hostname", "jail", "--proc", "/proc"]
    command += ["--dev", "/dev", "--perms", "1777", "--size", str(1 << 20), "--tmpfs", "/dev/shm"]
    for folder in ("/tmp", "/work", "/tests"):
        command += ["--perms", "1777", "--size", str(16 << 20), "--tmpfs", folder]
    command += ["--perms", "1777", "--size", str(64 << 20), "--tmpfs", "/cache"]
    for source, target in binds:
        # Left to itself, bwrap makes the way to a bind for its own user only.
        for folder in reversed(Path(target).parents[:-1]):
            command += ["--perms", "0755", "--dir", str(folder)]
        command += ["--ro-bind", source, target]
    return [*command, "--remount-ro", "/", "--chdir", "/"]


def _interpreter() -> str:
    """The interpreter itself, not a virtual environment's link to it."""
    return str(Path(getattr(sys, "_base_executable", "") or sys.executable).resolve())


def _binds() -> list[tuple[str, str]]:
    """What the jail sees of the machine: (here, there)."""
    binds = [(path, path) for path in _SYSTEM if os.path.exists(path)]
    env = shutil.which("env") or "/usr/bin/env"
    binds.append((env, env))
    base = Path(sys.base_prefix).resolve()
    binds += [(str(base), str(base))] if base != Path("/usr") else [(_interpreter(), _interpreter())]
    binds += [(str(_HARNESS), f"{_CODE}/iccm_dagster/harness")]
    binds += [(str(_HARNESS.parent / "__init__.py"), f"{_CODE}/iccm_dagster/__init__.py")]
    return binds + [(origin, f"{_CODE}/{Path(origin).name}") for origin in _package_origins()]


def _package_origins() -> list[str]:
    origins = []
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            origins.append(str(origin.parent if origin.name == "__init__.py" else origin))
    return origins


def _package_folders() -> list[str]:
    return sorted({str(Path(origin).parent) for origin in _package_origins()})
