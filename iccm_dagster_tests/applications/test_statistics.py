"""The catalogue in numbers."""

from iccm_dagster.applications.catalogue import Split, load_application
from iccm_dagster.applications.statistics import statistics_of, totals


def test_one_application_in_numbers(write_application):
    row = statistics_of(load_application(write_application()))
    assert (row.modules, row.sections, row.public_sections, row.tests) == (1, 10, 6, 5)
    assert (row.requirements, row.functional, row.non_functional, row.constraints) == (3, 2, 0, 1)
    # Three requirements, each with three paraphrases.
    assert (row.paraphrases, row.examples) == (9, 12)
    # 10, 10 and 12 words; 1, 1 and 2 sections; 2, 2 and 1 tests.
    assert row.words == (10 + 10 + 12) / 3
    assert row.sections_per_requirement == 4 / 3
    assert row.tests_per_requirement == 5 / 3
    assert row.row()["application"] == "001-till"


def test_totals_by_split(write_application):
    first = statistics_of(load_application(write_application()))
    holdout = write_application("002-till")
    path = holdout / "application.toml"
    path.write_text(path.read_text().replace('"train"', '"holdout"'))
    second = statistics_of(load_application(holdout))
    assert second.split is Split.HOLDOUT
    assert [(total.name, total.applications, total.tests) for total in totals([first, second])] == [
        ("train", 1, 5),
        ("holdout", 1, 5),
        ("all", 2, 10),
    ]


def test_nothing_has_no_totals():
    assert totals([]) == []
