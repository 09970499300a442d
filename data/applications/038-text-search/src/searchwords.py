"""From text to terms: words without case and accents, cut down to their stems.

The stemming is light and made for English: it brings plurals and common endings together and is often wrong beyond.
"""

import re
import unicodedata

STOP_WORDS = frozenset("a an and are as at be by for from in is it of on or that the to was with".split())
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def fold(text: str) -> str:
    """The text in lower case, without accents."""
    return _fold(text)


def words(text: str) -> list[tuple[str, int, int]]:
    """The folded words of a text with the places in it where they start and end."""
    return _words(text)


def stem(word: str) -> str:
    """The stem of a folded word: without possessive, plural, and the endings ing, ed and ly."""
    return _stem(word)


def terms(text: str) -> list[tuple[str, int]]:
    """The stems of a text with their positions among all its words; stop words are left out but counted."""
    return _terms(text)


def excerpt(text: str, wanted: set[str], width: int) -> str:
    """The stretch of `width` words with most of the wanted stems, the earliest of equals; `...` stands for the rest.

    Raises ValueError for a width below 1.
    """
    if width < 1:
        raise ValueError(f"an excerpt cannot have {width} words")
    found = _words(text)
    if len(found) <= width:
        return text.strip()
    hits = [_stem(word) in wanted for word, _, _ in found]
    start = max(range(len(found) - width + 1), key=lambda first: sum(hits[first:first + width]))
    end = start + width
    inner = text[found[start][1]:found[end - 1][2]]
    return ("... " if start else "") + inner + (" ..." if end < len(found) else "")


def highlight(text: str, wanted: set[str], mark: str = "*") -> str:
    """The text with a mark before and after each word whose stem is wanted."""
    result, place = "", 0
    for word, start, end in _words(text):
        if _stem(word) in wanted:
            result += text[place:start] + mark + text[start:end] + mark
            place = end
    return result + text[place:]


def _fold(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))


def _words(text: str) -> list[tuple[str, int, int]]:
    return [(_fold(match[0]).replace("’", "'"), match.start(), match.end()) for match in _WORD.finditer(text)]


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and re.search("[aeiouy]", rest):
            double = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz"
            return rest[:-1] if double else rest
    return word


def _terms(text: str) -> list[tuple[str, int]]:
    found = enumerate(word for word, _, _ in _words(text))
    return [(_stem(word), place) for place, word in found if word not in STOP_WORDS]
