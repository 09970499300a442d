"""Landlock: a second wall around the file system, for the case that a mount is not what it should be.

Covered: every kind of write outside the folders named here, from the first Landlock version on; binding and connecting
TCP ports and abstract sockets where the kernel knows how. Reading is left to the mounts.
"""

import ctypes
import os

from iccm_dagster.harness.inside import linux

_FILE_RIGHTS_V1 = (1 << 13) - 1
_READING = (1 << 0) | (1 << 2) | (1 << 3)  # execute, read a file, read a folder
_REFER, _TRUNCATE, _IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
_ONE_FILE = (1 << 1) | _TRUNCATE  # rights that make sense on a single file: write, truncate


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """The kernel's Landlock version; 0 where there is none."""
    try:
        return linux.syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def install(writable: tuple[str, ...]) -> bool:
    """Refuse every write outside ``writable`` from here on; False where the kernel has no Landlock."""
    known = version()
    if known == 0:
        return False
    files = _FILE_RIGHTS_V1 | (_REFER if known >= 2 else 0) | (_TRUNCATE if known >= 3 else 0)
    files = (files | (_IOCTL_DEVICE if known >= 5 else 0)) & ~_READING
    rules = _Ruleset(files, 3 if known >= 4 else 0, 3 if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = linux.syscall("landlock_create_ruleset", ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    try:
        for path in writable:
            _allow(ruleset, path, files)
        linux.syscall("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: str, files: int) -> None:
    if not os.path.exists(path):
        return
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(files if os.path.isdir(path) else files & _ONE_FILE, opened)
        arguments = (ctypes.c_int(ruleset), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint32(0))
        linux.syscall("landlock_add_rule", *arguments)
    finally:
        os.close(opened)
