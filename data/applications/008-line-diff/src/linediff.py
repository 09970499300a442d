"""Line differences: edit scripts, unified hunks, patches that apply and reverse, and a three-way merge.

Lines are plain strings without their terminators. Nothing here looks inside a line: words are not compared.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_HEADER = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SIGNS = {"equal": " ", "delete": "-", "insert": "+"}
_KINDS = {sign: kind for kind, sign in _SIGNS.items()}
_OPPOSITE = {"equal": "equal", "delete": "insert", "insert": "delete"}


class DiffError(Exception):
    """Base of every error raised by this module."""


class PatchSyntaxError(DiffError):
    """The text is not a well-formed unified patch."""


class PatchMismatch(DiffError):
    """A hunk does not fit the lines it is applied to."""


class MergeConflict(DiffError):
    """A merge was asked for its lines although both sides changed the same region."""


@dataclass(frozen=True)
class Edit:
    """One step of an edit script: a line that is kept, deleted or inserted."""

    kind: str
    line: str


@dataclass(frozen=True)
class Hunk:
    """A run of edits with the place where it starts in the old and in the new lines (counted from 1)."""

    old_start: int
    new_start: int
    edits: tuple[Edit, ...]

    def old_lines(self) -> list[str]:
        """The lines which the hunk expects to find: context and deletions."""
        return _old_side(self.edits)

    def new_lines(self) -> list[str]:
        """The lines which the hunk leaves behind: context and insertions."""
        return _new_side(self.edits)

    def header(self) -> str:
        """The line `@@ -start,count +start,count @@`; a count of one is left out."""
        old = _span(self.old_start, len(_old_side(self.edits)))
        new = _span(self.new_start, len(_new_side(self.edits)))
        return f"@@ -{old} +{new} @@"


@dataclass(frozen=True)
class Patch:
    """The differences between two named texts."""

    old_name: str
    new_name: str
    hunks: tuple[Hunk, ...]

    def apply(self, lines: Sequence[str], max_offset: int = 0) -> list[str]:
        """Apply every hunk to the lines and return the new ones.

        A hunk may have moved by up to `max_offset` lines; the nearest fit wins, the earlier one on a tie.
        Raises PatchMismatch when a hunk fits nowhere.
        """
        result: list[str] = []
        position = drift = 0
        for number, hunk in enumerate(self.hunks, start=1):
            expected = _old_side(hunk.edits)
            wanted = hunk.old_start - (1 if expected else 0) + drift
            found = _locate(lines, expected, wanted, position, max_offset)
            if found is None:
                raise PatchMismatch(f"hunk {number} does not fit at line {wanted + 1}")
            result.extend(lines[position:found])
            result.extend(_new_side(hunk.edits))
            position = found + len(expected)
            drift += found - wanted
        return result + list(lines[position:])

    def reverse(self) -> "Patch":
        """The patch that undoes this one."""
        hunks = []
        for hunk in self.hunks:
            flipped = [Edit(_OPPOSITE[edit.kind], edit.line) for edit in hunk.edits]
            hunks.append(Hunk(hunk.new_start, hunk.old_start, tuple(_deletions_first(flipped))))
        return Patch(self.new_name, self.old_name, tuple(hunks))

    def stats(self) -> tuple[int, int]:
        """How many lines the patch adds and how many it removes."""
        kinds = [edit.kind for hunk in self.hunks for edit in hunk.edits]
        return kinds.count("insert"), kinds.count("delete")

    def format(self) -> str:
        """The patch as unified text; the empty string when it has no hunks."""
        if not self.hunks:
            return ""
        rows = [f"--- {self.old_name}", f"+++ {self.new_name}"]
        for hunk in self.hunks:
            rows.append(hunk.header())
            rows.extend(_SIGNS[edit.kind] + edit.line for edit in hunk.edits)
        return "\n".join(rows) + "\n"


@dataclass(frozen=True)
class Region:
    """A stretch of a merge: what the base and both sides hold there."""

    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]

    def is_conflict(self) -> bool:
        """Whether both sides changed the region, and differently."""
        return _resolve(self) is None


@dataclass(frozen=True)
class Merge:
    """The outcome of a three-way merge, region by region."""

    regions: tuple[Region, ...]

    def conflicts(self) -> list[Region]:
        """The regions which nobody but a person can settle, in order."""
        return [region for region in self.regions if _resolve(region) is None]

    def lines(self) -> list[str]:
        """The merged lines. Raises MergeConflict when a region is in conflict."""
        merged: list[str] = []
        for region in self.regions:
            settled = _resolve(region)
            if settled is None:
                raise MergeConflict("both sides changed the same lines")
            merged.extend(settled)
        return merged

    def render(self, ours: str = "ours", theirs: str = "theirs", show_base: bool = False) -> list[str]:
        """The merged lines with conflict markers around the regions in conflict."""
        rows: list[str] = []
        for region in self.regions:
            settled = _resolve(region)
            if settled is not None:
                rows.extend(settled)
                continue
            rows += [f"<<<<<<< {ours}", *region.ours]
            if show_base:
                rows += ["||||||| base", *region.base]
            rows += ["=======", *region.theirs, f">>>>>>> {theirs}"]
        return rows


def split_lines(text: str) -> list[str]:
    """Split a text at line feeds, with or without a carriage return before them; a final one ends the last line."""
    if not text:
        return []
    body = text[:-1] if text.endswith("\n") else text
    return [line.removesuffix("\r") for line in body.split("\n")]


def common_lines(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """A longest common subsequence of the two lists of lines."""
    return [old[i] for i, _ in _matches(old, new)]


def diff_lines(old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    """A shortest edit script from old to new; within a change, deletions come before insertions."""
    return _script(old, new)


def distance(old: Sequence[str], new: Sequence[str]) -> int:
    """The number of insertions and deletions between the two lists."""
    return len(old) + len(new) - 2 * len(_matches(old, new))


def similarity(old: Sequence[str], new: Sequence[str]) -> float:
    """Twice the common lines over all lines: 1.0 for equal lists (two empty ones too), 0.0 for unrelated ones."""
    total = len(old) + len(new)
    return 2 * len(_matches(old, new)) / total if total else 1.0


def make_patch(
    old: Sequence[str], new: Sequence[str], old_name: str = "a", new_name: str = "b", context: int = 3
) -> Patch:
    """The patch from old to new, with `context` unchanged lines around each change.

    Changes at most twice the context apart share a hunk. Raises ValueError for a negative context.
    """
    if context < 0:
        raise ValueError(f"context must not be negative: {context}")
    script = _script(old, new)
    hunks = tuple(_hunk_at(script, first, last) for first, last in _windows(script, context))
    return Patch(old_name, new_name, hunks)


def parse_patch(text: str) -> Patch:
    """Read a unified patch for one file. Raises PatchSyntaxError when the text is malformed."""
    rows = [row for row in text.split("\n") if not row.startswith("\\")]
    if len(rows) < 2 or not rows[0].startswith("--- ") or not rows[1].startswith("+++ "):
        raise PatchSyntaxError("a patch starts with '---' and '+++' lines")
    if rows[-1] == "":
        rows.pop()
    hunks: list[Hunk] = []
    index = 2
    while index < len(rows):
        hunk, index = _read_hunk(rows, index)
        hunks.append(hunk)
    return Patch(rows[0][4:], rows[1][4:], tuple(hunks))


def merge(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Merge:
    """Merge two descendants of a common base."""
    to_ours, to_theirs = dict(_matches(base, ours)), dict(_matches(base, theirs))
    anchors = [(i, to_ours[i], to_theirs[i]) for i in to_ours if i in to_theirs]
    regions: list[Region] = []
    b = o = t = 0
    for next_b, next_o, next_t in [*anchors, (len(base), len(ours), len(theirs))]:
        gap = Region(tuple(base[b:next_b]), tuple(ours[o:next_o]), tuple(theirs[t:next_t]))
        if gap.base or gap.ours or gap.theirs:
            regions.append(gap)
        if next_b < len(base):
            kept = (base[next_b],)
            regions.append(Region(kept, kept, kept))
        b, o, t = next_b + 1, next_o + 1, next_t + 1
    return Merge(tuple(regions))


def _matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Index pairs of a longest common subsequence; the common head and tail skip the quadratic table."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    inner = _table_matches(old[head : len(old) - tail], new[head : len(new) - tail])
    pairs = [(i, i) for i in range(head)]
    pairs += [(i + head, j + head) for i, j in inner]
    return pairs + [(len(old) - k, len(new) - k) for k in range(tail, 0, -1)]


def _table_matches(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    length = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            same = old[i] == new[j]
            length[i][j] = length[i + 1][j + 1] + 1 if same else max(length[i + 1][j], length[i][j + 1])
    pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif length[i + 1][j] >= length[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


def _script(old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    edits: list[Edit] = []
    i = j = 0
    for next_i, next_j in [*_matches(old, new), (len(old), len(new))]:
        edits += [Edit("delete", line) for line in old[i:next_i]]
        edits += [Edit("insert", line) for line in new[j:next_j]]
        if next_i < len(old):
            edits.append(Edit("equal", old[next_i]))
        i, j = next_i + 1, next_j + 1
    return edits


def _windows(script: list[Edit], context: int) -> list[tuple[int, int]]:
    """Half-open index ranges of the script, one for each hunk."""
    windows: list[tuple[int, int]] = []
    for index, edit in enumerate(script):
        if edit.kind == "equal":
            continue
        first, last = max(index - context, 0), min(index + context + 1, len(script))
        if windows and first <= windows[-1][1]:
            first = windows.pop()[0]
        windows.append((first, last))
    return windows


def _hunk_at(script: list[Edit], first: int, last: int) -> Hunk:
    before, edits = script[:first], script[first:last]
    old_start = len(_old_side(before)) + (1 if _old_side(edits) else 0)
    new_start = len(_new_side(before)) + (1 if _new_side(edits) else 0)
    return Hunk(old_start, new_start, tuple(edits))


def _old_side(edits: Sequence[Edit]) -> list[str]:
    return [edit.line for edit in edits if edit.kind != "insert"]


def _new_side(edits: Sequence[Edit]) -> list[str]:
    return [edit.line for edit in edits if edit.kind != "delete"]


def _span(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"


def _deletions_first(edits: list[Edit]) -> list[Edit]:
    ordered: list[Edit] = []
    inserted: list[Edit] = []
    for edit in edits:
        if edit.kind == "insert":
            inserted.append(edit)
            continue
        if edit.kind == "equal":
            ordered += inserted
            inserted = []
        ordered.append(edit)
    return ordered + inserted


def _locate(lines: Sequence[str], expected: list[str], wanted: int, lowest: int, max_offset: int) -> int | None:
    for offset in range(max_offset + 1):
        for start in (wanted - offset, wanted + offset):
            fits = lowest <= start <= len(lines) - len(expected)
            if fits and list(lines[start : start + len(expected)]) == expected:
                return start
    return None


def _read_hunk(rows: list[str], index: int) -> tuple[Hunk, int]:
    found = _HEADER.match(rows[index])
    if found is None:
        raise PatchSyntaxError(f"expected a hunk header, found {rows[index]!r}")
    old_start, new_start = int(found[1]), int(found[3])
    old_count, new_count = int(found[2] or "1"), int(found[4] or "1")
    edits: list[Edit] = []
    index += 1
    while len(_old_side(edits)) < old_count or len(_new_side(edits)) < new_count:
        if index == len(rows):
            raise PatchSyntaxError("the patch ends within a hunk")
        sign, line = rows[index][:1] or " ", rows[index][1:]
        if sign not in _KINDS:
            raise PatchSyntaxError(f"a hunk line starts with ' ', '-' or '+', not {sign!r}")
        edits.append(Edit(_KINDS[sign], line))
        index += 1
    if len(_old_side(edits)) != old_count or len(_new_side(edits)) != new_count:
        raise PatchSyntaxError("the hunk header counts other lines than the hunk holds")
    return Hunk(old_start, new_start, tuple(edits)), index


def _resolve(region: Region) -> tuple[str, ...] | None:
    if region.ours == region.theirs or region.theirs == region.base:
        return region.ours
    return region.theirs if region.ours == region.base else None
