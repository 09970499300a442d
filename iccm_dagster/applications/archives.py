"""Unpack the archive of a project without trusting it.

Refused: members that leave the folder, links, devices, more than ``MAX_MEMBERS`` members or ``MAX_BYTES`` bytes unpacked.
Nothing in the archive is executed.
"""

import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from iccm_dagster.errors import ApplicationError

MAX_MEMBERS = 20_000
MAX_BYTES = 256 << 20


@contextmanager
def opened(source: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield a folder with the project in ``source`` (a folder, or an archive unpacked for the time), and what was refused.

    Raises:
        ApplicationError: ``source`` is neither a folder nor a readable archive.
    """
    if source.is_dir():
        yield source, []
        return
    with TemporaryDirectory(prefix="iccm-add-") as name:
        folder = Path(name)
        refused = _unpack(source, folder)
        entries = [entry for entry in folder.iterdir() if entry.name != "pax_global_header"]
        yield (entries[0] if len(entries) == 1 and entries[0].is_dir() else folder), refused


def _unpack(source: Path, folder: Path) -> list[str]:
    """Unpack the regular files of an archive; return the other members with the reason each was refused for."""
    refused, taken, size = list[str](), 0, 0
    try:
        for name, reason, length, content in _members(source):
            reason = reason or _unsafe(name)
            taken, size = taken + 1, size + length
            if taken > MAX_MEMBERS or size > MAX_BYTES:
                limit = f"{MAX_MEMBERS:,} members and {MAX_BYTES >> 20} MiB"
                raise _broken(source, f"holds more than {limit} unpacked", "Add a folder with the part you need")
            if reason:
                refused.append(f"{name}: {reason}")
            else:
                _write(folder / name, content)
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError, ValueError) as error:
        reason = f"cannot be unpacked ({str(error) or type(error).__name__})"
        raise _broken(source, reason, "Give a folder, .tar.gz, .tar.bz2, .tar.xz or .zip") from error
    return refused


def _members(source: Path) -> Iterator[tuple[str, str, int, IO[bytes] | None]]:
    """Yield (name, why it is refused or nothing, size, content) of each file in an archive."""
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    is_link = (entry.external_attr >> 16) & 0o170000 == 0o120000
                    yield entry.filename, "is a link" if is_link else "", entry.file_size, archive.open(entry)
        return
    with tarfile.open(source) as archive:
        for member in archive:
            if not member.isdir():
                reason = "" if member.isreg() else "is a link or a device"
                yield member.name, reason, member.size, None if reason else archive.extractfile(member)


def _unsafe(name: str) -> str:
    """Return why a member's name is refused; empty when it stays inside."""
    path = PurePosixPath(name.replace("\\", "/"))
    leaves = path.is_absolute() or ".." in path.parts or "\0" in name or name[1:2] == ":"
    return "leaves the folder" if leaves else ""


def _write(path: Path, content: IO[bytes] | None) -> None:
    assert content is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _broken(source: Path, reason: str, remedy: str) -> ApplicationError:
    return ApplicationError(application=source.name, reason=reason, remedy=remedy)
