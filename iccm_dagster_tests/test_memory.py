"""The estimate against what torch measures: on a card its own peak, elsewhere the allocator's events on small shapes."""

import dataclasses
import gc
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.profiler import ProfilerActivity, profile
from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

from iccm_dagster.celr.dpo_data import Pair
from iccm_dagster.celr.recipe import DpoRecipe
from iccm_dagster.celr.train_dpo import _trainer
from iccm_dagster.errors import ArtifactError
from iccm_dagster.memory import (
    GIB,
    PUBLISHED,
    Estimate,
    Part,
    Shape,
    adapter_memory,
    head_memory,
    largest_that_fits,
    shape_of,
)
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase1.losses import GroupLoss
from iccm_dagster.phase1.model import add_adapters, untrained_retriever
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.phase2.causal_lm import CausalWriter
from iccm_dagster.phase2.model import RequirementWriter, RequirementWriterConfig
from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.progress import silent
from iccm_dagster_tests.tiny import write_causal_lm

WITHIN = 0.15
QWEN = PUBLISHED["Qwen/Qwen2.5-Coder-1.5B-Instruct"]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def measured_peak(train: Callable[[], object]) -> int:
    """Return the most bytes that lived in tensors while this ran, above those that lived before."""
    # What earlier trainings left in reference cycles would be given back in the middle of this one.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        train()
        return torch.cuda.max_memory_allocated() - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        train()
    events = sorted(
        (event for event in record.profiler.kineto_results.events() if event.name() == "[memory]"),
        key=lambda event: event.start_ns(),
    )
    level = peak = 0
    for event in events:
        level += event.nbytes()
        peak = max(peak, level)
    return peak


def judge(estimate: Estimate, found: int) -> None:
    print(f"estimated / measured on {DEVICE}: {estimate.tensors / found:.3f}")
    assert estimate.tensors == pytest.approx(found, rel=WITHIN), "\n".join(estimate.lines())


def bytes_of(parameters) -> int:
    return sum(parameter.numel() * parameter.element_size() for parameter in parameters)


def store(shape: Shape, folder: Path) -> Path:
    """Store a Qwen2 of this shape with random weights."""
    config = Qwen2Config(
        vocab_size=shape.vocabulary,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        tie_word_embeddings=shape.tied,
    )
    base = write_causal_lm(folder)
    Qwen2ForCausalLM(config).save_pretrained(base)
    return base


def train_adapters(shape: Shape, folder: Path, *, micro: int, tokens: int, targets: int, **settings) -> int:
    """Take one real step with AdamW; return what it held at its peak, weights included."""
    base = store(shape, folder)
    recipe = WriterRecipe(generator="causal_lm", max_target=targets + 1, **settings)
    writer = CausalWriter.new(str(base), recipe, device=DEVICE)
    parameters = writer.trained_parameters("all")
    optimiser = torch.optim.AdamW(parameters, lr=1e-4)
    prompt = torch.randint(4, 200, (tokens - targets,))
    sources = [EncodedSource(ids=prompt, states=torch.empty(len(prompt), 0), cut=0)] * micro
    ids = torch.randint(4, 200, (micro, targets + 1))

    def step() -> None:
        writer.learn(dropout=True)
        writer.micro.size = micro

        def share(part) -> torch.Tensor:
            return -writer.log_probs([source for source, _ in part], torch.stack([row for _, row in part]))[0].sum()

        writer.micro.accumulate(list(zip(sources, ids, strict=True)), share, parameters)
        optimiser.step()
        optimiser.zero_grad()

    step()  # the optimiser's state is there from the second step on
    held = bytes_of(writer.model.parameters()) + 2 * bytes_of(parameters)
    return held + measured_peak(step)


ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
SMALL = Shape(hidden=256, intermediate=1024, layers=6, heads=4, kv_heads=2, vocabulary=4000, tied=True)
WORDY = Shape(hidden=128, intermediate=512, layers=2, heads=4, kv_heads=1, vocabulary=30000, tied=True)


