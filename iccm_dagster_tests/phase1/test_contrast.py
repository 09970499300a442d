"""Groups: what is compared with what."""

import torch

from iccm_dagster.phase1.contrast import Group, relevance_table, training_groups
from iccm_dagster_tests.phase1.tiny_models import TOPICS, tiny_corpus, tiny_recipe, tiny_tables


def test_every_text_is_asked_once_per_epoch_and_knows_all_its_answers(qwen2):
    """Two training applications with six requirements in two variants, twice: 48 texts."""
    labels, sections = tiny_tables()
    groups = training_groups(labels[labels["split"] == "train"], sections, None, tiny_recipe(qwen2))
    assert sum(len(group.queries) for group in groups) == 2 * 2 * 6 * 2
    for group in groups:
        for query, relevant in zip(group.queries, group.relevant, strict=True):
            topic = next(topic for topic in TOPICS if topic in query)
            assert relevant == {index for index, text in enumerate(group.documents) if f"def {topic}_items" in text}


def test_a_group_holds_each_document_once_and_comes_from_one_application(qwen2):
    labels, sections = tiny_tables()
    for group in training_groups(labels[labels["split"] == "train"], sections, None, tiny_recipe(qwen2)):
        assert len(set(group.documents)) == len(group.documents)
        assert all(text.startswith(f"{group.origin}.") for text in group.documents)


def test_hard_negatives_come_before_others(qwen2):
    """One query, two places: its answer and its labelled negative, out of six sections."""
    labels, sections = tiny_tables()
    recipe = tiny_recipe(qwen2, queries_per_group=1, documents_per_group=2, epochs=1)
    for group in training_groups(labels[labels["split"] == "train"], sections, None, recipe):
        topic = next(topic for topic in TOPICS if topic in group.queries[0])
        hard = TOPICS[(TOPICS.index(topic) + 1) % len(TOPICS)]
        assert [text.split("\n")[0].split(".")[1] for text in group.documents] == [f"{topic}_items", f"{hard}_items"]


def test_docstring_pairs_fill_the_first_half_only(qwen2):
    labels, sections = tiny_tables()
    recipe = tiny_recipe(qwen2, warm_pairs=6, queries_per_group=6, epochs=4)
    groups = training_groups(labels[labels["split"] == "train"], sections, tiny_corpus(), recipe)
    warm = [place for place, group in enumerate(groups) if not group.application]
    assert [groups[place].origin for place in warm] == ["learned"]
    # 2 applications x 12 texts / 6 per group x 4 epochs = 16 groups; the pair group is among the first 8 + 1.
    assert len(groups) == 17
    assert warm[0] <= 8


def test_the_seed_decides_the_order(qwen2):
    labels, sections = tiny_tables()
    train = labels[labels["split"] == "train"]
    first, again, other = (
        training_groups(train, sections, tiny_corpus(), tiny_recipe(qwen2, warm_pairs=6, seed=seed))
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_without_gold_the_heuristic_is_learned(qwen2):
    labels, sections = tiny_tables(gold=False)
    groups = training_groups(labels[labels["split"] == "train"], sections, None, tiny_recipe(qwen2))
    assert all(len(relevant) == 1 for group in groups for relevant in group.relevant)


def test_relevance_tables_mark_what_is_absent():
    """Two groups of different size: 1 relevant, 0 negative, -1 absent."""
    large = Group(
        origin="a",
        application=True,
        queries=("q", "r"),
        documents=("x", "y"),
        relevant=(frozenset({0}), frozenset({0, 1})),
    )
    small = Group(origin="b", application=True, queries=("q",), documents=("x",), relevant=(frozenset({0}),))
    assert torch.equal(relevance_table([large, small]), torch.tensor([[[1, 0], [1, 1]], [[1, -1], [-1, -1]]]))
