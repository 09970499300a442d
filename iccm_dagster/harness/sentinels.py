"""Defences of in-process mode, where tests and implementation share a process: planted tests, and an import policy.

Each test file gets tests under random names that must fail: copies of its own tests in which one expected value is
changed, and one that only fails. A run in which one of them passes, is skipped or goes missing was manipulated, and
nothing that it says counts. The policy refuses modules and names that lead to pytest, to frames or to the process's end,
unless the original uses them.

Covered: objects equal to everything, swallowed assertions, patched or replaced pytest internals, early exits.
Not covered: code that reads the expected values out of frames or files by means which the policy does not see; classes
that keep nothing and so are all equal; numbers with rigged operators, where a test compares otherwise than with ``==``;
code that tells planted tests from real ones. That is why this mode is marked as weaker evidence.
"""

import ast
import copy
import random
from collections.abc import Collection, Mapping

COPIES = 20
"""Changed copies per test file at most, besides the test that only fails; drawn anew for each run."""
REFUSED_MODULES = frozenset(
    "_pytest pytest pluggy gc ctypes inspect atexit signal multiprocessing subprocess importlib runpy code pdb bdb "
    "faulthandler builtins _thread linecache tracemalloc marshal imp unittest doctest".split()
)
"""Modules that an implementation may import only if the original does."""
REFUSED_NAMES = frozenset(
    "__import__ _getframe _current_frames __globals__ __code__ __subclasses__ __builtins__ f_back f_locals f_globals "
    "tb_frame gi_frame cr_frame settrace setprofile addaudithook _exit excepthook unraisablehook".split()
)
"""Names that an implementation may not mention unless the original does."""


def plant(text: str, *, file: str, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """A test file with planted tests, and their node ids. A file that cannot be parsed stays as it is, without any."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text, ()
    changer, names = _fresh(rng), []
    donors = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _can_be_copied(node)]
    places = [(donor, index) for donor in donors for index in range(len(_required_equalities(donor)))]
    for donor, index in rng.sample(places, min(COPIES, len(places))):
        planted = _changed_copy(donor, index, name=f"test_{_fresh(rng)}", changer=changer)
        names.append(planted.name)
        tree.body.insert(rng.randint(tree.body.index(donor) + 1, len(tree.body)), planted)
    names.append(f"test_{_fresh(rng)}")
    fails = f"def {names[-1]}():\n    assert {rng.randint(2, 999)} == {rng.randint(1000, 9999)}"
    tree.body.append(ast.parse(fails).body[0])
    tree.body.insert(_after_docstring(tree), ast.parse(_CHANGER.format(name=changer, text=_fresh(rng))).body[0])
    return ast.unparse(ast.fix_missing_locations(tree)), tuple(f"{file}::{name}" for name in names)


def refused(files: Mapping[str, str], *, allowed: Collection[str]) -> str | None:
    """Why the policy refuses an implementation; None if it does not. ``allowed``: modules that the original imports."""
    open_to_all = {name.partition(".")[0] for name in allowed}
    for file, text in files.items():
        try:
            nodes = list(ast.walk(ast.parse(text)))
        except (SyntaxError, ValueError):
            continue
        for node in nodes:
            for module in _imported(node):
                if module in REFUSED_MODULES and module not in open_to_all:
                    return f"{file}:{node.lineno}: imports {module}, which the original does not"
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
            if name in REFUSED_NAMES and not open_to_all & {"inspect", "sys"}:
                return f"{file}:{node.lineno}: uses {name}, which the original does not"
    return None


_CHANGER = """
def {name}(value):
    if isinstance(value, bool) or value is None:
        return {text!r}
    if isinstance(value, (int, float)):
        return value + 7919
    if isinstance(value, str):
        return value + {text!r}
    if isinstance(value, (list, tuple)) and value:
        return type(value)([*value[:-1], {name}(value[-1])])
    if isinstance(value, dict) and value:
        return {{key: {name}(item) for key, item in value.items()}}
    return {text!r}
"""


def _fresh(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=12))


def _after_docstring(tree: ast.Module) -> int:
    body = tree.body
    first = next((i for i, node in enumerate(body) if not isinstance(node, (ast.Expr, ast.ImportFrom))), 0)
    return first if body else 0


def _can_be_copied(function: ast.FunctionDef) -> bool:
    arguments = function.args
    takes = arguments.args or arguments.kwonlyargs or arguments.posonlyargs or arguments.vararg or arguments.kwarg
    asserts = bool(_required_equalities(function))
    marked = any("parametrize" in ast.dump(d) or "usefixtures" in ast.dump(d) for d in function.decorator_list)
    return function.name.startswith("test") and not takes and asserts and not marked


def _required_equalities(function: ast.FunctionDef) -> list[ast.Compare]:
    """Equalities without which the test cannot pass."""
    tests = [node.test for node in function.body if isinstance(node, ast.Assert)]
    parts = [
        part
        for test in tests
        for part in (test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test])
    ]
    return [part for part in parts if _is_equality(part)]


def _is_equality(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)


def _changed_copy(function: ast.FunctionDef, index: int, *, name: str, changer: str) -> ast.FunctionDef:
    """The test with one expected value changed: a program that would pass it otherwise has to fail it now."""
    planted = copy.deepcopy(function)
    planted.name = name
    planted.decorator_list = []
    chosen = _required_equalities(planted)[index]
    chosen.comparators = [ast.Call(func=ast.Name(id=changer, ctx=ast.Load()), args=chosen.comparators, keywords=[])]
    return planted


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module.partition(".")[0]]
    return []
