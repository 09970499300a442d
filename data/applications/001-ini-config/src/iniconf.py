"""INI files: reading, querying with types and interpolation, editing, and writing with the comments kept.

Section names are case-sensitive, keys are not. Values are text until they are asked for with a type.
Nested sections, includes and several values for one key are not covered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

FALLBACK = "defaults"
"""Name of the section whose keys are seen from every other section."""

_SECTION = re.compile(r"\[([^\[\]]*)\]\s*(?:[;#].*)?$")
_NAME = re.compile(r"[^\[\]\s](?:[^\[\]\n]*[^\[\]\s])?$")
_KEY = re.compile(r"[^\s=:;#\[][^=:\n]*$")
_INLINE_COMMENT = re.compile(r"\s[;#].*$")
_REFERENCE = re.compile(r"\$(?:\$|\{([^{}]*)\}|)")
_TRUE = {"1", "yes", "true", "on"}
_FALSE = {"0", "no", "false", "off"}


class IniError(ValueError):
    """Base of every error raised by this module."""


@dataclass(eq=False)
class IniSyntaxError(IniError):
    """A line of the text cannot be read."""

    reason: str
    line: int
    """The line at fault, counted from 1."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class DuplicateError(IniError):
    """A section or a key exists already."""


class MissingError(IniError, LookupError):
    """A section or a key does not exist."""


class InterpolationError(IniError):
    """A reference inside a value is malformed, leads nowhere or runs in a circle."""


class ConversionError(IniError):
    """A value does not have the type it was asked for."""


@dataclass
class _Entry:
    """One key as it was spelled, its raw value, and the comment lines above it."""

    name: str
    value: str
    comments: list[str] = field(default_factory=list)


