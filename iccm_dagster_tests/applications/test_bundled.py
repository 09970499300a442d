"""The applications that come with the project keep every rule, executed ones included."""

from collections import Counter

import pytest

from iccm_dagster.applications.__main__ import DEFAULT_FOLDER
from iccm_dagster.applications.card import figures, read_figures
from iccm_dagster.applications.catalogue import Split, is_candidate, load_catalogue
from iccm_dagster.applications.duplicates import near_duplicates
from iccm_dagster.applications.executed import execute_all
from iccm_dagster.applications.kill_rates import current, read_kill_rates
from iccm_dagster.applications.statistics import statistics_of
from iccm_dagster.applications.strength import LEAST_KILL_RATE
from iccm_dagster.applications.validate import APPLICATIONS, validate_application, validate_catalogue
from iccm_dagster.progress import silent

# All applications are executed in the fixture of the first test: about a minute on two quiet cores.
pytestmark = pytest.mark.timeout(1200)
ROOTS = sorted(path for path in DEFAULT_FOLDER.iterdir() if is_candidate(path))


@pytest.fixture(scope="module")
def applications():
    return load_catalogue(DEFAULT_FOLDER).applications


@pytest.fixture(scope="module")
def executed(applications):
    """All of them in one warm process, two runs at a time."""
    return execute_all([found for found in applications if found.gold], workers=2, on_progress=silent)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.name)
def test_an_application_keeps_every_rule(root, executed):
    assert [str(problem) for problem in validate_application(root)] == []
    assert [str(problem) for problem in executed.get(root.name, ())] == []


@pytest.fixture(scope="module")
def duplicates(applications):
    held_out = [application for application in applications if application.split is Split.HOLDOUT]
    return near_duplicates(held_out, [found for found in applications if found.split is not Split.HOLDOUT])


def test_modules_are_provided_once(applications):
    assert validate_catalogue(applications) == []


def test_holdout_repeats_nothing_that_was_learned_from(duplicates):
    assert duplicates.clean, duplicates


def test_the_splits_have_their_sizes(applications):
    assert Counter(application.split for application in applications) == APPLICATIONS


def test_the_training_applications_give_about_two_thousand_examples(applications):
    """The seed plans 2,000 (requirement, sections) pairs; those that choose settings are not learned from."""
    rows = [statistics_of(application) for application in applications if application.split is Split.TRAIN]
    assert sum(row.examples for row in rows) >= 2000


def test_every_suite_was_measured_as_it_is_now_and_is_strong(applications):
    rates = current(read_kill_rates(DEFAULT_FOLDER), applications)
    assert sorted(rates) == [application.id for application in applications], "run 'mutants --record' on the others"
    assert [row for row in rates.values() if row.rate < LEAST_KILL_RATE] == []


def test_the_dataset_card_shows_the_catalogue_as_it_is(applications, duplicates):
    """Written by 'python -m iccm_dagster.applications stats --card'."""
    rates = current(read_kill_rates(DEFAULT_FOLDER), applications)
    rows = [statistics_of(application) for application in applications]
    assert read_figures(DEFAULT_FOLDER.parent / "README.md") == figures(rows, rates, duplicates)
