"""Phase 2: what batches, caches and beams do to generation, and what stage 2 spends its time on.

The writer is a young one: the embedded profile's head on the untrained encoder, after a short stage 1 on a few applications,
or a trained one where its checkpoint folder is given. Young writers stop late, so that texts per second are a lower bound.
The steps of stage 2 are real ones: the recipe's samples, real readers, real verdicts in the sandbox, none of them cached
before.

Run: ``python iccm_dagster_tests/benchmarks/bench_phase2.py [--applications 2] [--sources 8] [--epochs 1] [--checkpoint FOLDER]``
"""

import argparse
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from transformers import GenerationConfig

sys.path.insert(0, str(Path(__file__).parents[2]))

from iccm_dagster.applications.catalogue import Application, Split, load_catalogue
from iccm_dagster.celr.standalone import calibrated_case
from iccm_dagster.harness.process import ProcessSandbox, default_sandbox
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase1.model import save_retriever, untrained_retriever
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.phase2.dataset import docstring_examples, examples_table, groups_table, main_requirements
from iccm_dagster.phase2.generator import load_generator
from iccm_dagster.phase2.groups import section_groups
from iccm_dagster.phase2.jury import Case, SentenceEmbedder, summon
from iccm_dagster.phase2.recipe import ReinforceRecipe, WriterRecipe
from iccm_dagster.phase2.select import selector
from iccm_dagster.phase2.source import EncodedSource, collate
from iccm_dagster.phase2.train_reconstruction import SEQUENCES, Task, train_stage2
from iccm_dagster.phase2.train_supervised import Example, train_stage1
from iccm_dagster.phase2.variants import GOLD, variants_table
from iccm_dagster.phase2.writer import Writer
from iccm_dagster.progress import silent
from iccm_dagster_tests.benchmarks.bench_harness import cpu_seconds

SAMPLES = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--catalogue", type=Path, default=Path(__file__).parents[2] / "data" / "applications")
    parser.add_argument("--applications", type=int, default=2, help="training applications, the first of the catalogue")
    parser.add_argument(
        "--sources", type=int, default=8, help="section groups that are written about in the first part"
    )
    parser.add_argument("--epochs", type=int, default=1, help="passes of stage 2 over the applications")
    parser.add_argument("--checkpoint", type=Path, help="a trained writer, instead of one made here")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    with tempfile.TemporaryDirectory() as scratch:
        folder, sandbox = Path(scratch), default_sandbox()
        chosen = [one for one in load_catalogue(given.catalogue).applications if one.split is Split.TRAIN and one.gold]
        cases = [calibrated_case(one, folder, sandbox=sandbox) for one in chosen[: given.applications]]
        groups, examples = tables(cases)
        checkpoint = given.checkpoint or young_writer(examples, folder, threads=given.threads)
        bench_generation(load_generator(checkpoint, device="cpu"), groups["source"].tolist()[: given.sources])
        bench_stage2(load_generator(checkpoint, device="cpu"), cases, groups, examples, folder, sandbox, given.epochs)


