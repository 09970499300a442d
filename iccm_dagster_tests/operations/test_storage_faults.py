"""A full disk and a read-only one: a clear error, and the artifact that was there before is still whole."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import dagster as dg
import pytest

from iccm_dagster.audit import audit
from iccm_dagster.definitions import build_resources
from iccm_dagster.defs.assets.applications import application_source, code_sections
from iccm_dagster.defs.partitions import range_tags, register
from iccm_dagster.defs.resources.profile import ProfileResource
from iccm_dagster.errors import StorageError

Fault = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of one megabyte where the rights to mount one are there; a plain folder otherwise."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = _mounted("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder))
    yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Nothing more fits on the disk (without a disk of its own: no file of this process may grow beyond 100 bytes)."""
    if not os.path.ismount(disk):
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        yield
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        return
    with (disk / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    assert shutil.disk_usage(disk).free < 4096
    yield
    (disk / "filler").unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Nothing on the disk can be written."""
    mounted = os.path.ismount(disk)
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    elif os.getuid() == 0:
        pytest.skip("root may write everywhere, and may not mount here")
    folders = [] if mounted else [disk, *(path for path in disk.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    yield
    if mounted:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    for folder in folders:
        folder.chmod(0o755)


@pytest.mark.parametrize(
    ("fault", "words"),
    [(full, r"No space left|File too large"), (read_only, r"Read-only|Permission denied")],
    ids=["full", "read-only"],
)
def test_a_broken_disk_is_named_and_what_was_stored_is_whole(catalogue: Path, disk: Path, fault: Fault, words: str):
    """Three applications are stored, one changes, its new version cannot be written; then it can."""
    resources = build_resources(
        storage=str(disk / "artifacts"), catalogue=str(catalogue), profile=ProfileResource(name="smoke")
    )
    with dg.DagsterInstance.ephemeral() as instance:
        keys = register(instance, resources["pipeline"].applications)

        def materialize() -> dg.ExecuteInProcessResult:
            return dg.materialize(
                [application_source, code_sections],
                instance=instance,
                resources=resources,
                tags=range_tags(keys, instance),
            )

        materialize()
        before = whole(disk)
        source = catalogue / "002-other" / "src" / "othernumbers.py"
        source.write_text(source.read_text() + "\nLIMIT = 3\n")
        with fault(disk):
            with pytest.raises(StorageError, match=words) as caught:
                materialize()
            assert "application_source" in str(caught.value)
            assert whole(disk) == before
        assert materialize().success
        after = whole(disk)
        assert {name for name in before if after[name] != before[name]} >= {"application_source/002-other"}
        assert audit(disk / "artifacts", verify=True, idle_s=0).leftovers == []


def whole(disk: Path) -> dict[str, str]:
    """Return artifact -> version; fails where one cannot be read."""
    found = audit(disk / "artifacts", verify=True, idle_s=0)
    assert found.broken == {}
    assert len(found.versions) == 6
    return dict(found.versions)


def _mounted(*command: str) -> bool:
    return os.getuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
