"""A tiny causal language model, built on the spot: it shows that preference training runs, not what a real model learns."""

from collections.abc import Sequence

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from iccm_dagster.progress import OnProgress, Progress

VOCABULARY = 2000
WINDOW = 256
BATCH = 4
PEAK_LR = 2e-3
END, PAD = "<|endoftext|>", "<|pad|>"


def tiny_tokenizer(texts: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer of 2000 tokens, trained on the texts."""
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts, vocab_size=VOCABULARY, special_tokens=[END, PAD], show_progress=False)
    return PreTrainedTokenizerFast(
        tokenizer_object=trained._tokenizer, eos_token=END, pad_token=PAD, clean_up_tokenization_spaces=False
    )


def tiny_lm(
    tokenizer: PreTrainedTokenizerFast, texts: Sequence[str], *, steps: int, seed: int, on_progress: OnProgress
) -> Qwen2ForCausalLM:
    """Return a Qwen2 of about half a million parameters after ``steps`` of language modelling on the texts."""
    torch.manual_seed(seed)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=96,
            intermediate_size=256,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
    )
    stream = torch.tensor(
        [token for text in texts for token in (*tokenizer(text, verbose=False)["input_ids"], tokenizer.eos_token_id)]
    )
    if not steps or len(stream) <= WINDOW:
        return model.eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=PEAK_LR)
    model.train()
    for step in range(1, steps + 1):
        starts = torch.randint(0, len(stream) - WINDOW, (BATCH,))
        batch = torch.stack([stream[start : start + WINDOW] for start in starts])
        loss = model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        metrics = {"loss": loss.item()}
        on_progress(Progress(stage="tiny language model, reading code", step=step, total_steps=steps, metrics=metrics))
    return model.eval()
