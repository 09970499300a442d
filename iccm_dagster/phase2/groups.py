"""Section groups: what one requirement is written from, a public function or method with the private helpers it calls.

Writing group by group lets a source of any length through: nothing is cut between groups, and what is cut inside one is
counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from iccm_dagster.applications.derive import first_sentence
from iccm_dagster.applications.sections import Closure, Section, SectionKind
from iccm_dagster.phase2.styles import CARRIED, NAMED, name_words


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionGroup:
    """One public section and its private helpers."""

    name: str
    """Qualified name of the public section."""
    sections: tuple[str, ...]
    """Qualified names of all sections of the group, the public one first."""
    said: str
    """First sentence of the public section's docstring; "" for none."""
    source: str
    """What the encoder reads: see `presented`; the code is that of each section."""


def section_groups(sections: Sequence[Section], *, at_import: Collection[str]) -> tuple[SectionGroup, ...]:
    """Return one group for each public function or method whose body can be hidden, in source order."""
    by_name = {section.name: section for section in sections}
    closure = Closure(sections)
    groups = []
    for section in sections:
        if (
            not section.public
            or section.kind is SectionKind.CLASS
            or section.declares_only
            or section.name in at_import
        ):
            continue
        helpers = sorted(
            name
            for name in closure.of([section.name])
            if name != section.name
            and not name.rsplit(".", 1)[-1].startswith("__")
            and by_name[name].kind is not SectionKind.CLASS
        )
        members = (section.name, *helpers)
        code = "\n".join(by_name[name].code for name in members)
        said = first_sentence(section.docstring or "")
        source = presented(section.name, said, code)
        groups.append(SectionGroup(name=section.name, sections=members, said=said, source=source))
    return tuple(groups)


def presented(qualified_name: str, said: str, code: str) -> str:
    """Return what a writer reads of code: its module and class, its name in words with the first sentence of its docstring
    ("" for none), and the code. What it is about comes first, so that no long signature pushes it out of sight.
    """
    owner, _, name = qualified_name.rpartition(".")
    about = " ".join(name_words(name))
    return "\n".join([owner.replace(".", " ").replace("_", " "), f"{about}: {said}" if said else about, code])


def beginnings(source: str) -> dict[str, int]:
    """Return style -> the character of a `presented` source where what it carries over begins: the name, the docstring."""
    owner, line, rest = source.partition("\n")
    if not line:
        return {}
    at = len(owner) + 1
    name, colon, _ = rest.partition("\n")[0].partition(": ")
    return {NAMED: at, CARRIED: at + len(name) + 2} if colon else {NAMED: at}
