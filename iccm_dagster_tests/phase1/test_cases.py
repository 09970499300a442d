"""Single cases: what is worst, and how scores are distributed."""

import numpy as np
import pytest

from iccm_dagster.phase1.cases import COLUMNS, score_distributions, scored_pools, worst_retrievals
from iccm_dagster.phase1.evaluate import Pool
from iccm_dagster.phase1.model import untrained_retriever
from iccm_dagster_tests.phase1.tiny_models import TOPICS, tiny_recipe, tiny_tables


@pytest.fixture
def scored():
    """Two questions about three sections: the first finds its section at place 2, the second its two at places 1 and 3."""
    pool = Pool(
        name="shop",
        split="validation",
        queries=("Prices are added.", "Items are sold."),
        documents=("shop.total\ndef total(): ...", "shop.sell\ndef sell(): ...", "shop.pack\ndef pack(): ..."),
        names=("shop.total", "shop.sell", "shop.pack"),
        relevant_QD=np.array([[True, False, False], [False, True, True]]),
        negative_QD=np.array([[False, True, False], [False, False, False]]),
    )
    return [(pool, np.array([[0.5, 0.7, 0.1], [0.4, 0.9, 0.2]]))]


def test_the_worst_come_first_with_what_was_wanted_and_what_was_found(scored):
    """Average precision: 1/2 for place 2; (1/1 + 2/3) / 2 for places 1 and 3."""
    worst = worst_retrievals(scored)
    assert list(worst.columns) == COLUMNS
    assert worst["average_precision"].tolist() == pytest.approx([1 / 2, 5 / 6])
    first, second = worst.to_dict("records")
    assert (first["requirement"], first["wanted"]) == ("Prices are added.", "shop.total (2)")
    assert (first["found"], first["found text"]) == ("shop.sell, shop.total, shop.pack", "shop.sell\ndef sell(): ...")
    assert (second["wanted"], second["wanted text"]) == ("shop.sell (1), shop.pack (3)", "shop.pack\ndef pack(): ...")
    assert len(worst_retrievals(scored, count=1)) == 1


def test_every_pair_of_requirement_and_section_is_in_one_distribution(scored):
    assert score_distributions(scored) == {
        "relevant": [0.5, 0.9, 0.2],
        "labelled negative": [0.7],
        "other": [0.1, 0.4],
    }


def test_a_split_is_scored_by_a_retriever(qwen2):
    labels, sections = tiny_tables()
    asked = {
        "labels": labels,
        "sections": sections,
        "retriever": untrained_retriever(tiny_recipe(qwen2)),
        "bf16": False,
    }
    [(pool, scores_QD)] = scored_pools(**asked, split="validation")
    assert (pool.name, scores_QD.shape) == ("app-3", (len(TOPICS), len(TOPICS)))
    assert np.abs(scores_QD).max() <= 1 + 1e-5


def test_a_split_without_requirements_has_no_case(qwen2):
    labels, sections = tiny_tables()
    labels = labels[labels["split"] != "validation"]
    model = untrained_retriever(tiny_recipe(qwen2))
    empty = scored_pools(labels=labels, sections=sections, retriever=model, split="validation", bf16=False)
    assert worst_retrievals(empty).empty
    assert not any(score_distributions(empty).values())
