"""DPO on the exported pairs with TRL and LoRA, and what it is worth on validation pairs.

Preference accuracy is the share of validation pairs whose better answer gains more log-probability over the reference
(the base without its adapter) than the worse one (Rafailov et al., 2023). With simulated solvers the worse answer is the
one with missing bodies: accuracy then says that training runs and transfers, nothing about real code.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase, TrainerCallback
from trl import DPOConfig, DPOTrainer
from trl.kernels import chunked_logprob

from iccm_dagster.celr.dpo_data import Pair, cut_pairs, load_rows, spread
from iccm_dagster.celr.gate import admit_model
from iccm_dagster.celr.recipe import DpoRecipe
from iccm_dagster.celr.tiny_lm import tiny_lm, tiny_tokenizer
from iccm_dagster.errors import DeviceError, TrainingError
from iccm_dagster.intervals import bootstrap_mean
from iccm_dagster.microbatch import out_of_memory
from iccm_dagster.progress import OnProgress, Progress

# B: pairs, T: tokens.

MOST_VALIDATION = 120
"""Validation pairs that are measured."""


def run_dpo(spec: dict[str, Any], on_progress: OnProgress) -> dict[str, Any]:
    """Train on ``spec["data"]`` (a folder of exports), save to ``spec["out"]``: adapter, tokenizer and, where it was built
    here, the base; then the requirement writer, where ``spec["writer"]`` says where it is.

    Returns:
        training_pairs, validation_pairs, equal_within_cut, history (step, loss), micro_batch, accuracy (mean, low, high, n, text),
        accuracy_train, accuracy_longer, chosen_change (nats per token that better validation answers gained), admitted and
        admission (see `gate`), and writer (see `train_writer`).

    Raises:
        TrainingError: No training pair, or a loss that is not a number.
    """
    recipe, data, out = DpoRecipe(**spec["recipe"]), Path(spec["data"]), Path(spec["out"])
    torch.set_num_threads(recipe.threads)
    rows = load_rows(data / "trl" / "train.jsonl")
    if not rows:
        raise TrainingError("dpo: no training pair. See training_report for the reasons why tasks gave none.")
    model, tokenizer = _base(recipe, data, rows, out, on_progress)
    cut = {"max_prompt": recipe.max_prompt, "max_answer": (recipe.max_length - recipe.max_prompt) - 1}
    found, equal = cut_pairs(rows, tokenizer, **cut)
    training = spread(found, limit=recipe.max_pairs, seed=recipe.seed)
    held, _ = cut_pairs(load_rows(data / "trl" / "validation.jsonl"), tokenizer, **cut)
    validation = spread(held, limit=MOST_VALIDATION, seed=recipe.seed)
    if not training:
        raise TrainingError(f"dpo: all {equal} pairs are equal within {recipe.max_length} tokens. Raise max_length.")
    trainer, micro = _train(model, tokenizer, training, recipe, spec, on_progress)
    losses = [{"step": row["step"], "loss": row["loss"]} for row in trainer.state.log_history if "loss" in row]
    if any(not math.isfinite(row["loss"]) for row in losses):
        raise TrainingError(f"dpo: the loss is not a number after {len(losses)} steps. Lower peak_lr.")
    trainer.model.save_pretrained(out / "adapter")
    tokenizer.save_pretrained(out / "adapter")
    changes = gains(trainer.model, validation)
    report = {
        "simulated": any(row["simulated"] for row in rows),
        "training_pairs": len(training),
        "validation_pairs": len(validation),
        "equal_within_cut": equal,
        "history": losses,
        "micro_batch": micro,
        "accuracy": _accuracy(validation, changes),
        "accuracy_train": _accuracy(training[:MOST_VALIDATION], gains(trainer.model, training[:MOST_VALIDATION]))[
            "mean"
        ],
        "chosen_change": _mean([won / len(pair.chosen) for pair, (won, _) in zip(validation, changes, strict=True)]),
        "accuracy_longer": _mean([pair.longer for pair in validation]),
        "accuracy_longer_within_cut": _mean([_longer(pair) for pair in validation]),
    }
    admission = admit_model(report, recipe)
    report |= {"admitted": admission.admitted, "admission": str(admission)}
    # The writer brings a model of its own.
    del trainer, model
    torch.cuda.empty_cache()
    return {**report, "writer": _writer(spec, recipe, out, on_progress)}


@torch.no_grad()
def gains(model: Any, pairs: Sequence[Pair]) -> list[tuple[float, float]]:
    """Return what the better and the worse answer of each pair gained over the reference [nats]."""
    model.eval()
    found = []
    for pair in pairs:
        after = [_log_prob(model, pair.prompt, side) for side in (pair.chosen, pair.rejected)]
        with model.disable_adapter():
            before = [_log_prob(model, pair.prompt, side) for side in (pair.chosen, pair.rejected)]
        found.append((after[0] - before[0], after[1] - before[1]))
    return found


def _log_prob(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> float:
    ids_1T = torch.tensor([[*prompt, *answer]], device=model.device)
    logits_TV = model(input_ids=ids_1T).logits[0, len(prompt) - 1 : -1].float()
    return float(logits_TV.log_softmax(-1).gather(-1, ids_1T[0, len(prompt) :, None]).sum())


def _accuracy(pairs: Sequence[Pair], changes: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """Return the mean over applications with its interval; a margin of exactly 0 counts half."""
    by_application: dict[str, list[float]] = {}
    for pair, (won, lost) in zip(pairs, changes, strict=True):
        by_application.setdefault(pair.application, []).append(1.0 if won > lost else 0.5 if won == lost else 0.0)
    found = bootstrap_mean([_mean(values) for values in by_application.values()], resamples=2000, seed=0)
    return {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n, "text": str(found)}


def _base(
    recipe: DpoRecipe, data: Path, rows: Sequence[dict], out: Path, on_progress: OnProgress
) -> tuple[Any, PreTrainedTokenizerBase]:
    if recipe.base:
        tokenizer = AutoTokenizer.from_pretrained(recipe.base)
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
        return AutoModelForCausalLM.from_pretrained(recipe.base, dtype=torch.float32), tokenizer
    texts = list(dict.fromkeys(text for row in rows for text in (row["prompt"], row["chosen"])))
    texts += [row["messages"][-1]["content"] for row in load_rows(data / "axolotl_sft" / "train.jsonl")]
    tokenizer = tiny_tokenizer([*texts, *(row["rejected"] for row in rows)])
    model = tiny_lm(tokenizer, texts, steps=recipe.warm_steps, seed=recipe.seed, on_progress=on_progress)
    model.save_pretrained(out / "base")
    tokenizer.save_pretrained(out / "base")
    return AutoModelForCausalLM.from_pretrained(out / "base"), tokenizer


def _train(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[Pair],
    recipe: DpoRecipe,
    spec: dict[str, Any],
    on_progress: OnProgress,
) -> tuple[DPOTrainer, int]:
    """Train, halving the micro-batch whenever memory runs out; return the trainer and the last micro-batch.

    The trainer goes on from its last checkpoint; accumulation doubles, so that a step stays ``batch_size`` pairs.
    """
    _spare_old_cards()
    work, micro = Path(spec["work"]), min(spec["micro_batch"] or recipe.batch_size, recipe.batch_size)
    while True:
        trainer = _trainer(model, tokenizer, pairs, recipe, work, spec["device"], micro, on_progress)
        try:
            trainer.train(resume_from_checkpoint=_last_checkpoint(work))
            return trainer, micro
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if micro == 1:
                raise DeviceError(
                    f"dpo: one pair of {recipe.max_length} tokens does not fit ({error}). Lower max_length."
                ) from error
        micro //= 2
        model = trainer.model.unload()
        del trainer
        torch.cuda.empty_cache()
        on_progress(Progress(stage=f"DPO: out of memory, micro-batch {micro}", step=0, total_steps=recipe.steps))


def _spare_old_cards() -> None:
    """TRL uses its Triton kernel wherever Triton is installed, and Triton compiles for compute capability 7.0 and newer
    only: before that its own torch operations do the same."""
    if torch.cuda.is_available() and torch.cuda.get_device_capability() < (7, 0):
        chunked_logprob._TRITON_AVAILABLE = False


def _trainer(
    model: Any,
    tokenizer: PreTrainedTokenizerBase,
    pairs: Sequence[Pair],
    recipe: DpoRecipe,
    work: Path,
    device: str,
    micro: int,
    on_progress: OnProgress,
) -> DPOTrainer:
    config = DPOConfig(
        output_dir=str(work / "trl"),
        beta=recipe.beta,
        max_length=recipe.max_length,
        max_steps=recipe.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=-(-recipe.batch_size // micro),
        learning_rate=recipe.peak_lr,
        warmup_steps=max(1, recipe.steps // 10),
        lr_scheduler_type="linear",
        logging_steps=max(1, recipe.steps // 20),
        save_steps=max(1, recipe.steps // 4),
        save_total_limit=1,
        report_to=[],
        use_cpu=device == "cpu",
        # A P40 has neither; float32 everywhere is what was tested.
        bf16=False,
        fp16=False,
        gradient_checkpointing=recipe.gradient_checkpointing,
        disable_tqdm=True,
        seed=recipe.seed,
        remove_unused_columns=False,
    )
    rows = [
        {
            "prompt": tokenizer.decode(pair.prompt),
            "chosen": tokenizer.decode(pair.chosen),
            "rejected": tokenizer.decode(pair.rejected),
        }
        for pair in pairs
    ]
    adapters = LoraConfig(
        r=recipe.lora_rank, lora_alpha=2 * recipe.lora_rank, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    return DPOTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list([row for row in rows if row["chosen"] != row["rejected"]]),
        processing_class=tokenizer,
        peft_config=adapters,
        callbacks=[_Tell(on_progress)],
    )


class _Tell(TrainerCallback):
    """Passes the trainer's log on."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        metrics = {name: float(logs[name]) for name in ("loss", "rewards/accuracies") if logs and name in logs}
        self._on_progress(Progress(stage="DPO", step=state.global_step, total_steps=state.max_steps, metrics=metrics))


def _writer(spec: dict[str, Any], recipe: DpoRecipe, out: Path, on_progress: OnProgress) -> dict[str, Any]:
    if not recipe.writer_steps:
        return {"available": False, "text": "left out: writer_steps is 0"}
    if spec["writer"] is None:
        return {"available": False, "text": "not available: phase2_checkpoint was never made"}
    from iccm_dagster.celr.writer_preference import train_writer

    return train_writer(spec["writer"], recipe, out=out / "writer", device=spec["device"], on_progress=on_progress)


def _last_checkpoint(work: Path) -> str | None:
    found = sorted((work / "trl").glob("checkpoint-*"), key=lambda path: int(path.name.rsplit("-", 1)[1]))
    whole = [path for path in found if (path / "trainer_state.json").exists()]
    return str(whole[-1]) if whole else None


def _longer(pair: Pair) -> float:
    return 0.5 + 0.5 * ((len(pair.chosen) > len(pair.rejected)) - (len(pair.chosen) < len(pair.rejected)))


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
