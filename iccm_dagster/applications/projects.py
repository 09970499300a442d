"""Find the program and the tests of any Python project.

Known layouts: ``src/`` (or the folder the build configuration names), packages or modules beside the metadata, a single
module; tests in ``tests/``, ``test/`` or ``testing/``, in folders inside the packages, or in single files. Nothing is executed.
Not covered: programs generated at build time, compiled extensions, tests that read files outside of their folder.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from iccm_dagster.applications.catalogue import is_test_module
from iccm_dagster.applications.files import IGNORED_FOLDERS
from iccm_dagster.applications.project_metadata import Metadata, read_metadata
from iccm_dagster.errors import ApplicationError

_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
_NO_PACKAGES = _TEST_FOLDERS | {
    "docs", "doc", "documentation", "examples", "example", "samples", "demo", "demos", "benchmarks", "benchmark", "bench",
    "perf", "scripts", "tools", "ci", "build", "dist", "requirements", "node_modules", "venv", "env", "site-packages",
}  # fmt: skip
_NO_MODULES = frozenset({
    "setup.py", "conftest.py", "noxfile.py", "tasks.py", "fabfile.py", "versioneer.py", "ez_setup.py", "bootstrap.py",
    "test.py", "tests.py", "runtests.py", "run_tests.py", "manage.py", "build.py", "release.py", "hatch_build.py",
})  # fmt: skip
_TEST_FILES = frozenset({"test.py", "tests.py", "conftest.py"})
_CONTAINERS = ("src", "lib", "python")
MAX_FILES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What was found in a project; paths are relative to its root (posix)."""

    root: Path
    """Its folder."""
    metadata: Metadata
    """What it says of itself."""
    sources: dict[str, str]
    """Path below ``src/`` of the application to path in the project."""
    tests: dict[str, str]
    """Path below ``tests/`` of the application to path in the project."""
    test_packages: dict[str, tuple[str, str]]
    """Path below ``tests/`` to the package that holds the file and the part of it that moved; only for tests inside one."""
    left_out: tuple[str, ...]
    """What was not taken, with the reason: links one by one, top-level entries in one line."""


def find_project(root: Path) -> Project:
    """Return the program and the tests of the project in ``root``.

    Raises:
        ApplicationError: It holds no importable program, no tests, or too many files.
    """
    metadata = read_metadata(root)
    links = list[str]()
    files = list(_files(root, links))
    container, tops = _program(files, metadata)
    test_roots, test_files = _tests(files, container, tops)
    in_tests = {path: test_root for path in files for test_root in test_roots if path.startswith(f"{test_root}/")}
    inside = (path for path in files if _is_below(path, container) and _belongs(_below(path, container), tops))
    sources = {_below(path, container): path for path in inside if path not in in_tests and path not in test_files}
    if not any(path.endswith(".py") for path in sources):
        raise _missing(root, "no package or module was found", "Give the folder that holds the package")
    tests, packages = _placed_tests(in_tests, test_files, test_roots, container)
    if not any(path.endswith(".py") and not path.endswith("conftest.py") for path in tests):
        raise _missing(root, "no tests were found", "Add test_*.py beside or inside the package")
    return Project(
        root=root,
        metadata=metadata,
        sources=sources,
        tests=tests,
        test_packages=packages,
        left_out=(*_left_out(files, [*sources.values(), *tests.values()], metadata), *links),
    )


def _left_out(files: list[str], taken: list[str], metadata: Metadata) -> list[str]:
    """Return one line on the top-level entries of which nothing was taken; what was read of itself is no loss."""
    read = {"PKG-INFO", *(file.name for file in metadata.licence_files)}
    names = {path.split("/")[0] for path in files} - {path.split("/")[0] for path in taken} - read
    return [f"neither program nor tests: {', '.join(sorted(names))}"] if names else []


def _missing(root: Path, reason: str, remedy: str) -> ApplicationError:
    return ApplicationError(application=root.name, reason=reason, remedy=remedy)


def _files(root: Path, links: list[str]) -> Iterator[str]:
    """Yield the regular files of a project, sorted; note the links, which are never followed."""
    count = 0
    for folder, folders, names in os.walk(root):
        base = Path(folder)
        links += [f"{(base / name).relative_to(root)}: a link" for name in folders if (base / name).is_symlink()]
        folders[:] = sorted(name for name in folders if not _is_ignored(base / name))
        for name in sorted(names):
            path = base / name
            if path.is_symlink() or not path.is_file():
                links.append(f"{path.relative_to(root)}: a link or special file")
            elif not name.startswith(".") and not name.endswith((".pyc", ".pyo")):
                count += 1
                yield path.relative_to(root).as_posix()
        if count > MAX_FILES:
            raise _missing(root, f"more than {MAX_FILES:,} files", "Give the folder of one project")


