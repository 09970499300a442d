"""Stage 2: REINFORCE. Sampled requirements are rebuilt and tested; what passes becomes likelier.

Each requirement is rewarded, either with the lift of its whole set (credit "application") or with what the pass rate
loses without it (credit "statement": the difference reward, which the embedded readers make cheap because a verdict is
cached by program). The baseline of a sample is the mean reward of the other samples of the same section group. A
cross-entropy on gold requirements keeps the language, and the distance to the stage-1 model is reported.

Not covered: a learned critic, off-policy reuse of samples.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from iccm_dagster.errors import TrainingError
from iccm_dagster.intervals import Interval, bootstrap_mean
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.generator import Generator, holding
from iccm_dagster.phase2.losses import leave_one_out_advantages, reinforce_loss, scaled
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.reward import Jury, mean_or_none
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.texts import Samples
from iccm_dagster.phase2.train_supervised import Example, accumulate_cross_entropy
from iccm_dagster.progress import Progress
from iccm_dagster.seeding import seed_for

# K: samples per section group, G: section groups of an application, N: sequences, T: tokens.

Select = Callable[[Sequence[str]], list[int]]
"""Statements -> indices of those that the application is given."""

# Sequences per generation call.
SEQUENCES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One application to write requirements for."""

    application: str
    split: str
    sources: tuple[EncodedSource, ...]
    """One per section group."""


def train_stage2(
    writer: Generator,
    *,
    tasks: Sequence[Task],
    gold: Sequence[Example],
    jury: Jury,
    select: Select,
    recipe: ReinforceRecipe,
    work: Path,
    on_progress: Callable[[Progress], None],
) -> list[dict[str, Any]]:
    """Train the writer in place, ending with the weights of its best pass; return one record per pass.

    Pass 0 is the stage-1 model itself. A record holds train_reward (mean lift of the sampled sets), reward_variance,
    validation (mean rewarding pass rate of the greedy requirements), by_application (the same, each), gain (its change since
    pass 0: mean, low, high, n), styles (share of the validation section groups that each style is used for), kl (nats per
    token from the stage-1 model), gradient_norm, judged, unjudged.

    Raises:
        TrainingError: No training application, or a loss that is not a number.
    """
    training = [task for task in tasks if task.split == "train" and jury.floor[task.application] is not None]
    validation = [task for task in tasks if task.split == "validation"] or training
    if not training:
        raise TrainingError("stage 2: no training application could be judged. See test_calibration for the reasons.")
    state = _State(work / "stage2.pt", writer, recipe)
    if not state.history:
        rates = greedy_pass_rates(writer, validation, jury, select)
        score = mean_or_none(list(rates.values()))
        styles = _styles(writer, validation)
        state.finish_pass({"epoch": 0, "validation": score, "by_application": rates, "styles": styles, "kl": 0.0})
        on_progress(
            Progress(
                stage="stage 2, as stage 1 left it",
                step=0,
                total_steps=recipe.epochs,
                metrics={"validation pass rate": _shown(score)},
            )
        )
    if recipe.epochs and len(state.history) == 1:
        # How often stage 1 has read each style says nothing about what it is worth; a style that is hardly ever drawn is hardly
        # ever found out to be better.
        writer.even_out([source for task in training for source in task.sources], batch_size=SEQUENCES)
    for epoch in range(len(state.history), recipe.epochs + 1):
        torch.manual_seed(seed_for("phase2", "stage2", recipe.seed, epoch))
        record = _one_pass(
            writer, training, gold, jury, select, state, epoch=epoch, recipe=recipe, on_progress=on_progress
        )
        record["kl"] = _divergence(writer, state.first, training[: recipe.applications_per_step])
        record["by_application"] = greedy_pass_rates(writer, validation, jury, select)
        record["styles"] = _styles(writer, validation)
        record["validation"] = mean_or_none(list(record["by_application"].values()))
        record["gain"] = asdict(gain_of(state.history[0]["by_application"], record["by_application"], seed=recipe.seed))
        state.finish_pass(record)
        on_progress(
            Progress(
                stage="stage 2",
                step=epoch,
                total_steps=recipe.epochs,
                metrics={
                    "train reward": record["train_reward"],
                    "validation pass rate": _shown(record["validation"]),
                    "KL": record["kl"],
                },
            )
        )
    writer.restore(state.best)
    return state.history


