"""Header fields of HTTP messages: ordered, repeatable, and found whatever the case of their names."""

import re
from collections.abc import Iterable

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class HTTPError(ValueError):
    """Base of every error raised for HTTP messages."""


class BadHeader(HTTPError):
    """A header field has an impossible name or value."""


class Headers:
    """The header fields of one message in their order."""

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        """Take fields as pairs of name and value. Raises BadHeader."""
        self._items = [_checked(name, value) for name, value in items]

    def add(self, name: str, value: str) -> None:
        """Append a field, beside others of the same name. Raises BadHeader."""
        self._items.append(_checked(name, value))

    def put(self, name: str, value: str) -> None:
        """Set a field in the place of the first one of that name, and drop the others. Raises BadHeader."""
        new, kept, placed = _checked(name, value), [], False
        for item in self._items:
            if item[0].lower() != name.lower():
                kept.append(item)
            elif not placed:
                kept.append(new)
                placed = True
        self._items = kept if placed else [*kept, new]

    def get(self, name: str, default: str | None = None) -> str | None:
        """The value of a field; values of repeated fields are joined by a comma."""
        return _joined(self._items, name, default)

    def get_all(self, name: str) -> list[str]:
        """The values of all fields of that name in their order."""
        return _values(self._items, name)

    def remove(self, name: str) -> int:
        """Drop all fields of that name and return how many there were."""
        before = len(self._items)
        self._items = [item for item in self._items if item[0].lower() != name.lower()]
        return before - len(self._items)

    def items(self) -> list[tuple[str, str]]:
        """All fields as pairs of name and value."""
        return list(self._items)


def split_list(value: str) -> list[str]:
    """The members of a value that is a list with commas; quoted strings stay whole, empty members are dropped."""
    members = re.findall(r'(?:"(?:\\.|[^"\\])*"|[^,"]|")+', value)
    return [member for part in members if (member := part.strip(" \t"))]


def _checked(name: str, value: str) -> tuple[str, str]:
    if not _TOKEN.fullmatch(name):
        raise BadHeader(f"{name!r} is no name of a field")
    stripped = value.strip(" \t")
    if not _VALUE.fullmatch(stripped):
        raise BadHeader(f"the value of {name} holds a control character")
    return name, stripped


def _values(items: Iterable[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in items if key.lower() == name.lower()]


def _joined(items: Iterable[tuple[str, str]], name: str, default: str | None) -> str | None:
    values = _values(items, name)
    return ", ".join(values) if values else default
