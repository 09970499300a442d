"""The catalogue: folders of applications, loaded so that a broken one stops no other."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from iccm_dagster.applications.files import parse_python, problem, read_file, read_toml, read_tree
from iccm_dagster.applications.requirements import Requirement, parse_requirements
from iccm_dagster.errors import ApplicationError, CatalogueError

APPLICATION_FILE = "application.toml"
GOLD_FILE = "gold_requirements.md"
DERIVED_FILE = "derived_requirements.md"
TRACEABILITY_FILE = "traceability.toml"
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class Split(StrEnum):
    """What an application is used for."""

    TRAIN = "train"
    """Learned from."""
    VALIDATION = "validation"
    """Decides when to stop and which settings win."""
    HOLDOUT = "holdout"
    """Measures the result, and is never looked at before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One program with its tests and requirements."""

    id: str
    """Folder name and partition key."""
    name: str
    """What people call it."""
    summary: str
    """One line on what it is for."""
    split: Split
    """What it is used for."""
    modules: tuple[str, ...]
    """Public modules: what the tests import."""
    root: Path
    """Its folder."""
    requirements: tuple[Requirement, ...]
    """Gold requirements, or derived ones where no gold exists; in file order."""
    origin: str | None = None
    """Where it was added from; None when it was written for this catalogue."""
    licence: str | None = None
    """Licence of an added project as its metadata names it; None when unknown or written for this catalogue."""
    packages: tuple[str, ...] = ()
    """Installed distributions that it needs beside the standard library; shown to it alone in the sandbox."""

    @property
    def source_dir(self) -> Path:
        """Folder of the program."""
        return self.root / "src"

    @property
    def tests_dir(self) -> Path:
        """Folder of the tests."""
        return self.root / "tests"

    @property
    def gold(self) -> bool:
        """Whether its requirements were written by hand."""
        return bool(self.requirements) and not any(requirement.derived for requirement in self.requirements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every application that can be used, and what is wrong with the others."""

    applications: tuple[Application, ...]
    """Sorted by id."""
    problems: tuple[ApplicationError, ...]
    """One record for each folder that could not be loaded."""

    def get(self, id: str) -> Application:
        """Return the application called ``id``.

        Raises:
            CatalogueError: There is none, or it could not be loaded.
        """
        for application in self.applications:
            if application.id == id:
                return application
        broken = [str(error) for error in self.problems if error.application == id]
        reason = broken[0] if broken else f"the catalogue holds {', '.join(self.ids)}"
        raise CatalogueError(f"no application {id!r}: {reason}")

    @property
    def ids(self) -> tuple[str, ...]:
        """Partition keys, sorted."""
        return tuple(application.id for application in self.applications)


def load_catalogue(folder: Path) -> Catalogue:
    """Load every application below ``folder``; a broken one becomes a problem.

    Raises:
        CatalogueError: No application is usable.
    """
    roots = sorted(path for path in folder.iterdir() if is_candidate(path)) if folder.is_dir() else []
    applications, problems = list[Application](), list[ApplicationError]()
    for root in roots:
        try:
            applications.append(load_application(root))
        except ApplicationError as error:
            problems.append(error)
    if not applications:
        detail = f": {problems[0]}" if problems else ""
        raise CatalogueError(
            f"no usable application in {folder} ({len(roots)} folders){detail}. "
            "Add one with 'python -m iccm_dagster.applications add PATH'"
        )
    return Catalogue(applications=tuple(applications), problems=tuple(problems))


def is_candidate(path: Path) -> bool:
    """Return whether a folder claims to be an application."""
    return path.is_dir() and not path.name.startswith((".", "_"))


def load_application(root: Path) -> Application:
    """Load one application and check that its files can be read and parsed.

    Raises:
        ApplicationError: Something in it is broken; file, line and remedy are named.
    """
    table = read_toml(root, root / APPLICATION_FILE)
    application = Application(
        id=_text(root, table, "id"),
        name=_text(root, table, "name"),
        summary=_text(root, table, "summary"),
        split=_split(root, table),
        modules=_modules(root, table),
        root=root,
        requirements=_requirements(root),
        origin=table.get("origin", {}).get("source"),
        licence=table.get("origin", {}).get("licence"),
        packages=_packages(root, table),
    )
    if application.id != root.name:
        taken = "the id of another folder" if (root.parent / application.id).is_dir() else "not the folder's name"
        raise _toml_problem(root, f"id {application.id!r} is {taken}", f"Write id = {root.name!r}", "id")
    _check_sources(application)
    _check_tests(application)
    return application


