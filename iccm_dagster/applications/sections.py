"""Sections: the functions, methods and classes a program is made of.

Each syntax tree is walked once, so time grows linearly with source size. A definition that repeats a name (overloads,
property setters, alternatives under ``if``) gets the suffix ``#2``, ``#3``, ...

Covered by ``calls``: names, attributes of modules and of ``self``, inherited members, and functions kept in module
variables (dispatch tables). Not covered: ``getattr`` with computed names, operators that call dunder methods, functions
that a decorator puts into a registry. Where the receiver of an attribute is unknown, a private name stands for every
member of that name, a public one for the only member of that name, unless builtin types have it too.
"""

import ast
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from iccm_dagster.applications.catalogue import Application, module_name, source_files
from iccm_dagster.applications.files import parse_python
from iccm_dagster.applications.references import Definition, Resolver, Scope, collect, is_dunder, is_private

CONSTRUCTION = ("__new__", "__init__", "__post_init__")


class SectionKind(StrEnum):
    """What sort of definition a section is; a function inside a function is a function with a parent."""

    FUNCTION = "function"
    ASYNC_FUNCTION = "async function"
    METHOD = "method"
    ASYNC_METHOD = "async method"
    PROPERTY = "property"
    """A getter, setter or deleter."""
    OVERLOAD = "overload"
    """A signature for type checkers."""
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One function, method or class of a program."""

    name: str
    """Qualified: ``module.function``, ``module.Class.method``, ``module.outer.inner``; unique in the program."""
    kind: SectionKind
    """What sort of definition it is."""
    file: str
    """Path relative to ``src/`` (posix)."""
    line_start: int
    """First line, decorators included, counted from 1."""
    line_end: int
    """Last line, included."""
    code: str
    """Its lines, without the indentation of its first one."""
    signature: str
    """One line: ``def f(a: int) -> str`` or ``class Error(ValueError)``."""
    docstring: str | None
    """Docstring, dedented; None without one."""
    parent: str | None
    """The section it is defined in; None at module level."""
    calls: tuple[str, ...]
    """Other sections of the application that it calls or passes on, sorted."""
    public: bool
    """Whether users of the application reach it by name; dunder methods and functions in functions are not public."""
    content_hash: str
    """SHA-256 of ``code``, in hexadecimal."""
    declares_only: bool = False
    """True when there is no body to remove: overloads, abstract and protocol methods, empty classes."""

    @property
    def base_name(self) -> str:
        """The name without ``#2``: what property getter and setter share."""
        return self.name.split("#")[0]


def extract_sections(
    files: Mapping[str, str], *, modules: Collection[str] | None = None, application: str = ""
) -> tuple[Section, ...]:
    """Return every section of the program, in the order of ``files``, then of lines.

    ``files`` maps paths relative to ``src/`` to text. ``modules`` are the public modules; None means all without a
    leading underscore. ``application`` only names the program in errors.

    Raises:
        ApplicationError: A file is no Python.
    """
    scopes, roots, definitions = list[tuple[Scope, list[str]]](), dict[str, Scope](), list[Scope]()
    for path, text in files.items():
        if path.endswith(".py"):
            tree = parse_python(text, file=f"src/{path}", application=application)
            root, found = collect(tree, module=module_name(path), file=path)
            lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            roots[root.name] = root
            definitions += found
            scopes += [(scope, lines) for scope in found]
    resolver = Resolver(roots, definitions)
    exported = _exported(resolver, roots, modules)
    return tuple(_section(scope, lines, resolver, exported) for scope, lines in scopes)


def sections_of(application: Application) -> tuple[Section, ...]:
    """Return every section of an application; see ``extract_sections``."""
    return extract_sections(source_files(application), modules=application.modules, application=application.id)


def private_closure(names: Collection[str], sections: Iterable[Section]) -> frozenset[str]:
    """Return ``names`` with all that comes along when they are restored; see ``Closure``."""
    return Closure(sections).of(names)


class Closure:
    """What comes along with a section: private helpers, nested functions, the construction of classes.

    The construction of a class is the class itself with ``__new__``, ``__init__`` and ``__post_init__``, its own and
    those of its bases. It comes along with each method of the class and with each mention of the class; a private class
    comes along with all its methods. Definitions that share a name (property getter and setter) come together.
    """

    def __init__(self, sections: Iterable[Section]) -> None:
        self._sections = {section.name: section for section in sections}
        self._twins: dict[str, list[str]] = {}
        self._children: dict[str, list[Section]] = {}
        for section in self._sections.values():
            self._twins.setdefault(section.base_name, []).append(section.name)
            if section.parent:
                self._children.setdefault(section.parent, []).append(section)
        self._needs = {section.name: self._needed_by(section) for section in self._sections.values()}

    def of(self, names: Iterable[str]) -> frozenset[str]:
        """Return the sections that ``names`` mean together with all that comes along; unknown names are ignored."""
        reached, queue = set[str](), [twin for name in names for twin in self._twins.get(name.split("#")[0], ())]
        while queue:
            name = queue.pop()
            if name not in reached:
                reached.add(name)
                queue += self._needs[name]
        return frozenset(reached)

    def _needed_by(self, section: Section) -> frozenset[str]:
        called = (self._sections[name] for name in section.calls if name in self._sections)
        needed = {target.name for target in called if self._comes_along(target)}
        children = self._children.get(section.name, ())
        if section.kind is not SectionKind.CLASS or _is_private_section(section):
            needed |= {child.name for child in children}
        else:
            needed |= {child.name for child in children if child.name.rsplit(".", 1)[-1] in CONSTRUCTION}
        if section.parent:
            needed.add(section.parent)
        return frozenset(twin for name in needed for twin in self._twins[name.split("#")[0]])

    def _comes_along(self, target: Section) -> bool:
        return target.kind is SectionKind.CLASS or _is_private_section(target)


