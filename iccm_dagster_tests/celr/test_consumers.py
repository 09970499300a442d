"""Exports through the consumers' own loaders: TRL's trainers always; Axolotl and LLaMA-Factory where they can be imported.

Neither of those two installs beside this project: each pins other versions of transformers, datasets and TRL. Their tests
run against an unpacked wheel on the path (``pip download --no-deps``, Axolotl with ``addict``).
"""

import json
from copy import deepcopy

import pytest
import yaml
from datasets import load_dataset
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from iccm_dagster.celr.exports import ExportWriter
from iccm_dagster.celr.pairs import PreferencePairGenerator
from iccm_dagster.celr.pipeline import successes
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.tiny_lm import tiny_tokenizer
from iccm_dagster_tests.celr.scenes import answer, score

PROMPT, GOOD, BAD = "Write it.", "def f():\n    return 1\n", "def f():\n    raise NotImplementedError\n"
CHATML = (
    "{% for m in messages %}<|{{ m['role'] }}|>\n{{ m['content'] }}<|endoftext|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    scores = [score(answer(GOOD, 1.0)), score(answer(BAD, 0.0)), score(answer(GOOD, 1.0), task="lonely")]
    pairing = PreferencePairGenerator(PreferenceRecipe()).create_dpo_pairs(scores)
    with ExportWriter(folder) as writer:
        for pair in pairing.pairs:
            writer.add_pair(pair)
        for single in pairing.unpaired:
            writer.add_unpaired(single)
        for success in successes(scores):
            writer.add_success(success)
    return folder


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    made = tiny_tokenizer([PROMPT, GOOD, BAD, "<|user|>\n<|assistant|>\n"])
    made.chat_template = CHATML
    return made


@pytest.fixture
def model(tokenizer) -> Qwen2ForCausalLM:
    return Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=1,
            num_key_value_heads=1,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
        )
    )


def rows(path):
    return load_dataset("json", data_files=str(path), split="train", cache_dir=str(path.parent / ".cache"))


def prepared(trainer_class, config_class, path, model, tokenizer, tmp_path):
    config = config_class(output_dir=str(tmp_path), report_to=[], use_cpu=True, bf16=False, disable_tqdm=True)
    trainer = trainer_class(
        model=model, ref_model=deepcopy(model), args=config, train_dataset=rows(path), processing_class=tokenizer
    )
    return trainer.train_dataset[0]


@pytest.mark.parametrize("name", ["trl", "trl_conversational"])
def test_trl_prepares_the_preference_rows_as_they_are(exported, name, model, tokenizer, tmp_path):
    """The prompt stands before the answers once, and not in them."""
    from trl import DPOConfig, DPOTrainer

    row = prepared(DPOTrainer, DPOConfig, exported / name / "train.jsonl", model, tokenizer, tmp_path)
    prompt, chosen, rejected = (tokenizer.decode(row[f"{side}_ids"]) for side in ("prompt", "chosen", "rejected"))
    assert prompt.count(PROMPT) == 1
    assert PROMPT not in chosen + rejected
    assert chosen.startswith(GOOD.rstrip())
    assert rejected.startswith(BAD.rstrip())


def test_trl_prepares_the_single_answers(exported, model, tokenizer, tmp_path):
    from trl import KTOConfig, KTOTrainer

    row = prepared(KTOTrainer, KTOConfig, exported / "kto" / "train.jsonl", model, tokenizer, tmp_path)
    assert row["label"] is True
    assert tokenizer.decode(row["completion_ids"]).startswith(GOOD.rstrip())


def configuration(exported, folder):
    (dataset,) = yaml.safe_load((exported / folder / "axolotl.yaml").read_text())["datasets"]
    return dataset


