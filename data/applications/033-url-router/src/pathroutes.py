"""Routes: path patterns with typed parameters, a table that finds the best match, and paths built in reverse.

A pattern such as `/users/{id:int}/{rest:path}` consists of literal and parameter segments; types are str, int,
word and path, where a path parameter takes all remaining segments. Optional segments are not covered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from weburl import _decoded, _encoded

_PARAMETER = re.compile(r"\{([A-Za-z_]\w*)(?::([a-z]+))?\}")
_TYPES = {"str": r".+", "int": r"[0-9]+", "word": r"[A-Za-z0-9_-]+", "path": r".*"}
# Literals are preferred to parameters, narrow types to wide ones.
_RANKS = {"literal": 0, "int": 1, "word": 2, "str": 3, "path": 4}


class RouteError(ValueError):
    """A pattern, a route or the values for one cannot be used."""


class NotFound(LookupError):
    """No route fits the path."""


@dataclass(eq=False)
class MethodNotAllowed(LookupError):
    """Routes fit the path, but none of them the method."""

    allowed: tuple[str, ...]
    """The methods that fit, in alphabetical order."""

    def __str__(self) -> str:
        return f"allowed methods: {', '.join(self.allowed)}"


@dataclass(frozen=True)
class Match:
    """The name of a route with the values of its parameters."""

    name: str
    values: dict[str, str | int]


@dataclass(frozen=True)
class _Segment:
    """A literal segment, or a parameter with its type."""

    kind: str
    text: str


@dataclass(frozen=True)
class _Route:
    """A named pattern and the methods that it answers; none means all."""

    name: str
    segments: tuple[_Segment, ...]
    methods: frozenset[str]


class Router:
    """A table of named routes; they may be given as patterns by name."""

    def __init__(self, patterns: Mapping[str, str] | None = None, prefix: str = "") -> None:
        self._prefix = prefix.rstrip("/")
        self._routes: dict[str, _Route] = {}
        for name, pattern in (patterns or {}).items():
            _insert(self._routes, name, self._prefix + pattern, ())

    def add(self, name: str, pattern: str, methods: tuple[str, ...] = ()) -> None:
        """Add a route; raises RouteError when the name is taken or another route has a pattern of the same shape."""
        _insert(self._routes, name, self._prefix + pattern, methods)

    def names(self) -> list[str]:
        """Return the names of the routes in the order they were added."""
        return list(self._routes)

    def match(self, path: str, method: str = "GET") -> Match:
        """Find the most specific route for a path and a method; raises NotFound or MethodNotAllowed."""
        found = _candidates(self._routes, path)
        if not found:
            raise NotFound(f"no route for {path}")
        for route, values in found:
            if not route.methods or method.upper() in route.methods:
                return Match(route.name, values)
        raise MethodNotAllowed(tuple(sorted(set().union(*(route.methods for route, _ in found)))))

    def allowed(self, path: str) -> list[str]:
        """List the methods that some route answers on a path, alphabetically; a star when one answers all."""
        routes = [route for route, _ in _candidates(self._routes, path)]
        if any(not route.methods for route in routes):
            return ["*"]
        return sorted({method for route in routes for method in route.methods})

    def build(self, name: str, values: Mapping[str, str | int] | None = None) -> str:
        """Write the path of a route with values for all of its parameters; raises RouteError."""
        if name not in self._routes:
            raise RouteError(f"no route is named {name!r}")
        given = dict(values or {})
        parts = [_built_segment(segment, given) for segment in self._routes[name].segments]
        if given:
            raise RouteError(f"route {name} has no parameter {min(given)}")
        return "/" + "/".join(parts)


def match_pattern(pattern: str, path: str) -> dict[str, str | int] | None:
    """Return the parameter values with which a single pattern fits a path, or None."""
    return _values(_segments(pattern), path)


def pattern_parameters(pattern: str) -> dict[str, str]:
    """Return the types of the parameters of a pattern by name; raises RouteError for a malformed pattern."""
    return {segment.text: segment.kind for segment in _segments(pattern) if segment.kind != "literal"}


def _segments(pattern: str) -> tuple[_Segment, ...]:
    if not pattern.startswith("/"):
        raise RouteError(f"pattern {pattern!r} must begin with a slash")
    segments = tuple(_segment(part, pattern) for part in pattern[1:].split("/"))
    names = [segment.text for segment in segments if segment.kind != "literal"]
    if len(set(names)) != len(names):
        raise RouteError(f"repeated parameter in {pattern!r}")
    if any(segment.kind == "path" for segment in segments[:-1]):
        raise RouteError(f"a path parameter must come last in {pattern!r}")
    return segments


def _segment(part: str, pattern: str) -> _Segment:
    match = _PARAMETER.fullmatch(part)
    if match is None:
        if "{" in part or "}" in part:
            raise RouteError(f"malformed segment {part!r} in {pattern!r}")
        return _Segment("literal", part)
    kind = match[2] or "str"
    if kind not in _TYPES:
        raise RouteError(f"unknown type {kind!r} in {pattern!r}, use one of {', '.join(_TYPES)}")
    return _Segment(kind, match[1])


def _insert(routes: dict[str, _Route], name: str, pattern: str, methods: tuple[str, ...]) -> None:
    route = _Route(name, _segments(pattern), frozenset(method.upper() for method in methods))
    if name in routes:
        raise RouteError(f"a route is named {name!r} already")
    for other in routes.values():
        overlapping = not route.methods or not other.methods or route.methods & other.methods
        if _shape(route) == _shape(other) and overlapping:
            raise RouteError(f"route {name} has the same shape as {other.name}")
    routes[name] = route


def _shape(route: _Route) -> list[tuple[str, str]]:
    return [(segment.kind, segment.text if segment.kind == "literal" else "") for segment in route.segments]


def _values(segments: tuple[_Segment, ...], path: str) -> dict[str, str | int] | None:
    if not path.startswith("/"):
        return None
    parts = path[1:].split("/")
    if segments[-1].kind == "path" and len(parts) >= len(segments):
        last = len(segments) - 1
        parts = [*parts[:last], "/".join(parts[last:])]
    if len(parts) != len(segments):
        return None
    values: dict[str, str | int] = {}
    for segment, part in zip(segments, map(_decoded, parts), strict=True):
        if segment.kind == "literal":
            if part != segment.text:
                return None
        elif not re.fullmatch(_TYPES[segment.kind], part, re.DOTALL):
            return None
        else:
            values[segment.text] = int(part) if segment.kind == "int" else part
    return values


def _candidates(routes: Mapping[str, _Route], path: str) -> list[tuple[_Route, dict[str, str | int]]]:
    """The routes that fit a path with their values, the most specific one first."""
    fitting = [(route, values) for route in routes.values() if (values := _values(route.segments, path)) is not None]
    return sorted(fitting, key=lambda found: [_RANKS[segment.kind] for segment in found[0].segments])


def _built_segment(segment: _Segment, given: dict[str, str | int]) -> str:
    if segment.kind == "literal":
        return _encoded(segment.text, "")
    if segment.text not in given:
        raise RouteError(f"a value for {segment.text} is missing")
    text = str(given.pop(segment.text))
    if not re.fullmatch(_TYPES[segment.kind], text, re.DOTALL):
        raise RouteError(f"{text!r} does not fit {segment.text} of type {segment.kind}")
    return _encoded(text, "/" if segment.kind == "path" else "")
