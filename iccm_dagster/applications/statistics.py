"""The catalogue in numbers: one row per application, and their sums, ready for tables and plots.

Counted without running anything: test functions, not parametrised cases; lines as written, comments included.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from iccm_dagster.applications.catalogue import Application, Split, source_files, test_files
from iccm_dagster.applications.requirement_rules import word_count
from iccm_dagster.applications.requirements import Kind
from iccm_dagster.applications.sections import sections_of
from iccm_dagster.applications.traceability import marked_tests, read_traceability


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationStatistics:
    """One application in numbers."""

    application: str
    """Its id."""
    split: Split
    """What it is used for."""
    gold: bool
    """Whether its requirements were written by hand."""
    modules: int
    """Source files."""
    lines: int
    """Source lines."""
    sections: int
    """Functions, methods and classes."""
    public_sections: int
    """Sections that users reach by name."""
    tests: int
    """Test functions."""
    requirements: int
    """Requirements."""
    functional: int
    """Functional requirements."""
    non_functional: int
    """Non-functional requirements."""
    constraints: int
    """Constraints."""
    paraphrases: int
    """Paraphrases of all requirements."""
    examples: int
    """(Sentence, sections) pairs: each requirement and each of its paraphrases."""
    words: float
    """Words per requirement, mean."""
    sections_per_requirement: float
    """Traced sections per requirement, mean."""
    tests_per_requirement: float
    """Marked tests per requirement, mean; 0 for derived requirements."""

    def row(self) -> dict[str, object]:
        """Return the fields by name, for a table."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Several applications in numbers."""

    name: str
    """What they have in common."""
    applications: int
    """Their number."""
    lines: int
    """Source lines."""
    sections: int
    """Functions, methods and classes."""
    tests: int
    """Test functions."""
    requirements: int
    """Requirements."""
    examples: int
    """(Sentence, sections) pairs."""


def statistics_of(application: Application) -> ApplicationStatistics:
    """Return one application in numbers.

    Raises:
        ApplicationError: A file of it cannot be read.
    """
    sources = [text for path, text in source_files(application).items() if path.endswith(".py")]
    sections = sections_of(application)
    traceability, _ = read_traceability(application, sections)
    requirements = application.requirements
    kinds = [requirement.kind for requirement in requirements]
    paraphrases = sum(len(requirement.paraphrases) for requirement in requirements)
    return ApplicationStatistics(
        application=application.id,
        split=application.split,
        gold=application.gold,
        modules=len(sources),
        lines=sum(text.count("\n") for text in sources),
        sections=len(sections),
        public_sections=sum(section.public for section in sections),
        tests=len(marked_tests(test_files(application), application=application.id)),
        requirements=len(requirements),
        functional=kinds.count(Kind.FUNCTIONAL),
        non_functional=kinds.count(Kind.NON_FUNCTIONAL),
        constraints=kinds.count(Kind.CONSTRAINT),
        paraphrases=paraphrases,
        examples=len(requirements) + paraphrases,
        words=_mean(word_count(requirement.text) for requirement in requirements),
        sections_per_requirement=_mean(len(spans) for spans in traceability.sections.values()),
        tests_per_requirement=_mean(len(tests) for tests in traceability.tests.values()),
    )


def totals(rows: Sequence[ApplicationStatistics]) -> list[Totals]:
    """Return the sums of each split that has applications, then of all."""
    groups = {str(split): [row for row in rows if row.split is split] for split in Split} | {"all": list(rows)}
    return [_totals(name, group) for name, group in groups.items() if group]


def _totals(name: str, rows: Sequence[ApplicationStatistics]) -> Totals:
    return Totals(
        name=name,
        applications=len(rows),
        lines=sum(row.lines for row in rows),
        sections=sum(row.sections for row in rows),
        tests=sum(row.tests for row in rows),
        requirements=sum(row.requirements for row in rows),
        examples=sum(row.examples for row in rows),
    )


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return fmean(found) if found else 0.0