@pytest.mark.parametrize("folder", ["axolotl_sft", "sharegpt"])
def test_axolotl_reads_the_imitation_rows_with_the_configuration_beside_them(exported, folder, tokenizer):
    """Its own strategy: the answer is trained on, the prompt is masked (-100)."""
    strategies = pytest.importorskip("axolotl.prompt_strategies.chat_template", exc_type=ImportError)
    schema = pytest.importorskip("axolotl.utils.schemas.datasets", exc_type=ImportError)
    from axolotl.utils.dict import DictDefault

    dataset = configuration(exported, folder)
    checked = schema.SFTDataset(**dataset)
    general = {"sequence_len": 512, "train_on_inputs": False, "chat_template": "tokenizer_default"}
    strategy = strategies.load(
        tokenizer, DictDefault(general), ds_cfg=DictDefault(checked.model_dump(exclude_none=True))
    )
    row = strategy.tokenize_prompt(rows(exported / dataset["path"])[0])
    trained = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
    assert GOOD.rstrip() in tokenizer.decode(trained)
    assert PROMPT not in tokenizer.decode(trained)
    assert PROMPT in tokenizer.decode(row["input_ids"])


def test_axolotl_reads_the_preference_rows_with_the_configuration_beside_them(exported, tokenizer):
    strategies = pytest.importorskip("axolotl.prompt_strategies.dpo", exc_type=ImportError)
    schema = pytest.importorskip("axolotl.utils.schemas.datasets", exc_type=ImportError)
    from axolotl.utils.dict import DictDefault

    dataset = configuration(exported, "axolotl_dpo")
    schema.DPODataset(**dataset)
    cfg = DictDefault({"chat_template": "tokenizer_default", "datasets": [dataset], "rl": "dpo"})
    transform, _ = strategies.load(dataset["type"], cfg, dataset_idx=0)
    row = transform(rows(exported / dataset["path"])[0], tokenizer=tokenizer)
    assert row["prompt"].count(PROMPT) == 1
    assert row["chosen"].startswith(GOOD.rstrip())
    assert row["rejected"].startswith(BAD.rstrip())


def test_axolotl_refuses_the_type_that_older_recipes_name():
    """Why the files come with a mapping: ``type: sharegpt`` is an error there."""
    validation = pytest.importorskip("axolotl.utils.schemas.validation", exc_type=ImportError)
    with pytest.raises(ValueError, match="deprecated"):
        validation.DatasetValidationMixin.deprecate_sharegpt_datasets([{"type": "sharegpt"}])


@pytest.mark.parametrize(
    ("name", "answers"), [("celr_preferences", [GOOD, BAD]), ("celr_imitation", [GOOD])], ids=["pairs", "imitation"]
)
def test_llamafactory_reads_the_rows_through_its_own_table_of_data_sets(exported, name, answers):
    parser = pytest.importorskip("llamafactory.data.parser", exc_type=ImportError)
    converter = pytest.importorskip("llamafactory.data.converter", exc_type=ImportError)
    folder = exported / "llamafactory"
    (attributes,) = parser.get_dataset_list([name], str(folder))
    row = rows((folder / attributes.dataset_name).resolve())[0]
    found = converter.get_dataset_converter(attributes.formatting, attributes, None)(row)
    assert [turn["content"] for turn in found["_prompt"]] == [PROMPT]
    assert [turn["content"] for turn in found["_response"]] == answers


def test_the_rows_of_self_play_have_the_shape_of_the_published_data(tmp_path):
    """SPIN's repository renders ``real`` and ``generated`` as conversations that share all but the last turn."""
    pairing = PreferencePairGenerator(PreferenceRecipe()).create_spin_pairs(
        {"app": GOOD}, [score(answer(BAD, 0.0))], model="small"
    )
    with ExportWriter(tmp_path) as writer:
        for pair in pairing.pairs:
            writer.add_pair(pair)
    row = json.loads((tmp_path / "spin" / "train.jsonl").read_text())
    assert row["real"][:-1] == row["generated"][:-1] == [{"role": "user", "content": PROMPT}]
    assert (row["real"][-1]["content"], row["generated"][-1]["content"]) == (GOOD, BAD)
