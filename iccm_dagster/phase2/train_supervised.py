"""Stage 1: learn to write from docstrings (warm start), then from gold requirements.

In most pairs of the warm start the source shows its docstring, in the others it does not: the writer learns both to
carry a description over and to describe, each in a style of its own (see `styles`). Some pairs stay in the passes over gold,
as rehearsal, and so do the docstrings of the training applications themselves.
What is read is read once. The loss falls on the writer's own tokens only. Early stopping watches the gold requirements of
the validation applications, by their loss or by what the writer writes itself; the best state is the one that is kept.
A training that was killed goes on from its last checkpoint, inside a pass too, and ends where an undisturbed one does.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from iccm_dagster.encoders import has_bf16
from iccm_dagster.errors import TrainingError
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase2.generator import Generator, new_generator
from iccm_dagster.phase2.jury import SentenceEmbedder
from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.styles import CARRIED, NAMED, style_of
from iccm_dagster.phase2.variants import GOLD
from iccm_dagster.phase2.warm_start import warm_pairs
from iccm_dagster.phase2.written import told, written_similarity
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
    """Which wording it is: the hand-written one, a paraphrase, or what a docstring says, in the style of this name."""

    @property
    def style(self) -> int:
        """Place of the style in `styles.STYLES`."""
        return style_of(self.variant)


def train_stage1(
    *,
    examples_path: Path,
    corpus_path: Path | None,
    retriever: Path,
    base: str,
    recipe: WriterRecipe,
    out: Path,
    work: Path,
    device: str,
    micro_batch: int | None,
    on_progress: Callable[[Progress], None],
) -> dict[str, Any]:
    """Train a writer and save it to ``out``; resume from ``work`` where an earlier attempt was cut off.

    ``examples_path``: Parquet with application, split, group, source, text, variant, main, unread; what is not the main
    requirement of its group, and what is written by hand about an unread application, is not learned. ``corpus_path``: Parquet with
    code, query, split. ``base``: what a causal language model starts from. ``micro_batch``: examples per forward pass to
    begin with; None for all of a batch.

    Returns:
        ``history`` (one record per pass: stage, epoch, train_loss, validation_loss, written_similarity: None where nothing
        was written), ``cut_tokens``, ``parameters`` (trained),
        ``examples``, ``micro_batch`` (what it was in the end).

    Raises:
        TrainingError: There is nothing to learn from, or the loss is not a number.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(seed_for("phase2", "stage1", recipe.seed))
    table = pd.read_parquet(examples_path)
    corpus = warm_pairs(corpus_path, recipe)
    by_hand = ~table["variant"].isin([CARRIED, NAMED])
    table = table[table["main"] & ~(table["unread"] & by_hand)]
    if not (by_hand[table.index] & (table["split"] == "train")).any():
        raise TrainingError(
            f'{examples_path}: no example of a training application. Add gold requirements to one with split = "train".'
        )
    wanted = table[(table["split"] == "train") | ((table["split"] == "validation") & (table["variant"] == "gold"))]
    targets = [*corpus["query"], *wanted.loc[wanted["split"] == "train", "text"]]
    writer = new_generator(recipe, retriever=retriever, base=base, targets=targets, device=device)
    writer.micro = MicroBatch(micro_batch or recipe.batch_size)
    warm = _encode(
        writer, corpus["source"], corpus["query"], corpus["style"], what="reading docstring pairs", on_progress=on_progress
    )
    gold = {
        split: _encode(
            writer,
            rows["source"],
            rows["text"],
            rows["variant"],
            what=f"reading {split} examples",
            on_progress=on_progress,
        )
        for split, rows in wanted.groupby("split")
    }
    history = _fit(
        writer,
        warm,
        gold,
        look=_look(writer, wanted, gold) if recipe.written_every else None,
        recipe=recipe,
        work=work,
        on_progress=on_progress,
    )
    if recipe.recall is not None:
        known = [example for example in gold["train"] if example.variant in (GOLD, DERIVED)]
        sources, texts = [example.source for example in known], [example.target for example in known]
        writer.remember(sources, texts, least=recipe.recall)
    writer.save(out)
    return {
        "history": history,
        "cut_tokens": sum(example.source.cut for example in gold["train"]),
        "parameters": sum(parameter.numel() for parameter in writer.trained_parameters("all")),
        "examples": {"docstrings": len(warm), **{split: len(rows) for split, rows in gold.items()}},
        "micro_batch": writer.micro.size,
    }


