"""Turn any Python project into an application of the catalogue.

Nothing of the project is executed, and nothing is written into it. The new folder appears at once and whole, or not at all.
Texts are normalised: a byte-order mark goes, other encodings become UTF-8; binary files stay behind.
"""

import ast
import hashlib
import io
import json
import re
import shutil
import tempfile
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.applications.archives import opened
from iccm_dagster.applications.catalogue import (
    APPLICATION_FILE,
    DERIVED_FILE,
    GOLD_FILE,
    TRACEABILITY_FILE,
    Application,
    Split,
    is_candidate,
    load_application,
    module_name,
)
from iccm_dagster.applications.dependencies import Dependencies, find_dependencies
from iccm_dagster.applications.derive import derived_requirements
from iccm_dagster.applications.files import MAX_BYTES, MAX_LINES, parse_python
from iccm_dagster.applications.projects import Project, find_project
from iccm_dagster.applications.relocate import relocated
from iccm_dagster.applications.requirements import format_requirements
from iccm_dagster.applications.sections import extract_sections
from iccm_dagster.applications.traceability import marked_tests
from iccm_dagster.errors import ApplicationError
from iccm_dagster.syntax import parse

# More files than these with one fault are told in one line.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of a project."""

    application: Application
    """The new application."""
    sections: int
    """Functions, methods and classes found."""
    tests: int
    """Test functions found, parametrised cases not counted."""
    left_out: tuple[str, ...]
    """Files that were not taken or had to be changed, each with the reason."""
    dependencies: Dependencies
    """Packages that the project cannot do without: those that the sandbox will show to it, and those not installed here."""


def add_project(source: Path, *, catalogue: Path, split: Split, name: str | None) -> Added:
    """Add the project in ``source``, a folder or an sdist archive, to the catalogue folder.

    ``name`` replaces the name the project gives itself. Gold requirements and traceability are kept where the project has
    them; otherwise they are derived from docstrings.

    Raises:
        ApplicationError: There is no such project, it holds no program or no tests, or it is in the catalogue already.
    """
    if not source.exists():
        raise ApplicationError(
            application=source.name, reason=f"{source} does not exist", remedy="Give a folder or an sdist"
        )
    with opened(source) as (root, refused):
        project = find_project(root)
        id = _free_id(catalogue, name or project.metadata.name)
        catalogue.mkdir(parents=True, exist_ok=True)
        building = Path(tempfile.mkdtemp(prefix=".adding-", dir=catalogue)) / id
        try:
            writer = _Writer(project, building, source, split)
            writer.write()
            load_application(building)
            building.rename(catalogue / id)
        finally:
            shutil.rmtree(building.parent, ignore_errors=True)
    return Added(
        application=load_application(catalogue / id),
        sections=writer.sections,
        tests=writer.tests,
        left_out=(*_summed(writer.changed), *project.left_out, *_summed(refused)),
        dependencies=writer.dependencies,
    )


