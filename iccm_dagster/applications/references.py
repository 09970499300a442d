"""What a definition mentions, and which definitions that means.

``collect`` walks one syntax tree once, with an explicit stack, and returns its module scope; ``Resolver`` links the
scopes of a whole program. A mention is a dotted chain: ``codec.encode`` is ``("codec", "encode")``; where the receiver
is no name, the chain starts with ``UNKNOWN``.

Annotations are no mentions. A local variable hides what it shadows for the whole function.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Definition = FunctionNode | ast.ClassDef
Chain = tuple[str, ...]
UNKNOWN = "?"
_BUILTIN_TYPES = (str, bytes, bytearray, int, float, complex, list, tuple, dict, set, frozenset, type(x for x in ""))
_BUILTIN_ATTRIBUTES = frozenset(name for kind in _BUILTIN_TYPES for name in dir(kind))


@dataclass(slots=True, eq=False)
class Scope:
    """One module, class or function while a program is being linked."""

    name: str
    """Qualified name, unique in the program."""
    kind: Literal["module", "class", "function", "variable"]
    """What opened the scope; a variable holds what the value of a module or class variable mentions."""
    file: str
    """Path relative to ``src/``."""
    parent: "Scope | None"
    """The enclosing scope; None for a module."""
    node: Definition | None = None
    """Its definition; None for modules and variables."""
    self_name: str | None = None
    """First parameter of a method; None elsewhere."""
    members: dict[str, "Scope"] = field(default_factory=dict)
    """First definition of each name in this scope."""
    repeats: dict[str, int] = field(default_factory=dict)
    """How often each name was defined."""
    variables: dict[str, "Scope"] = field(default_factory=dict)
    """Assigned names of a module or class."""
    imports: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Imported names of a module: (module, attribute or None for the module itself)."""
    starred: list[str] = field(default_factory=list)
    """Modules imported with a star."""
    mentions: set[Chain] = field(default_factory=set)
    """What its code names."""
    bases: list[Chain] = field(default_factory=list)
    """Base classes of a class, as written."""
    bound: set[str] = field(default_factory=set)
    """Names bound inside a function."""
    free: set[str] = field(default_factory=set)
    """Names a function declares global or nonlocal."""

    @property
    def module(self) -> "Scope":
        """The module the scope belongs to."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope


def collect(tree: ast.Module, *, module: str, file: str) -> tuple[Scope, list[Scope]]:
    """Return the module's scope and the scopes of its definitions in source order."""
    root = Scope(name=module, kind="module", file=file, parent=None)
    definitions = list[Scope]()
    stack: list[tuple[ast.AST, Scope]] = [(statement, root) for statement in reversed(tree.body)]
    while stack:
        node, scope = stack.pop()
        if isinstance(node, Definition):
            inner = _define(node, scope)
            definitions.append(inner)
            stack.extend((child, inner) for child in reversed(node.body))
            stack.extend((child, inner) for child in _header(node))
        elif isinstance(node, ast.Name):
            (scope.mentions.add((node.id,)) if isinstance(node.ctx, ast.Load) else scope.bound.add(node.id))
        elif isinstance(node, ast.Attribute):
            stack.extend((child, scope) for child in _attribute(node, scope))
        else:
            stack.extend(_others(node, scope, root))
    return root, definitions


def is_dunder(name: str) -> bool:
    """Return whether the last part of a name has the form ``__name__``."""
    last = name.rsplit(".", 1)[-1].split("#")[0]
    return last.startswith("__") and last.endswith("__") and len(last) > 4


def is_private(name: str) -> bool:
    """Return whether a simple name starts with an underscore and is no dunder name."""
    return name.startswith("_") and not is_dunder(name)


def _define(node: Definition, scope: Scope) -> Scope:
    """Open the scope of a definition and enter it in the enclosing one."""
    scope.repeats[node.name] = count = scope.repeats.get(node.name, 0) + 1
    name = f"{scope.name}.{node.name}" + (f"#{count}" if count > 1 else "")
    inner = Scope(name=name, kind="function", file=scope.file, parent=scope, node=node)
    if isinstance(node, ast.ClassDef):
        inner.kind = "class"
        inner.bases = [chain for base in node.bases if (chain := dotted(base))]
    else:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
        inner.bound.update(argument.arg for argument in arguments)
        if scope.kind == "class" and arguments and not _is_static(node):
            inner.self_name = arguments[0].arg
    scope.members.setdefault(node.name, inner)
    return inner


