"""Variables, fields and attributes of an interface, read from syntax trees."""

import ast
from collections.abc import Iterable, Iterator

from iccm_dagster.applications.references import FunctionNode, dotted
from iccm_dagster.applications.stubs import Value

_LONGEST_VALUE = 200
_PLAIN_CALLS = frozenset(
    (name,)
    for name in (
        "frozenset",
        "set",
        "tuple",
        "list",
        "dict",
        "float",
        "Decimal",
        "Fraction",
        "field",
        "auto",
        "TypeVar",
    )
)


def listed_names(tree: ast.Module) -> list[str]:
    """Return the names in a literal ``__all__``."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=items) | ast.Tuple(elts=items)):
                return [str(item.value) for item in items if isinstance(item, ast.Constant)]
    return []


def values(body: Iterable[ast.stmt]) -> Iterator[Value]:
    """Yield the variables assigned by simple statements of a module or class."""
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            default = shown(node.value) if node.value else None
            yield Value(name=node.target.id, annotation=ast.unparse(node.annotation), value=default)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                single = node.value if len(names) == 1 else None
                for name in (item.id for item in names if isinstance(item, ast.Name)):
                    yield Value(name=name, annotation=None, value=shown(single) if single else None)


def shown(node: ast.expr) -> str:
    """Return a short literal, a type or a plain construction of literals as text; ``...`` for anything else."""
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST_VALUE and _is_plain(node) else "..."


def _is_plain(node: ast.expr) -> bool:
    """Return whether an expression tells a value or a type, and calls nothing that is private or computes."""
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            return not node.id.startswith("_")
        case ast.Attribute():
            return not node.attr.startswith("_") and _is_plain(node.value)
        case ast.UnaryOp():
            return _is_plain(node.operand)
        case ast.BinOp():
            return _is_plain(node.left) and _is_plain(node.right)
        case ast.Subscript():
            return _is_plain(node.value) and _is_plain(node.slice)
        case ast.Tuple() | ast.List() | ast.Set():
            return all(_is_plain(item) for item in node.elts)
        case ast.Dict():
            return all(item is not None and _is_plain(item) for item in (*node.keys, *node.values))
        case ast.Call():
            plain = dotted(node.func)[-1:] in _PLAIN_CALLS
            return plain and all(_is_plain(item) for item in (*node.args, *(word.value for word in node.keywords)))
    return False


def attributes(init: FunctionNode) -> Iterator[Value]:
    """Yield the public attributes that ``__init__`` assigns, with the type of the parameter they come from."""
    arguments = [*init.args.posonlyargs, *init.args.args, *init.args.kwonlyargs]
    types = {argument.arg: argument.annotation for argument in arguments}
    receiver = arguments[0].arg if arguments else ""
    for node in ast.walk(init):
        for name, annotation, value in _assigned(node, receiver):
            given = types.get(value.id) if isinstance(value, ast.Name) else None
            shown = annotation or given
            yield Value(name=name, annotation=ast.unparse(shown) if shown else None, value=None)


def _assigned(node: ast.AST, receiver: str) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    """Yield (attribute, annotation, value) of each public attribute of ``receiver`` that a statement assigns."""
    if isinstance(node, ast.Assign):
        found = [(target, None, node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign):
        found = [(node.target, node.annotation, node.value)]
    else:
        return
    for target, annotation, value in found:
        if isinstance(target, ast.Attribute) and dotted(target) == (receiver, target.attr) and target.attr[0] != "_":
            yield target.attr, annotation, value