def tables(cases: Sequence[Case]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the section groups of the applications and their gold requirements, as the dataset of phase 2 has them."""
    groups, examples, embed = [], [], SentenceEmbedder()
    for case in cases:
        knowledge = case.knowledge()
        application: Application = knowledge.application
        found = section_groups(knowledge.sections, at_import=knowledge.at_import)
        variants = variants_table(application.requirements, seed=0)
        groups.append(groups_table(application.id, application.split.value, found))
        trace = knowledge.traceability
        main = main_requirements(found, application.requirements, trace, embed)
        examples.append(examples_table(application.id, application.split.value, found, variants, trace, main))
        examples.append(docstring_examples(application.id, application.split.value, found))
    return pd.concat(groups, ignore_index=True), pd.concat(examples, ignore_index=True).assign(unread=False)


def young_writer(examples: pd.DataFrame, folder: Path, *, threads: int) -> Path:
    """Return a checkpoint of the embedded head after four short passes over these requirements."""
    save_retriever(untrained_retriever(RetrieverRecipe(threads=threads)), folder / "retriever")
    examples.to_parquet(folder / "examples.parquet")
    (folder / "work").mkdir()
    started = time.perf_counter()
    train_stage1(
        examples_path=folder / "examples.parquet",
        corpus_path=None,
        retriever=folder / "retriever",
        base="",
        recipe=WriterRecipe(warm_pairs=0, gold_epochs=4, rehearsal=0, threads=threads),
        out=folder / "writer",
        work=folder / "work",
        device="cpu",
        micro_batch=None,
        on_progress=silent,
    )
    print(f"a young writer, trained in {time.perf_counter() - started:.0f} s", flush=True)
    return folder / "writer"


def bench_generation(writer: Writer, sources: Sequence[str]) -> None:
    """Print texts per second of processor time for each way of sampling and of searching, and the ratios."""
    encoded = writer.encode(sources, batch_size=16)
    print(f"generation: {len(sources)} section groups, {SAMPLES} samples each; texts per second of processor time")

    def sample(part: Sequence[EncodedSource]) -> int:
        drawn = writer.sample(part, samples=SAMPLES, temperature=0.5, batch_size=SEQUENCES)
        return sum(int(writer.codec.real_tokens(ids).sum()) for ids in drawn.ids)

    def generated(part: Sequence[EncodedSource], *, use_cache: bool = False) -> int:
        ids = generate(writer, part, use_cache=use_cache)
        return int(writer.codec.real_tokens(ids).sum())

    def each(way: Callable[[Sequence[EncodedSource]], int]) -> Callable[[], int]:
        return lambda: sum(way([one]) for one in encoded)

    ways = {
        "sampling, batched, cached": lambda: sample(encoded),
        "  one source at a time": each(sample),
        "  sources read again for it": lambda: sample(writer.encode(sources, batch_size=16)),
        "  batched, cached, by Hugging Face": lambda: generated(encoded, use_cache=True),
        "  batched, no cache": lambda: generated(encoded),
        "  one at a time, no cache, read again": lambda: sum(
            generated(writer.encode([source], batch_size=1)) for source in sources
        ),
    }
    compare(ways, texts=len(sources) * SAMPLES)
    for beams in (1, 4):

        def search(part: Sequence[EncodedSource], beams: int = beams) -> int:
            written = writer.write(part, num_beams=beams, batch_size=SEQUENCES // beams)
            return int(writer.codec.real_tokens(writer.codec.target_ids(written)).sum())

        name = "greedy" if beams == 1 else f"{beams} beams"
        compare(
            {f"{name}, batched": lambda search=search: search(encoded), "  one source at a time": each(search)},
            texts=len(sources),
        )


def compare(ways: dict[str, Callable[[], int]], *, texts: int) -> None:
    """Run each way once; print texts per second, tokens per text, and how many times faster the first one is."""
    first = None
    for name, way in ways.items():
        torch.manual_seed(0)
        started = time.process_time()
        tokens = way()
        seconds = time.process_time() - started
        first = first or seconds
        print(
            f"  {name:<38}{texts / seconds:7.2f}/s  {tokens / texts:4.0f} tokens  {seconds / first:5.1f}x", flush=True
        )


@torch.no_grad()
def generate(writer: Writer, part: Sequence[EncodedSource], *, use_cache: bool) -> torch.Tensor:
    """Sample in the first style with Hugging Face's loop; without the cache, every earlier token and the source are computed
    again for each new one."""
    codec = writer.codec
    generation = GenerationConfig(
        max_length=codec.max_target,
        bos_token_id=codec.start_id,
        eos_token_id=codec.end_id,
        pad_token_id=codec.pad_id,
        decoder_start_token_id=codec.start_id,
        do_sample=True,
        top_k=0,
        top_p=1.0,
        use_cache=use_cache,
    )
    writer.learn(dropout=False)
    prompts = torch.tensor([[codec.start_id, codec.styles[0]]]).repeat(len(part) * SAMPLES, 1)
    with writer.at_temperature(0.5):
        inputs = collate(part, pad_id=codec.pad_id, device="cpu").inputs(repeat=SAMPLES)
        return writer.head.generate(**inputs, decoder_input_ids=prompts, generation_config=generation)


class Clock:
    """Time by the clock and of processors, the sandbox's children included, for each part of a run."""

    def __init__(self, sandbox: ProcessSandbox) -> None:
        self._sandbox = sandbox
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count what happens inside for this part."""
        wall, cpu = time.perf_counter(), cpu_seconds(self._sandbox)
        try:
            yield
        finally:
            self.wall[name] += time.perf_counter() - wall
            self.cpu[name] += cpu_seconds(self._sandbox) - cpu


class TimedMicroBatch(MicroBatch):
    """Gradients against the clock."""

    def __init__(self, size: int, clock: Clock) -> None:
        super().__init__(size)
        self._clock = clock

    def accumulate(self, *given: Any, **settings: Any) -> float:
        with self._clock.part("gradient"):
            return super().accumulate(*given, **settings)


class TimedWriter:
    """A writer whose sampling and searching run against the clock."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer, self._clock, self.texts = writer, clock, 0
        self.micro = TimedMicroBatch(SEQUENCES, clock)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def sample(self, sources: Sequence[EncodedSource], *, samples: int, **settings: Any) -> Any:
        self.texts += samples * len(sources)
        with self._clock.part("generation"):
            return self._writer.sample(sources, samples=samples, **settings)

    def write(self, sources: Sequence[EncodedSource], **settings: Any) -> list[str]:
        self.texts += len(sources)
        with self._clock.part("generation"):
            return self._writer.write(sources, **settings)


class TimedJury:
    """A jury that is heard against the clock."""

    def __init__(self, jury: Any, clock: Clock) -> None:
        self._jury, self._clock, self.programs = jury, clock, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jury, name)

    def hear(self, texts: Sequence[Any], **settings: Any) -> Any:
        self.programs += len(texts)
        with self._clock.part("verdicts"):
            return self._jury.hear(texts, **settings)


