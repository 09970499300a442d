"""What judges an implementation: the Sandbox protocol, and the limits it keeps."""

from dataclasses import dataclass
from typing import Protocol

from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.suite import Suite, SuiteReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run of a suite may use. Exceeding one fails tests, never the machine."""

    wall_s: float
    """Wall-clock time of the whole suite [s], restarts after hung tests included."""
    test_s: float
    """Wall-clock time of one test [s]; a test that takes longer fails alone. Also bounds importing the program."""
    memory_mib: int
    """Memory [MiB] of all processes of the implementation together, and address space of each beyond the start."""
    processes: int
    """Processes and threads of the implementation together."""
    output_mib: int
    """Files [MiB] that tests and implementation may write in temporary folders; also the longest message."""


class Sandbox(Protocol):
    """Runs tests on implementations that may be hostile."""

    @property
    def version(self) -> str:
        """Names everything about the sandbox that may change a verdict; enters the key of the verdict cache."""
        ...

    def run(self, implementation: Implementation, suite: Suite, limits: Limits) -> SuiteReport:
        """Judge ``implementation``. Whatever it does - loop, exit, eat memory - a report comes back.

        Raises:
            SandboxUnavailable: The sandbox failed or refuses the code, so the implementation was not judged.
        """
        ...
