"""In-process mode: tests and implementation share one process, locked in as a whole. Weaker evidence.

Covered: the walls of every run, tests that nobody can write to, the audit hook of ``alarm``; outside, the policy, the
planted tests, the nonce and the calibrated ids. Not covered: a program that gets at the tests' objects by a way that the
interpreter does not announce can learn what they expect.
"""

import os
import socket
import sys

from iccm_dagster.harness.inside import alarm, confine
from iccm_dagster.harness.inside.session import Reporter, run_session, write_files
from iccm_dagster.harness.inside.shadowed import release
from iccm_dagster.harness.inside.wire import Channel


def prepare(job: dict, settings: dict) -> None:
    """Write the tests where nothing that runs later can change them."""
    if settings["strong"]:
        confine.mount_tests(settings["output_mib"])
    write_files(settings["tests"], job["tests"])
    if settings["strong"]:
        confine.seal_tests()


def main(job: dict, report: Channel, link: socket.socket, settings: dict) -> None:
    """Run the session."""
    link.close()
    work, tmp = settings["work"], settings["tmp"]
    write_files(work, job["files"])
    os.chdir(tmp)
    os.environ.update(HOME=tmp, TMPDIR=tmp)
    sys.path.insert(0, work)
    release(job["names"])
    reporter = Reporter(report, nonce=job["nonce"], nodes=job["nodes"], death=str)
    if job["refused"]:
        _watch(job, reporter, work=work, tests=settings["tests"])
    run_session(settings["tests"], tmp, job["order"], [reporter])


def _watch(job: dict, reporter: Reporter, *, work: str, tests: str) -> None:
    """From here on this process ends when the implementation reaches for what it must not have."""
    # What is loaded stays so, but cannot be had by name: an implementation has no use for the harness.
    for name in [name for name in sys.modules if name.partition(".")[0] == "iccm_dagster"]:
        del sys.modules[name]
    alarm.install(work=work, tests=tests, refused=job["refused"], allowed=job["allowed"], report=reporter.caught)
