"""The command line: ``python -m iccm_dagster.applications validate | mutants | stats | add``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from iccm_dagster.applications.catalogue import is_candidate
from iccm_dagster.applications.validate import validate_application, validate_catalogue
from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.errors import ApplicationError, ICCMError

DEFAULT_FOLDER = Path(__file__).parents[2] / "data" / "applications"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.applications", description=__doc__)
    parser.add_argument("--catalogue", type=Path, default=DEFAULT_FOLDER, help="folder of applications")
    commands = parser.add_subparsers(required=True)
    validate = commands.add_parser("validate", help="check applications against every rule")
    validate.add_argument("ids", nargs="*", help="applications; all when none is named")
    validate.set_defaults(run=_validate)
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
    problems = list[ApplicationError]()
    roots = _roots(given)
    for root in roots:
        found = validate_application(root)
        problems += found
        for error in found:
            print(error)
    print(f"{len(roots)} applications, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
