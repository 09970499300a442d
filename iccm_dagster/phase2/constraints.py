"""What a sentence that is searched for may not say: the same token twice in a row, the same four tokens twice.

A small decoder falls into loops ("the section of the section of the ...", "is is is valid"). Sampling is left as the model
has it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import LogitsProcessor

# N: sequences, T: tokens, V: tokenizer's vocabulary.

NEVER = float("-inf")


class NoRepeat(LogitsProcessor):
    """Forbids the token that would say so many tokens a second time.

    Hugging Face's own rule, for all sequences at once instead of one after the other.
    """

    def __init__(self, size: int) -> None:
        self._size = size

    def __call__(self, input_ids: Int[Tensor, "N T"], scores: Float[Tensor, "N V"]) -> Float[Tensor, "N V"]:
        if input_ids.shape[1] < self._size:
            return scores
        runs_NRS = input_ids.unfold(1, self._size, 1)
        said_NR = (runs_NRS[:, :, :-1] == input_ids[:, None, 1 - self._size :]).all(dim=2)
        forbidden = torch.zeros_like(scores).scatter_add_(1, runs_NRS[:, :, -1], said_NR.to(scores.dtype))
        return scores.masked_fill(forbidden > 0, NEVER)


class NoStutter(LogitsProcessor):
    """Forbids a token right after itself, unless the source has it twice in a row: "is is is valid" is three words that
    a rule about four lets through."""

    def __init__(self, source_ids_BS: Int[Tensor, "B S"]) -> None:
        twice_BS = source_ids_BS[:, 1:] == source_ids_BS[:, :-1]
        self._twice_BS = source_ids_BS[:, 1:].masked_fill(~twice_BS, -1)

    def __call__(self, input_ids: Int[Tensor, "N T"], scores: Float[Tensor, "N V"]) -> Float[Tensor, "N V"]:
        last_N1 = input_ids[:, -1:]
        # Beams of one source stand side by side.
        twice_NS = self._twice_BS.repeat_interleave(len(input_ids) // len(self._twice_BS), 0)
        allowed_N1 = (twice_NS == last_N1).any(dim=1, keepdim=True)
        return scores.scatter(1, last_N1, scores.gather(1, last_N1).masked_fill(~allowed_N1, NEVER))
