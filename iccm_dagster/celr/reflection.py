"""Reflection: what failed, as advice for the next attempt.

Advice names the failing tests, the statements they check and the kind of failure. It never holds a line of a test: of a
traceback only the exception is kept, of a failed assertion only that a value was wrong. Not covered: names of tests that
give an expected value away ("test_double_of_four_is_eight" would).
"""

import re
from dataclasses import dataclass

from iccm_dagster.celr.tasks import Task
from iccm_dagster.harness.suite import SuiteReport, Verdict

LONGEST = 160
"""Characters of a message that are passed on."""
_RAISED = re.compile(
    r"^E\s+(?P<what>[A-Za-z_][\w.]*(?:Error|Exception|Warning|Interrupt|Exit|Exited)\b.*)$", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """What failed about one statement."""

    statement: str | None
    """Statement id; None for tests that no statement of the task is marked for."""
    tests: tuple[str, ...]
    """Names of the failing test functions, without their files."""
    messages: tuple[str, ...]
    """What went wrong, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What the next attempt is told."""

    pass_rate: float
    """Pass rate of the program it is about, 0-1."""
    complaints: tuple[Complaint, ...]
    """One per statement that something failed about, in the task's order."""

    @property
    def statements(self) -> frozenset[str]:
        """Ids of the statements that are not met."""
        return frozenset(complaint.statement for complaint in self.complaints if complaint.statement)


def reflect(task: Task, report: SuiteReport) -> Advice | None:
    """Return advice from a verdict; None where nothing was judged or nothing failed."""
    if report.pass_rate is None or report.pass_rate == 1.0:
        return None
    messages: dict[str, list[str]] = {}
    for run in report.runs:
        if run.verdict is not Verdict.PASSED:
            messages.setdefault(run.function, []).append(summary(run.verdict, run.message))
    known = {statement.id for statement in task.statements}
    grouped: dict[str | None, list[str]] = {}
    for function in messages:
        blamed = [id for id in task.blames.get(function, ()) if id in known] or [None]
        for id in blamed:
            grouped.setdefault(id, []).append(function)
    order = [statement.id for statement in task.statements if statement.id in grouped]
    return Advice(
        pass_rate=report.pass_rate,
        complaints=tuple(
            Complaint(
                statement=id,
                tests=tuple(function.rpartition("::")[2] for function in grouped[id]),
                messages=tuple(dict.fromkeys(text for function in grouped[id] for text in messages[function])),
            )
            for id in [*order, *([None] if None in grouped else [])]
        ),
    )


def summary(verdict: Verdict, message: str) -> str:
    """Return one failure in a line that holds nothing of the test."""
    if verdict is not Verdict.FAILED and verdict is not Verdict.ERROR:
        return verdict.value
    raised = _RAISED.findall(message)
    if not raised or raised[-1].startswith("AssertionError"):
        return "a value is not the expected one"
    return " ".join(raised[-1].split())[:LONGEST]


def advice_text(task: Task, advice: Advice) -> str:
    """Return the advice as it is shown to a model."""
    texts = {statement.id: statement.text for statement in task.statements}
    lines = [f"The last attempt passed {advice.pass_rate:.0%} of the tests. What is not right yet:"]
    for complaint in advice.complaints:
        about = texts.get(complaint.statement or "", "other behaviour")
        lines.append(f"- {about} (tests {', '.join(complaint.tests)}: {'; '.join(complaint.messages[:3])})")
    return "\n".join(lines)
