"""First-order mutants: versions of a program with one small fault in the body of one function.

Operators: comparison (``==`` to ``!=``), boundary (``<`` to ``<=``, an integer in a comparison, sum or index by one),
arithmetic (``+`` to ``-``), boolean (``and`` to ``or``, a condition negated, ``True`` to ``False``), return value (a
result to ``None``), removed statement (a call, an assignment to an attribute or item, ``raise``, ``break``, ``continue``).

Not mutated: module-level and class-level code, default arguments, annotations, docstrings, f-strings, and what would
only make a type error (subtracting text).
"""

import ast
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from iccm_dagster.applications.catalogue import Application, source_files
from iccm_dagster.applications.files import parse_python
from iccm_dagster.applications.references import FunctionNode
from iccm_dagster.applications.sections import Section, SectionKind, sections_of
from iccm_dagster.seeding import seed_for


class Operator(StrEnum):
    """What a mutant changes."""

    COMPARISON = "comparison"
    """A relation becomes its opposite."""
    BOUNDARY = "boundary"
    """A relation gains or loses its edge, or an integer grows by one."""
    ARITHMETIC = "arithmetic"
    """An operator becomes another one."""
    BOOLEAN = "boolean"
    """A connective, a condition or a truth value is turned around."""
    RETURN_VALUE = "return value"
    """A result becomes None."""
    REMOVED_STATEMENT = "removed statement"
    """A statement is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One program with one fault."""

    section: str
    """Qualified name of the innermost section that holds the fault."""
    line: int
    """Line of the fault in the section's file, counted from 1."""
    operator: Operator
    """What was changed."""
    before: str
    """Source text that was replaced."""
    after: str
    """Source text in its place."""
    files: dict[str, str]
    """The whole mutated program: path relative to ``src/`` to text."""


_OPPOSITES: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Lt: ">=", ast.LtE: ">", ast.Gt: "<=", ast.GtE: "<",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_EDGES: dict[type[ast.cmpop], str] = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*", ast.Mod: "//", ast.Pow: "*",
    ast.LShift: ">>", ast.RShift: "<<", ast.BitAnd: "|", ast.BitOr: "&", ast.BitXor: "&",
}  # fmt: skip

# One change: the node it replaces, the new text, and the operator.
Change = tuple[ast.expr | ast.stmt, str, Operator]


def mutants_of(application: Application, *, limit: int | None, seed: int) -> tuple[Mutant, ...]:
    """Return the mutants of an application in source order.

    ``limit`` keeps a random choice of so many, the same for the same ``seed``; None keeps all.

    Raises:
        ApplicationError: A source file is no Python.
    """
    files = source_files(application)
    places = [
        (path, change)
        for path, text in files.items()
        if path.endswith(".py")
        for change in _changes(parse_python(text, file=f"src/{path}", application=application.id))
    ]
    if limit is not None and limit < len(places):
        chosen = random.Random(seed_for("mutants", application.id, seed)).sample(range(len(places)), limit)
        places = [places[index] for index in sorted(chosen)]
    owners = _Owners(sections_of(application))
    sources = {path: _Source(text) for path, text in files.items()}
    return tuple(_mutant(files, sources[path], path, change, owners) for path, change in places)