def _fit(
    writer: Generator,
    warm: list[Example],
    gold: dict[str, list[Example]],
    *,
    look: Callable[[], float] | None,
    recipe: WriterRecipe,
    work: Path,
    on_progress: Callable[[Progress], None],
) -> list[dict[str, Any]]:
    """Run the passes; return their history. The writer ends with its best weights.

    ``look`` writes about the validation applications and says how near that comes to gold; None where the loss is watched.
    """
    plan = [("warm", epoch) for epoch in range(recipe.warm_epochs if warm else 0)]
    plan += [("gold", epoch) for epoch in range(recipe.gold_epochs)]
    optimiser = torch.optim.AdamW(writer.trained_parameters("all"), lr=recipe.warm_lr, weight_decay=0.01, fused=True)
    state = _State(work / "stage1.pt", writer, optimiser)
    for stage, epoch in plan[state.done :]:
        if state.without_gain >= recipe.patience:
            break
        if stage == "warm":
            examples, epochs, lr = warm, recipe.warm_epochs, recipe.warm_lr
        else:
            examples = _wording(gold["train"], recipe.wording(epoch))
            carried = _carried(gold["train"]) if writer.codec.styles else []
            beside = {"rehearsal": (warm, recipe.rehearsal), "docstrings": (carried, recipe.docstrings)}
            examples += [
                example
                for name, (pairs, share) in beside.items()
                for example in _drawn(pairs, round(share * len(examples)), seed=(name, epoch, recipe.seed))
            ]
            epochs, lr = recipe.gold_epochs, recipe.gold_lr
        train_loss = _one_pass(
            writer,
            examples,
            state,
            stage=stage,
            epoch=epoch,
            epochs=epochs,
            peak_lr=lr,
            recipe=recipe,
            on_progress=on_progress,
        )
        validation = evaluate_loss(writer, gold.get("validation") or gold["train"], batch_size=writer.micro.size)
        similarity = look() if look and stage == "gold" and recipe.looks_at(epoch) else None
        record = {"stage": stage, "epoch": epoch, "train_loss": train_loss, "validation_loss": validation}
        quality = similarity if look else -validation
        state.finish_pass({**record, "written_similarity": similarity}, quality=quality if stage == "gold" else None)
        shown = {} if similarity is None else {"similarity to gold": similarity}
        on_progress(
            Progress(
                stage=f"stage 1, {stage}",
                step=epoch + 1,
                total_steps=epochs,
                metrics={"train loss": train_loss, "validation loss": validation, **shown},
            )
        )
    writer.restore(state.best or writer.weights())
    return state.history


def _look(writer: Generator, wanted: pd.DataFrame, gold: dict[str, list[Example]]) -> Callable[[], float]:
    """Return what writes about the applications that are watched, and says how near that comes to gold."""
    watched = "validation" if "validation" in gold else "train"
    rows = wanted[(wanted["split"] == watched) & (wanted["variant"] == "gold")]
    sources = [example.source for example in gold[watched] if example.variant == "gold"]
    applications = told(rows["application"].tolist(), sources, rows["text"].tolist())
    embed = SentenceEmbedder()
    return lambda: written_similarity(writer, applications, embed)


def _wording(examples: Sequence[Example], turn: int) -> list[Example]:
    """Return the examples of one wording; the wordings take turns, the hand-written one first."""
    variants = sorted({example.variant for example in examples} - {DERIVED, CARRIED, NAMED}) or [DERIVED]
    chosen = {variants[turn % len(variants)], DERIVED}
    return [example for example in examples if example.variant in chosen]


def _carried(examples: Sequence[Example]) -> list[Example]:
    """Return the examples that carry a docstring over."""
    return [example for example in examples if example.variant in (CARRIED, NAMED)]


def _drawn(pairs: Sequence[Example], number: int, *, seed: tuple[str | int, ...]) -> list[Example]:
    """Return so many of the pairs for a pass over gold; all where there are fewer."""
    rows = np.random.default_rng(seed_for("phase2", *seed)).permutation(len(pairs))
    return [pairs[row] for row in rows[:number]]


def _one_pass(
    writer: Generator,
    examples: list[Example],
    state: "_State",
    *,
    stage: str,
    epoch: int,
    epochs: int,
    peak_lr: float,
    recipe: WriterRecipe,
    on_progress: Callable[[Progress], None],
) -> float:
    """Train on every example once; return the mean loss per token."""
    writer.learn(dropout=True)
    parameters = writer.trained_parameters("all")
    batches = list(_batches(examples, recipe.batch_size, seed=seed_for("phase2", stage, epoch, recipe.seed)))
    total_steps = epochs * len(batches)
    for number, batch in list(enumerate(batches))[len(state.losses) :]:
        step = epoch * len(batches) + number
        _set_lr(state.optimiser, peak_lr * _schedule(step, total_steps, recipe.warmup_ratio))
        loss = accumulate_cross_entropy(writer, batch, parameters, bf16=recipe.bf16)
        if not math.isfinite(loss):
            raise TrainingError(
                f"{stage} pass {epoch}, batch {number}: the loss is {loss}; its first target is "
                f"{batch[0].target!r}. Lower {stage}_lr={peak_lr} or set bf16=False."
            )
        torch.nn.utils.clip_grad_norm_(parameters, recipe.max_grad_norm)
        state.optimiser.step()
        state.optimiser.zero_grad()
        state.losses.append(loss)
        if (number + 1) % recipe.checkpoint_steps == 0:
            state.save()
        if number % 20 == 0:
            on_progress(
                Progress(
                    stage=f"stage 1, {stage} pass {epoch + 1}/{epochs}",
                    step=number,
                    total_steps=len(batches),
                    metrics={"loss": loss, "micro-batch": writer.micro.size},
                )
            )
    return sum(state.losses) / len(state.losses)


