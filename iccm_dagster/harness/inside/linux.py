"""The few Linux calls that the standard library lacks, through ctypes.

Covered: x86-64 and 64-bit ARM. Elsewhere every call raises OSError(ENOSYS), and with it the layer that needs it is
reported missing. Single-threaded callers only: ``clone`` behaves like fork.
"""

import ctypes
import errno
import os
import platform
import signal

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_NOSYMFOLLOW = 0x100
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 2

PR_SET_DUMPABLE = 4
PR_SET_NAME = 15
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
LAST_CAPABILITY = 63

_SYSCALLS = {
    "x86_64": {"clone": 56, "capset": 126, "pivot_root": 155, "seccomp": 317},
    "aarch64": {"clone": 220, "capset": 91, "pivot_root": 41, "seccomp": 277},
}
_LANDLOCK = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}

# PyDLL keeps the interpreter lock: a clone must not hand it to anybody in between.
_libc = ctypes.PyDLL(None, use_errno=True)


def syscall(name: str, *arguments: object) -> int:
    """Call the kernel by name.

    Raises:
        OSError: The kernel refused, or the call is not known on this processor.
    """
    number = {**_SYSCALLS.get(platform.machine(), {}), **_LANDLOCK}.get(name)
    if number is None:
        raise OSError(errno.ENOSYS, f"{name} on {platform.machine()}")
    return _checked(_libc.syscall(ctypes.c_long(number), *arguments), name)


def clone(flags: int) -> int:
    """Fork into new namespaces; 0 in the child, its pid in the parent."""
    ctypes.pythonapi.PyOS_BeforeFork()
    try:
        pid = syscall("clone", *map(ctypes.c_ulong, (flags | signal.SIGCHLD, 0, 0, 0, 0)))
    except OSError:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
        raise
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return pid


def unshare(flags: int) -> None:
    """Leave the given namespaces for new ones."""
    _checked(_libc.unshare(ctypes.c_int(flags)), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str) -> None:
    """Mount a file system, or change a mount."""
    words = (os.fsencode(source), os.fsencode(target), os.fsencode(kind))
    result = _libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(options))
    _checked(result, f"mount {kind or source} on {target}")


def unmount(target: str) -> None:
    """Take a mount out of sight; it goes when its last user goes."""
    _checked(_libc.umount2(os.fsencode(target), MNT_DETACH), f"umount {target}")


def prctl(option: int, value: int, third: int = 0) -> None:
    """Change a property of this process."""
    arguments = map(ctypes.c_ulong, (value, third, 0, 0))
    _checked(_libc.prctl(ctypes.c_int(option), *arguments), f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability, for this process and whatever it may execute."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    for capability in range(LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:  # beyond the kernel's last one, or never held
            continue
    try:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    except OSError:  # kernels before 4.3
        pass
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall("capset", ctypes.byref(header), ctypes.byref(nothing))


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
