"""Code as a simulated reader may see it: the application's own names hidden, comments and docstrings gone.

With its names in sight, a function would be "described" by its name alone. Names of the standard library, keywords,
numbers and string literals stay: they are what the code does.
"""

import ast
import io
import keyword
import tokenize
from collections.abc import Collection, Iterable

from iccm_dagster.syntax import parse


def own_names(sources: Iterable[str]) -> frozenset[str]:
    """Return every identifier that the sources define: functions, classes, parameters, variables, attributes."""
    names: set[str] = set()
    for source in sources:
        for node in ast.walk(parse(source)):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
                case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                    names.add(name)
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    names.add(name)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    names.add(name)
    return frozenset(name for name in names if not (name.startswith("__") and name.endswith("__")))


def mask_names(code: str, hidden: Collection[str]) -> str:
    """Return code with each hidden name replaced by ``name1, name2, ...`` in order of appearance, on one line per
    statement."""
    numbers: dict[str, str] = {}
    words: list[str] = []
    at_line_start = True
    for token in _tokens(code):
        if token.type in (tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        if token.type == tokenize.NEWLINE:
            words.append("\n")
            at_line_start = True
            continue
        if token.type == tokenize.STRING and at_line_start:
            continue  # a statement that is only a string: a docstring
        at_line_start = False
        hide = token.type == tokenize.NAME and token.string in hidden and not keyword.iskeyword(token.string)
        words.append(numbers.setdefault(token.string, f"name{len(numbers) + 1}") if hide else token.string)
    return " ".join(words)


def _tokens(code: str) -> Iterable[tokenize.TokenInfo]:
    # A section is indented when it is a method, and may end inside an indentation: what could be read is enough.
    try:
        yield from tokenize.generate_tokens(io.StringIO(_dedent(code)).readline)
    except (tokenize.TokenError, IndentationError):
        return


def _dedent(code: str) -> str:
    first = code.splitlines()[0] if code else ""
    margin = len(first) - len(first.lstrip())
    return "\n".join(line[margin:] if not line[:margin].strip() else line for line in code.splitlines()) + "\n"
