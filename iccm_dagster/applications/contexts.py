"""Degraded contexts: the same application told in four ways, each with less of its source than the one before.

Level 1 is everything, level 2 code without comments, docstrings and README, level 3 signatures, level 4 requirements
(seed I07). Level 2 is printed from the syntax tree, so that blank lines and quotes are normalised too.

Not covered: what identifiers say. Names stay as they are on levels 1 to 3.
"""

import ast
import io
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from iccm_dagster.applications.catalogue import Application, source_files
from iccm_dagster.applications.files import parse_python
from iccm_dagster.applications.interface import interface_of

READMES = ("README.md", "README.rst", "README.txt", "README")


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradedContext:
    """What a reader of one level gets to see."""

    level: int
    """1 to 4; a higher level knows less of the source."""
    name: str
    """What is left."""
    removed: str
    """What the level before had and this one has not, counted; "nothing" on level 1."""
    text: str
    """The context itself."""


def degraded_contexts(application: Application) -> tuple[DegradedContext, ...]:
    """Return levels 1 to 4 of an application, in order.

    Level 4 holds its gold requirements, or the ones derived from docstrings; it is empty where there are none.

    Raises:
        ApplicationError: A source file is no Python.
    """
    sources = {path: text for path, text in source_files(application).items() if path.endswith(".py")}
    trees = {path: parse_python(text, file=f"src/{path}", application=application.id) for path, text in sources.items()}
    readme = next((text for name in READMES if (text := _read(application, name))), "")
    comments = sum(map(_comments, sources.values()))
    docstrings = sum(_drop_docstrings(tree) for tree in trees.values())
    bodies = sum(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for tree in trees.values() for node in ast.walk(tree)
    )
    told = [f"- {requirement.text}" for requirement in application.requirements]
    bare = {path: ast.unparse(tree) for path, tree in trees.items()}
    said = f"{comments} comments, {docstrings} docstrings" + (", the README" if readme else "")
    levels = (
        ("everything", "nothing", "\n\n".join([*([readme] if readme else []), _files(sources)])),
        ("code only", said, _files(bare)),
        ("signatures only", f"the bodies of {bodies} functions and what is private", interface_of(application).text()),
        ("requirements only", "all source, signatures too", "\n".join(told)),
    )
    return tuple(
        DegradedContext(level=level, name=name, removed=removed, text=text)
        for level, (name, removed, text) in enumerate(levels, start=1)
    )


def context_rows(application: Application, count_tokens: Callable[[str], int]) -> list[dict[str, object]]:
    """Return one row per level: level, name, tokens, removed, text."""
    return [
        {
            "level": context.level,
            "name": context.name,
            "tokens": count_tokens(context.text),
            "removed": context.removed,
            "text": context.text,
        }
        for context in degraded_contexts(application)
    ]


def _files(texts: dict[str, str]) -> str:
    return "\n\n".join(f"# {path}\n{text}" for path, text in texts.items())


def _read(application: Application, name: str) -> str:
    path = application.root / name
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _comments(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


def _drop_docstrings(tree: ast.Module) -> int:
    """Remove every docstring from a tree, in place; return how many there were."""
    dropped = 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _has_docstring(
            node.body
        ):
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
            dropped += 1
    return dropped


def _has_docstring(body: Sequence[ast.stmt]) -> bool:
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
