"""Requirements, and the Markdown they are written in.

One item per requirement, paraphrases indented below it; long lines may be wrapped with indentation::

    - **R1** (functional): Reading a document yields every section in file order.
      - When a document is read, all sections come back in the order of the file.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from iccm_dagster.errors import ApplicationError


class Kind(StrEnum):
    """What a requirement speaks about."""

    FUNCTIONAL = "functional"
    """Something the program does."""
    NON_FUNCTIONAL = "non-functional"
    """How well it does it: cost, robustness, determinism, readability of its output."""
    CONSTRAINT = "constraint"
    """What it must never do, or a bound that it keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One testable sentence about a program."""

    id: str
    """``R1``, ``R2``, ...: unique in its application."""
    kind: Kind
    """What it speaks about."""
    text: str
    """The sentence."""
    paraphrases: tuple[str, ...]
    """The same meaning in other words; empty for derived requirements."""
    derived: bool
    """True when made from a docstring: it never counts as gold."""


_ITEM = re.compile(r"- \*\*(?P<id>[^*]+)\*\* \((?P<kind>[^)]*)\): ?(?P<text>.*)")


def parse_requirements(
    text: str, *, application: str, file: Path = Path("gold_requirements.md"), derived: bool = False
) -> tuple[Requirement, ...]:
    """Read the requirements of one application, in file order.

    Raises:
        ApplicationError: An item is malformed, its kind unknown or its id taken; file and line are named.
    """
    found: dict[str, Requirement] = {}
    for line, item, paraphrases in _items(text):
        try:
            requirement = _requirement(item, paraphrases, derived)
            if requirement.id in found:
                raise ValueError(f"duplicate id {requirement.id}")
        except ValueError as error:
            remedy = "Write each requirement as '- **R1** (functional): One sentence.' with its own id"
            raise ApplicationError(
                application=application, reason=str(error), remedy=remedy, file=file, line=line
            ) from error
        found[requirement.id] = requirement
    return tuple(found.values())


def format_requirements(title: str, requirements: Iterable[Requirement]) -> str:
    """Return the Markdown of ``requirements`` under a heading; ``parse_requirements`` reads it back."""
    blocks = [f"# {title}\n"]
    for requirement in requirements:
        lines = [f"- **{requirement.id}** ({requirement.kind}): {requirement.text}"]
        blocks.append("\n".join(lines + [f"  - {paraphrase}" for paraphrase in requirement.paraphrases]))
    return "\n".join(blocks) + "\n"


def requirement_lines(text: str) -> dict[str, int]:
    """Return the line of each requirement id in the Markdown, counted from 1."""
    matches = ((line, _ITEM.match(content)) for line, content in enumerate(text.split("\n"), start=1))
    return {match["id"]: line for line, match in matches if match}


def renumbered(requirements: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Return the requirements with the ids R1..Rn in the given order."""
    return tuple(replace(requirement, id=f"R{n}") for n, requirement in enumerate(requirements, start=1))


def _items(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Yield (line, item, paraphrases), wrapped lines joined."""
    start, item, paraphrases = 0, "", list[str]()
    for line, content in enumerate(text.split("\n"), start=1):
        body = content.strip()
        if content.startswith("- "):
            if item:
                yield start, item, paraphrases
            start, item, paraphrases = line, body, []
        elif not item or not body or content.startswith("#"):
            continue
        elif body.startswith("- "):
            paraphrases.append(body[2:].strip())
        elif paraphrases:
            paraphrases[-1] += f" {body}"
        else:
            item += f" {body}"
    if item:
        yield start, item, paraphrases


def _requirement(item: str, paraphrases: list[str], derived: bool) -> Requirement:
    match = _ITEM.fullmatch(item)
    if match is None:
        raise ValueError(f"malformed requirement {item[:60]!r}")
    if match["kind"] not in list(Kind):
        raise ValueError(f"kind {match['kind']!r} of {match['id']} is none of {', '.join(Kind)}")
    if not match["text"].strip():
        raise ValueError(f"{match['id']} has no text")
    return Requirement(
        id=match["id"].strip(),
        kind=Kind(match["kind"]),
        text=match["text"].strip(),
        paraphrases=tuple(paraphrases),
        derived=derived,
    )
