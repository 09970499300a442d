"""How much memory a training will need, as a sum whose parts are named, before its first weight is loaded.

Estimated: decoders of the Llama family (Qwen2) with adapters in float32, and the generation head on top of one. What a
layer keeps for its backward pass was counted on torch's own records; the constants below say what they stand for.
Not covered: other architectures (no estimate, only the card's total is checked), fragmentation of the allocator, other
programs on the card, half precision.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.encoders import locate
from iccm_dagster.errors import ArtifactError

# n: tokens of a micro-batch (rows times the longest row), h: model size, i: width of the feed-forward layers.

FLOAT = 4
"""Bytes of a float32."""
GIB = 2**30
MIB = 2**20
ADAM = 2
"""Numbers that AdamW keeps per trained parameter."""
KEPT_H = 9
"""Vectors of size h that a layer keeps per token: its input, the input of its adapters, query, key, value, attention's result
twice, the input of its second half, and one for rounding and rotation."""
KEPT_I = 3
"""Vectors of size i that a layer keeps per token: gate, its activation, and what it is multiplied with."""
PASSING_I = 3
"""Vectors of size i per token that the backward pass of one layer needs besides."""
LOGITS = 3
"""Copies of the logits at the peak: the probabilities, their gradient, and the gradient of the logits."""
TILE = (4096, 32768)
"""Tokens and words of the vocabulary whose logits TRL computes at once in preference training."""
TILE_COPIES = 6.5
"""Tensors of that size that it needs besides the tile itself, where Triton does not run (a Pascal card, a CPU)."""
CONTEXT_GIB = 0.6
"""What CUDA's context and its libraries' workspaces take on the card, outside torch's allocator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of a decoder, as its config.json gives them."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    vocabulary: int
    tied: bool
    """Whether the output layer is the embedding table."""

    @property
    def kv(self) -> int:
        """Size of keys and of values."""
        return self.hidden // self.heads * self.kv_heads

    @property
    def body(self) -> int:
        """Parameters without an output layer of its own."""
        attention = 2 * self.hidden * (self.hidden + self.kv) + self.hidden + 2 * self.kv
        layer = attention + 3 * self.hidden * self.intermediate + 2 * self.hidden
        return self.layers * layer + self.vocabulary * self.hidden + self.hidden

    @property
    def whole(self) -> int:
        """Parameters with the output layer."""
        return self.body + (0 if self.tied else self.vocabulary * self.hidden)

    def adapters(self, rank: int, *, everywhere: bool = False) -> int:
        """Parameters of LoRA on query, key, value and output, or on all linear layers of a block."""
        h, i, kv = self.hidden, self.intermediate, self.kv
        pairs = [(h, h), (h, kv), (h, kv), (h, h), *([(h, i), (h, i), (i, h)] if everywhere else [])]
        return self.layers * rank * sum(a + b for a, b in pairs)


PUBLISHED = {
    "Qwen/Qwen2.5-Coder-1.5B-Instruct": Shape(
        hidden=1536, intermediate=8960, layers=28, heads=12, kv_heads=2, vocabulary=151936, tied=True
    )
}
"""Shapes that need no network to be known."""


def shape_of(base: str) -> Shape | None:
    """Return the shape of a base model; None for an architecture that is not estimated.

    Raises:
        ArtifactError: Its config.json cannot be had.
    """
    if base in PUBLISHED:
        return PUBLISHED[base]
    config = json.loads(_config_file(base).read_text(encoding="utf-8"))
    if config.get("model_type") not in ("qwen2", "llama"):
        return None
    return Shape(
        hidden=config["hidden_size"],
        intermediate=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        kv_heads=config["num_key_value_heads"],
        vocabulary=config["vocab_size"],
        tied=config.get("tie_word_embeddings", False),
    )