def _header(node: Definition) -> Iterator[ast.AST]:
    """Yield what a definition mentions outside its body: decorators, defaults, bases."""
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from node.bases
        yield from (keyword.value for keyword in node.keywords)
    else:
        yield from node.args.defaults
        yield from (default for default in node.args.kw_defaults if default)


def _is_static(node: FunctionNode) -> bool:
    return any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in node.decorator_list)


def dotted(node: ast.AST) -> Chain:
    """Return the chain of a dotted name, subscripts ignored; empty for anything else."""
    parts = list[str]()
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _attribute(node: ast.Attribute, scope: Scope) -> Iterator[ast.AST]:
    """Note a chain of attributes as one mention; yield the receiver where it is no name."""
    parts = list[str]()
    receiver: ast.AST = node
    while isinstance(receiver, ast.Attribute):
        parts.append(receiver.attr)
        receiver = receiver.value
    if isinstance(receiver, ast.Name):
        scope.mentions.add((receiver.id, *reversed(parts)))
    else:
        scope.mentions.update((UNKNOWN, part) for part in parts)
        yield receiver


def _others(node: ast.AST, scope: Scope, root: Scope) -> Iterable[tuple[ast.AST, Scope]]:
    """Handle imports, declarations and variables; return the children to visit."""
    match node:
        case ast.Import():
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                root.imports[bound] = (alias.name if alias.asname else bound, None)
        case ast.ImportFrom():
            _import_from(node, root)
        case ast.Global() | ast.Nonlocal():
            scope.free.update(node.names)
        case ast.arg():
            scope.bound.add(node.arg)
        case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
            scope.bound.add(node.name)
            return _children(node, scope)
        case ast.Assign() | ast.AnnAssign() if scope.kind in ("module", "class"):
            return _variable(node, scope)
        case ast.AnnAssign():
            return [(child, scope) for child in (node.value, node.target) if child]
        case _:
            return _children(node, scope)
    return ()


def _children(node: ast.AST, scope: Scope) -> list[tuple[ast.AST, Scope]]:
    return [(child, scope) for child in ast.iter_child_nodes(node)][::-1]


def _import_from(node: ast.ImportFrom, root: Scope) -> None:
    package = root.name.split(".") if root.file.endswith("__init__.py") else root.name.split(".")[:-1]
    base = package[: len(package) - node.level + 1] if node.level else []
    source = ".".join([*base, *([node.module] if node.module else [])])
    for alias in node.names:
        if alias.name == "*":
            root.starred.append(source)
        else:
            root.imports[alias.asname or alias.name] = (source, alias.name)


