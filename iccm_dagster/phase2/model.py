"""The requirement writer: a small decoder that reads a frozen encoder's states of code and writes one sentence.

Layers are BERT's with a gated cross-attention to the source between causal self-attention and feed-forward, so that
the blocks of a pretrained encoder can start them. The output distribution mixes a
softmax over a cut vocabulary (tied to the embeddings) with a copy distribution over the source's tokens (See et al.,
2017), so rare identifiers can be written although only frequent tokens are in the vocabulary. The copy distribution
knows what was written last and leans to what follows it in the source (the selective read of Gu et al., 2016), which
lets a model with minutes of training carry a phrase over word by word; after a style it leans to where the source says
what that style carries over. It is a Hugging Face model: `generate` samples and beam-searches it.

Not covered: training the encoder. Its states are computed once (`phase2.source`) and given as ``encoder_outputs``.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.cache_utils import EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from iccm_dagster.phase2.decoder import DecoderLayer, Source, split_heads

# B: batch, S: source tokens, T: target tokens, D: model size, V: tokenizer's vocabulary, U: tokens in the cut
# vocabulary.

# Start values of the weights with which the copy distribution follows a phrase, one for each token more that matches: a
# single word may stand at many places of a source, four in a row hardly ever do.
FOLLOW = (3.0, 3.0, 3.0, 3.0)
# Start values of what such a match adds to the gate: who is in the middle of a phrase goes on with it.
MOMENTUM = (0.0, 0.5, 0.5, 0.5)
# Start values of the weights of the places where a requirement of the chosen style begins: in the copy distribution, and
# what there being one adds to the gate.
BEGIN, OPENING = 6.0, 1.0
# No token has this number: it stands where nothing was read or written yet.
NOTHING = -1
# Added before a logarithm: a probability below one in a billion is noise in float32.
TINY = 1e-9


class RequirementWriterConfig(PretrainedConfig):
    """Shape of a requirement writer."""

    model_type = "requirement_writer"

    def __init__(
        self,
        *,
        vocab_size: int = 30522,
        frequent: list[int] | None = None,
        d_model: int = 384,
        encoder_size: int = 384,
        num_layers: int = 4,
        num_heads: int = 12,
        d_ff: int = 1536,
        dropout: float = 0.1,
        max_target: int = 64,
        bos_token_id: int = 101,
        eos_token_id: int = 102,
        pad_token_id: int = 0,
        copy_path: bool = True,
        styles: list[int] | None = None,
        **kwargs: object,
    ) -> None:
        self.vocab_size = vocab_size
        self.frequent = frequent if frequent is not None else list(range(vocab_size))
        self.d_model, self.encoder_size = d_model, encoder_size
        self.num_layers, self.num_heads, self.d_ff, self.dropout = num_layers, num_heads, d_ff, dropout
        self.num_hidden_layers = num_layers
        self.max_target, self.copy_path = max_target, copy_path
        self.styles = styles or []
        kwargs["is_encoder_decoder"] = True
        kwargs.setdefault("decoder_start_token_id", bos_token_id)
        kwargs.setdefault("tie_word_embeddings", False)  # tied by construction, over the cut vocabulary
        super().__init__(bos_token_id=bos_token_id, eos_token_id=eos_token_id, pad_token_id=pad_token_id, **kwargs)


def preceding(ids_BT: Tensor, *, first: int) -> Tensor:
    """Return the tokens [B, T, N] that stand ``first``, ``first + 1``, ... places before each one, NOTHING where none does;
    as many as are followed."""
    places = len(FOLLOW) + first - 1
    padded = F.pad(ids_BT, (places, 0), value=NOTHING)
    return padded.unfold(1, len(FOLLOW), 1)[:, : ids_BT.shape[1]].flip(-1)


class RequirementWriter(PreTrainedModel, GenerationMixin):
    """Encoder states of code -> a sentence."""

    config_class = RequirementWriterConfig

    def __init__(self, config: RequirementWriterConfig) -> None:
        super().__init__(config)
        size, num_frequent = config.d_model, len(config.frequent)
        self.embeddings = nn.Embedding(num_frequent + 1, size)
        """One row per frequent token, and a last row for every other token."""
        self.positions = nn.Embedding(config.max_target, size)
        self.bridge = nn.Linear(config.encoder_size, size)
        self.memory = nn.Linear(size, 2 * size)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.num_layers))
        self.norm = nn.LayerNorm(size, eps=1e-12)
        self.out_bias = nn.Parameter(torch.zeros(num_frequent))
        self.dropout = nn.Dropout(config.dropout)
        self.copy_query, self.copy_key = nn.Linear(size, size), nn.Linear(size, size)
        self.copy_gate = nn.Linear(2 * size, 1)
        self.copy_follow = nn.Parameter(torch.tensor(FOLLOW))
        self.copy_momentum = nn.Parameter(torch.tensor(MOMENTUM))
        self.copy_begin = nn.Parameter(torch.tensor([BEGIN, OPENING]))
        self.style = nn.Linear(size, len(config.styles)) if config.styles else None
        """Which token of ``config.styles`` comes first, from the decoder's state at the start token."""
        rows_V = torch.full((config.vocab_size,), num_frequent, dtype=torch.long)
        rows_V[torch.tensor(config.frequent)] = torch.arange(num_frequent)
        self.temperature = 1.0
        """Divides the logits of the vocabulary, of the copy distribution and of the gate: below 1 the writer is surer of
        itself, in what it samples and in the probabilities it states alike."""
        self.register_buffer("row_of_token", rows_V)
        self.register_buffer("frequent_tokens", torch.tensor(config.frequent))
        self.register_buffer("style_tokens", torch.tensor(config.styles, dtype=torch.long))
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear | nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)

    def start_from_embeddings(self, table_VD: Float[Tensor, "V D"]) -> None:
        """Copy a pretrained embedding table of the same width for the frequent tokens."""
        with torch.no_grad():
            self.embeddings.weight[:-1] = table_VD[self.frequent_tokens]
            self.embeddings.weight[-1] = table_VD.mean(dim=0)

    @torch.no_grad()
    def start_from_bert(self, bert: nn.Module) -> None:
        """Copy the first blocks, the positions and the first normalisation of a BERT encoder where the shapes agree."""
        config, theirs = self.config, bert.config
        same = (config.d_model, config.num_heads, config.d_ff) == (
            theirs.hidden_size,
            theirs.num_attention_heads,
            theirs.intermediate_size,
        )
        if (
            not same
            or theirs.num_hidden_layers < config.num_layers
            or theirs.max_position_embeddings < config.max_target
        ):
            return
        table = bert.embeddings
        self.positions.weight.copy_(
            table.position_embeddings.weight[: config.max_target] + table.token_type_embeddings.weight[0]
        )
        self.norm.weight.copy_(table.LayerNorm.weight)
        self.norm.bias.copy_(table.LayerNorm.bias)
        for layer, block in zip(self.layers, bert.encoder.layer, strict=False):
            layer.start_from(block)

    def get_encoder(self) -> nn.Module:
        """Hugging Face asks for it; the states always come ready-made."""
        return self.bridge

    def read(
        self, ids_BS: Tensor, states_BSE: Tensor, mask_BS: Tensor, begins_BS: Int[Tensor, "B S"] | None = None
    ) -> Source:
        """Prepare the encoder's states for any number of decoding steps.

        ``begins_BS``: which of ``config.styles`` may begin at each token, NOTHING elsewhere; None for nowhere.
        """
        states = self.bridge(states_BSE.to(self.bridge.weight.dtype))
        # Many encoders start a source with the token that a sentence starts with: that is no phrase to follow.
        read_BS = ids_BS.masked_fill(ids_BS == self.config.bos_token_id, NOTHING)
        keys, values = (split_heads(part, self.config.num_heads) for part in self.memory(states).chunk(2, dim=-1))
        return Source(
            states=states,
            keys=keys,
            values=values,
            copy_keys=self.copy_key(states).transpose(1, 2),
            mask=mask_BS.bool(),
            before=preceding(read_BS, first=1),
            begins=torch.full_like(ids_BS, NOTHING) if begins_BS is None else self._style_tokens(begins_BS),
        )

    def _style_tokens(self, places: Tensor) -> Tensor:
        if self.style is None:
            return torch.full_like(places, NOTHING)
        return self.style_tokens[places.clamp(min=0)].masked_fill(places == NOTHING, NOTHING)

    def decode(
        self, decoder_input_ids: Int[Tensor, "B T"], source: Source, cache: EncoderDecoderCache | None
    ) -> Float[Tensor, "B T D"]:
        """Return the decoder's states."""
        past = cache.get_seq_length() if cache is not None else 0
        length = decoder_input_ids.shape[1]
        positions = torch.arange(past, past + length, device=decoder_input_ids.device)
        states = self.embeddings(self.row_of_token[decoder_input_ids]) + self.positions(positions)
        states = self.dropout(self.norm(states))
        causal = torch.ones(length, past + length, dtype=torch.bool, device=states.device).tril(past)
        for index, layer in enumerate(self.layers):
            states = layer(states, source, causal, cache, index)
        return states

    def mix(
        self, states_BTD: Tensor, source: Source, recent_BTN: Tensor
    ) -> tuple[Float[Tensor, "B T U"], Float[Tensor, "B T S"], Float[Tensor, "B T 1"]]:
        """Return log-probabilities over the cut vocabulary, the copy distribution, and the copy gate's logit.

        ``recent_BTN`` are the tokens that were written last at each position, the last one first (see `preceding`).
        """
        logits = (states_BTD @ self.embeddings.weight[:-1].T + self.out_bias).float()
        vocabulary = F.log_softmax(logits / self.temperature, dim=-1)
        scores = (self.copy_query(states_BTD) @ source.copy_keys).float() / states_BTD.shape[-1] ** 0.5
        # NOTHING follows nothing, and padding nothing either.
        known = (recent_BTN != NOTHING)[:, :, None] & source.mask[:, None, :, None]
        agree_BTSN = (recent_BTN[:, :, None] == source.before[:, None]) & known
        matches_BTSN = agree_BTSN.to(torch.int8).cumprod(dim=-1).to(scores.dtype)
        scores = scores + matches_BTSN @ self.copy_follow
        begins_BTS = ((recent_BTN[:, :, :1] == source.begins[:, None]) & known[..., 0]).to(scores.dtype)
        scores = (scores + begins_BTS * self.copy_begin[0]) / self.temperature
        copies = scores.masked_fill(~source.mask[:, None, :], float("-inf")).softmax(dim=-1)
        read = copies.to(source.states.dtype) @ source.states
        gate = self.copy_gate(torch.cat([states_BTD, read], dim=-1)).float()
        gate = gate + (matches_BTSN.amax(dim=2) @ self.copy_momentum)[..., None]
        gate = (gate + begins_BTS.amax(dim=2, keepdim=True) * self.copy_begin[1]) / self.temperature
        # A gate of -30 leaves the copy distribution a weight of 1e-13: switched off, for the ablation.
        return vocabulary, copies, gate if self.config.copy_path else torch.full_like(gate, -30.0)

    def token_log_probs(
        self, target_ids: Int[Tensor, "B T"], source_ids: Int[Tensor, "B S"], source: Source
    ) -> Float[Tensor, "B T-1"]:
        """Return log p(token t+1 | tokens up to t, source); mask out the padding yourself.

        Only the target's probability is computed, never the whole distribution of the mixture.
        """
        written = target_ids[:, :-1]
        decoded = self.decode(written, source, None)
        vocabulary, copies, gate = self.mix(decoded, source, preceding(written, first=0))
        wanted = target_ids[:, 1:]
        rows = self.row_of_token[wanted]
        known = rows < vocabulary.shape[-1]
        from_vocabulary = vocabulary.gather(-1, rows.clamp(max=vocabulary.shape[-1] - 1)[..., None])[..., 0]
        from_vocabulary = from_vocabulary.masked_fill(~known, float("-inf"))
        same_BTS = wanted[:, :, None] == source_ids[:, None, :]
        from_copy = (copies * same_BTS).sum(dim=-1).clamp(min=TINY).log()
        mixed = torch.logaddexp(F.logsigmoid(-gate[..., 0]) + from_vocabulary, F.logsigmoid(gate[..., 0]) + from_copy)
        if self.style is None:
            return mixed
        style = (wanted[:, :1] == self.style_tokens).long().argmax(dim=1, keepdim=True)
        return torch.cat([self._style_log_probs(decoded[:, 0]).gather(1, style), mixed[:, 1:]], dim=1)

    def style_log_probs(self, source: Source) -> Tensor:
        """Return the log-probability [B, styles] of each style for each source."""
        start = torch.full((len(source.mask), 1), self.config.bos_token_id, device=source.mask.device)
        return self._style_log_probs(self.decode(start, source, None)[:, 0])

    def _style_log_probs(self, states_BD: Tensor) -> Tensor:
        # A choice of three needs no sharpening: the temperature is for texts.
        return F.log_softmax(self.style(states_BD).float(), dim=-1)

    def probabilities(
        self, source_ids: Int[Tensor, "B S"], vocabulary: Tensor, copies: Tensor, gate: Tensor
    ) -> Float[Tensor, "B T V"]:
        """Return the mixture over the tokenizer's whole vocabulary."""
        mixed = torch.zeros(*gate.shape[:2], self.config.vocab_size, dtype=torch.float32, device=gate.device)
        mixed[..., self.frequent_tokens] = vocabulary.exp() * torch.sigmoid(-gate)
        index = source_ids[:, None, :].expand(-1, gate.shape[1], -1)
        return mixed.scatter_add_(-1, index, copies * torch.sigmoid(gate))

    def forward(
        self,
        source_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        use_cache: bool | None = None,
        recent: Tensor | None = None,
        source_begins: Tensor | None = None,
        **_: object,
    ) -> Seq2SeqLMOutput:
        """Return ``logits`` [B, T, V]: log-probabilities over the tokenizer's whole vocabulary.

        ``source_ids`` [B, S] are the tokens behind ``encoder_outputs`` [B, S, encoder_size]; ``attention_mask`` [B, S]
        is 0 on padding; ``source_begins`` [B, S] is what `read` calls ``begins_BS``. ``recent`` [B, T, N] is `preceding` of all that
        was written, where a cache hides a part of it.
        """
        source = getattr(past_key_values, "source", None)
        if source is None:
            source = self.read(source_ids, encoder_outputs[0], attention_mask, source_begins)
        if past_key_values is not None:
            # Beams of one source share it, so that reordering them leaves this as it is.
            past_key_values.source = source
        states = self.decode(decoder_input_ids, source, past_key_values)
        if recent is None:
            recent = preceding(decoder_input_ids, first=0)
        mixed = self.probabilities(source_ids, *self.mix(states, source, recent))
        return Seq2SeqLMOutput(logits=mixed.clamp(min=TINY).log(), past_key_values=past_key_values)

    def prepare_inputs_for_generation(
        self,
        decoder_input_ids: Tensor,
        past_key_values: EncoderDecoderCache | None = None,
        attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        source_ids: Tensor | None = None,
        source_begins: Tensor | None = None,
        **_: object,
    ) -> dict[str, object]:
        """Feed only the tokens that the cache does not hold."""
        past = past_key_values.get_seq_length() if past_key_values is not None else 0
        return {
            "decoder_input_ids": decoder_input_ids[:, past:],
            "recent": preceding(decoder_input_ids, first=0)[:, past:],
            "past_key_values": past_key_values,
            "source_ids": source_ids,
            "source_begins": source_begins,
            "encoder_outputs": encoder_outputs,
            "attention_mask": attention_mask,
        }
