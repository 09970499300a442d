"""The system call filter, as a classic BPF program that is assembled here and needs no library.

A deny list: what is refused are calls that no judged program needs and through which sandboxes were escaped or their
neighbours watched. Not covered: calls that the list does not name; they remain bounded by the other layers.
"""

import ctypes
import errno
import platform
import struct

from iccm_dagster.harness.inside import linux

_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_ABOVE, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT0 = 0, 4, 16
_X32_BIT = 0x40000000
_NAMESPACES = (
    linux.CLONE_NEWNS | linux.CLONE_NEWCGROUP | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWUSER
) | (linux.CLONE_NEWPID | linux.CLONE_NEWNET)
_UNIX_FAMILY = 1

# name: (x86-64, 64-bit ARM); the numbers are part of the kernel's stable interface.
_DENIED = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97), "setns": (308, 268),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "reboot": (169, 142), "swapon": (167, 224),
    "swapoff": (168, 225), "acct": (163, 89), "quotactl": (179, 60), "syslog": (103, 116), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "personality": (135, 92), "vhangup": (153, 58), "fanotify_init": (300, 262),
    "lookup_dcookie": (212, 18), "nfsservctl": (180, 42), "move_pages": (279, 239), "mbind": (237, 235),
    "migrate_pages": (256, 238), "set_mempolicy": (238, 237),
}  # fmt: skip
_CLONE, _CLONE3, _SOCKET, _IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


def program() -> bytes:
    """The filter for this processor.

    Raises:
        OSError: The processor is not one whose call numbers are known.
    """
    machine = platform.machine()
    if machine not in _ARCHITECTURE:
        raise OSError(errno.ENOSYS, f"seccomp filter on {machine}")
    column = 0 if machine == "x86_64" else 1
    refuse = _statement(_RETURN, _ERRNO | errno.EPERM)
    code = [_statement(_LOAD, _ARCH), _jump(_JUMP_EQUAL, _ARCHITECTURE[machine], 1, 0), _statement(_RETURN, _KILL)]
    code += [_statement(_LOAD, _NUMBER), _jump(_JUMP_ABOVE, _X32_BIT, 0, 1), _statement(_RETURN, _KILL)]
    for numbers in _DENIED.values():
        code += [_jump(_JUMP_EQUAL, numbers[column], 0, 1), refuse]
    # The flags of clone3 lie in memory, out of the filter's reach; ENOSYS makes libraries fall back to clone.
    code += [_jump(_JUMP_EQUAL, _CLONE3[column], 0, 1), _statement(_RETURN, _ERRNO | errno.ENOSYS)]
    code += _argument_rule(_CLONE[column], 0, [_jump(_JUMP_BITS, _NAMESPACES, 0, 1), refuse])
    code += _argument_rule(_SOCKET[column], 0, [_jump(_JUMP_EQUAL, _UNIX_FAMILY, 1, 0), refuse])
    terminal = [_jump(_JUMP_EQUAL, _TIOCSTI, 1, 0), _jump(_JUMP_EQUAL, _TIOCLINUX, 0, 1), refuse]
    code += _argument_rule(_IOCTL[column], 1, terminal)
    code.append(_statement(_RETURN, _ALLOW))
    return b"".join(code)


def install() -> None:
    """Filter this process and all its descendants, for good; needs no_new_privs."""
    code = program()
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]

    filter_ = Program(len(code) // 8, ctypes.addressof(buffer))
    linux.syscall("seccomp", ctypes.c_ulong(1), ctypes.c_ulong(0), ctypes.byref(filter_))


def _argument_rule(number: int, argument: int, checks: list[bytes]) -> list[bytes]:
    body = [_statement(_LOAD, _ARGUMENT0 + 8 * argument), *checks, _statement(_LOAD, _NUMBER)]
    return [_jump(_JUMP_EQUAL, number, 0, len(body)), *body]


def _statement(code: int, value: int) -> bytes:
    return struct.pack("HBBI", code, 0, 0, value)


def _jump(code: int, value: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