def _free_id(catalogue: Path, name: str) -> str:
    """Return the next number with the project's name.

    Raises:
        ApplicationError: The catalogue holds the project already.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "project"
    taken = [path.name for path in catalogue.iterdir() if is_candidate(path)] if catalogue.is_dir() else []
    for other in taken:
        if re.sub(r"^\d+-", "", other) == slug:
            raise ApplicationError(
                application=other,
                reason=f"duplicate id: {slug!r} is in the catalogue already",
                remedy="Remove that folder first, or give another name with --name",
            )
    numbers = [int(match[1]) for other in taken if (match := re.match(r"(\d+)-", other))]
    return f"{max(numbers, default=0) + 1:03d}-{slug}"


class _Writer:
    """Writes one project as an application."""

    def __init__(self, project: Project, root: Path, source: Path, split: Split) -> None:
        self._project, self._root, self._source, self._split = project, root, source, split
        self.changed = list[str]()
        self.sections, self.tests = 0, 0
        self.dependencies = Dependencies(installed={}, missing={})

    def write(self) -> None:
        sources = dict(self._texts(self._project.sources))
        tests = self._collectable({place: self._moved(place, text) for place, text in self._texts(self._project.tests)})
        if not any(path.endswith(".py") for path in sources):
            raise self._broken("none of its modules can be read", f"Mend {'; '.join(self.changed)}")
        modules = _public_modules(sources, tests)
        self.tests = len(marked_tests(tests, application=self._root.name))
        if not self.tests:
            raise self._broken("its test files hold no test functions", "Add tests for pytest")
        self.dependencies = find_dependencies(sources, tests)
        _write_files(self._root / "src", sources)
        _write_files(self._root / "tests", tests)
        self._write_requirements(sources, modules)
        self._write_licence()
        (self._root / APPLICATION_FILE).write_text(self._description(modules), encoding="utf-8")

    def _broken(self, reason: str, remedy: str) -> ApplicationError:
        return ApplicationError(application=self._root.name, reason=reason, remedy=remedy)

    def _texts(self, places: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Yield the readable files; note the others."""
        for place, path in places.items():
            text, note = _readable(self._project.root / path)
            if note:
                self.changed.append(f"{path}: {note}")
            if text is not None:
                yield place, text

    def _moved(self, place: str, text: str) -> str:
        if not place.endswith(".py") or place not in self._project.test_packages:
            return text
        package, test_root = self._project.test_packages[place]
        return relocated(text, package=package, test_root=test_root, file=place, application=self._root.name)

    def _collectable(self, tests: dict[str, str]) -> dict[str, str]:
        """Rename the test files of a project that has none which pytest would collect."""
        if any(marked_tests({place: text}, application=self._root.name) for place, text in tests.items()):
            return tests
        renamed = dict[str, str]()
        for place, text in tests.items():
            folder, _, name = place.rpartition("/")
            new = f"{folder}/test_{name}".lstrip("/")
            probe = marked_tests({new: text}, application=self._root.name) if name.endswith(".py") else ()
            if probe and name not in ("__init__.py", "conftest.py") and not _is_imported(place, tests):
                self.changed.append(f"{place}: renamed to {new}, so that pytest collects it")
                renamed[new] = text
            else:
                renamed[place] = text
        return renamed

    def _write_requirements(self, sources: Mapping[str, str], modules: tuple[str, ...]) -> None:
        sections = extract_sections(sources, modules=modules, application=self._root.name)
        self.sections = len(sections)
        given = [self._project.root / file for file in (GOLD_FILE, TRACEABILITY_FILE)]
        if all(path.is_file() for path in given):
            for path in given:
                (self._root / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
            return
        requirements, traced = derived_requirements(sections)
        title = f"Requirements derived from docstrings: {self._project.metadata.name}"
        (self._root / DERIVED_FILE).write_text(format_requirements(title, requirements), encoding="utf-8")
        tables = [f"[{id}]\nsections = {json.dumps(list(names))}\n" for id, names in traced.items()]
        header = "# Derived from docstrings.\n"
        (self._root / TRACEABILITY_FILE).write_text("\n".join([header, *tables]), encoding="utf-8")

    def _write_licence(self) -> None:
        for file in self._project.metadata.licence_files:
            text = _readable(file)[0]
            if text:
                (self._root / file.name).write_text(text, encoding="utf-8")

    def _description(self, modules: tuple[str, ...]) -> str:
        metadata = self._project.metadata
        version = f" {metadata.version}" if metadata.version else ""
        origin = {"source": f"{metadata.name}{version}", "file": self._source.resolve().name}
        if metadata.licence:
            origin["licence"] = metadata.licence
        if self._source.is_file():
            origin["sha256"] = hashlib.sha256(self._source.read_bytes()).hexdigest()
        lines = [f"{key} = {_toml(value)}" for key, value in origin.items()]
        packages = [f"packages = [{', '.join(map(_toml, self.dependencies.installed))}]\n"]
        return (
            f"id = {_toml(self._root.name)}\n"
            f"name = {_toml(metadata.name)}\n"
            f"summary = {_toml(metadata.summary or metadata.name)}\n"
            f"split = {_toml(str(self._split))}\n"
            f"modules = [{', '.join(map(_toml, modules))}]\n"
            + "".join(packages if self.dependencies.installed else [])
            + "\n[origin]\n"
            + "\n".join(lines)
            + "\n"
        )


def _readable(path: Path) -> tuple[str | None, str]:
    """Return the text of a file (None where it has none that can be used), and what was changed or why not."""
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    if size > MAX_BYTES:
        return None, f"has {size:,} bytes, the limit is {MAX_BYTES:,}"
    text, note = _decoded(path, data)
    if text is None:
        return None, note
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") >= MAX_LINES:
        return None, f"has {text.count(chr(10)) + 1:,} lines, the limit is {MAX_LINES:,}"
    if path.suffix == ".py":
        if not text.strip() and path.name not in ("__init__.py", "conftest.py"):
            return None, "is empty"
        try:
            parse_python(text, file=path.name, application="")
        except ApplicationError as error:
            return None, f"{error.reason} (line {error.line})" if error.line else error.reason
    return text, note


def _decoded(path: Path, data: bytes) -> tuple[str | None, str]:
    """Decode a file: UTF-8, or for Python what its first lines declare."""
    note = "byte-order mark removed" if data.startswith(b"\xef\xbb\xbf") else ""
    try:
        return data.decode("utf-8-sig"), note
    except UnicodeDecodeError:
        pass
    if path.suffix == ".py":
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = re.sub(r"coding[=:]\s*[-\w.]+", "coding: utf-8", data.decode(encoding), count=1)
            return text, f"converted from {encoding} to UTF-8"
        except (SyntaxError, UnicodeDecodeError, LookupError):
            return None, "is not UTF-8 and declares no encoding"
    return None, "is binary"


def _public_modules(sources: Mapping[str, str], tests: Mapping[str, str]) -> tuple[str, ...]:
    """Return the modules of the program that the tests import; its top-level ones where none is seen."""
    known = {module_name(path) for path in sources if path.endswith(".py")}
    found = {name for text in tests.values() for name in _imports(text) if name in known}
    return tuple(sorted(found or {name for name in known if "." not in name}))


def _imports(text: str) -> Iterator[str]:
    """Yield every module a test file may import: ``from a import b`` gives ``a`` and ``a.b``."""
    try:
        tree = parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = f"{node.module}." if node.module else ""
            yield from (f"{base}{alias.name}" for alias in node.names)
            yield base.rstrip(".")


def _is_imported(place: str, tests: Mapping[str, str]) -> bool:
    """Return whether another test file imports this one."""
    stem = place.removesuffix(".py").rsplit("/", 1)[-1]
    others = (text for other, text in tests.items() if other != place and other.endswith(".py"))
    return any(stem in name.split(".") for text in others for name in _imports(text))


def _summed(notes: Iterable[str]) -> list[str]:
    """Return notes ``file: reason`` with many files of one reason in one line."""
    files = dict[str, list[str]]()
    for note in notes:
        file, _, reason = note.partition(": ")
        files.setdefault(reason, []).append(file)
    return [
        line
        for reason, found in files.items()
        for line in (
            [f"{file}: {reason}" for file in found]
            if len(found) <= _NAMED
            else [f"{len(found)} files: {reason} ({', '.join(found[:_NAMED])}, ...)"]
        )
    ]


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _toml(text: str) -> str:
    """Return a TOML string; JSON escapes are TOML escapes, save for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
