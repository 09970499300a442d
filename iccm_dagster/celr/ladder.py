"""The ladder: who can be asked, from cheap to expensive, at which price; prompts and answers as text.

Any `orchestra.Reconstructor` can stand on a rung (`ReconstructorSolver`), so do the simulated solvers (`simulated`) and
a scripted one for tests.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from iccm_dagster.applications.traceability import SectionSpan
from iccm_dagster.celr.reflection import Advice, advice_text
from iccm_dagster.celr.tasks import Statement, Task, requirements_text
from iccm_dagster.harness.program import Implementation
from iccm_dagster.orchestra.reconstructor import Context, Reconstructor

CHARACTERS_PER_TOKEN = 4
"""Rule of thumb where a server does not count."""
_FILE = re.compile(r"^# file: (?P<path>\S+)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A program in the making."""

    implementation: Implementation
    """All of its files."""
    restored: frozenset[SectionSpan]
    """Sections it consists of; only simulated solvers know and need them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One attempt that is asked for."""

    task: Task
    """What to write."""
    statements: tuple[Statement, ...]
    """What the prompt says it must do: all of the task's, or only those that still fail."""
    advice: Advice | None
    """What failed about ``best``; None where the attempt is not told."""
    best: Draft | None
    """The program to go on from; None to write the whole anew."""
    seed: int
    """Seed of this attempt."""

    @property
    def instructions(self) -> str:
        """What is asked: requirements, interface, and what failed."""
        parts = [
            "Write the program that meets these requirements.",
            f"Requirements:\n{requirements_text(self.statements)}",
            f"Public interface:\n{self.task.interface.text()}",
        ]
        if self.advice is not None:
            parts.append(advice_text(self.task, self.advice))
        return "\n\n".join(parts)

    @property
    def prompt(self) -> str:
        """What a model reads, and is paid to read: the instructions and the program to go on from."""
        if self.best is None:
            return self.instructions
        return f"{self.instructions}\n\nThe program so far:\n{answer_text(self.task, self.best.implementation)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back."""

    draft: Draft | None
    """The program; None for a refusal."""
    refusal: str | None
    """Why there is none; None where there is one."""
    seconds: float
    """Time [s]: measured for a server, declared by a simulation."""
    simulated: bool
    """Whether it was made by somebody who knows the hidden source."""


class Solver(Protocol):
    """Writes programs."""

    name: str

    def attempt(self, request: Request) -> Reply:
        """Try once; equal requests give equal replies where the solver is seeded.

        Raises:
            EndpointError: The server behind it failed after its own retries.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A solver and its price."""

    solver: Solver
    """Who is asked."""
    price_in: float
    """Price of 1000 tokens of prompt."""
    price_out: float
    """Price of 1000 tokens of answer."""

    def cost(self, prompt: str, answer: str) -> float:
        """Return the price of one attempt."""
        return (self.price_in * tokens_in(prompt) + self.price_out * tokens_in(answer)) / 1000


def tokens_in(text: str) -> int:
    """Return about how many tokens a text has."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def prompt_hash(prompt: str) -> str:
    """Return what the log calls a prompt by."""
    return hashlib.sha256(prompt.encode("utf-8", "replace")).hexdigest()[:16]


def answer_text(task: Task, implementation: Implementation) -> str:
    """Return the task's files of a program as one text."""
    files = implementation.files
    return "".join(f"# file: {path}\n{files[path].rstrip()}\n" for path in task.files if path in files)


def answer_files(text: str) -> dict[str, str]:
    """Return the files of an answer: the inverse of `answer_text`, up to blank lines at the ends of files."""
    places = list(_FILE.finditer(text))
    ends = [place.start() for place in places[1:]] + [len(text)]
    return {place["path"]: text[place.end() : end] for place, end in zip(places, ends, strict=True)}


class ReconstructorSolver:
    """A reconstructor of the orchestra on a rung: advice reaches it as further statements, the program to go on from only as
    the files that it leaves unwritten."""

    def __init__(self, reconstructor: Reconstructor, *, seconds: float) -> None:
        self.name = reconstructor.name
        self._reconstructor, self._seconds = reconstructor, seconds

    def attempt(self, request: Request) -> Reply:
        texts = [statement.text for statement in request.statements]
        if request.advice is not None:
            texts += advice_text(request.task, request.advice).splitlines()[1:]
        context = Context(statements=tuple(texts), sample=request.seed)
        made = self._reconstructor.reconstruct(context, request.task.interface)
        draft = None
        if made.implementation is not None:
            before = request.best.implementation.files if request.best is not None else {}
            files = {**request.task.given_files, **before, **made.implementation.files}
            draft = Draft(implementation=replace(made.implementation, files=files), restored=frozenset())
        seconds = self._seconds if made.answer is None else made.answer.seconds
        return Reply(draft=draft, refusal=made.refusal, seconds=seconds, simulated=made.simulated)


@dataclass(slots=True, kw_only=True)
class ScriptedSolver:
    """Replies with the next answer of a list, and keeps what it was asked; an exception in the list is raised."""

    name: str
    """Its name in the log."""
    answers: Sequence[Reply | Exception]
    """The replies, in order; the last one is repeated."""
    asked: list[Request] = field(default_factory=list)
    """Every request, in order."""

    def attempt(self, request: Request) -> Reply:
        self.asked.append(request)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer
