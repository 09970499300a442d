"""Validate applications: every rule is checked, every breach is one record, and none stops the others.

``validate_application`` reads and imports an application; the tests run in ``executed``. Added applications (derived
requirements) are held to what any application needs: readable files, tests, sections that exist.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from iccm_dagster.applications.catalogue import (
    APPLICATION_FILE,
    TRACEABILITY_FILE,
    Application,
    Split,
    load_application,
)
from iccm_dagster.applications.files import problem
from iccm_dagster.applications.program_rules import coverage_problems, program_problems
from iccm_dagster.applications.rebuild import sections_run_at_import
from iccm_dagster.applications.requirement_rules import requirement_problems
from iccm_dagster.applications.sections import Section, sections_of
from iccm_dagster.applications.traceability import read_traceability
from iccm_dagster.errors import ApplicationError

APPLICATIONS = {Split.TRAIN: 32, Split.VALIDATION: 8, Split.HOLDOUT: 10}


def validate_application(root: Path) -> list[ApplicationError]:
    """Return every problem of the application in ``root`` that can be found without running its tests."""
    try:
        application = load_application(root)
        sections = sections_of(application)
    except ApplicationError as error:
        return [error]
    checks = [_traceability]
    if application.gold:
        checks += [requirement_problems, program_problems]
    return [found for check in checks for found in _collected(check, application, sections)]


def validate_catalogue(applications: Iterable[Application]) -> list[ApplicationError]:
    """Return the problems that only show between applications: modules provided twice."""
    problems, owners = list[ApplicationError](), dict[str, str]()
    for application in applications:
        for top in sorted({module.split(".")[0] for module in application.modules}):
            owner = owners.setdefault(top, application.id)
            if owner != application.id:
                reason = f"module {top!r} is already provided by {owner}"
                path = application.root / APPLICATION_FILE
                problems.append(problem(application.root, reason, "Rename the module", path))
    return problems


def _collected(
    check: Callable[[Application, tuple[Section, ...]], Iterator[ApplicationError]],
    application: Application,
    sections: tuple[Section, ...],
) -> list[ApplicationError]:
    """Run one check to its end or to the record that ends it."""
    found = list[ApplicationError]()
    try:
        for record in check(application, sections):
            found.append(record)
    except ApplicationError as error:
        found.append(error)
    return found


def _traceability(application: Application, sections: tuple[Section, ...]) -> Iterator[ApplicationError]:
    if not application.gold and not (application.root / TRACEABILITY_FILE).exists():
        return
    traceability, problems = read_traceability(application, sections)
    yield from problems
    at_import = sections_run_at_import(application)
    if application.gold:
        yield from coverage_problems(application, sections, traceability, at_import)
