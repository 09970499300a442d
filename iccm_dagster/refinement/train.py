"""Train a denoiser: trajectories side by side, one forward pass per state, the next state from the same pass.

A slot is one trajectory. It ends when its program passes its tests or after the recipe's iterations, and then holds a
freshly corrupted program. Everything is drawn on the fly from one seed, so a recipe and a corpus give one training.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch

from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.refinement.corpus import Programs
from iccm_dagster.refinement.kernels import MASK
from iccm_dagster.refinement.losses import denoising_loss, node_weights
from iccm_dagster.refinement.model import Denoiser, bf16_pays
from iccm_dagster.refinement.policies import next_tokens
from iccm_dagster.refinement.recipe import DenoiserRecipe, Loss, Policy
from iccm_dagster.refinement.states import Frame, Seen, corrupt, frame_of, look
from iccm_dagster.seeding import seed_for

# B: slots, N: nodes.
LEVELS = (0.5, 0.75, 1.0)
"""Shares of the nodes that are lost (seed)."""
HISTORY = 40
"""Points of the training curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What came out, and what it cost."""

    model: Denoiser
    history: list[dict[str, float]]
    """Step, loss, accuracy on open nodes at the first state and at later ones, spread of the loss weights."""
    cpu_seconds: float
    """CPU time of the loop [s]."""
    examples: int
    """States learned from."""


@dataclass(slots=True, kw_only=True)
class _Slots:
    """The trajectories under way."""

    frame: Frame
    tokens: np.ndarray
    before: np.ndarray
    iteration: np.ndarray
    rows: Iterator[np.ndarray] = field(repr=False)


def train_denoiser(programs: Programs, recipe: DenoiserRecipe, *, name: str, on_progress: OnProgress) -> Training:
    """Train on the programs of one split; ``name`` is said with the progress.

    Raises:
        TrainingError: The loss is no number any more.
    """
    torch.manual_seed(seed_for("denoiser", recipe.seed))
    generator = np.random.default_rng(seed_for("states", recipe.seed))
    threads = torch.get_num_threads()
    torch.set_num_threads(recipe.threads)
    try:
        return _loop(programs, recipe, generator, name=name, on_progress=on_progress)
    finally:
        torch.set_num_threads(threads)


def _loop(
    programs: Programs, recipe: DenoiserRecipe, generator: np.random.Generator, *, name: str, on_progress: OnProgress
) -> Training:
    model = Denoiser(recipe).train()
    optimisers = _optimisers(model, recipe)
    schedules = [torch.optim.lr_scheduler.LambdaLR(each, lambda step: _rate(step, recipe)) for each in optimisers]
    slots = _start(programs, recipe, generator)
    history: list[dict[str, float]] = []
    window: list[dict[str, float]] = []
    started = time.process_time()
    for step in range(recipe.steps):
        seen = look(slots.frame, slots.tokens, evidence=recipe.evidence)
        with torch.autocast("cpu", torch.bfloat16) if bf16_pays(recipe) else nullcontext():
            logits = model(slots.frame, slots.tokens, slots.before, slots.iteration, seen)
        loss, measured = _loss(recipe, slots, seen, logits)
        model.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for each in (*optimisers, *schedules):
            each.step()
        window.append(measured)
        if (step + 1) % max(1, recipe.steps // HISTORY) == 0 or step + 1 == recipe.steps:
            history.append({"step": step + 1, **_mean(window)})
            window = []
            if not np.isfinite(history[-1]["loss"]):
                raise TrainingError(f"{name}: the loss is {history[-1]['loss']} at step {step + 1}. Lower peak_lr")
        on_progress(
            Progress(stage=name, step=step + 1, total_steps=recipe.steps, metrics=history[-1] if history else {})
        )
        _advance(slots, programs, recipe, seen, logits.detach().numpy(), generator)
    return Training(
        model=model.eval(),
        history=history,
        cpu_seconds=time.process_time() - started,
        examples=recipe.steps * recipe.batch_size,
    )


def _optimisers(model: Denoiser, recipe: DenoiserRecipe) -> list[torch.optim.Optimizer]:
    """Return Muon for the matrices of the blocks, AdamW for everything else."""
    matrices = [weights for weights in model.blocks.parameters() if weights.ndim == 2]
    chosen = {id(weights) for weights in matrices}
    rest = [weights for weights in model.parameters() if id(weights) not in chosen]
    return [
        torch.optim.Muon(matrices, lr=recipe.muon_lr, weight_decay=recipe.weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=recipe.peak_lr, weight_decay=recipe.weight_decay, betas=(0.9, 0.98)),
    ]


def _loss(
    recipe: DenoiserRecipe, slots: _Slots, seen: Seen, logits: torch.Tensor
) -> tuple[torch.Tensor, dict[str, float]]:
    failing = torch.from_numpy(1 - seen.passed.mean(axis=1)).float()
    open_nodes = torch.from_numpy(slots.frame.open)
    weights = node_weights(recipe.loss, failing, torch.from_numpy(seen.blame), open_nodes)
    targets = torch.from_numpy(slots.frame.programs.tokens).long()
    loss = denoising_loss(logits, targets, weights)
    right = ((logits.detach().argmax(-1) == targets) & open_nodes).numpy()
    first = slots.iteration == 0
    guided = node_weights(Loss.TEST_GUIDED, failing, torch.from_numpy(seen.blame), open_nodes)[open_nodes]
    return loss, {
        "loss": float(loss.detach()),
        "accuracy, first state": _share(right[first], slots.frame.open[first]),
        "accuracy, later states": _share(right[~first], slots.frame.open[~first]),
        "tests failing": float(failing.mean()),
        "spread of test-guided weights": float(guided.std() / guided.mean()),
    }


def _advance(
    slots: _Slots,
    programs: Programs,
    recipe: DenoiserRecipe,
    seen: Seen,
    logits: np.ndarray,
    generator: np.random.Generator,
) -> None:
    """Move every slot to its next state, or to a new program where its trajectory is over."""
    following = slots.tokens
    if recipe.policy is not Policy.ONE_SHOT:
        following = next_tokens(
            recipe.policy, slots.frame, slots.tokens, logits, slots.iteration,
            iterations=recipe.iterations, generator=generator,
        )  # fmt: skip
    # A hole that is opened again remembers what stood there.
    slots.before = np.where(slots.tokens == MASK, slots.before, slots.tokens)
    slots.tokens = following
    slots.iteration = slots.iteration + 1
    over = (slots.iteration >= recipe.iterations) | seen.passed.all(axis=1) | (recipe.policy is Policy.ONE_SHOT)
    if over.any():
        fresh = _fresh(programs, next(slots.rows)[: int(over.sum())], generator)
        slots.frame = _merge(slots.frame, fresh, over)
        slots.tokens[over], slots.before[over], slots.iteration[over] = fresh.given, MASK, 0


def _start(programs: Programs, recipe: DenoiserRecipe, generator: np.random.Generator) -> _Slots:
    rows = _rows(len(programs), recipe.batch_size, generator)
    frame = _fresh(programs, next(rows), generator)
    # Slots start at different iterations, so that every batch has states of each.
    iteration = np.arange(recipe.batch_size) % recipe.iterations
    return _Slots(
        frame=frame, tokens=frame.given.copy(), before=np.zeros_like(frame.given), iteration=iteration, rows=rows
    )


def _fresh(programs: Programs, rows: np.ndarray, generator: np.random.Generator) -> Frame:
    taken = programs.take(rows)
    return frame_of(taken, corrupt(taken, generator.choice(LEVELS, len(rows)), generator))


def _merge(frame: Frame, fresh: Frame, where: np.ndarray) -> Frame:
    """Put new programs into the slots that are free."""

    def put(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        merged = old.copy()
        merged[where] = new
        return merged

    rest = {
        name: put(getattr(frame, name), getattr(fresh, name))
        for name in Frame.__dataclass_fields__
        if name != "programs"
    }
    programs = {
        name: put(getattr(frame.programs, name), getattr(fresh.programs, name))
        for name in Programs.__dataclass_fields__
    }
    return Frame(programs=Programs(**programs), **rest)


def _rows(count: int, batch: int, generator: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield rows in random order, pass after pass; a draw that is not used up is not missed."""
    while True:
        order = generator.permutation(count)
        if count < batch:
            order = generator.integers(count, size=batch)
        for start in range(0, len(order) - batch + 1, batch):
            yield order[start : start + batch]


def _rate(step: int, recipe: DenoiserRecipe) -> float:
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return 0.5 * (1 + np.cos(np.pi * min(1.0, done)))


def _share(right: np.ndarray, among: np.ndarray) -> float:
    return float(right.sum() / among.sum()) if among.any() else float("nan")


def _mean(window: list[dict[str, float]]) -> dict[str, float]:
    """Return the means over a window; NaN only where no entry has a number."""
    columns = {name: [entry[name] for entry in window if not np.isnan(entry[name])] for name in window[0]}
    return {name: float(np.mean(values)) if values else float("nan") for name, values in columns.items()}
