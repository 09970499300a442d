"""Preference training: what is cut, the loss done by hand, and TRL's trainer on a few pairs."""

import json
import math

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from iccm_dagster.celr.dpo_data import Pair, cut_pairs, spread
from iccm_dagster.celr.exports import ExportWriter
from iccm_dagster.celr.pairs import PreferencePairGenerator
from iccm_dagster.celr.recipe import DpoRecipe, PreferenceRecipe
from iccm_dagster.celr.train_dpo import _train, run_dpo
from iccm_dagster.celr.writer_preference import preference_loss
from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import silent
from iccm_dagster_tests.celr.scenes import answer, score
from iccm_dagster_tests.tiny import write_causal_lm


class Characters:
    """A tokenizer whose tokens are characters."""

    def __call__(self, text: str, **_: object) -> dict[str, list[int]]:
        return {"input_ids": [ord(character) for character in text]}


def text(ids: tuple[int, ...]) -> str:
    return "".join(map(chr, ids))


def cut(chosen: str, rejected: str, *, max_prompt: int = 100, max_answer: int = 100) -> list[Pair]:
    row = {"prompt": "ask", "chosen": chosen, "rejected": rejected, "task": "app#m"}
    return cut_pairs([row], Characters(), max_prompt=max_prompt, max_answer=max_answer)[0]


def test_what_both_sides_share_moves_into_the_prompt():
    (pair,) = cut("def f(): return 1", "def f(): raise")
    # "ask", the blank line, and the shared "def f(): r"
    assert (text(pair.prompt), text(pair.chosen), text(pair.rejected)) == ("ask\n\ndef f(): r", "eturn 1", "aise")
    assert (pair.application, pair.longer) == ("app", 1.0)


def test_the_prompt_loses_its_start_and_answers_their_end():
    (pair,) = cut("abcdefgh", "abXdefgh", max_prompt=3, max_answer=2)
    assert (text(pair.prompt), text(pair.chosen), text(pair.rejected)) == ("\nab", "cd", "Xd")


def test_a_side_that_begins_the_other_keeps_a_token():
    (pair,) = cut("ab", "abc")
    assert (text(pair.chosen), text(pair.rejected)) == ("b", "bc")


def test_pairs_are_spread_over_tasks():
    pairs = [Pair(task=task, prompt=(), chosen=(n,), rejected=(), longer=0.0) for task in "aab" for n in range(5)]
    assert sorted(pair.task for pair in spread(pairs, limit=2, seed=0)) == ["a", "b"]


def test_the_preference_loss_is_the_sum_done_by_hand():
    """chosen gained 2, rejected lost 1: -log sigmoid(0.5 * 3)"""
    values = [torch.tensor(value) for value in (-8.0, -6.0, -10.0, -5.0)]
    loss = preference_loss(*values, beta=0.5)
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1.5)))


@pytest.fixture
def exported(tmp_path):
    good = "def f():\n    return sum(numbers)\n"
    bad = "def f():\n    raise NotImplementedError\n"
    with ExportWriter(tmp_path / "data") as writer:
        for split, names in (("train", "abcdef"), ("validation", "xy")):
            for name in names:
                scores = [
                    score(answer(f"# {name}\n{text}", rate), task=name, split=split)
                    for text, rate in ((good, 1.0), (bad, 0.0))
                ]
                for pair in PreferencePairGenerator(PreferenceRecipe()).create_dpo_pairs(scores).pairs:
                    writer.add_pair(pair)
    return tmp_path


def spec(folder, **changes):
    recipe = DpoRecipe(max_length=64, max_prompt=24, warm_steps=1, steps=6, batch_size=2, peak_lr=5e-3, threads=1)
    plain = {
        "recipe": recipe.model_dump(),
        "data": str(folder / "data"),
        "out": str(folder / "out"),
        "work": str(folder / "work"),
    }
    return {**plain, "device": "cpu", "micro_batch": None, "writer": None, **changes}


def test_training_learns_the_one_difference_there_is(exported):
    """Six tasks with the same good and bad body, two held-out ones: the margin must carry over."""
    report = run_dpo(spec(exported), silent)
    assert (report["training_pairs"], report["validation_pairs"]) == (6, 2)
    assert report["history"][-1]["loss"] < math.log(2)
    assert report["accuracy"]["mean"] == 1.0
    assert report["writer"] == {"available": False, "text": "not available: phase2_checkpoint was never made"}
    adapter = json.loads((exported / "out" / "adapter" / "adapter_config.json").read_text())
    assert adapter["peft_type"] == "LORA"


def test_no_pair_is_an_error_with_a_reason(tmp_path):
    with ExportWriter(tmp_path / "data"):
        pass
    with pytest.raises(TrainingError, match="no training pair"):
        run_dpo(spec(tmp_path), silent)


def test_out_of_memory_halves_the_micro_batch_and_a_step_stays_as_many_pairs(tmp_path):
    """A model that holds four rows at once, two pairs: four pairs per step become two passes of two."""
    base = write_causal_lm(tmp_path / "base", chat=False)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(base), AutoTokenizer.from_pretrained(base)

    def held(module, arguments, named) -> None:
        rows = named["input_ids"] if "input_ids" in named else arguments[0]
        if rows.shape[0] > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    model.model.register_forward_pre_hook(held, with_kwargs=True)
    prompt, chosen, rejected = (tuple(range(start, start + 20)) for start in (10, 60, 110))
    pairs = [Pair(task=str(number), prompt=prompt, chosen=chosen, rejected=rejected, longer=0.5) for number in range(8)]
    recipe = DpoRecipe(max_length=48, max_prompt=24, steps=2, batch_size=4, threads=1)
    plan = {"work": str(tmp_path / "work"), "device": "cpu", "micro_batch": None}
    trainer, micro = _train(model, tokenizer, pairs, recipe, plan, silent)
    assert (micro, trainer.args.gradient_accumulation_steps, trainer.state.global_step) == (2, 2, 2)