def accumulate_cross_entropy(
    writer: Generator,
    batch: Sequence[Example],
    parameters: Sequence[torch.nn.Parameter],
    *,
    bf16: bool,
    weight: float = 1,
) -> float:
    """Add the gradient of the weighted mean negative log-probability per token, micro-batch by micro-batch; return that
    mean, weighted."""
    tokens = int(writer.codec.real_tokens(_target_ids(writer, batch)).sum())
    device = writer.device.type

    def share(part: Sequence[Example]) -> torch.Tensor:
        ids = _target_ids(writer, part)
        with torch.autocast(device, torch.bfloat16, enabled=bf16 and has_bf16(device)):
            log_probs, real = writer.log_probs([example.source for example in part], ids)
            return -weight * (log_probs * real).sum() / tokens

    return writer.micro.accumulate(batch, share, parameters, alongside=writer.alongside)


@torch.no_grad()
def evaluate_loss(writer: Generator, examples: Sequence[Example], *, batch_size: int) -> float:
    """Return the mean negative log-probability per token."""
    writer.learn(dropout=False)

    def add(batch: Sequence[Example]) -> tuple[float, int]:
        ids = _target_ids(writer, batch)
        log_probs, real = writer.log_probs([example.source for example in batch], ids)
        return float((log_probs * real).sum()), int(real.sum())

    micro = MicroBatch(batch_size)
    found = [sums for batch in _batches(examples, batch_size, seed=0) for sums in micro.run(batch, add)]
    return -sum(total for total, _ in found) / max(1, sum(tokens for _, tokens in found))


class _State:
    """What survives an interruption."""

    def __init__(self, path: Path, writer: Generator, optimiser: torch.optim.Optimizer) -> None:
        self.path, self._writer, self.optimiser = path, writer, optimiser
        self.done = self.without_gain = 0
        self.history: list[dict[str, Any]] = []
        self.losses: list[float] = []
        """Of the batches of the pass that is not finished."""
        self.best: dict[str, torch.Tensor] | None = None
        self.best_quality = -math.inf
        if path.exists():
            saved = torch.load(path, weights_only=True, map_location="cpu")
            writer.restore(saved.pop("weights"))
            optimiser.load_state_dict(saved.pop("optimiser"))
            torch.set_rng_state(saved.pop("rng"))
            if (card := saved.pop("rng_card")) is not None:
                torch.cuda.set_rng_state(card)
            for name, value in saved.items():
                setattr(self, name, value)

    def finish_pass(self, record: dict[str, Any], *, quality: float | None) -> None:
        """Note the pass; a ``quality`` of None cannot make its state the best one."""
        self.done += 1
        self.history.append(record)
        self.losses = []
        if quality is not None and quality > self.best_quality:
            self.best_quality, self.without_gain = quality, 0
            self.best = self._writer.weights()
        elif quality is not None:
            self.without_gain += 1
        self.save()

    def save(self) -> None:
        kept = ("done", "history", "losses", "best", "best_quality", "without_gain")
        partial = self.path.with_suffix(".partial")
        torch.save(
            {
                **{name: getattr(self, name) for name in kept},
                "weights": self._writer.weights(),
                "optimiser": self.optimiser.state_dict(),
                "rng": torch.get_rng_state(),
                "rng_card": torch.cuda.get_rng_state() if self._writer.device.type == "cuda" else None,
            },
            partial,
        )
        partial.replace(self.path)


def _target_ids(writer: Generator, batch: Sequence[Example]) -> torch.Tensor:
    return writer.codec.target_ids([example.target for example in batch], [example.style for example in batch])


def _encode(
    writer: Generator,
    sources: Sequence[str],
    targets: Sequence[str],
    variants: Sequence[str],
    *,
    what: str,
    on_progress: Callable[[Progress], None],
) -> list[Example]:
    unique = list(dict.fromkeys(sources))

    def report(done: int) -> None:
        if done % 1024 < 64:
            on_progress(Progress(stage=what, step=done, total_steps=len(unique), metrics={}))

    encoded = dict(zip(unique, writer.encode(unique, batch_size=16, on_progress=report), strict=True))
    return [
        Example(source=encoded[source], target=target, variant=variant)
        for source, target, variant in zip(sources, targets, variants, strict=True)
    ]


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
