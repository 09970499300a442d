"""The command line: ``python -m iccm_dagster.applications validate | mutants | stats | add``."""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from iccm_dagster.applications.add import add_project
from iccm_dagster.applications.card import figures, write_figures
from iccm_dagster.applications.catalogue import Application, Split, is_candidate, load_application, load_catalogue
from iccm_dagster.applications.duplicates import near_duplicates
from iccm_dagster.applications.executed import execute_all
from iccm_dagster.applications.kill_rates import current, measured, read_kill_rates, write_kill_rates
from iccm_dagster.applications.statistics import statistics_of, totals
from iccm_dagster.applications.strength import EQUIVALENTS_FILE, LEAST_KILL_RATE, MutationReport, kill_mutants
from iccm_dagster.applications.validate import validate_application, validate_catalogue
from iccm_dagster.errors import ApplicationError, ICCMError
from iccm_dagster.progress import spoken

DEFAULT_FOLDER = Path(__file__).parents[2] / "data" / "applications"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m iccm_dagster.applications", description=__doc__)
    folder = Path(os.environ.get("ICCM_APPLICATIONS", DEFAULT_FOLDER))
    parser.add_argument("--catalogue", type=Path, default=folder, help="folder of applications")
    commands = parser.add_subparsers(required=True)
    validate = commands.add_parser("validate", help="check applications against every rule")
    validate.add_argument("--static", action="store_true", help="do not run tests")
    validate.set_defaults(run=_validate)
    mutants = commands.add_parser("mutants", help="run the tests on mutants of the sources")
    mutants.add_argument("--limit", type=int, help="mutants per application; all by default")
    mutants.add_argument("--seed", type=int, default=0, help="which mutants a limit keeps")
    mutants.add_argument("--record", action="store_true", help="keep the figures in kill_rates.csv")
    mutants.set_defaults(run=_mutants)
    stats = commands.add_parser("stats", help="the catalogue in numbers, and near-duplicates between splits")
    stats.add_argument("--json", action="store_true", help="print one JSON object with every figure")
    stats.add_argument("--card", action="store_true", help="write the figures into the README.md beside the catalogue")
    stats.set_defaults(run=_stats)
    add = commands.add_parser("add", help="turn a Python project into an application")
    add.add_argument("source", type=Path, help="its folder, or an sdist archive")
    add.add_argument("--name", help="name in the catalogue; the project's own by default")
    add.add_argument("--split", type=Split, choices=list(Split), default=Split.TRAIN, help="what it is used for")
    add.set_defaults(run=_add)
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
    roots, sound, count = _roots(given), list[Application](), 0
    for root in roots:
        problems = validate_application(root)
        count += _print(problems)
        if not problems:
            sound.append(load_application(root))
    if not given.static:
        listener = spoken(lambda text: print(text, file=sys.stderr), seconds=5.0)
        gold = [application for application in sound if application.gold]
        for problems in execute_all(gold, workers=given.workers, on_progress=listener).values():
            count += _print(problems)
    count += _print(validate_catalogue(sound))
    print(f"{len(roots)} applications, {count} problems")
    return 1 if count else 0


def _mutants(given: argparse.Namespace) -> int:
    weak = 0
    for root in _roots(given):
        try:
            application = load_application(root)
            report = kill_mutants(application, limit=given.limit, seed=given.seed, workers=given.workers)
        except ApplicationError as error:
            weak += _print([error])
            continue
        rate = report.kill_rate
        weak += rate is None or rate < LEAST_KILL_RATE
        print(_mutation_line(report), flush=True)
        if given.record:
            rows = read_kill_rates(given.catalogue) | {application.id: measured(report, application)}
            write_kill_rates(given.catalogue, rows.values())
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


def _stats(given: argparse.Namespace) -> int:
    catalogue = load_catalogue(given.catalogue)
    rows = [statistics_of(application) for application in catalogue.applications]
    held_out = [application for application in catalogue.applications if application.split is Split.HOLDOUT]
    others = [application for application in catalogue.applications if application.split is not Split.HOLDOUT]
    duplicates = near_duplicates(held_out, others)
    if given.card:
        rates = current(read_kill_rates(given.catalogue), catalogue.applications)
        write_figures(given.catalogue.parent / "README.md", figures(rows, rates, duplicates))
    elif given.json:
        report = {
            "applications": [row.row() for row in rows],
            "totals": [asdict(total) for total in totals(rows)],
            "duplicates": asdict(duplicates),
        }
        print(json.dumps(report, indent=2))
    else:
        print(_table([asdict(total) for total in totals(rows)]))
        print(_table([row.row() for row in rows]))
        print(f"holdout against the others, {duplicates.pairs:,} pairs of sections:")
        for name in ("literal", "shape", "requirement"):
            pair = getattr(duplicates, name)
            print(f"  {name}: " + (f"{pair.value:.2f} {pair.first} - {pair.second}" if pair else "nothing to compare"))
    return 0 if duplicates.clean else 1


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    """Return rows as aligned text, names of the columns first."""
    lines = [list(rows[0]), *([f"{v:.1f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _add(given: argparse.Namespace) -> int:
    added = add_project(given.source, catalogue=given.catalogue, split=given.split, name=given.name)
    application = added.application
    print(
        f"{application.id}: {application.origin}, licence {application.licence or 'unknown'}, split {application.split}"
    )
    sort = "gold" if application.gold else "derived"
    print(
        f"  {added.sections} sections, {added.tests} test functions, {len(application.requirements)} {sort} requirements"
    )
    print(f"  public modules: {', '.join(application.modules)}")
    for line in added.left_out:
        print(f"  left out or changed: {line}")
    for package, files in added.dependencies.installed.items():
        print(f"  needs {package}: {_named(files)}; the sandbox shows it the one installed here")
    for package, files in added.dependencies.missing.items():
        print(
            f"  needs {package}, which is not installed here: {_named(files)}; tests that need it cannot count. "
            f"Install the distribution that brings it (pip install {package}), remove {application.root}, and add again"
        )
    print("  its tests count once test_calibration has run them (make run, or the asset's page)")
    return 0


def _named(files: Sequence[str]) -> str:
    return files[0] + (f" and {len(files) - 1} more" if len(files) > 1 else "")


def _print(problems: Sequence[ApplicationError]) -> int:
    for error in problems:
        print(error)
    return len(problems)


if __name__ == "__main__":
    sys.exit(main())
