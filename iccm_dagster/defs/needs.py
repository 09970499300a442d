"""What each training asset of a profile needs of the card, reckoned from the profile's own recipes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from iccm_dagster.defs.profiles import Profile
from iccm_dagster.device import Need
from iccm_dagster.memory import Estimate, Shape, adapter_memory, head_memory, largest_that_fits, shape_of

STAGES = ("phase2_stage1_checkpoint", "phase2_checkpoint", "phase2_similarity_checkpoint")
"""Trainings of the writer."""
PROMPT = 64
"""Tokens of a prompt around the code, at most."""
SEQUENCES = 64
"""Requirements sampled, and learned from, at once."""
ENCODED = 16
"""Sources that the frozen encoder reads at once."""
RESERVE = 0.92
"""Share of the free memory that an estimate may fill: it is within 15 %, and what is not foreseen is halved away."""


def need_of(profile: Profile) -> Need:
    """Return what a profile's trainings need of the machine."""
    machine = profile.machine
    return Need(
        profile=profile.name,
        device=machine.device,
        vram_gib=machine.vram_gib,
        capability=machine.compute_capability,
    )


def estimates_of(profile: Profile, *, gib: float) -> dict[str, Estimate]:
    """Return asset -> its estimate with the largest micro-batch that fits in so many GiB; empty for a CPU profile."""
    if profile.machine.device == "cpu":
        return {}
    found: dict[str, Callable[[int], Estimate]] = {}
    most: dict[str, int] = {}
    shape = shape_of(profile.retriever.base)
    if shape is not None:
        found["phase1_checkpoint"] = partial(_retriever, profile, shape)
        most["phase1_checkpoint"] = 32
        for kind in ("head", "causal_lm"):
            stages = STAGES if kind == profile.writer.generator else ()
            for name in (*stages, f"phase2_generators/{kind}"):
                found[name] = partial(_head if kind == "head" else _causal, profile, shape, name)
                most[name] = profile.writer.batch_size if name == "phase2_stage1_checkpoint" else SEQUENCES
    dpo_shape = shape_of(profile.dpo.base) if profile.dpo.base else None
    if dpo_shape is not None:
        found["dpo_checkpoint"], most["dpo_checkpoint"] = partial(_dpo, profile, dpo_shape), profile.dpo.batch_size
    reckoned = {name: largest_that_fits(of, most=most[name], gib=RESERVE * gib) for name, of in found.items()}
    compared = [reckoned.pop(name) for name in list(reckoned) if name.startswith("phase2_generators/")]
    if compared:
        # One after the other in one process: the larger one decides, the smaller micro-batch serves both.
        largest = max(compared, key=lambda estimate: estimate.tensors)
        smallest = min(estimate.micro_batch for estimate in compared)
        reckoned["phase2_generators"] = replace(largest, training="phase2_generators", micro_batch=smallest)
    return reckoned


def _retriever(profile: Profile, shape: Shape, micro_batch: int) -> Estimate:
    recipe = profile.retriever
    return adapter_memory(
        shape,
        training="phase1_checkpoint",
        micro_batch=micro_batch,
        tokens=recipe.max_tokens,
        rank=recipe.lora_r,
        dropout=recipe.lora_dropout > 0,
        checkpointing=recipe.gradient_checkpointing,
        output_tokens=0,
        extra=shape.hidden * (recipe.projection or 0),
    )


def _causal(profile: Profile, shape: Shape, training: str, micro_batch: int) -> Estimate:
    recipe = profile.writer
    return adapter_memory(
        shape,
        training=training,
        micro_batch=micro_batch,
        tokens=recipe.max_source + PROMPT + recipe.max_target,
        rank=recipe.lora_r,
        dropout=recipe.lora_dropout > 0,
        checkpointing=recipe.gradient_checkpointing,
        output_tokens=recipe.max_target,
        cache_rows=0 if training == "phase2_stage1_checkpoint" else SEQUENCES,
    )


def _head(profile: Profile, shape: Shape, training: str, micro_batch: int) -> Estimate:
    recipe = profile.writer
    return head_memory(
        shape,
        training=training,
        micro_batch=micro_batch,
        source_tokens=recipe.max_source,
        target_tokens=recipe.max_target,
        layers=recipe.num_layers,
        heads=recipe.num_heads,
        d_ff=recipe.d_ff,
        vocabulary=recipe.vocabulary,
        dropout=recipe.dropout > 0,
        encode_rows=ENCODED,
    )


def _dpo(profile: Profile, shape: Shape, micro_batch: int) -> Estimate:
    recipe = profile.dpo
    # A pair is two rows, and TRL computes the logits of all their tokens.
    rows = adapter_memory(
        shape,
        training="dpo_checkpoint",
        micro_batch=2 * micro_batch,
        tokens=recipe.max_length,
        rank=recipe.lora_rank,
        dropout=False,
        checkpointing=recipe.gradient_checkpointing,
        output_tokens=recipe.max_length,
        everywhere=True,
        tiled=True,
    )
    return replace(rows, micro_batch=micro_batch)
