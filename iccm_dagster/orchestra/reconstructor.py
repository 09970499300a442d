"""The contract of a reconstructor: requirements and the public interface in, an implementation out."""

from dataclasses import dataclass
from typing import Protocol

from iccm_dagster.applications.interface import Interface
from iccm_dagster.harness.program import Implementation
from iccm_dagster.orchestra.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """All that a reconstructor is told, besides the interface."""

    statements: tuple[str, ...]
    """What the program must do, one statement each, in the order written; may be empty."""
    sample: int = 0
    """Which of several answers to the same text is wanted, counted from 0; a simulated reconstructor gives the same one."""

    @classmethod
    def from_text(cls, text: str) -> "Context":
        """Split a text into statements: one per line, list marks removed, empty lines dropped."""
        lines = (line.strip().lstrip("-*•0123456789.) ").strip() for line in text.splitlines())
        return cls(statements=tuple(line for line in lines if line))

    @property
    def text(self) -> str:
        return "\n".join(f"{number}. {statement}" for number, statement in enumerate(self.statements, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconstruction:
    """What a reconstructor made of a context."""

    reconstructor: str
    """Name of the reconstructor."""
    implementation: Implementation | None
    """The program; None when the reconstructor refused."""
    refusal: str | None
    """Why there is no program; None where there is one."""
    simulated: bool
    """True when the reconstructor knows the hidden source: its numbers never mix with real ones."""
    matches: tuple[str | None, ...]
    """For each statement, what it was taken to mean (a section or requirement id); None where it conveyed nothing, or
    where nobody can tell: a language model does not say."""
    answer: Answer | None = None
    """What the language model wrote; None where none was asked."""
    remarks: tuple[str, ...] = ()
    """What was left out of the answer, cut or missing."""


class Reconstructor(Protocol):
    """Rebuilds one application; deterministic unless it says otherwise."""

    name: str
    simulated: bool
    rewards: bool
    """False for a reconstructor that only evaluates: what it thinks never reaches a gradient."""

    def reconstruct(self, context: Context, interface: Interface) -> Reconstruction:
        """Rebuild the application.

        Raises:
            EndpointError: The model behind it could not be reached; nothing was judged.
        """
        ...
