"""The light assets on real, tiny and broken applications."""

import re
import shutil

import dagster as dg
import pytest

from iccm_dagster.defs.assets.applications import (
    application_source,
    catalogue_statistics,
    code_sections,
    gold_requirements,
)
from iccm_dagster.defs.assets.applications import test_calibration as calibration
from iccm_dagster.defs.checks.applications import CHECKS
from iccm_dagster.defs.partitions import register
from iccm_dagster.errors import CatalogueError
from iccm_dagster_tests.tiny import TRACE

LIGHT = (application_source, code_sections, gold_requirements)


def events(result: dg.ExecuteInProcessResult, asset: str) -> list[str | None]:
    return sorted({event.partition for event in result.asset_materializations_for_node(asset)})


def test_one_run_makes_every_application(materialize, store):
    result = materialize(*LIGHT)
    assert events(result, "code_sections") == ["001-plain", "002-other", "003-hidden"]
    # a class, three public functions and a private one
    assert sorted(store.get("code_sections", "001-plain").table()["name"]) == [
        "plainnumbers.PlainError",
        "plainnumbers._checked",
        "plainnumbers.plain_double",
        "plainnumbers.plain_largest",
        "plainnumbers.plain_sum",
    ]
    assert store.get("gold_requirements", "003-hidden").table()["id"].tolist() == ["R1", "R2", "R3"]


def test_one_partition_can_be_made_alone(materialize, store):
    materialize(application_source, code_sections, partition="002-other")
    assert store.find("code_sections", "001-plain") is None
    assert len(store.get("code_sections", "002-other").table()) == 5


def test_nothing_changed_means_nothing_is_made_again(materialize, store):
    materialize(*LIGHT)
    before = store.get("code_sections", "001-plain").manifest
    materialize(*LIGHT)
    assert store.get("code_sections", "001-plain").manifest == before


def test_a_changed_application_is_made_again_and_no_other(materialize, store, catalogue):
    materialize(*LIGHT)
    before = {key: store.get("code_sections", key).manifest for key in ("001-plain", "002-other")}
    source = catalogue / "001-plain" / "src" / "plainnumbers.py"
    source.write_text(source.read_text() + "\n\ndef plain_half(number: int) -> int:\n    return number // 2\n")
    materialize(*LIGHT)
    assert len(store.get("code_sections", "001-plain").table()) == 6
    assert store.get("code_sections", "002-other").manifest == before["002-other"]
    assert store.get("code_sections", "001-plain").manifest.version != before["001-plain"].version


@pytest.mark.parametrize(
    ("file", "text", "asset", "says"),
    [
        ("src/plainnumbers.py", "def broken(:\n", "application_source", r"src/plainnumbers\.py:1"),
        ("application.toml", "id = 'oops\n", "application_source", r"application\.toml"),
        (
            "application.toml",
            'id = "001-plain"\nname = "p"\nsummary = "s"\nsplit = "tests"\nmodules = ["plainnumbers"]\n',
            "application_source",
            r"tests.*(train|validation|holdout)",
        ),
        ("gold_requirements.md", None, "gold_requirements", "gold"),
        (
            "traceability.toml",
            TRACE.format(module="plainnumbers", word="plain").replace("plain_sum", "no_such"),
            "gold_requirements",
            "no_such",
        ),
        (
            "traceability.toml",
            '[R1]\nsections = ["plainnumbers.plain_sum"]\n',
            "gold_requirements",
            "R2 has no sections",
        ),
    ],
)
def test_a_broken_application_is_one_clear_record_and_stops_no_other(
    materialize, store, catalogue, file, text, asset, says
):
    path = catalogue / "001-plain" / file
    path.unlink() if text is None else path.write_text(text)
    result = materialize(*LIGHT, *CHECKS[:3])
    problem = store.get(asset, "001-plain").problem
    assert problem is not None
    assert re.search(says, problem), problem
    assert store.get(asset, "002-other").problem is None
    [check] = [found for found in result.get_asset_check_evaluations() if found.asset_key.to_user_string() == asset]
    assert not check.passed
    assert "001-plain" in check.metadata["problems"].value


def test_a_catalogue_of_broken_applications_fails_with_the_first_reason(materialize, catalogue):
    for path in catalogue.glob("*/src/*.py"):
        path.write_text("def broken(:\n")
    result = materialize(application_source, raise_on_error=False)
    assert not result.success
    error = result.failure_data_for_node("application_source").error
    assert "none of 3 applications could be processed" in str(error.cause or error)


def test_the_catalogue_is_shown_in_numbers_and_plots(materialize, store, catalogue):
    """Each tiny application has a class, three public functions and a private one, and three requirements."""
    (catalogue / "002-other" / "src" / "othernumbers.py").write_text("def broken(:\n")
    result = materialize(application_source, catalogue_statistics)
    table = store.get("catalogue_statistics").table()
    assert table[["application", "sections", "requirements"]].to_numpy().tolist() == [
        ["001-plain", 5, 3],
        ["003-hidden", 5, 3],
    ]
    (event,) = result.asset_materializations_for_node("catalogue_statistics")
    shown = event.metadata
    assert shown["left out"].value == "002-other"
    for plot in ("lines", "sections", "tests", "requirements"):
        assert "data:image/png;base64," in shown[plot].md_str


def test_a_traceability_table_names_sections_and_tests_of_each_requirement(materialize):
    result = materialize(application_source, gold_requirements, partition="001-plain")
    (event,) = result.asset_materializations_for_node("gold_requirements")
    lines = event.metadata["traceability"].md_str.split("\n")
    assert lines[0] == "| id | kind | text | sections | tests |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| R1", "| R2", "| R3"]
    assert "plainnumbers.plain_sum" in lines[2]
    assert "test_" in lines[2].split(" | ")[-1]


def test_an_empty_catalogue_says_where_it_looked(resources, instance, catalogue):
    shutil.rmtree(catalogue)
    with pytest.raises(CatalogueError, match=r"no application in this folder.*ICCM_APPLICATIONS"):
        register(instance, resources["pipeline"].applications)


def test_calibration_keeps_what_proves_something(materialize, store, catalogue):
    """Of the tests of 001: all kept. In 002 one test fails on the original and one passes on the bare interface: both
    leave."""
    tests = catalogue / "002-other" / "tests" / "test_othernumbers.py"
    tests.write_text(
        tests.read_text()
        + "\n\ndef test_wrong():\n    assert other_double(2) == 5\n\n\ndef test_vacuous():\n    assert True\n"
    )
    materialize(application_source, calibration)
    kept = store.get("test_calibration", "001-plain").json("calibration.json")["kept"]
    # test_sum has three cases
    assert len(kept) == 6
    other = store.get("test_calibration", "002-other").json("calibration.json")
    assert len(other["kept"]) == 6
    assert {test.split("::")[-1] for test in other["excluded"]} == {"test_wrong", "test_vacuous"}


def test_an_application_whose_tests_all_fail_is_left_out_with_the_reason(materialize, store, catalogue):
    source = catalogue / "001-plain" / "src" / "plainnumbers.py"
    source.write_text(
        source.read_text()
        .replace("return number\n", "return number + 1\n")
        .replace("total = 0", "total = 9")
        .replace("if not numbers", "if numbers")
    )
    materialize(application_source, calibration)
    assert "no test passes on the original" in store.get("test_calibration", "001-plain").problem
    assert store.get("test_calibration", "003-hidden").problem is None
