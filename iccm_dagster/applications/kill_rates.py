"""Measured kill rates, kept in ``kill_rates.csv`` beside the applications they were measured on.

Each row carries a hash of what it depends on (sources, tests, listed equivalents): a figure of another state of the
application is stale and says so. Measured by ``python -m iccm_dagster.applications mutants --record``.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, source_files, test_files
from iccm_dagster.applications.strength import MutationReport, read_equivalents
from iccm_dagster.errors import CatalogueError

KILL_RATES_FILE = "kill_rates.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class KillRate:
    """How many mutants the tests of one application notice, as measured."""

    application: str
    """Id of the application."""
    mutants: int
    """Mutants there are."""
    tried: int
    """Mutants run: all, or a random sample of them."""
    killed: int
    """Mutants on which a test failed, hung or crashed."""
    equivalent: int
    """Survivors among those tried that are listed as equivalent."""
    state: str
    """Hash of what was measured; see ``state_of``."""

    @property
    def rate(self) -> float:
        """Killed mutants over those tried that are not equivalent, in [0, 1]."""
        return self.killed / max(1, self.tried - self.equivalent)


def measured(report: MutationReport, application: Application) -> KillRate:
    """Return the row of one report on the application as it is now."""
    return KillRate(
        application=application.id,
        mutants=report.mutants,
        tried=report.tried,
        killed=report.killed,
        equivalent=report.equivalent,
        state=state_of(application),
    )


def state_of(application: Application) -> str:
    """Return 16 hexadecimal digits that change with sources, tests and listed equivalents."""
    parts = [f"src/{path}\0{text}\0" for path, text in sorted(source_files(application).items())]
    parts += [f"tests/{path}\0{text}\0" for path, text in sorted(test_files(application).items())]
    parts += ["\0".join(key) for key in sorted(read_equivalents(application))]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:16]


def read_kill_rates(catalogue: Path) -> dict[str, KillRate]:
    """Return the rows in ``catalogue`` by application, stale ones included; empty without the file.

    Raises:
        CatalogueError: The file is broken.
    """
    path = catalogue / KILL_RATES_FILE
    if not path.exists():
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        numbers = ("mutants", "tried", "killed", "equivalent")
        found = [KillRate(**(row | {name: int(row[name]) for name in numbers})) for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        remedy = "measure again with 'python -m iccm_dagster.applications mutants --record'"
        raise CatalogueError(f"{path} is no table of kill rates ({error}): {remedy}") from error
    return {row.application: row for row in found}


def current(rows: Mapping[str, KillRate], applications: Iterable[Application]) -> dict[str, KillRate]:
    """Return the rows that were measured on the applications as they are now."""
    states = {application.id: state_of(application) for application in applications if application.id in rows}
    return {id: rows[id] for id, state in states.items() if rows[id].state == state}


def write_kill_rates(catalogue: Path, rows: Iterable[KillRate]) -> None:
    """Write the rows in order of their applications."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(KillRate)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in sorted(rows, key=lambda row: row.application))
    path = catalogue / KILL_RATES_FILE
    draft = path.with_suffix(".tmp")
    draft.write_text(text.getvalue(), encoding="utf-8")
    draft.replace(path)
