"""The interface of an application: the public names that its tests may call, and nothing of how they work.

Taken from the syntax trees; nothing is imported. Bodies, docstrings, comments and private names stay out. Members that a
public class inherits from a private one are listed as its own. Not covered: names made while the program runs
(``setattr``, module ``__getattr__``), and the values of constants that are no short literals.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from iccm_dagster.applications.catalogue import Application, module_name, source_files
from iccm_dagster.applications.files import parse_python
from iccm_dagster.applications.references import FunctionNode, Resolver, Scope, collect, dotted

_LONGEST_VALUE = 200
_ENUMS = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})


class Binding(StrEnum):
    """How a callable is reached."""

    FUNCTION = "function"
    METHOD = "method"
    CLASS_METHOD = "classmethod"
    STATIC_METHOD = "staticmethod"
    PROPERTY = "property"
    """Read as an attribute; ``settable`` says whether it can be assigned."""


class Sort(StrEnum):
    """What a class is for."""

    CLASS = "class"
    DATACLASS = "dataclass"
    NAMED_TUPLE = "named tuple"
    ENUM = "enum"
    EXCEPTION = "exception"
    PROTOCOL = "protocol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A constant, a field, an attribute or a member of an enum."""

    name: str
    """Its name."""
    annotation: str | None
    """Type as written; None when the source gives none."""
    value: str | None
    """Literal value or default as source text; None where there is none or it is no short literal."""

    def text(self) -> str:
        """Return it as one line of a stub."""
        line = self.name + (f": {self.annotation}" if self.annotation else "")
        return line + (f" = {self.value}" if self.value is not None else "" if self.annotation else " = ...")