def _variable(node: ast.Assign | ast.AnnAssign, scope: Scope) -> list[tuple[ast.AST, Scope]]:
    """Open a scope for the value, so that who reads the variable mentions what is in it."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    names = [leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
    value = Scope(name=scope.name, kind="variable", file=scope.file, parent=scope)
    for name in names:
        known = scope.variables.setdefault(name, value)
        value = known
    return [(child, value) for child in (*targets, node.value) if child is not None]


class Resolver:
    """Finds the definitions that the mentions of a scope stand for."""

    def __init__(self, modules: Mapping[str, Scope], definitions: Iterable[Scope]) -> None:
        self._modules = modules
        self._members: dict[str, list[Scope]] = {}
        for scope in definitions:
            if scope.parent is not None and scope.parent.kind == "class" and scope.node is not None:
                self._members.setdefault(scope.node.name, []).append(scope)
        self._expanding: set[int] = set()

    def calls(self, scope: Scope) -> tuple[str, ...]:
        """Return the qualified names of the sections that ``scope`` mentions, sorted, without itself."""
        found = {target.name for chain in scope.mentions for target in self._resolve(scope, chain)}
        if scope.kind == "class":
            found |= {target.name for value in scope.variables.values() for target in self._expand(value)}
        return tuple(sorted(found - {scope.name}))

    def exported(self, module: Scope) -> Iterator[Scope]:
        """Yield the definitions that a module makes available under a public name by importing them."""
        for name in module.imports:
            if not name.startswith("_"):
                yield from self._entity_sections(self.attribute(module, name))
        for source in module.starred:
            members = self._modules[source].members if source in self._modules else {}
            yield from (scope for name, scope in members.items() if not name.startswith("_"))

    def bases(self, scope: Scope) -> Iterator[Scope]:
        """Yield a class and its bases inside the program, nearest first."""
        seen, queue = set[str](), [scope]
        while queue:
            current = queue.pop(0)
            if current.name in seen:
                continue
            seen.add(current.name)
            yield current
            outer = current.parent or current
            found = (target for chain in current.bases for target in self._resolve(outer, chain))
            queue += [target for target in found if target.kind == "class"]

    def attribute(self, module: Scope, name: str, depth: int = 0) -> Scope | None:
        """Return what ``name`` is in a module, imports followed: a definition, variable or module; None if unknown."""
        if name in module.members:
            return module.members[name]
        if name in module.imports and depth < 16:
            source, attribute = module.imports[name]
            if attribute is None:
                return self._modules.get(source)
            target = self._modules.get(source)
            found = self.attribute(target, attribute, depth + 1) if target else None
            return found or self._modules.get(f"{source}.{attribute}")
        if name in module.variables:
            return module.variables[name]
        for source in module.starred if depth < 16 else ():
            target = self._modules.get(source)
            if target is not None and (found := self.attribute(target, name, depth + 1)):
                return found
        return self._modules.get(f"{module.name}.{name}")

    def _resolve(self, scope: Scope, chain: Chain) -> list[Scope]:
        root, rest = chain[0], chain[1:]
        if root == UNKNOWN:
            return self._by_name(rest[0])
        owner = _owner_of(scope, root)
        if owner is not None:
            return self._follow(owner, rest) if rest else []
        return self._follow_entity(self._lexical(scope, root), rest)

    def _lexical(self, scope: Scope, name: str) -> Scope | None:
        """Find a name the way Python does: enclosing functions, then the module."""
        current: Scope | None = scope
        first = True
        while current is not None and current.kind != "module":
            if current.kind == "function" or first or current.kind == "variable":
                if name in current.members:
                    return current.members[name]
                if current.kind == "function" and name in current.bound and name not in current.free:
                    return None
                if name in current.variables:
                    return current.variables[name]
            first = first and current.kind == "variable"
            current = current.parent
        return self.attribute(scope.module, name)

    def _follow_entity(self, entity: Scope | None, rest: Chain) -> list[Scope]:
        """Follow attributes from what a name stands for."""
        while entity is not None and entity.kind == "module" and rest:
            entity, rest = self.attribute(entity, rest[0]), rest[1:]
        if entity is not None and entity.kind == "class" and rest:
            return self._follow(entity, rest) or [entity]
        unknown = [target for part in rest for target in self._by_name(part)]
        return self._entity_sections(entity) + unknown

    def _follow(self, owner: Scope, rest: Chain) -> list[Scope]:
        """Follow attributes from a class or an instance of it."""
        found = list[Scope]()
        for scope in self.bases(owner):
            if rest[0] in scope.members:
                found.append(scope.members[rest[0]])
                break
            if rest[0] in scope.variables:
                found += self._expand(scope.variables[rest[0]])
                break
        if not found or is_private(rest[0]):
            found += self._by_name(rest[0])
        return found + [target for part in rest[1:] for target in self._by_name(part)]

    def _by_name(self, name: str) -> list[Scope]:
        """Return the members an attribute of an unknown receiver may mean."""
        if is_dunder(name):
            return []
        candidates = self._members.get(name, [])
        if is_private(name):
            return candidates
        owners = {candidate.parent.name for candidate in candidates if candidate.parent}
        return candidates if len(owners) == 1 and name not in _BUILTIN_ATTRIBUTES else []

    def _entity_sections(self, entity: Scope | None) -> list[Scope]:
        if entity is None or entity.kind == "module":
            return []
        return self._expand(entity) if entity.kind == "variable" else [entity]

    def _expand(self, variable: Scope) -> list[Scope]:
        """Return what the value of a variable mentions; a cycle ends."""
        if id(variable) in self._expanding:
            return []
        self._expanding.add(id(variable))
        found = [target for chain in variable.mentions for target in self._resolve(variable, chain)]
        self._expanding.discard(id(variable))
        return found


def _owner_of(scope: Scope, name: str) -> Scope | None:
    """Return the class whose instance (or itself) ``name`` is inside a method, if it is one."""
    current: Scope | None = scope
    while current is not None and current.kind == "function":
        if current.self_name == name:
            return current.parent
        current = current.parent
    return None
