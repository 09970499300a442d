"""Train the retriever: contrastive groups, LoRA, early stopping on the validation applications.

The best checkpoint is kept, and an interrupted training goes on from the last one in its work folder.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import transformers
from datasets import Dataset
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
from sentence_transformers.base.evaluation import BaseEvaluator
from transformers import EarlyStoppingCallback, TrainerCallback

from iccm_dagster.encoders import has_bf16
from iccm_dagster.errors import TrainingError
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase1.contrast import Collator, Group, InOrder, training_groups
from iccm_dagster.phase1.labels import relevant_column
from iccm_dagster.phase1.losses import CHUNK, GroupLoss
from iccm_dagster.phase1.metrics import mean_average_precision
from iccm_dagster.phase1.model import (
    add_adapters,
    embed,
    merge_adapters,
    save_retriever,
    section_texts,
    untrained_retriever,
)
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.seeding import seed_for

REPORT = "training_report.json"
TRAINED = "trained.safetensors"
SCORE = "eval_validation_map"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrieverReport:
    """What a training did."""

    history: list[dict[str, float]]
    """One record per log: step, and loss, grad_norm, learning_rate or validation_map."""
    labels: str
    """"gold", "heuristic" where no application has traceability, or "none" where docstring pairs alone were learned from."""
    queries: int
    """Requirement texts learned from, counted in every epoch."""
    docstring_pairs: int
    """Docstring pairs learned from."""
    trainable: int
    """Parameters that were trained."""
    steps: int
    """Optimiser steps in all, those before an interruption included."""
    best_step: int | None
    """The step whose weights were kept; None without validation applications: the last one was kept."""
    best_validation_map: float | None
    """Mean average precision at that step; None without validation applications."""
    resumed_from: int
    """Step of the checkpoint it went on from; 0 for a fresh start."""
    bf16: bool
    """Whether bfloat16 was used."""
    micro_batch: int | None
    """Texts per forward pass with gradients in the end; None where a batch was computed whole."""
    seconds: float
    """Wall-clock time of this attempt [s]."""


def train_retriever(
    *,
    labels_path: Path,
    sections_path: Path,
    corpus_path: Path | None,
    recipe: RetrieverRecipe,
    out: Path,
    work: Path,
    device: str,
    micro_batch: int | None,
    on_progress: OnProgress,
) -> RetrieverReport:
    """Train on the training applications and store the best retriever in ``out``.

    Args:
        labels_path: Parquet: application, split, requirement_id, text, variant, relevant, heuristic, negatives.
        sections_path: Parquet: application, split, name, code.
        corpus_path: Parquet of `corpus.harvest`; None trains without docstrings.
        recipe: The settings.
        out: Gets the retriever, adapters merged, and ``training_report.json``.
        work: Checkpoints of this very training (same data, same recipe); an interrupted one goes on from the last.
        device: "cpu" or "cuda".
        micro_batch: Texts per forward pass to begin with, where the recipe caches gradients; None for `CHUNK`.
        on_progress: Told at every log and evaluation.

    Raises:
        TrainingError: There is nothing to learn from, or the loss is not a number.
    """
    started = time.monotonic()
    torch.set_num_threads(recipe.threads)
    transformers.set_seed(seed_for("phase1", "train", recipe.seed))
    labels, sections = pd.read_parquet(labels_path), pd.read_parquet(sections_path)
    corpus = None if corpus_path is None or recipe.warm_pairs == 0 else pd.read_parquet(corpus_path)
    train = labels[labels["split"] == "train"]
    groups = training_groups(train, sections, corpus, recipe)
    if not groups:
        raise TrainingError(
            f"{labels_path}: no training application has a labelled requirement and there are no docstring pairs. "
            'Add gold requirements with traceability to an application with split = "train".'
        )
    model = untrained_retriever(recipe)
    add_adapters(model, recipe)
    trainable = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    micro = MicroBatch(micro_batch or CHUNK) if recipe.cached_gradients else None
    drawn = recipe.dropout > 0 or (recipe.lora_r > 0 and recipe.lora_dropout > 0)
    alongside = device == "cpu" and recipe.threads > 1 and not drawn and not _bf16(recipe, device) and micro is None
    loss = GroupLoss(model, temperature=recipe.temperature, micro=micro, alongside=alongside)
    trainer = _trainer(model, loss, groups, _validation(labels, sections, recipe), recipe, work, device, on_progress)
    resume = last_checkpoint(work)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    merge_adapters(model)
    save_retriever(model.to("cpu"), out)
    report = _report(trainer, groups, relevant_column(train), resume, trainable, time.monotonic() - started)
    (out / REPORT).write_text(json.dumps(asdict(report), indent=1), encoding="utf-8")
    return report


class ValidationMap(BaseEvaluator):
    """Mean average precision over the validation applications."""

    def __init__(self, labels: pd.DataFrame, sections: pd.DataFrame, *, bf16: bool) -> None:
        super().__init__()
        self._labels, self._sections, self._bf16, self.primary_metric = labels, sections, bf16, "validation_map"

    def __call__(
        self, model: SentenceTransformer, output_path: str | None = None, epoch: float = -1, steps: int = -1
    ) -> dict[str, float]:
        column = relevant_column(self._labels)
        scores = []
        for application, rows in self._labels.groupby("application", sort=True):
            own = self._sections[self._sections["application"] == application]
            documents = embed(model, section_texts(own), bf16=self._bf16)
            similarity = embed(model, rows["text"].tolist(), bf16=self._bf16) @ documents.T
            relevant = [own["name"].isin(names).to_numpy() for names in rows[column]]
            scores.append(mean_average_precision(similarity, relevant))
        return {"validation_map": sum(scores) / len(scores)}


class _Trainer(SentenceTransformerTrainer):
    """Stops at a loss that is not a number; checkpoints hold the trained parameters alone, in full precision."""

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **options: Any) -> torch.Tensor:
        origin = inputs.pop("origin")
        loss = super().compute_loss(model, inputs, *args, **options)
        if not torch.isfinite(loss):
            raise TrainingError(
                f"step {self.state.global_step}: the loss is {loss.item()} on {origin}. "
                f"Lower peak_lr={self.args.learning_rate} or set bf16=False."
            )
        return loss

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Write no model card: the artifact's manifest says where a retriever comes from."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir)
        folder.mkdir(parents=True, exist_ok=True)
        trained = {
            name: value.detach().contiguous() for name, value in self.model.named_parameters() if value.requires_grad
        }
        save_file(trained, folder / TRAINED)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        self.model.load_state_dict(load_file(Path(resume_from_checkpoint) / TRAINED), strict=False)

    def _load_best_model(self) -> None:
        self._load_from_checkpoint(self.state.best_model_checkpoint)


def last_checkpoint(work: Path) -> Path | None:
    """Return the newest whole checkpoint in a work folder; one that was being written when training ended is passed over."""
    for folder in sorted(work.glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[-1]), reverse=True):
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if all((folder / name).is_file() for name in (TRAINED, "optimizer.pt", "scheduler.pt", "rng_state.pth")):
            return folder
    return None


class _Reporter(TrainerCallback):
    """Relays what the trainer logs."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        metrics = {name: value for name, value in _readable(logs or {}).items() if name in ("loss", "validation_map")}
        self._on_progress(
            Progress(
                stage="training the retriever", step=state.global_step, total_steps=state.max_steps, metrics=metrics
            )
        )


