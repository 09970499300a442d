"""Requirements derived from docstrings, for programs without requirements written by hand.

The first sentence of the docstring of each public function, method and class becomes one requirement, traced to its section.
Derived requirements are marked and never count as gold: a docstring says what its author found worth saying.
"""

import re
from collections.abc import Iterable

from iccm_dagster.applications.requirements import Kind, Requirement
from iccm_dagster.applications.sections import Section, SectionKind

# Shorter sentences ("Getter.", "See above.") describe nothing that could be tested.
LEAST_WORDS = 4
_ROLE = re.compile(r":[\w:]+:`~?\.?([^`<]+)(?: <[^`]*>)?`")
_SENTENCE = re.compile(r"(.+?[.!?])(?=\s+[A-Z(\"'`]|\s*$)", re.DOTALL)


def derived_requirements(sections: Iterable[Section]) -> tuple[tuple[Requirement, ...], dict[str, tuple[str, ...]]]:
    """Return the requirements, R1 onwards in the order of ``sections``, and the sections of each."""
    requirements, traced, seen = list[Requirement](), dict[str, tuple[str, ...]](), set[str]()
    for section in sections:
        text = first_sentence(section.docstring or "")
        if section.public and not section.declares_only and len(text.split()) >= LEAST_WORDS and text not in seen:
            id = f"R{len(requirements) + 1}"
            seen.add(text)
            requirements.append(Requirement(id=id, kind=Kind.FUNCTIONAL, text=text, paraphrases=(), derived=True))
            traced[id] = (section.name,)
    return tuple(requirements), traced


def first_sentence(docstring: str) -> str:
    """Return the first sentence of a docstring in one line, markup removed, with a period; empty without one."""
    paragraph = re.split(r"\n\s*\n|\n\s*(?=[-:*>=]{1,3}\S)", docstring.strip(), maxsplit=1)[0]
    if paragraph.startswith((">>>", ":", "..")):
        return ""
    text = " ".join(_ROLE.sub(r"\1", paragraph).replace("`", "").replace("*", "").split())
    match = _SENTENCE.match(text)
    sentence = (match[1] if match else text).rstrip(" :")
    return sentence if not sentence or sentence[-1] in ".!?" else f"{sentence}."


def traceable(section: Section) -> bool:
    """Return whether a section has a body that a requirement can bring back."""
    return section.kind is not SectionKind.CLASS and not section.declares_only
