"""Validate JSON-like values against schemas, which are dicts of keywords, or True and False for anything and nothing.

Keywords have their meaning in JSON Schema; references stay within the schema. Keywords not listed here are ignored.
"""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from shapevalues import Path, SchemaError, _has_duplicates, _has_format, _has_type, _resolve, _same, _type_name

Schema = dict[str, Any] | bool
DEEPEST = 64


@dataclass(frozen=True)
class Problem:
    """One way in which a value breaks its schema: where, against which keyword, and in words."""

    path: Path
    keyword: str
    message: str


class InvalidValue(ValueError):
    """A value breaks its schema; `problems` says how."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problems, the first: {problems[0].message}")
        self.problems = problems


def number_problems(value: float, schema: dict[str, Any]) -> list[Problem]:
    """What minimum, maximum, exclusiveMinimum, exclusiveMaximum and multipleOf say against a number."""
    return list(_number(value, schema, ()))


def text_problems(value: str, schema: dict[str, Any]) -> list[Problem]:
    """What minLength, maxLength, pattern (found anywhere) and format say against a text."""
    return list(_text(value, schema, ()))


def validate(value: Any, schema: Schema) -> list[Problem]:
    """All problems of a value in the order of its parts; empty when it is valid. Raises SchemaError."""
    return list(_Checker(schema).check(value, schema, (), 0))


def is_valid(value: Any, schema: Schema) -> bool:
    """Whether the value satisfies the schema. Raises SchemaError."""
    return not any(_Checker(schema).check(value, schema, (), 0))


def ensure(value: Any, schema: Schema) -> Any:
    """Return the value as it is. Raises InvalidValue with all problems, and SchemaError."""
    problems = list(_Checker(schema).check(value, schema, (), 0))
    if problems:
        raise InvalidValue(problems)
    return value


def with_defaults(value: Any, schema: Schema) -> Any:
    """A copy of the value in which missing members have the default of their schema, also inside of defaults.

    Goes into properties, items, allOf and references. Raises SchemaError.
    """
    return _filled(value, schema, schema, 0)


def coerced(value: Any, schema: Schema) -> Any:
    """A copy in which texts are numbers, booleans or null where the schema wants just that and the text says it."""
    return _coerced(value, schema, schema, 0)


def schema_problems(schema: Any) -> list[Problem]:
    """What is wrong with a schema itself: keywords with values of another kind, unknown types, broken references."""
    return list(_schema_problems(schema, schema, ()))


def _bounded(size: int, schema: dict[str, Any], least: str, most: str, path: Path) -> Iterator[Problem]:
    if size < schema.get(least, 0):
        yield Problem(path, least, f"{size} is less than {schema[least]}")
    if most in schema and size > schema[most]:
        yield Problem(path, most, f"{size} is more than {schema[most]}")


def _number(value: float, schema: dict[str, Any], path: Path) -> Iterator[Problem]:
    breaks = {
        "minimum": lambda limit: value < limit,
        "exclusiveMinimum": lambda limit: value <= limit,
        "maximum": lambda limit: value > limit,
        "exclusiveMaximum": lambda limit: value >= limit,
        "multipleOf": lambda step: abs(value / step - round(value / step)) > 1e-9,
    }
    for keyword, broken in breaks.items():
        if keyword in schema and broken(schema[keyword]):
            yield Problem(path, keyword, f"{value} does not fit {keyword} {schema[keyword]}")


def _text(value: str, schema: dict[str, Any], path: Path) -> Iterator[Problem]:
    yield from _bounded(len(value), schema, "minLength", "maxLength", path)
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield Problem(path, "pattern", f"{value!r} does not match {schema['pattern']!r}")
    if "format" in schema and not _has_format(value, schema["format"]):
        yield Problem(path, "format", f"{value!r} is no {schema['format']}")


class _Checker:
    """Walks through a value and its schema; `root` is what references start from."""

    def __init__(self, root: Schema) -> None:
        self.root = root

    def check(self, value: Any, schema: Schema, path: Path, depth: int) -> Iterator[Problem]:
        schema = _target(schema, self.root, depth)
        if isinstance(schema, bool):
            if not schema:
                yield Problem(path, "false", "nothing is allowed here")
            return
        yield from self._check_itself(value, schema, path)
        if isinstance(value, str):
            yield from _text(value, schema, path)
        elif isinstance(value, list):
            yield from self._check_items(value, schema, path, depth + 1)
        elif isinstance(value, dict):
            yield from self._check_members(value, schema, path, depth + 1)
        elif _type_name(value) in ("integer", "number"):
            yield from _number(value, schema, path)
        yield from self._check_composition(value, schema, path, depth + 1)

    def _fits(self, value: Any, schema: Schema, depth: int) -> bool:
        return not any(self.check(value, schema, (), depth))

    def _check_itself(self, value: Any, schema: dict[str, Any], path: Path) -> Iterator[Problem]:
        types = schema.get("type", [])
        types = [types] if isinstance(types, str) else types
        if types and not any(_has_type(value, name) for name in types):
            yield Problem(path, "type", f"{_type_name(value)} instead of {' or '.join(types)}")
        if "enum" in schema and not any(_same(value, choice) for choice in schema["enum"]):
            yield Problem(path, "enum", f"{value!r} is none of the choices")
        if "const" in schema and not _same(value, schema["const"]):
            yield Problem(path, "const", f"{value!r} is not {schema['const']!r}")

    def _check_items(self, items: list[Any], schema: dict[str, Any], path: Path, depth: int) -> Iterator[Problem]:
        yield from _bounded(len(items), schema, "minItems", "maxItems", path)
        if schema.get("uniqueItems") and _has_duplicates(items):
            yield Problem(path, "uniqueItems", "an item occurs twice")
        first = schema.get("prefixItems", [])
        for index, item in enumerate(items):
            inner = first[index] if index < len(first) else schema.get("items", True)
            yield from self.check(item, inner, (*path, index), depth)
        if "contains" in schema and not any(self._fits(item, schema["contains"], depth) for item in items):
            yield Problem(path, "contains", "no item is of the kind needed")

    def _check_members(
        self, members: dict[str, Any], schema: dict[str, Any], path: Path, depth: int
    ) -> Iterator[Problem]:
        yield from _bounded(len(members), schema, "minProperties", "maxProperties", path)
        for name in schema.get("required", []):
            if name not in members:
                yield Problem((*path, name), "required", f"{name!r} is missing")
        for name, needed in schema.get("dependentRequired", {}).items():
            for other in needed if name in members else []:
                if other not in members:
                    yield Problem((*path, other), "dependentRequired", f"{name!r} needs {other!r}")
        for name, member in members.items():
            if not self._fits(name, schema.get("propertyNames", True), depth):
                yield Problem((*path, name), "propertyNames", f"{name!r} is no name allowed here")
            if name in schema.get("properties", {}):
                yield from self.check(member, schema["properties"][name], (*path, name), depth)
            elif schema.get("additionalProperties") is False:
                yield Problem((*path, name), "additionalProperties", f"{name!r} is not allowed")
            else:
                yield from self.check(member, schema.get("additionalProperties", True), (*path, name), depth)

    def _check_composition(self, value: Any, schema: dict[str, Any], path: Path, depth: int) -> Iterator[Problem]:
        for part in schema.get("allOf", []):
            yield from self.check(value, part, path, depth)
        if "anyOf" in schema and not any(self._fits(value, part, depth) for part in schema["anyOf"]):
            yield Problem(path, "anyOf", "no alternative fits")
        if "oneOf" in schema:
            fitting = sum(self._fits(value, part, depth) for part in schema["oneOf"])
            if fitting != 1:
                yield Problem(path, "oneOf", f"{fitting} alternatives fit instead of one")
        if "not" in schema and self._fits(value, schema["not"], depth):
            yield Problem(path, "not", "the value is of an excluded kind")
        if "if" in schema:
            branch = "then" if self._fits(value, schema["if"], depth) else "else"
            yield from self.check(value, schema.get(branch, True), path, depth)


def _target(schema: Schema, root: Schema, depth: int) -> Schema:
    """The schema itself, or the one it refers to."""
    hops = 0
    while isinstance(schema, dict) and "$ref" in schema:
        schema, hops = _resolve(root, schema["$ref"]), hops + 1
        if hops > DEEPEST:
            raise SchemaError("references run in a circle")
    if depth > DEEPEST:
        raise SchemaError(f"schemas are nested more than {DEEPEST} deep")
    return schema


def _filled(value: Any, schema: Schema, root: Schema, depth: int) -> Any:
    schema = _target(schema, root, depth)
    if isinstance(schema, bool):
        return value
    if isinstance(value, list):
        value = [_filled(item, schema.get("items", True), root, depth + 1) for item in value]
    if isinstance(value, dict):
        value = dict(value)
        for name, inner in schema.get("properties", {}).items():
            goal = _target(inner, root, depth)
            if name not in value and isinstance(goal, dict) and "default" in goal:
                value[name] = deepcopy(goal["default"])
            if name in value:
                value[name] = _filled(value[name], inner, root, depth + 1)
    for part in schema.get("allOf", []):
        value = _filled(value, part, root, depth + 1)
    return value


def _coerced(value: Any, schema: Schema, root: Schema, depth: int) -> Any:
    schema = _target(schema, root, depth)
    if isinstance(schema, bool):
        return value
    if isinstance(value, str):
        return _read(value, schema.get("type"))
    if isinstance(value, list):
        return [_coerced(item, schema.get("items", True), root, depth + 1) for item in value]
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: _coerced(member, known.get(name, True), root, depth + 1) for name, member in value.items()}
    return value


def _read(text: str, wanted: Any) -> Any:
    """The value that a text says, if it is of the type wanted."""
    words = {"boolean": {"true": True, "false": False}, "null": {"null": None, "": None}}
    if wanted == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if wanted == "number" and re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        return float(text)
    return words.get(wanted, {}).get(text, text) if isinstance(wanted, str) else text


_KINDS = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "integer": ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    "string": ("pattern", "format", "$ref"),
    "boolean": ("uniqueItems",),
    "array": ("enum", "required"),
}
_ONE = ("items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")


def _schema_problems(schema: Any, root: Any, path: Path) -> Iterator[Problem]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        yield Problem(path, "schema", "a schema is an object, true or false")
        return
    for kind, keywords in _KINDS.items():
        for keyword in keywords:
            if keyword in schema and not _has_type(schema[keyword], kind):
                yield Problem((*path, keyword), keyword, f"{keyword} needs a value of type {kind}")
    yield from _name_problems(schema, root, path)
    for keyword in _ONE:
        if keyword in schema:
            yield from _schema_problems(schema[keyword], root, (*path, keyword))
    for keyword in (*_MANY, "properties", "definitions"):
        parts = schema.get(keyword, [])
        if not isinstance(parts, list if keyword in _MANY else dict) and keyword in schema:
            yield Problem((*path, keyword), keyword, f"{keyword} holds several schemas")
            continue
        for step, part in parts.items() if isinstance(parts, dict) else enumerate(parts):
            yield from _schema_problems(part, root, (*path, keyword, step))


def _name_problems(schema: dict[str, Any], root: Any, path: Path) -> Iterator[Problem]:
    """Unknown types, bad patterns and references that lead nowhere."""
    types = schema.get("type", [])
    for name in types if isinstance(types, list) else [types]:
        try:
            _has_type(None, name)
        except SchemaError as error:
            yield Problem((*path, "type"), "type", str(error))
    try:
        re.compile(str(schema.get("pattern", "")))
    except re.error as error:
        yield Problem((*path, "pattern"), "pattern", str(error))
    if isinstance(schema.get("$ref"), str):
        try:
            _resolve(root, schema["$ref"])
        except SchemaError as error:
            yield Problem((*path, "$ref"), "$ref", str(error))
