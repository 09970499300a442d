"""The applications that come with the project keep every rule, executed ones included."""

import pytest

from iccm_dagster.applications.__main__ import DEFAULT_FOLDER
from iccm_dagster.applications.catalogue import Split, is_candidate, load_application, load_catalogue
from iccm_dagster.applications.duplicates import near_duplicates
from iccm_dagster.applications.executed import execute_traceability
from iccm_dagster.applications.validate import validate_application, validate_catalogue

ROOTS = sorted(path for path in DEFAULT_FOLDER.iterdir() if is_candidate(path))


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_an_application_keeps_every_rule(root):
    problems = validate_application(root)
    if not problems and (application := load_application(root)).gold:
        problems = list(execute_traceability(application, workers=1, alone=False).problems)
    assert [str(problem) for problem in problems] == []


def test_modules_are_provided_once():
    assert validate_catalogue(load_catalogue(DEFAULT_FOLDER).applications) == []


def test_holdout_repeats_nothing_that_was_learned_from():
    applications = load_catalogue(DEFAULT_FOLDER).applications
    held_out = [application for application in applications if application.split is Split.HOLDOUT]
    report = near_duplicates(
        held_out, [application for application in applications if application.split is not Split.HOLDOUT]
    )
    assert report.clean, report
