"""Near-duplicates between applications: code or requirements of one that another repeats.

Similarity is the share of runs of five tokens that two sections have in common (Jaccard, in [0, 1]): ``literal`` compares
tokens as written, ``shape`` replaces names, strings and numbers, so that renamed copies show. Sections below ``LEAST_TOKENS``
are left out: getters look alike everywhere. Requirements are compared by their words. Not covered: the same idea in other code.
"""

import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from iccm_dagster.applications.catalogue import Application
from iccm_dagster.applications.requirement_rules import overlap
from iccm_dagster.applications.sections import SectionKind, sections_of

LEAST_TOKENS = 40
# Above these a section of one split repeats one of another.
LARGEST_LITERAL = 0.6
LARGEST_SHAPE = 0.85
_RUN = 5
_SKIPPED = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)

Runs = frozenset[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Two places of different applications, and how alike they are."""

    first: str
    """``application:section`` or ``application:requirement``."""
    second: str
    """The same of the other one."""
    value: float
    """Share in common, in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateReport:
    """The most similar pairs between two groups of applications; None where a group has nothing to compare."""

    literal: Similarity | None
    """Code as written."""
    shape: Similarity | None
    """Code with names, strings and numbers replaced."""
    requirement: Similarity | None
    """Requirement texts."""
    pairs: int
    """Pairs of sections compared."""

    @property
    def clean(self) -> bool:
        """Whether nothing is repeated."""
        literal, shape = (pair.value if pair else 0.0 for pair in (self.literal, self.shape))
        return literal <= LARGEST_LITERAL and shape <= LARGEST_SHAPE


def near_duplicates(first: Collection[Application], second: Collection[Application]) -> DuplicateReport:
    """Compare every section and requirement of ``first`` with every one of ``second``."""
    one, two = list(_fingerprints(first)), list(_fingerprints(second))
    literal = _most_similar([(name, runs) for name, runs, _ in one], [(name, runs) for name, runs, _ in two])
    shape = _most_similar([(name, runs) for name, _, runs in one], [(name, runs) for name, _, runs in two])
    texts = [
        Similarity(first=name, second=other, value=overlap(text, twin))
        for name, text in _texts(first)
        for other, twin in _texts(second)
    ]
    requirement = max(texts, key=lambda pair: pair.value, default=None)
    return DuplicateReport(literal=literal, shape=shape, requirement=requirement, pairs=len(one) * len(two))


def token_runs(code: str, *, shape: bool) -> Runs:
    """Return the runs of five tokens in ``code``; with ``shape``, names, strings and numbers are replaced."""
    tokens = [_shape_of(token) if shape else token.string for token in _tokens(code)]
    return frozenset(zip(*(tokens[start:] for start in range(_RUN)), strict=False))


def _tokens(code: str) -> list[tokenize.TokenInfo]:
    return [token for token in tokenize.generate_tokens(io.StringIO(code).readline) if token.type not in _SKIPPED]


def _shape_of(token: tokenize.TokenInfo) -> str:
    match token.type:
        case tokenize.NAME if not keyword.iskeyword(token.string):
            return "name"
        case tokenize.STRING:
            return "text"
        case tokenize.NUMBER:
            return "number"
    return token.string


def _fingerprints(applications: Iterable[Application]) -> Iterable[tuple[str, Runs, Runs]]:
    for application in applications:
        for section in sections_of(application):
            if section.kind is not SectionKind.CLASS and len(_tokens(section.code)) >= LEAST_TOKENS:
                runs = token_runs(section.code, shape=False), token_runs(section.code, shape=True)
                yield f"{application.id}:{section.name}", *runs


def _most_similar(first: list[tuple[str, Runs]], second: list[tuple[str, Runs]]) -> Similarity | None:
    """Return the most similar pair, found through the runs they share."""
    holders: dict[tuple[str, ...], list[int]] = {}
    for index, (_, runs) in enumerate(second):
        for run in runs:
            holders.setdefault(run, []).append(index)
    best: Similarity | None = None
    for name, runs in first:
        shared = Counter(index for run in runs for index in holders.get(run, ()))
        for index, common in shared.items():
            other, twin = second[index]
            value = common / (len(runs) + len(twin) - common)
            if best is None or value > best.value:
                best = Similarity(first=name, second=other, value=value)
    return best


def _texts(applications: Iterable[Application]) -> list[tuple[str, str]]:
    return [
        (f"{item.id}:{requirement.id}", requirement.text) for item in applications for requirement in item.requirements
    ]
