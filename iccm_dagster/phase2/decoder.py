"""What the requirement writer is built of: what it reads of a source, and a layer that reads it.

A layer is a block of BERT with a gated cross-attention between causal self-attention and feed-forward, so that the blocks of
a pretrained encoder can start it (Rothe et al., 2020).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PretrainedConfig
from transformers.cache_utils import EncoderDecoderCache

# B: batch, S: source tokens, T: target tokens, D: model size.


def split_heads(states: Tensor, heads: int) -> Tensor:
    """[B, T, D] -> [B, heads, T, D / heads]."""
    return states.unflatten(-1, (heads, -1)).transpose(1, 2)


class Attention(nn.Module):
    """Multi-head attention to keys and values made elsewhere."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.query, self.out = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, states: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        mixed = F.scaled_dot_product_attention(
            split_heads(self.query(states), self.heads),
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.out(mixed.transpose(1, 2).flatten(2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the decoder reads: computed once per source, however many tokens are written about it."""

    states: Tensor
    """[B, S, D]"""
    keys: Tensor
    """[B, heads, S, D / heads], shared by the cross-attention of all layers."""
    values: Tensor
    """[B, heads, S, D / heads]"""
    copy_keys: Tensor
    """[B, D, S]"""
    mask: Tensor
    """[B, S], False on padding."""
    before: Tensor
    """[B, S, N]: the tokens before each token of the source, the nearest first."""
    begins: Tensor
    """[B, S]: the token of the style in which a requirement may begin here, NOTHING elsewhere."""

    def rows(self, index: Tensor) -> "Source":
        """Return the sources at these places, each as often as it is named."""
        return Source(
            states=self.states[index],
            keys=self.keys[index],
            values=self.values[index],
            copy_keys=self.copy_keys[index],
            mask=self.mask[index],
            before=self.before[index],
            begins=self.begins[index],
        )


class DecoderLayer(nn.Module):
    """A block of BERT (self-attention and feed-forward, normalised after each) with cross-attention between the two.

    Cross-attention is added through a gate that starts at zero, so that a pretrained block starts as it was trained.
    """

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__()
        size = config.d_model
        self.self_attention = Attention(size, config.num_heads, config.dropout)
        self.key_value = nn.Linear(size, 2 * size)
        self.attention_norm = nn.LayerNorm(size, eps=1e-12)
        self.cross_attention = Attention(size, config.num_heads, config.dropout)
        self.cross_norm = nn.LayerNorm(size)
        self.cross_gate = nn.Parameter(torch.zeros(1))
        self.feed_forward = nn.Sequential(nn.Linear(size, config.d_ff), nn.GELU(), nn.Linear(config.d_ff, size))
        self.feed_forward_norm = nn.LayerNorm(size, eps=1e-12)
        self.dropout = nn.Dropout(config.dropout)

    def forward(
        self, states: Tensor, source: Source, causal_mask: Tensor, cache: EncoderDecoderCache | None, index: int
    ) -> Tensor:
        keys, values = (
            split_heads(part, self.self_attention.heads) for part in self.key_value(states).chunk(2, dim=-1)
        )
        if cache is not None:
            keys, values = cache.self_attention_cache.update(keys, values, index)
        states = self.attention_norm(states + self.dropout(self.self_attention(states, keys, values, causal_mask)))
        visible = source.mask[:, None, None, :]
        read = self.cross_attention(self.cross_norm(states), source.keys, source.values, visible)
        states = states + self.cross_gate * self.dropout(read)
        return self.feed_forward_norm(states + self.dropout(self.feed_forward(states)))

    @torch.no_grad()
    def start_from(self, block: nn.Module) -> None:
        """Copy a block of a BERT encoder of the same shape."""
        own, output = block.attention.self, block.attention.output
        pairs = [
            (self.self_attention.query, own.query),
            (self.self_attention.out, output.dense),
            (self.attention_norm, output.LayerNorm),
            (self.feed_forward[0], block.intermediate.dense),
            (self.feed_forward[2], block.output.dense),
            (self.feed_forward_norm, block.output.LayerNorm),
        ]
        for ours, theirs in pairs:
            ours.weight.copy_(theirs.weight)
            ours.bias.copy_(theirs.bias)
        self.key_value.weight.copy_(torch.cat([own.key.weight, own.value.weight]))
        self.key_value.bias.copy_(torch.cat([own.key.bias, own.value.bias]))
