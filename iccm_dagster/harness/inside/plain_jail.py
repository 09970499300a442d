"""The outer walls without bubblewrap: namespaces, an own root folder, then the command that was asked for.

Run as a script by the interpreter that will also serve inside; needs root, or user namespaces for ordinary users. Covered
is what ``jail`` promises. Not covered: machines that forbid user namespaces to this program but not to bubblewrap.
"""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from iccm_dagster.harness.inside import linux

STAGE = "/tmp"
"""Any folder that exists everywhere: the new root is built over it, in a mount namespace of its own."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_GUARD = linux.MS_NOSUID | linux.MS_NODEV
_TEMPORARY = {"/tmp": 16, "/work": 16, "/tests": 16, "/cache": 64, "/dev/shm": 1}
# statvfs flag -> mount flag: a user namespace may not take these off when it makes a bind read-only.
_KEPT = {2: linux.MS_NOSUID, 4: linux.MS_NODEV, 8: linux.MS_NOEXEC, 1024: 1024, 2048: 2048, 4096: 1 << 21}


def main(plan: dict) -> None:
    """Build the walls and become the command; returns only in the process outside, with the command's status."""
    flags = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWNET | linux.CLONE_NEWIPC | linux.CLONE_NEWUTS
    _leave(flags | linux.CLONE_NEWCGROUP)
    child = os.fork()
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
    linux.mount("", "/", "", linux.MS_REC | linux.MS_PRIVATE, "")
    # Opened before the stage covers what may lie there.
    sources = [(os.open(source, os.O_PATH), target, os.path.isdir(source)) for source, target in plan["binds"]]
    devices = [(os.open(f"/dev/{name}", os.O_PATH), f"/dev/{name}", False) for name in _DEVICES]
    linux.mount("tmpfs", STAGE, "tmpfs", _GUARD, "size=1m,mode=755")
    _furnish(sources, devices)
    _enter()
    for opened, _, _ in (*sources, *devices):
        os.close(opened)
    os.execv(plan["command"][0], plan["command"])


def _leave(flags: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        linux.unshare(flags)
        return
    linux.unshare(flags | linux.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def _furnish(sources: list[tuple[int, str, bool]], devices: list[tuple[int, str, bool]]) -> None:
    for folder in ("proc", "dev", "tmp", "work", "tests", "cache"):
        os.makedirs(f"{STAGE}/{folder}", mode=0o755)
    os.mkdir(f"{STAGE}/dev/shm")
    linux.mount("proc", f"{STAGE}/proc", "proc", _GUARD, "")
    for opened, target, is_folder in (*sources, *devices):
        place = STAGE + target
        os.makedirs(place if is_folder else os.path.dirname(place), mode=0o755, exist_ok=True)
        if not is_folder:
            Path(place).touch()
        linux.mount(f"/proc/self/fd/{opened}", place, "", linux.MS_BIND | linux.MS_REC, "")
        if target.startswith("/dev/"):
            continue
        kept = sum(flag for bit, flag in _KEPT.items() if os.statvfs(place).f_flag & bit)
        linux.mount("", place, "", linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _GUARD | kept, "")
    for target, size in _TEMPORARY.items():
        linux.mount("tmpfs", STAGE + target, "tmpfs", _GUARD, f"size={size}m,mode=1777")


def _enter() -> None:
    os.chdir(STAGE)
    linux.syscall("pivot_root", b".", b".")
    linux.unmount(".")
    os.chdir("/")
    linux.mount("", "/", "", linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _GUARD, "")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
