"""An inverted index: for each stem the documents that hold it, with the positions."""

from math import log, sqrt
from typing import Any

from searchquery import Query, _parsed, _stems
from searchwords import _fold, _stem, _terms


class UnknownDocument(KeyError):
    """The index does not hold a document of that id."""


class Index:
    """Documents by id, and what they hold."""

    def __init__(self) -> None:
        self._postings: dict[str, dict[str, list[int]]] = {}
        self._documents: dict[str, list[str]] = {}

    def add(self, id: str, text: str) -> None:
        """Take a document in, replacing an earlier one of the same id."""
        self._drop(id)
        found = _terms(text)
        self._documents[id] = [stem for stem, _ in found]
        for stem, place in found:
            self._postings.setdefault(stem, {}).setdefault(id, []).append(place)

    def remove(self, id: str) -> None:
        """Take a document out. Raises UnknownDocument."""
        self._check(id)
        self._drop(id)

    def ids(self) -> list[str]:
        """The ids of all documents, sorted."""
        return sorted(self._documents)

    def vocabulary(self, prefix: str = "") -> list[tuple[str, int]]:
        """The stems that start with the prefix, and how many documents hold each: most frequent first, then by name."""
        start = _fold(prefix)
        counts = [(stem, len(places)) for stem, places in self._postings.items() if stem.startswith(start)]
        return sorted(counts, key=lambda item: (-item[1], item[0]))

    def positions(self, id: str, word: str) -> list[int]:
        """At which words of a document the stem of a word stands, counted from 0. Raises UnknownDocument."""
        self._check(id)
        return list(self._postings.get(_stem(_fold(word)), {}).get(id, []))

    def search(self, query: str) -> list[str]:
        """The ids of the documents that fulfil a query, sorted. Raises QueryError."""
        return sorted(self._matching(_parsed(query)))

    def near(self, first: str, second: str, distance: int) -> list[str]:
        """The ids of documents where two words stand at most `distance` words apart, in any order, sorted."""
        ones, others = (self._postings.get(_stem(_fold(word)), {}) for word in (first, second))
        return sorted(
            id
            for id in ones.keys() & others.keys()
            if any(0 < abs(a - b) <= distance for a in ones[id] for b in others[id])
        )

    def weight(self, word: str) -> float:
        """How telling a word is: the logarithm of one plus all documents by those that hold it; 0 when none does."""
        return self._weight(_stem(_fold(word)))

    def rank(self, query: str, limit: int = 10) -> list[tuple[str, float]]:
        """The best documents that fulfil a query with their scores, best first, equal ones by id.

        The score adds up, over the stems looked for, (1 + ln count) times the weight, divided by the root of the
        number of stems in the document. Raises QueryError.
        """
        parsed = _parsed(query)
        scores = [(id, self._score(id, _stems(parsed))) for id in self._matching(parsed)]
        return sorted(scores, key=lambda item: (-item[1], item[0]))[:max(0, limit)]

    def similar(self, id: str, limit: int = 5) -> list[tuple[str, float]]:
        """The documents most like another one by the cosine of their weighted stems, best first.

        Documents with nothing in common are left out. Raises UnknownDocument.
        """
        self._check(id)
        mine = self._vector(id)
        scores = [(other, _cosine(mine, self._vector(other))) for other in self._documents if other != id]
        ordered = sorted((item for item in scores if item[1] > 0), key=lambda item: (-item[1], item[0]))
        return ordered[:max(0, limit)]

    def keywords(self, id: str, limit: int = 5) -> list[str]:
        """The stems that tell most about a document: count times weight, equal ones by name. Raises UnknownDocument."""
        self._check(id)
        vector = self._vector(id)
        return sorted(vector, key=lambda stem: (-vector[stem], stem))[:max(0, limit)]

    def dump(self) -> dict[str, Any]:
        """The whole index as a plain value, from which `load` makes an equal one."""
        postings = {stem: {id: list(at) for id, at in held.items()} for stem, held in self._postings.items()}
        return {"documents": sorted(self._documents), "postings": postings}

    def _check(self, id: str) -> None:
        if id not in self._documents:
            raise UnknownDocument(id)

    def _drop(self, id: str) -> None:
        for stem in set(self._documents.pop(id, [])):
            del self._postings[stem][id]
            if not self._postings[stem]:
                del self._postings[stem]

    def _matching(self, query: Query) -> set[str]:
        kind = query[0]
        if kind == "term":
            return set(self._postings.get(query[1], {}))
        if kind == "prefix":
            held = (places for stem, places in self._postings.items() if stem.startswith(query[1]))
            return set().union(*held)
        if kind == "phrase":
            return self._with_phrase(query[1])
        if kind == "and":
            return set.intersection(*map(self._matching, query[1]))
        if kind == "or":
            return set().union(*map(self._matching, query[1]))
        everything = set(self._documents)
        return everything - self._matching(query[1]) if kind == "not" else everything

    def _with_phrase(self, stems: tuple[tuple[str, int], ...]) -> set[str]:
        held = [(self._postings.get(stem, {}), offset) for stem, offset in stems]
        common = set.intersection(*(set(places) for places, _ in held))
        return {
            id
            for id in common
            if any(all(start + offset in places[id] for places, offset in held) for start in held[0][0][id])
        }

    def _weight(self, stem: str) -> float:
        held = len(self._postings.get(stem, {}))
        return log(1 + len(self._documents) / held) if held else 0.0

    def _score(self, id: str, stems: set[str]) -> float:
        counts = [(stem, len(self._postings.get(stem, {}).get(id, []))) for stem in sorted(stems)]
        total = sum((1 + log(count)) * self._weight(stem) for stem, count in counts if count)
        return total / sqrt(max(1, len(self._documents[id])))

    def _vector(self, id: str) -> dict[str, float]:
        stems = self._documents[id]
        return {stem: stems.count(stem) * self._weight(stem) for stem in set(stems)}


def load(dump: dict[str, Any]) -> Index:
    """The index that was dumped. Raises ValueError when the dump names documents it does not list."""
    index = Index()
    index._documents = {id: [] for id in dump["documents"]}
    for stem, held in dump["postings"].items():
        for id, places in held.items():
            if id not in index._documents:
                raise ValueError(f"document {id!r} is not listed")
            index._postings.setdefault(stem, {})[id] = list(places)
            index._documents[id] += [stem] * len(places)
    return index


def _cosine(first: dict[str, float], second: dict[str, float]) -> float:
    lengths = [sqrt(sum(value * value for value in vector.values())) for vector in (first, second)]
    shared = sum(first[stem] * second[stem] for stem in sorted(first.keys() & second.keys()))
    return shared / (lengths[0] * lengths[1]) if all(lengths) else 0.0
