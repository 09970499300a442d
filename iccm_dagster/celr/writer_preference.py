"""A preference objective for CET-D's own generator, over sets of requirements.

Several sets are sampled for each application, rebuilt by the rewarding readers and judged by the tests; the best and the
worst set are a pair. The log-probability of a set is the sum over the statements that were selected, and the loss is that
of DPO against the writer as it was. Not covered: pairs are drawn once, from the writer as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn.functional import logsigmoid

from iccm_dagster.celr.gate import admit_writer
from iccm_dagster.celr.recipe import DpoRecipe
from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.generator import Generator, holding, load_generator
from iccm_dagster.phase2.jury import Case, SentenceEmbedder, summon
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.reward import Jury, mean_or_none
from iccm_dagster.phase2.select import selector
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.train_reconstruction import SEQUENCES, Select, Task, gain_of, greedy_pass_rates
from iccm_dagster.progress import OnProgress, Progress

# N: statements of a set, T: tokens.

MARGIN = 0.01
"""Pass rates of the two sets differ by this much at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One set of requirements, as tokens with their sources."""

    sources: tuple[EncodedSource, ...]
    ids: Int[Tensor, "N T"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPair:
    """Two sets for one application, the first of which passes more tests."""

    application: str
    chosen: Texts
    rejected: Texts


def train_writer(
    spec: dict[str, Any], recipe: DpoRecipe, *, out: Path, device: str, on_progress: OnProgress
) -> dict[str, Any]:
    """Train the writer at ``spec["writer"]`` on sets of training applications; save it to ``out``, as it was where the gate
    refuses the trained one.

    Returns:
        What `prefer_sets` does, and text.
    """
    torch.manual_seed(recipe.seed)
    writer, embed = load_generator(Path(spec["writer"]), device=device), SentenceEmbedder()
    reinforce = ReinforceRecipe(**spec["reinforce"])
    groups = pd.read_parquet(spec["groups"])
    wanted = [
        name
        for split in ("train", "validation")
        for name in sorted(groups[groups["split"] == split]["application"].unique())[: recipe.writer_applications]
    ]
    cases = [Case(**{name: Path(value) for name, value in case.items()}) for case in spec["cases"]]
    on_progress(Progress(stage="requirement writer, readers and floors", step=0, total_steps=len(wanted)))
    jury = summon(
        [case for case in cases if case.application.name in wanted],
        threshold=spec["threshold"],
        embed=embed,
        calibration=CalibrationRecipe(**spec["calibration"]),
        sandbox=default_sandbox(),
        cache=Path(spec["cache"]),
        workers=reinforce.workers,
    )
    select = selector(
        embed, minimum=reinforce.min_statements, maximum=reinforce.max_statements, redundancy=reinforce.redundancy
    )
    tasks = [
        Task(
            application=name,
            split=judge.split,
            sources=tuple(
                writer.encode(groups[groups["application"] == name]["source"].tolist(), batch_size=SEQUENCES)
            ),
        )
        for name, judge in jury.judges.items()
    ]
    report = prefer_sets(writer, tasks, jury=jury, select=select, recipe=recipe, on_progress=on_progress)
    writer.save(out)
    return {**report, "text": _said(report)}


def _said(report: dict[str, Any]) -> str:
    if not report["available"]:
        return "not available: no two sampled sets of one application differ in pass rate, or nothing was judged"
    change = f"pass rate {report['before']:.3f} before, changed by {report['change']}"
    return f"{change}, {report['pairs']} training pairs, {report['admission']}"


def prefer_sets(
    writer: Generator, tasks: Sequence[Task], *, jury: Jury, select: Select, recipe: DpoRecipe, on_progress: OnProgress
) -> dict[str, Any]:
    """Train the writer in place on pairs of sets for training tasks; where the gate refuses it, it ends as it began.

    Returns:
        available, before and after (mean validation pass rate of what it writes greedily), gain with low, high and n
        (applications), change (the same as text), preference_accuracy on validation pairs, pairs, validation_pairs, admitted,
        admission.
    """
    training, validation = ([task for task in tasks if task.split == split] for split in ("train", "validation"))

    def rates(when: str) -> dict[str, float | None]:
        on_progress(Progress(stage=f"requirement writer, pass rates {when}", step=0, total_steps=len(validation)))
        return greedy_pass_rates(writer, validation, jury, select)

    before = rates("before")
    pairs, held = (_pairs(writer, some, jury, select, recipe, on_progress) for some in (training, validation))
    reference = writer.weights()
    if pairs:
        _optimise(writer, reference, pairs, recipe, on_progress)
    after = rates("after") if pairs else before
    judged = [name for name in before if before[name] is not None and after[name] is not None]
    gain = gain_of(before, after, seed=0)
    wins = [float(_margin(writer, reference, pair) > 0) for pair in held]
    admission = admit_writer({"low": gain.low, "n": gain.n})
    if not admission.admitted:
        writer.restore(reference)
    return {
        "available": bool(pairs and judged),
        "before": mean_or_none([before[name] for name in judged]),
        "after": mean_or_none([after[name] for name in judged]),
        "gain": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "n": gain.n,
        "change": str(gain),
        "pairs": len(pairs),
        "validation_pairs": len(held),
        "preference_accuracy": mean_or_none(wins),
        "admitted": admission.admitted,
        "admission": str(admission),
    }


def set_log_prob(writer: Generator, texts: Texts) -> Tensor:
    """Return the log-probability of a set."""
    log_probs_NT, real_NT = writer.log_probs(texts.sources, texts.ids)
    return (log_probs_NT * real_NT).sum()


def preference_loss(
    chosen: Tensor, rejected: Tensor, ref_chosen: Tensor, ref_rejected: Tensor, *, beta: float
) -> Tensor:
    """Return the loss of one pair (DPO: Rafailov et al., 2023, equation 7)."""
    return -logsigmoid(beta * ((chosen - ref_chosen) - (rejected - ref_rejected)))


def _optimise(
    writer: Generator,
    reference: dict[str, Tensor],
    pairs: Sequence[SetPair],
    recipe: DpoRecipe,
    on_progress: OnProgress,
) -> None:
    parameters = writer.trained_parameters("all")
    optimiser = torch.optim.AdamW(parameters, lr=recipe.writer_lr)
    # Dropout stays off: on one side only it would be noise larger than the preference.
    writer.learn(dropout=False)
    for step in range(recipe.writer_steps):
        pair = pairs[step % len(pairs)]
        with torch.no_grad(), holding(writer, reference):
            refs = [set_log_prob(writer, side) for side in (pair.chosen, pair.rejected)]
        sides = [set_log_prob(writer, side) for side in (pair.chosen, pair.rejected)]
        loss = preference_loss(*sides, *refs, beta=recipe.beta)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        metrics = {"loss": loss.item()}
        on_progress(
            Progress(stage="requirement writer, DPO", step=step + 1, total_steps=recipe.writer_steps, metrics=metrics)
        )


@torch.no_grad()
def _margin(writer: Generator, reference: dict[str, Tensor], pair: SetPair) -> float:
    sides = (pair.chosen, pair.rejected)
    now = [set_log_prob(writer, side) for side in sides]
    with holding(writer, reference):
        before = [set_log_prob(writer, side) for side in sides]
    return float((now[0] - before[0]) - (now[1] - before[1]))


def _pairs(
    writer: Generator, tasks: Sequence[Task], jury: Jury, select: Select, recipe: DpoRecipe, on_progress: OnProgress
) -> list[SetPair]:
    """Sample sets, judge them, and pair the best with the worst of each application."""
    pairs = []
    for number, task in enumerate(tasks, 1):
        drawn = writer.sample(task.sources, samples=recipe.writer_samples, temperature=1.0, batch_size=SEQUENCES)
        sets = [[texts[k] for texts in drawn.texts] for k in range(recipe.writer_samples)]
        chosen = [select(texts) for texts in sets]
        heard = jury.hear(
            [(task.application, _context(texts, kept)) for texts, kept in zip(sets, chosen, strict=True)],
            rewarding_only=True,
        )
        rates = [mean_or_none([one.pass_rate for one in judgements]) for judgements in heard]
        judged = [k for k, rate in enumerate(rates) if rate is not None and chosen[k]]
        best = max(judged, key=lambda k: rates[k], default=None)
        worst = min(judged, key=lambda k: rates[k], default=None)
        if best is not None and worst is not None and rates[best] - rates[worst] >= MARGIN:
            pad_id = writer.codec.pad_id
            sides = [
                Texts(
                    sources=tuple(task.sources[index] for index in chosen[k]),
                    ids=_stacked([drawn.ids[index][k] for index in chosen[k]], pad_id),
                )
                for k in (best, worst)
            ]
            pairs.append(SetPair(application=task.application, chosen=sides[0], rejected=sides[1]))
        metrics = {"pairs": len(pairs)}
        on_progress(Progress(stage="sets of requirements judged", step=number, total_steps=len(tasks), metrics=metrics))
    return pairs


def _context(texts: Sequence[str], kept: Sequence[int]) -> Context:
    return Context(statements=tuple(texts[index] for index in kept if texts[index]))


def _stacked(rows: Sequence[Tensor], pad_id: int) -> Int[Tensor, "N T"]:
    return torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True, padding_value=pad_id)
