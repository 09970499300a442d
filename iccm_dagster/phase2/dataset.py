"""What phase 2 learns from: section groups, and the requirements that were written about them by hand."""

from collections.abc import Sequence

import pandas as pd

from iccm_dagster.applications.traceability import Traceability
from iccm_dagster.phase2.groups import SectionGroup
from iccm_dagster.phase2.variants import DEGRADED

EXAMPLE_COLUMNS = ["application", "split", "group", "source", "requirement_id", "text", "variant"]


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
    variants: pd.DataFrame,
    trace: Traceability,
) -> pd.DataFrame:
    """Return one row per (section group, text of a requirement traced to it): the gold text and each paraphrase.

    ``variants``: requirement_id, variant, text; the ones with details taken away teach nothing and are left out. Columns:
    application, split, group, source, requirement_id, text, variant ("gold", "paraphrase-1", ...).
    """
    told = variants[~variants["variant"].str.startswith(DEGRADED)]
    wordings = {
        name: list(zip(rows["variant"], rows["text"], strict=True)) for name, rows in told.groupby("requirement_id")
    }
    rows = [
        {
            "application": application,
            "split": split,
            "group": group.name,
            "source": group.source,
            "requirement_id": requirement,
            "text": text,
            "variant": variant,
        }
        for group in groups
        for requirement in _traced(group, trace)
        for variant, text in wordings.get(requirement, ())
    ]
    return pd.DataFrame(rows, columns=EXAMPLE_COLUMNS)


def no_examples() -> pd.DataFrame:
    """Return a table of examples without a row."""
    return pd.DataFrame(columns=EXAMPLE_COLUMNS)


def _traced(group: SectionGroup, trace: Traceability) -> list[str]:
    """Return the ids of the requirements that are traced to a section of the group."""
    own = set(group.sections)
    return [name for name, spans in trace.sections.items() if any(span.section in own for span in spans)]