def _is_private_section(section: Section) -> bool:
    return not section.public and not is_dunder(section.name)


def _exported(resolver: Resolver, roots: Mapping[str, Scope], modules: Collection[str] | None) -> set[str]:
    """Return the names of public modules, and of top-level definitions which public packages re-export."""
    if modules is None:
        return {name for name in roots if not any(is_private(part) for part in name.split("."))}
    packages = [roots[name] for name in modules if name in roots and roots[name].file.endswith("__init__.py")]
    return {*modules, *(scope.name for package in packages for scope in resolver.exported(package))}


def _section(scope: Scope, lines: list[str], resolver: Resolver, exported: Collection[str]) -> Section:
    node = scope.node
    assert node is not None
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    end = node.end_lineno or node.lineno
    code = _dedented(lines[start - 1 : end])
    kind = _kind(scope, node)
    return Section(
        name=scope.name,
        kind=kind,
        file=scope.file,
        line_start=start,
        line_end=end,
        code=code,
        signature=_signature(node, lines),
        docstring=ast.get_docstring(node),
        parent=scope.parent.name if scope.parent and scope.parent.kind != "module" else None,
        calls=resolver.calls(scope),
        public=_is_public(scope, exported),
        content_hash=hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest(),
        declares_only=kind is SectionKind.OVERLOAD or all(_is_empty(statement) for statement in node.body),
    )


def _dedented(lines: list[str]) -> str:
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines) if indent else "\n".join(lines)


def _kind(scope: Scope, node: Definition) -> SectionKind:
    if isinstance(node, ast.ClassDef):
        return SectionKind.CLASS
    decorators = {ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in node.decorator_list}
    if "overload" in decorators:
        return SectionKind.OVERLOAD
    is_async = isinstance(node, ast.AsyncFunctionDef)
    if scope.parent is None or scope.parent.kind != "class":
        return SectionKind.ASYNC_FUNCTION if is_async else SectionKind.FUNCTION
    if decorators & {"property", "cached_property", "setter", "getter", "deleter"}:
        return SectionKind.PROPERTY
    return SectionKind.ASYNC_METHOD if is_async else SectionKind.METHOD


def _signature(node: Definition, lines: list[str]) -> str:
    """Return the header in one line; the text itself where it is one line already."""
    header = lines[node.lineno - 1].strip()
    if node.body[0].lineno > node.lineno and header.endswith(":") and "#" not in header and _ends_on_first_line(node):
        return header[:-1].rstrip()
    if isinstance(node, ast.ClassDef):
        keywords = [ast.unparse(keyword) for keyword in node.keywords]
        bases = ", ".join([*(ast.unparse(base) for base in node.bases), *keywords])
        return f"class {node.name}({bases})" if bases else f"class {node.name}"
    prefix = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{prefix} {node.name}({ast.unparse(node.args)}){returns}"


def _ends_on_first_line(node: Definition) -> bool:
    """Return whether nothing of the header lies below its first line."""
    if isinstance(node, ast.ClassDef):
        parts: list[ast.AST] = [*node.bases, *node.keywords]
    else:
        parts = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, *node.args.defaults]
        parts += [part for part in (*node.args.kw_defaults, node.args.vararg, node.args.kwarg, node.returns) if part]
    return all((getattr(part, "end_lineno", 0) or 0) <= node.lineno for part in parts)


def _is_empty(statement: ast.stmt) -> bool:
    """Return whether a statement is a docstring, ``...``, ``pass`` or ``raise NotImplementedError``."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Pass():
            return True
        case ast.Raise(exc=ast.Name(id="NotImplementedError") | ast.Call(func=ast.Name(id="NotImplementedError"))):
            return True
    return False


def _is_public(scope: Scope, exported: Collection[str]) -> bool:
    top, current = scope, scope
    while current.parent is not None:
        name = current.node.name if current.node else ""
        if name.startswith("_") or (current.parent.kind == "function"):
            return False
        top, current = current, current.parent
    return top.name.split("#")[0] in exported or current.name in exported
