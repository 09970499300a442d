"""The planted tests of one in-process run: which were planted, what became of them, and what that says about the others.

Covered: a planted test that passed, was skipped, was reported twice or not at all; a test whose guards did not fail. Not
covered: see ``sentinels``.
"""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from iccm_dagster.harness import sentinels
from iccm_dagster.harness.sentinels import Change, Copy
from iccm_dagster.harness.suite import Verdict, file_of, function_of

UNSEEN = "no changed copy of this test was seen to fail"
"""A test that passed and does not count; as a rule because the program hung before the copies ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What one planted function stands for."""

    donor: str
    """The function that it is a copy of; empty for a test that only fails."""
    change: Change | None
    """What is different from the donor; None for a test that only fails."""

    @property
    def must_fail(self) -> bool:
        """Whether no honest program can pass it."""
        return self.change in (None, Change.REQUIRED)


class Planted:
    """Kept outside, where no judged program reaches it."""

    def __init__(
        self,
        places: Mapping[str, _Place],
        names: Mapping[str, Mapping[str, str]],
        *,
        needs_guards: bool,
        trusted: bool = False,
    ) -> None:
        """``places``: planted function -> what it stands for. ``names``: file -> name of a test there -> its own.
        ``needs_guards``: a test without a guard that failed in this run does not count. ``trusted``: nothing is suspected; a file
        of the original may be skipped whole, or end the session early, before calibration knows it."""
        self._places = dict(places)
        self._names = names
        self._aliases = {file: {own: alias for alias, own in found.items()} for file, found in names.items()}
        self._needs_guards = needs_guards
        self._trusted = trusted
        self._seen: dict[str, Verdict | None] = {}
        self._known_cases = False
        self._failed: set[str] = set()

    @classmethod
    def into(
        cls,
        tests: dict[str, str],
        files: Sequence[str],
        guards: Mapping[str, Collection[int]] | None,
        *,
        original: bool,
    ) -> "Planted":
        """Plant into the texts of ``files``, in place; ``guards`` as in the calibrated suite. ``original``: the program is
        the application's own, which calibration may run without guards."""
        rng = random.SystemRandom()
        places: dict[str, _Place] = {}
        names: dict[str, Mapping[str, str]] = {}
        for file in files:
            if guards is None and original:
                made = sentinels.plant_none(tests[file], file=file, rng=rng)
            else:
                chosen = None if guards is None else guards.get(file, ())
                made = sentinels.plant(tests[file], file=file, guards=chosen, rng=rng)
            tests[file], names[file] = made.text, made.names
            places |= {node: _place(file, copy) for node, copy in made.copies.items()}
        return cls(places, names, needs_guards=guards is not None, trusted=original and guards is None)

    def own_id(self, node: str) -> str:
        """The id of a test that was reported under its name of this run."""
        return _renamed(node, self._names)

    def id_here(self, node: str) -> str:
        """The inverse of :meth:`own_id`."""
        return _renamed(node, self._aliases)

    def own_text(self, file: str, message: str) -> str:
        """A message about a test, with the test's own name in it."""
        for alias, own in self._names.get(file, {}).items():
            message = message.replace(alias, own)
        return message

    def __contains__(self, node: str) -> bool:
        return function_of(node) in self._places

    def change_of(self, node: str) -> Change | None:
        """What is different in a planted test; None for one that only fails."""
        return self._places[function_of(node)].change

    def to_run(self) -> list[str]:
        """What is still to run: functions until their cases are known, then cases. A test that did not pass needs no
        guards any more, which matters where each of them would hang as well."""
        if not self._known_cases:
            return list(self._places)
        return [node for node, seen in self._seen.items() if seen is None and self.donor_of(node) not in self._failed]

    def collected(self, ids: Iterable[str]) -> None:
        """The first collection tells the cases of each function."""
        if not self._known_cases:
            self._seen = dict.fromkeys(node for node in ids if node in self)
            self._known_cases = True

    def settle(self, node: str, verdict: Verdict) -> None:
        """A test was reported, a planted one or another."""
        if node in self:
            # What is reported twice was reported once by somebody else.
            self._seen[node] = verdict if self._seen.get(node) is None else Verdict.PASSED
        elif verdict is not Verdict.PASSED:
            self._failed.add(node)

    def manipulated(self, *, whole: bool, broken_files: Collection[str]) -> str:
        """Why nothing of this run counts; empty if it does. ``whole``: the session came to its end."""
        if self._trusted:
            return ""
        for verdicts in self._verdicts_of_must_fail().values():
            if Verdict.PASSED in verdicts:
                return "a planted test that must fail was reported as passed"
            # A fixture of all tests may skip some of its cases; then the others tell.
            if Verdict.SKIPPED in verdicts and Verdict.FAILED not in verdicts:
                return "a planted test that must fail was reported as skipped"
        lost = self.to_run() if self._known_cases else []
        lost += self._places.keys() - {function_of(node) for node in self._seen}
        if whole and any(file_of(node) not in broken_files for node in lost):
            return "a planted test was not reported"
        return ""

    def _verdicts_of_must_fail(self) -> dict[str, set[Verdict | None]]:
        found: dict[str, set[Verdict | None]] = {}
        for node, verdict in self._seen.items():
            if self._places[function_of(node)].must_fail:
                found.setdefault(function_of(node), set()).add(verdict)
        return found

    def doubt(self, node: str) -> str:
        """Why a test that passed does not count; empty if it does."""
        function = function_of(node)
        case = node.removeprefix(function)
        guards = [name for name, place in self._places.items() if place.donor == function]
        verdicts = [self._seen.get(name + case) for name in guards]
        if Verdict.PASSED in verdicts or Verdict.SKIPPED in verdicts:
            return "a changed copy of this test, which the original fails, was passed as well"
        if self._needs_guards and Verdict.FAILED not in verdicts:
            return UNSEEN
        return ""

    def donor_of(self, node: str) -> str:
        """The case that a planted case is a copy of."""
        function = function_of(node)
        return self._places[function].donor + node.removeprefix(function)


def _renamed(node: str, names: Mapping[str, Mapping[str, str]]) -> str:
    function = function_of(node)
    above, separator, name = function.rpartition("::")
    return above + separator + names.get(file_of(node), {}).get(name, name) + node.removeprefix(function)


def _place(file: str, copy: Copy | None) -> _Place:
    if copy is None:
        return _Place(donor="", change=None)
    return _Place(donor=f"{file}::{copy.donor}", change=copy.change)
