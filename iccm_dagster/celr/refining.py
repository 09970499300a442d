"""Requirements reworded from what failed, with the driver that refines programs (`refinement_loop`): a retry may try several
wordings, never the same one twice, and ends at the first that passes.

A candidate is the list of statements that a solver reads; what the tests complain about stands in it as a requirement.
Whoever tries a candidate rebuilds, verifies, and is charged for both. Wordings are made by rules from the latest advice;
not covered: a model that writes them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from iccm_dagster.celr.reflection import Advice, Complaint
from iccm_dagster.celr.tasks import Statement, Task
from iccm_dagster.refinement_loop import Judgement, Trail, refine

Wording = tuple[Statement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plight:
    """What is to be reworded, and why."""

    task: Task
    """The task."""
    advice: Advice
    """What failed about the program to go on from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What trying one wording came to."""

    pass_rate: float | None
    """Of the program that was rebuilt from it, 0-1; None where nothing was judged, or nothing was left to try it with."""
    advice: Advice | None
    """What fails now about the best program; None where nothing does or nothing can be said."""


def refine_wording(plight: Plight, *, attempt: Callable[[Wording], Trial], budget: int) -> Trail[Plight, Wording]:
    """Try wordings until one passes, ``budget`` are tried, or no new one comes to mind.

    ``attempt`` rebuilds and judges; what it raises goes through. Raises RecipeError for a budget below 1.
    """
    (trail,) = refine(
        [plight],
        proposer=_Rewriter(),
        judge=_Attempts(attempt),
        key=lambda wording: tuple((item.id, item.text) for item in wording),
        budget=budget,
        chains=1,
        breadth=lambda _: 1,
        restart_after=None,
        patience=1,
    )
    return trail


def wordings_of(task: Task, advice: Advice) -> Iterable[Wording]:
    """Yield the statements reworded, likeliest first: what failed spelled out test by test among all statements; that alone;
    added to each failing statement; that alone."""
    spelled = {item.id: _spelled(item, advice) for item in task.statements}
    added = {item.id: _added(item, advice) for item in task.statements}
    unmet = [item.id for item in task.statements if item.id in advice.statements]
    every = [item.id for item in task.statements]
    for texts in (spelled, added):
        for ids in (unmet, every):
            wording = tuple(item for id in ids for item in texts[id])
            if wording:
                yield wording


class _Rewriter:
    """Makes wordings from the advice on the latest attempt, or on the one that the trail began with."""

    def propose(self, requests: Sequence[tuple[Trail[Plight, Wording], int]]) -> Sequence[Iterable[Wording]]:
        return [self._wordings(trail) for trail, _ in requests]

    def _wordings(self, trail: Trail[Plight, Wording]) -> Iterable[Wording]:
        latest = trail.attempts[-1].judgement.feedback if trail.attempts else trail.problem.advice
        return wordings_of(trail.problem.task, latest) if isinstance(latest, Advice) else ()


class _Attempts:
    """Judges wordings by trying them."""

    def __init__(self, attempt: Callable[[Wording], Trial]) -> None:
        self._attempt = attempt

    def judge(self, pairs: Sequence[tuple[Plight, Wording]]) -> Sequence[Judgement]:
        trials = [self._attempt(wording) for _, wording in pairs]
        return [
            Judgement(solved=trial.pass_rate == 1.0, score=trial.pass_rate or 0.0, feedback=trial.advice)
            for trial in trials
        ]


def _spelled(statement: Statement, advice: Advice) -> list[Statement]:
    """Return one statement per failing test; the statement itself where nothing failed about it."""
    found = [
        replace(statement, text=f"{statement.text.rstrip('.')}: {text}")
        for complaint in advice.complaints
        if complaint.statement == statement.id
        for text in _said(complaint)
    ]
    return found or [statement]


def _added(statement: Statement, advice: Advice) -> list[Statement]:
    said = [text for complaint in advice.complaints if complaint.statement == statement.id for text in _said(complaint)]
    return [replace(statement, text=" ".join([statement.text, *said]))]


def _said(complaint: Complaint) -> list[str]:
    """Return what each failing test is called, in words, with what went wrong: nothing else of a test may be seen."""
    messages = "; ".join(message for message in complaint.messages[:3] if message != "NotImplementedError")
    return [
        f"{test.removeprefix('test_').replace('_', ' ')}{f' ({messages})' if messages else ''}."
        for test in complaint.tests
    ]
