"""How the retriever is labelled and trained. Defaults are the embedded profile's."""

from pydantic import BaseModel, Field

from iccm_dagster.encoders import BUNDLED


class RetrieverRecipe(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """Base encoder, labels, contrastive training and its budget."""

    base: str = BUNDLED
    """Base encoder: the bundled MiniLM, a local folder, or a hub id."""
    projection: int | None = Field(default=768, ge=1)
    """Size of the vectors of requirements and code (seed I06: 768); None keeps the encoder's own."""
    max_tokens: int = Field(default=64, ge=8)
    """Tokens of a requirement or section; the rest is cut."""
    epochs: int = Field(default=2, ge=0)
    """Passes over the gold requirements of the training applications."""
    max_steps: int | None = Field(default=None, ge=1)
    """Most optimiser steps; None for all that the epochs need."""
    warm_pairs: int = Field(default=2000, ge=0)
    """Docstring pairs mixed into the first half of the training; 0 for none."""
    queries_per_group: int = Field(default=32, ge=1)
    """Queries that share one set of candidate sections: all from one application or one package."""
    documents_per_group: int = Field(default=40, ge=2)
    """Candidate sections of a group: what its queries need, filled up with hard negatives."""
    batch_size: int = Field(default=1, ge=1)
    """Groups per forward pass. Groups never mix, so 1 x 8 accumulated follows 8 x 1."""
    accumulation: int = Field(default=1, ge=1)
    """Forward passes per optimiser step."""
    peak_lr: float = Field(default=1e-3, gt=0)
    """Learning rate at the end of warm-up; falls linearly to 0."""
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    """Share of the steps in which the learning rate rises."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Of AdamW."""
    max_grad_norm: float = Field(default=1.0, gt=0)
    """Gradients are clipped to this norm (seed I06: 1)."""
    temperature: float = Field(default=0.05, gt=0)
    """Cosines are divided by it in the loss."""
    lora_r: int = Field(default=16, ge=0)
    """Rank of the adapters (seed I06: 16); 0 trains all weights."""
    lora_alpha: int = Field(default=32, ge=1)
    """Scale of the adapters (seed I06: 32)."""
    lora_dropout: float = Field(default=0.05, ge=0, lt=1)
    """Share of adapter inputs dropped (seed I06: 0.05)."""
    lora_targets: list[str] | None = None
    """Names of the linear layers with adapters; None takes the attention of the base (BERT or Qwen2 names)."""
    lora_layers: int | None = Field(default=None, ge=1)
    """How many of the last layers get adapters: the backward pass ends at the first of them. None for all layers."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the base's own activations dropped in training; 0 also lets the fast attention kernel run."""
    negatives: int = Field(default=3, ge=1)
    """Hard negatives labelled per requirement (seed I06: 3); the retrieval accuracy is measured against them."""
    max_relevant: int = Field(default=5, ge=1)
    """Relevant sections kept per requirement (seed I06: 5)."""
    heuristic_threshold: float = Field(default=0.3, ge=-1, le=1)
    """Similarity from which the seed's heuristic takes a section for relevant (seed I06: 0.3)."""
    evaluations: int = Field(default=5, ge=1)
    """Times the validation applications are evaluated during training."""
    patience: int = Field(default=3, ge=1)
    """Evaluations without gain before training stops (seed I06: 3)."""
    cached_gradients: bool = False
    """Whether a group's loss is computed in micro-batches (see `phase1.losses`): less memory, one more forward pass. Without
    it all texts of a batch are in memory at once."""
    gradient_checkpointing: bool = False
    """Whether activations are recomputed in the backward pass: less memory, more time."""
    bf16: bool = True
    """bfloat16 autocast where the processor has the instructions, float32 elsewhere; False on a P40."""
    threads: int = Field(default=2, ge=1)
    """CPU threads of the training process."""
    seed: int = 0
    """Seed of data order, dropout and adapters."""
