"""Stage 1: learn to write from docstrings (warm start), then from gold requirements.

In most pairs of the warm start the source shows its docstring, in the others it does not: the writer learns both to
carry a description over and to describe. Some pairs stay in the passes over gold, as rehearsal.
The encoder is frozen and its states are computed once. The loss falls on the writer's own tokens only. Early stopping
watches the gold requirements of the validation applications; the best state is the one that is kept.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from iccm_dagster.encoders import has_bf16
from iccm_dagster.errors import TrainingError
from iccm_dagster.phase2.losses import cross_entropy
from iccm_dagster.phase2.model import RequirementWriter
from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.source import EncodedSource, SourceEncoder
from iccm_dagster.phase2.warm_start import new_head, warm_pairs
from iccm_dagster.phase2.writer import Writer
from iccm_dagster.progress import Progress
from iccm_dagster.seeding import seed_for

# Requirements derived from docstrings have one wording only: it is read in every pass.
DERIVED = "derived"
# Batches are cut from runs of this many batches sorted by length: little padding, yet the order stays random.
SORTED_RUN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One source and what is to be written about it."""

    source: EncodedSource
    target: str
    variant: str = "gold"
    """Which wording it is: the hand-written one, or a paraphrase."""


def train_stage1(
    *,
    examples_path: Path,
    corpus_path: Path | None,
    retriever: Path,
    recipe: WriterRecipe,
    out: Path,
    work: Path,
    device: str,
    on_progress: Callable[[Progress], None],
) -> dict[str, Any]:
    """Train a writer and save it to ``out``; resume from ``work`` where an earlier attempt was cut off.

    ``examples_path``: Parquet with application, split, group, source, text, variant. ``corpus_path``: Parquet with
    code, query, split.

    Returns:
        ``history`` (one record per pass: stage, epoch, train_loss, validation_loss), ``cut_tokens``, ``parameters``,
        ``examples``.

    Raises:
        TrainingError: There is nothing to learn from, or the loss is not a number.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed_for("phase2", "stage1", recipe.seed))
    table = pd.read_parquet(examples_path)
    if not (table["split"] == "train").any():
        raise TrainingError(
            f'{examples_path}: no example of a training application. Add gold requirements to one with split = "train".'
        )
    encoder = SourceEncoder(retriever, max_source=recipe.max_source, device=device)
    corpus = warm_pairs(corpus_path, recipe)
    warm = _encode(encoder, corpus["source"], corpus["query"], "encoding docstring pairs", on_progress)
    wanted = table[(table["split"] == "train") | ((table["split"] == "validation") & (table["variant"] == "gold"))]
    gold = {
        split: [
            replace(example, variant=variant)
            for example, variant in zip(
                _encode(encoder, rows["source"], rows["text"], f"encoding {split} examples", on_progress),
                rows["variant"],
                strict=True,
            )
        ]
        for split, rows in wanted.groupby("split")
    }
    head = new_head(encoder, [example.target for example in [*warm, *gold["train"]]], recipe)
    writer = Writer(encoder, head.to(device), retriever)
    history = _fit(writer, warm, gold, recipe=recipe, work=work, on_progress=on_progress)
    writer.save(out)
    return {
        "history": history,
        "cut_tokens": sum(example.source.cut for example in gold["train"]),
        "parameters": sum(parameter.numel() for parameter in head.parameters()),
        "examples": {"docstrings": len(warm), **{split: len(rows) for split, rows in gold.items()}},
    }


def _fit(
    writer: Writer,
    warm: list[Example],
    gold: dict[str, list[Example]],
    *,
    recipe: WriterRecipe,
    work: Path,
    on_progress: Callable[[Progress], None],
) -> list[dict[str, Any]]:
    """Run the passes; return their history. The writer ends with its best weights."""
    plan = [("warm", epoch) for epoch in range(recipe.warm_epochs if warm else 0)]
    plan += [("gold", epoch) for epoch in range(recipe.gold_epochs)]
    state = _State.resume(work / "stage1.pt", writer.head)
    optimiser = torch.optim.AdamW(writer.head.parameters(), lr=recipe.warm_lr, weight_decay=0.01)
    if state.optimiser is not None:
        optimiser.load_state_dict(state.optimiser)
    for stage, epoch in plan[state.done :]:
        if state.without_gain >= recipe.patience:
            break
        examples, epochs, lr = (
            (warm, recipe.warm_epochs, recipe.warm_lr)
            if stage == "warm"
            else (
                _wording(gold["train"], epoch) + _rehearsal(warm, gold["train"], epoch, recipe),
                recipe.gold_epochs,
                recipe.gold_lr,
            )
        )
        train_loss = _one_pass(
            writer,
            examples,
            optimiser,
            stage=stage,
            epoch=epoch,
            epochs=epochs,
            peak_lr=lr,
            recipe=recipe,
            on_progress=on_progress,
        )
        validation = evaluate_loss(writer, gold.get("validation") or gold["train"], batch_size=recipe.batch_size)
        state.finish_pass(
            {"stage": stage, "epoch": epoch, "train_loss": train_loss, "validation_loss": validation},
            writer.head,
            optimiser,
            counts=stage == "gold",
        )
        on_progress(
            Progress(
                stage=f"stage 1, {stage}",
                step=epoch + 1,
                total_steps=epochs,
                metrics={"train loss": train_loss, "validation loss": validation},
            )
        )
    writer.head.load_state_dict(state.best or writer.head.state_dict())
    return state.history


def _wording(examples: Sequence[Example], epoch: int) -> list[Example]:
    """Return the examples of one wording; the wordings take turns, the hand-written one first."""
    variants = sorted({example.variant for example in examples} - {DERIVED}) or [DERIVED]
    chosen = {variants[epoch % len(variants)], DERIVED}
    return [example for example in examples if example.variant in chosen]


def _rehearsal(warm: Sequence[Example], gold: Sequence[Example], epoch: int, recipe: WriterRecipe) -> list[Example]:
    """Return the docstring pairs of a pass over gold."""
    number = min(len(warm), round(recipe.rehearsal * len(_wording(gold, epoch))))
    rows = np.random.default_rng(seed_for("phase2", "rehearsal", epoch, recipe.seed)).permutation(len(warm))
    return [warm[row] for row in rows[:number]]


def _one_pass(
    writer: Writer,
    examples: list[Example],
    optimiser: torch.optim.Optimizer,
    *,
    stage: str,
    epoch: int,
    epochs: int,
    peak_lr: float,
    recipe: WriterRecipe,
    on_progress: Callable[[Progress], None],
) -> float:
    """Train on every example once; return the mean loss per token."""
    writer.head.train()
    batches = list(_batches(examples, recipe.batch_size, seed=seed_for("phase2", stage, epoch, recipe.seed)))
    total_steps = epochs * len(batches)
    losses = []
    for number, batch in enumerate(batches):
        step = epoch * len(batches) + number
        _set_lr(optimiser, peak_lr * _schedule(step, total_steps, recipe.warmup_ratio))
        with torch.autocast(writer.device.type, torch.bfloat16, enabled=recipe.bf16 and has_bf16(writer.device.type)):
            loss = cross_entropy(
                *writer.log_probs(
                    [example.source for example in batch], writer.target_ids([example.target for example in batch])
                )
            )
        if not torch.isfinite(loss):
            raise TrainingError(
                f"{stage} pass {epoch}, batch {number}: the loss is {loss.item()}; its first target is "
                f"{batch[0].target!r}. Lower {stage}_lr={peak_lr} or set bf16=False."
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(writer.head.parameters(), recipe.max_grad_norm)
        optimiser.step()
        optimiser.zero_grad()
        losses.append(loss.item())
        if number % 20 == 0:
            on_progress(
                Progress(
                    stage=f"stage 1, {stage} pass {epoch + 1}/{epochs}",
                    step=number,
                    total_steps=len(batches),
                    metrics={"loss": losses[-1]},
                )
            )
    return sum(losses) / len(losses)


@torch.no_grad()
def evaluate_loss(writer: Writer, examples: Sequence[Example], *, batch_size: int) -> float:
    """Return the mean negative log-probability per token."""
    writer.head.eval()
    total, tokens = 0.0, 0
    for batch in _batches(examples, batch_size, seed=0):
        log_probs, real = writer.log_probs(
            [example.source for example in batch], writer.target_ids([example.target for example in batch])
        )
        total -= float((log_probs * real).sum())
        tokens += int(real.sum())
    return total / max(tokens, 1)


class _State:
    """What survives an interruption between two passes."""

    def __init__(self, path: Path) -> None:
        self.path, self.done, self.without_gain = path, 0, 0
        self.history: list[dict[str, Any]] = []
        self.best: dict[str, torch.Tensor] | None = None
        self.best_loss = math.inf
        self.optimiser: dict[str, Any] | None = None

    @classmethod
    def resume(cls, path: Path, head: RequirementWriter) -> "_State":
        state = cls(path)
        if path.exists():
            saved = torch.load(path, weights_only=True)
            head.load_state_dict(saved.pop("head"))
            torch.set_rng_state(saved.pop("rng"))
            for name, value in saved.items():
                setattr(state, name, value)
        return state

    def finish_pass(
        self, record: dict[str, Any], head: RequirementWriter, optimiser: torch.optim.Optimizer, *, counts: bool
    ) -> None:
        self.done += 1
        self.history.append(record)
        if counts and record["validation_loss"] < self.best_loss:
            self.best_loss, self.without_gain = record["validation_loss"], 0
            self.best = {name: value.detach().clone() for name, value in head.state_dict().items()}
        elif counts:
            self.without_gain += 1
        partial = self.path.with_suffix(".partial")
        torch.save(
            {
                "done": self.done,
                "history": self.history,
                "best": self.best,
                "best_loss": self.best_loss,
                "without_gain": self.without_gain,
                "head": head.state_dict(),
                "optimiser": optimiser.state_dict(),
                "rng": torch.get_rng_state(),
            },
            partial,
        )
        partial.replace(self.path)


def _encode(
    encoder: SourceEncoder,
    sources: Sequence[str],
    targets: Sequence[str],
    what: str,
    on_progress: Callable[[Progress], None],
) -> list[Example]:
    sources, targets = list(sources), list(targets)
    unique = list(dict.fromkeys(sources))

    def report(done: int) -> None:
        if done % 1024 < 64:
            on_progress(Progress(stage=what, step=done, total_steps=len(unique), metrics={}))

    encoded = dict(zip(unique, encoder.encode(unique, batch_size=16, on_progress=report), strict=True))
    return [Example(source=encoded[source], target=target) for source, target in zip(sources, targets, strict=True)]


def _batches(examples: Sequence[Example], size: int, *, seed: int) -> Iterator[list[Example]]:
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(examples), generator=generator).tolist()
    batches = []
    for start in range(0, len(order), size * SORTED_RUN):
        run = sorted(order[start : start + size * SORTED_RUN], key=lambda index: len(examples[index].source.ids))
        batches.extend(run[first : first + size] for first in range(0, len(run), size))
    for index in torch.randperm(len(batches), generator=generator).tolist():
        yield [examples[row] for row in batches[index]]


def _schedule(step: int, total: int, warmup_ratio: float) -> float:
    """Linear rise, then linear fall to a tenth."""
    rise = max(1, int(total * warmup_ratio))
    return (step + 1) / rise if step < rise else 1.0 - 0.9 * (step - rise) / max(1, total - rise)


def _set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = lr
