"""What phase 2 learns from: section groups, the requirements that were written about them by hand, and what their
docstrings say.

A part of the training applications is *unread*: their requirements are kept from stage 1, so that stage 2 is rewarded for
what a writer says about code whose requirements it has not learned by heart.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from iccm_dagster.applications.requirements import Requirement
from iccm_dagster.applications.traceability import Traceability
from iccm_dagster.phase2.groups import SectionGroup
from iccm_dagster.phase2.styles import CARRIED, NAMED, in_style
from iccm_dagster.phase2.variants import DEGRADED

# G: section groups, N: requirements.

EXAMPLE_COLUMNS = ["application", "split", "group", "source", "requirement_id", "text", "variant", "main"]


def unread_applications(training: Collection[str], share: float) -> frozenset[str]:
    """Return the training applications whose requirements stage 1 does not read: the first so many by a hash of their
    name, so that an application stays where it is when others come and go."""
    ranked = sorted(training, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    return frozenset(ranked[: round(share * len(ranked))])


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


def main_requirements(
    groups: Sequence[SectionGroup],
    requirements: Sequence[Requirement],
    trace: Traceability,
    embed: Callable[[Sequence[str]], np.ndarray],
) -> dict[str, str]:
    """Return section group -> the one requirement that is to be written about it, for each group that any is traced to.

    Groups and requirements are matched one to one by sentence similarity of requirement and source, so that as many
    requirements as possible have a group of their own; a group that is left over takes the most similar of those that are
    traced to it. A writer that is asked for several sentences about one source learns none of them.
    """
    traced = [_traced(group, trace) for group in groups]
    if not any(traced):
        return {}
    similarity_GN = embed([group.source for group in groups]) @ embed([item.text for item in requirements]).T
    is_traced_GN = np.array([[item.id in own for item in requirements] for own in traced])
    # Any traced pair is worth more than every pair that is not.
    worth_GN = np.where(is_traced_GN, 2 + similarity_GN, 0.0)
    best_G = worth_GN.argmax(axis=1)
    for row, column in zip(*linear_sum_assignment(-worth_GN), strict=True):
        if is_traced_GN[row, column]:
            best_G[row] = column
    return {group.name: requirements[best].id for group, best, own in zip(groups, best_G, traced, strict=True) if own}


def examples_table(
    application: str,
    split: str,
    groups: Sequence[SectionGroup],
    variants: pd.DataFrame,
    trace: Traceability,
    main: Mapping[str, str],
) -> pd.DataFrame:
    """Return one row per (section group, text of a requirement traced to it): the gold text and each paraphrase.

    ``variants``: requirement_id, variant, text; the ones with details taken away teach nothing and are left out. ``main``:
    see `main_requirements`. Columns: application, split, group, source, requirement_id, text, variant ("gold",
    "paraphrase-1", ...), main (whether the requirement is the group's main one).
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
            "main": main.get(group.name) == requirement,
        }
        for group in groups
        for requirement in _traced(group, trace)
        for variant, text in wordings.get(requirement, ())
    ]
    return pd.DataFrame(rows, columns=EXAMPLE_COLUMNS)


def docstring_examples(application: str, split: str, groups: Sequence[SectionGroup]) -> pd.DataFrame:
    """Return what each public section's docstring says of it, in either style that carries it over; columns as in
    `examples_table`, ``requirement_id`` empty. No requirement is needed for that."""
    rows = [
        {
            "application": application,
            "split": split,
            "group": group.name,
            "source": group.source,
            "requirement_id": "",
            "text": in_style(style, group.name, group.said),
            "variant": style,
            "main": True,
        }
        for group in groups
        if group.said
        for style in (CARRIED, NAMED)
    ]
    return pd.DataFrame(rows, columns=EXAMPLE_COLUMNS)


def _traced(group: SectionGroup, trace: Traceability) -> list[str]:
    """Return the ids of the requirements that are traced to a section of the group."""
    own = set(group.sections)
    return [name for name, spans in trace.sections.items() if any(span.section in own for span in spans)]
