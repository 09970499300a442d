"""Tiny checkpoints and data that go through the real loading and training code."""

from pathlib import Path

import pandas as pd
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2Model

from iccm_dagster.phase1.recipe import RetrieverRecipe

TOPICS = ("parse", "format", "merge", "count", "sort", "reverse")


def tiny_qwen2(folder: Path, *, padding_side: str = "right") -> Path:
    """Store a Qwen2 of two layers with random weights, in bfloat16 as the published ones, and its own tokenizer."""
    torch.manual_seed(0)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>", "<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator([text for topic in TOPICS for text in (code_of(topic), query_of(topic))], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", eos_token="<|endoftext|>", padding_side=padding_side
    )
    config = Qwen2Config(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        eos_token_id=fast.eos_token_id,
    )
    Qwen2Model(config).to(torch.bfloat16).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def tiny_recipe(base: Path, **changes: object) -> RetrieverRecipe:
    """Return a recipe that trains on a tiny model in a second: no dropout, float32, one thread."""
    settings = {
        "base": str(base),
        "projection": 48,
        "max_tokens": 48,
        "epochs": 2,
        "queries_per_group": 4,
        "documents_per_group": 4,
        "batch_size": 1,
        "peak_lr": 5e-3,
        "lora_dropout": 0.0,
        "evaluations": 2,
        "threads": 1,
        "bf16": False,
        "warm_pairs": 0,
    }
    return RetrieverRecipe(**{**settings, **changes})


def code_of(topic: str) -> str:
    return f"def {topic}_items(items):\n    result = {topic}(items)\n    return result"


def query_of(topic: str) -> str:
    return f"The {topic} step handles all items given."


def tiny_tables(*, gold: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return labels and sections of two training applications, one for validation and one held out."""
    splits = {"app-1": "train", "app-2": "train", "app-3": "validation", "app-4": "holdout"}
    labels, sections = [], []
    for application, split in splits.items():
        for number, topic in enumerate(TOPICS, start=1):
            name, other = f"{application}.{topic}_items", f"{application}.{TOPICS[number % len(TOPICS)]}_items"
            sections.append(
                {
                    "application": application,
                    "split": split,
                    "name": name,
                    "kind": "function",
                    "code": code_of(topic),
                }
            )
            for variant in ("gold", "paraphrase-1"):
                labels.append(
                    {
                        "application": application,
                        "split": split,
                        "requirement_id": f"R{number}",
                        "variant": variant,
                        "text": query_of(topic) if variant == "gold" else f"All items go through {topic}.",
                        "relevant": [name] if gold else [],
                        "heuristic": [name],
                        "negatives": [other],
                    }
                )
    return pd.DataFrame(labels), pd.DataFrame(sections)


def tiny_corpus() -> pd.DataFrame:
    """Return docstring pairs of one package to train on and one held out."""
    return pd.DataFrame(
        [
            {
                "package": package,
                "qualified_name": f"{package}.{topic}",
                "query": query_of(topic),
                "code": code_of(topic),
                "split": split,
                "content_hash": f"{package}{topic}",
            }
            for package, split in (("learned", "train"), ("kept", "test"))
            for topic in TOPICS
        ]
    )
