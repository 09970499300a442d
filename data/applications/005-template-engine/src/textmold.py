"""Text templates: `{{ value | filter }}`, `{% if %}`, `{% for %}`, `{% set %}`, `{% include %}` and `{# remarks #}`.

A hyphen inside a tag, as in `{%- if x -%}`, removes the blanks on that side. Inheritance and macros are not covered.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TAG = re.compile(r"\{(?:(\{)|(%)|#)(-?)(.*?)(-?)(?(1)\}|(?(2)%|#))\}", re.DOTALL)
_OPENING = re.compile(r"\{[{%#]")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")
_FOR = re.compile(r"([A-Za-z_]\w*)(?:\s*,\s*([A-Za-z_]\w*))?\s+in\s+(.+)", re.DOTALL)
_LITERAL = re.compile(r"""-?\d+(?:\.\d+)?|"[^"]*"|'[^']*'|true|false|none""")
_CONSTANTS = {"true": True, "false": False, "none": None}
_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "in": lambda left, right: left in right,
}
_RELATION = re.compile(r"\s*(==|!=|<=|>=|<|>|\bin\b)\s*")
_HTML = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
_MISSING = object()


@dataclass(eq=False)
class TemplateSyntaxError(ValueError):
    """A template cannot be read."""

    reason: str
    line: int
    """The line at fault, counted from 1."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class RenderError(LookupError):
    """A value, filter or included template does not exist, or does not allow what is done with it."""


@dataclass(frozen=True)
class Template:
    """A template that was read, ready to be filled."""

    nodes: tuple[Any, ...]

    def render(self, values: Mapping[str, Any], others: Mapping[str, "Template"] | None = None) -> str:
        """Fill the template; `others` are the templates which it may include. Raises RenderError."""
        return "".join(_rendered(self.nodes, dict(values), others or {}, 0))

    def variables(self) -> set[str]:
        """Return the names that must be given, without those which the template sets or loops over."""
        return _free_names(self.nodes, set())


@dataclass(frozen=True)
class _Value:
    """An expression: a literal or path, and the filters applied to it with their arguments."""

    source: str
    filters: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class _Condition:
    """Whether a value is true, or two values stand in a relation; possibly negated."""

    left: _Value
    relation: str | None
    right: _Value | None
    negated: bool


@dataclass(frozen=True)
class _If:
    """Branches of condition and nodes; the condition of a final else is None."""

    branches: tuple[tuple[_Condition | None, tuple[Any, ...]], ...]


@dataclass(frozen=True)
class _For:
    """A loop: one or two names, what they run over, the body, and the nodes used when there is nothing."""

    names: tuple[str, ...]
    items: _Value
    body: tuple[Any, ...]
    otherwise: tuple[Any, ...]


@dataclass(frozen=True)
class _Set:
    """An assignment."""

    name: str
    value: _Value


@dataclass(frozen=True)
class _Include:
    """Another template in this place."""

    name: str


@dataclass(frozen=True)
class _Piece:
    """A part of the source: text, or the content of a tag with its kind `{` or `%`."""

    kind: str
    content: str
    line: int


def compile_template(text: str) -> Template:
    """Read a template; raises TemplateSyntaxError."""
    pieces = list(_pieces(text))
    nodes, at = _block(pieces, 0, ())
    if at < len(pieces):
        raise TemplateSyntaxError(f"{pieces[at].content} without an opening tag", pieces[at].line)
    return Template(nodes)


def escape(text: str) -> str:
    """Replace the characters with a meaning in HTML by entities."""
    return _escaped(text)


def lookup(values: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path of keys and list positions; raises RenderError."""
    return _found(values, path)


def apply_filter(name: str, value: Any, *arguments: Any) -> Any:
    """Apply one filter to a value; raises RenderError for unknown filters and unsuitable values."""
    return _filtered(name, value, arguments)


def filter_names() -> list[str]:
    """Return the names of all filters in alphabetical order."""
    return sorted(_FILTERS)


def _pieces(text: str) -> Iterator[_Piece]:
    position, line, trim = 0, 1, False
    for match in _TAG.finditer(text):
        value, statement, left, content, right = match.groups()
        start = line + text.count("\n", position, match.start())
        yield from _plain(text[position : match.start()], line, trim, bool(left))
        if kind := value or statement:
            yield _Piece(kind, content.strip(), start)
        line, position, trim = start + match[0].count("\n"), match.end(), bool(right)
    yield from _plain(text[position:], line, trim, False)


def _plain(text: str, line: int, trim_left: bool, trim_right: bool) -> Iterator[_Piece]:
    if opening := _OPENING.search(text):
        raise TemplateSyntaxError("tag without an end", line + text.count("\n", 0, opening.start()))
    text = text.lstrip() if trim_left else text
    text = text.rstrip() if trim_right else text
    if text:
        yield _Piece("", text, line)


