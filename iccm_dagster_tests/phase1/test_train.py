"""Training through the real trainer, on a tiny Qwen2."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from iccm_dagster.errors import TrainingError
from iccm_dagster.phase1.model import embed, load_retriever, untrained_retriever
from iccm_dagster.phase1.train import REPORT, RetrieverReport, ValidationMap, train_retriever
from iccm_dagster.progress import Progress
from iccm_dagster_tests.phase1.tiny_models import TOPICS, code_of, query_of, tiny_corpus, tiny_recipe, tiny_tables


def train(
    folder: Path,
    recipe,
    *,
    labels: pd.DataFrame | None = None,
    sections: pd.DataFrame | None = None,
    micro_batch=None,
    on_progress=lambda progress: None,
) -> RetrieverReport:
    """Train on the tiny tables below ``folder``."""
    default, all_sections = tiny_tables()
    folder.mkdir(parents=True, exist_ok=True)
    (default if labels is None else labels).to_parquet(folder / "labels.parquet")
    (all_sections if sections is None else sections).to_parquet(folder / "sections.parquet")
    tiny_corpus().to_parquet(folder / "corpus.parquet")
    return train_retriever(
        labels_path=folder / "labels.parquet",
        sections_path=folder / "sections.parquet",
        corpus_path=folder / "corpus.parquet",
        recipe=recipe,
        out=folder / "out",
        work=folder / "work",
        device="cpu",
        micro_batch=micro_batch,
        on_progress=on_progress,
    )


def weights_hash(folder: Path) -> str:
    files = sorted((folder / "out").rglob("*.safetensors"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_training_finds_more_and_reports_it(qwen2, tmp_path):
    """Six topics, one section each: the loss falls, and validation applications gain."""
    seen: list[Progress] = []
    report = train(tmp_path, tiny_recipe(qwen2, epochs=6, patience=9, warm_pairs=6), on_progress=seen.append)
    losses = [record["loss"] for record in report.history if "loss" in record]
    assert sum(losses[-5:]) < sum(losses[:5])
    queries, documents = (
        [query_of(topic) for topic in TOPICS],
        [f"app-4.{topic}_items\n{code_of(topic)}" for topic in TOPICS],
    )

    def found(model) -> float:
        similarity = embed(model, queries, bf16=False) @ embed(model, documents, bf16=False).T
        return float((similarity.argmax(axis=1) == np.arange(len(TOPICS))).mean())

    trained, before = found(load_retriever(tmp_path / "out")), found(untrained_retriever(tiny_recipe(qwen2)))
    assert trained > before
    # Of the six pairs four make a group; two alone would hardly have a negative.
    assert (report.labels, report.queries, report.docstring_pairs, report.resumed_from) == ("gold", 6 * 24, 4, 0)
    assert report.best_validation_map == max(
        record["validation_map"] for record in report.history if "validation_map" in record
    )
    assert seen[-1].step == seen[-1].total_steps == report.steps
    assert json.loads((tmp_path / "out" / REPORT).read_text())["steps"] == report.steps


def test_the_same_seed_gives_the_same_checkpoint(qwen2, tmp_path):
    for name, seed in (("one", 3), ("two", 3), ("other", 4)):
        train(tmp_path / name, tiny_recipe(qwen2, seed=seed, lora_dropout=0.1, max_steps=4))
    assert weights_hash(tmp_path / "one") == weights_hash(tmp_path / "two")
    assert weights_hash(tmp_path / "one") != weights_hash(tmp_path / "other")


def test_eight_forward_passes_of_one_group_follow_one_of_eight(qwen2, tmp_path):
    """Groups do not see each other, so the mean over eight is the same either way."""
    reports = [
        train(tmp_path / name, tiny_recipe(qwen2, epochs=4, batch_size=batch, accumulation=steps, evaluations=1))
        for name, batch, steps in (("wide", 8, 1), ("long", 1, 8))
    ]
    wide, long = ([record["loss"] for record in report.history if "loss" in record] for report in reports)
    assert len(wide) == len(long) == 24 * 4 // 4 // 8
    assert long == pytest.approx(wide, rel=1e-3)
    vectors = [
        embed(load_retriever(tmp_path / name / "out"), [query_of("parse")], bf16=False) for name in ("wide", "long")
    ]
    np.testing.assert_allclose(vectors[0], vectors[1], atol=1e-3)


def test_an_interrupted_training_goes_on_to_the_same_end(qwen2, tmp_path):
    """Cut off after the first evaluation of two; the second attempt starts there."""
    recipe = tiny_recipe(qwen2, lora_dropout=0.1, epochs=3)
    whole = train(tmp_path / "whole", recipe)

    def interrupt(progress: Progress) -> None:
        if progress.step > progress.total_steps // 2 + 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", recipe, on_progress=interrupt)
    assert not (tmp_path / "cut" / "out").exists()
    resumed = train(tmp_path / "cut", recipe)
    assert resumed.resumed_from == whole.steps // 2
    assert weights_hash(tmp_path / "cut") == weights_hash(tmp_path / "whole")


def test_training_stops_when_validation_gains_nothing(qwen2, tmp_path):
    """A learning rate of next to nothing: the second of four evaluations is no better than the first, which is kept."""
    recipe = tiny_recipe(qwen2, peak_lr=1e-12, max_steps=8, evaluations=4, patience=1)
    report = train(tmp_path, recipe)
    assert (report.steps, report.best_step) == (4, 2)


def test_the_best_weights_are_kept_and_not_the_last(qwen2, tmp_path):
    """Steps this large ruin it: what is stored scores as the best evaluation did, which was not the last."""
    report = train(tmp_path, tiny_recipe(qwen2, peak_lr=0.3, evaluations=6, patience=9))
    assert report.best_step is not None and report.best_step < report.steps
    labels, sections = tiny_tables()
    chosen = labels[(labels["split"] == "validation") & (labels["variant"] == "gold")]
    kept = ValidationMap(chosen, sections, bf16=False)(load_retriever(tmp_path / "out"))["validation_map"]
    assert kept == pytest.approx(report.best_validation_map)


def test_the_learning_rate_rises_for_its_share_of_the_steps_and_falls_after(qwen2, tmp_path):
    """Eight steps, a quarter of them warm-up, up to 1: 0, 1/2, 1, then down by 1/6 a step (the rate of the step before is logged)."""
    report = train(tmp_path, tiny_recipe(qwen2, peak_lr=1e-3, max_steps=8, warmup_ratio=0.25, evaluations=1))
    rates = [record["learning_rate"] / 1e-3 for record in report.history if "learning_rate" in record]
    assert rates == pytest.approx([0, 1 / 2, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])


def test_one_section_and_two_thousand_words_are_trained_on_and_change_nothing(qwen2, tmp_path):
    """There is nothing to tell the one section from: the loss is 0, not NaN, at every step."""
    labels, sections = tiny_tables()
    labels = labels[(labels["application"] == "app-1") & (labels["requirement_id"] == "R1")]
    report = train(
        tmp_path,
        tiny_recipe(qwen2, epochs=1),
        labels=labels.assign(text="price " * 2000),
        sections=sections[sections["application"] == "app-1"].head(1),
    )
    assert [record["loss"] for record in report.history if "loss" in record] == [0.0]


def test_docstring_pairs_alone_are_learned_from_and_no_label_is_claimed(qwen2, tmp_path):
    """No training application has a label: the split is empty."""
    labels, _ = tiny_tables()
    recipe = tiny_recipe(qwen2, warm_pairs=6, max_steps=1)
    report = train(tmp_path, recipe, labels=labels[labels["split"] != "train"])
    assert (report.labels, report.queries, report.docstring_pairs) == ("none", 0, 4)


def test_a_loss_that_is_no_number_stops_with_the_batch_named(qwen2, tmp_path):
    with pytest.raises(TrainingError, match=r"step 1: the loss is nan on app-\d \('.*Lower peak_lr"):
        train(tmp_path, tiny_recipe(qwen2, peak_lr=1e30, warmup_ratio=0.0, max_grad_norm=1e30))


def test_without_gold_it_learns_from_the_heuristic_and_says_so(qwen2, tmp_path):
    labels, _ = tiny_tables(gold=False)
    assert train(tmp_path, tiny_recipe(qwen2, max_steps=2), labels=labels).labels == "heuristic"


def test_without_validation_applications_the_last_weights_are_kept(qwen2, tmp_path):
    labels, _ = tiny_tables()
    report = train(tmp_path, tiny_recipe(qwen2, max_steps=2), labels=labels[labels["split"] == "train"])
    assert (report.best_step, report.best_validation_map, report.steps) == (None, None, 2)
    assert load_retriever(tmp_path / "out").get_embedding_dimension() == 48


def test_nothing_to_learn_from_is_an_error_with_the_remedy(qwen2, tmp_path):
    labels, _ = tiny_tables()
    with pytest.raises(TrainingError, match="Add gold requirements"):
        train(tmp_path, tiny_recipe(qwen2), labels=labels[labels["split"] != "train"])


def test_chunks_side_by_side_follow_whole_batches_and_give_the_same_each_time(qwen2, tmp_path, two_threads):
    """Two threads where nothing is drawn; with dropout they would not give the same twice, and are not used."""
    settings = {"one": {"threads": 1}, "two": {"threads": 2}, "again": {"threads": 2}}
    settings |= {name: {"threads": 2, "lora_dropout": 0.1} for name in ("drawn", "drawn again")}
    for name, changes in settings.items():
        train(tmp_path / name, tiny_recipe(qwen2, max_steps=3, queries_per_group=16, **changes))
    one, two = (load_retriever(tmp_path / name / "out").state_dict() for name in ("one", "two"))
    assert all(torch.allclose(value, two[name], atol=1e-5) for name, value in one.items())
    hashes = {name: weights_hash(tmp_path / name) for name in settings}
    assert hashes["two"] == hashes["again"] and hashes["drawn"] == hashes["drawn again"]
    # Chunks are cut otherwise for two, so that the last bits differ: it was done.
    assert hashes["one"] != hashes["two"]


def test_cached_gradients_follow_whole_batches_whatever_the_micro_batch(qwen2, tmp_path):
    """Two steps with gradients computed text by text, three at a time, and whole; without dropout they agree."""
    reports = {
        name: train(
            tmp_path / name,
            tiny_recipe(
                qwen2, max_steps=2, cached_gradients=micro is not None, gradient_checkpointing=micro is not None
            ),
            micro_batch=micro,
        )
        for name, micro in (("whole", None), ("one", 1), ("three", 3))
    }
    weights = [load_retriever(tmp_path / name / "out").state_dict() for name in reports]
    for other in weights[1:]:
        assert all(torch.allclose(value, other[name], atol=1e-5) for name, value in weights[0].items())
    assert [report.micro_batch for report in reports.values()] == [None, 1, 3]
    losses = [[record["loss"] for record in report.history if "loss" in record] for report in reports.values()]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3) and losses[2] == pytest.approx(losses[0], rel=1e-3)
