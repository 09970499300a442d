"""Make tests work from their new place: imports relative to a package become absolute.

Only import statements are changed, in place, so that every other line stays where it was.
"""

import ast
import re

from iccm_dagster.applications.files import parse_python


def relocated(text: str, *, package: str, test_root: str, file: str, application: str) -> str:
    """Return a test file of ``package`` with imports that work below ``tests/``.

    ``package`` is the dotted package that holds the file; ``test_root`` the part of it that moved to ``tests/``, empty when the
    file moved alone. Imports from inside ``test_root`` stay relative, others become absolute.

    Raises:
        ApplicationError: The file is no Python.
    """
    lines = text.split("\n")
    for node in ast.walk(parse_python(text, file=f"tests/{file}", application=application)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            target = ".".join([*base, *([node.module] if node.module else [])])
            # An import from beyond the top-level package has no absolute name.
            if target and not _is_inside(target, test_root):
                _replace(lines, node, target)
        elif isinstance(node, ast.ImportFrom) and test_root and _is_inside(node.module or "", test_root):
            _replace(lines, node, "tests" + (node.module or "").removeprefix(test_root))
    return "\n".join(lines)


def _is_inside(module: str, package: str) -> bool:
    return bool(package) and (module == package or module.startswith(f"{package}."))


def _replace(lines: list[str], node: ast.ImportFrom, module: str) -> None:
    """Replace the module of an import statement; a statement continued before its ``import`` stays."""
    line = lines[node.lineno - 1]
    head, statement = line[: node.col_offset], line[node.col_offset :]
    lines[node.lineno - 1] = head + re.sub(r"from\s*\.*[\w.]*?\s*import\b", f"from {module} import", statement, count=1)
