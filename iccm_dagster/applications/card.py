"""The figures of the dataset card, as Markdown: counts, lengths, kinds, kill rates, near-duplicates.

They stand between two marks in ``data/README.md`` and are written there by ``python -m iccm_dagster.applications stats --card``;
everything around the marks is written by hand. Nothing is run here: kill rates are those kept in ``kill_rates.csv``.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from iccm_dagster.applications.catalogue import Split
from iccm_dagster.applications.duplicates import DuplicateReport
from iccm_dagster.applications.kill_rates import KillRate
from iccm_dagster.applications.statistics import ApplicationStatistics, totals
from iccm_dagster.errors import CatalogueError

BEGIN = "<!-- begin figures, written by: python -m iccm_dagster.applications stats --card -->"
END = "<!-- end figures -->"
Table = Sequence[Sequence[object]]


def figures(
    rows: Sequence[ApplicationStatistics], kill_rates: Mapping[str, KillRate], duplicates: DuplicateReport
) -> str:
    """Return the figures; ``kill_rates`` holds only rows of the applications as they are now."""
    parts = [
        ("Counts", _counts(rows)),
        ("Lengths", _lengths(rows)),
        ("Kinds of requirements", _kinds(rows)),
        ("Strength of the tests", _strength(kill_rates)),
        ("Likeness between holdout and the other applications", _likeness(duplicates)),
        ("Each application", _applications(rows, kill_rates)),
    ]
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in parts)


def read_figures(card: Path) -> str:
    """Return the figures that the card shows.

    Raises:
        CatalogueError: The card lacks the two marks.
    """
    return _split(card)[1]


def write_figures(card: Path, text: str) -> None:
    """Replace the figures of the card.

    Raises:
        CatalogueError: The card lacks the two marks.
    """
    before, _, after = _split(card)
    card.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def _split(card: Path) -> tuple[str, str, str]:
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    before, begin, rest = text.partition(BEGIN)
    shown, end, after = rest.partition(END)
    if not begin or not end:
        raise CatalogueError(f"{card} has no place for the figures: write the lines {BEGIN!r} and {END!r} into it")
    return before, shown.strip(), after


def _counts(rows: Sequence[ApplicationStatistics]) -> str:
    names = ("applications", "lines", "sections", "tests", "requirements", "examples")
    found = [[total.name, *(f"{getattr(total, name):,}" for name in names)] for total in totals(rows)]
    note = "Tests are test functions, parametrised cases not counted. An example is one sentence (a requirement or one of its "
    return f"{_table(['split', *names], found)}\n\n{note}paraphrases) with the sections that implement it."


def _lengths(rows: Sequence[ApplicationStatistics]) -> str:
    names = ("modules", "lines", "sections", "tests", "requirements", "words", "sections_per_requirement")
    found = list[list[object]]()
    for name in names:
        values = [getattr(row, name) for row in rows]
        found.append([name.replace("_", " "), *(f"{edge(values):.4g}" for edge in (min, median, max))])
    note = "Over applications; words and sections per requirement are means of each application."
    return f"{_table(['of an application', 'least', 'median', 'most'], found)}\n\n{note}"


def _kinds(rows: Sequence[ApplicationStatistics]) -> str:
    names = ("functional", "non_functional", "constraints")
    groups = {str(split): [row for row in rows if row.split is split] for split in Split} | {"all": list(rows)}
    found = [
        [name, *(sum(getattr(row, kind) for row in group) for kind in names)] for name, group in groups.items() if group
    ]
    return _table(["split", "functional", "non-functional", "constraint"], found)


def _strength(kill_rates: Mapping[str, KillRate]) -> str:
    if not kill_rates:
        return "Not measured."
    found = list(kill_rates.values())
    tried, killed, equivalent = (sum(getattr(row, name) for row in found) for name in ("tried", "killed", "equivalent"))
    weakest = min(found, key=lambda row: row.rate)
    samples = [row.tried for row in found if row.tried < row.mutants]
    sampled = (
        f" (in {len(samples)} applications a random sample of {min(samples)} or more, drawn with seed 0)"
        if samples
        else ""
    )
    return (
        f"{len(found)} applications have {sum(row.mutants for row in found):,} first-order mutants; {tried:,} were run{sampled}. "
        f"Killed: {killed:,} of the {tried - equivalent:,} that are "
        f"not equivalent, {killed / max(1, tried - equivalent):.1%}. Over applications: median {median(r.rate for r in found):.1%}, "
        f"least {weakest.rate:.1%} ({weakest.application}). {equivalent} survivors are listed as equivalent, each with the reason."
    )


def _likeness(duplicates: DuplicateReport) -> str:
    found = list[list[object]]()
    for name, what in (
        ("literal", "code as written"),
        ("shape", "names and values replaced"),
        ("requirement", "requirements"),
    ):
        pair = getattr(duplicates, name)
        found.append([what, *((f"{pair.value:.2f}", pair.first, pair.second) if pair else ("-", "-", "-"))])
    note = f"{duplicates.pairs:,} pairs of sections were compared; 1 means the same."
    return f"{_table(['largest similarity of', 'value', 'holdout', 'other'], found)}\n\n{note}"


def _applications(rows: Sequence[ApplicationStatistics], kill_rates: Mapping[str, KillRate]) -> str:
    names = ("modules", "lines", "sections", "tests", "requirements")
    found = [
        [row.application, row.split, *(getattr(row, name) for name in names), _rate(kill_rates.get(row.application))]
        for row in rows
    ]
    return _table(["application", "split", *names, "mutants killed"], found)


def _rate(row: KillRate | None) -> str:
    if row is None:
        return "not measured"
    return f"{row.rate:.1%} ({row.killed} of {row.tried - row.equivalent})"


def _table(head: Iterable[object], rows: Table) -> str:
    lines = [list(head), *rows]
    written = ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|" + " --- |" * len(lines[0]), *written[1:]])
