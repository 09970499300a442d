"""Semantic versions (semver.org 2.0.0) and the range expressions of package managers.

A range is a list of alternatives joined by `||`; an alternative is a list of comparators which must all hold.
Carets, tildes, wildcards and hyphens are rewritten into comparators when a range is read.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_NUMBER = r"0|[1-9][0-9]*"
_VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?")
_PARTIAL = re.compile(
    rf"(\^|~|>=|<=|>|<|=)?\s*v?({_NUMBER}|[xX*])(?:\.({_NUMBER}|[xX*]))?(?:\.({_NUMBER}|[xX*]))?"
    rf"(?:-({_IDENTIFIERS}))?(?:\+{_IDENTIFIERS})?"
)
_PARTS = ("major", "minor", "patch")


class VersionError(ValueError):
    """A text is not a semantic version, or a version cannot be changed as asked."""


class RangeError(ValueError):
    """A text is not a range expression."""


@dataclass(frozen=True)
class Version:
    """A semantic version; prerelease and build are tuples of identifiers, empty when absent."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    def text(self) -> str:
        """The version as text, with prerelease and build."""
        return _write(self)

    def is_stable(self) -> bool:
        """Whether the version is a release with a major number of at least one."""
        return self.major > 0 and not self.prerelease


@dataclass(frozen=True)
class Comparator:
    """One bound of a range: an operator (<, <=, >, >= or =) and a version."""

    operator: str
    version: Version

    def holds(self, version: Version) -> bool:
        """Whether the version lies on the right side of the bound, by precedence alone."""
        return _holds(self, version)


@dataclass(frozen=True)
class Range:
    """A parsed range expression: alternatives of comparators; an empty alternative allows every release."""

    alternatives: tuple[tuple[Comparator, ...], ...]

    def allows(self, version: Version, include_prereleases: bool = False) -> bool:
        """Whether the version lies in the range.

        A prerelease needs a comparator of its alternative that names a prerelease of the same three numbers,
        unless `include_prereleases` is set.
        """
        return _allows(self, version, include_prereleases)

    def text(self) -> str:
        """The range in plain comparators, alternatives joined by ` || `; `*` for an empty alternative."""
        written = []
        for alternative in self.alternatives:
            written.append(" ".join(bound.operator + _write(bound.version) for bound in alternative) or "*")
        return " || ".join(written)


def parse_version(text: str) -> Version:
    """Read a complete semantic version. Raises VersionError for anything else."""
    return _parse(text)


def is_valid(text: str) -> bool:
    """Whether the text is a complete semantic version."""
    try:
        _parse(text)
    except VersionError:
        return False
    return True


def compare(left: str, right: str) -> int:
    """-1, 0 or 1 as the left version precedes, equals or follows the right one; builds do not count."""
    first, second = _precedence(_parse(left)), _precedence(_parse(right))
    return (first > second) - (first < second)


def sort_versions(texts: Iterable[str], descending: bool = False) -> list[str]:
    """The versions in order of precedence; versions of equal precedence keep their order."""
    return sorted(texts, key=lambda text: _precedence(_parse(text)), reverse=descending)


def difference(left: str, right: str) -> str | None:
    """The most important part in which two versions differ: major, minor, patch, prerelease, or None."""
    first, second = _parse(left), _parse(right)
    for part in (*_PARTS, "prerelease"):
        if getattr(first, part) != getattr(second, part):
            return part
    return None


def bump(text: str, part: str) -> str:
    """The next major, minor or patch version; a prerelease of exactly that version becomes its release.

    Raises VersionError for another part.
    """
    version = _parse(text)
    if part not in _PARTS:
        raise VersionError(f"cannot bump {part!r}")
    numbers = [version.major, version.minor, version.patch]
    place = _PARTS.index(part)
    if not version.prerelease or any(numbers[place + 1 :]):
        numbers[place] += 1
    return _write(Version(*numbers[: place + 1], *[0] * (2 - place)))


def bump_prerelease(text: str, label: str = "rc") -> str:
    """The next prerelease with the label, numbered from 1; a release first moves on to its next patch.

    Another label starts at 1 again and must follow the present one, otherwise VersionError is raised.
    """
    version = _parse(text)
    if not re.fullmatch(r"[0-9A-Za-z-]*[A-Za-z-][0-9A-Za-z-]*", label):
        raise VersionError(f"not a label: {label!r}")
    numbers = (version.major, version.minor, version.patch)
    if not version.prerelease:
        return _write(Version(*numbers[:2], version.patch + 1, (label, "1")))
    counter = 1
    if version.prerelease[0] == label and version.prerelease[1:] and version.prerelease[1].isdecimal():
        counter = int(version.prerelease[1]) + 1
    following = Version(*numbers, (label, str(counter)))
    if _precedence(following) <= _precedence(version):
        raise VersionError(f"{label!r} does not follow {'.'.join(version.prerelease)!r}")
    return _write(following)


def parse_range(text: str) -> Range:
    """Read a range expression. Raises RangeError."""
    return _parse_range(text)


def satisfies(version: str, expression: str, include_prereleases: bool = False) -> bool:
    """Whether the version lies in the range expression."""
    return _allows(_parse_range(expression), _parse(version), include_prereleases)


def best_match(versions: Iterable[str], expression: str) -> str | None:
    """The version of highest precedence in the range, or None."""
    return max(_matching(versions, expression), key=lambda text: _precedence(_parse(text)), default=None)


