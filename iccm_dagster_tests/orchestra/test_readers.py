"""Readers over a tiny application with an embedding that a reader of the test can follow: shared words."""

import numpy as np
import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.interface import interface_of
from iccm_dagster.harness.program import Origin
from iccm_dagster.lexical import code_tokens
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.readers import GoldReader, LexicalReader, SemanticReader, calibrate_threshold, readers_for
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster_tests.tiny import write_application

WORDS: dict[str, int] = {}


def embed(texts) -> np.ndarray:
    """Bag of words, unit length: the cosine is the share of words in common."""
    vectors = np.zeros((len(texts), 500))
    for row, text in enumerate(texts):
        for word in code_tokens(text):
            vectors[row, WORDS.setdefault(word, len(WORDS))] += 1
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def knowledge(tmp_path) -> Knowledge:
    return Knowledge(
        load_application(write_application(tmp_path / "001-plain", split="train", word="plain")), at_import=frozenset()
    )


def read(reader, knowledge, *statements):
    return reader.reconstruct(Context(statements=statements), interface_of(knowledge.application))


def restored(made) -> set[str]:
    """Return the functions whose body is there."""
    source = made.implementation.files["plainnumbers.py"]
    parts = source.split("\ndef ")[1:]
    return {part.split("(")[0] for part in parts if "NotImplementedError" not in part}


def test_nothing_said_gives_the_interface_alone(knowledge):
    made = read(GoldReader(knowledge, embed, threshold=0.5), knowledge)
    assert restored(made) == set()
    assert made.implementation.origin is Origin.DERIVED
    assert made.simulated


def test_the_gold_reader_restores_what_the_matched_requirement_is_traced_to(knowledge):
    made = read(
        GoldReader(knowledge, embed, threshold=0.5), knowledge, "The program must add up all the numbers of a list."
    )
    assert made.matches == ("R1",)
    assert restored(made) == {"plain_sum", "_checked"}, "the private helper comes along"


def test_two_statements_cannot_match_one_requirement(knowledge):
    said = "The program must add up all the numbers of a list and return their total."
    made = read(GoldReader(knowledge, embed, threshold=0.9), knowledge, said, said)
    assert sorted(map(str, made.matches)) == ["None", "R1"]


def test_below_the_threshold_nothing_is_conveyed(knowledge):
    made = read(GoldReader(knowledge, embed, threshold=0.99), knowledge, "The program adds numbers.")
    assert made.matches == (None,)
    assert restored(made) == set()


def test_the_lexical_reader_restores_the_section_with_the_telling_words_and_never_rewards(knowledge):
    reader = LexicalReader(knowledge)
    made = read(reader, knowledge, "Raise an error saying 'no number', else the max.", "zzz qqq")
    assert made.matches == ("plainnumbers.plain_largest", None)
    assert not reader.rewards


def test_the_semantic_reader_gives_each_statement_one_section(knowledge):
    made = read(SemanticReader(knowledge, embed, rewards=False), knowledge, "max for in if not raise", "return int 2")
    assert made.matches == ("plainnumbers.plain_largest", "plainnumbers.plain_double")


def test_without_gold_there_is_no_gold_reader(tmp_path):
    folder = write_application(tmp_path / "001-plain", split="train", word="plain")
    (folder / "gold_requirements.md").rename(folder / "derived_requirements.md")
    knowledge = Knowledge(load_application(folder), at_import=frozenset())
    assert [reader.name for reader in readers_for(knowledge, embed, threshold=0.5)] == ["semantic", "lexical"]


def test_the_threshold_separates_paraphrases_from_other_requirements(knowledge):
    found = calibrate_threshold([knowledge], embed, fallback=0.6)
    assert found["pairs"] == 9
    assert found["true_positive_rate"] > found["false_positive_rate"] + 0.5


def test_without_paraphrases_the_threshold_is_the_recipes():
    assert calibrate_threshold([], embed, fallback=0.61)["threshold"] == 0.61


def test_a_text_becomes_statements():
    context = Context.from_text("1. First thing.\n\n- second thing\n  * third\n")
    assert context.statements == ("First thing.", "second thing", "third")
    assert context.text.splitlines()[1] == "2. second thing"


def test_one_reader_rewards_and_it_is_the_gold_one_where_there_is_gold(knowledge):
    assert [reader.name for reader in readers_for(knowledge, embed, threshold=0.5) if reader.rewards] == ["gold"]
