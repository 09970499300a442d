"""Applications small enough to train on in seconds, in the catalogue's own format."""

from pathlib import Path

from iccm_dagster.defs.profiles import PROFILES, Machine, Profile, smoke

SOURCE = '''"""A tiny program: {word} numbers."""


class {title}Error(ValueError):
    """Raised for a number that cannot be used."""


def {word}_sum(numbers: list[int]) -> int:
    """Add up all numbers."""
    total = 0
    for number in numbers:
        total += _checked(number)
    return total


def {word}_largest(numbers: list[int]) -> int:
    """Return the largest number; an empty list is an error."""
    if not numbers:
        raise {title}Error("no number")
    return max(_checked(number) for number in numbers)


def {word}_double(number: int) -> int:
    """Return twice the number."""
    return _checked(number) * 2


def _checked(number: int) -> int:
    if number < 0:
        raise {title}Error("negative")
    return number
'''

TESTS = """import pytest

from {module} import {title}Error, {word}_double, {word}_largest, {word}_sum


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("numbers", "total"), [([1, 2], 3), ([], 0), ([5], 5)])
def test_sum(numbers, total):
    assert {word}_sum(numbers) == total


@pytest.mark.requirement("R2")
def test_largest():
    assert {word}_largest([3, 7, 5]) == 7


@pytest.mark.requirement("R2")
def test_largest_of_nothing_is_an_error():
    with pytest.raises({title}Error):
        {word}_largest([])


@pytest.mark.requirement("R3")
def test_double():
    assert {word}_double(4) == 8
"""

GOLD = """# Gold requirements: {title}

- **R1** (functional): The program must add up all the numbers of a list and return their total.
  - Given a list of numbers, their total must be computed by adding them together.
  - All numbers in the list are added up, and what comes back is the total of them.
  - Summing a list must return the total of every number that is in it.
- **R2** (functional): The program must return the largest number of a list and refuse an empty list.
  - For a list of numbers the largest one is returned, while an empty list is an error.
  - The biggest number in a list must be found; when the list is empty it is refused.
  - Asking for the largest number of a list returns it, except that an empty list is refused.
- **R3** (constraint): Doubling a number must return exactly twice its value for every number given.
  - For each number that is given, doubling it must return two times its value.
  - The double of a number is to be exactly twice as large as the value that was given.
  - When a number is doubled, the value that comes back must be twice the one given.
"""

TRACE = """[R1]
sections = ["{module}.{word}_sum"]
[R2]
sections = ["{module}.{word}_largest"]
[R3]
sections = ["{module}.{word}_double"]
"""


def write_application(folder: Path, *, split: str, word: str) -> Path:
    """Write one application of four sections, four test functions and three requirements; return its folder."""
    names = {"word": word, "title": word.title(), "module": f"{word}numbers"}
    (folder / "src").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "application.toml").write_text(
        f'id = "{folder.name}"\nname = "{word}"\nsummary = "Sums, maxima and doubles of {word} numbers."\n'
        f'split = "{split}"\nmodules = ["{names["module"]}"]\n',
        encoding="utf-8",
    )
    (folder / "src" / f"{names['module']}.py").write_text(SOURCE.format(**names), encoding="utf-8")
    (folder / "tests" / f"test_{names['module']}.py").write_text(TESTS.format(**names), encoding="utf-8")
    (folder / "gold_requirements.md").write_text(GOLD.format(**names), encoding="utf-8")
    (folder / "traceability.toml").write_text(TRACE.format(**names), encoding="utf-8")
    return folder


def write_catalogue(folder: Path) -> Path:
    """Write a training, a validation and a holdout application; return the catalogue's folder."""
    for key, split, word in (
        ("001-plain", "train", "plain"),
        ("002-other", "validation", "other"),
        ("003-hidden", "holdout", "hidden"),
    ):
        write_application(folder / key, split=split, word=word)
    return folder


def tiny_profile() -> Profile:
    """Return the profile of the tests: the whole graph in seconds, its numbers mean nothing."""
    return smoke()


CHAT = (
    "{% for message in messages %}<|user|>{{ message['content'] }}<|endoftext|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_causal_lm(folder: Path, *, layers: int = 2, chat: bool = True, vocabulary: int = 600) -> Path:
    """Store a Qwen2 causal language model with random weights, in bfloat16 as the published ones, and a tokenizer that
    was trained on the tiny applications; return its folder."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|pad|>", "<|user|>", "<|assistant|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([SOURCE, TESTS, GOLD], trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[0], pad_token=special[1])
    fast.add_special_tokens({"additional_special_tokens": special[2:]})
    fast.chat_template = CHAT if chat else None
    config = Qwen2Config(
        vocab_size=len(fast),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        eos_token_id=fast.eos_token_id,
        pad_token_id=fast.pad_token_id,
        bos_token_id=None,
    )
    Qwen2ForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def tiny_p40(name: str, base: Path) -> Profile:
    """Return a P40 profile as it is, but for its base, its device and the length of everything."""
    full, short = PROFILES[name](), smoke()
    return full.model_copy(
        update={
            "machine": Machine(device="cpu", vram_gib=0, compute_capability=(0, 0), dtype="float32"),
            "corpus": short.corpus,
            "calibration": short.calibration,
            "retriever": full.retriever.model_copy(
                update={
                    "base": str(base),
                    "projection": 48,
                    "max_tokens": 96,
                    "epochs": 1,
                    "max_steps": 2,
                    "warm_pairs": 8,
                    "evaluations": 1,
                    "threads": 1,
                }
            ),
            "writer": full.writer.model_copy(
                update={
                    "num_layers": 1,
                    "d_ff": 64,
                    "vocabulary": 500,
                    "max_source": 96,
                    "max_target": 16,
                    "warm_pairs": 16,
                    "warm_epochs": 1,
                    "gold_epochs": 1,
                    "threads": 1,
                }
            ),
            "reinforce": full.reinforce.model_copy(update={"epochs": 1, "samples": 2, "workers": 1}),
            "comparison": full.comparison.model_copy(update={"warm_pairs": 8, "gold_epochs": 1, "epochs": 1}),
            "agent": short.agent,
            "dpo": short.dpo.model_copy(update={"base": str(base), "warm_steps": 0, "gradient_checkpointing": True}),
            "cortex": short.cortex,
            "programs": short.programs,
            "refinement": short.refinement,
            "refinement_evaluation": short.refinement_evaluation,
        }
    )
