"""Section groups: what one requirement is written from, a public function or method with the private helpers it calls.

Writing group by group lets a source of any length through: nothing is cut between groups, and what is cut inside one is
counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from iccm_dagster.applications.sections import Closure, Section, SectionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionGroup:
    """One public section and its private helpers."""

    name: str
    """Qualified name of the public section."""
    sections: tuple[str, ...]
    """Qualified names of all sections of the group, the public one first."""
    source: str
    """What the encoder reads: the owner's name, then the code of each section."""


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
        groups.append(SectionGroup(name=section.name, sections=members, source=with_owner(section.name, code)))
    return tuple(groups)


def with_owner(name: str, code: str) -> str:
    """Return code below a line that says to which module and class its qualified name belongs."""
    owner = name.rpartition(".")[0].replace(".", " ").replace("_", " ")
    return f"{owner}\n{code}"
