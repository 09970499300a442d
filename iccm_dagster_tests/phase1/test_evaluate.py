"""The table of systems, splits and metrics."""

import numpy as np
import pytest

from iccm_dagster.phase1.evaluate import (
    application_pools,
    best_weight,
    chosen_weight,
    evaluate_retrieval,
    lexical_scores,
    mixed,
    package_pools,
)
from iccm_dagster.phase1.model import untrained_retriever
from iccm_dagster_tests.phase1.tiny_models import TOPICS, tiny_corpus, tiny_recipe, tiny_tables

SYSTEMS = ["bm25", "untrained", "untrained+bm25", "trained", "trained+bm25"]


@pytest.fixture(scope="module")
def model(qwen2):
    return untrained_retriever(tiny_recipe(qwen2))


@pytest.fixture(scope="module")
def scores(model):
    labels, sections = tiny_tables()
    return evaluate_retrieval(
        labels=labels,
        sections=sections,
        corpus=tiny_corpus(),
        retriever=model,
        untrained=model,
        hybrid_weight=None,
        seed=0,
    )


def value(scores, system, split, metric):
    [row] = scores[(scores["system"] == system) & (scores["split"] == split) & (scores["metric"] == metric)].to_dict(
        "records"
    )
    return row


def test_every_system_split_and_metric_has_a_row(scores):
    assert scores["system"].unique().tolist() == SYSTEMS
    assert set(scores["split"]) == {"train", "validation", "holdout", "heldout-packages"}
    assert len(scores) == 5 * 4 * 4
    assert ((scores["ci_low"] <= scores["value"]) & (scores["value"] <= scores["ci_high"])).all()


def test_the_topic_word_is_all_that_bm25_needs(scores):
    """Each requirement names its topic, and one section does too."""
    for metric in ("accuracy", "map", "recall_at_5", "mrr_at_10"):
        assert value(scores, "bm25", "train", metric)["value"] == 1


def test_queries_and_units_are_counted(scores):
    """Six gold requirements in each of two training applications; paraphrases are not asked."""
    row = value(scores, "trained", "train", "map")
    assert (row["n"], row["units"]) == (12, 2)
    assert value(scores, "trained", "heldout-packages", "map")["n"] == len(TOPICS)


def test_the_same_model_twice_gives_the_same_rows(scores):
    for metric in ("map", "accuracy"):
        assert (
            value(scores, "trained", "holdout", metric)["value"]
            == value(scores, "untrained", "holdout", metric)["value"]
        )


def test_a_given_weight_is_used(model):
    labels, sections = tiny_tables()
    scores = evaluate_retrieval(
        labels=labels, sections=sections, corpus=None, retriever=model, untrained=model, hybrid_weight=0.0, seed=0
    )
    assert value(scores, "trained+bm25", "holdout", "map")["value"] == value(scores, "bm25", "holdout", "map")["value"]
    assert (
        scores.loc[scores["system"].str.endswith("+bm25"), "weight"].eq(0).all()
        or scores["weight"].dropna().eq(0).all()
    )


def test_a_split_without_requirements_has_no_row(model):
    labels, sections = tiny_tables()
    scores = evaluate_retrieval(
        labels=labels[labels["split"] != "holdout"],
        sections=sections,
        corpus=None,
        retriever=model,
        untrained=model,
        hybrid_weight=None,
        seed=0,
    )
    assert set(scores["split"]) == {"train", "validation"}


def test_an_application_with_one_section_has_no_accuracy_to_measure(model):
    """There is no negative: nothing to be above. The ranking of one is right."""
    labels, sections = tiny_tables()
    labels = labels[(labels["application"] == "app-1") & (labels["requirement_id"] == "R1")]
    scores = evaluate_retrieval(
        labels=labels,
        sections=sections[(sections["application"] == "app-1")].head(1),
        corpus=None,
        retriever=model,
        untrained=model,
        hybrid_weight=0.5,
        seed=0,
    )
    assert set(scores["metric"]) == {"map", "recall_at_5", "mrr_at_10"}
    assert scores["value"].eq(1).all()


def test_the_weight_is_chosen_on_validation_applications():
    """The encoder ranks wrong and BM25 right: all weight goes to BM25."""
    labels, sections = tiny_tables()
    pools = application_pools(labels, sections)
    right = {pool.name: pool.relevant_QD.astype(float) for pool in pools}
    wrong = {name: 1 - scores for name, scores in right.items()}
    assert best_weight(pools, wrong, right) == 0.0
    assert best_weight(pools, right, wrong) > 0.5
    assert best_weight([pool for pool in pools if pool.split != "validation"], wrong, right) == 0.8


def test_the_chosen_weight_is_read_off_the_rows(scores):
    expected = scores.loc[scores["system"] == "trained+bm25", "weight"].iloc[0]
    assert chosen_weight(scores) == expected
    assert chosen_weight(scores[scores["system"] == "bm25"]) is None


def test_lexical_scores_reach_from_zero_to_one():
    scores = lexical_scores(["def parse_header(): ...", "def write(): ..."], ["parse the header", "unrelated"])
    np.testing.assert_array_equal(scores, [[1, 0], [0, 0]])
    np.testing.assert_allclose(mixed(np.array([[0.5, 0.1]]), scores[:1], weight=0.8), [[0.6, 0.08]])


def test_only_held_out_packages_are_asked():
    [pool] = package_pools(tiny_corpus(), seed=0)
    assert pool.name == "package kept"
    np.testing.assert_array_equal(pool.negative_QD.sum(axis=1), 3)
    assert not (pool.negative_QD & pool.relevant_QD).any()
