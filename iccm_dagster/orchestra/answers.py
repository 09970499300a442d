"""Questions to language models and their answers, remembered by content: model, prompt and parameters.

An answer is on the disk before anything else happens to it, so that a killed run repeats no finished call. Several
processes may share a store. Not covered: a store that somebody else can write, and a model that changes behind its name.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

CHARACTERS_PER_TOKEN = 3
"""Characters of code and English per token, rounded down: what is estimated with it is rather too many than too few."""


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    """The model was done."""
    LENGTH = "length"
    """It ran into the limit of tokens: the end is missing."""
    FILTERED = "filtered"
    """The server withheld it."""
    TOO_LONG = "too long"
    """The prompt does not fit into the model's context; there is no answer."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Everything that decides an answer."""

    model: str
    """What the server calls the model."""
    system: str
    """The system message."""
    prompt: str
    """The user message."""
    temperature: float
    """Sampling temperature."""
    max_tokens: int
    """Tokens of the answer at most."""
    seed: int
    """Seed sent to the server."""

    @cached_property
    def key(self) -> str:
        """SHA-256 of the question, in hexadecimal."""
        return hashlib.sha256(json.dumps(self.fields(), sort_keys=True).encode()).hexdigest()

    @property
    def estimated_tokens(self) -> int:
        """About how many tokens the prompt has."""
        return estimated_tokens(self.system) + estimated_tokens(self.prompt)

    def fields(self) -> dict[str, object]:
        """Return the question as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model wrote."""

    text: str
    """The text, as it came."""
    finish: Finish
    """Why it ended."""
    tokens_in: int
    """Tokens of the prompt."""
    tokens_out: int
    """Tokens of the answer."""
    counted: bool
    """Whether the server counted the tokens; they are estimated otherwise."""
    seconds: float
    """From the request that was answered to the whole answer [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A question that has no answer: its reconstruction is not judged."""

    reason: str
    """What the server did, or why it was not asked."""
    retryable: bool
    """Whether asking again later may help."""


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerStore:
    """Answers in a folder, one small file each, beside their questions."""

    folder: Path
    """Where they lie; made on first use."""

    def get(self, question: Question) -> Answer | None:
        """Return the answer to a question; None if there is none or its file is torn."""
        try:
            stored = json.loads(self._path(question).read_bytes())["answer"]
            return Answer(**{**stored, "finish": Finish(stored["finish"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def put(self, question: Question, answer: Answer) -> None:
        """Store an answer; it survives the process and the machine once this returns."""
        path = self._path(question)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump({"answer": asdict(answer), "question": question.fields()}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)

    def _path(self, question: Question) -> Path:
        return self.folder / question.key[:2] / f"{question.key}.json"
