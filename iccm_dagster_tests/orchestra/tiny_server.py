"""A real inference server: ``transformers serve`` over a tiny Qwen2 that has learned one answer by heart."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

CHAT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def learn_by_heart(folder: Path, messages: list[dict[str, str]], answer: str) -> Path:
    """Train a Qwen2 of two layers to give one answer to one prompt, with a tokenizer of its own; store it as a checkpoint."""
    torch.manual_seed(0)
    learned = _tokenizer([answer, *(message["content"] for message in messages)])
    config = Qwen2Config(
        vocab_size=len(learned),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=learned.eos_token_id,
        pad_token_id=learned.pad_token_id,
    )
    config.save_pretrained(folder)
    learned.save_pretrained(folder)
    # As the server will load it: by the configuration beside it, which may cut texts in another way.
    tokenizer = AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    before, after = tokenizer(prompt)["input_ids"], tokenizer(answer + "<|im_end|>")["input_ids"]
    ids = torch.tensor([before + after])
    labels = torch.tensor([[-100] * len(before) + after])
    model = Qwen2ForCausalLM(config)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(400):
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        if loss.item() < 0.01:
            break
    model.save_pretrained(folder)
    return folder


def _tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    bytes_pairs = Tokenizer(models.BPE())
    bytes_pairs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_pairs.decoder = decoders.ByteLevel()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=800, special_tokens=specials, initial_alphabet=alphabet)
    bytes_pairs.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_pairs, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHAT
    )


@contextmanager
def transformers_serve(checkpoint: Path, *, seconds: float) -> Iterator[str]:
    """Run ``transformers serve`` over a checkpoint until the block is left; yield its base URL."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "transformers"
    log = checkpoint / "serve.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [program, "serve", checkpoint, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        )
        try:
            _wait_for(port, process, until=time.monotonic() + seconds, log=log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen, *, until: float, log: Path) -> None:
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"transformers serve did not come up: {log.read_text()[-2000:]}")
