"""The frozen encoder behind the writer: section groups -> token ids and states, computed once.

States are kept in float16 on the CPU and computed in bfloat16 where the machine does: half the memory and half the time,
and their rounding is far below the dropout noise of the decoder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Int
from torch import Tensor
from transformers import BatchEncoding
from transformers.modeling_outputs import BaseModelOutput

from iccm_dagster.artifacts import folder_digest
from iccm_dagster.encoders import has_bf16
from iccm_dagster.phase1.model import load_retriever
from iccm_dagster.phase2.decoder import Source
from iccm_dagster.phase2.groups import beginnings
from iccm_dagster.phase2.model import NOTHING, RequirementWriter
from iccm_dagster.phase2.styles import STYLES
from iccm_dagster.threads import side_by_side

# B: batch, S: source tokens.


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBatch:
    """Encoded sources, padded to the longest."""

    ids: Int[Tensor, "B S"]
    states: Tensor
    """[B, S, encoder size]"""
    mask: Bool[Tensor, "B S"]
    begins: Int[Tensor, "B S"]
    """Which of `styles.STYLES` may begin at each token, NOTHING elsewhere."""

    def inputs(self, *, repeat: int = 1) -> dict[str, object]:
        """Return what `RequirementWriter.generate` wants, each source repeated in place."""
        return {
            "source_ids": self.ids.repeat_interleave(repeat, 0),
            "attention_mask": self.mask.long().repeat_interleave(repeat, 0),
            "source_begins": self.begins.repeat_interleave(repeat, 0),
            "encoder_outputs": BaseModelOutput(last_hidden_state=self.states.repeat_interleave(repeat, 0)),
        }

    def read_by(self, head: RequirementWriter) -> Source:
        """Return what a decoder reads of them."""
        return head.read(self.ids, self.states, self.mask, self.begins)


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedSource:
    """One source, without padding."""

    ids: Int[Tensor, " S"]
    states: Tensor
    """[S, encoder size], float16."""
    cut: int
    """Tokens that did not fit."""
    begins: Int[Tensor, " S"] | None = None
    """Which of `styles.STYLES` may begin at each token, NOTHING elsewhere; None for nowhere."""


class SourceEncoder:
    """The trained retriever's transformer, read token by token."""

    def __init__(self, retriever: Path, *, max_source: int, device: str = "cpu") -> None:
        model = load_retriever(retriever)
        self.fingerprint = f"{folder_digest(retriever)}/{max_source}"
        """Equal for encoders that give equal states."""
        self.tokenizer = model.tokenizer
        self.transformer = model[0].auto_model.to(device).eval().requires_grad_(False)
        self.max_source, self.device = max_source, device
        self._device_type = torch.device(device).type
        self._bf16 = has_bf16(self._device_type)

    @property
    def size(self) -> int:
        return self.transformer.config.hidden_size

    @property
    def bert(self) -> torch.nn.Module | None:
        """The transformer itself where it is a BERT, whose blocks can start a decoder."""
        return self.transformer if self.transformer.config.model_type == "bert" else None

    def embedding_table(self) -> Tensor:
        """Return the input embeddings [V, size]."""
        return self.transformer.get_input_embeddings().weight

    def encode(
        self, sources: Sequence[str], *, batch_size: int, on_progress: Callable[[int], None] | None = None
    ) -> list[EncodedSource]:
        """Encode sources in order of length (little padding), return them in the order given."""
        read = [self.tokenizer(source, add_special_tokens=True, verbose=False) for source in sources]
        tokens = [one["input_ids"] for one in read]
        kept = [ids[: self.max_source] for ids in tokens]
        order = sorted(range(len(kept)), key=lambda index: len(kept[index]))
        batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
        encoded: list[EncodedSource | None] = [None] * len(kept)
        done = 0
        computed = side_by_side(lambda batch: self._states([kept[index] for index in batch]), batches, device=self._device_type)
        for batch, states in zip(batches, computed, strict=True):
            for row, index in enumerate(batch):
                length = len(kept[index])
                encoded[index] = EncodedSource(
                    ids=torch.tensor(kept[index]),
                    states=states[row, :length].clone(),
                    cut=len(tokens[index]) - length,
                    begins=_begins(read[index], sources[index])[:length],
                )
            done += len(batch)
            if on_progress is not None:
                on_progress(done)
        return encoded

    @torch.no_grad()
    def _states(self, tokens: Sequence[Sequence[int]]) -> Tensor:
        """Return the states [B, S, size] of tokenized sources, the longest one last."""
        ids = torch.full((len(tokens), len(tokens[-1])), self.tokenizer.pad_token_id)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = torch.tensor(own)
        mask = torch.arange(ids.shape[1])[None] < torch.tensor([len(own) for own in tokens])[:, None]
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._bf16):
            states = self.transformer(input_ids=ids.to(self.device), attention_mask=mask.to(self.device)).last_hidden_state
        return states.to("cpu", torch.float16)


def _begins(read: BatchEncoding, source: str) -> Int[Tensor, " S"]:
    """Return which style may begin at each token, before any is cut."""
    begins = torch.full((len(read["input_ids"]),), NOTHING)
    for style, character in beginnings(source).items():
        token = read.char_to_token(character) if read.is_fast else None
        if token is not None:
            begins[token] = STYLES.index(style)
    return begins


def collate(sources: Sequence[EncodedSource], *, pad_id: int, device: str) -> SourceBatch:
    """Pad encoded sources to the longest of them."""
    longest = max(len(source.ids) for source in sources)
    ids = torch.full((len(sources), longest), pad_id)
    states = torch.zeros(len(sources), longest, sources[0].states.shape[-1])
    mask = torch.zeros(len(sources), longest, dtype=torch.bool)
    begins = torch.full_like(ids, NOTHING)
    for row, source in enumerate(sources):
        length = len(source.ids)
        ids[row, :length], states[row, :length], mask[row, :length] = source.ids, source.states.float(), True
        if source.begins is not None:
            begins[row, :length] = source.begins
    return SourceBatch(ids=ids.to(device), states=states.to(device), mask=mask.to(device), begins=begins.to(device))
