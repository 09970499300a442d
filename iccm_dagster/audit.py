"""Whether everything in a storage is whole: every manifest verifies, and nothing was left half-written.

A process that is killed while it writes leaves the old artifact as it was, and beside it what it had written so far;
nothing reads that, but it takes space for ever.

Covered: storage in a local folder. Not covered: remote storage, whose leftovers have no names of their own.
"""

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.artifacts import MANIFEST, WHOLE, ArtifactStore
from iccm_dagster.errors import ICCMError


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found in a storage."""

    versions: Mapping[str, str]
    """``asset`` or ``asset/application`` -> content version, for every artifact that verifies (or is a recorded
    problem)."""
    broken: Mapping[str, str]
    """The same names -> why the artifact cannot be read."""
    leftovers: Sequence[Path]
    """What interrupted writes left; nothing refers to it."""


def audit(root: Path, *, verify: bool, idle_s: float) -> Audit:
    """Look at every artifact below a storage's root.

    ``verify`` reads all files and compares their hashes. Only what was not touched for ``idle_s`` seconds is a leftover:
    younger things belong to a writer that may be at work.
    """
    store = ArtifactStore(root)
    versions: dict[str, str] = {}
    broken: dict[str, str] = {}
    leftovers: list[Path] = []
    for home in _homes(root):
        asset, partition = home.parent.name, None if home.name == WHOLE else home.name
        name = asset if partition is None else f"{asset}/{partition}"
        try:
            artifact = store.find(asset, partition)
            if artifact is not None and artifact.problem is None and verify:
                artifact.folder()
        except ICCMError as error:
            broken[name] = str(error)
            continue
        if artifact is not None:
            versions[name] = artifact.version
        leftovers += [path for path in _unfinished(home) if time.time() - path.stat().st_mtime >= idle_s]
    return Audit(versions=versions, broken=broken, leftovers=leftovers)


def remove(leftovers: Sequence[Path]) -> None:
    """Delete what interrupted writes left."""
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _homes(root: Path) -> Iterator[Path]:
    """Yield the folder of every artifact; folders with a dot are no artifacts."""
    for asset in sorted(root.iterdir()) if root.is_dir() else ():
        if asset.is_dir() and not asset.name.startswith("."):
            yield from (home for home in sorted(asset.iterdir()) if home.is_dir())


def _unfinished(home: Path) -> Iterator[Path]:
    yield from home.glob(".writing-*")
    yield from home.glob(f".{MANIFEST}.*")
