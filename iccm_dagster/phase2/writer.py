"""The generation head as a generator: a frozen encoder reads the section groups, a small decoder writes.

A checkpoint folder holds ``encoder/`` (the phase-1 model), ``head/`` (the decoder, Hugging Face format),
``writer.json``, and what the writer knows by heart (see `recall`).
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor

from iccm_dagster.encoders import load_without_bars
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase2.constraints import NoRepeat, NoStutter
from iccm_dagster.phase2.model import RequirementWriter
from iccm_dagster.phase2.recall import Memory
from iccm_dagster.phase2.recipe import Trained
from iccm_dagster.phase2.sampling import draw, search
from iccm_dagster.phase2.source import EncodedSource, SourceBatch, SourceEncoder, collate
from iccm_dagster.phase2.styles import RECALLED, STYLES
from iccm_dagster.phase2.texts import Codec, Samples

# N: sequences, T: tokens.

# Tokens in a row that are said once; three may be a name and the sentence that begins with it.
NO_REPEAT = 4
# Names of the parameters that `trained="small"` moves.
SMALL = ("bias", "norm", "gate", "copy", "style")
# Sequences per generation call and per backward pass: a few hundred megabytes of activations.
SEQUENCES = 64
SETTINGS = "writer.json"


class Writer:
    """A frozen encoder and a decoder, with the tokenizer they share."""

    kind = "head"

    def __init__(
        self, encoder: SourceEncoder, head: RequirementWriter, encoder_folder: Path, memory: Memory | None = None
    ) -> None:
        self.encoder, self.head, self._encoder_folder, self._memory = encoder, head, encoder_folder, memory
        self.micro = MicroBatch(SEQUENCES)
        config = head.config
        self.codec = Codec(
            tokenizer=encoder.tokenizer,
            start_id=config.bos_token_id,
            end_id=config.eos_token_id,
            pad_id=config.pad_token_id,
            max_target=config.max_target,
            styles=tuple(config.styles),
        )

    @classmethod
    def load(cls, folder: Path, *, device: str) -> "Writer":
        """Load a checkpoint folder."""
        load_without_bars()
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        encoder = SourceEncoder(folder / "encoder", max_source=settings["max_source"], device=device)
        head = RequirementWriter.from_pretrained(folder / "head").to(device).eval()
        return cls(encoder, head, folder / "encoder", Memory.load(folder))

    def save(self, folder: Path) -> None:
        """Write a checkpoint folder that needs nothing else to be loaded."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(self._encoder_folder, folder / "encoder", dirs_exist_ok=True)
        self.head.save_pretrained(folder / "head")
        if self._memory is not None:
            self._memory.save(folder)
        settings = {"generator": self.kind, "max_source": self.encoder.max_source}
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @property
    def device(self) -> torch.device:
        return self.head.device

    @property
    def alongside(self) -> int:
        """How many shares of a batch may be computed side by side: where no dropout is drawn, as many as torch has threads."""
        drawn = self.head.training and self.head.config.dropout > 0
        return 1 if drawn or self.device.type != "cpu" else torch.get_num_threads()

    @property
    def reading(self) -> str:
        """Equal for writers that read a source alike: what one has encoded the other can use."""
        return self.encoder.fingerprint

    def encode(
        self, sources: Sequence[str], *, batch_size: int, on_progress: Callable[[int], None] | None = None
    ) -> list[EncodedSource]:
        """Read sources: token ids and the frozen encoder's states."""
        return self.encoder.encode(sources, batch_size=batch_size, on_progress=on_progress)

    @torch.no_grad()
    def write(self, sources: Sequence[EncodedSource], *, num_beams: int, batch_size: int) -> list[str]:
        """Return what is known by heart about each source; elsewhere write the likeliest requirement in its likeliest style,
        without stutter and repeating no four words in a row (greedy search for one beam)."""
        self.head.eval()
        recalled = self._recall(sources)
        unknown = [source for source, text in zip(sources, recalled, strict=True) if text is None]
        max_length = self.codec.max_target

        def constraints(source_ids: Tensor) -> list[LogitsProcessor]:
            return [NoStutter(source_ids), NoRepeat(NO_REPEAT)]

        def some(part: Sequence[EncodedSource]) -> list[str]:
            batch = self._collate(part)
            prompts = self._prompts(batch, lambda styles: styles.argmax(dim=1, keepdim=True))
            if num_beams == 1:
                return self.codec.decode(
                    search(self.head, batch, prompts, max_length=max_length, constraints=constraints)
                )
            beams = GenerationConfig(
                max_length=max_length,
                num_beams=num_beams,
                bos_token_id=self.codec.start_id,
                eos_token_id=self.codec.end_id,
                pad_token_id=self.codec.pad_id,
                decoder_start_token_id=self.codec.start_id,
            )
            settings = {"generation_config": beams, "logits_processor": constraints(batch.ids)}
            return self.codec.decode(self.head.generate(**batch.inputs(), decoder_input_ids=prompts, **settings))

        written = iter([text for texts in MicroBatch(batch_size).run(unknown, some) for text in texts])
        return [next(written) if text is None else text for text in recalled]

    @torch.no_grad()
    def styles(self, sources: Sequence[EncodedSource], *, batch_size: int) -> list[str]:
        """Return the style that each source is written about in (see `styles.STYLES`), or RECALLED."""
        self.head.eval()

        def some(part: Sequence[EncodedSource]) -> list[str]:
            prompts = self._prompts(self._collate(part), lambda styles: styles.argmax(dim=1, keepdim=True))
            return [STYLES[self.codec.styles.index(token)] for token in prompts[:, -1].tolist()]

        styles = [style for styles in MicroBatch(batch_size).run(sources, some) for style in styles]
        return [style if text is None else RECALLED for style, text in zip(styles, self._recall(sources), strict=True)]

    def remember(self, sources: Sequence[EncodedSource], texts: Sequence[str], *, least: float) -> None:
        """Know these requirements by heart: `write` returns them about sources that are at least so alike."""
        self._memory = Memory.of(sources, texts, least=least)

    def _recall(self, sources: Sequence[EncodedSource]) -> list[str | None]:
        return [None] * len(sources) if self._memory is None else self._memory.recall(sources)

    @torch.no_grad()
    def sample(self, sources: Sequence[EncodedSource], *, samples: int, temperature: float, batch_size: int) -> Samples:
        """Draw several requirements for each source from the network's own distribution, without truncating it; what is known
        by heart is not drawn, since there is nothing to learn about it.

        Below 1, ``temperature`` draws closer to what `write` would say (see `at_temperature`).
        """
        self.head.eval()

        def some(part: Sequence[EncodedSource]) -> Tensor:
            batch = self._collate(part)
            prompts = self._prompts(batch, lambda styles: styles.exp().multinomial(samples, replacement=True))
            return draw(self.head, batch, prompts, max_length=self.codec.max_target)

        with self.at_temperature(temperature):
            drawn = MicroBatch(max(1, batch_size // samples)).run(sources, some)
        return self.codec.samples(drawn, each=samples)

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

        Gradients flow when they are enabled; dropout is on after ``learn(dropout=True)``.
        """
        padded = self._collate(sources)
        ids_NT = ids_NT.to(self.device)
        log_probs = self.head.token_log_probs(ids_NT, padded.ids, padded.read_by(self.head))
        return log_probs, self.codec.real_tokens(ids_NT)

    def learn(self, *, dropout: bool) -> None:
        """Make ready for gradients, with dropout or without."""
        self.head.train(dropout)

    def trained_parameters(self, which: Trained) -> list[torch.nn.Parameter]:
        """Return the parameters that move, and freeze the others."""
        for name, parameter in self.head.named_parameters():
            parameter.requires_grad_(which == "all" or any(part in name for part in SMALL))
        return [parameter for parameter in self.head.parameters() if parameter.requires_grad]

    @property
    def leanings(self) -> list[torch.nn.Parameter]:
        """Return the parameters that lean to one style or another whatever the source."""
        return [self.head.style.bias]

    @torch.no_grad()
    def even_out(self, sources: Sequence[EncodedSource], *, batch_size: int) -> None:
        """Take away the general leaning to any style: over these sources the mean log-probability of each becomes the same."""
        self.head.eval()

        def some(part: Sequence[EncodedSource]) -> Tensor:
            return self.head.style_log_probs(self._collate(part).read_by(self.head))

        mean = torch.cat(MicroBatch(batch_size).run(sources, some)).mean(dim=0)
        self.head.style.bias -= mean - mean.mean()

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of everything that training may change."""
        return {name: value.detach().clone() for name, value in self.head.state_dict().items()}

    def restore(self, weights: dict[str, Tensor]) -> None:
        """Take over what `weights` returned."""
        self.head.load_state_dict(weights)

    def _prompts(self, batch: SourceBatch, choose: Callable[[Tensor], Tensor]) -> Int[Tensor, "N 2"]:
        """Return what each requirement starts with: the start token, and the style [B, K] that is chosen from the styles'
        log-probabilities [B, styles]."""
        log_probs = self.head.style_log_probs(batch.read_by(self.head))
        chosen = choose(log_probs).flatten()
        return torch.stack([torch.full_like(chosen, self.codec.start_id), self.head.style_tokens[chosen]], dim=1)

    def _collate(self, sources: Sequence[EncodedSource]) -> SourceBatch:
        return collate(sources, pad_id=self.codec.pad_id, device=str(self.device))
