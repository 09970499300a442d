"""The writer as the rest of the pipeline uses it: section groups in, requirements out.

A checkpoint folder holds ``encoder/`` (the phase-1 model), ``head/`` (the decoder, Hugging Face format) and
``writer.json``.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GenerationConfig

from iccm_dagster.encoders import load_without_bars
from iccm_dagster.phase2.model import RequirementWriter
from iccm_dagster.phase2.source import EncodedSource, SourceEncoder, collate

# N: sequences, T: tokens.

# A small decoder falls into loops ("the section of the section of the ..."): a token that was written becomes less likely
# (Keskar et al., 2019), and three in a row are said once. Sampling is left as the model has it.
REPETITION_PENALTY = 1.5
NO_REPEAT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Sampled requirements of several sources."""

    texts: list[list[str]]
    """For each source, its samples."""
    ids: list[Int[Tensor, "K T"]]
    """For each source, the tokens of its samples, start token first, padded at the end."""


class Writer:
    """A frozen encoder and a decoder, with the tokenizer they share."""

    def __init__(self, encoder: SourceEncoder, head: RequirementWriter, encoder_folder: Path) -> None:
        self.encoder, self.head, self._encoder_folder = encoder, head, encoder_folder
        self.tokenizer = encoder.tokenizer

    @classmethod
    def load(cls, folder: Path, *, device: str) -> "Writer":
        """Load a checkpoint folder."""
        load_without_bars()
        settings = json.loads((folder / "writer.json").read_text(encoding="utf-8"))
        encoder = SourceEncoder(folder / "encoder", max_source=settings["max_source"], device=device)
        return cls(encoder, RequirementWriter.from_pretrained(folder / "head").to(device).eval(), folder / "encoder")

    def save(self, folder: Path) -> None:
        """Write a checkpoint folder that needs nothing else to be loaded."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._encoder_folder, folder / "encoder", dirs_exist_ok=True)
        self.head.save_pretrained(folder / "head")
        settings = {"max_source": self.encoder.max_source}
        (folder / "writer.json").write_text(json.dumps(settings), encoding="utf-8")

    @property
    def device(self) -> torch.device:
        return self.head.device

    @torch.no_grad()
    def write(self, sources: Sequence[EncodedSource], *, num_beams: int, batch_size: int) -> list[str]:
        """Write the likeliest requirement of each source that repeats no three words in a row (greedy search for one
        beam)."""
        self.head.eval()
        texts: list[str] = []
        for batch in _batches(sources, batch_size):
            padded = collate(batch, pad_id=self.head.config.pad_token_id, device=str(self.device))
            ids = self.head.generate(
                **padded.inputs(),
                generation_config=self._generation(
                    num_beams=num_beams, no_repeat_ngram_size=NO_REPEAT, repetition_penalty=REPETITION_PENALTY
                ),
            )
            texts.extend(self.decode(ids))
        return texts

    @torch.no_grad()
    def sample(self, sources: Sequence[EncodedSource], *, samples: int, temperature: float, batch_size: int) -> Samples:
        """Draw several requirements for each source from the model's own distribution, without truncating it.

        Below 1, ``temperature`` draws closer to what `write` would say (see `at_temperature`).
        """
        self.head.eval()
        texts: list[list[str]] = []
        ids: list[Tensor] = []
        generation = self._generation(do_sample=True, top_k=0, top_p=1.0)
        for batch in _batches(sources, max(1, batch_size // samples)):
            padded = collate(batch, pad_id=self.head.config.pad_token_id, device=str(self.device))
            with self.at_temperature(temperature):
                drawn = self.head.generate(**padded.inputs(repeat=samples), generation_config=generation)
            decoded = self.decode(drawn)
            for index in range(len(batch)):
                rows = slice(index * samples, (index + 1) * samples)
                texts.append(decoded[rows])
                ids.append(drawn[rows].cpu())
        return Samples(texts=texts, ids=ids)

    @contextmanager
    def at_temperature(self, temperature: float) -> Iterator[None]:
        """Sharpen (below 1) or flatten the distribution: for sampling, and for the probabilities of what was sampled so."""
        before, self.head.temperature = self.head.temperature, temperature
        try:
            yield
        finally:
            self.head.temperature = before

    def log_probs(
        self, sources: Sequence[EncodedSource], ids_NT: Int[Tensor, "N T"]
    ) -> tuple[Float[Tensor, "N T-1"], Bool[Tensor, "N T-1"]]:
        """Return the log-probability of each token after the first, and which of them are not padding.

        Gradients flow when they are enabled; dropout is on in training mode.
        """
        padded = collate(sources, pad_id=self.head.config.pad_token_id, device=str(self.device))
        ids_NT = ids_NT.to(self.device)
        log_probs = self.head.token_log_probs(
            ids_NT, source_ids=padded.ids, states=padded.states, source_mask=padded.mask
        )
        return log_probs, self.real_tokens(ids_NT)

    def real_tokens(self, ids_NT: Int[Tensor, "N T"]) -> Bool[Tensor, "N T-1"]:
        """Return True for each token after the first up to and including the end token."""
        is_end = ids_NT == self.head.config.eos_token_id
        is_end[:, 0] = False  # some tokenizers start with the token they end with
        return is_end.cumsum(dim=1)[:, :-1] == 0

    def target_ids(self, texts: Sequence[str]) -> Int[Tensor, "N T"]:
        """Return start token, text, end token; padded."""
        config = self.head.config
        encoded = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=config.max_target - 2
        )
        rows = [[config.bos_token_id, *ids, config.eos_token_id] for ids in encoded["input_ids"]]
        longest = max(map(len, rows))
        return torch.tensor([row + [config.pad_token_id] * (longest - len(row)) for row in rows])

    def decode(self, ids: Int[Tensor, "N T"]) -> list[str]:
        """Return readable sentences: special tokens dropped, first letter upper case, one full stop."""
        return [tidy(text) for text in self.tokenizer.batch_decode(ids, skip_special_tokens=True)]

    def _generation(self, **settings: object) -> GenerationConfig:
        config = self.head.config
        return GenerationConfig(
            max_length=config.max_target,
            bos_token_id=config.bos_token_id,
            eos_token_id=config.eos_token_id,
            pad_token_id=config.pad_token_id,
            decoder_start_token_id=config.bos_token_id,
            **settings,
        )


def tidy(text: str) -> str:
    """Return one sentence with an upper-case start and a full stop; an empty text stays empty."""
    text = " ".join(text.split()).strip(" .")
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _batches(items: Sequence[EncodedSource], size: int) -> Iterator[Sequence[EncodedSource]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
