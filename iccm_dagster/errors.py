"""Every error raised on purpose.

* ICCMError
  - RecipeError          a configuration cannot be run as written
  - ApplicationError     one application is broken; the others go on
  - CatalogueError       no application is left to work on
  - ArtifactError        a stored artifact is missing, torn or was changed
  - StorageError         the storage cannot be read or written
  - SandboxUnavailable   the sandbox failed: a program was not judged
  - EndpointError        a language model server failed; carries ``retryable``
  - DeviceError          the machine lacks what a training needs
  - TrainingError        a training cannot go on (NaN loss, empty data)
  - PolicyError          a stored control policy is missing, corrupt or incompatible
  - ProgramError         a program of the small language is malformed or ill-typed

A message gives the value, the constraint and the remedy. A failed attempt is data, never one of these.
"""

from dataclasses import dataclass
from pathlib import Path


class ICCMError(Exception):
    """The root of the tree: catch it to catch everything raised on purpose."""


class RecipeError(ICCMError, ValueError):
    """A configuration cannot be run as written."""


@dataclass
class ApplicationError(ICCMError):
    """One application is broken; it is recorded and the others go on."""

    application: str
    """Folder name of the application."""
    reason: str
    """What is wrong, with the value found."""
    remedy: str
    """What to do about it."""
    file: Path | None = None
    """The file at fault, relative to the application; None where no single file is."""
    line: int | None = None
    """The line at fault, counted from 1; None where no line is."""

    def __str__(self) -> str:
        place = "" if self.file is None else f" {self.file}" + ("" if self.line is None else f":{self.line}")
        return f"{self.application}{place}: {self.reason}. {self.remedy}"


class CatalogueError(ICCMError):
    """No application is left to work on."""


class ArtifactError(ICCMError):
    """A stored artifact is missing, torn or was changed since it was written."""


class StorageError(ICCMError, OSError):
    """The storage cannot be read or written."""


class SandboxUnavailable(ICCMError):
    """The sandbox failed, so a program was not judged."""


class EndpointError(ICCMError):
    """A language model server failed."""

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class DeviceError(ICCMError):
    """The machine lacks what a training needs."""


class TrainingError(ICCMError):
    """A training cannot go on."""


class PolicyError(ICCMError):
    """A stored control policy is missing, corrupt or incompatible; the agent falls back to the heuristic."""


class ProgramError(ICCMError, ValueError):
    """A program of the small language (`refinement.language`) is malformed or ill-typed."""
