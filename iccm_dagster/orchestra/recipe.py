"""Which language models play in the orchestra, where they are served, and what may be spent on them."""

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from iccm_dagster.errors import RecipeError

Text = Literal["gold", "stage 2", "stage 1", "named docstrings", "docstrings", "name only", "interface only"]
SplitName = Literal["train", "validation", "holdout"]
RESERVED = frozenset({"gold", "semantic", "lexical", "all"})
"""Names that the embedded readers and the reports use."""


class RetryRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """What happens when a server fails."""

    attempts: int = Field(default=8, ge=1)
    """HTTP requests per question at most."""
    first_wait_s: float = Field(default=1.0, ge=0)
    """Upper end of the first random wait [s]; it doubles with each attempt."""
    longest_wait_s: float = Field(default=60.0, ge=0)
    """Upper end of any random wait [s]."""
    patience_s: float = Field(default=900.0, ge=0)
    """Longest wait [s] that a server may ask for (Retry-After); it is obeyed exactly, a longer one fails the question."""
    breaker_failures: int = Field(default=10, ge=1)
    """Failures in a row after which an endpoint rests, whatever question they belong to."""
    breaker_rest_s: float = Field(default=30.0, ge=0)
    """How long it rests [s] before one question is tried; doubles while that one fails."""
    breaker_probes: int = Field(default=3, ge=1)
    """Tries after a rest that may fail before the endpoint counts as down and its other questions are not asked."""


class EndpointRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """One model on one OpenAI-compatible server (llama.cpp, Ollama, vLLM, ``transformers serve``)."""

    name: str = Field(min_length=1)
    """What it is called in every table."""
    url: str = Field(pattern=r"^https?://\S+$")
    """Base URL, up to and with ``/v1``."""
    model: str = Field(min_length=1)
    """What the server calls the model."""
    card: str | None = None
    """Endpoints that name the same card are asked one model after another, all others at the same time; None: a card of
    its own."""
    api_key_env: str | None = None
    """Environment variable that holds the key; None for a server that wants none. The key itself is stored nowhere."""
    concurrency: int = Field(default=4, ge=1)
    """Requests at a time: the slots of the server (llama.cpp ``--parallel``, OLLAMA_NUM_PARALLEL)."""
    context_tokens: int = Field(default=8192, ge=256)
    """Context of one slot [tokens]: an answer may take what the prompt leaves of it."""
    max_tokens: int = Field(default=6144, ge=1)
    """Tokens of an answer at most; the longest bundled application has 5,900."""
    temperature: float = Field(default=0.0, ge=0)
    """Sampling temperature; 0 takes the likeliest token."""
    seed: int = 0
    """Seed sent to the server; further answers to the same prompt count up from it."""
    timeout_s: float = Field(default=1800.0, gt=0)
    """Longest time from question to whole answer [s], waiting in the server's queue included."""
    price_in: float = Field(default=0.0, ge=0)
    """Price of 1000 tokens of prompt, in the currency of the budget."""
    price_out: float = Field(default=0.0, ge=0)
    """Price of 1000 tokens of answer."""
    rewards: bool = False
    """Whether it also rewards in stage 2; otherwise it only evaluates."""
    retry: RetryRecipe = RetryRecipe()
    """What happens when it fails."""

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Return the price of so many tokens."""
        return (self.price_in * tokens_in + self.price_out * tokens_out) / 1000


class OrchestraRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """The language models that play beside the embedded readers."""

    endpoints: tuple[EndpointRecipe, ...] = ()
    """In the order in which the models of one card are asked; empty: the embedded readers play alone."""
    texts: tuple[Text, ...] = ("gold", "stage 2", "stage 1", "docstrings", "name only", "interface only")
    """Texts that are rebuilt for `phase2_evaluation`; each costs an answer per application and model."""
    splits: tuple[SplitName, ...] = ("train", "validation", "holdout")
    """Splits whose applications are rebuilt for it."""
    budget_cost: float | None = Field(default=None, gt=0)
    """Money that one run may spend on new answers; None for no limit. Remembered answers cost nothing."""
    budget_tokens: int | None = Field(default=None, gt=0)
    """Tokens, prompt and answer, that one run may spend on new answers; None for no limit."""

    @model_validator(mode="after")
    def _names_tell_apart(self) -> "OrchestraRecipe":
        names = [endpoint.name for endpoint in self.endpoints]
        if wrong := sorted({name for name in names if names.count(name) > 1 or name in RESERVED}):
            raise ValueError(
                f"endpoints {wrong}: each needs a name of its own, other than {', '.join(sorted(RESERVED))}"
            )
        return self

    def plays(self, text: str, split: str) -> bool:
        """Return whether this text of an application of this split is rebuilt."""
        return text in self.texts and split in self.splits


def load_orchestra(file: str) -> OrchestraRecipe:
    """Read a TOML file of endpoints; "" gives the orchestra without any.

    Raises:
        RecipeError: The file cannot be read, or a value in it is impossible.
    """
    if not file:
        return OrchestraRecipe()
    try:
        table: dict[str, Any] = tomllib.loads(Path(file).read_text(encoding="utf-8"))
        return OrchestraRecipe(**table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(
            f"ICCM_ENDPOINTS={file!r}: {error}. Name a TOML file of endpoints, or unset it for the readers alone."
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "endpoints"
        raise RecipeError(f"{file}: {place}: {first['msg']}. README, section Language models, shows a file.") from error
