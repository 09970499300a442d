"""Requirements as tokens and back: what every writer does alike, whatever its network.

A requirement is a row of tokens: a start token, its style where the writer knows several (see `styles`), the text, an
end token, padding.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from transformers import PreTrainedTokenizerBase

# K: samples of one source, N: sequences, T: tokens.


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Sampled requirements of several sources."""

    texts: list[list[str]]
    """For each source, its samples."""
    ids: list[Int[Tensor, "K T"]]
    """For each source, the tokens of its samples, start token first, padded at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """A tokenizer with the special tokens that a writer uses."""

    tokenizer: PreTrainedTokenizerBase
    start_id: int
    end_id: int
    pad_id: int
    max_target: int
    """Tokens of a requirement at most, start and end included."""
    styles: tuple[int, ...] = ()
    """The token of each style; none for a writer that knows no styles."""

    def target_ids(self, texts: Sequence[str], styles: Sequence[int] | None = None) -> Int[Tensor, "N T"]:
        """Return start token, style, text, end token; padded. ``styles``: places in `styles`; None for the first."""
        room = self.max_target - 2 - bool(self.styles)
        encoded = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=room, verbose=False
        )
        heads = [[self.start_id, *self.styles[style : style + 1]] for style in styles or [0] * len(texts)]
        rows = [torch.tensor([*head, *ids, self.end_id]) for head, ids in zip(heads, encoded["input_ids"], strict=True)]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.pad_id)

    def real_tokens(self, ids_NT: Int[Tensor, "N T"]) -> Bool[Tensor, "N T-1"]:
        """Return True for each token after the first up to and including the end token."""
        is_end = ids_NT == self.end_id
        is_end[:, 0] = False  # some tokenizers start with the token they end with
        return is_end.cumsum(dim=1)[:, :-1] == 0

    def decode(self, ids: Int[Tensor, "N T"]) -> list[str]:
        """Return readable sentences: special tokens and styles dropped, first letter upper case, one full stop."""
        for style in self.styles:
            ids = ids.masked_fill(ids == style, self.pad_id)
        return [tidy(text) for text in self.tokenizer.batch_decode(ids, skip_special_tokens=True)]

    def samples(self, drawn: Sequence[Int[Tensor, "N T"]], *, each: int) -> Samples:
        """Return what was drawn in batches, ``each`` rows per source, source by source."""
        texts = [text for ids in drawn for text in self.decode(ids)]
        rows = [row for ids in drawn for row in ids.cpu().split(each)]
        return Samples(texts=[texts[start : start + each] for start in range(0, len(texts), each)], ids=rows)


def tidy(text: str) -> str:
    """Return one sentence with an upper-case start and a full stop; an empty text stays empty."""
    text = " ".join(text.split()).strip(" .")
    return f"{text[0].upper()}{text[1:]}." if text else ""
