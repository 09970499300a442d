"""In-process mode: tests and implementation share one process, locked in as a whole. Weaker evidence."""

import os
import socket
import sys

from iccm_dagster.harness.inside import confine
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
    run_session(settings["tests"], tmp, job["order"], [reporter])
