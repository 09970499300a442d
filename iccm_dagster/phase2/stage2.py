"""Stage 2 from files to files: what the training process runs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.orchestra.conductor import Conductor
from iccm_dagster.orchestra.endpoints import endpoint_reconstructors
from iccm_dagster.orchestra.recipe import OrchestraRecipe
from iccm_dagster.phase2.generator import Generator, load_generator
from iccm_dagster.phase2.jury import Case, SentenceEmbedder, summon
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.select import selector
from iccm_dagster.phase2.similarity_reward import SimilarityJury
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.train_reconstruction import SEQUENCES, Task, train_stage2
from iccm_dagster.phase2.train_supervised import Example
from iccm_dagster.progress import Progress


def run_stage2(spec: dict[str, Any], on_progress: Callable[[Progress], None]) -> dict[str, Any]:
    """Train the stage-1 writer in ``spec["writer"]`` on pass rates and save it to ``spec["out"]``.

    The unread training applications reward; all of them do where none is unread. ``spec`` also holds ``cases`` (application
    -> the paths of a `jury.Case`; the holdout's are left alone), ``groups`` and ``examples`` (Parquet, see `dataset`),
    ``threshold``, ``recipe``, ``calibration``, ``threads``, ``cache`` and ``work`` (folders), ``device``, ``micro_batch``
    (sequences per forward pass to begin with; None for the usual number), and ``reward``: "pass rate", or "similarity" for
    the variant that executes nothing. Where language models reward: ``orchestra`` (an `OrchestraRecipe`) and ``answers`` (a
    folder).

    Returns:
        ``history``, one record per pass (see `train_stage2`), and the isolation under which verdicts were reached.
    """
    recipe = ReinforceRecipe(**spec["recipe"])
    torch.set_num_threads(spec["threads"])
    writer = load_generator(Path(spec["writer"]), device=spec["device"])
    writer.micro = MicroBatch(spec["micro_batch"] or SEQUENCES)
    embed = SentenceEmbedder()
    groups = pd.read_parquet(spec["groups"])
    groups = groups[groups["split"] != "holdout"]
    if groups["unread"].any():
        groups = groups[(groups["split"] != "train") | groups["unread"]]
    taught = set(groups["application"])
    cases = [
        Case(**{name: Path(value) for name, value in case.items()})
        for application, case in spec["cases"].items()
        if application in taught
    ]
    conductor = Conductor(
        OrchestraRecipe(**spec.get("orchestra", {})), cache=Path(spec.get("answers", "")), on_progress=on_progress
    )
    on_progress(Progress(stage="judging the bare interfaces of the applications", step=0, total_steps=len(cases)))
    jury = summon(
        cases,
        threshold=spec["threshold"],
        embed=embed,
        calibration=CalibrationRecipe(**spec["calibration"]),
        sandbox=default_sandbox(),
        cache=Path(spec["cache"]),
        workers=recipe.workers,
        halved=True,
        models=endpoint_reconstructors(conductor),
    )
    if spec["reward"] == "similarity":
        jury = SimilarityJury(jury, _gold_texts(Path(spec["examples"])), embed)
    groups = groups[groups["application"].isin(list(jury.judges))]
    known = _known(Path(spec["examples"]))
    sources = _encode(writer, [*groups["source"], *known["source"]], on_progress)
    tasks = [
        Task(
            application=name,
            split=jury.judges[name].split,
            sources=tuple(sources[source] for source in rows["source"]),
        )
        for name, rows in groups.groupby("application")
    ]
    gold = [
        Example(source=sources[source], target=text, variant=variant)
        for source, text, variant in zip(known["source"], known["text"], known["variant"], strict=True)
    ]
    history = train_stage2(
        writer,
        tasks=tasks,
        gold=gold,
        jury=jury,
        recipe=recipe,
        work=Path(spec["work"]),
        select=selector(
            embed, minimum=recipe.min_statements, maximum=recipe.max_statements, redundancy=recipe.redundancy
        ),
        on_progress=on_progress,
    )
    writer.save(Path(spec["out"]))
    return {
        "history": history,
        "simulated": not any(model.rewards for model in conductor.recipe.endpoints),
        "generator": writer.kind,
        "micro_batch": writer.micro.size,
    }


def _encode(
    writer: Generator, texts: Sequence[str], on_progress: Callable[[Progress], None]
) -> dict[str, EncodedSource]:
    """Return source text -> its encoding."""
    unique = list(dict.fromkeys(texts))

    def report(done: int) -> None:
        on_progress(Progress(stage="encoding section groups", step=done, total_steps=len(unique)))

    return dict(zip(unique, writer.encode(unique, batch_size=16, on_progress=report), strict=True))


def _known(path: Path) -> pd.DataFrame:
    """Return what stage 1 has read by hand: the main requirements of the training applications that are not unread."""
    examples = pd.read_parquet(path)
    return examples[
        (examples["split"] == "train") & (examples["variant"] == "gold") & examples["main"] & ~examples["unread"]
    ]


def _gold_texts(path: Path) -> dict[str, list[str]]:
    """Return application -> its gold requirements."""
    examples = pd.read_parquet(path)
    gold = examples[examples["variant"] == "gold"].drop_duplicates(["application", "requirement_id"])
    return {str(name): rows["text"].tolist() for name, rows in gold.groupby("application")}
