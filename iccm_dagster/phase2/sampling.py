"""Drawing requirements from the generation head: the distribution that `generate` of Hugging Face samples, at a fraction of
the cost.

`generate` asks for the probability of every token of the tokenizer at every step. To draw one it is enough to draw whether
it is copied, and then a place of the source or a word of the cut vocabulary. Sequences that have ended leave the batch.
"""

import torch
from jaxtyping import Int
from torch import Tensor
from transformers.cache_utils import DynamicCache, EncoderDecoderCache

from iccm_dagster.phase2.model import RequirementWriter, preceding
from iccm_dagster.phase2.source import SourceBatch

# B: sources, N: sequences, P: tokens of a prompt, T: tokens.

# Those that have ended are taken out of the batch when they are this share of it: taking out copies what the others read.
ENDED = 0.25


@torch.no_grad()
def draw(
    head: RequirementWriter, batch: SourceBatch, prompts_NP: Int[Tensor, "N P"], *, max_length: int
) -> Int[Tensor, "N T"]:
    """Continue each prompt at the head's temperature until its end token, or until it is ``max_length`` tokens long.

    There are equally many prompts for each source, source by source. Returns prompts and what was drawn, padded.
    """
    device, config = prompts_NP.device, head.config
    number, length = prompts_NP.shape
    written_NT = torch.full((number, max_length), config.pad_token_id, device=device)
    written_NT[:, :length] = prompts_NP
    rows = torch.arange(number, device=device)
    """Of ``written_NT``: the sequences that are still in the batch."""
    sources = rows // (number // len(batch.ids))
    source, source_ids = head.read(batch.ids, batch.states, batch.mask).rows(sources), batch.ids[sources]
    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    ended = torch.zeros(number, dtype=torch.bool, device=device)
    fed = prompts_NP
    while length < max_length:
        recent = preceding(written_NT[rows, :length], first=0)[:, -1:]
        vocabulary, copies, gate = head.mix(head.decode(fed, source, cache)[:, -1:], source, recent)
        copied = torch.rand(len(rows), device=device) < gate[:, 0, 0].sigmoid()
        from_source = source_ids.gather(1, copies[:, 0].multinomial(1))[:, 0]
        from_vocabulary = head.frequent_tokens[vocabulary[:, 0].exp().multinomial(1)[:, 0]]
        token = torch.where(copied, from_source, from_vocabulary).masked_fill(ended, config.pad_token_id)
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
