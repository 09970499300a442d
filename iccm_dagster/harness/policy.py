"""What an implementation may not even mention where it shares a process with the tests, unless the original does.

Covered: modules and names that lead to pytest, to frames, to code objects, to the harness or to the process's end, written
as imports, names, attributes or whole strings. Not covered: names that are put together while the program runs; those
are met by ``inside.alarm`` where the interpreter announces their use, and not at all where it does not.
"""

import ast
from collections.abc import Collection, Iterator, Mapping

from iccm_dagster.syntax import parse

REFUSED_MODULES = frozenset(
    "_pytest pytest pluggy gc ctypes inspect atexit signal multiprocessing subprocess importlib runpy code pdb bdb "
    "faulthandler builtins _thread linecache tracemalloc marshal imp unittest doctest iccm_dagster pkgutil zipimport".split()
)
"""Modules that an implementation may import only if the original does."""
REFUSED_NAMES = frozenset(
    "__import__ _getframe _current_frames __globals__ __code__ __subclasses__ __builtins__ f_back f_locals f_globals "
    "tb_frame gi_frame cr_frame ag_frame settrace setprofile addaudithook _exit excepthook unraisablehook __closure__ "
    "f_code f_builtins __loader__ __spec__ pytestmark walk_stack walk_tb".split()
)
"""Names that an implementation may mention only if the original does."""
SYS_MODULES = "sys.modules"
"""Stands for the table of all modules, which holds the tests."""


def refused(files: Mapping[str, str], *, allowed: Collection[str]) -> str | None:
    """Why the policy refuses an implementation; None if it does not. ``allowed``: what :func:`mentioned` found in the
    original, and the modules that it imports."""
    permitted = {name.partition(".")[0] for name in allowed} | set(allowed)
    for file, text in files.items():
        for line, name in _suspects(text):
            if name not in permitted:
                return f"{file}:{line}: uses {name}, which the original does not"
    return None


def mentioned(files: Mapping[str, str]) -> tuple[str, ...]:
    """Everything in these files that the policy would refuse elsewhere, sorted."""
    return tuple(sorted({name for text in files.values() for _, name in _suspects(text)}))


def _suspects(text: str) -> Iterator[tuple[int, str]]:
    """(line, module or name) of everything that needs the original's example; text that is no Python has none."""
    try:
        nodes = list(ast.walk(parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in nodes:
        for name in _names(node):
            if name in REFUSED_MODULES or name in REFUSED_NAMES or name == SYS_MODULES:
                yield getattr(node, "lineno", 0), name


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level:
        module, names = (node.module or "").partition(".")[0], [alias.name for alias in node.names]
        table = [SYS_MODULES] if module == "sys" and {"modules", "*"} & set(names) else []
        return [module, *(name for name in names if name in REFUSED_NAMES), *table]
    if isinstance(node, ast.Attribute):
        of_sys = node.attr in ("modules", "__dict__") and isinstance(node.value, ast.Name) and node.value.id == "sys"
        return [SYS_MODULES] if of_sys else [node.attr] if node.attr in REFUSED_NAMES else []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "vars"):
        return [SYS_MODULES] if node.args and isinstance(node.args[0], ast.Name) and node.args[0].id == "sys" else []
    name = node.id if isinstance(node, ast.Name) else node.value if isinstance(node, ast.Constant) else None
    return [name] if isinstance(name, str) and name in REFUSED_NAMES else []
