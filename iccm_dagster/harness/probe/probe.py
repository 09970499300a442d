"""Tries what no judged program may do, and returns how far it got."""

import ctypes
import errno
import os
import signal
import socket
import time

_libc = ctypes.CDLL(None, use_errno=True)
_MACHINE = os.uname().machine
_CALLS = {
    "x86_64": {"unshare": 272, "mount": 165, "ptrace": 101, "keyctl": 250, "bpf": 321, "setns": 308, "clone3": 435},
    "aarch64": {"unshare": 97, "mount": 40, "ptrace": 117, "keyctl": 219, "bpf": 280, "setns": 268, "clone3": 435},
}


def can_open(path):
    try:
        with open(path, "rb"):
            return True
    except OSError:
        return False


def find(names, roots):
    """Which of the file names exist anywhere below the roots."""
    return sorted({name for root in roots for _, _, files in os.walk(root) for name in files if name in names})


def can_write(folder):
    path = os.path.join(folder, "left-behind")
    try:
        with open(path, "w"):
            pass
        os.unlink(path)
        return True
    except OSError:
        return False


def leave(folder, mark):
    """Marks of earlier runs; leaves one."""
    seen = sorted(os.listdir(folder))
    with open(os.path.join(folder, mark), "w"):
        pass
    return [name for name in seen if name.startswith("mark-")]


def families():
    """Which kinds of sockets can be made, other than local ones."""
    made = []
    for family in (socket.AF_INET, socket.AF_INET6, 16, 17, 40):  # netlink, packet, vsock
        try:
            socket.socket(family, socket.SOCK_DGRAM if family != 40 else socket.SOCK_STREAM).close()
            made.append(int(family))
        except OSError:
            continue
    return made


def can_connect(name):
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect("\0" + name)
            return True
    except OSError:
        return False


def system_calls():
    """Which dangerous calls are not refused outright."""
    allowed = []
    for name, number in _CALLS[_MACHINE].items():
        first = 0x10000000 if name == "unshare" else 0
        result = _libc.syscall(ctypes.c_long(number), ctypes.c_long(first), 0, 0, 0, 0)
        if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS):
            allowed.append(name)
    return allowed


def becomes_root():
    try:
        os.setuid(0)
        return True
    except OSError:
        return False


def capabilities():
    """The effective, permitted and inheritable capabilities of this process, as bits."""
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    _libc.capget(ctypes.byref(header), ctypes.byref(data))
    return list(data)


def process():
    return os.getpid()


def processes_seen():
    return [name for name in os.listdir("/proc") if name.isdigit()] if os.path.isdir("/proc") else []


def signals_everybody():
    """Signalling every process that can be seen must reach nobody outside; this process, its first, is spared."""
    try:
        os.kill(-1, signal.SIGCONT)
        return True
    except ProcessLookupError:
        return False


def environment():
    return sorted(os.environ)


def descriptors():
    """Open descriptors beyond the standard ones."""
    found = []
    for number in range(3, 256):
        try:
            os.fstat(number)
            found.append(number)
        except OSError:
            continue
    return len(found)


def forks(most):
    """How many processes could be made before the limit."""
    children = []
    try:
        for _ in range(most):
            child = os.fork()
            if child == 0:
                time.sleep(30)
                os._exit(0)
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return len(children)


def allocates(mebibytes):
    try:
        return len(bytearray(mebibytes << 20)) > 0
    except MemoryError:
        return False


def hoards(mebibytes, processes):
    """Many processes, each with less than one may have."""
    for _ in range(processes):
        if os.fork() == 0:
            held = bytearray(b"x") * (mebibytes << 20)
            time.sleep(30)
            os._exit(len(held) == 0)
    time.sleep(30)


def fills(folder, most_mib):
    """How many MiB could be written."""
    block, written = b"x" * (1 << 20), 0
    names = [os.path.join(folder, f"fill-{number}") for number in range(4)]
    try:
        for name in names:
            with open(name, "wb", buffering=0) as stream:
                try:
                    for _ in range(most_mib):
                        written += stream.write(block) == len(block)
                except OSError:
                    continue
    finally:
        for name in names:
            if os.path.exists(name):
                os.unlink(name)
    return written


def hang():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        try:
            time.sleep(1)
        except BaseException:
            continue