def _one_pass(
    writer: Generator,
    training: Sequence[Task],
    gold: Sequence[Example],
    jury: Jury,
    select: Select,
    state: "_State",
    *,
    epoch: int,
    recipe: ReinforceRecipe,
    on_progress: Callable[[Progress], None],
) -> dict[str, Any]:
    order = np.random.default_rng(seed_for("phase2", "order", recipe.seed, epoch)).permutation(len(training))
    order = order[: recipe.max_applications]
    rewards_seen: list[float] = []
    norms: list[float] = []
    unjudged = 0
    for start in range(0, len(order), recipe.applications_per_step):
        batch = [training[index] for index in order[start : start + recipe.applications_per_step]]
        for task in batch:
            samples = writer.sample(
                task.sources, samples=recipe.samples, temperature=recipe.temperature, batch_size=SEQUENCES
            )
            rewards_KG, sets_K = reward_samples(task, samples, jury, select, recipe)
            rewards_seen.extend(value for value in sets_K if value is not None)
            unjudged += sum(value is None for value in sets_K)
            advantages_KG = scaled(leave_one_out_advantages(rewards_KG))
            _accumulate(writer, task, samples, advantages_KG, state.parameters, recipe)
        seed = seed_for("phase2", "gold", recipe.seed, epoch, start)
        _accumulate_gold(writer, gold, state.parameters, recipe, seed=seed)
        norm = torch.nn.utils.clip_grad_norm_(state.parameters, recipe.max_grad_norm)
        if not torch.isfinite(norm):
            names = [task.application for task in batch]
            raise TrainingError(
                f"stage 2 pass {epoch}: the gradient of {names} is {norm}. Lower peak_lr={recipe.peak_lr}."
            )
        state.optimiser.step()
        state.optimiser.zero_grad()
        norms.append(float(norm))
        on_progress(
            Progress(
                stage=f"stage 2, pass {epoch}/{recipe.epochs}",
                step=start + len(batch),
                total_steps=len(order),
                metrics={"reward": rewards_seen[-1] if rewards_seen else float("nan")},
            )
        )
    return {
        "epoch": epoch,
        "train_reward": float(np.mean(rewards_seen)) if rewards_seen else float("nan"),
        "reward_variance": float(np.var(rewards_seen)) if rewards_seen else float("nan"),
        "gradient_norm": float(np.mean(norms)),
        "judged": len(rewards_seen),
        "unjudged": unjudged,
    }


def reward_samples(
    task: Task, samples: Samples, jury: Jury, select: Select, recipe: ReinforceRecipe
) -> tuple[torch.Tensor, list[float | None]]:
    """Return the reward of every sample [K, G] (NaN where it was not judged) and of each whole set [K].

    Set k is made of the k-th sample of every section group. A sample that selection dropped is worth what its set loses
    without it: nothing.
    """
    sets = [[texts[k] for texts in samples.texts] for k in range(recipe.samples)]
    chosen = [select(statements) for statements in sets]
    contexts = [
        Context(statements=tuple(statements[i] for i in kept)) for statements, kept in zip(sets, chosen, strict=True)
    ]
    values = _values(task.application, contexts, jury, recipe)
    rewards_KG = torch.full((recipe.samples, len(task.sources)), float("nan"))
    if recipe.credit == "application":
        for k, value in enumerate(values):
            rewards_KG[k] = float("nan") if value is None else value
        return rewards_KG, values
    without, places = [], []
    for k, context in enumerate(contexts):
        rewards_KG[k] = 0.0 if values[k] is not None else float("nan")
        for position, group in enumerate(chosen[k]):
            rest = context.statements[:position] + context.statements[position + 1 :]
            without.append(Context(statements=rest))
            places.append((k, group))
    for (k, group), value in zip(places, _values(task.application, without, jury, recipe), strict=True):
        unknown = value is None or values[k] is None
        rewards_KG[k, group] = float("nan") if unknown else values[k] - value
    return rewards_KG, values


def _values(application: str, contexts: Sequence[Context], jury: Jury, recipe: ReinforceRecipe) -> list[float | None]:
    """Return the mean lift over the rewarding reconstructors, with the bonus for passing everything."""
    heard = jury.hear([(application, context) for context in contexts], rewarding_only=True)
    return [
        mean_or_none(
            [
                None
                if judgement.lift is None
                else judgement.lift + recipe.all_pass_bonus * (judgement.pass_rate == 1.0)
                for judgement in judgements
            ]
        )
        for judgements in heard
    ]


def greedy_pass_rates(writer: Generator, tasks: Sequence[Task], jury: Jury, select: Select) -> dict[str, float | None]:
    """Return application -> rewarding pass rate of the likeliest requirements; None where nothing was judged."""
    written = iter(
        writer.write([source for task in tasks for source in task.sources], num_beams=1, batch_size=SEQUENCES)
    )
    texts = []
    for task in tasks:
        statements = list(islice(written, len(task.sources)))
        texts.append((task.application, Context(statements=tuple(statements[i] for i in select(statements)))))
    heard = jury.hear(texts, rewarding_only=True)
    return {
        name: mean_or_none([judgement.pass_rate for judgement in judgements])
        for (name, _), judgements in zip(texts, heard, strict=True)
    }


def _styles(writer: Generator, tasks: Sequence[Task]) -> dict[str, float]:
    used = writer.styles([source for task in tasks for source in task.sources], batch_size=SEQUENCES)
    return {style: used.count(style) / len(used) for style in sorted(set(used))}


