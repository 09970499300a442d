"""An answer -> the files of a program, or a named refusal.

Only files of the interface, and further modules inside its packages, are taken: an answer cannot bring tests, a
``conftest.py``, a module that hides one of the standard library, or a path out of the source folder. What is left out is
listed. A file whose end is missing is cut back to its last whole statement.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from iccm_dagster.applications.interface import Interface
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.orchestra.answers import Answer, Finish
from iccm_dagster.orchestra.blocks import Block, blocks_of, is_python
from iccm_dagster.orchestra.prompts import path_of
from iccm_dagster.syntax import parse

# Tries to cut a broken end off, from the end backwards.
_CUTS = 60
_FIRST_LINE = re.compile(
    r"^(?:from\s+[\w.]+\s+import\b|import\s+\w|def\s+\w|async\s+def\s|class\s+\w|@\w|[A-Za-z_]\w*\s*(?::[^=]+)?=\s*\S)"
)


class Refused(StrEnum):
    """Why an answer gives no program."""

    EMPTY = "empty answer"
    """The model wrote nothing."""
    FILTERED = "withheld by the server"
    """A content filter ended the answer."""
    TOO_LONG = "prompt too long for the model"
    """The server did not take the prompt."""
    NO_CODE = "no code in the answer"
    """Prose: an apology, a question, a plan."""
    SYNTAX = "no valid Python"
    """Code that cannot be parsed."""
    FOREIGN = "no file of the interface"
    """Code, but for other files, or without any of the public names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What an answer amounts to."""

    implementation: Implementation | None
    """The program; None for a refusal."""
    refusal: Refused | None
    """Why there is none; None where there is one."""
    remarks: tuple[str, ...]
    """What was left out, cut or missing."""


def parse_answer(answer: Answer, interface: Interface) -> Parsed:
    """Return the program that an answer holds."""
    match answer.finish:
        case Finish.FILTERED:
            return _refused(Refused.FILTERED)
        case Finish.TOO_LONG:
            return _refused(Refused.TOO_LONG)
    names = {path_of(module): _top_level(module.names(), module.name) for module in interface.modules}
    blocks = blocks_of(answer.text, known=names)
    if not blocks:
        return _refused(Refused.NO_CODE if answer.text.strip() else Refused.EMPTY)
    remarks: list[str] = ["cut off at the limit of tokens"] if answer.finish is Finish.LENGTH else []
    last_is_cut = answer.finish is Finish.LENGTH
    pieces = [_mended(block, cut=last_is_cut and block is blocks[-1], remarks=remarks) for block in blocks]
    sound = [piece for piece in pieces if piece is not None]
    if not sound:
        looks_like_code = any(block.closed or _code_start(block.text) is not None for block in blocks)
        return _refused(Refused.SYNTAX if looks_like_code else Refused.NO_CODE, *remarks)
    files = _placed(sound, names, remarks)
    if not set(files) & set(names):
        return _refused(Refused.FOREIGN, *remarks)
    remarks += [f"{path} is missing" for path in names if path not in files]
    implementation = Implementation(files=files, origin=Origin.ENDPOINT)
    return Parsed(implementation=implementation, refusal=None, remarks=tuple(dict.fromkeys(remarks)))


def _refused(refusal: Refused, *remarks: str) -> Parsed:
    return Parsed(implementation=None, refusal=refusal, remarks=remarks)


def _mended(block: Block, *, cut: bool, remarks: list[str]) -> Block | None:
    """Return the block as valid Python: prose around unfenced code cut off, a missing end cut back; None if it is
    none."""
    if is_python(block.text):
        holds_code = block.closed or _code_start(block.text) is not None
        return block if block.text.strip() and holds_code else None
    if block.closed and not cut:
        remarks.append(f"{block.path or 'a block'} is no valid Python")
        return None
    start = 0 if block.path else _code_start(block.text)
    whole = None if start is None else sound_prefix(block.text.split("\n")[start:])
    if whole is None:
        return None
    if cut or block.path:
        remarks.append(f"{block.path or 'the file'} ends early")
    return Block(path=block.path, text=whole, closed=block.closed)


def _code_start(text: str) -> int | None:
    """Return the first line that looks like code; None where none does."""
    return next((index for index, line in enumerate(text.split("\n")) if _FIRST_LINE.match(line)), None)


def sound_prefix(lines: Sequence[str]) -> str | None:
    """Return the longest beginning, cut before a line without indentation, that is valid Python and defines something."""
    cuts = [index for index, line in enumerate(lines) if index and line[:1].strip() and line[0] not in ")]}"]
    for end in [len(lines), *reversed(cuts)][:_CUTS]:
        text = "\n".join(lines[:end]).rstrip() + "\n"
        if text.strip() and is_python(text) and _defined(text):
            return text
    return None


def _placed(blocks: Sequence[Block], names: dict[str, frozenset[str]], remarks: list[str]) -> dict[str, str]:
    """Return path -> text: blocks with a path where they belong, the others where their names belong."""
    proposals: dict[str, list[str]] = {}
    for block in blocks:
        path = _place_of(block, names)
        if path is None:
            remarks.append(f"left out: {block.path or 'a block without any public name'}")
        else:
            proposals.setdefault(path, []).append(block.text)
    return {path: _joined(texts, names.get(path, frozenset())) for path, texts in proposals.items()}


def _place_of(block: Block, names: dict[str, frozenset[str]]) -> str | None:
    if block.path is not None:
        path = _normal(block.path)
        inside = [known for known in names if known == path or path.endswith("/" + known) or known.endswith("/" + path)]
        if path in names or len(inside) == 1:
            return path if path in names else inside[0]
        return path if _is_private_module(path, names) else None
    defined = _defined(block.text)
    best = max(names, key=lambda path: len(defined & names[path]), default=None)
    return best if best is not None and defined & names[best] else None


def _normal(path: str) -> str:
    return path.strip().replace("\\", "/").removeprefix("./").removeprefix("src/")


def _is_private_module(path: str, names: dict[str, frozenset[str]]) -> bool:
    """Return whether a path is a further module inside a package of the interface."""
    parts = PurePosixPath(path).parts
    packages = {known.split("/", 1)[0] for known in names if "/" in known}
    simple = all(part.removesuffix(".py").isidentifier() for part in parts)
    return len(parts) > 1 and parts[0] in packages and simple and not parts[-1].startswith(("test_", "conftest"))


def _joined(texts: Sequence[str], public: frozenset[str]) -> str:
    """Return the text of one file: of several versions the last that has all names any has, else all pieces in a row."""
    every = frozenset[str]().union(*(_defined(text) & public for text in texts))
    whole = [text for text in texts if _defined(text) & public == every]
    return whole[-1] if whole else "\n\n".join(texts)


def _top_level(names: Sequence[str], module: str) -> frozenset[str]:
    return frozenset(name.removeprefix(module + ".").split(".", 1)[0] for name in names)


def _defined(text: str) -> frozenset[str]:
    """Return the names that a module defines at its top level, imports included."""
    found: set[str] = set()
    tree = parse(text)
    assert isinstance(tree, ast.Module)
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in aliases}
            case ast.Assign(targets=targets):
                found |= {inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return frozenset(found)