@dataclass(frozen=True, slots=True, kw_only=True)
class Callable:
    """A function, method or property."""

    name: str
    """Simple name."""
    signature: str
    """``def name(parameters) -> result`` in one line, with annotations and defaults."""
    binding: Binding
    """How it is reached."""
    is_async: bool
    """Whether it is written with ``async def``."""
    yields: bool
    """Whether it is a generator, or with ``is_async`` an asynchronous one."""
    decorators: tuple[str, ...]
    """Decorators as written, without the ``@``."""
    settable: bool = False
    """Whether a property has a setter."""

    def text(self) -> str:
        """Return it as a stub without a body."""
        lines = [f"@{decorator}" for decorator in self.decorators] + [f"{self.signature}: ..."]
        if self.settable:
            lines += [f"@{self.name}.setter", f"def {self.name}(self, value) -> None: ..."]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Class:
    """A public class."""

    name: str
    """Simple name."""
    sort: Sort
    """What it is for."""
    bases: tuple[str, ...]
    """Base classes as written; private ones are replaced by their own bases."""
    exception_base: str | None
    """Nearest builtin exception it derives from; None when it is no exception."""
    decorators: tuple[str, ...]
    """Decorators as written, without the ``@``."""
    values: tuple[Value, ...]
    """Fields, class constants, members of an enum, and the public attributes that ``__init__`` sets."""
    methods: tuple[Callable, ...]
    """Public and dunder methods and properties."""
    classes: tuple["Class", ...]
    """Public classes inside."""

    def text(self) -> str:
        """Return it as a stub without bodies."""
        bases = f"({', '.join(self.bases)})" if self.bases else ""
        head = [*(f"@{decorator}" for decorator in self.decorators), f"class {self.name}{bases}:"]
        parts = [item.text() for item in (*self.values, *self.classes, *self.methods)]
        return "\n".join(head) + "\n" + _indented("\n".join(parts) or "...")

    def names(self) -> Iterator[str]:
        """Yield ``Class``, then ``Class.member`` for each member."""
        yield self.name
        inner = [item.name for item in (*self.values, *self.methods)]
        yield from (f"{self.name}.{name}" for name in inner)
        yield from (f"{self.name}.{name}" for nested in self.classes for name in nested.names())


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One public module."""

    name: str
    """Dotted name."""
    constants: tuple[Value, ...]
    """Public variables."""
    functions: tuple[Callable, ...]
    """Public functions."""
    classes: tuple[Class, ...]
    """Public classes, bases before the classes that derive from them where the source has them so."""
    reexports: tuple[tuple[str, str], ...]
    """(name, origin) of what it offers from other public modules: ``("parse", "pkg.core.parse")``."""
    is_package: bool
    """Whether its file is an ``__init__.py``."""

    def text(self) -> str:
        """Return it as a stub without bodies; valid Python."""
        imports = [f"from {origin.rpartition('.')[0]} import {_alias(name, origin)}" for name, origin in self.reexports]
        blocks = ["\n".join(imports), "\n".join(value.text() for value in self.constants)]
        blocks += [item.text() for item in (*self.classes, *self.functions)]
        path = self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")
        return "\n\n".join([f"# {path}", *filter(None, blocks)]) + "\n"

    def names(self) -> Iterator[str]:
        """Yield every public name with the module's name in front."""
        simple = [item.name for item in (*self.constants, *self.functions)] + [name for name, _ in self.reexports]
        simple += [name for item in self.classes for name in item.names()]
        yield from (f"{self.name}.{name}" for name in simple)


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
        reexports = [(name, _origin(name, scope)) for name, scope in offered.items() if name not in own]
        functions = {name: scope for name, scope in own.items() if scope.kind == "function"}
        classes = {name: scope for name, scope in own.items() if scope.kind == "class"}
        constants = [self._constant(name, scope) for name, scope in own.items() if scope.kind == "variable"]
        return Module(
            name=module.name,
            constants=tuple(constants),
            functions=tuple(self._callable(scope, name) for name, scope in functions.items()),
            classes=tuple(self._class(scope, name) for name, scope in classes.items()),
            reexports=tuple(reexports),
            is_package=module.file.endswith("__init__.py"),
        )

    def _offered(self, module: Scope) -> dict[str, Scope]:
        """Return what users may import from a module: its definitions, and what ``__init__`` or ``__all__`` passes on."""
        listed = _all_of(self._trees[module.name])
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
        listed = _all_of(self._trees[name])
        return listed or [item for item in (*module.variables, *module.members) if not item.startswith("_")]

    def _lives_elsewhere(self, scope: Scope, module: Scope) -> bool:
        return scope.module is not module and scope.module.name in self._public

    def _constant(self, name: str, scope: Scope) -> Value:
        return next((value for value in _values(self._trees[scope.module.name].body) if value.name == name), _bare(name))

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
            settable=scope.repeats.get("setter", 0) > 0,
        )

    def _parameters(self, node: FunctionNode, scope: Scope) -> str:
        """Return the parameters; a default that names a private constant is given by its value, or as ``...``."""
        text = ast.unparse(node.args)
        defaults = [default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None]
        private = [default.id for default in defaults if isinstance(default, ast.Name) and default.id.startswith("_")]
        for name in dict.fromkeys(private):
            value = self._constant(name, scope).value or "..."
            text = text.replace(f"={name}", f"={value}").replace(f"= {name}", f"= {value}")
        return text

    def _class(self, scope: Scope, name: str) -> Class:
        node = scope.node
        assert isinstance(node, ast.ClassDef)
        lineage = self._lineage(scope)
        decorators = tuple(ast.unparse(decorator) for part in lineage for decorator in _decorators(part))
        bases = tuple(dict.fromkeys(base for part in lineage for base in self._visible_bases(part, lineage)))
        exception = self._exception_base(scope)
        values = {value.name: value for part in reversed(lineage) for value in _class_values(part)}
        methods = {method.name: method for part in reversed(lineage) for method in self._methods(part)}
        nested = [inner for inner in scope.members.values() if inner.kind == "class" and _is_shown(inner)]
        for setter in _setters(lineage):
            if setter in methods:
                methods[setter] = _with_setter(methods[setter])
        return Class(
            name=name,
            sort=_sort(bases, decorators, exception),
            bases=bases,
            exception_base=exception,
            decorators=tuple(dict.fromkeys(decorators)),
            values=tuple(value for value in values.values() if value.name not in methods),
            methods=tuple(methods.values()),
            classes=tuple(self._class(inner, _simple_name(inner)) for inner in nested),
        )

    def _lineage(self, scope: Scope) -> list[Scope]:
        """Return the class and the private bases whose members it shows, nearest first."""
        found = [base for base in self._resolver.bases(scope) if base is scope or _simple_name(base).startswith("_")]
        return found

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


