"""How the requirement writer is built and trained. Defaults are the embedded profile's."""

from typing import Literal

from pydantic import BaseModel, Field

SOURCES = ("gold", "stage 2", "stage 1", "named docstrings", "docstrings", "name only", "interface only")
"""Where a text comes from; "gold" is the upper bound, the last four are baselines that learn nothing."""


GENERATORS = ("head", "causal_lm")
"""What writes: a decoder on the frozen encoder, or the causal language model itself with adapters."""
Trained = Literal["all", "small"]


class WriterRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Shape of the requirement writer, its warm start on docstrings, and stage 1 on gold requirements."""

    generator: Literal["head", "causal_lm"] = "head"
    """What writes: a decoder on the frozen encoder, or the causal language model itself with adapters."""
    lora_r: int = Field(default=16, ge=1)
    """Rank of the causal language model's adapters (seed: 16)."""
    lora_alpha: int = Field(default=32, ge=1)
    """Scale of the adapters (seed: 32)."""
    lora_dropout: float = Field(default=0.05, ge=0, lt=1)
    """Share of adapter inputs dropped (seed: 0.05)."""
    lora_targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj")
    """Names of the linear layers with adapters."""
    gradient_checkpointing: bool = False
    """Whether the causal language model recomputes activations in the backward pass: less memory, more time."""
    num_layers: int = Field(default=4, ge=1)
    """Decoder layers (seed I07: 4)."""
    num_heads: int = Field(default=12, ge=1)
    """Attention heads; must divide the model size, which is the encoder's."""
    d_ff: int = Field(default=1536, ge=1)
    """Width of the feed-forward layers. With the heads and the width of MiniLM its first blocks start the decoder."""
    dropout: float = Field(default=0.1, ge=0, lt=1)
    """Share of activations dropped in training (seed I07: 0.1)."""
    vocabulary: int = Field(default=7000, ge=100)
    """Most frequent target tokens that can be written without copying them."""
    copy_path: bool = True
    """Whether tokens of the source can be copied into the requirement."""
    max_source: int = Field(default=128, ge=16)
    """Source tokens per section group; the rest is cut and counted."""
    max_target: int = Field(default=48, ge=8)
    """Tokens per requirement."""
    warm_pairs: int = Field(default=2000, ge=0)
    """Docstring pairs of the warm start; 0 for none."""
    warm_epochs: int = Field(default=2, ge=0)
    """Passes over the docstring pairs."""
    docstring_share: float = Field(default=0.8, ge=0, le=1)
    """Share of the docstring pairs whose source shows the docstring."""
    rehearsal: float = Field(default=0.33, ge=0)
    """Docstring pairs of the corpus per gold example in the passes over gold."""
    docstrings: float = Field(default=0.33, ge=0)
    """Docstrings of the training applications themselves per gold example in the passes over gold."""
    warm_lr: float = Field(default=8e-4, gt=0)
    """Peak learning rate of the warm start."""
    gold_epochs: int = Field(default=6, ge=1)
    """Most passes over the gold requirements (early stopping ends before); each pass reads one wording of each: the
    hand-written text, then its paraphrases in turn."""
    own_wording: int = Field(default=0, ge=0)
    """Last passes over gold that read the hand-written wording only."""
    gold_lr: float = Field(default=5e-4, gt=0)
    """Peak learning rate on gold requirements."""
    written_every: int = Field(default=0, ge=0)
    """Passes over gold between two looks at what the writer writes about the validation applications; the state whose
    sentences are nearest to gold is kept. 0: no looks, the state of the least validation loss is kept."""
    patience: int = Field(default=3, ge=1)
    """Passes without a better validation loss (looks without a better similarity) before stage 1 stops (seed I07: 2, of
    passes over one wording only)."""
    batch_size: int = Field(default=32, ge=1)
    """Examples per optimiser step: with two passes over some ten thousand pairs, more steps are worth more than larger
    ones."""
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this norm."""
    recall: float | None = Field(default=0.95, gt=0, le=1)
    """From which cosine on a source is taken for one that stage 1 has read, whose requirement is then said by heart; None: never.
    The two most alike functions of the bundled catalogue reach 0.89 (0.93 with an untrained encoder), those of two applications 0.75."""
    bf16: bool = True
    """bfloat16 autocast where the machine has the instructions; float32 elsewhere (never on a P40)."""
    checkpoint_steps: int = Field(default=200, ge=1)
    """Optimiser steps between two checkpoints inside a pass; one more is written after each pass."""
    threads: int = Field(default=2, ge=1)
    """CPU threads of the training process."""
    seed: int = 0
    """Seed of order, dropout and initial weights."""

    def wording(self, epoch: int) -> int:
        """Return the place of the wording that this pass over gold reads, counted on and on; 0 is the hand-written one."""
        return 0 if epoch >= self.gold_epochs - self.own_wording else epoch

    def looks_at(self, epoch: int) -> bool:
        """Return whether it is looked at what is written after this pass over gold; after the last one always."""
        return self.written_every > 0 and ((epoch + 1) % self.written_every == 0 or epoch + 1 == self.gold_epochs)


class ReinforceRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Stage 2: REINFORCE on executed pass rates."""

    unread: float = Field(default=0.25, ge=0, lt=1)
    """Share of the training applications whose requirements stage 1 does not read; they are the ones that reward. With 0 all
    of them are read, and reward."""

    epochs: int = Field(default=2, ge=0)
    """Passes over the training applications that are drawn for each."""
    applications_per_step: int = Field(default=2, ge=1)
    """Applications per optimiser step (seed I07: 2)."""
    max_applications: int | None = Field(default=8, ge=1)
    """Training applications drawn per epoch; None for all."""
    samples: int = Field(default=4, ge=2)
    """Requirements sampled per section group; the others are the baseline of each."""
    temperature: float = Field(default=0.5, gt=0)
    """Temperature of the policy that is trained: at 1 a young writer's samples are so far from its greedy text that they
    teach little about it."""
    credit: Literal["application", "statement"] = "statement"
    """What a requirement is rewarded with: the pass rate of its whole set, or what that rate loses without it."""
    all_pass_bonus: float = Field(default=0.05, ge=0)
    """Added to the pass rate when every test passes."""
    trained: Trained = "small"
    """Parameters of the generation head that move (adapters always do): all, or the biases, normalisations, gates and the
    copy path only (Ben Zaken et al., 2022). Some hundred samples cannot tell ten million parameters where to go."""
    weight: float = Field(default=1.0, ge=0)
    """Weight of the policy gradient."""
    gold_weight: float = Field(default=0.05, ge=0)
    """Weight of the cross-entropy on gold requirements (seed I07 adds both losses)."""
    peak_lr: float = Field(default=1e-4, gt=0)
    """Learning rate; constant. At 7e-4, two applications a step, validation fell from 0.58 to 0.49 in six steps."""
    style_lr: float = Field(default=0.2, gt=0)
    """Learning rate of the writer's general leaning to each style: three numbers, which may move far in a few steps."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this norm."""
    min_statements: int = Field(default=10, ge=1)
    """Requirements per application at least, where it has as many section groups."""
    max_statements: int = Field(default=20, ge=1)
    """Requirements per application at most."""
    redundancy: float = Field(default=0.85, gt=0, le=1)
    """Two requirements more similar than this (cosine) say the same: one is dropped."""
    similarity_threshold: float = Field(default=0.6, gt=0, lt=1)
    """From which similarity the gold reader takes two sentences for the same, where there is nothing to calibrate it
    on."""
    workers: int = Field(default=2, ge=1)
    """Verdicts in parallel."""
    seed: int = 0
    """Seed of sampling and order."""


class ComparisonRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """The two generators side by side: same data, same loops, the same number of examples and samples."""

    warm_pairs: int = Field(default=500, ge=0)
    """Docstring pairs that each learns from first."""
    gold_epochs: int = Field(default=2, ge=1)
    """Passes over the gold requirements."""
    epochs: int = Field(default=1, ge=0)
    """Passes of stage 2."""
    causal_lr: float = Field(default=1e-4, gt=0)
    """Peak learning rate of the language model's adapters in stage 1; the head has its own recipe's."""
    causal_reinforce_lr: float = Field(default=2e-5, gt=0)
    """Learning rate of the adapters in stage 2."""
