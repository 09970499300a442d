"""The causal language model as a generator: it reads the code in its prompt and writes after it; LoRA learns, the base
stays.

A checkpoint folder holds ``adapter/`` (peft format), ``tokenizer/`` and ``writer.json``, which names the base and its
fingerprint. Only the logits of the requirement's own tokens are computed: over a vocabulary of 150,000 those of the
prompt would outweigh everything else in memory.

Not covered: a checkpoint without its base. A base that moved or changed is an error.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, PreTrainedTokenizerBase

from iccm_dagster.encoders import encoder_fingerprint, load_without_bars, locate
from iccm_dagster.errors import ArtifactError, RecipeError
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.phase2.recipe import Trained, WriterRecipe
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.styles import OWN
from iccm_dagster.phase2.texts import Codec, Samples
from iccm_dagster.phase2.writer import SEQUENCES, SETTINGS

# N: sequences, T: tokens of a requirement, L: tokens of prompt and requirement, D: model size.

ASK = "Write one sentence that states what this code must do, as a requirement for whoever rebuilds it."
CODE = "<code/>"
"""Where the code goes in a prompt: prompts are cut around it, the instruction is never cut."""


class CausalWriter:
    """A frozen causal language model with adapters."""

    kind = "causal_lm"

    def __init__(
        self, model: torch.nn.Module, tokenizer: PreTrainedTokenizerBase, *, base: str, max_source: int, max_target: int
    ) -> None:
        self.model, self.base, self.max_source = model, base, max_source
        self.micro = MicroBatch(SEQUENCES)
        self.temperature = 1.0
        pad = tokenizer.pad_token_id
        self.codec = Codec(
            tokenizer=tokenizer,
            start_id=tokenizer.eos_token_id,
            end_id=tokenizer.eos_token_id,
            pad_id=tokenizer.eos_token_id if pad is None else pad,
            max_target=max_target,
        )
        self._before, self._after = prompt_around_code(tokenizer)

    @classmethod
    def new(cls, base: str, recipe: WriterRecipe, *, device: str) -> "CausalWriter":
        """Return the base with fresh adapters: it writes what the base writes.

        Raises:
            ArtifactError: The base cannot be loaded.
            RecipeError: The base is no causal language model, or has no layers of the recipe's names.
        """
        from peft import LoraConfig, get_peft_model

        model, tokenizer = _load_base(base)
        adapters = LoraConfig(
            r=recipe.lora_r,
            lora_alpha=recipe.lora_alpha,
            lora_dropout=recipe.lora_dropout,
            target_modules=list(recipe.lora_targets),
            task_type="CAUSAL_LM",
        )
        try:
            model = get_peft_model(model, adapters)
        except ValueError as error:
            raise RecipeError(
                f"lora_targets={recipe.lora_targets}: {error}. Name linear layers of {base!r}."
            ) from error
        if recipe.gradient_checkpointing:
            _recompute(model)
        return cls(model.to(device), tokenizer, base=base, max_source=recipe.max_source, max_target=recipe.max_target)

    @classmethod
    def load(cls, folder: Path, *, device: str) -> "CausalWriter":
        """Load a checkpoint folder and its base.

        Raises:
            ArtifactError: The base is not the one that the adapters were trained on.
        """
        from peft import PeftModel

        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        base = settings["base"]
        found = encoder_fingerprint(base)
        if found != settings["base_fingerprint"]:
            raise ArtifactError(
                f"{folder}: its adapters belong to another {base!r} (fingerprint {settings['base_fingerprint'][:12]}, "
                f"found {found[:12]}). Put that base back, or train phase 2 again."
            )
        model, tokenizer = _load_base(base)
        model = PeftModel.from_pretrained(model, str(folder / "adapter"), is_trainable=True)
        if settings["gradient_checkpointing"]:
            _recompute(model)
        limits = {name: settings[name] for name in ("max_source", "max_target")}
        return cls(model.to(device).eval(), tokenizer, base=base, **limits)

    def save(self, folder: Path) -> None:
        """Write a checkpoint folder; it needs its base to be loaded."""
        folder.mkdir(parents=True, exist_ok=True)
        self.model.save_pretrained(str(folder / "adapter"))
        self.codec.tokenizer.save_pretrained(str(folder / "tokenizer"))
        settings = {
            "generator": self.kind,
            "base": self.base,
            "base_fingerprint": encoder_fingerprint(self.base),
            "max_source": self.max_source,
            "max_target": self.codec.max_target,
            "gradient_checkpointing": self.model.get_base_model().is_activation_checkpointing,
        }
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @property
    def device(self) -> torch.device:
        return self.model.device

    @property
    def alongside(self) -> int:
        """One: its adapters draw dropout, and its matrices are large enough for all threads."""
        return 1

    @property
    def reading(self) -> str:
        """Equal for writers that read a source alike."""
        return f"causal_lm:{encoder_fingerprint(self.base)}/{self.max_source}"

    @property
    def _body(self) -> torch.nn.Module:
        """The transformer below the output layer."""
        return self.model.get_base_model().base_model

    def encode(
        self, sources: Sequence[str], *, batch_size: int, on_progress: Callable[[int], None] | None = None
    ) -> list[EncodedSource]:
        """Return the prompts as tokens; there are no states to compute beforehand."""
        if not sources:
            return []
        code = self.codec.tokenizer(list(sources), add_special_tokens=False, verbose=False)["input_ids"]
        encoded = []
        for ids in code:
            prompt = torch.tensor([*self._before, *ids[: self.max_source], *self._after])
            states = torch.empty(len(prompt), 0, dtype=torch.float16)
            encoded.append(EncodedSource(ids=prompt, states=states, cut=max(0, len(ids) - self.max_source)))
        if on_progress is not None:
            on_progress(len(encoded))
        return encoded

    @torch.no_grad()
    def write(self, sources: Sequence[EncodedSource], *, num_beams: int, batch_size: int) -> list[str]:
        """Write the likeliest requirement of each source (greedy search for one beam)."""
        generation = self._generation(num_beams=num_beams, do_sample=False)
        drawn = MicroBatch(batch_size).run(sources, lambda part: self._continue(part, generation))
        return [text for ids in drawn for text in self.codec.decode(ids)]

    def styles(self, sources: Sequence[EncodedSource], *, batch_size: int) -> list[str]:
        """Return the one style there is, for each source."""
        return [OWN] * len(sources)

    def remember(self, sources: Sequence[EncodedSource], texts: Sequence[str], *, least: float) -> None:
        """Do nothing: its prompts have no states by which a source could be found again, and adapters of millions of parameters
        know by heart what they are trained on for long."""

    @torch.no_grad()
    def sample(self, sources: Sequence[EncodedSource], *, samples: int, temperature: float, batch_size: int) -> Samples:
        """Draw several requirements for each source from the model's own distribution, without truncating it."""
        generation = self._generation(
            do_sample=True, top_k=0, top_p=1.0, temperature=temperature, num_return_sequences=samples
        )
        drawn = MicroBatch(max(1, batch_size // samples)).run(sources, lambda part: self._continue(part, generation))
        return self.codec.samples(drawn, each=samples)

    @contextmanager
    def at_temperature(self, temperature: float) -> Iterator[None]:
        """Give the probabilities of what was sampled at a temperature."""
        before, self.temperature = self.temperature, temperature
        try:
            yield
        finally:
            self.temperature = before

    def log_probs(
        self, sources: Sequence[EncodedSource], ids_NT: Int[Tensor, "N T"]
    ) -> tuple[Float[Tensor, "N T-1"], Bool[Tensor, "N T-1"]]:
        """Return the log-probability of each token after the first, and which of them are not padding.

        Gradients flow when they are enabled; dropout is on after ``learn(dropout=True)``.
        """
        ids_NT = ids_NT.to(self.device)
        rows = [torch.cat([source.ids.to(self.device), row[1:]]) for source, row in zip(sources, ids_NT, strict=True)]
        ids_NL = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.codec.pad_id)
        lengths_N = torch.tensor([len(row) for row in rows], device=self.device)
        mask_NL = torch.arange(ids_NL.shape[1], device=self.device)[None] < lengths_N[:, None]
        states_NLD = self._body(input_ids=ids_NL, attention_mask=mask_NL.long(), use_cache=False).last_hidden_state
        # The state at the last token of the prompt gives the first token of the requirement.
        first_N = torch.tensor([len(source.ids) - 1 for source in sources], device=self.device)
        places_NT = first_N[:, None] + torch.arange(ids_NT.shape[1] - 1, device=self.device)[None]
        states_NTD = states_NLD.gather(1, places_NT[..., None].expand(-1, -1, states_NLD.shape[-1]))
        logits = self.model.get_base_model().get_output_embeddings()(states_NTD).float()
        if self.temperature != 1.0:
            logits = logits / self.temperature
        wanted_NT = ids_NT[:, 1:]
        losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted_NT.flatten(), reduction="none")
        return -losses.view_as(wanted_NT), self.codec.real_tokens(ids_NT)

    def learn(self, *, dropout: bool) -> None:
        """Make ready for gradients, with dropout or without; only in training mode are activations recomputed."""
        self.model.train()
        for module in self.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.train(dropout)

    def trained_parameters(self, which: Trained) -> list[torch.nn.Parameter]:
        """Return the parameters that move: those of the adapters, which are small whichever is asked for."""
        return [parameter for parameter in self.model.parameters() if parameter.requires_grad]

    @property
    def leanings(self) -> list[torch.nn.Parameter]:
        """Return nothing: it writes in one style."""
        return []

    def even_out(self, sources: Sequence[EncodedSource], *, batch_size: int) -> None:
        """Do nothing: there is one style."""

    def weights(self) -> dict[str, Tensor]:
        """Return a copy of the adapters."""
        return {name: value.detach().clone() for name, value in self.model.named_parameters() if value.requires_grad}

    def restore(self, weights: dict[str, Tensor]) -> None:
        """Take over what `weights` returned."""
        own = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, value in weights.items():
                own[name].copy_(value)

    def _continue(self, sources: Sequence[EncodedSource], generation: GenerationConfig) -> Int[Tensor, "N T"]:
        """Return what the model writes after the prompts, start token first. Prompts are padded before, not after."""
        self.model.eval()
        longest = max(len(source.ids) for source in sources)
        ids = torch.full((len(sources), longest), self.codec.pad_id)
        mask = torch.zeros_like(ids)
        for row, source in enumerate(sources):
            ids[row, longest - len(source.ids) :], mask[row, longest - len(source.ids) :] = source.ids, 1
        found = self.model.generate(
            input_ids=ids.to(self.device), attention_mask=mask.to(self.device), generation_config=generation
        )
        start = torch.full((len(found), 1), self.codec.start_id, device=found.device)
        return torch.cat([start, found[:, longest:]], dim=1)

    def _generation(self, **settings: object) -> GenerationConfig:
        return GenerationConfig(
            max_new_tokens=self.codec.max_target - 1,
            eos_token_id=self.codec.end_id,
            pad_token_id=self.codec.pad_id,
            **settings,
        )


