"""The warmed process inside the jail that every run is forked from.

It imports pytest once, then answers one kind of request on its control socket: fork the processes of one run, each with
its own descriptors, and hand back a process descriptor for each, through which the harness outside waits and kills. It
never reads a test, an implementation or a result. It ends when the control socket does, and the jail's pid namespace
ends with it, whatever still runs inside.

The request: ``{"children": [role, ...], settings...}`` with one socket per child, and the descriptor of a control group if
the last child is to join one. Roles: ``tester`` is trusted and
talks to ``worker`` over a socket made here; ``worker`` and ``solo`` run foreign code in namespaces of their own.
"""

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import traceback

from iccm_dagster.harness.inside import confine, linux
from iccm_dagster.harness.inside.wire import Channel, WireError

WARM = (
    "abc argparse array ast asyncio base64 bisect calendar cmath collections.abc colorsys concurrent.futures "
    "configparser contextlib contextvars copy csv ctypes dataclasses datetime decimal difflib enum fnmatch fractions "
    "functools glob hashlib heapq hmac html html.parser io ipaddress itertools json logging math numbers operator "
    "pathlib pprint queue random re secrets shlex shutil socket stat statistics string struct tempfile textwrap "
    "threading time timeit tokenize traceback types typing unicodedata unittest.mock urllib.parse uuid weakref "
    "xml.etree.ElementTree xml.sax.saxutils zlib zoneinfo"
).split()
FOREIGN_NAMESPACES = (
    linux.CLONE_NEWUSER | linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWNET | linux.CLONE_NEWIPC
) | (linux.CLONE_NEWUTS | linux.CLONE_NEWCGROUP)
TRUSTED_NAMESPACES = linux.CLONE_NEWPID | linux.CLONE_NEWNS | linux.CLONE_NEWIPC
REQUEST_BYTES = 1 << 16


def main(control_fd: int, strong: bool) -> None:
    """Warm up, say so, and serve until the control socket closes."""
    control = socket.socket(fileno=control_fd)
    _warm_up()
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": True, "pid": os.getpid()}).encode())
    while True:
        readable, _, _ = select.select([control], [], [], 0.2)
        _reap()
        if readable:
            request, descriptors, _, _ = socket.recv_fds(control, REQUEST_BYTES, 8)
            if not request:
                return
            _answer(control, json.loads(request), descriptors, strong)


def _answer(control: socket.socket, request: dict, descriptors: list[int], strong: bool) -> None:
    handles: list[int] = []
    try:
        handles = [os.pidfd_open(pid) for pid in _spawn(request, descriptors, strong)]
        socket.send_fds(control, [b'{"error":null}'], handles)
    except OSError as problem:
        control.send(json.dumps({"error": f"the jail cannot start a run: {problem}"}).encode())
    finally:
        for descriptor in [*descriptors, *handles]:
            os.close(descriptor)


def _spawn(request: dict, descriptors: list[int], strong: bool) -> list[int]:
    roles = request["children"]
    group = descriptors[len(roles)] if len(descriptors) > len(roles) else None
    settings = {**request, "strong": strong}
    if strong:
        options = f"size={request['output_mib']}m,nr_inodes=4096,mode=1777"
        guard = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOSYMFOLLOW
        linux.mount("tmpfs", confine.TMP, "tmpfs", guard, options)
    pids: list[int] = []
    links = socket.socketpair()
    try:
        for index, role in enumerate(roles):
            joins = group if index == len(roles) - 1 else None
            pids.append(_fork(role, descriptors[index], links[index % 2], settings, joins))
        return pids
    except OSError:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        raise
    finally:
        for link in links:
            link.close()
        if strong:
            # The mount lives on in the run's own namespaces, and its memory goes back when they do.
            linux.unmount(confine.TMP)


def _fork(role: str, report_fd: int, link: socket.socket, settings: dict, group: int | None) -> int:
    trusted = role == "tester"
    flags = 0 if not settings["strong"] else TRUSTED_NAMESPACES if trusted else FOREIGN_NAMESPACES
    go_read, go_write = os.pipe()
    try:
        pid = linux.clone(flags)
        if pid == 0:
            _child(role, report_fd, link, settings, group, (go_read, go_write))
        if flags & linux.CLONE_NEWUSER:
            _map_ids(pid, os.getuid() if settings["uid"] is None else settings["uid"])
        os.write(go_write, b"!")
        return pid
    finally:
        os.close(go_read)
        os.close(go_write)


def _child(
    role: str, report_fd: int, link: socket.socket, settings: dict, group: int | None, go: tuple[int, int]
) -> None:
    """Never returns: whatever happens, the copy of the zygote must not go on as a second one."""
    status = 70
    try:
        os.close(go[1])
        if group is not None:
            os.write(group, b"0")
        if os.read(go[0], 1) != b"!":
            return
        confine.close_all_but({report_fd, link.fileno()})
        report = Channel(socket.socket(fileno=report_fd), cap_bytes=settings["output_mib"] << 20)
        job = report.receive()
        module = importlib.import_module(f"iccm_dagster.harness.inside.{role}")
        if settings["strong"] and role != "tester":
            confine.take_inner_uid()
        module.prepare(job, settings)
        confine_ = confine.confine_trusted if role == "tester" else confine.confine_foreign
        confine_(settings)
        report.send({"event": "confined"})
        module.main(job, report, link, settings)
        status = 0
    except BaseException:
        _complain(report_fd)
    finally:
        os._exit(status)


def _complain(report_fd: int) -> None:
    """The last words of a process that could not do its work, as a frame which every reader understands."""
    try:
        report = socket.socket(fileno=os.dup(report_fd))
        Channel(report, cap_bytes=1 << 20).send({"event": "broken", "reason": traceback.format_exc()[-4000:]})
    except (OSError, WireError):
        pass


def _map_ids(pid: int, outer: int) -> None:
    outer_gid = os.getgid() if outer == os.getuid() else outer
    for kind, outside in (("uid", outer), ("gid", outer_gid)):
        with open(f"/proc/{pid}/{kind}_map", "w", encoding="ascii") as stream:
            stream.write(f"{confine.INNER_UID} {outside} 1")


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _warm_up() -> None:
    """Import what tests and programs import, and run one empty session so that pytest's own lazy parts are loaded."""
    for name in WARM:
        importlib.import_module(name)
    for role in ("tester", "worker", "solo"):
        importlib.import_module(f"iccm_dagster.harness.inside.{role}")
    from iccm_dagster.harness.inside import session

    with tempfile.TemporaryDirectory() as folder:
        session.warm_up(folder)
    # It would point into a folder of the zygote.
    tempfile.tempdir = None


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "strong")
