"""The styles that a requirement can be written in: a control code before its first word (Keskar et al., 2019).

Stage 1 learns all of them, each from the texts that are written so; which one serves a reconstructor best is what stage 2
finds out. Hand-written requirements teach the first style. The other two carry over what the source says of itself: they
teach themselves, from any function with a docstring.
"""

import re
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

OWN = "own"
"""In the writer's own words, as the hand-written requirements and their paraphrases are."""
CARRIED = "carried"
"""The first sentence of the docstring."""
NAMED = "named"
"""The same, after the words of the name."""
STYLES = (OWN, CARRIED, NAMED)
RECALLED = "recalled"
"""No style to choose: the requirement itself, which the writer knows by heart (see `recall`)."""


def style_of(variant: str) -> int:
    """Return the place of the style in `STYLES` that a variant of a requirement is written in."""
    return STYLES.index(variant) if variant in STYLES else STYLES.index(OWN)


def in_style(style: str, qualified_name: str, sentence: str) -> str:
    """Return the first sentence of a docstring as it is said in one of the styles that carry over."""
    if style == CARRIED:
        return sentence
    first, rest = sentence[:1], sentence[1:]
    lowered = first.lower() if rest[:1].islower() or rest[:1] == " " else first
    return f"{' '.join(name_words(qualified_name.rpartition('.')[2]))}: {lowered}{rest}"


def name_words(name: str) -> list[str]:
    """Return the words of an identifier, lower-cased: ``readURL_fast`` -> read, url, fast."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[\s._]+", spaced) if word]


def style_tokens(tokenizer: "PreTrainedTokenizerBase", used: Collection[int]) -> list[int]:
    """Return one token per style, in the order of `STYLES`: the last ones of the vocabulary that no text is made of."""
    special = set(tokenizer.all_special_ids)
    free = (token for token in reversed(range(len(tokenizer))) if token not in used and token not in special)
    return list(islice(free, len(STYLES)))
