"""The Markdown of requirements, read and written."""

import pytest

from iccm_dagster.applications.requirements import (
    Kind,
    Requirement,
    format_requirements,
    parse_requirements,
    renumbered,
    requirement_lines,
)
from iccm_dagster.errors import ApplicationError

TEXT = """# Gold requirements: Till

Some words about them.

- **R1** (functional): Adding a price raises
  the running total.
  - The sum grows with each price
    that is entered.
  - A second one.
- **R2** (non-functional): It is quick.
"""


def test_items_paraphrases_and_wrapped_lines_are_read():
    first, second = parse_requirements(TEXT, application="a")
    assert first.text == "Adding a price raises the running total."
    assert first.paraphrases == ("The sum grows with each price that is entered.", "A second one.")
    assert (second.id, second.kind, second.paraphrases) == ("R2", Kind.NON_FUNCTIONAL, ())


def test_what_is_written_is_read_back():
    requirements = parse_requirements(TEXT, application="a")
    assert parse_requirements(format_requirements("Till", requirements), application="a") == requirements
    assert format_requirements("Till", requirements).startswith("# Till\n\n- **R1** (functional): Adding")


def test_derived_requirements_are_marked():
    assert all(requirement.derived for requirement in parse_requirements(TEXT, application="a", derived=True))


def test_lines_are_found_for_messages():
    assert requirement_lines(TEXT) == {"R1": 5, "R2": 10}


def test_renumbering_keeps_the_order():
    def named(id: str) -> Requirement:
        return Requirement(id=id, kind=Kind.CONSTRAINT, text=f"Text of {id}.", paraphrases=(), derived=True)

    assert [(r.id, r.text) for r in renumbered([named("R7"), named("R2")])] == [
        ("R1", "Text of R7."),
        ("R2", "Text of R2."),
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("- **R1** (functional): A.\n\n- **R1** (functional): B.\n", 3, "duplicate id R1"),
        ("# Title\n- **R1** (wish): A.\n", 2, "kind 'wish' of R1"),
        ("- R1: no markup.\n", 1, "malformed requirement '- R1: no markup.'"),
        ("- **R1** (functional):\n", 1, "R1 has no text"),
    ],
)
def test_a_malformed_item_names_its_line(text, line, reason):
    with pytest.raises(ApplicationError, match=reason) as caught:
        parse_requirements(text, application="001-till")
    assert (caught.value.line, str(caught.value.file)) == (line, "gold_requirements.md")


def test_no_items_give_no_requirements():
    assert parse_requirements("# Nothing\n", application="a") == ()
