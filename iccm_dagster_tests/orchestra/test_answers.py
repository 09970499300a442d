"""Remembered answers: found by content, whole or not at all."""

from dataclasses import replace

import pytest

from iccm_dagster.orchestra.answers import Answer, AnswerStore, Finish
from iccm_dagster_tests.orchestra.scenes import question

ANSWER = Answer(text="ü\ud800?", finish=Finish.LENGTH, tokens_in=3, tokens_out=4, counted=False, seconds=0.5)


@pytest.fixture
def store(tmp_path):
    return AnswerStore(folder=tmp_path / "deep" / "answers")


def test_an_answer_comes_back_as_it_was(store):
    assert store.get(question("a")) is None
    store.put(question("a"), ANSWER)
    assert store.get(question("a")) == ANSWER


@pytest.mark.parametrize(
    "change",
    [{"model": "m"}, {"system": "t"}, {"prompt": "b"}, {"temperature": 0.1}, {"max_tokens": 9}, {"seed": 1}],
    ids=lambda change: next(iter(change)),
)
def test_everything_that_decides_an_answer_tells_questions_apart(store, change):
    store.put(question("a"), ANSWER)
    assert store.get(replace(question("a"), **change)) is None


@pytest.mark.parametrize("damage", [b"", b"{", b"null", b'{"answer": {"text": "x"}}', b"\xff\xfe"])
def test_a_torn_file_is_no_answer(store, damage):
    store.put(question("a"), ANSWER)
    (file,) = store.folder.glob("*/*.json")
    file.write_bytes(damage)
    assert store.get(question("a")) is None