@pytest.mark.parametrize(
    ("shape", "micro", "tokens", "targets", "checkpointing", "dropout"),
    [
        (SMALL, 4, 128, 16, True, 0.05),
        (SMALL, 4, 128, 16, False, 0.0),
        (WORDY, 4, 96, 48, True, 0.05),
    ],
)
def test_the_estimate_of_adapters_is_what_a_step_takes(tmp_path, shape, micro, tokens, targets, checkpointing, dropout):
    found = train_adapters(
        shape,
        tmp_path,
        micro=micro,
        tokens=tokens,
        targets=targets,
        gradient_checkpointing=checkpointing,
        lora_dropout=dropout,
    )
    estimate = adapter_memory(
        shape,
        training="test",
        micro_batch=micro,
        tokens=tokens,
        rank=16,
        dropout=dropout > 0,
        checkpointing=checkpointing,
        output_tokens=targets,
        card=DEVICE == "cuda",
    )
    judge(estimate, found)


@pytest.mark.parametrize(("micro", "sources", "dropout"), [(8, 128, 0.1), (16, 48, 0.0)])
def test_the_estimate_of_the_head_is_what_a_step_takes(micro, sources, dropout):
    encoder = Shape(hidden=192, intermediate=512, layers=2, heads=4, kv_heads=2, vocabulary=3000, tied=True)
    config = RequirementWriterConfig(
        vocab_size=3000,
        frequent=list(range(2000)),
        d_model=192,
        encoder_size=192,
        num_layers=3,
        num_heads=4,
        d_ff=512,
        dropout=dropout,
        max_target=32,
    )
    head = RequirementWriter(config).to(DEVICE).train()
    parameters = list(head.parameters())
    optimiser = torch.optim.AdamW(parameters)
    source_ids = torch.randint(0, 2000, (micro, sources), device=DEVICE)
    states = torch.randn(micro, sources, 192, device=DEVICE)
    mask = torch.ones(micro, sources, dtype=torch.bool, device=DEVICE)
    ids = torch.randint(0, 2000, (micro, 32), device=DEVICE)

    def step() -> None:
        head.token_log_probs(ids, source_ids, head.read(source_ids, states, mask)).sum().neg().backward()
        optimiser.step()
        optimiser.zero_grad()

    step()
    found = 4 * encoder.body + 3 * bytes_of(parameters) + measured_peak(step)
    estimate = head_memory(
        encoder,
        training="test",
        micro_batch=micro,
        source_tokens=sources,
        target_tokens=32,
        layers=3,
        heads=4,
        d_ff=512,
        vocabulary=2000,
        dropout=dropout > 0,
        encode_rows=1,
    )
    judge(estimate, found)


def test_the_estimate_of_the_retriever_is_what_a_step_takes(tmp_path):
    shape = dataclasses.replace(SMALL, layers=4)
    base = store(shape, tmp_path)
    recipe = RetrieverRecipe(base=str(base), projection=96, max_tokens=96, lora_targets=list(ATTENTION))
    model = untrained_retriever(recipe)
    add_adapters(model, recipe)
    model[0].auto_model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    model.train().to(DEVICE)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters)
    loss = GroupLoss(model, temperature=0.05, micro=MicroBatch(4))
    texts = [
        {
            "input_ids": torch.randint(4, 300, (rows, 96), device=DEVICE),
            "attention_mask": torch.ones(rows, 96, dtype=torch.long, device=DEVICE),
        }
        for rows in (4, 8)
    ]
    relevance = torch.eye(4, 8, dtype=torch.long, device=DEVICE)[None]

    def step() -> None:
        loss(texts, relevance).backward()
        optimiser.step()
        optimiser.zero_grad()

    step()
    found = bytes_of(model.parameters()) + 2 * bytes_of(parameters) + measured_peak(step)
    estimate = adapter_memory(
        shape,
        training="test",
        micro_batch=4,
        tokens=96,
        rank=16,
        dropout=True,
        checkpointing=True,
        output_tokens=0,
        extra=96 * shape.hidden,
        card=DEVICE == "cuda",
    )
    judge(estimate, found)