class _Source:
    """One file, cut by the positions of its syntax tree."""

    def __init__(self, text: str) -> None:
        self._data = text.encode()
        self._offsets = [0]
        for line in self._data.split(b"\n"):
            self._offsets.append(self._offsets[-1] + len(line) + 1)

    def replaced(self, node: ast.expr | ast.stmt, after: str) -> tuple[str, str]:
        """Return the text of ``node``, and the file with ``after`` in its place."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._offsets[node.lineno - 1] + node.col_offset
        end = self._offsets[node.end_lineno - 1] + node.end_col_offset
        return self._data[start:end].decode(), (self._data[:start] + after.encode() + self._data[end:]).decode()


class _Owners:
    """Finds the innermost section of a line."""

    def __init__(self, sections: tuple[Section, ...]) -> None:
        self._lines: dict[tuple[str, int], str] = {}
        for section in sections:
            if section.kind is not SectionKind.CLASS:
                for line in range(section.line_start, section.line_end + 1):
                    self._lines[section.file, line] = section.name

    def of(self, path: str, line: int) -> str:
        return self._lines[path, line]


def _mutant(files: Mapping[str, str], source: _Source, path: str, change: Change, owners: _Owners) -> Mutant:
    node, after, operator = change
    before, text = source.replaced(node, after)
    return Mutant(
        section=owners.of(path, node.lineno),
        line=node.lineno,
        operator=operator,
        before=before,
        after=after,
        files={**files, path: text},
    )


def _changes(tree: ast.Module) -> Iterator[Change]:
    """Yield every change of the function bodies in a tree, in source order."""
    stack: list[tuple[ast.AST, bool]] = [(node, False) for node in reversed(tree.body)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, FunctionNode):
            children: list[ast.AST] = list(node.body)
            inside = True
        elif isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        else:
            children = [child for child in ast.iter_child_nodes(node) if child is not getattr(node, "annotation", None)]
        if inside:
            for mutate in _MUTATIONS:
                yield from mutate(node)
        stack += [(child, inside) for child in reversed(children)]


def _comparisons(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        for index, relation in enumerate(node.ops):
            yield node, _compared(node, index, _OPPOSITES[type(relation)]), Operator.COMPARISON
            if type(relation) in _EDGES:
                yield node, _compared(node, index, _EDGES[type(relation)]), Operator.BOUNDARY


def _compared(node: ast.Compare, index: int, relation: str) -> str:
    """Return the comparison with one relation replaced."""
    written = [{ast.IsNot: "is not", ast.NotIn: "not in"}.get(type(op)) or _SIGNS[type(op)] for op in node.ops]
    written[index] = relation
    operands = [f"({ast.unparse(operand)})" for operand in (node.left, *node.comparators)]
    return operands[0] + "".join(f" {sign} {operand}" for sign, operand in zip(written, operands[1:], strict=True))


_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is", ast.In: "in",
}  # fmt: skip


def _integers(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare():
            operands = [node.left, *node.comparators]
        case ast.BinOp():
            operands = [node.left, node.right]
        case ast.Subscript(slice=ast.Slice() as cut):
            operands = [part for part in (cut.lower, cut.upper) if part]
        case ast.Subscript():
            operands = [node.slice]
        case _:
            return
    for operand in operands:
        bare = operand.operand if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.USub) else operand
        if isinstance(bare, ast.Constant) and type(bare.value) is int:
            value = ast.literal_eval(operand)
            yield operand, str(value + 1), Operator.BOUNDARY


def _arithmetic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BinOp) and not (_is_textual(node.left) or _is_textual(node.right)):
        if sign := _ARITHMETIC.get(type(node.op)):
            yield node, f"(({ast.unparse(node.left)}) {sign} ({ast.unparse(node.right)}))", Operator.ARITHMETIC
    elif isinstance(node, ast.AugAssign) and not _is_textual(node.value):
        sign = _ARITHMETIC.get(type(node.op))
        if sign:
            yield node, f"{ast.unparse(node.target)} {sign}= {ast.unparse(node.value)}", Operator.ARITHMETIC


def _is_textual(node: ast.expr) -> bool:
    """Return whether an operand is text or a list as written, so that another operator only makes a type error."""
    if isinstance(node, ast.BinOp):
        return _is_textual(node.left) or _is_textual(node.right)
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
    return is_text or isinstance(node, ast.JoinedStr | ast.List | ast.ListComp | ast.Tuple)


def _booleans(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.BoolOp():
            sign = " or " if isinstance(node.op, ast.And) else " and "
            yield node, "(" + sign.join(f"({ast.unparse(value)})" for value in node.values) + ")", Operator.BOOLEAN
        case ast.UnaryOp(op=ast.Not()):
            yield node, f"({ast.unparse(node.operand)})", Operator.BOOLEAN
        case ast.Constant(value=bool()):
            yield node, str(not node.value), Operator.BOOLEAN
        case ast.If() | ast.IfExp() | ast.While() if not isinstance(
            node.test, ast.Compare | ast.UnaryOp | ast.Constant
        ):
            yield node.test, f"(not ({ast.unparse(node.test)}))", Operator.BOOLEAN
        case ast.comprehension():
            for test in node.ifs:
                if not isinstance(test, ast.Compare | ast.UnaryOp):
                    yield test, f"(not ({ast.unparse(test)}))", Operator.BOOLEAN


def _returns(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Return(value=None | ast.Constant(value=None)):
            return
        case ast.Return(value=ast.expr() as value):
            yield value, "None", Operator.RETURN_VALUE


def _removals(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Raise() | ast.Delete():
            yield node, "pass", Operator.REMOVED_STATEMENT
        case ast.Break() | ast.Continue():
            yield node, "pass", Operator.REMOVED_STATEMENT
        case ast.Assign() if all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets):
            yield node, "pass", Operator.REMOVED_STATEMENT


_MUTATIONS: tuple[Callable[[ast.AST], Iterator[Change]], ...] = (
    _comparisons,
    _integers,
    _arithmetic,
    _booleans,
    _returns,
    _removals,
)
