"""Writing with the generation head, drawn or searched for greedily: what `generate` of Hugging Face does, at a fraction of the cost.

`generate` asks for the probability of every token of the tokenizer at every step. To draw one it is enough to draw whether
it is copied, and then a place of the source or a word of the cut vocabulary. Sequences that have ended leave the batch.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import LogitsProcessor
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from iccm_dagster.phase2.model import TINY, RequirementWriter, preceding
from iccm_dagster.phase2.source import SourceBatch

# B: sources, N: sequences, P: tokens of a prompt, S: source tokens, T: tokens, U: tokens in the cut vocabulary.

# Those that have ended are taken out of the batch when they are this share of it: taking out copies what the others read.
ENDED = 0.25
Choose = Callable[
    [Int[Tensor, "N T"], Int[Tensor, "N S"], Float[Tensor, "N 1 U"], Float[Tensor, "N 1 S"], Float[Tensor, "N 1 1"]],
    Int[Tensor, " N"],
]
"""What was written, the sources' tokens and what `RequirementWriter.mix` says -> the next token."""


def draw(
    head: RequirementWriter, batch: SourceBatch, prompts_NP: Int[Tensor, "N P"], *, max_length: int
) -> Int[Tensor, "N T"]:
    """Continue each prompt at the head's temperature until its end token, or until it is ``max_length`` tokens long.

    There are equally many prompts for each source, source by source. Returns prompts and what was drawn, padded.
    """

    def choose(_: Tensor, source_ids: Tensor, vocabulary: Tensor, copies: Tensor, gate: Tensor) -> Tensor:
        copied = torch.rand(len(source_ids), device=source_ids.device) < gate[:, 0, 0].sigmoid()
        from_source = source_ids.gather(1, copies[:, 0].multinomial(1))[:, 0]
        from_vocabulary = head.frequent_tokens[vocabulary[:, 0].exp().multinomial(1)[:, 0]]
        return torch.where(copied, from_source, from_vocabulary)

    return _write(head, batch, prompts_NP, max_length=max_length, choose=choose)


def search(
    head: RequirementWriter,
    batch: SourceBatch,
    prompts_NP: Int[Tensor, "N P"],
    *,
    max_length: int,
    constraints: Callable[[Int[Tensor, "N S"]], Sequence[LogitsProcessor]],
) -> Int[Tensor, "N T"]:
    """Continue each prompt by the likeliest token that the constraints upon its source allow, step by step; else like `draw`."""

    def choose(written: Tensor, source_ids: Tensor, vocabulary: Tensor, copies: Tensor, gate: Tensor) -> Tensor:
        scores = head.probabilities(source_ids, vocabulary, copies, gate)[:, 0].clamp(min=TINY).log()
        for constraint in constraints(source_ids):
            scores = constraint(written, scores)
        return scores.argmax(dim=1)

    return _write(head, batch, prompts_NP, max_length=max_length, choose=choose)


@torch.no_grad()
def _write(
    head: RequirementWriter, batch: SourceBatch, prompts_NP: Tensor, *, max_length: int, choose: Choose
) -> Int[Tensor, "N T"]:
    device, config = prompts_NP.device, head.config
    number, length = prompts_NP.shape
    written_NT = torch.full((number, max_length), config.pad_token_id, device=device)
    written_NT[:, :length] = prompts_NP
    rows = torch.arange(number, device=device)
    """Of ``written_NT``: the sequences that are still in the batch."""
    sources = rows // (number // len(batch.ids))
    source, source_ids = batch.read_by(head).rows(sources), batch.ids[sources]
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    ended = torch.zeros(number, dtype=torch.bool, device=device)
    fed = prompts_NP
    while length < max_length:
        written = written_NT[rows, :length]
        recent = preceding(written, first=0)[:, -1:]
        mixture = head.mix(head.decode(fed, source, cache)[:, -1:], source, recent)
        token = choose(written, source_ids, *mixture).masked_fill(ended, config.pad_token_id)
        written_NT[rows, length] = token
        length += 1
        ended = ended | (token == config.eos_token_id)
        if ended.all():
            break
        fed = token[:, None]
        if ended.float().mean() >= ENDED:
            going = (~ended).nonzero()[:, 0]
            rows, source, source_ids = rows[going], source.rows(going), source_ids[going]
            fed, ended = fed[going], ended[going]
            cache.batch_select_indices(going)
    return written_NT[:, :length]