@dataclass
class _Section:
    """The entries of one section by lower-case key, and the comment lines above its header."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)


@dataclass(init=False, repr=False)
class Document:
    """The sections of one INI file, in order; they may be given as raw values by section and key."""

    _sections: dict[str, _Section]
    _trailing: list[str]

    def __init__(self, values: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._sections = {}
        self._trailing = []
        for name, entries in (values or {}).items():
            _fill(self, name, entries)

    def sections(self) -> list[str]:
        """Return the names of all sections in the order of the file."""
        return list(self._sections)

    def keys(self, section: str) -> list[str]:
        """Return the keys of a section as they were spelled, without those of the fallback section."""
        return [entry.name for entry in self._section(section).entries.values()]

    def has(self, section: str, key: str | None = None) -> bool:
        """Tell whether a section exists or, with a key, whether that key can be read from it."""
        if section not in self._sections:
            return False
        return key is None or self._find(section, key) is not None

    def raw(self, section: str, key: str) -> str:
        """Return a value as written, with its references unresolved."""
        return self._entry(section, key).value

    def get(self, section: str, key: str, default: str | None = None) -> str:
        """Return a value with its references replaced; a missing key gives the default if there is one."""
        entry = self._find(section, key)
        if entry is None and default is not None:
            return default
        return self._resolved(section, key)

    def get_int(self, section: str, key: str) -> int:
        """Return a value as an integer; decimal, 0x, 0o and 0b notations are read."""
        text = self._resolved(section, key)
        try:
            return int(text, 10 if re.fullmatch(r"[+-]?[0-9]+", text) else 0)
        except ValueError:
            raise ConversionError(f"{section}.{key} is not an integer: {text!r}") from None

    def get_float(self, section: str, key: str) -> float:
        """Return a value as a float; a trailing percent sign divides it by one hundred."""
        text = self._resolved(section, key)
        number, divisor = (text[:-1], 100) if text.endswith("%") else (text, 1)
        try:
            return float(number) / divisor
        except ValueError:
            raise ConversionError(f"{section}.{key} is not a number: {text!r}") from None

    def get_bool(self, section: str, key: str) -> bool:
        """Return a value as a truth value: yes, true, on, 1 against no, false, off, 0 in any case."""
        text = self._resolved(section, key)
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise ConversionError(f"{section}.{key} is not a truth value: {text!r}")

    def get_list(self, section: str, key: str, separator: str = ",") -> list[str]:
        """Split a value at separators and line ends into trimmed items, without the empty ones."""
        rows = self._resolved(section, key).split("\n")
        items = [item.strip() for row in rows for item in row.split(separator)]
        return [item for item in items if item]

    def add_section(self, section: str) -> None:
        """Append an empty section; raises DuplicateError when the name is taken."""
        _check_name(section)
        if section in self._sections:
            raise DuplicateError(f"section exists already: {section!r}")
        self._sections[section] = _Section()

    def rename_section(self, old: str, new: str) -> None:
        """Give a section another name and keep its place, its keys and its comments."""
        self._section(old)
        _check_name(new)
        if new != old and new in self._sections:
            raise DuplicateError(f"section exists already: {new!r}")
        self._sections = {new if name == old else name: body for name, body in self._sections.items()}

    def remove_section(self, section: str) -> None:
        """Delete a section with all its keys."""
        self._section(section)
        del self._sections[section]

    def set(self, section: str, key: str, value: str | int | float | bool) -> None:
        """Store a value under a key, creating section and key as needed; an existing key keeps its spelling."""
        _check_name(section)
        if not _KEY.match(key) or key != key.strip():
            raise IniError(f"not usable as a key: {key!r}")
        text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
        entries = self._sections.setdefault(section, _Section()).entries
        entries.setdefault(key.lower(), _Entry(key, "")).value = text

    def remove(self, section: str, key: str) -> bool:
        """Delete a key from a section and tell whether it was there."""
        return self._section(section).entries.pop(key.lower(), None) is not None

    def merge(self, other: "Document") -> None:
        """Lay the sections and keys of another document over this one."""
        for name, body in other._sections.items():
            mine = self._sections.setdefault(name, _Section(comments=list(body.comments)))
            for key, entry in body.entries.items():
                if key in mine.entries:
                    mine.entries[key].value = entry.value
                else:
                    mine.entries[key] = _Entry(entry.name, entry.value, list(entry.comments))

    def to_dict(self) -> dict[str, dict[str, str]]:
        """Return the resolved values by section and lower-case key, without those of the fallback section."""
        return {name: {key: self._resolved(name, key) for key in body.entries} for name, body in self._sections.items()}

    def to_text(self) -> str:
        """Write the document as INI text, comments included, that reads back to the same document."""
        blocks = [_section_text(name, body) for name, body in self._sections.items()]
        if self._trailing:
            blocks.append("".join(f"{line}\n" for line in self._trailing))
        return "\n".join(blocks)

    def _section(self, section: str) -> _Section:
        if section not in self._sections:
            raise MissingError(f"no such section: {section!r}")
        return self._sections[section]

    def _find(self, section: str, key: str) -> _Entry | None:
        for name in (section, FALLBACK):
            body = self._sections.get(name)
            if body is not None and key.lower() in body.entries:
                return body.entries[key.lower()]
        return None

    def _entry(self, section: str, key: str) -> _Entry:
        self._section(section)
        entry = self._find(section, key)
        if entry is None:
            raise MissingError(f"no such key: {section}.{key}")
        return entry

    def _resolved(self, section: str, key: str, pending: tuple[tuple[str, str], ...] = ()) -> str:
        """Replace the references of a value; `pending` holds the keys being resolved around it."""
        place = (section, key.lower())
        if place in pending:
            raise InterpolationError(f"circular reference to {section}.{key}")

        def replace(match: re.Match[str]) -> str:
            if match[0] == "$$":
                return "$"
            if not match[1]:
                raise InterpolationError(f"malformed reference in {section}.{key}")
            there, _, name = match[1].rpartition(":")
            try:
                return self._resolved(there or section, name, (*pending, place))
            except MissingError as error:
                raise InterpolationError(f"{section}.{key} refers to nothing: {error}") from None

        return _REFERENCE.sub(replace, self._entry(section, key).value)


def parse(text: str) -> Document:
    """Read INI text; raises IniSyntaxError or DuplicateError."""
    document = Document()
    body: _Section | None = None
    entry: _Entry | None = None
    comments: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        content = line.strip()
        if not content:
            entry = None
        elif content[0] in ";#":
            comments.append(content)
        elif line[0] in " \t" and entry is not None:
            entry.value += "\n" + _clean_value(content)
        elif content[0] == "[":
            body = _open_section(document, content, comments, number)
            entry, comments = None, []
        else:
            entry = _open_entry(body, content, comments, number)
            comments = []
    document._trailing = comments
    return document


def from_dict(values: Mapping[str, Mapping[str, str]]) -> Document:
    """Build a document from values by section and key; dollar signs are taken literally."""
    document = Document()
    for name, entries in values.items():
        _fill(document, name, {key: value.replace("$", "$$") for key, value in entries.items()})
    return document


def _fill(document: Document, name: str, entries: Mapping[str, str]) -> None:
    """Append a section with its raw values."""
    _check_name(name)
    body = document._sections[name] = _Section()
    for key, value in entries.items():
        if key.lower() in body.entries:
            raise DuplicateError(f"key exists already: {name}.{key}")
        body.entries[key.lower()] = _Entry(key, value)


def _open_section(document: Document, content: str, comments: list[str], number: int) -> _Section:
    match = _SECTION.match(content)
    if match is None or not _NAME.match(match[1].strip()):
        raise IniSyntaxError("malformed section header", number)
    name = match[1].strip()
    if name in document._sections:
        raise DuplicateError(f"line {number}: section exists already: {name!r}")
    body = document._sections[name] = _Section(comments=comments)
    return body


def _open_entry(body: _Section | None, content: str, comments: list[str], number: int) -> _Entry:
    if body is None:
        raise IniSyntaxError("a key stands before the first section", number)
    match = re.match(r"([^=:]+)[=:](.*)$", content)
    if match is None:
        raise IniSyntaxError("neither a section, a key nor a comment", number)
    name = match[1].strip()
    if name.lower() in body.entries:
        raise DuplicateError(f"line {number}: key exists already: {name!r}")
    entry = body.entries[name.lower()] = _Entry(name, _clean_value(match[2].strip()), comments)
    return entry


def _clean_value(text: str) -> str:
    """Take the quotes off a quoted value, or the comment off a plain one."""
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"\s*(?:[;#].*)?$', text)
    if quoted:
        return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), quoted[1])
    return _INLINE_COMMENT.sub("", f" {text}").strip()


def _written_value(text: str) -> str:
    """Quote a value that would not read back as it is."""
    if text == _clean_value(text) and "\n" not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _section_text(name: str, body: _Section) -> str:
    lines = [*body.comments, f"[{name}]"]
    for entry in body.entries.values():
        lines += [*entry.comments, f"{entry.name} = {_written_value(entry.value)}".rstrip()]
    return "".join(f"{line}\n" for line in lines)


def _check_name(name: str) -> None:
    if not _NAME.match(name):
        raise IniError(f"not usable as a section name: {name!r}")