def gain_of(first: Mapping[str, float | None], now: Mapping[str, float | None], *, seed: int) -> Interval:
    """Return the mean change of the pass rate, over the applications that were judged both times."""
    changes = [now[name] - rate for name, rate in first.items() if rate is not None and now[name] is not None]
    return bootstrap_mean(changes, resamples=2000, seed=seed)


def _accumulate(
    writer: Generator,
    task: Task,
    samples: Samples,
    advantages_KG: torch.Tensor,
    parameters: Sequence[torch.nn.Parameter],
    recipe: ReinforceRecipe,
) -> None:
    """Add the gradient of the samples that teach something. Dropout is off: the policy that acted is the one that
    learns."""
    writer.learn(dropout=False)
    useful = [(g, k) for g in range(len(task.sources)) for k in range(recipe.samples) if advantages_KG[k, g] != 0]

    def share(part: Sequence[tuple[int, int]]) -> torch.Tensor:
        ids = _stack([samples.ids[g][k] for g, k in part], pad_id=writer.codec.pad_id)
        log_probs, real = writer.log_probs([task.sources[g] for g, _ in part], ids)
        advantages_N = torch.stack([advantages_KG[k, g] for g, k in part]).to(log_probs)
        loss = reinforce_loss(log_probs, advantages_N, real) * len(part) / len(useful)
        return recipe.weight * loss / recipe.applications_per_step

    with writer.at_temperature(recipe.temperature):
        writer.micro.accumulate(useful, share, parameters, alongside=writer.alongside)


def _accumulate_gold(
    writer: Generator,
    gold: Sequence[Example],
    parameters: Sequence[torch.nn.Parameter],
    recipe: ReinforceRecipe,
    *,
    seed: int,
) -> None:
    if not gold or recipe.gold_weight == 0:
        return
    writer.learn(dropout=True)
    rows = np.random.default_rng(seed).choice(len(gold), size=min(len(gold), 32), replace=False)
    batch = [gold[row] for row in rows]
    accumulate_cross_entropy(writer, batch, parameters, bf16=False, weight=recipe.gold_weight)


@torch.no_grad()
def _divergence(writer: Generator, first: dict[str, torch.Tensor], tasks: Sequence[Task]) -> float:
    """Return a sampled estimate of KL(writer || stage 1) in nats per token."""
    total, tokens = 0.0, 0
    for task in tasks:
        samples = writer.sample(task.sources, samples=2, temperature=1.0, batch_size=SEQUENCES)
        writer.learn(dropout=False)
        ours = _log_probs(writer, task, samples)
        with holding(writer, first):
            theirs = _log_probs(writer, task, samples)
        total += sum(float(((a - b) * real).sum()) for (a, real), (b, _) in zip(ours, theirs, strict=True))
        tokens += sum(int(real.sum()) for _, real in ours)
    return total / max(tokens, 1)


def _log_probs(writer: Generator, task: Task, samples: Samples) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return the log-probabilities of the samples of each source, and which tokens are real."""
    return [writer.log_probs([source] * len(ids), ids) for source, ids in zip(task.sources, samples.ids, strict=True)]


class _State:
    """What survives an interruption between two passes."""

    def __init__(self, path: Path, writer: Generator, recipe: ReinforceRecipe) -> None:
        self.path, self._writer = path, writer
        self.parameters = writer.trained_parameters(recipe.trained)
        leanings = {id(parameter) for parameter in writer.leanings}
        others = [parameter for parameter in self.parameters if id(parameter) not in leanings]
        groups = [{"params": others, "lr": recipe.peak_lr}, {"params": writer.leanings, "lr": recipe.style_lr}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.0)
        self.history: list[dict[str, Any]] = []
        self.first = self.best = writer.weights()
        self.best_score = -1.0
        if path.exists():
            saved = torch.load(path, weights_only=True, map_location="cpu")
            writer.restore(saved.pop("weights"))
            self.optimiser.load_state_dict(saved.pop("optimiser"))
            for name, value in saved.items():
                setattr(self, name, value)

    def finish_pass(self, record: dict[str, Any]) -> None:
        self.history.append(record)
        if record["validation"] is not None and record["validation"] > self.best_score:
            self.best_score, self.best = record["validation"], self._writer.weights()
        partial = self.path.with_suffix(".partial")
        torch.save(
            {
                "weights": self._writer.weights(),
                "optimiser": self.optimiser.state_dict(),
                "history": self.history,
                "first": self.first,
                "best": self.best,
                "best_score": self.best_score,
            },
            partial,
        )
        partial.replace(self.path)


def _stack(rows: Sequence[torch.Tensor], *, pad_id: int) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=pad_id)


def _shown(value: float | None) -> float:
    return float("nan") if value is None else value
