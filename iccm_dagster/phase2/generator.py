"""The protocol of what writes requirements, and how to get one: the training loops know nothing else of a writer.

Two networks stand behind it: the generation head (`writer.Writer`) and the causal language model
(`causal_lm.CausalWriter`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase2.causal_lm import CausalWriter
from iccm_dagster.phase2.recipe import Trained, WriterRecipe
from iccm_dagster.phase2.source import EncodedSource, SourceEncoder
from iccm_dagster.phase2.texts import Codec, Samples
from iccm_dagster.phase2.warm_start import new_head
from iccm_dagster.phase2.writer import SETTINGS, Writer

# N: sequences, T: tokens of a requirement.


class Generator(Protocol):
    """Writes one requirement per source, says how likely a requirement is, and can be trained."""

    kind: str
    """"head" or "causal_lm"."""
    codec: Codec
    """Requirements as tokens and back."""
    micro: MicroBatch
    """Sequences per forward pass with gradients."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def alongside(self) -> int:
        """How many shares of a batch may be computed side by side, as it is now: more than 1 only on a CPU and where nothing
        is drawn at random."""

    @property
    def reading(self) -> str:
        """Equal for generators that read a source alike: what one has encoded the other can use."""

    def encode(
        self, sources: Sequence[str], *, batch_size: int, on_progress: Callable[[int], None] | None = None
    ) -> list[EncodedSource]:
        """Read section groups."""

    def write(self, sources: Sequence[EncodedSource], *, num_beams: int, batch_size: int) -> list[str]:
        """Write the likeliest requirement of each source."""

    def styles(self, sources: Sequence[EncodedSource], *, batch_size: int) -> list[str]:
        """Return the style that `write` writes about each source in (see `styles.STYLES`), or RECALLED."""

    def remember(self, sources: Sequence[EncodedSource], texts: Sequence[str], *, least: float) -> None:
        """Know these requirements by heart, where the generator has a memory beside its weights (see `recall`)."""

    def sample(self, sources: Sequence[EncodedSource], *, samples: int, temperature: float, batch_size: int) -> Samples:
        """Draw several requirements for each source from the distribution that `log_probs` gives at this temperature."""

    def at_temperature(self, temperature: float) -> AbstractContextManager[None]:
        """Give the probabilities of what was sampled at a temperature."""

    def log_probs(
        self, sources: Sequence[EncodedSource], ids_NT: Int[Tensor, "N T"]
    ) -> tuple[Float[Tensor, "N T-1"], Bool[Tensor, "N T-1"]]:
        """Return the log-probability of each token after the first, and which of them are not padding."""

    def learn(self, *, dropout: bool) -> None:
        """Make ready for gradients, with dropout or without."""

    def trained_parameters(self, which: Trained) -> list[torch.nn.Parameter]:
        """Return the parameters that move, and freeze the others."""

    @property
    def leanings(self) -> list[torch.nn.Parameter]:
        """Those of them that lean to one style or another whatever the source; none where there is one style."""

    def even_out(self, sources: Sequence[EncodedSource], *, batch_size: int) -> None:
        """Take away the general leaning to any style, as it is over these sources."""

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of everything that training may change."""

    def restore(self, weights: dict[str, Tensor]) -> None:
        """Take over what `weights` returned."""

    def save(self, folder: Path) -> None:
        """Write a checkpoint folder."""


def new_generator(
    recipe: WriterRecipe, *, retriever: Path, base: str, targets: Sequence[str], device: str
) -> Generator:
    """Return an untrained generator: a head on the retriever's frozen transformer, or ``base`` with fresh adapters.

    ``targets`` are the texts that it will learn from; the head's vocabulary is cut to their tokens.
    """
    if recipe.generator == "causal_lm":
        return CausalWriter.new(base, recipe, device=device)
    encoder = SourceEncoder(retriever, max_source=recipe.max_source, device=device)
    return Writer(encoder, new_head(encoder, targets, recipe).to(device), retriever)


def load_generator(folder: Path, *, device: str) -> Generator:
    """Load a checkpoint folder of either kind."""
    kind = json.loads((folder / SETTINGS).read_text(encoding="utf-8")).get("generator", Writer.kind)
    return (CausalWriter if kind == CausalWriter.kind else Writer).load(folder, device=device)


@contextmanager
def holding(generator: Generator, weights: dict[str, Tensor]) -> Iterator[None]:
    """Let a generator be, for a while, what it was when these weights were taken: no second copy of a large model."""
    own = generator.weights()
    generator.restore(weights)
    try:
        yield
    finally:
        generator.restore(own)