def _config_file(base: str) -> Path:
    source = locate(base)
    if not isinstance(source, str):
        return source / "config.json"
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(source, "config.json"))
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise ArtifactError(
            f"base model {base!r} is neither a folder nor in the local cache, and the hub cannot be reached. "
            f"Run: hf download {base}, on a machine with a network, and copy the cache; or name a folder."
        ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One line of the sum."""

    name: str
    bytes: int
    why: str
    """How it was reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a training needs on the card at its peak."""

    training: str
    micro_batch: int
    """Rows computed at once."""
    parts: tuple[Part, ...]

    @property
    def tensors(self) -> int:
        """Bytes in tensors: what torch measures."""
        return sum(part.bytes for part in self.parts)

    @property
    def gib(self) -> float:
        """GiB on the card, context included."""
        return self.tensors / GIB + CONTEXT_GIB

    def lines(self) -> list[str]:
        """Return the sum, part by part, in columns."""
        rows = [(part.name, part.bytes / GIB, part.why) for part in self.parts]
        rows.append(("CUDA context", CONTEXT_GIB, "and workspaces of its libraries"))
        return [f"  {name:<18}{size:7.2f} GiB  {why}" for name, size, why in rows] + [
            f"  {'sum':<18}{self.gib:7.2f} GiB  {self.training}, micro-batch {self.micro_batch}"
        ]


def largest_that_fits(estimate: Callable[[int], Estimate], *, most: int, gib: float) -> Estimate:
    """Return the estimate of the largest micro-batch, halving from ``most``, that fits; that of 1 where none does."""
    micro = most
    while micro > 1 and estimate(micro).gib > gib:
        micro //= 2
    return estimate(micro)


def adapter_memory(
    shape: Shape,
    *,
    training: str,
    micro_batch: int,
    tokens: int,
    rank: int,
    dropout: bool,
    checkpointing: bool,
    output_tokens: int,
    extra: int = 0,
    cache_rows: int = 0,
    everywhere: bool = False,
    tiled: bool = False,
    card: bool = True,
) -> Estimate:
    """Reckon a decoder in float32 whose adapters learn.

    Args:
        shape: The base.
        training: Its name, for messages.
        micro_batch: Rows at once.
        tokens: Of the longest row.
        rank: Of the adapters.
        dropout: Whether adapters drop inputs: a mask for each is kept.
        checkpointing: Whether layers are computed again in the backward pass.
        output_tokens: Tokens of a row whose logits are computed; 0 for an encoder.
        extra: Other trained parameters (a projection).
        cache_rows: Rows that are sampled at once, each with its keys and values; 0 for none.
        everywhere: Whether all linear layers of a block have adapters.
        tiled: Whether logits are computed tile by tile, as TRL does.
        card: False on the CPU, where a dropout mask is kept in floats, not in bytes.
    """
    n = micro_batch * tokens
    trained = shape.adapters(rank, everywhere=everywhere) + extra
    weights = (shape.whole if output_tokens else shape.body) * FLOAT
    mask = (1 if card else FLOAT) / FLOAT
    kept_h = KEPT_H + (2 + 4 * mask if dropout else 0)
    kept_i = KEPT_I + (2 + 3 * mask if dropout and everywhere else 1 if everywhere else 0)
    layer = round(n * FLOAT * (kept_h * shape.hidden + kept_i * shape.intermediate + 4 * rank + shape.heads))
    inputs = shape.layers * n * shape.hidden * FLOAT
    attention_mask = micro_batch * tokens * tokens * (FLOAT + 1)
    if checkpointing:
        kept, why = inputs, f"{shape.layers} layers x {n} tokens x {shape.hidden}, the rest is computed again"
        passing = layer + PASSING_I * n * shape.intermediate * FLOAT
    else:
        kept, why = shape.layers * layer, f"{shape.layers} layers x {n} tokens"
        passing = 0
    logits, shown = LOGITS * micro_batch * output_tokens * shape.vocabulary * FLOAT, f"{micro_batch} x {output_tokens}"
    if tiled:
        rows = min(micro_batch * output_tokens, TILE[0])
        logits = round(rows * FLOAT * (TILE[1] + TILE_COPIES * min(shape.vocabulary, TILE[1])))
        shown = f"tiles of {rows} x {TILE[1]:,}, of"
    cache = cache_rows * (tokens + output_tokens) * shape.layers * 2 * shape.kv * FLOAT
    training_peak = kept + max(passing, logits) + attention_mask
    parts = [
        Part(name="weights", bytes=weights, why=f"{weights // FLOAT:,} x 4 bytes"),
        Part(name="adapters", bytes=trained * FLOAT, why=f"{trained:,} trained"),
        Part(name="gradients", bytes=trained * FLOAT, why="of the adapters"),
        Part(name="optimiser", bytes=ADAM * trained * FLOAT, why="AdamW, two numbers each"),
        Part(name="activations", bytes=kept, why=why),
        Part(name="attention mask", bytes=attention_mask, why=f"{micro_batch} x {tokens} x {tokens}"),
    ]
    if logits > passing:
        parts.append(Part(name="logits", bytes=logits, why=f"{shown} x {shape.vocabulary:,}"))
    elif passing:
        parts.append(Part(name="one layer", bytes=passing, why="while it is computed again and differentiated"))
    if cache > training_peak:
        parts.append(
            Part(name="sampling", bytes=cache - training_peak, why=f"keys and values of {cache_rows} rows, above that")
        )
    return Estimate(training=training, micro_batch=micro_batch, parts=tuple(parts))


def head_memory(
    shape: Shape,
    *,
    training: str,
    micro_batch: int,
    source_tokens: int,
    target_tokens: int,
    layers: int,
    heads: int,
    d_ff: int,
    vocabulary: int,
    dropout: bool,
    encode_rows: int,
) -> Estimate:
    """Reckon the generation head on a frozen decoder's states: all of the head learns, nothing of the decoder.

    Args:
        shape: The frozen decoder; the head is as wide.
        training: Its name, for messages.
        micro_batch: Sequences at once.
        source_tokens: Of the longest source.
        target_tokens: Of the longest requirement.
        layers: Of the head.
        heads: Attention heads of the head.
        d_ff: Width of its feed-forward layers.
        vocabulary: Tokens that it writes without copying.
        dropout: Whether it is on; attention then keeps its probabilities.
        encode_rows: Sources that the frozen decoder reads at once.
    """
    h = shape.hidden
    own = layers * (6 * h * h + 2 * h * d_ff + 13 * h + d_ff) + 5 * h * h + (vocabulary + target_tokens + 10) * h
    sources, targets = micro_batch * source_tokens, micro_batch * target_tokens
    read = (5 + 2 * layers) * sources * h * FLOAT
    written = layers * targets * (15 * h + 2 * d_ff) * FLOAT
    attention = 3 * layers * heads * targets * source_tokens * FLOAT if dropout else 0
    logits = 5 * targets * vocabulary * FLOAT // 2
    training_peak = read + written + attention + logits
    encoding = encode_rows * source_tokens * (4 * h + 3 * shape.intermediate) * FLOAT
    parts = [
        Part(name="encoder", bytes=shape.body * FLOAT, why=f"{shape.body:,} x 4 bytes, frozen"),
        Part(name="head", bytes=own * FLOAT, why=f"{own:,} trained"),
        # Gradients come as activations go: only what they take beyond those counts.
        Part(
            name="gradients", bytes=max(0, own * FLOAT - training_peak), why=f"of the head, {own:,} as activations go"
        ),
        Part(name="optimiser", bytes=ADAM * own * FLOAT, why="AdamW, two numbers each"),
        Part(name="activations", bytes=read + written + attention, why=f"{sources} tokens read, {targets} written"),
        Part(name="logits", bytes=logits, why=f"{targets} x {vocabulary:,}"),
    ]
    if encoding > training_peak:
        parts.append(
            Part(name="encoding", bytes=encoding - training_peak, why=f"{encode_rows} sources at once, above that")
        )
    return Estimate(training=training, micro_batch=micro_batch, parts=tuple(parts))
