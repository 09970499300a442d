"""Words inside identifiers, and BM25 over few texts."""

import numpy as np
import pytest

from iccm_dagster.lexical import Bm25Index, code_tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("parseHTTPHeader_v2", ["parse", "http", "header", "v", "2"]),
        ("__init__", ["init"]),
        ("MAX_TOKENS = 64", ["max", "tokens", "64"]),
        ("", []),
    ],
)
def test_identifiers_are_split_into_words(text: str, words: list[str]):
    assert code_tokens(text) == words


def test_a_word_of_every_text_still_counts_for_them():
    """The classic weight of such a word is negative: log(1.5 / 2.5) for both of two texts."""
    scores = Bm25Index(["def read(path): ...", "def write(path): ..."]).scores("path")
    assert (scores > 0).all()


def test_one_text_alone_is_found():
    assert Bm25Index(["def parse_header(): ..."]).scores("parse the header")[0] > 0


def test_the_rarer_word_decides():
    index = Bm25Index(["read file", "read socket", "read table"])
    assert index.scores("read the socket").argmax() == 1


def test_nothing_shared_scores_zero():
    np.testing.assert_array_equal(Bm25Index(["alpha beta", "gamma"]).scores("delta"), [0, 0])
    np.testing.assert_array_equal(Bm25Index(["", "  "]).scores("delta"), [0, 0])
    assert Bm25Index([]).scores("delta").shape == (0,)
