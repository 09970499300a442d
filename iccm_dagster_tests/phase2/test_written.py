"""What stage 1 watches where it looks at sentences instead of the loss."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from iccm_dagster.phase2.recipe import WriterRecipe
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.written import told, written_similarity


def source(token: int) -> EncodedSource:
    return EncodedSource(ids=torch.tensor([token]), states=torch.zeros(1, 2), cut=0)


def says(words: dict[int, str]) -> SimpleNamespace:
    """A writer that says a fixed sentence about each source."""
    return SimpleNamespace(write=lambda sources, **_: [words[int(source.ids[0])] for source in sources])


def embed(texts) -> np.ndarray:
    """One axis per word of a vocabulary of four."""
    counts = np.array([[text.split().count(word) for word in ("a", "b", "c", "d")] for text in texts], dtype=float)
    return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_an_application_has_each_source_and_each_requirement_once():
    one, two = source(1), source(2)
    found = told(["x", "x", "x", "y"], [one, one, two, two], ["a", "b", "b", "c"])
    assert [(list(each.sources), each.gold) for each in found] == [([one, two], ("a", "b")), ([two], ("c",))]


def test_the_similarity_is_the_mean_over_gold_requirements():
    """x: "a" is told exactly, "b" not at all; y: "a b" and "a" have the cosine 1 / sqrt(2)."""
    applications = told(["x", "x", "y"], [source(1), source(1), source(2)], ["a", "b", "a"])
    value = written_similarity(says({1: "a", 2: "a b"}), applications, embed)
    assert value == pytest.approx((1 + 0 + 2**-0.5) / 3)


def test_an_empty_sentence_tells_nothing():
    applications = told(["x"], [source(1)], ["a"])
    assert written_similarity(says({1: ""}), applications, embed) == 0.0


def test_looks_are_taken_every_few_passes_and_after_the_last():
    recipe = WriterRecipe(gold_epochs=5, written_every=2)
    assert [recipe.looks_at(epoch) for epoch in range(5)] == [False, True, False, True, True]
    assert not any(WriterRecipe(gold_epochs=5).looks_at(epoch) for epoch in range(5))


def test_the_last_passes_read_the_hand_written_wording():
    recipe = WriterRecipe(gold_epochs=6, own_wording=2)
    assert [recipe.wording(epoch) for epoch in range(6)] == [0, 1, 2, 3, 0, 0]