def _is_ignored(folder: Path) -> bool:
    name = folder.name
    is_environment = (folder / "pyvenv.cfg").exists()
    return (
        name.startswith(".")
        or name in IGNORED_FOLDERS
        or name.endswith(".egg-info")
        or is_environment
        or folder.is_symlink()
    )


def _program(files: list[str], metadata: Metadata) -> tuple[str, frozenset[str]]:
    """Return the folder that holds the program (empty for the root) and the names of its packages and modules."""
    for container in dict.fromkeys([*metadata.where, *_CONTAINERS, ""]):
        packages, modules = _importable(files, container)
        if container in _CONTAINERS and f"{container}/__init__.py" in files:
            continue
        found = packages | modules
        if found:
            listed = {name for name in metadata.packages if name in {top.removesuffix(".py") for top in found}}
            if listed:
                return container, frozenset(top for top in found if top.removesuffix(".py") in listed)
            return container, frozenset(_chosen(packages, modules, metadata.name, flat=not container))
    return "", frozenset(_namespace_packages(files, metadata.name))


def _importable(files: list[str], container: str) -> tuple[set[str], set[str]]:
    """Return the packages and the modules directly below ``container``."""
    packages, modules = set[str](), set[str]()
    for path in files:
        parts = _below(path, container).split("/") if _is_below(path, container) else []
        if len(parts) == 2 and parts[1] == "__init__.py" and parts[0] not in _NO_PACKAGES and parts[0].isidentifier():
            packages.add(parts[0])
        elif (
            len(parts) == 1
            and parts[0].endswith(".py")
            and parts[0] not in _NO_MODULES
            and not is_test_module(parts[0])
        ):
            modules.add(parts[0])
    return packages, modules


def _chosen(packages: set[str], modules: set[str], name: str, *, flat: bool) -> set[str]:
    """Return what belongs to the program; beside the metadata, other scripts lie around."""
    named = {top for top in packages | modules if _plain(top.removesuffix(".py")) == _plain(name)}
    if not flat:
        return packages | modules
    return named or packages or modules


def _namespace_packages(files: list[str], name: str) -> set[str]:
    """Return top-level folders without ``__init__.py`` whose name is the project's."""
    tops = {path.split("/")[0] for path in files if "/" in path and path.endswith(".py")}
    return {top for top in tops if _plain(top) == _plain(name)}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]", "", name).lower()


def _tests(files: list[str], container: str, tops: Iterable[str]) -> tuple[list[str], set[str]]:
    """Return the folders that hold tests, and single test files outside of them."""
    roots = set[str]()
    singles = set[str]()
    for path in files:
        parts = path.split("/")
        inside = _is_below(path, container) and _belongs(_below(path, container), tops)
        folder = next((n for n, part in enumerate(parts[:-1]) if _is_test_folder(part, n, inside)), None)
        if folder is not None and (inside or folder == 0):
            if parts[-1].endswith(".py") and parts[-1] != "__init__.py":
                roots.add("/".join(parts[: folder + 1]))
        elif (inside or len(parts) == 1 or parts[:-1] == [container]) and (
            is_test_module(path) or parts[-1] in _TEST_FILES
        ):
            singles.add(path)
    return sorted(roots), singles


def _is_test_folder(name: str, depth: int, inside: bool) -> bool:
    return name in _TEST_FOLDERS and (name != "testing" or (depth == 0 and not inside))


def _placed_tests(
    in_tests: dict[str, str], singles: set[str], roots: list[str], container: str
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Return where each test file goes below ``tests/``, and the package that those inside a package come from."""
    tests, packages = dict[str, str](), dict[str, tuple[str, str]]()
    main = next((root for root in roots if "/" not in root), roots[0] if len(roots) == 1 else None)
    for path, root in in_tests.items():
        prefix = "" if root == main else root.replace("/", "_") + "/"
        place = prefix + path.removeprefix(f"{root}/")
        tests[place] = path
        if (_is_below(path, container) and (container or "/" in root)) or ("/" not in root and root != "tests"):
            packages[place] = _dotted(str(PurePosixPath(path).parent), container), _dotted(root, container)
    for path in sorted(singles):
        name = PurePosixPath(path).name
        if name in tests and name == "conftest.py":
            continue
        place = name if name not in tests else f"test_{path.replace('/', '_')}"
        tests[place] = path
        if "/" in _below(path, container):
            packages[place] = _dotted(str(PurePosixPath(path).parent), container), ""
    return tests, packages


def _is_below(path: str, container: str) -> bool:
    return not container or path.startswith(f"{container}/")


def _below(path: str, container: str) -> str:
    return path.removeprefix(f"{container}/") if container else path


def _dotted(folder: str, container: str) -> str:
    return _below(folder, container).replace("/", ".")


def _belongs(path: str, tops: Iterable[str]) -> bool:
    return path.split("/")[0] in tops
