"""Phase 1 against seed I06's literal recipe, in one run on the same data: speed, quality after equal epochs, memory.

The seed's recipe as written: pad every text to the full length, encode one section at a time, mean over padding too, a
random projection on the query only, binary cross-entropy on the raw cosine, LoRA, learning rate 2e-5. Its 2048 tokens
become 512 here, the most that MiniLM has positions for: the ratio is a lower bound.

Run: ``python iccm_dagster_tests/benchmarks/bench_phase1.py [--examples 24] [--applications data/applications]``
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from sentence_transformers import SentenceTransformer

from iccm_dagster.applications.catalogue import load_catalogue
from iccm_dagster.applications.sections import sections_of
from iccm_dagster.applications.traceability import load_traceability
from iccm_dagster.encoders import BUNDLED, load_encoder
from iccm_dagster.phase1.evaluate import Pool, application_pools, dense_scores
from iccm_dagster.phase1.labels import label_application
from iccm_dagster.phase1.metrics import average_precision
from iccm_dagster.phase1.model import (
    ENCODE_BATCH,
    add_adapters,
    embed,
    load_retriever,
    section_texts,
    untrained_retriever,
)
from iccm_dagster.phase1.recipe import RetrieverRecipe
from iccm_dagster.phase1.train import train_retriever
from iccm_dagster.progress import silent

SEED_TOKENS = 512
SEED_LR = 2e-5
# The seed's recipe encodes about five sections a second.
JUDGES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=Path, default=Path(__file__).parents[2] / "data" / "applications")
    parser.add_argument("--examples", type=int, default=24, help="gold requirements that both recipes learn from, once")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = RetrieverRecipe(epochs=1, warm_pairs=0, evaluations=1, bf16=True, threads=given.threads)
    labels, sections = tables(given.applications, given.examples, recipe)
    pools = [pool for pool in application_pools(labels, sections) if pool.split == "validation"][:JUDGES]
    train = labels[labels["split"] == "train"]
    print(
        f"{len(train)} requirements to learn from, {sum(len(pool.queries) for pool in pools)} to be judged by, "
        f"{given.threads} threads"
    )
    untrained = untrained_retriever(recipe)
    print(f"untrained                MAP {quality(pools, untrained):.3f}")
    seed_speed = bench_seed(train, sections, pools)
    ours = bench_ours(labels, sections, pools, recipe)
    print(f"training, ours / seed: {ours / seed_speed:.1f}x (aim: 20x)")
    bench_encoding(sections, untrained)
    print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def tables(folder: Path, examples: int, recipe: RetrieverRecipe) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return gold labels (no paraphrases) and sections: training applications until there are enough, and all for validation."""
    encoder = untrained_retriever(recipe)
    labels, sections, taken = [], [], 0
    for application in load_catalogue(folder).applications:
        split = application.split.value
        if split == "holdout" or (split == "train" and taken >= examples) or not application.gold:
            continue
        found = sections_of(application)
        rows = label_application(
            found, application.requirements, load_traceability(application), encoder, recipe=recipe
        )
        rows = rows[rows["variant"] == "gold"]
        rows = rows.head(examples - taken) if split == "train" else rows
        taken += len(rows) if split == "train" else 0
        labels.append(rows.assign(application=application.id, split=split))
        own = pd.DataFrame([{"name": s.name, "kind": s.kind.value, "code": s.code} for s in found])
        sections.append(own.assign(application=application.id, split=split))
    return pd.concat(labels, ignore_index=True), pd.concat(sections, ignore_index=True)


def quality(pools: list[Pool], model: SentenceTransformer) -> float:
    """Return the mean average precision on the validation applications."""
    scores = dense_scores(model, pools, bf16=True)
    return map_of(pools, lambda pool: scores[pool.name])


def map_of(pools: list[Pool], score: Callable[[Pool], np.ndarray]) -> float:
    return float(
        np.mean(
            [
                average_precision(scores_D, relevant_D)
                for pool in pools
                for scores_D, relevant_D in zip(score(pool), pool.relevant_QD, strict=True)
            ]
        )
    )