def source_files(application: Application) -> dict[str, str]:
    """Return the program: path relative to ``src/`` (posix) to text."""
    return read_tree(application.root, "src")


def test_files(application: Application) -> dict[str, str]:
    """Return the tests, their conftest and data: path relative to ``tests/`` (posix) to text."""
    return read_tree(application.root, "tests")


# The name is the contract's; pytest must not take it for a test.
test_files.__test__ = False  # type: ignore[attr-defined]


def content_hash(application: Application) -> str:
    """Return the SHA-256 over everything that defines the application, in hexadecimal."""
    names = (APPLICATION_FILE, GOLD_FILE, DERIVED_FILE, TRACEABILITY_FILE)
    root = application.root
    described = {name: read_file(root, root / name) for name in names if (root / name).exists()}
    sources = {f"src/{path}": text for path, text in source_files(application).items()}
    tests = {f"tests/{path}": text for path, text in test_files(application).items()}
    digest = hashlib.sha256()
    for path, text in sorted((described | sources | tests).items()):
        data = text.encode()
        digest.update(f"{path}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def module_name(path: str) -> str:
    """Return the module a source path defines: ``pkg/__init__.py`` is ``pkg``, ``pkg/mod.py`` is ``pkg.mod``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _text(root: Path, table: dict[str, Any], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise _toml_problem(root, f"{key} = {value!r} is not one line of text", f"Write {key} as a string", key)
    return value


def _split(root: Path, table: dict[str, Any]) -> Split:
    value = table.get("split")
    if value not in list(Split):
        raise _toml_problem(root, f"split = {value!r} is unknown", f"Choose one of {', '.join(Split)}", "split")
    return Split(value)


def _modules(root: Path, table: dict[str, Any]) -> tuple[str, ...]:
    value = table.get("modules")
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise _toml_problem(
            root, f"modules = {value!r} names no module", "List the modules the tests import", "modules"
        )
    for name in value:
        if not all(part.isidentifier() for part in name.split(".")):
            reason = f"modules holds {name!r}, which is no module name"
            raise _toml_problem(root, reason, "Write modules as 'package.module'; paths may not leave src/", "modules")
        path = root / "src" / Path(*name.split("."))
        if not path.with_suffix(".py").is_file() and not (path / "__init__.py").is_file():
            raise _toml_problem(root, f"module {name!r} is not in src/", "Add its file or correct the name", "modules")
    return tuple(value)


def _packages(root: Path, table: dict[str, Any]) -> tuple[str, ...]:
    value = table.get("packages", [])
    if not isinstance(value, list) or not all(
        isinstance(name, str) and _DISTRIBUTION.fullmatch(name) for name in value
    ):
        remedy = "List distributions by name, as in packages = ['six']"
        raise _toml_problem(root, f"packages = {value!r} names no distributions", remedy, "packages")
    return tuple(value)


def _requirements(root: Path) -> tuple[Requirement, ...]:
    derived = not (root / GOLD_FILE).exists() and (root / DERIVED_FILE).exists()
    path = root / (DERIVED_FILE if derived else GOLD_FILE)
    text = read_file(root, path)
    requirements = parse_requirements(text, application=root.name, file=Path(path.name), derived=derived)
    if not requirements and not derived:
        raise problem(root, "holds no requirement", "Write '- **R1** (functional): One sentence.'", path)
    return requirements


def _check_sources(application: Application) -> None:
    for path, text in source_files(application).items():
        if path.endswith(".py"):
            parse_python(text, file=f"src/{path}", application=application.id)


def _check_tests(application: Application) -> None:
    files = test_files(application)
    if not any(is_test_module(path) for path in files):
        raise problem(application.root, "has no tests", "Add tests/test_*.py", application.tests_dir)
    for path, text in files.items():
        if path.endswith(".py"):
            parse_python(text, file=f"tests/{path}", application=application.id)


def is_test_module(path: str) -> bool:
    """Return whether pytest collects a file of this name."""
    name = path.rsplit("/", 1)[-1]
    return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))


def _toml_problem(root: Path, reason: str, remedy: str, key: str) -> ApplicationError:
    """Return a problem of ``application.toml``, at the line of ``key`` where it has one."""
    lines = read_file(root, root / APPLICATION_FILE).split("\n")
    line = next((n for n, text in enumerate(lines, start=1) if text.split("=")[0].strip() == key), None)
    return problem(root, reason, remedy, root / APPLICATION_FILE, line)
