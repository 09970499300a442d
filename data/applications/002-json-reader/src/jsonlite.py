"""JSON text: tokens, a parser with exact error positions, compact and pretty writers, JSON lines and pointers.

Values are None, bool, int, float, str, list and dict with text keys. Streams and encodings other than str are not covered.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_BLANK = re.compile(r"[ \t\r\n]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_WORDS = {"true": True, "false": False, "null": None}
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SHORT = {char: f"\\{letter}" for letter, char in _ESCAPES.items() if letter != "/"}


@dataclass(eq=False)
class JsonError(ValueError):
    """The text is not JSON; tells where."""

    reason: str
    offset: int
    """Index of the character at fault, counted from 0."""
    line: int
    """Its line, counted from 1."""
    column: int
    """Its place in the line, counted from 1."""

    def __str__(self) -> str:
        return f"{self.reason} at line {self.line}, column {self.column}"


class UnserializableError(TypeError):
    """A value has no JSON notation."""


class PointerError(LookupError):
    """A pointer is malformed or leads nowhere."""


@dataclass(frozen=True)
class Token:
    """One token of the text: its kind, its value and the index where it starts.

    The kind is one of `{ } [ ] : ,`, `string`, `number`, `word` or `end`.
    """

    kind: str
    value: Any
    offset: int


def tokenize(text: str, comments: bool = False) -> list[Token]:
    """Split a text into tokens, the last one being the end; comments are skipped where they are allowed."""
    return list(_tokens(text, comments))


def parse(text: str, comments: bool = False, duplicates: str = "error", max_depth: int = 100) -> Any:
    """Read one JSON value; raises JsonError.

    `duplicates` decides about repeated keys of one object: `error`, or the `first` or `last` value stays.
    """
    if duplicates not in ("error", "first", "last"):
        raise ValueError(f"duplicates is {duplicates!r}, use error, first or last")
    reader = _Reader(text, comments, duplicates, max_depth)
    value = reader.value(1)
    if reader.token.kind != "end":
        raise _error("extra text after the value", text, reader.token.offset)
    return value


def parse_lines(text: str) -> list[Any]:
    """Read one JSON value from every line that is not blank; error positions count within the whole text."""
    values, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            reader = _Reader(text[: start + len(line)], False, "error", 100, start)
            values.append(reader.value(1))
            if reader.token.kind != "end":
                raise _error("extra text after the value", text, reader.token.offset)
        start += len(line) + 1
    return values


def is_valid(text: str) -> bool:
    """Tell whether a text is JSON with no comments and no repeated keys."""
    try:
        reader = _Reader(text, False, "error", 100)
        reader.value(1)
    except JsonError:
        return False
    return reader.token.kind == "end"


def position(text: str, offset: int) -> tuple[int, int]:
    """Return the line and the column, both counted from 1, of an index into a text."""
    if not 0 <= offset <= len(text):
        raise ValueError(f"offset {offset} is outside of a text of {len(text)} characters")
    return _position(text, offset)


def quote(text: str, ascii_only: bool = False) -> str:
    """Write a string as JSON, with escapes for quotes, backslashes and control characters only, or for all but ASCII."""
    return _quoted(text, ascii_only)


def dumps(value: Any, sort_keys: bool = False, ascii_only: bool = False) -> str:
    """Write a value as compact JSON without any blanks; raises UnserializableError."""
    return "".join(_compact(value, sort_keys, ascii_only, ()))


def pretty(value: Any, indent: int = 2, width: int = 80, sort_keys: bool = False) -> str:
    """Write a value over indented lines; a list or object which fits into the rest of the width stays on one line."""
    if indent < 0:
        raise ValueError(f"indent is {indent}, it must not be negative")
    for _ in _compact(value, sort_keys, False, ()):
        pass  # raises before any layout when the value cannot be written
    return "\n".join(_laid_out(value, indent, width, sort_keys, 0, 0))


def dump_lines(values: Iterable[Any]) -> str:
    """Write values as JSON lines: each compact, on its own line, with a line end after the last one."""
    return "".join("".join(_compact(value, False, False, ())) + "\n" for value in values)


def resolve(value: Any, pointer: str) -> Any:
    """Return the part of a value that a JSON pointer names; raises PointerError."""
    for step in _steps(pointer):
        value = _child(value, step, pointer)
    return value


def pointers(value: Any) -> dict[str, Any]:
    """List the scalars and empty containers of a value by JSON pointer, in the order of the value."""
    return dict(_leaves(value, ""))


def join_pointer(steps: Iterable[str | int]) -> str:
    """Build the JSON pointer out of its steps, escaping tildes and slashes."""
    return "".join("/" + _escaped_step(str(step)) for step in steps)


def split_pointer(pointer: str) -> list[str]:
    """Split a JSON pointer into its unescaped steps; raises PointerError when it does not begin with a slash."""
    return _steps(pointer)


class _Reader:
    """A recursive descent parser with one token of look-ahead."""

    def __init__(self, text: str, comments: bool, duplicates: str, max_depth: int, start: int = 0) -> None:
        self.text, self.duplicates, self.max_depth = text, duplicates, max_depth
        self.stream = _tokens(text, comments, start)
        self.token = next(self.stream)

    def advance(self) -> Token:
        passed, self.token = self.token, next(self.stream, self.token)
        return passed

    def expect(self, kind: str) -> Token:
        if self.token.kind != kind:
            raise self.unexpected(f"expected {kind}")
        return self.advance()

    def unexpected(self, reason: str) -> JsonError:
        found = "the end of the text" if self.token.kind == "end" else self.token.kind
        return _error(f"{reason}, found {found}", self.text, self.token.offset)

    def value(self, depth: int) -> Any:
        if self.token.kind in ("string", "number", "word"):
            return self.advance().value
        if self.token.kind not in ("[", "{"):
            raise self.unexpected("expected a value")
        if depth > self.max_depth:
            raise _error(f"nested deeper than {self.max_depth}", self.text, self.token.offset)
        return self.array(depth) if self.token.kind == "[" else self.object(depth)

    def array(self, depth: int) -> list[Any]:
        self.expect("[")
        items: list[Any] = []
        while self.token.kind != "]":
            if items:
                self.expect(",")
            items.append(self.value(depth + 1))
        self.advance()
        return items

    def object(self, depth: int) -> dict[str, Any]:
        self.expect("{")
        members: dict[str, Any] = {}
        first = True
        while self.token.kind != "}":
            if not first:
                self.expect(",")
            first = False
            key = self.expect("string")
            self.expect(":")
            if key.value in members and self.duplicates == "error":
                raise _error(f"repeated key {key.value!r}", self.text, key.offset)
            value = self.value(depth + 1)
            if key.value not in members or self.duplicates == "last":
                members[key.value] = value
        self.advance()
        return members


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _error(reason: str, text: str, offset: int) -> JsonError:
    return JsonError(reason, offset, *_position(text, offset))


def _tokens(text: str, comments: bool, offset: int = 0) -> Iterator[Token]:
    while True:
        offset = _skip(text, offset, comments)
        if offset == len(text):
            yield Token("end", None, offset)
            return
        char = text[offset]
        if char in "{}[]:,":
            yield Token(char, char, offset)
            offset += 1
        elif char == '"':
            value, end = _string(text, offset)
            yield Token("string", value, offset)
            offset = end
        elif char in "-0123456789":
            value, end = _number(text, offset)
            yield Token("number", value, offset)
            offset = end
        else:
            word = re.compile(r"[A-Za-z_]*").match(text, offset)[0]
            if word not in _WORDS:
                raise _error(f"unknown {f'word {word}' if word else f'character {char!r}'}", text, offset)
            yield Token("word", _WORDS[word], offset)
            offset += len(word)


def _skip(text: str, offset: int, comments: bool) -> int:
    """The index of the next character that is neither blank nor, where allowed, part of a comment."""
    offset = _BLANK.match(text, offset).end()
    while comments and (match := _COMMENT.match(text, offset)):
        offset = _BLANK.match(text, match.end()).end()
    return offset


def _number(text: str, offset: int) -> tuple[int | float, int]:
    match = _NUMBER.match(text, offset)
    end = match.end() if match else offset + 1
    if match is None or text[end : end + 1].isalnum() or text[end : end + 1] in (".", "+", "-"):
        raise _error("malformed number", text, offset)
    whole = match[1] is None and match[2] is None
    return int(match[0]) if whole else float(match[0]), end


def _string(text: str, start: int) -> tuple[str, int]:
    parts: list[str] = []
    offset = start + 1
    while True:
        plain = _PLAIN.match(text, offset)
        parts.append(plain[0])
        offset = plain.end()
        if offset == len(text):
            raise _error("string without an end", text, start)
        if text[offset] == '"':
            return "".join(parts), offset + 1
        if text[offset] != "\\":
            raise _error("control character in a string", text, offset)
        char, offset = _escape(text, offset)
        parts.append(char)


def _escape(text: str, offset: int) -> tuple[str, int]:
    """The character that the escape at the index stands for, and the index after it; surrogate pairs are joined."""
    letter = text[offset + 1 : offset + 2]
    if letter in _ESCAPES:
        return _ESCAPES[letter], offset + 2
    code = _unit(text, offset)
    if code is None:
        raise _error("unknown escape", text, offset)
    low = _unit(text, offset + 6)
    if 0xD800 <= code < 0xDC00 and low is not None and 0xDC00 <= low < 0xE000:
        return chr(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), offset + 12
    if 0xD800 <= code < 0xE000:
        raise _error("half of a surrogate pair", text, offset)
    return chr(code), offset + 6


def _unit(text: str, offset: int) -> int | None:
    match = _HEX.match(text, offset + 2) if text.startswith("\\u", offset) else None
    return int(match[0], 16) if match else None


def _quoted(text: str, ascii_only: bool) -> str:
    pattern = r'["\\\x00-\x1f]' + (r"|[^\x00-\x7e]" if ascii_only else "")

    def replace(match: re.Match[str]) -> str:
        char = match[0]
        if char in _SHORT:
            return _SHORT[char]
        units = char.encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))

    return f'"{re.sub(pattern, replace, text)}"'


def _scalar(value: Any, ascii_only: bool) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _quoted(value, ascii_only)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and abs(value) < float("inf"):
        return repr(value)
    raise UnserializableError(f"no JSON notation for {value!r}")


def _members(value: dict[Any, Any], sort_keys: bool) -> list[tuple[str, Any]]:
    for key in value:
        if not isinstance(key, str):
            raise UnserializableError(f"keys of an object must be text, not {key!r}")
    return sorted(value.items(), key=lambda member: member[0]) if sort_keys else list(value.items())


def _compact(value: Any, sort_keys: bool, ascii_only: bool, around: tuple[int, ...]) -> Iterator[str]:
    if id(value) in around:
        raise UnserializableError("a container holds itself")
    inside = (*around, id(value))
    if isinstance(value, dict):
        yield "{"
        for number, (key, item) in enumerate(_members(value, sort_keys)):
            yield ("," if number else "") + _quoted(key, ascii_only) + ":"
            yield from _compact(item, sort_keys, ascii_only, inside)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, item in enumerate(value):
            yield "," if number else ""
            yield from _compact(item, sort_keys, ascii_only, inside)
        yield "]"
    else:
        yield _scalar(value, ascii_only)


def _one_line(value: Any, sort_keys: bool) -> str:
    if isinstance(value, dict):
        members = _members(value, sort_keys)
        text = ", ".join(f"{_quoted(key, False)}: {_one_line(item, sort_keys)}" for key, item in members)
        return f"{{{text}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_one_line(item, sort_keys) for item in value)}]"
    return _scalar(value, False)


def _laid_out(value: Any, indent: int, width: int, sort_keys: bool, level: int, used: int) -> list[str]:
    """The lines of a value; `used` characters of its line are taken by its surroundings."""
    flat = _one_line(value, sort_keys)
    if not isinstance(value, dict | list | tuple) or not value or level * indent + used + len(flat) <= width:
        return [flat]
    is_object = isinstance(value, dict)
    items = _members(value, sort_keys) if is_object else [("", item) for item in value]
    lines = ["{" if is_object else "["]
    for number, (key, item) in enumerate(items, start=1):
        prefix = f"{_quoted(key, False)}: " if is_object else ""
        comma = "," if number < len(items) else ""
        inner = _laid_out(item, indent, width, sort_keys, level + 1, len(prefix) + len(comma))
        lines += [" " * indent * (level + 1) + prefix + inner[0], *inner[1:]]
        lines[-1] += comma
    return [*lines, " " * indent * level + ("}" if is_object else "]")]


def _steps(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PointerError(f"pointer {pointer!r} must be empty or begin with a slash")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _child(value: Any, step: str, pointer: str) -> Any:
    if isinstance(value, dict) and step in value:
        return value[step]
    if isinstance(value, list | tuple) and re.fullmatch(r"0|[1-9][0-9]*", step) and int(step) < len(value):
        return value[int(step)]
    raise PointerError(f"pointer {pointer!r} leads nowhere at step {step!r}")


def _escaped_step(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict | list | tuple) or not value:
        yield path, value
        return
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in items:
        yield from _leaves(item, f"{path}/{_escaped_step(str(step))}")