def test_the_estimate_of_preference_training_is_what_trl_takes(tmp_path):
    """Rows of 64 tokens, two for a pair; TRL's tiles of logits are the larger part here."""
    shape = dataclasses.replace(WORDY, vocabulary=20000)
    base = store(shape, tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(base)
    # Read again as text they are cut at 64 tokens.
    prompt, chosen, rejected = (tuple(torch.randint(10, 300, (size,)).tolist()) for size in (30, 120, 119))
    pair = Pair(task="t", prompt=prompt, chosen=chosen, rejected=rejected, longer=1.0)
    recipe = DpoRecipe(max_length=64, max_prompt=20, steps=1, batch_size=1, gradient_checkpointing=True, lora_rank=16)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    trainer = _trainer(model, tokenizer, [pair] * 2, recipe, tmp_path, DEVICE, 1, silent)
    found = measured_peak(trainer.train) + bytes_of(trainer.model.parameters())
    estimate = adapter_memory(
        shape,
        training="test",
        micro_batch=2,
        tokens=64,
        rank=16,
        dropout=False,
        checkpointing=True,
        output_tokens=64,
        everywhere=True,
        tiled=True,
        card=DEVICE == "cuda",
    )
    judge(estimate, found)


@pytest.mark.skipif(
    not torch.cuda.is_available() or torch.cuda.get_device_properties(0).total_memory < 22 * GIB,
    reason="needs a card with 22 GiB and a torch build with kernels for it",
)
@pytest.mark.parametrize("micro", [1, 8])
def test_the_real_shape_on_a_card_that_is_held_to_24_gb(tmp_path, micro):
    """Qwen2.5-Coder-1.5B with random weights; the allocator may take 24 GB."""
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, 24e9 / total))
    settings = {"micro_batch": micro, "tokens": 624, "rank": 16, "dropout": True, "checkpointing": True}
    found = train_adapters(
        QWEN, tmp_path, micro=micro, tokens=624, targets=48, gradient_checkpointing=True, lora_dropout=0.05
    )
    estimate = adapter_memory(QWEN, training="test", output_tokens=48, **settings)
    judge(estimate, found)


def test_a_published_shape_has_the_published_number_of_parameters():
    """Qwen2.5-1.5B: 1.54 billion parameters, 1.31 billion without the embeddings (its model card)."""
    assert QWEN.whole == 1_543_714_304
    assert QWEN.body - QWEN.vocabulary * QWEN.hidden == pytest.approx(1.31e9, rel=0.005)
    # 28 layers x 16 x (q 3072 + k 1792 + v 1792 + o 3072)
    assert QWEN.adapters(16) == 28 * 16 * 9728


def test_the_shape_is_read_off_a_folder(tmp_path):
    folder = write_causal_lm(tmp_path)
    shape = shape_of(str(folder))
    model = Qwen2ForCausalLM.from_pretrained(folder)
    assert shape.whole == sum(parameter.numel() for parameter in model.parameters())


def test_other_architectures_have_no_estimate():
    assert shape_of("all-MiniLM-L6-v2") is None


def test_a_folder_without_a_model_is_an_error(tmp_path):
    with pytest.raises(ArtifactError, match=r"holds no config\.json"):
        shape_of(str(tmp_path))


def test_the_largest_micro_batch_that_fits_is_taken():
    def estimate(micro: int) -> Estimate:
        return Estimate(training="t", micro_batch=micro, parts=(Part(name="rows", bytes=micro * GIB, why=""),))

    # 0.6 GiB go to the context: 8 rows do not fit in 8 GiB, 4 do
    assert largest_that_fits(estimate, most=32, gib=8).micro_batch == 4
    assert largest_that_fits(estimate, most=32, gib=1).micro_batch == 1
