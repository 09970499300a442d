"""The command line: ``python -m iccm_dagster.applications validate | mutants | stats | add``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, is_candidate, load_application
from iccm_dagster.applications.executed import (
    EQUIVALENTS_FILE,
    LEAST_KILL_RATE,
    MutationReport,
    execute_traceability,
    kill_mutants,
)
from iccm_dagster.applications.validate import validate_application, validate_catalogue
from iccm_dagster.errors import ApplicationError, ICCMError

DEFAULT_FOLDER = Path(__file__).parents[2] / "data" / "applications"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.applications", description=__doc__)
    parser.add_argument("--catalogue", type=Path, default=DEFAULT_FOLDER, help="folder of applications")
    commands = parser.add_subparsers(required=True)
    validate = commands.add_parser("validate", help="check applications against every rule")
    validate.add_argument("--static", action="store_true", help="do not run tests")
    validate.set_defaults(run=_validate)
    mutants = commands.add_parser("mutants", help="run the tests on mutants of the sources")
    mutants.add_argument("--limit", type=int, help="mutants per application; all by default")
    mutants.add_argument("--seed", type=int, default=0, help="which mutants a limit keeps")
    mutants.set_defaults(run=_mutants)
    for command in (validate, mutants):
        command.add_argument("ids", nargs="*", help="applications; all when none is named")
        command.add_argument("--workers", type=int, default=1, help="runs at a time")
    given = parser.parse_args(arguments)
    try:
        return given.run(given)
    except ICCMError as error:
        print(error, file=sys.stderr)
        return 1


def _roots(given: argparse.Namespace) -> list[Path]:
    if given.ids:
        return [given.catalogue / id for id in given.ids]
    return sorted(path for path in given.catalogue.iterdir() if is_candidate(path))


def _validate(given: argparse.Namespace) -> int:
    roots, loaded, count = _roots(given), list[Application](), 0
    for root in roots:
        problems = validate_application(root)
        if not problems:
            loaded.append(application := load_application(root))
            if not given.static and application.gold:
                problems = _executed(application, given.workers)
        count += _print(problems)
    count += _print(validate_catalogue(loaded))
    print(f"{len(roots)} applications, {count} problems")
    return 1 if count else 0


def _executed(application: Application, workers: int) -> list[ApplicationError]:
    try:
        return list(execute_traceability(application, workers=workers, alone=False).problems)
    except ApplicationError as error:
        return [error]


def _mutants(given: argparse.Namespace) -> int:
    weak = 0
    for root in _roots(given):
        try:
            report = kill_mutants(load_application(root), limit=given.limit, seed=given.seed, workers=given.workers)
        except ApplicationError as error:
            weak += _print([error])
            continue
        rate = report.kill_rate
        weak += rate is None or rate < LEAST_KILL_RATE
        print(_mutation_line(report))
        for mutant in report.survivors:
            change = f"{mutant.before!r} -> {mutant.after!r}"
            print(f"  survived: {mutant.section} line {mutant.line}, {mutant.operator}: {change}")
        for key in report.stale:
            print(f"  no longer survives, remove it from {EQUIVALENTS_FILE}: {key}")
    return 1 if weak else 0


def _mutation_line(report: MutationReport) -> str:
    rate = "not judged" if report.kill_rate is None else f"{report.kill_rate:.1%} killed"
    counts = f"{report.killed} of {report.tried}, {report.equivalent} equivalent"
    return f"{report.application}: {rate} ({counts}), {report.processor_s:.0f} s"


def _print(problems: list[ApplicationError]) -> int:
    for error in problems:
        print(error)
    return len(problems)


if __name__ == "__main__":
    sys.exit(main())
