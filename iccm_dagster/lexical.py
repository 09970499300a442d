"""Lexical retrieval over code: words inside identifiers, and BM25 over them.

Not covered: stemming and synonyms; two spellings of one idea do not meet.
"""

import math
import re
from collections.abc import Sequence

import numpy as np
from rank_bm25 import BM25Okapi

# camelCase, PascalCase, HTTPServer, snake_case and digits: each word of an identifier on its own.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")


def code_tokens(text: str) -> list[str]:
    """Return the words of a text or of code in lower case, identifiers split into their parts.

    ``parseHTTPHeader_v2`` gives ``parse, http, header, v, 2``.
    """
    return [word.lower() for word in _WORD.findall(text)]


class Bm25Index:
    """BM25 over a fixed list of texts (Robertson et al., 1994; k1 = 1.5, b = 0.75)."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.num_texts = len(texts)
        tokens = [code_tokens(text) for text in texts]
        # The library divides by the mean length: without a single word there is nothing to build.
        self._bm25 = _PositiveBm25(tokens) if any(tokens) else None

    def scores(self, query: str) -> np.ndarray:
        """Return how well each text matches, ``[num_texts]``; 0 where no word is shared."""
        if self._bm25 is None:
            return np.zeros(self.num_texts)
        return self._bm25.get_scores(code_tokens(query))


class _PositiveBm25(BM25Okapi):
    """BM25 whose word weights are never negative, as in Lucene.

    With the classic weight a word in more than half of the texts counts against them: common in the 20 to 50 sections of
    one application, and the only case for an application of one section.
    """

    def _calc_idf(self, nd: dict[str, int]) -> None:
        self.idf = {word: math.log(1 + (self.corpus_size - n + 0.5) / (n + 0.5)) for word, n in nd.items()}