def oldest_match(versions: Iterable[str], expression: str) -> str | None:
    """The version of lowest precedence in the range, or None."""
    return min(_matching(versions, expression), key=lambda text: _precedence(_parse(text)), default=None)


def outdated(installed: str, expression: str, published: Iterable[str]) -> str | None:
    """The best published version in the range when it is newer than the installed one, or None."""
    current = _precedence(_parse(installed))
    newer = [text for text in _matching(published, expression) if _precedence(_parse(text)) > current]
    return max(newer, key=lambda text: _precedence(_parse(text)), default=None)


def _parse(text: str) -> Version:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise VersionError(f"not a semantic version: {text!r}")
    prerelease = _identifiers(found[4])
    if any(name.isdecimal() and name[0] == "0" and len(name) > 1 for name in prerelease):
        raise VersionError(f"a numeric identifier starts with a zero: {text!r}")
    return Version(int(found[1]), int(found[2]), int(found[3]), prerelease, _identifiers(found[5]))


def _identifiers(text: str | None) -> tuple[str, ...]:
    return tuple(text.split(".")) if text else ()


def _write(version: Version) -> str:
    text = f"{version.major}.{version.minor}.{version.patch}"
    if version.prerelease:
        text += "-" + ".".join(version.prerelease)
    return text + ("+" + ".".join(version.build) if version.build else "")


def _precedence(version: Version) -> tuple:
    """A key that orders versions: a release follows its prereleases, numbers precede words."""
    names = tuple((0, int(name), "") if name.isdecimal() else (1, 0, name) for name in version.prerelease)
    return version.major, version.minor, version.patch, not version.prerelease, names


def _holds(bound: Comparator, version: Version) -> bool:
    ours, theirs = _precedence(version), _precedence(bound.version)
    if ours == theirs:
        return "=" in bound.operator
    return bound.operator[0] == ("<" if ours < theirs else ">")


def _allows(wanted: Range, version: Version, include_prereleases: bool) -> bool:
    return any(_allowed_by(bounds, version, include_prereleases) for bounds in wanted.alternatives)


def _allowed_by(bounds: tuple[Comparator, ...], version: Version, include_prereleases: bool) -> bool:
    if not all(_holds(bound, version) for bound in bounds):
        return False
    if include_prereleases or not version.prerelease:
        return True
    numbers = (version.major, version.minor, version.patch)
    named = [bound.version for bound in bounds if bound.version.prerelease not in ((), ("0",))]
    return any((one.major, one.minor, one.patch) == numbers for one in named)


def _matching(versions: Iterable[str], expression: str) -> list[str]:
    wanted = _parse_range(expression)
    return [text for text in versions if _allows(wanted, _parse(text), False)]


def _parse_range(text: str) -> Range:
    return Range(tuple(_alternative(part.strip()) for part in text.split("||")))


def _alternative(text: str) -> tuple[Comparator, ...]:
    ends = re.split(r"\s+-\s+", text)
    if len(ends) == 2:
        return tuple(_desugar(">=" + ends[0], text) + _desugar("<=" + ends[1], text))
    joined = re.sub(r"(\^|~|>=|<=|>|<|=)\s+", r"\1", text)
    bounds: list[Comparator] = []
    for word in joined.split():
        bounds += _desugar(word, text)
    return tuple(bounds)


def _desugar(word: str, text: str) -> list[Comparator]:
    """Rewrite one word of a range into comparators."""
    found = _PARTIAL.fullmatch(word)
    if found is None:
        raise RangeError(f"not a range: {text!r}")
    operator, numbers = found[1] or "", _given_numbers(found.group(2, 3, 4))
    if found[5] and len(numbers) < 3:
        raise RangeError(f"a prerelease needs three numbers: {text!r}")
    if not numbers:
        return [Comparator("<", Version(0, 0, 0, ("0",)))] if operator in ("<", ">") else []
    low = Version(*numbers, *[0] * (3 - len(numbers)), prerelease=_identifiers(found[5]))
    if operator == "^":
        return [Comparator(">=", low), _below(_caret_place(numbers), numbers)]
    if operator == "~":
        return [Comparator(">=", low), _below(min(1, len(numbers) - 1), numbers)]
    if len(numbers) == 3:
        return [Comparator(operator or "=", low)]
    next_up = _below(len(numbers) - 1, numbers)
    if operator in ("", "="):
        return [Comparator(">=", low), next_up]
    if operator in (">=", "<"):
        return [Comparator(operator, low if operator == ">=" else _first_of(low))]
    return [next_up] if operator == "<=" else [Comparator(">=", Version(*_numbers_of(next_up.version)))]


def _given_numbers(pieces: tuple[str | None, ...]) -> list[int]:
    numbers = []
    for piece in pieces:
        if piece is None or piece in "xX*":
            break
        numbers.append(int(piece))
    return numbers


def _caret_place(numbers: list[int]) -> int:
    """The leftmost number that is not zero, or the last given one."""
    return next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)


def _below(place: int, numbers: list[int]) -> Comparator:
    """The bound below the next version when the number at the place goes up; its prereleases are out, too."""
    raised = [*numbers[:place], numbers[place] + 1, 0, 0][:3]
    return Comparator("<", Version(*raised, prerelease=("0",)))


def _first_of(version: Version) -> Version:
    return Version(version.major, version.minor, version.patch, ("0",))


def _numbers_of(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch
