"""The interface of an application: the public names that its tests may call, and nothing of how they work.

Taken from the syntax trees; nothing is imported. Bodies, docstrings, comments and private names stay out. Members that
a public class inherits from a private one are listed as its own. Not covered: names made while the program runs
(``setattr``, module ``__getattr__``), and the values of constants that are no short literals.
"""

import ast
import builtins
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace

from iccm_dagster.applications.catalogue import Application, module_name, source_files
from iccm_dagster.applications.files import parse_python
from iccm_dagster.applications.interface_values import attributes, listed_names, shown, values
from iccm_dagster.applications.references import FunctionNode, Resolver, Scope, collect, dotted
from iccm_dagster.applications.stubs import Binding, Callable, Class, Module, Sort, Value
from iccm_dagster.syntax import parse

_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """What may be known of an application without its source."""

    modules: tuple[Module, ...]
    """Public modules in the order of ``application.toml``."""

    def text(self) -> str:
        """Return the interface as stub code, one block per file."""
        return "\n\n".join(module.text() for module in self.modules)

    def names(self) -> tuple[str, ...]:
        """Return every public name: ``module.name`` and ``module.Class.member``."""
        return tuple(name for module in self.modules for name in module.names())


def interface_of(application: Application) -> Interface:
    """Return the interface of the public modules of an application.

    Raises:
        ApplicationError: A source file is no Python.
    """
    return _Reader(application).interface()


class _Reader:
    """Reads the interface out of the scopes of one program."""

    def __init__(self, application: Application) -> None:
        self._public = application.modules
        self._modules, self._trees, definitions = dict[str, Scope](), dict[str, ast.Module](), list[Scope]()
        for path, text in source_files(application).items():
            if path.endswith(".py"):
                tree = parse_python(text, file=f"src/{path}", application=application.id)
                scope, found = collect(tree, module=module_name(path), file=path)
                self._modules[scope.name], self._trees[scope.name] = scope, tree
                definitions += found
        self._resolver = Resolver(self._modules, definitions)

    def interface(self) -> Interface:
        return Interface(modules=tuple(self._module(self._modules[name]) for name in self._public))

    def _module(self, module: Scope) -> Module:
        offered = self._offered(module)
        own = {name: scope for name, scope in offered.items() if not self._lives_elsewhere(scope, module)}
        reexports = [(name, self._origin(module, name, scope)) for name, scope in offered.items() if name not in own]
        functions = {name: scope for name, scope in own.items() if scope.kind == "function"}
        classes = {name: scope for name, scope in own.items() if scope.kind == "class"}
        constants = [self._constant(module, name) for name, scope in own.items() if scope.kind == "variable"]
        return Module(
            name=module.name,
            constants=tuple(constants),
            functions=tuple(self._callable(scope, name) for name, scope in functions.items()),
            classes=tuple(self._class(scope, name) for name, scope in classes.items()),
            reexports=tuple(reexports),
            is_package=module.file.endswith("__init__.py"),
        )

    def _offered(self, module: Scope) -> dict[str, Scope]:
        """Return what users import from a module: its definitions, and what ``__init__`` or ``__all__`` passes on."""
        listed = listed_names(self._trees[module.name])
        names = [name for name in (*module.variables, *module.members) if not name.startswith("_")]
        if module.file.endswith("__init__.py"):
            names += [name for name in module.imports if not name.startswith("_")]
            names += [name for star in module.starred for name in self._starred(star)]
        found = {name: self._resolver.attribute(module, name) for name in dict.fromkeys([*names, *listed])}
        return {name: scope for name, scope in found.items() if scope is not None and scope.kind != "module"}

    def _starred(self, name: str) -> list[str]:
        module = self._modules.get(name)
        if module is None:
            return []
        listed = listed_names(self._trees[name])
        return listed or [item for item in (*module.variables, *module.members) if not item.startswith("_")]

    def _lives_elsewhere(self, scope: Scope, module: Scope) -> bool:
        return scope.module is not module and scope.module.name in self._public

    def _constant(self, module: Scope, name: str) -> Value:
        home, original = self._home(module, name)
        found = (value for value in values(self._trees[home.name].body) if value.name == original)
        return replace(next(found, Value(name=name, annotation=None, value=None)), name=name)

    def _origin(self, module: Scope, name: str, scope: Scope) -> str:
        if scope.node is not None:
            return scope.name
        home, original = self._home(module, name)
        return f"{home.name}.{original}"

    def _home(self, module: Scope, name: str) -> tuple[Scope, str]:
        """Return the module in which a variable is assigned, and its name there."""
        while name not in module.variables and name in module.imports:
            source, original = module.imports[name]
            if original is None or source not in self._modules:
                break
            module, name = self._modules[source], original
        return module, name

    def _callable(self, scope: Scope, name: str) -> Callable:
        node = scope.node
        assert isinstance(node, FunctionNode)
        decorators = tuple(ast.unparse(decorator) for decorator in node.decorator_list)
        prefix = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
        return Callable(
            name=name,
            signature=f"{prefix} {name}({self._parameters(node, scope)}){returns}",
            binding=_binding(scope, decorators),
            is_async=isinstance(node, ast.AsyncFunctionDef),
            yields=_yields(node),
            decorators=decorators,
        )

    def _parameters(self, node: FunctionNode, scope: Scope) -> str:
        """Return the parameters; defaults that are no plain values, or private constants, become a value or ``...``."""
        arguments = copy(node.args)
        arguments.defaults = [self._default(default, scope) for default in node.args.defaults]
        arguments.kw_defaults = [default and self._default(default, scope) for default in node.args.kw_defaults]
        return ast.unparse(arguments)

    def _default(self, node: ast.expr, scope: Scope) -> ast.expr:
        is_private = isinstance(node, ast.Name) and node.id.startswith("_")
        text = self._constant(scope.module, node.id).value if is_private else shown(node)
        return parse(text or "...", mode="eval").body

    def _class(self, scope: Scope, name: str) -> Class:
        node = scope.node
        assert isinstance(node, ast.ClassDef)
        lineage = self._lineage(scope)
        decorators = tuple(ast.unparse(decorator) for part in lineage for decorator in _decorators(part))
        bases = tuple(dict.fromkeys(base for part in lineage for base in self._visible_bases(part, lineage)))
        exception = self._exception_base(scope)
        found = {value.name: value for part in reversed(lineage) for value in _class_values(part)}
        methods = {method.name: method for part in reversed(lineage) for method in self._methods(part)}
        nested = [inner for inner in scope.members.values() if inner.kind == "class" and _is_shown(inner)]
        for setter in _setters(lineage):
            if setter in methods:
                methods[setter] = replace(methods[setter], settable=True)
        return Class(
            name=name,
            sort=_sort(bases, decorators, exception),
            bases=bases,
            exception_base=exception,
            decorators=tuple(dict.fromkeys(decorators)),
            values=tuple(value for value in found.values() if value.name not in methods),
            methods=tuple(methods.values()),
            classes=tuple(self._class(inner, _simple_name(inner)) for inner in nested),
        )

    def _lineage(self, scope: Scope) -> list[Scope]:
        """Return the class and the private bases whose members it shows, nearest first."""
        return [base for base in self._resolver.bases(scope) if base is scope or _simple_name(base).startswith("_")]

    def _visible_bases(self, scope: Scope, lineage: list[Scope]) -> Iterator[str]:
        node = scope.node
        assert isinstance(node, ast.ClassDef)
        hidden = {_simple_name(part) for part in lineage}
        for base in node.bases:
            chain = dotted(base)
            if not chain or chain[-1] not in hidden:
                yield ast.unparse(base)

    def _exception_base(self, scope: Scope) -> str | None:
        for current in self._resolver.bases(scope):
            for chain in current.bases:
                found = getattr(builtins, chain[-1], None)
                if isinstance(found, type) and issubclass(found, BaseException):
                    return chain[-1]
        return None

    def _methods(self, scope: Scope) -> Iterator[Callable]:
        for name, inner in scope.members.items():
            if inner.kind == "function" and _is_shown(inner):
                yield self._callable(inner, name)


def _simple_name(scope: Scope) -> str:
    return scope.node.name if scope.node else scope.name


def _is_shown(scope: Scope) -> bool:
    name = _simple_name(scope)
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _binding(scope: Scope, decorators: tuple[str, ...]) -> Binding:
    if scope.parent is None or scope.parent.kind != "class":
        return Binding.FUNCTION
    names = {decorator.split("(")[0].rsplit(".", 1)[-1] for decorator in decorators}
    if names & {"property", "cached_property"}:
        return Binding.PROPERTY
    if "classmethod" in names:
        return Binding.CLASS_METHOD
    return Binding.STATIC_METHOD if "staticmethod" in names else Binding.METHOD


def _yields(node: FunctionNode) -> bool:
    stack: list[ast.AST] = list(node.body)
    while stack:
        current = stack.pop()
        if isinstance(current, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(current, FunctionNode | ast.ClassDef | ast.Lambda):
            stack += ast.iter_child_nodes(current)
    return False


def _decorators(scope: Scope) -> list[ast.expr]:
    return scope.node.decorator_list if scope.node else []


def _setters(lineage: list[Scope]) -> Iterator[str]:
    for scope in lineage:
        assert isinstance(scope.node, ast.ClassDef)
        for node in scope.node.body:
            decorators = node.decorator_list if isinstance(node, ast.FunctionDef) else []
            if any(ast.unparse(decorator) == f"{node.name}.setter" for decorator in decorators):
                yield node.name


def _sort(bases: tuple[str, ...], decorators: tuple[str, ...], exception: str | None) -> Sort:
    last = {base.split("[")[0].rsplit(".", 1)[-1] for base in bases}
    if exception is not None:
        return Sort.EXCEPTION
    if last & _ENUMS:
        return Sort.ENUM
    if "NamedTuple" in last:
        return Sort.NAMED_TUPLE
    if "Protocol" in last:
        return Sort.PROTOCOL
    is_dataclass = any(decorator.split("(")[0].endswith("dataclass") for decorator in decorators)
    return Sort.DATACLASS if is_dataclass else Sort.CLASS


def _class_values(scope: Scope) -> Iterator[Value]:
    """Yield the public variables of a class, then the attributes its ``__init__`` sets."""
    assert isinstance(scope.node, ast.ClassDef)
    yield from (value for value in values(scope.node.body) if not value.name.startswith("_"))
    named = {value.name for value in values(scope.node.body)}
    init = scope.members.get("__init__")
    if init is not None and isinstance(init.node, FunctionNode):
        yield from (value for value in attributes(init.node) if value.name not in named)