def _trainer(
    model: SentenceTransformer,
    loss: GroupLoss,
    groups: Sequence[Group],
    validation: ValidationMap | None,
    recipe: RetrieverRecipe,
    work: Path,
    device: str,
    on_progress: OnProgress,
) -> _Trainer:
    steps = -(-len(groups) // (recipe.batch_size * recipe.accumulation))
    steps = min(steps, recipe.max_steps or steps)
    every = max(1, steps // recipe.evaluations)
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(work),
        max_steps=steps,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.peak_lr,
        warmup_steps=recipe.warmup_ratio,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.max_grad_norm,
        activation_checkpointing=recipe.gradient_checkpointing,
        use_cpu=device == "cpu",
        fp16=False,
        bf16=_bf16(recipe, device),
        eval_strategy="steps" if validation else "no",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        load_best_model_at_end=validation is not None,
        metric_for_best_model=SCORE if validation else None,
        greater_is_better=True if validation else None,
        logging_steps=max(1, steps // 50),
        logging_nan_inf_filter=False,
        batch_sampler=InOrder,
        seed=seed_for("phase1", "train", recipe.seed),
        data_seed=recipe.seed,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
    )
    callbacks: list[TrainerCallback] = [_Reporter(on_progress)]
    if validation:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=recipe.patience))
    trainer = _Trainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_dict({"group": list(range(len(groups)))}),
        loss=loss,
        evaluator=validation,
        data_collator=Collator(model, groups),
        callbacks=callbacks,
    )
    trainer.remove_callback(transformers.PrinterCallback)
    return trainer


def _validation(labels: pd.DataFrame, sections: pd.DataFrame, recipe: RetrieverRecipe) -> ValidationMap | None:
    chosen = labels[(labels["split"] == "validation") & (labels["variant"] == "gold")]
    chosen = chosen[[len(names) > 0 for names in chosen[relevant_column(chosen)]]]
    return None if chosen.empty else ValidationMap(chosen, sections, bf16=recipe.bf16)


def _bf16(recipe: RetrieverRecipe, device: str) -> bool:
    return recipe.bf16 and has_bf16(device)


def _readable(logs: dict[str, float]) -> dict[str, float]:
    wanted = ("loss", "grad_norm", "learning_rate", "validation_map")
    return {name: float(value) for key, value in logs.items() if (name := key.removeprefix("eval_")) in wanted}


def _report(
    trainer: _Trainer,
    groups: Sequence[Group],
    column: str,
    resume: Path | None,
    trainable: int,
    seconds: float,
) -> RetrieverReport:
    state = trainer.state
    best = state.best_model_checkpoint
    applications = [group for group in groups if group.application]
    return RetrieverReport(
        history=[{"step": record["step"], **values} for record in state.log_history if (values := _readable(record))],
        labels="none" if not applications else "gold" if column == "relevant" else "heuristic",
        queries=sum(len(group.queries) for group in applications),
        docstring_pairs=sum(len(group.queries) for group in groups if not group.application),
        trainable=trainable,
        steps=state.global_step,
        best_step=int(best.rsplit("-", 1)[-1]) if best else None,
        best_validation_map=state.best_metric,
        resumed_from=int(resume.name.rsplit("-", 1)[-1]) if resume else 0,
        bf16=trainer.args.bf16,
        micro_batch=trainer.loss.micro.size if trainer.loss.micro else None,
        seconds=seconds,
    )
