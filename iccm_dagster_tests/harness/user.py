"""The same interpreter as an ordinary user, for tests that root runs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "65534"


def as_user(*arguments: str, timeout_s: float, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run this interpreter with ``arguments`` in the repository's folder as nobody; ``path``: its PATH."""
    search = os.environ["PATH"] if path is None else path
    command = [*_readable_by_all(), "setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "env", "-i"]
    command += [f"PATH={search}", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1", sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False)
    if done.returncode == 126 or "Permission denied" in done.stderr:
        pytest.skip(f"the repository cannot be read by others: {done.stderr[-300:]}")
    return done


def _readable_by_all() -> list[str]:
    """A command prefix under which an ordinary user can read this interpreter, wherever it lies."""
    base = Path(sys.base_prefix).resolve()
    closed = next((p for p in reversed(base.parents) if not p.stat().st_mode & 0o001), None)
    if closed is None:
        return []
    script = f"""
mount --make-rprivate / && hold=$(mktemp -d) && mount --bind {base} $hold && mount -t tmpfs -o mode=755 tmpfs {closed} &&
mkdir -p {base} && mount --bind $hold {base} && umount $hold && rmdir $hold && exec "$@" """
    return ["unshare", "--mount", "sh", "-c", script, "sh"]