def _block(pieces: list[_Piece], at: int, ends: tuple[str, ...]) -> tuple[tuple[Any, ...], int]:
    """The nodes from an index up to a tag that begins with one of the ends, and the index of that tag."""
    nodes: list[Any] = []
    while at < len(pieces):
        piece = pieces[at]
        word, _, rest = piece.content.partition(" ")
        if piece.kind == "%" and word in ("elif", "else", "endif", "endfor"):
            if word not in ends and ends:
                raise TemplateSyntaxError(f"{word} does not fit here", piece.line)
            return tuple(nodes), at
        if piece.kind == "%" and word in ("if", "for"):
            node, at = (_if_block if word == "if" else _for_block)(pieces, at)
        else:
            node, at = _leaf(piece, word, rest.strip()), at + 1
        nodes.append(node)
    if ends:
        raise TemplateSyntaxError(f"{ends[-1]} is missing", pieces[-1].line)
    return tuple(nodes), at


def _leaf(piece: _Piece, word: str, rest: str) -> Any:
    if piece.kind == "":
        return piece.content
    if piece.kind == "{":
        return _value(piece.content, piece.line)
    if word == "include" and re.fullmatch(r"[\w./-]+", rest):
        return _Include(rest)
    name, equals, value = rest.partition("=")
    if word == "set" and equals and name.strip().isidentifier():
        return _Set(name.strip(), _value(value.strip(), piece.line))
    raise TemplateSyntaxError(f"unknown tag {piece.content!r}", piece.line)


def _if_block(pieces: list[_Piece], at: int) -> tuple[_If, int]:
    branches: list[tuple[_Condition | None, tuple[Any, ...]]] = []
    while True:
        piece = pieces[at]
        word, _, rest = piece.content.partition(" ")
        if word == "endif":
            return _If(tuple(branches)), at + 1
        condition = None if word == "else" else _condition(rest.strip(), piece.line)
        body, at = _block(pieces, at + 1, ("endif",) if word == "else" else ("elif", "else", "endif"))
        branches.append((condition, body))


def _for_block(pieces: list[_Piece], at: int) -> tuple[_For, int]:
    piece = pieces[at]
    match = _FOR.fullmatch(piece.content[3:].strip())
    if match is None:
        raise TemplateSyntaxError(f"malformed loop {piece.content!r}", piece.line)
    names = tuple(name for name in match.groups()[:2] if name)
    body, at = _block(pieces, at + 1, ("else", "endfor"))
    otherwise: tuple[Any, ...] = ()
    if pieces[at].content == "else":
        otherwise, at = _block(pieces, at + 1, ("endfor",))
    return _For(names, _value(match[3].strip(), piece.line), body, otherwise), at + 1


def _condition(text: str, line: int) -> _Condition:
    negated = text.startswith("not ")
    left, *rest = _RELATION.split(text[4:] if negated else text)
    if len(rest) > 2:
        raise TemplateSyntaxError(f"more than one relation in {text!r}", line)
    relation, right = (rest[0], _value(rest[1], line)) if rest else (None, None)
    return _Condition(_value(left.strip(), line), relation, right, negated)


def _value(text: str, line: int) -> _Value:
    source, *filters = [part.strip() for part in re.split(r"""\|(?=(?:[^"']|"[^"]*"|'[^']*')*$)""", text)]
    if not _LITERAL.fullmatch(source) and not _PATH.fullmatch(source):
        raise TemplateSyntaxError(f"not a value: {text!r}", line)
    return _Value(source, tuple(_filter(part, line) for part in filters))


def _filter(text: str, line: int) -> tuple[str, tuple[str, ...]]:
    name, _, rest = text.partition(":")
    arguments = tuple(_LITERAL.findall(rest))
    if name.strip() not in _FILTERS or (
        rest and not re.fullmatch(rf"\s*(?:{_LITERAL.pattern})(?:\s*,\s*(?:{_LITERAL.pattern}))*\s*", rest)
    ):
        raise TemplateSyntaxError(f"unknown filter or arguments: {text!r}", line)
    return name.strip(), arguments


def _rendered(
    nodes: tuple[Any, ...], scope: dict[str, Any], others: Mapping[str, Template], depth: int
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, str):
            yield node
        elif isinstance(node, _Value):
            yield _text(_evaluated(node, scope))
        elif isinstance(node, _Set):
            scope[node.name] = _evaluated(node.value, scope)
        elif isinstance(node, _If):
            chosen = (body for condition, body in node.branches if condition is None or _holds(condition, scope))
            yield from _rendered(next(chosen, ()), scope, others, depth)
        elif isinstance(node, _For):
            yield from _looped(node, scope, others, depth)
        else:
            if node.name not in others or depth > 20:
                raise RenderError(f"no template {node.name!r} to include" if depth <= 20 else "endless inclusion")
            yield from _rendered(others[node.name].nodes, dict(scope), others, depth + 1)


