"""What schemas need to know about JSON-like values: types, equality, formats, and places within a value.

Values are None, bool, int, float, str, list and dict with text keys.
"""

import re
from datetime import date
from ipaddress import AddressValueError, IPv4Address
from typing import Any

Path = tuple[str | int, ...]
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class SchemaError(ValueError):
    """A schema cannot be used."""


class PointerError(SchemaError, LookupError):
    """A pointer leads nowhere."""


def type_name(value: Any) -> str:
    """The most special type of a value: a number without fraction is an integer. Raises TypeError for other objects."""
    return _type_name(value)


def has_type(value: Any, name: str) -> bool:
    """Whether the value is of the type; integers are numbers too. Raises SchemaError for unknown types."""
    return _has_type(value, name)


def same_value(first: Any, second: Any) -> bool:
    """Whether two values are equal as JSON: 1 and 1.0 are, 1 and true are not."""
    return _same(first, second)


def has_duplicates(items: list[Any]) -> bool:
    """Whether two items of a list are equal as JSON."""
    return _has_duplicates(items)


def has_format(text: str, name: str) -> bool:
    """Whether a text is a date, time, email, ipv4 or uuid. Raises SchemaError for unknown formats."""
    return _has_format(text, name)


def path_text(path: Path) -> str:
    """A place as text: `$` for the whole value, then `.name`, `["odd name"]` or `[index]`."""
    text = "$"
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.fullmatch(r"[A-Za-z_]\w*", step):
            text += f".{step}"
        else:
            escaped = step.replace("\\", "\\\\").replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def resolve(document: Any, pointer: str) -> Any:
    """The part of a document that a JSON pointer such as `#/a/0` leads to; `~1` means a slash and `~0` a tilde.

    Raises PointerError.
    """
    return _resolve(document, pointer)


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) or value.is_integer() else "number"
    for kind, name in ((str, "string"), (list, "array"), (dict, "object")):
        if isinstance(value, kind):
            return name
    raise TypeError(f"{value!r} is no JSON value")


def _has_type(value: Any, name: str) -> bool:
    if name not in TYPES:
        raise SchemaError(f"unknown type {name!r}")
    actual = _type_name(value)
    return actual == name or (actual == "integer" and name == "number")


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_same, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(_same(first[key], second[key]) for key in first)
    return first == second


def _has_duplicates(items: list[Any]) -> bool:
    return any(_same(item, other) for place, item in enumerate(items) for other in items[:place])


def _has_format(text: str, name: str) -> bool:
    if name == "date":
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and _is_date(text)
    if name == "ipv4":
        return _is_address(text)
    patterns = {"time": _TIME, "email": _EMAIL, "uuid": _UUID}
    if name not in patterns:
        raise SchemaError(f"unknown format {name!r}")
    return patterns[name].fullmatch(text) is not None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _resolve(document: Any, pointer: str) -> Any:
    if pointer != "#" and not pointer.startswith("#/"):
        raise PointerError(f"{pointer!r} is no pointer within the document")
    for raw in pointer.split("/")[1:]:
        step = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict) and step in document:
            document = document[step]
        elif isinstance(document, list) and re.fullmatch(r"0|[1-9]\d*", step) and int(step) < len(document):
            document = document[int(step)]
        else:
            raise PointerError(f"{pointer!r} leads nowhere at {step!r}")
    return document
