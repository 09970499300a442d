"""The pieces of code in an answer, each with the path that the answer gives it: fenced, unfenced, JSON, cut off.

Reads what models really write: Markdown fences (also of tildes, also around code that holds fences itself), a path in the
heading, in the fence's info or in the first comment; JSON of paths and texts, also where its end is missing; plain code,
with ``# file:`` lines or without. Nothing is executed.
"""

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from iccm_dagster.syntax import parse

PATH = re.compile(r"(?<![\w./\\-])((?:[\w.-]+[/\\])*[\w-]+\.py)\b")
_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_LABEL = re.compile(
    r"^[\s#*>\-\d.]*(?:file(?:name)?|path)?\s*[:=]?\s*[`*\"']*(?P<path>[\w./\\-]+\.py)[`*\"':]*\s*$", re.I
)
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL)
_CUT_PAIR = re.compile(r'"([^"\n\\]+\.py)"\s*:\s*"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
# Fences inside a file are rare; beyond a few, the file is simply broken.
_TRIES = 6
# A longer line names no file; the bound keeps the search for one short whatever a model writes.
_LABEL_LENGTH = 120
_NOT_CODE = frozenset("bash console diff html ini json markdown md output sh shell text toml txt xml yaml yml".split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A piece of an answer."""

    path: str | None
    """Path as the answer writes it; None where it names none."""
    text: str
    """The code."""
    closed: bool
    """Whether the answer marks its end; otherwise prose may follow, or the end may be missing."""


def blocks_of(answer: str, *, known: Collection[str]) -> list[Block]:
    """Return the pieces of code of an answer in their order; ``known``: the paths that were asked for."""
    text = _THOUGHT.sub("", answer.replace("\r\n", "\n")).strip("\n")
    if not text.strip():
        return []
    if text.lstrip()[0] in "{[":
        found = _from_json(text.strip())
        if found:
            return found
    fenced = list(_fenced(text.split("\n"), known))
    if fenced:
        return fenced
    return _split_at_labels(Block(path=None, text=text + "\n", closed=False), known)


def _fenced(lines: list[str], known: Collection[str]) -> Iterator[Block]:
    at = 0
    before: str | None = None
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        if opening is None:
            before = lines[at] if lines[at].strip() else before
            at += 1
            continue
        end, closed = _end_of(lines, at, opening["mark"], code=_language(opening["info"]) not in _NOT_CODE)
        text = "\n".join(lines[at + 1 : end]) + "\n"
        if _language(opening["info"]) == "json":
            yield from _from_json(text.strip())
        elif _language(opening["info"]) not in _NOT_CODE:
            path = _only_path(opening["info"]) or _label(before)
            block = Block(path=path, text=text, closed=closed)
            yield from _split_at_labels(block, known) if path is None else [block]
        before = None
        at = end + 1


def _end_of(lines: list[str], start: int, mark: str, *, code: bool) -> tuple[int, bool]:
    """Return the line of the closing fence and whether there is one: the first that leaves code which can be parsed."""
    closing = re.compile(rf"^ {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*$")
    ends = [index for index in range(start + 1, len(lines)) if closing.match(lines[index])]
    if not ends:
        return len(lines), False
    if code:
        for end in ends[:_TRIES]:
            if is_python("\n".join(lines[start + 1 : end])):
                return end, True
    return ends[0], True


def _split_at_labels(block: Block, known: Collection[str]) -> list[Block]:
    """Cut a block at comment lines that name a file which was asked for; a block without any stays whole."""
    lines = block.text.split("\n")
    starts = [
        (index, label)
        for index, line in enumerate(lines)
        if line.lstrip().startswith(("#", "*")) and (label := _label(line)) and _is_known(label, known)
    ]
    if not starts:
        return [block]
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    return [
        Block(
            path=path,
            text="\n".join(lines[index + 1 : end]).strip("\n") + "\n",
            closed=block.closed or end < len(lines),
        )
        for (index, path), end in zip(starts, ends, strict=True)
    ]


def _is_known(path: str, known: Collection[str]) -> bool:
    return any(path == one or path.endswith("/" + one) or one.endswith("/" + path) for one in known)


def _label(line: str | None) -> str | None:
    if not line or len(line) > _LABEL_LENGTH:
        return None
    found = _LABEL.match(line)
    if found:
        return found["path"]
    return None if line.rstrip().endswith(".") else _only_path(line)


def _only_path(text: str | None) -> str | None:
    """Return the path that a text names, if it names one and no other."""
    named = set(PATH.findall(text or ""))
    return named.pop() if len(named) == 1 else None


def _language(info: str) -> str:
    return re.split(r"[\s:{]", info.strip().lower(), maxsplit=1)[0]


def _from_json(text: str) -> list[Block]:
    try:
        value, _ = json.JSONDecoder(strict=False).raw_decode(text)
    except ValueError:
        return list(_from_cut_json(text))
    return list(_from_value(value))


def _from_value(value: Any) -> Iterator[Block]:
    """Yield the files of ``{"files": ...}``, ``{path: code}``, ``[{"path": ..., "content": ...}]`` or ``{"code": ...}``."""
    match value:
        case {"files": inner}:
            yield from _from_value(inner)
        case list():
            for item in value:
                yield from _from_value(item)
        case dict():
            named = [key for key in ("path", "file", "filename", "name") if isinstance(value.get(key), str)]
            coded = [key for key in ("content", "code", "text", "source") if isinstance(value.get(key), str)]
            if coded:
                yield Block(path=value[named[0]] if named else None, text=value[coded[0]], closed=True)
                return
            for path, code in value.items():
                if isinstance(code, str) and PATH.fullmatch(path):
                    yield Block(path=path, text=code, closed=True)


def _from_cut_json(text: str) -> Iterator[Block]:
    for path, escaped, quote in _CUT_PAIR.findall(text):
        try:
            code = json.loads(f'"{escaped}"', strict=False)
        except ValueError:
            continue
        yield Block(path=path, text=code, closed=bool(quote))


def is_python(text: str) -> bool:
    """Return whether a text can be parsed."""
    try:
        parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
