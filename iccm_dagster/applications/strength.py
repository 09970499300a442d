"""How strong the tests of an application are: the share of its first-order mutants that they notice.

The tests of the requirements that a mutated section belongs to run first, so that most mutants die within a few tests.
Only for applications of the catalogue, whose code is trusted; see ``runs``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iccm_dagster.applications.catalogue import Application, source_files
from iccm_dagster.applications.executed import fails_on_original
from iccm_dagster.applications.files import problem, read_toml
from iccm_dagster.applications.mutants import Mutant, mutants_of
from iccm_dagster.applications.runs import Job, Outcome, run_jobs
from iccm_dagster.applications.sections import Closure, sections_of
from iccm_dagster.applications.traceability import read_traceability

EQUIVALENTS_FILE = "equivalent_mutants.toml"
LEAST_KILL_RATE = 0.8
# A mutant that loops is stopped after this many times the processor time of the original, and never before SHORTEST_S.
_PATIENCE = 5.0
_SHORTEST_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MutationReport:
    """How many faults the tests of one application notice."""

    application: str
    """Id of the application."""
    mutants: int
    """Mutants there are."""
    tried: int
    """Mutants run."""
    killed: int
    """Mutants on which a test failed, hung or crashed."""
    equivalent: int
    """Survivors listed as equivalent."""
    survivors: tuple[Mutant, ...]
    """Survivors that are not listed."""
    processor_s: float
    """Processor time of all runs [s]."""
    stale: tuple[str, ...] = ()
    """Listed mutants that no longer survive; always empty for a sample of the mutants."""

    @property
    def kill_rate(self) -> float | None:
        """Killed mutants over those that are not equivalent; None when no mutant was tried."""
        judged = self.tried - self.equivalent
        return self.killed / judged if judged else None


def kill_mutants(application: Application, *, limit: int | None, seed: int, workers: int) -> MutationReport:
    """Run the tests on the mutants of an application; a hang or a crash counts as killed.

    Raises:
        ApplicationError: The tests fail on the original, or the list of equivalent mutants cannot be read.
    """
    tests = application.tests_dir
    original = run_jobs([Job(files=source_files(application), tests=tests)], workers=1)[0]
    if original.outcome is not Outcome.PASSED:
        raise fails_on_original(application, original)
    patience = max(_SHORTEST_S, _PATIENCE * original.processor_s)
    everything = mutants_of(application, limit=None, seed=seed)
    mutants = everything if limit is None else mutants_of(application, limit=limit, seed=seed)
    nearest = _tests_by_section(application)
    jobs = (
        Job(files=mutant.files, tests=tests, first=nearest.get(mutant.section, frozenset()), processor_s=patience)
        for mutant in mutants
    )
    runs = run_jobs(jobs, workers=workers)
    lived = [mutant for mutant, run in zip(mutants, runs, strict=True) if run.outcome is Outcome.PASSED]
    listed = read_equivalents(application)
    unlisted = [mutant for mutant in lived if mutant_key(mutant) not in listed]
    gone = set(listed) - {mutant_key(mutant) for mutant in lived} if limit is None else set()
    return MutationReport(
        application=application.id,
        mutants=len(everything),
        tried=len(mutants),
        killed=len(mutants) - len(lived),
        equivalent=len(lived) - len(unlisted),
        survivors=tuple(unlisted),
        processor_s=sum(run.processor_s for run in runs),
        stale=tuple(" | ".join(key) for key in sorted(gone)),
    )


def _tests_by_section(application: Application) -> Mapping[str, frozenset[str]]:
    """Return the test functions of the requirements that each section belongs to, itself or through what calls it."""
    sections = sections_of(application)
    traceability, _ = read_traceability(application, sections)
    closure, found = Closure(sections), dict[str, set[str]]()
    for id, spans in traceability.sections.items():
        for section in closure.of(span.section for span in spans):
            found.setdefault(section, set()).update(traceability.tests.get(id, ()))
    return {section: frozenset(tests) for section, tests in found.items()}


MutantKey = tuple[str, str, str, str]


def mutant_key(mutant: Mutant) -> MutantKey:
    """Return what names a mutant in ``equivalent_mutants.toml``: section, operator, before, after."""
    return mutant.section, str(mutant.operator), _one_line(mutant.before), _one_line(mutant.after)


def read_equivalents(application: Application) -> dict[MutantKey, str]:
    """Return the mutants accepted as equivalent with the reason; empty without ``equivalent_mutants.toml``.

    Raises:
        ApplicationError: The file is broken, or an entry lacks a key or a reason.
    """
    path = application.root / EQUIVALENTS_FILE
    entries = read_toml(application.root, path).get("equivalent", []) if path.exists() else []
    listed: dict[MutantKey, str] = {}
    for number, entry in enumerate(entries, start=1):
        missing = [key for key in ("section", "operator", "before", "after", "reason") if not _is_text(entry, key)]
        if missing:
            remedy = "Give each [[equivalent]] a section, operator, before, after and reason"
            raise problem(application.root, f"entry {number} lacks {', '.join(missing)}", remedy, path)
        key = (entry["section"], entry["operator"], _one_line(entry["before"]), _one_line(entry["after"]))
        listed[key] = entry["reason"]
    return listed


def _is_text(entry: Any, key: str) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get(key), str) and bool(entry[key].strip())


def _one_line(text: str) -> str:
    return " ".join(text.split())
