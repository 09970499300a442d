"""Stored artifacts: tables and folders with a manifest, written atomically, verified when read.

```text
<root>/<asset>/<partition or "all">/current.json      the manifest: replaced in one step, so it is the old or the new one
<root>/<asset>/<partition or "all">/<version>/...     the files it names
```

An artifact of an application that cannot be processed is a *problem*: a manifest with a reason and no files. So one
broken application is recorded and shown, and stops no other.

Covered: torn writes, changed or missing files, any storage that ``UPath`` reaches.
Not covered: two writers of the same artifact at the same time (the last manifest wins; both are whole).
"""

import hashlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from upath import UPath

from iccm_dagster.errors import ArtifactError, StorageError

if TYPE_CHECKING:
    import pandas as pd

TABLE = "table.parquet"
MANIFEST = "current.json"
WHOLE = "all"
# The version before the current one stays, so that a reader which has just read the old manifest still finds its files.
KEPT_VERSIONS = 2


def file_digest(path: Path | UPath) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folder_digest(folder: Path) -> str:
    """Return a SHA-256 over the names and contents of all files below a folder; byte code and caches do not count."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return digest([(path.relative_to(folder).as_posix(), file_digest(path)) for path in files])


def digest(value: object) -> str:
    """Return the SHA-256 of a JSON-serialisable value, independent of key order."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The birth certificate of an artifact."""

    asset: str
    partition: str | None
    """The application; None for an artifact about all of them."""
    version: str
    """Content version: SHA-256 over the files (or over the problem)."""
    fingerprint: str
    """SHA-256 over everything the artifact was made from; equal fingerprints need no new work."""
    files: Mapping[str, str]
    """Path relative to the artifact -> SHA-256."""
    folder: str
    """Name of the folder with the files; empty for a problem."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """``asset`` or ``asset/partition`` -> its version when it was read."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What is worth showing: counts, metrics, seeds, library versions; JSON values."""
    problem: str | None = None
    """Why there is nothing to read; None for a whole artifact."""
    created_at: str = ""
    """UTC, ISO 8601."""


class Artifact:
    """A stored artifact. Cheap to hold: files are read, and verified, when asked for."""

    def __init__(self, home: UPath, manifest: Manifest) -> None:
        self.manifest = manifest
        self._home = home

    @property
    def version(self) -> str:
        return self.manifest.version

    @property
    def problem(self) -> str | None:
        return self.manifest.problem

    @property
    def name(self) -> str:
        partition = self.manifest.partition
        return self.manifest.asset if partition is None else f"{self.manifest.asset}/{partition}"

    def file(self, name: str) -> Path:
        """Return a verified local path of one file.

        Raises:
            ArtifactError: The file is missing or is not the one that was written.
        """
        expected = self.manifest.files.get(name)
        if expected is None:
            raise ArtifactError(f"{self.name}: no file {name!r}; it has {sorted(self.manifest.files)}")
        root = self._home / self.manifest.folder
        source = root / name
        try:
            found = file_digest(source)
        except OSError as error:
            raise ArtifactError(f"{self.name}: {source} cannot be read ({error}). {self._remedy()}") from error
        if found != expected:
            raise ArtifactError(
                f"{self.name}: {source} has SHA-256 {found[:12]}, its manifest says {expected[:12]}. {self._remedy()}"
            )
        return _local(root, name)

    def folder(self) -> Path:
        """Return a local folder with all files, verified."""
        paths = [self.file(name) for name in self.manifest.files]
        if not paths:
            raise ArtifactError(f"{self.name}: holds no files ({self.problem or 'it is empty'}). {self._remedy()}")
        first = next(iter(self.manifest.files))
        return paths[0].parents[len(PurePosixPath(first).parts) - 1]

    def table(self, name: str = TABLE) -> "pd.DataFrame":
        """Return a table of the artifact: its only one, or the one named."""
        import pandas as pd

        return pd.read_parquet(self.file(name))

    def json(self, name: str) -> Any:
        """Return the value of a JSON file."""
        return json.loads(self.file(name).read_text(encoding="utf-8"))

    def _remedy(self) -> str:
        where = "" if self.manifest.partition is None else f" --partition {self.manifest.partition}"
        return (
            f"Delete {self._home} and make it again: "
            f"dagster asset materialize -m iccm_dagster.definitions --select {self.manifest.asset}{where}"
        )


@dataclass(slots=True)
class Draft:
    """An artifact in the making: fill ``folder``, add facts."""

    folder: Path
    facts: dict[str, Any] = field(default_factory=dict)


