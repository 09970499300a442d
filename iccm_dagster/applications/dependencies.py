"""What a project imports that the sandbox does not have, and which installed packages could be shown there.

An import below ``try``, ``if`` or in a function is taken for optional. Not covered: packages that are never imported, such as
plugins of pytest that only bring fixtures along.
"""

import ast
import importlib.metadata
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from iccm_dagster.applications.files import parse_python

# What a test can import where verdicts are formed: the standard library, and pytest with what it needs itself.
_ALWAYS_THERE = frozenset(sys.stdlib_module_names) | {
    "pytest", "_pytest", "iniconfig", "packaging", "pluggy", "pygments", "tests", "conftest",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """The packages beside the standard library that a project cannot do without."""

    installed: Mapping[str, tuple[str, ...]]
    """Distribution installed here -> files that need it (``src/...``, ``tests/...``)."""
    missing: Mapping[str, tuple[str, ...]]
    """Top-level package that is not installed here -> files that cannot be imported without it."""


def find_dependencies(sources: Mapping[str, str], tests: Mapping[str, str]) -> Dependencies:
    """Return what the files of an application need; both map a path below ``src/`` or ``tests/`` to its text.

    Raises:
        ApplicationError: A file is no Python.
    """
    files = {f"src/{path}": text for path, text in sources.items()} | {f"tests/{p}": t for p, t in tests.items()}
    own = {path.split("/")[0].removesuffix(".py") for path in (*sources, *tests)}
    needed = dict[str, list[str]]()
    for path in (path for path in files if path.endswith(".py")):
        tree = parse_python(files[path], file=path, application="")
        for name in sorted({name.split(".")[0] for node in tree.body for name in _imported(node)}):
            if name not in own and name not in _ALWAYS_THERE:
                needed.setdefault(name, []).append(path)
    owners = importlib.metadata.packages_distributions() if needed else {}
    installed = dict[str, list[str]]()
    for name in needed:
        for distribution in owners.get(name, ())[:1]:
            installed.setdefault(distribution, []).extend(needed[name])
    return Dependencies(
        installed={name: tuple(dict.fromkeys(installed[name])) for name in sorted(installed)},
        missing={name: tuple(needed[name]) for name in sorted(needed) if name not in owners},
    )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
