"""What each stage of phase 2 may learn from."""

from types import SimpleNamespace

import numpy as np
import pytest

from iccm_dagster.applications.traceability import SectionSpan, Traceability
from iccm_dagster.phase2.dataset import docstring_examples, main_requirements, unread_applications
from iccm_dagster.phase2.groups import SectionGroup

NAMES = [f"{number:03}-app" for number in range(12)]


def group(name: str, said: str = "") -> SectionGroup:
    return SectionGroup(name=name, sections=(name,), said=said, source=name)


def traced(**sections: tuple[str, ...]) -> Traceability:
    return Traceability(
        sections={
            requirement: tuple(SectionSpan(section=name, first_line=None, last_line=None) for name in names)
            for requirement, names in sections.items()
        },
        tests={},
    )


def requirements(*ids: str):
    return [SimpleNamespace(id=name, text=name) for name in ids]


def by_letters(texts):
    """Two texts are the more alike, the more letters of "abc" they share."""
    vectors = np.array([[letter in text for letter in "abc"] for text in texts], dtype=float)
    return vectors / np.maximum(1, np.linalg.norm(vectors, axis=1, keepdims=True))


def test_groups_and_requirements_are_matched_one_to_one():
    """Both groups are traced to Ra, which is nearer to each; g-ab is nearer to Rb than g-a is, so that it gives way."""
    found = main_requirements(
        [group("g-a"), group("g-ab")],
        requirements("Ra", "Rb"),
        traced(Ra=("g-a", "g-ab"), Rb=("g-a", "g-ab")),
        by_letters,
    )
    assert found == {"g-a": "Ra", "g-ab": "Rb"}


def test_a_group_that_is_left_over_takes_the_nearest_of_its_own():
    found = main_requirements(
        [group("g-a"), group("g-aa"), group("g-c")],
        requirements("Ra", "Rc"),
        traced(Ra=("g-a", "g-aa"), Rc=("g-c",)),
        by_letters,
    )
    assert found == {"g-a": "Ra", "g-aa": "Ra", "g-c": "Rc"}


def test_a_group_without_a_requirement_has_none():
    found = main_requirements([group("g-a"), group("g-b")], requirements("Ra"), traced(Ra=("g-a",)), by_letters)
    assert found == {"g-a": "Ra"}
    assert main_requirements([group("g-b")], requirements("Ra"), traced(Ra=("g-a",)), by_letters) == {}


@pytest.mark.parametrize(("share", "number"), [(0.0, 0), (0.25, 3), (0.5, 6)])
def test_so_many_applications_are_kept_from_stage_1(share, number):
    assert len(unread_applications(NAMES, share)) == number


def test_an_application_stays_unread_when_another_comes():
    before = unread_applications(NAMES, 0.25)
    after = unread_applications([*NAMES, "999-new"], 0.25)
    assert len(before - after) <= 1


def test_docstrings_are_carried_over_in_both_ways():
    found = docstring_examples("a", "train", [group("m.f", "Add a thing."), group("m.g")])
    assert found[["group", "variant", "text"]].to_numpy().tolist() == [
        ["m.f", "carried", "Add a thing."],
        ["m.f", "named", "f: add a thing."],
    ]