class ArtifactStore:
    """All artifacts under one root, which is a folder or any URL that fsspec knows."""

    def __init__(self, root: str | Path) -> None:
        self.root = UPath(root)

    def find(self, asset: str, partition: str | None = None) -> Artifact | None:
        """Return the current artifact, or None where there is none.

        Raises:
            ArtifactError: There is a manifest and it cannot be understood.
        """
        home = self._home(asset, partition)
        try:
            text = (home / MANIFEST).read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(
                f"{home / MANIFEST} cannot be read: {error}. Check the storage and its rights."
            ) from error
        try:
            return Artifact(home, Manifest(**json.loads(text)))
        except (ValueError, TypeError) as error:
            raise ArtifactError(
                f"{home / MANIFEST} is no manifest ({error}). Delete {home} and make it again."
            ) from error

    def get(self, asset: str, partition: str | None = None) -> Artifact:
        """Return the current artifact; raise ArtifactError with the command that makes it where there is none."""
        artifact = self.find(asset, partition)
        if artifact is None:
            where = "" if partition is None else f" --partition {partition}"
            raise ArtifactError(
                f"{asset}{'' if partition is None else '/' + partition} was never made. "
                f"Run: dagster asset materialize -m iccm_dagster.definitions --select {asset}{where}"
            )
        return artifact

    def write_table(self, asset: str, partition: str | None, table: "pd.DataFrame", **birth: Any) -> Artifact:
        """Store one table; ``birth`` as in `writing`."""
        with self.writing(asset, partition, **birth) as draft:
            table.to_parquet(draft.folder / TABLE, index=False)
            draft.facts["rows"] = len(table)
        return self.get(asset, partition)

    def write_problem(
        self, asset: str, partition: str | None, problem: str, *, fingerprint: str, parents: Mapping[str, str]
    ) -> Artifact:
        """Record that there is nothing to store, and why."""
        manifest = Manifest(
            asset=asset,
            partition=partition,
            version=digest({"problem": problem}),
            fingerprint=fingerprint,
            files={},
            folder="",
            parents=parents,
            problem=problem,
            created_at=_now(),
        )
        self._publish(self._home(asset, partition), manifest)
        return self.get(asset, partition)

    @contextmanager
    def writing(
        self,
        asset: str,
        partition: str | None,
        *,
        fingerprint: str,
        parents: Mapping[str, str],
        facts: Mapping[str, Any] | None = None,
    ) -> Iterator[Draft]:
        """Yield a draft; on leaving, store its folder and then its manifest. An error leaves the old artifact as it
        was.

        Raises:
            StorageError: The storage cannot be written.
        """
        home = self._home(asset, partition)
        staging = self._staging(home)
        try:
            draft = Draft(folder=staging, facts=dict(facts or {}))
            yield draft
            files = {
                path.relative_to(staging).as_posix(): file_digest(path)
                for path in sorted(staging.rglob("*"))
                if path.is_file()
            }
            version = digest(files)
            name = f"{version[:12]}-{uuid.uuid4().hex[:6]}"
            self._move(staging, home / name)
            self._publish(
                home,
                Manifest(
                    asset=asset,
                    partition=partition,
                    version=version,
                    fingerprint=fingerprint,
                    files=files,
                    folder=name,
                    parents=dict(parents),
                    facts=draft.facts,
                    created_at=_now(),
                ),
            )
            self._prune(home, current=name)
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise StorageError(
                f"{asset}: cannot write under {home}: {error}. The previous artifact is intact; free space "
                "or rights are needed, or another ICCM_STORAGE."
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def work_folder(self, asset: str, fingerprint: str) -> Path:
        """Return a local folder that outlives a crash, where a training of this fingerprint keeps its own
        checkpoints."""
        return self.local_folder(".work", asset, fingerprint[:16])

    def local_folder(self, *parts: str) -> Path:
        """Return a folder on this machine beside the artifacts, for what is no artifact: checkpoints, caches, logs."""
        base = Path(str(self.root)) if _is_local(self.root) else Path(tempfile.gettempdir()) / "iccm_dagster"
        folder = base.joinpath(*parts)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder} cannot be written: {error}. Set ICCM_STORAGE to a folder you own.") from error
        return folder

    def clear_work(self, asset: str) -> None:
        """Forget the intermediate checkpoints of an asset: its artifact is stored."""
        shutil.rmtree(self.local_folder(".work", asset), ignore_errors=True)

    def _home(self, asset: str, partition: str | None) -> UPath:
        return self.root / asset / (partition or WHOLE)

    def _staging(self, home: UPath) -> Path:
        try:
            if not _is_local(home):
                return Path(tempfile.mkdtemp(prefix="iccm_"))
            home.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".writing-", dir=str(home)))
        except OSError as error:
            raise StorageError(f"{home} cannot be written: {error}. Set ICCM_STORAGE to a folder you own.") from error

    def _move(self, staging: Path, target: UPath) -> None:
        if _is_local(target):
            for path in staging.rglob("*"):
                flush(path)
            os.replace(staging, str(target))
            flush(Path(str(target)).parent)
            return
        for path in staging.rglob("*"):
            if path.is_file():
                destination = target / path.relative_to(staging).as_posix()
                destination.parent.mkdir(parents=True, exist_ok=True)
                destination.write_bytes(path.read_bytes())

    def _publish(self, home: UPath, manifest: Manifest) -> None:
        text = json.dumps(asdict(manifest), indent=1, sort_keys=True, default=str)
        try:
            home.mkdir(parents=True, exist_ok=True)
            if not _is_local(home):
                (home / MANIFEST).write_text(text, encoding="utf-8")
                return
            partial = Path(str(home)) / f".{MANIFEST}.{uuid.uuid4().hex[:6]}"
            partial.write_text(text, encoding="utf-8")
            flush(partial)
            os.replace(partial, str(home / MANIFEST))
            flush(partial.parent)
        except OSError as error:
            raise StorageError(
                f"{home / MANIFEST} cannot be written: {error}. The previous artifact is intact."
            ) from error

    def _prune(self, home: UPath, *, current: str) -> None:
        if not _is_local(home):
            return
        folders = [path for path in Path(str(home)).iterdir() if path.is_dir() and not path.name.startswith(".")]
        folders.sort(key=lambda path: (path.name == current, path.stat().st_mtime))
        for path in folders[:-KEPT_VERSIONS]:
            shutil.rmtree(path, ignore_errors=True)


def _is_local(path: UPath) -> bool:
    return getattr(path, "protocol", "") in ("", "file", "local")


def _local(root: UPath, name: str) -> Path:
    """Return a path the standard library can open, downloading once where the storage is remote."""
    if _is_local(root):
        return Path(str(root)) / name
    cached = Path(tempfile.gettempdir()) / "iccm_dagster" / "cache" / digest(str(root))[:16] / name
    source = root / name
    if not cached.exists() or file_digest(cached) != file_digest(source):
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(source.read_bytes())
    return cached


def flush(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