def bench_stage2(
    writer: Writer,
    cases: Sequence[Case],
    groups: pd.DataFrame,
    examples: pd.DataFrame,
    folder: Path,
    sandbox: ProcessSandbox,
    epochs: int,
) -> None:
    """Train for some passes and print what the time went into."""
    recipe, embed, clock = ReinforceRecipe(epochs=epochs, max_applications=None), SentenceEmbedder(), Clock(sandbox)
    jury = summon(
        cases,
        threshold=recipe.similarity_threshold,
        embed=embed,
        calibration=CalibrationRecipe(),
        sandbox=sandbox,
        cache=folder / "verdicts",
        workers=recipe.workers,
        halved=True,
    )
    encoded = dict(zip(groups["source"], writer.encode(groups["source"].tolist(), batch_size=16), strict=True))
    tasks = [
        Task(application=name, split="train", sources=tuple(encoded[source] for source in rows["source"]))
        for name, rows in groups.groupby("application")
    ]
    gold = examples[(examples["variant"] == GOLD) & examples["main"]]
    timed, heard = TimedWriter(writer, clock), TimedJury(jury, clock)
    choose = selector(embed, minimum=recipe.min_statements, maximum=recipe.max_statements, redundancy=recipe.redundancy)

    def select(statements: Sequence[str]) -> list[int]:
        with clock.part("selection"):
            return choose(statements)

    (folder / "stage2").mkdir()
    with clock.part("all"):
        history = train_stage2(
            timed,
            tasks=tasks,
            gold=[Example(source=encoded[row.source], target=row.text) for row in gold.itertuples()],
            jury=heard,
            select=select,
            recipe=recipe,
            work=folder / "stage2",
            on_progress=silent,
        )
    stored = len(list((folder / "verdicts").rglob("*.json")))
    print(
        f"stage 2: {epochs} pass(es) over {len(tasks)} applications, {sum(len(task.sources) for task in tasks)} section groups, "
        f"{recipe.samples} samples each: {timed.texts} texts, {heard.programs} sets judged, {stored} programs run"
    )
    parts = ["generation", "verdicts", "gradient", "selection"]
    for spent in (clock.wall, clock.cpu):
        spent["the rest"] = spent["all"] - sum(spent[name] for name in parts)
    for name in [*parts, "the rest", "all"]:
        print(
            f"  {name:<12}{clock.wall[name]:7.1f} s  {clock.wall[name] / clock.wall['all']:4.0%}"
            f"    {clock.cpu[name]:7.1f} s of processor time  {clock.cpu[name] / clock.cpu['all']:4.0%}"
        )
    print(
        f"  reward of the last pass {json.dumps(history[-1]['train_reward'])}, isolation of verdicts {sandbox.isolation}"
    )


if __name__ == "__main__":
    main()