def _looped(node: _For, scope: dict[str, Any], others: Mapping[str, Template], depth: int) -> Iterator[str]:
    found = _evaluated(node.items, scope)
    if not isinstance(found, list | tuple | dict | str | range | set):
        raise RenderError(f"cannot loop over {node.items.source}")
    items = list(found.items()) if isinstance(found, dict) and len(node.names) == 2 else list(found)
    if not items:
        yield from _rendered(node.otherwise, scope, others, depth)
    for index, item in enumerate(items):
        inner = {**scope, "loop": {"index": index + 1, "first": index == 0, "last": index == len(items) - 1}}
        if len(node.names) == 2:
            if not isinstance(item, list | tuple) or len(item) != 2:
                raise RenderError(f"the items of {node.items.source} are no pairs")
            inner.update(zip(node.names, item, strict=True))
        else:
            inner[node.names[0]] = item
        yield from _rendered(node.body, inner, others, depth)


def _holds(condition: _Condition, scope: Mapping[str, Any]) -> bool:
    if condition.relation is None:
        result = bool(_evaluated(condition.left, scope, default=None))
    else:
        left, right = _evaluated(condition.left, scope), _evaluated(condition.right, scope)
        try:
            result = _RELATIONS[condition.relation](left, right)
        except TypeError:
            raise RenderError(f"cannot compare {left!r} {condition.relation} {right!r}") from None
    return result != condition.negated


def _evaluated(value: _Value, scope: Mapping[str, Any], default: Any = _MISSING) -> Any:
    if value.filters and value.filters[0][0] == "default":
        default = None
    literal = _LITERAL.fullmatch(value.source)
    result = _literal(value.source) if literal else _found(scope, value.source, default)
    for name, arguments in value.filters:
        result = _filtered(name, result, tuple(_literal(argument) for argument in arguments))
    return result


def _literal(text: str) -> Any:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] in "\"'":
        return text[1:-1]
    return float(text) if "." in text else int(text)


def _found(values: Any, path: str, default: Any = _MISSING) -> Any:
    for step in path.split("."):
        if isinstance(values, Mapping) and step in values:
            values = values[step]
        elif isinstance(values, list | tuple) and step.isdigit() and int(step) < len(values):
            values = values[int(step)]
        elif default is _MISSING:
            raise RenderError(f"no value {path!r}")
        else:
            return default
    return values


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escaped(text: str) -> str:
    return "".join(_HTML.get(char, char) for char in text)


def _filtered(name: str, value: Any, arguments: tuple[Any, ...]) -> Any:
    if name not in _FILTERS:
        raise RenderError(f"unknown filter {name!r}")
    try:
        return _FILTERS[name](value, *arguments)
    except (TypeError, ValueError, AttributeError, IndexError):
        raise RenderError(f"filter {name} does not fit {value!r} with {len(arguments)} arguments") from None


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: max(0, length - 1)] + "…"


def _free_names(nodes: tuple[Any, ...], bound: set[str]) -> set[str]:
    found: set[str] = set()
    bound = set(bound)

    def use(value: _Value | None) -> None:
        if value is not None and not _LITERAL.fullmatch(value.source):
            found.update({value.source.split(".")[0]} - bound)

    for node in nodes:
        if isinstance(node, _Value):
            use(node)
        elif isinstance(node, _Set):
            use(node.value)
            bound.add(node.name)
        elif isinstance(node, _For):
            use(node.items)
            found |= _free_names(node.body, {*bound, *node.names, "loop"}) | _free_names(node.otherwise, bound)
        elif isinstance(node, _If):
            for condition, body in node.branches:
                if condition is not None:
                    use(condition.left)
                    use(condition.right)
                found |= _free_names(body, bound)
    return found


_FILTERS: dict[str, Callable[..., Any]] = {
    "upper": lambda value: value.upper(),
    "lower": lambda value: value.lower(),
    "title": lambda value: value.title(),
    "trim": lambda value: value.strip(),
    "escape": _escaped,
    "default": lambda value, other: other if value in (None, "") else value,
    "length": len,
    "join": lambda value, separator="": separator.join(map(_text, value)),
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "sort": sorted,
    "reverse": lambda value: value[::-1],
    "replace": lambda value, old, new: value.replace(old, new),
    "truncate": _shortened,
    "round": lambda value, digits=0: f"{value:.{digits}f}",
    "pad": lambda value, width: _text(value).rjust(width),
}