def _alias(name: str, origin: str) -> str:
    original = origin.rpartition(".")[2]
    return name if name == original else f"{original} as {name}"


def _origin(name: str, scope: Scope) -> str:
    return f"{scope.module.name}.{name}" if scope.node is None else scope.name


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


def _simple_name(scope: Scope) -> str:
    return scope.node.name if scope.node else scope.name


def _is_shown(scope: Scope) -> bool:
    name = _simple_name(scope)
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _bare(name: str) -> Value:
    return Value(name=name, annotation=None, value=None)


def _all_of(tree: ast.Module) -> list[str]:
    """Return the names in a literal ``__all__``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            if isinstance(node.value, ast.List | ast.Tuple):
                return [str(item.value) for item in node.value.elts if isinstance(item, ast.Constant)]
    return []


def _values(body: Iterable[ast.stmt]) -> Iterator[Value]:
    """Yield the variables assigned by simple statements of a module or class."""
    for node in body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            default = _literal(node.value) if node.value else None
            yield Value(name=node.target.id, annotation=ast.unparse(node.annotation), value=default)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                single = node.value if len(names) == 1 else None
                for name in (item.id for item in names if isinstance(item, ast.Name)):
                    yield Value(name=name, annotation=None, value=_literal(single) if single else None)


def _literal(node: ast.expr) -> str:
    """Return a short literal as text; ``...`` for anything else."""
    try:
        ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError):
        is_field = isinstance(node, ast.Call) and dotted(node.func)[-1:] in (("field",), ("auto",))
        return ast.unparse(node) if is_field and "_" not in ast.unparse(node).replace("default_factory", "") else "..."
    text = ast.unparse(node)
    return text if len(text) <= _LONGEST_VALUE else "..."


def _class_values(scope: Scope) -> Iterator[Value]:
    """Yield the public variables of a class, then the attributes its ``__init__`` sets."""
    assert isinstance(scope.node, ast.ClassDef)
    yield from (value for value in _values(scope.node.body) if not value.name.startswith("_"))
    named = {value.name for value in _values(scope.node.body)}
    init = scope.members.get("__init__")
    if init is not None and isinstance(init.node, FunctionNode):
        yield from (value for value in _attributes(init.node) if value.name not in named)


def _attributes(init: FunctionNode) -> Iterator[Value]:
    """Yield the public attributes that ``__init__`` assigns, with the type of the parameter they come from."""
    arguments = [*init.args.posonlyargs, *init.args.args, *init.args.kwonlyargs]
    types = {argument.arg: argument.annotation for argument in arguments}
    receiver = arguments[0].arg if arguments else ""
    for node in ast.walk(init):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for target in targets:
            if isinstance(target, ast.Attribute) and dotted(target) == (receiver, target.attr):
                if not target.attr.startswith("_"):
                    given = types.get(node.value.id) if isinstance(node.value, ast.Name) else None
                    annotation = node.annotation if isinstance(node, ast.AnnAssign) else given
                    text = ast.unparse(annotation) if annotation else None
                    yield Value(name=target.attr, annotation=text, value=None)


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
            if isinstance(node, ast.FunctionDef):
                if any(ast.unparse(decorator) == f"{node.name}.setter" for decorator in node.decorator_list):
                    yield node.name


def _with_setter(method: Callable) -> Callable:
    return Callable(
        name=method.name,
        signature=method.signature,
        binding=method.binding,
        is_async=method.is_async,
        yields=method.yields,
        decorators=method.decorators,
        settable=True,
    )


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