def bench_ours(labels: pd.DataFrame, sections: pd.DataFrame, pools: list[Pool], recipe: RetrieverRecipe) -> float:
    """Return examples per second of an epoch: its seconds are those of a training minus those of one that learns nothing."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        train = labels[labels["split"] == "train"]
        train.to_parquet(folder / "labels.parquet")
        sections.to_parquet(folder / "sections.parquet")

        def seconds(recipe: RetrieverRecipe, name: str) -> float:
            started = time.perf_counter()
            train_retriever(
                labels_path=folder / "labels.parquet",
                sections_path=folder / "sections.parquet",
                corpus_path=None,
                recipe=recipe,
                out=folder / name,
                work=folder / f"{name}-work",
                device="cpu",
                micro_batch=None,
                on_progress=silent,
            )
            return time.perf_counter() - started

        # Two epochs against one: loading and storing the model take the same time in both and drop out.
        one, two = seconds(recipe, "one"), seconds(recipe.model_copy(update={"epochs": 2}), "two")
        speed = len(train) / max(two - one, 1e-9)
        print(
            f"ours                     MAP {quality(pools, load_retriever(folder / 'one')):.3f}  {speed:6.2f} examples/s"
        )
    return speed


def bench_seed(train: pd.DataFrame, sections: pd.DataFrame, pools: list[Pool]) -> float:
    """Train the seed's literal recipe for one epoch; return its examples per second."""
    torch.manual_seed(0)
    model = SeedModel()
    trainable = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trainable, lr=SEED_LR)
    code = {(row.application, row.name): row.code for row in sections.itertuples(index=False)}
    started = time.perf_counter()
    for row in train.sample(frac=1, random_state=0).itertuples():
        names = [*row.relevant, *row.negatives]
        cosines = model(row.text, [code[row.application, name] for name in names])
        targets = torch.tensor([1.0] * len(row.relevant) + [0.0] * len(row.negatives))
        torch.nn.functional.binary_cross_entropy_with_logits(cosines, targets).backward()
        torch.nn.utils.clip_grad_norm_(trainable, 1.0)
        optimiser.step()
        optimiser.zero_grad()
    speed = len(train) / (time.perf_counter() - started)
    print(f"seed I06, as written     MAP {map_of(pools, model.scores):.3f}  {speed:6.2f} examples/s")
    return speed


class SeedModel(torch.nn.Module):
    """Seed I06's retrieval model, defects included, except one: its 768 numbers cannot be compared with the encoder's own."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = load_encoder(BUNDLED, projection=None, max_tokens=SEED_TOKENS)
        add_adapters(self.encoder, RetrieverRecipe())
        size = self.encoder.get_embedding_dimension()
        self.project = torch.nn.Linear(size, size)

    def forward(self, requirement: str, sections: list[str]) -> torch.Tensor:
        """Return the cosine of the projected requirement with each section."""
        codes = torch.cat([self.vectors([section]) for section in sections])
        return torch.cosine_similarity(self.project(self.vectors([requirement])), codes, dim=-1)

    def vectors(self, texts: list[str]) -> torch.Tensor:
        """Return the mean over all positions of each text, padding included."""
        tokens = self.encoder.tokenizer(
            texts, max_length=SEED_TOKENS, truncation=True, padding="max_length", return_tensors="pt"
        )
        return self.encoder[0].auto_model(**tokens).last_hidden_state.mean(dim=1)

    @torch.no_grad()
    def scores(self, pool: Pool) -> np.ndarray:
        """Return cosines ``[Q, D]``, for judging: encoded in batches, which changes no vector."""
        self.eval()
        texts = [*pool.queries, *pool.documents]
        vectors = torch.cat([self.vectors(texts[start : start + 16]) for start in range(0, len(texts), 16)])
        queries = torch.nn.functional.normalize(self.project(vectors[: len(pool.queries)]), dim=1)
        return (queries @ torch.nn.functional.normalize(vectors[len(pool.queries) :], dim=1).T).numpy()


def bench_encoding(sections: pd.DataFrame, model: SentenceTransformer) -> None:
    """Sections per second, batches cut from the order of length against batches cut from the order of files."""
    texts = section_texts(sections)[:256]

    def unsorted() -> None:
        for start in range(0, len(texts), ENCODE_BATCH):
            embed(model, texts[start : start + ENCODE_BATCH], bf16=False)

    for name, encode in (
        ("file order", unsorted),
        ("by length", lambda: embed(model, texts, bf16=False)),
        ("by length, bf16", lambda: embed(model, texts, bf16=True)),
    ):
        encode()
        started = time.perf_counter()
        encode()
        speed = len(texts) / (time.perf_counter() - started)
        print(f"encoding, {name:<16} {speed:6.1f} sections/s of at most {model.max_seq_length} tokens")


if __name__ == "__main__":
    main()
