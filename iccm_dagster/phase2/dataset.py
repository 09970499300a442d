"""What phase 2 learns from: section groups, and the requirements that were written about them by hand."""

from collections.abc import Mapping, Sequence

import pandas as pd

from iccm_dagster.applications.requirements import Requirement
from iccm_dagster.applications.traceability import Traceability
from iccm_dagster.phase2.groups import SectionGroup


def groups_table(application: str, split: str, groups: Sequence[SectionGroup]) -> pd.DataFrame:
    """Return one row per section group: application, split, group, sections, source."""
    return pd.DataFrame(
        [
            {
                "application": application,
                "split": split,
                "group": group.name,
                "sections": list(group.sections),
                "source": group.source,
            }
            for group in groups
        ],
        columns=["application", "split", "group", "sections", "source"],
    )


def examples_table(
    application: str,
    split: str,
    groups: Sequence[SectionGroup],
    requirements: Sequence[Requirement],
    trace: Traceability,
) -> pd.DataFrame:
    """Return one row per (section group, text of a requirement traced to it): the gold text and each paraphrase.

    Columns: application, split, group, source, requirement_id, text, variant ("gold", "paraphrase-1", ...).
    """
    wanted = _requirements_by_section(requirements, trace)
    rows = [
        {
            "application": application,
            "split": split,
            "group": group.name,
            "source": group.source,
            "requirement_id": requirement.id,
            "text": text,
            "variant": variant,
        }
        for group in groups
        for requirement in _traced(group, wanted)
        for variant, text in _variants(requirement)
    ]
    return pd.DataFrame(rows, columns=["application", "split", "group", "source", "requirement_id", "text", "variant"])


def _requirements_by_section(
    requirements: Sequence[Requirement], trace: Traceability
) -> Mapping[str, list[Requirement]]:
    wanted: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        for span in trace.sections.get(requirement.id, ()):
            wanted.setdefault(span.section, []).append(requirement)
    return wanted


def _traced(group: SectionGroup, wanted: Mapping[str, list[Requirement]]) -> list[Requirement]:
    found = {requirement.id: requirement for section in group.sections for requirement in wanted.get(section, ())}
    return list(found.values())


def _variants(requirement: Requirement) -> list[tuple[str, str]]:
    return [
        ("gold", requirement.text),
        *((f"paraphrase-{number}", text) for number, text in enumerate(requirement.paraphrases, 1)),
    ]
