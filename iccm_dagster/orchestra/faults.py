"""What went wrong with a request: told apart by whose fault it is, and whether asking again can help.

A server that is busy, breaks off, stays silent or talks something else than the protocol is asked again. A prompt that
is too long for the model is an answer. Every other refusal of the server (key, model name, parameter) is a mistake in
the configuration, and stops the endpoint.
"""

import asyncio
import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass

import openai
from pydantic import BaseModel, Field, ValidationError

from iccm_dagster.orchestra.answers import Answer, Finish, Question, estimated_tokens

# What servers call a prompt that does not fit: llama.cpp, vLLM, the reference API, Ollama.
TOO_LONG = (
    "exceed_context_size",
    "context_length_exceeded",
    "maximum context length",
    "context length",
    "context size",
)
# 409 and 425 are conflicts that pass, 408 is the server's own time-out.
PASSING = frozenset({408, 409, 425, 429})


@dataclass
class Fault(Exception):
    """A request that got no answer."""

    kind: str
    """A short name, for counting."""
    detail: str
    """What the server did."""
    retryable: bool
    """Whether the same request may succeed later."""
    alive: bool = False
    """Whether the server works and only said no: that does not open the circuit."""
    wait_s: float | None = None
    """Wait that the server asked for [s]; None where it asked for none."""

    def __str__(self) -> str:
        return f"{self.kind} ({self.detail})" if self.detail else self.kind


class PromptTooLong(Exception):
    """The server says that the prompt does not fit into the model's context."""


class _Message(BaseModel):
    content: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class _Completion(BaseModel):
    """The part of a chat completion that is read; servers differ in the rest."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def read_completion(body: bytes, question: Question, *, seconds: float) -> Answer:
    """Return the answer that a body holds.

    Raises:
        Fault: The body is no chat completion: HTML, cut JSON, an error object.
    """
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError as error:
        kind = "HTML page" if body.lstrip()[:1] == b"<" else "wrong JSON"
        raise Fault(kind, _shown(body) or error.errors()[0]["msg"], retryable=True) from error
    choice, usage = completion.choices[0], completion.usage
    text = choice.message.content or ""
    counted = usage is not None and usage.prompt_tokens > 0
    return Answer(
        text=text,
        finish={"length": Finish.LENGTH, "content_filter": Finish.FILTERED}.get(
            choice.finish_reason or "", Finish.STOP
        ),
        tokens_in=usage.prompt_tokens if usage and counted else question.estimated_tokens,
        tokens_out=usage.completion_tokens if usage and counted else estimated_tokens(text),
        counted=counted,
        seconds=seconds,
    )


def fault_of(error: Exception) -> Fault:
    """Return what an exception of the client library says about the request.

    Raises:
        PromptTooLong: The server named the context as the reason.
        Exception: ``error`` itself, where it is none of the client's or the network's.
    """
    match error:
        case Fault():
            return error
        case openai.APIStatusError():
            return _of_status(error)
        case openai.APITimeoutError() | TimeoutError() | asyncio.TimeoutError():
            return Fault("silence", "no whole answer in time", retryable=True)
        case openai.APIConnectionError():
            return Fault("disconnect", str(error.__cause__ or error), retryable=True)
    raise error


def _of_status(error: openai.APIStatusError) -> Fault:
    status, said = error.status_code, _shown(error.response.content)
    if status == 413 or (status in (400, 422, 500) and any(word in said.lower() for word in TOO_LONG)):
        raise PromptTooLong(said)
    wait = retry_after(error.response.headers)
    retryable = status in PASSING or status >= 500
    return Fault(f"HTTP {status}", said, retryable=retryable, alive=status < 500, wait_s=wait if retryable else None)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the wait that a response asks for [s], in milliseconds, seconds or as a date; None where it asks for none."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
    parsed = email.utils.parsedate_tz(headers.get("retry-after"))
    return None if parsed is None else max(0.0, email.utils.mktime_tz(parsed) - time.time())


def _shown(body: bytes) -> str:
    return " ".join(body[:300].decode("utf-8", "replace").split())
