"""Exports: loaded by `datasets` as their consumers do, checked against the consumers' rules, counted and hashed.

Axolotl and LLaMA-Factory cannot be installed beside this project: what stands for them is `datasets`, which both load
with, and the field names their configurations point to.
"""

import json

import pytest
import yaml

from iccm_dagster.celr.export_rows import FORMATS, check_row
from iccm_dagster.celr.exports import ExportWriter, verify_export
from iccm_dagster.celr.pairs import PreferencePairGenerator
from iccm_dagster.celr.pipeline import TrainingPipeline, successes
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.errors import ArtifactError
from iccm_dagster.progress import silent
from iccm_dagster_tests.celr.scenes import answer, score

GENERATOR = PreferencePairGenerator(PreferenceRecipe())
PROMPT, GOOD, BAD = "Write it.", 'def f():\n    return "ü\u2028🙂"\n', "def f():\n    raise NotImplementedError\n"
SCORES = [score(answer(GOOD, 1.0)), score(answer(BAD, 0.0)), score(answer(GOOD, 1.0), task="lonely")]


@pytest.fixture
def exported(tmp_path):
    pairing = GENERATOR.create_dpo_pairs(SCORES)
    spin = GENERATOR.create_spin_pairs({"app": GOOD}, SCORES, model="small")
    with ExportWriter(tmp_path) as writer:
        for pair in (*pairing.pairs, *spin.pairs):
            writer.add_pair(pair)
        for single in pairing.unpaired:
            writer.add_unpaired(single)
        for success in successes(SCORES):
            writer.add_success(success)
    return tmp_path


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_json_lines_and_parquet_load_to_the_same_rows(exported, name, tmp_path):
    from datasets import load_dataset

    folder = exported / FORMATS[name].folder
    cache = str(tmp_path / "cache")
    lines = load_dataset("json", data_files=str(folder / "train.jsonl"), split="train", cache_dir=cache)
    table = load_dataset("parquet", data_files=str(folder / "train.parquet"), split="train", cache_dir=cache)
    assert len(lines) > 0
    assert list(lines) == list(table)
    assert set(lines.column_names) == set(FORMATS[name].columns)


def test_the_manifest_counts_and_hashes(exported):
    rows = verify_export(exported)
    assert rows["trl/train.jsonl"] == rows["trl/train.parquet"] == 1
    assert rows["kto/train.jsonl"] == 1
    assert rows["spin/train.jsonl"] == 1
    assert rows["axolotl_sft/train.jsonl"] == 2
    (exported / "trl" / "train.jsonl").write_text("{}\n")
    with pytest.raises(ArtifactError, match="was changed since it was exported"):
        verify_export(exported)


def test_the_axolotl_files_name_fields_that_are_there(exported):
    for folder in ("axolotl_sft", "sharegpt", "axolotl_dpo"):
        (dataset,) = yaml.safe_load((exported / folder / "axolotl.yaml").read_text())["datasets"]
        assert dataset["type"].split(".")[0] == "chat_template"  # "sharegpt" is a hard error there
        row = json.loads((exported / dataset["path"]).read_text().splitlines()[0])
        for field in ("field_messages", "field_chosen", "field_rejected"):
            assert dataset.get(field, next(iter(row))) in row
        names = dataset.get("message_property_mappings", {"role": "role", "content": "content"})
        assert set(row[dataset["field_messages"]][0]) == set(names.values())


def test_the_llamafactory_entry_names_fields_and_tags_that_are_there(exported):
    folder = exported / "llamafactory"
    for entry in json.loads((folder / "dataset_info.json").read_text()).values():
        row = json.loads((folder / entry["file_name"]).read_text().splitlines()[0])
        assert set(entry["columns"].values()) <= set(row)
        turn = row[entry["columns"]["messages"]][0]
        assert set(turn) == {entry["tags"]["role_tag"], entry["tags"]["content_tag"]}
        assert turn["from"] == entry["tags"]["user_tag"]


@pytest.mark.parametrize(
    ("name", "row", "wrong"),
    [
        ("trl", {"prompt": "p", "chosen": "a", "rejected": "a"}, "chosen equals rejected"),
        ("trl", {"prompt": "p", "chosen": "p a", "rejected": "b"}, "the prompt is repeated"),
        ("trl", {"prompt": " ", "chosen": "a", "rejected": "b"}, "prompt is empty"),
        ("kto", {"prompt": "p", "completion": ""}, "completion is empty"),
        ("axolotl_sft", {"messages": [{"role": "assistant", "content": "a"}]}, "the turns are"),
    ],
)
def test_a_row_that_its_consumer_would_mistake_is_refused(name, row, wrong):
    with pytest.raises(ArtifactError, match=wrong):
        check_row(name, row)


def test_nothing_of_holdout_can_be_written(tmp_path):
    (held,) = successes([score(answer(GOOD, 1.0))])
    from dataclasses import replace

    with pytest.raises(ArtifactError, match="a row of the holdout split"), ExportWriter(tmp_path) as writer:
        writer.add_success(replace(held, split="holdout"))
    assert not (tmp_path / "manifest.json").exists()


def test_trl_takes_the_rows_as_they_are(exported):
    """TRL's own preparation of a conversational row: prompt, chosen and rejected, each rendered once."""
    from datasets import load_dataset
    from trl import is_conversational

    rows = load_dataset("json", data_files=str(exported / "trl_conversational" / "train.jsonl"), split="train")
    assert is_conversational(rows[0])
    assert [turn["role"] for turn in rows[0]["prompt"] + rows[0]["chosen"]] == ["user", "assistant"]


def test_an_empty_log_gives_empty_files_and_a_report(tmp_path):
    report = TrainingPipeline(
        PreferenceRecipe(),
        logs=tmp_path / "none",
        out=tmp_path / "out",
        judge=None,
        gold={},
        spin_model="small",
        on_progress=silent,
    ).run()
    assert (report.trajectories, report.pairs) == (0, {})
    assert set(verify_export(tmp_path / "out").values()) == {0}
