"""What a forked process gives up before it reads its first job.

Covered, for the process of an implementation: namespaces (made by the zygote's clone), the jail's caches and process
list out of sight, own sized temporary file systems, an unprivileged uid, no capabilities, resource limits, Landlock, the
system call filter, no inherited descriptors. Every layer that fails under ``strong`` raises: the run is then refused.
Not covered: kernel bugs, timing side channels, CPU time beyond the wall clock's limit.
"""

import os
import resource
import signal
from collections.abc import Collection, Mapping

from iccm_dagster.harness.inside import landlock, linux, seccomp

TMP, WORK, TESTS, CACHE, SHM = "/tmp", "/work", "/tests", "/cache", "/dev/shm"
INNER_UID = 1000
"""The uid that the implementation sees for itself where it has its own user namespace."""
MEBIBYTE = 1 << 20


def confine_foreign(settings: Mapping[str, object]) -> None:
    """Lock this process in, before code that is not trusted."""
    strong = bool(settings["strong"])
    space = _address_space()
    if strong:
        _private_file_systems(int(settings["output_mib"]))
    elif settings["uid"] is not None:
        _become(int(settings["uid"]))
    writable = (TMP, WORK, SHM, "/dev/null") if strong else (str(settings["tmp"]), str(settings["work"]), "/dev/null")
    _limit_resources(settings, space)
    linux.prctl(linux.PR_SET_DUMPABLE, 0)
    linux.drop_capabilities()
    walls = {"landlock": lambda: landlock.install(writable), "seccomp": seccomp.install}
    for build in walls.values():
        try:
            build()
        except OSError:
            if strong:
                raise


def confine_trusted(settings: Mapping[str, object]) -> None:
    """Take the rights away that the trusted tests do not need; they still see the cache."""
    if settings["strong"]:
        linux.mount("tmpfs", WORK, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    if settings["uid"] is not None:
        _become(int(settings["uid"]))
    linux.drop_capabilities()
    soft_mib = max(1024, 2 * int(settings["memory_mib"]))
    _set_limit(resource.RLIMIT_AS, _address_space() + soft_mib * MEBIBYTE)
    _set_limit(resource.RLIMIT_CORE, 0)


def close_all_but(kept: Collection[int]) -> None:
    """Close every descriptor but ``kept``; 0, 1 and 2 become the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    edges = [2, *sorted(kept), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]
    for low, high in zip(edges, edges[1:], strict=False):
        os.closerange(low + 1, high)


def take_inner_uid() -> None:
    """Become somebody in the new user namespace; capabilities inside it are kept for the mounts to come."""
    _become(INNER_UID)


def mount_tests(size_mib: int) -> None:
    """An own folder for the tests, to be filled and then sealed."""
    options = f"size={size_mib}m,nr_inodes=4096,mode=755"
    linux.mount("tmpfs", TESTS, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def seal_tests() -> None:
    """From here on nobody writes to the folder of the tests, its owner included."""
    guard = linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("", TESTS, "", linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | guard, "")


def _private_file_systems(size_mib: int) -> None:
    guard = linux.MS_NOSUID | linux.MS_NODEV
    own = f"size={size_mib}m,nr_inodes=4096,mode=700,uid={INNER_UID},gid={INNER_UID}"
    linux.mount("tmpfs", "/proc", "tmpfs", guard | linux.MS_RDONLY, "size=4k,mode=555")
    linux.mount("tmpfs", CACHE, "tmpfs", guard | linux.MS_RDONLY, "size=4k,mode=555")
    linux.mount("tmpfs", WORK, "tmpfs", guard, own)
    linux.mount("tmpfs", SHM, "tmpfs", guard, own)


def _become(uid: int) -> None:
    try:
        os.setgroups([])
    except PermissionError:  # a user namespace made without privileges cannot; it maps no foreign group either
        pass
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _limit_resources(settings: Mapping[str, object], space: int) -> None:
    _set_limit(resource.RLIMIT_AS, space + int(settings["memory_mib"]) * MEBIBYTE)
    _set_limit(resource.RLIMIT_NPROC, int(settings["processes"]))
    _set_limit(resource.RLIMIT_FSIZE, int(settings["output_mib"]) * MEBIBYTE)
    _set_limit(resource.RLIMIT_NOFILE, 256)
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_CPU, int(float(settings["wall_s"])) + 2)
    _set_limit(resource.RLIMIT_MSGQUEUE, 0)
    # A write beyond the file size limit is to be an error of that write, not the end of the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def _set_limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(which, (value, value))


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as stream:
        return int(stream.read().split()[0]) * resource.getpagesize()
