"""The sandbox which replays reports, and keeps what it was asked: for tests and for runs without a machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.sandbox import Limits
from iccm_dagster.harness.suite import Suite, SuiteReport


@dataclass(slots=True, kw_only=True)
class ScriptedSandbox:
    """Answers each run with the next report; an exception in the list is raised instead."""

    reports: Sequence[SuiteReport | Exception]
    """The answers, in order."""
    asked: list[tuple[Implementation, Suite, Limits]] = field(default_factory=list)
    """Every run that was asked for, in order."""

    @property
    def version(self) -> str:
        """A name of its own, so that a scripted verdict never meets a real one in a cache."""
        return "scripted"

    def run(self, implementation: Implementation, suite: Suite, limits: Limits) -> SuiteReport:
        """The next answer.

        Raises:
            SandboxUnavailable: The script has no answer left.
        """
        self.asked.append((implementation, suite, limits))
        if len(self.asked) > len(self.reports):
            raise SandboxUnavailable(
                f"the script holds {len(self.reports)} reports and was asked for {len(self.asked)}: add one"
            )
        answer = self.reports[len(self.asked) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer
