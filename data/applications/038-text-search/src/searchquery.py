"""Queries as text: words, "phrases", prefixes*, AND, OR, NOT (or a minus in front) and parentheses.

Words beside each other mean AND, which binds closer than OR. A parsed query is a nested tuple: ("term", stem),
("prefix", text), ("phrase", ((stem, offset), ...)), ("and", parts), ("or", parts), ("not", part) and ("all",).
"""

import re
from typing import Any

from searchwords import _fold, _terms

Query = tuple[Any, ...]
_PIECE = re.compile(r'\s*("[^"]*"?|[()]|-(?=[\w"(])|[^\s()"]+)')


class QueryError(ValueError):
    """A query cannot be understood; `position` is where, counted from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


def parse_query(text: str) -> Query:
    """The query as a nested tuple; stop words drop out, and nothing left means everything. Raises QueryError."""
    return _parsed(text)


def query_stems(query: Query) -> set[str]:
    """The stems that a parsed query looks for, those behind NOT left out."""
    return _stems(query)


def query_text(query: Query) -> str:
    """The parsed query as text again, with every parenthesis written out."""
    kind, *rest = query
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(map(query_text, rest[0])) + ")"
    if kind == "not":
        return "NOT " + query_text(rest[0])
    if kind == "phrase":
        return '"' + " ".join(stem for stem, _ in rest[0]) + '"'
    if kind == "all":
        return "*"
    return f"{rest[0]}*" if kind == "prefix" else rest[0]


class _Parser:
    """Recursive descent over the pieces of a query; None stands for what dropped out."""

    def __init__(self, text: str) -> None:
        self.pieces = [(match[1], match.start(1)) for match in _PIECE.finditer(text)]
        self.end = len(text)
        self.place = 0

    def peek(self) -> str:
        return self.pieces[self.place][0] if self.place < len(self.pieces) else ""

    def fail(self, message: str) -> QueryError:
        return QueryError(message, self.pieces[self.place][1] if self.place < len(self.pieces) else self.end)

    def alternatives(self) -> Query | None:
        parts = [self.together()]
        while self.peek() == "OR":
            self.place += 1
            parts.append(self.together())
        return _joined("or", parts)

    def together(self) -> Query | None:
        parts = [self.single()]
        while self.peek() not in ("", ")", "OR"):
            if self.peek() == "AND":
                self.place += 1
            parts.append(self.single())
        return _joined("and", parts)

    def single(self) -> Query | None:
        piece = self.peek()
        if piece in ("", ")", "AND", "OR"):
            raise self.fail("a word is expected")
        if piece == '"' or (piece[0] == '"' and piece[-1] != '"'):
            raise self.fail("a quotation mark is not closed")
        self.place += 1
        if piece in ("NOT", "-"):
            inner = self.single()
            return inner and ("not", inner)
        if piece == "(":
            inner = self.alternatives()
            if self.peek() != ")":
                raise self.fail("a parenthesis is not closed")
            self.place += 1
            return inner
        return _leaf(piece)


def _parsed(text: str) -> Query:
    parser = _Parser(text)
    if not parser.pieces:
        return ("all",)
    query = parser.alternatives()
    if parser.peek():
        raise parser.fail("a parenthesis is not open")
    return query or ("all",)


def _leaf(piece: str) -> Query | None:
    if piece.endswith("*") and piece[:-1].isalnum():
        return "prefix", _fold(piece[:-1])
    found = _terms(piece)
    if len(found) > 1:
        first = found[0][1]
        return "phrase", tuple((stem, place - first) for stem, place in found)
    return ("term", found[0][0]) if found else None


def _joined(kind: str, parts: list[Query | None]) -> Query | None:
    kept = tuple(part for part in parts if part)
    return (kind, kept) if len(kept) > 1 else kept[0] if kept else None


def _stems(query: Query) -> set[str]:
    if query[0] == "term":
        return {query[1]}
    if query[0] == "phrase":
        return {stem for stem, _ in query[1]}
    return set().union(*map(_stems, query[1])) if query[0] in ("and", "or") else set()
