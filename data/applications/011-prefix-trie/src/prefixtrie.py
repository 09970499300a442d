"""A trie of weighted words: autocompletion, fuzzy and wildcard lookup, prefixes and segmentation.

Words are compared character by character, without folding case or accents.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


class TrieError(Exception):
    """Base of every error raised by this module."""


class UnknownWord(TrieError, KeyError):
    """The trie does not hold the word."""


class WordError(TrieError, ValueError):
    """A word, a weight, a limit or a line of a word list cannot be used."""


@dataclass
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    weight: float | None = None


class Trie:
    """A set of words with positive weights, found by their beginnings."""

    def __init__(self, items: Iterable[tuple[str, float]] = ()) -> None:
        """Fill the trie from (word, weight) pairs; the last weight of a word counts. Raises WordError."""
        self._root = _Node()
        for word, weight in items:
            self._store(word, weight)

    def add(self, word: str, weight: float = 1) -> None:
        """Insert the word, or give it another weight. Raises WordError for an empty word or a weight not above 0."""
        self._store(word, weight)

    def boost(self, word: str, amount: float = 1) -> float:
        """Add to the weight of the word, which counts as 0 when absent, and return the sum. Raises WordError."""
        node = self._find(word)
        weight = (node.weight if node and node.weight else 0) + amount
        self._store(word, weight)
        return weight

    def weight(self, word: str) -> float:
        """The weight of the word. Raises UnknownWord."""
        return self._known(word)

    def contains(self, word: str) -> bool:
        """Whether the trie holds exactly this word."""
        node = self._find(word)
        return node is not None and node.weight is not None

    def has_prefix(self, prefix: str) -> bool:
        """Whether some word starts with the prefix; the empty prefix needs any word."""
        return next(self._below(prefix), None) is not None

    def count(self, prefix: str = "") -> int:
        """The number of words that start with the prefix."""
        return sum(1 for _ in self._below(prefix))

    def total_weight(self, prefix: str = "") -> float:
        """The summed weight of the words that start with the prefix."""
        return sum(weight for _, weight in self._below(prefix))

    def remove(self, word: str) -> float:
        """Take the word out and return its weight. Raises UnknownWord."""
        weight = self._known(word)
        self._delete(word)
        return weight

    def prune(self, prefix: str) -> int:
        """Take out every word that starts with the prefix and return how many there were."""
        words = [word for word, _ in self._below(prefix)]
        for word in words:
            self._delete(word)
        return len(words)

    def words(self, prefix: str = "") -> list[str]:
        """The words that start with the prefix, in alphabetical order."""
        return [word for word, _ in self._below(prefix)]

    def complete(self, prefix: str, limit: int = 10) -> list[str]:
        """The heaviest words that start with the prefix, equal ones alphabetically.

        Raises WordError for a limit below 1.
        """
        if limit < 1:
            raise WordError(f"a limit must be at least 1: {limit}")
        ranked = sorted(self._below(prefix), key=lambda item: (-item[1], item[0]))
        return [word for word, _ in ranked[:limit]]

    def prefixes_of(self, text: str) -> list[str]:
        """Every word with which the text starts, shortest first."""
        return list(self._heads(text, 0))

    def longest_prefix(self, text: str) -> str | None:
        """The longest word with which the text starts, or None."""
        return max(self._heads(text, 0), key=len, default=None)

    def common_prefix(self, prefix: str = "") -> str:
        """The longest text with which all words under the prefix start; the prefix itself without any word."""
        node = self._find(prefix)
        while node is not None and len(node.children) == 1 and node.weight is None:
            letter, node = next(iter(node.children.items()))
            prefix += letter
        return prefix

    def shortest_unique_prefix(self, word: str) -> str:
        """The shortest beginning that no other word has; the word itself when others continue it.

        Raises UnknownWord.
        """
        self._known(word)
        node, needed = self._root, 0
        for place, letter in enumerate(word):
            if len(node.children) > 1 or node.weight is not None or place == 0:
                needed = place + 1
            node = node.children[letter]
        return word if node.children else word[:needed]

    def similar(self, word: str, max_distance: int = 1) -> list[tuple[str, int]]:
        """The words within an edit distance, as (word, distance), nearest first and then alphabetically.

        Insertions, deletions and replacements count one each. Raises WordError for a negative distance.
        """
        if max_distance < 0:
            raise WordError(f"a distance must not be negative: {max_distance}")
        found: list[tuple[str, int]] = []
        _search_similar(self._root, "", word, list(range(len(word) + 1)), max_distance, found)
        return sorted(found, key=lambda item: (item[1], item[0]))

    def correct(self, word: str, max_distance: int = 2) -> str | None:
        """The nearest word, the heaviest of equally near ones, or None when none is near enough."""
        found: list[tuple[str, int]] = []
        _search_similar(self._root, "", word, list(range(len(word) + 1)), max_distance, found)
        return min(found, key=lambda item: (item[1], -self._known(item[0]), item[0]), default=(None,))[0]

    def match(self, pattern: str) -> list[str]:
        """The words that match a pattern, alphabetically; `?` is any one character and `*` any run of them."""
        found: set[str] = set()
        _search_pattern(self._root, "", pattern, found)
        return sorted(found)

    def segment(self, text: str) -> list[str] | None:
        """Split the text into the fewest words, or return None when it is not made of words.

        Between equally many words, the split with the larger summed weight wins.
        """
        best: list[tuple[int, float, list[str]] | None] = [None] * (len(text) + 1)
        best[0] = (0, 0, [])
        for start in range(len(text)):
            here = best[start]
            if here is None:
                continue
            for word in self._heads(text, start):
                option = (here[0] + 1, here[1] - self._known(word), [*here[2], word])
                rival = best[start + len(word)]
                if rival is None or option[:2] < rival[:2]:
                    best[start + len(word)] = option
        return best[-1][2] if best[-1] else None

    def _store(self, word: str, weight: float) -> None:
        if not word:
            raise WordError("a word must not be empty")
        if not weight > 0:
            raise WordError(f"a weight must be above 0: {weight}")
        node = self._root
        for letter in word:
            node = node.children.setdefault(letter, _Node())
        node.weight = weight

    def _find(self, prefix: str) -> _Node | None:
        node = self._root
        for letter in prefix:
            if letter not in node.children:
                return None
            node = node.children[letter]
        return node

    def _known(self, word: str) -> float:
        node = self._find(word)
        if node is None or node.weight is None:
            raise UnknownWord(word)
        return node.weight

    def _delete(self, word: str) -> None:
        path = [self._root]
        for letter in word:
            path.append(path[-1].children[letter])
        path[-1].weight = None
        for parent, letter in zip(reversed(path[:-1]), reversed(word), strict=True):
            child = parent.children[letter]
            if child.children or child.weight is not None:
                break
            del parent.children[letter]

    def _below(self, prefix: str) -> Iterator[tuple[str, float]]:
        node = self._find(prefix)
        if node is not None:
            yield from _walk(node, prefix)

    def _heads(self, text: str, start: int) -> Iterator[str]:
        """Words found in the text from the start on, shortest first."""
        node = self._root
        for place in range(start, len(text)):
            if text[place] not in node.children:
                return
            node = node.children[text[place]]
            if node.weight is not None:
                yield text[start : place + 1]


def read_words(text: str) -> Trie:
    """Build a trie from lines `word` or `word weight`; blank lines and lines starting with `#` are skipped.

    Raises WordError for any other line.
    """
    items = []
    for line in text.splitlines():
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        if len(fields) > 2:
            raise WordError(f"not a word with a weight: {line!r}")
        items.append((fields[0], _number(fields[1]) if len(fields) == 2 else 1))
    return Trie(items)


def write_words(trie: Trie) -> str:
    """The words of a trie as lines `word weight`, alphabetically."""
    return "".join(f"{word} {weight:g}\n" for word, weight in trie._below(""))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise WordError(f"not a weight: {text!r}") from None


def _walk(node: _Node, prefix: str) -> Iterator[tuple[str, float]]:
    if node.weight is not None:
        yield prefix, node.weight
    for letter in sorted(node.children):
        yield from _walk(node.children[letter], prefix + letter)


def _search_similar(
    node: _Node, prefix: str, word: str, row: list[int], max_distance: int, found: list[tuple[str, int]]
) -> None:
    """Walk the trie with one row of the edit distance table; a row above the limit ends the branch."""
    if node.weight is not None and row[-1] <= max_distance:
        found.append((prefix, row[-1]))
    if min(row) > max_distance:
        return
    for letter, child in node.children.items():
        below = [row[0] + 1]
        for place, wanted in enumerate(word):
            replaced = row[place] + (wanted != letter)
            below.append(min(replaced, below[place] + 1, row[place + 1] + 1))
        _search_similar(child, prefix + letter, word, below, max_distance, found)


def _search_pattern(node: _Node, prefix: str, pattern: str, found: set[str]) -> None:
    if not pattern:
        if node.weight is not None:
            found.add(prefix)
        return
    sign, rest = pattern[0], pattern[1:]
    if sign == "*":
        _search_pattern(node, prefix, rest, found)
    for letter, child in node.children.items():
        if sign == "*":
            _search_pattern(child, prefix + letter, pattern, found)
        elif sign in ("?", letter):
            _search_pattern(child, prefix + letter, rest, found)
