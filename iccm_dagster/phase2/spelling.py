"""Spelling that an uncased tokenizer loses: no space before a full stop, capitals where the source has them.

Readers that embed texts with that tokenizer notice no difference; people do.

Not covered: words that the source spells in several ways; they stay lower-cased.
"""

import re

_RULES = [
    (re.compile(r" +(?=[;:,.!?)\]}])"), ""),
    (re.compile(r"(?<=[(\[{]) +"), ""),
    # Compounds, names and possessives: well - known, is _ open, user ' s.
    (re.compile(r"(?<=[^\W\d]) ([-_']) (?=[^\W\d])"), r"\1"),
    (re.compile(r"([`\"]) ([^`\"]*?) \1"), r"\1\2\1"),
]
_WORD = re.compile(r"\w+")


def respelled(text: str, source: str) -> str:
    """Return a text with its punctuation closed up, and with each lower-case word as ``source`` writes it where the source
    writes it in one way only."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    spellings: dict[str, set[str]] = {}
    for word in _WORD.findall(source):
        spellings.setdefault(word.lower(), set()).add(word)
    return _WORD.sub(lambda found: _as_spelled(found[0], spellings), text)


def _as_spelled(word: str, spellings: dict[str, set[str]]) -> str:
    known = spellings.get(word, ())
    return next(iter(known)) if len(known) == 1 else word
