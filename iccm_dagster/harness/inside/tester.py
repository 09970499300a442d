"""The trusted side of split mode: pytest over the application's tests, with stand-ins for the implementation.

The implementation's code never runs in this process; what it can do is answer. The tests' folder lies in the jail's
cache, out of the foreign process's sight, so that pytest's rewritten assertions are compiled once per suite.
"""

import gc
import importlib.abc
import importlib.machinery
import os
import random
import socket
import sys
import tempfile
from collections.abc import Sequence
from types import ModuleType

from iccm_dagster.harness.inside.confine import CACHE
from iccm_dagster.harness.inside.known import Known
from iccm_dagster.harness.inside.link import Link
from iccm_dagster.harness.inside.remote import RemoteModule, guarded
from iccm_dagster.harness.inside.session import Reporter, run_session, write_files
from iccm_dagster.harness.inside.shadowed import release
from iccm_dagster.harness.inside.wire import Channel


def prepare(job: dict, settings: dict) -> None:
    """Nothing needs rights that are given up later."""


def main(job: dict, report: Channel, link_socket: socket.socket, settings: dict) -> None:
    """Run the session."""
    tmp = settings["tmp"]
    os.chdir(tmp)
    os.environ.update(HOME=tmp, TMPDIR=tmp)
    # Short-lived and bounded in memory: looking for cycles all the time costs more than it frees.
    gc.set_threshold(50_000)
    tests = _tests_folder(job, settings)
    sys.argv = ["pytest"]
    link = Link(Channel(link_socket, cap_bytes=report.cap_bytes), Known(job["known"]))
    release(job["names"])
    sys.meta_path.insert(0, Finder(link, frozenset(job["names"])))
    _forward_seed(link)
    reporter = Reporter(report, nonce=job["nonce"], nodes=job["nodes"], death=lambda: link.death)
    reporter.learned = link.known.to_json
    run_session(tests, tmp, job["order"], [reporter])


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets tests import the implementation's modules, and gets stand-ins for them."""

    def __init__(self, link: Link, names: frozenset[str]) -> None:
        """``names``: top-level names that belong to the implementation; all others are found as always."""
        self._link = link
        self._names = names

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Ours, if the top-level name is."""
        if fullname.partition(".")[0] not in self._names:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Import it over there."""
        guarded(self._link, "import", spec.name)
        return RemoteModule(spec.name, self._link)

    def exec_module(self, module: ModuleType) -> None:
        """It has run over there."""


def _tests_folder(job: dict, settings: dict) -> str:
    """The folder of this suite in the cache; several runs may make it at once, the first one wins."""
    if not settings["strong"]:
        write_files(settings["tests"], job["tests"])
        return settings["tests"]
    folder = f"{CACHE}/{job['suite']}"
    if not os.path.isdir(folder):
        draft = tempfile.mkdtemp(dir=CACHE)
        write_files(f"{draft}/tests", job["tests"])
        os.chmod(draft, 0o777)
        try:
            os.rename(draft, folder)
        except OSError:  # another run was faster
            pass
    sys.dont_write_bytecode = False
    return f"{folder}/tests"


def _forward_seed(link: Link) -> None:
    """A test that seeds the module's generator means the program's generator."""
    seed = random.seed

    def seed_both(a: object = None, version: int = 2) -> None:
        seed(a, version)
        if a is not None:
            link.request("seed", a)

    random.seed = seed_both