def prompt_around_code(tokenizer: PreTrainedTokenizerBase) -> tuple[list[int], list[int]]:
    """Return the tokens before and after the code: the chat format of an instruct model, or plain text."""
    text = f"{ASK}\n\n{CODE}"
    if tokenizer.chat_template:
        text = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True
        )
    else:
        text += "\n\nRequirement: "
    before, after = text.split(CODE)
    return tuple(tokenizer(part, add_special_tokens=False)["input_ids"] for part in (before, after))


def _load_base(base: str) -> tuple[torch.nn.Module, PreTrainedTokenizerBase]:
    """Return a causal language model in float32 on the CPU, and its tokenizer."""
    load_without_bars()
    source = locate(base)
    local_only = not isinstance(source, str)
    try:
        # A checkpoint names its own dtype, bfloat16 for Qwen2; a Pascal card computes in float32.
        model, found = AutoModelForCausalLM.from_pretrained(
            str(source), dtype=torch.float32, local_files_only=local_only, output_loading_info=True
        )
        tokenizer = AutoTokenizer.from_pretrained(str(source), local_files_only=local_only)
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"causal language model {base!r} cannot be loaded: {error}. Use a hub id that this machine can reach, or a "
            "folder with config.json, the weights and a tokenizer."
        ) from error
    if found["missing_keys"]:
        raise RecipeError(
            f"generator='causal_lm' needs a causal language model; {base!r} ({model.config.model_type}) lacks "
            f"{sorted(found['missing_keys'])[0]}. Use generator='head' with it."
        )
    # What the publisher recommends for chatting (penalties, truncation) would change the distribution that is trained.
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    return model, tokenizer


def _recompute(model: torch.nn.Module) -> None:
    """Recompute activations in the backward pass: a layer's input is all that is kept of it."""
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
