"""The retriever as an object: what it reads, its adapters, its folder."""

import copy

import numpy as np
import pytest
import torch

from iccm_dagster.errors import ArtifactError, RecipeError
from iccm_dagster.phase1.model import (
    add_adapters,
    attention_layers,
    class_outline,
    document_text,
    embed,
    embed_for_training,
    load_retriever,
    merge_adapters,
    save_retriever,
    section_text,
    untrained_retriever,
)
from iccm_dagster_tests.phase1.tiny_models import TOPICS, code_of, query_of, tiny_qwen2, tiny_recipe

TEXTS = [query_of(topic) for topic in TOPICS] + [code_of(topic) for topic in TOPICS]


def test_a_section_is_read_with_the_end_of_its_name():
    assert (
        document_text("package.module.Class.method#2", "def method(self): ...") == "Class.method\ndef method(self): ..."
    )


def test_a_class_is_read_without_the_bodies_of_its_methods():
    head = "@dataclass\nclass A(B):\n    '''Doc.'''\n    x: int = 1\n\n    def f(\n        self,\n    ) -> int:\n"
    one_line = "\n    def g(self): return 2\n"
    code, expected = f"{head}        return self.x\n{one_line}", f"{head}{one_line}"
    assert class_outline(code) == expected
    assert section_text("m.A", "class", code) == f"m.A\n{expected}"
    assert section_text("m.A.f", "method", "def f(self):\n    return 1") == "A.f\ndef f(self):\n    return 1"


def adapted(base, **changes):
    """Return a retriever whose adapters are not zero, as after training."""
    recipe = tiny_recipe(base, **changes)
    model = untrained_retriever(recipe)
    add_adapters(model, recipe)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def test_merged_adapters_give_the_same_vectors_and_need_no_peft(qwen2):
    model = adapted(qwen2)
    before = embed(model, TEXTS, bf16=False)
    untouched = embed(untrained_retriever(tiny_recipe(qwen2)), TEXTS, bf16=False)
    assert np.abs(before - untouched).max() > 0.01
    merge_adapters(model)
    np.testing.assert_allclose(embed(model, TEXTS, bf16=False), before, atol=1e-5)
    assert not [name for name in model.state_dict() if "lora" in name]


def test_a_stored_retriever_comes_back_as_it_was(qwen2, tmp_path):
    model = adapted(qwen2)
    merge_adapters(model)
    save_retriever(model, tmp_path / "stored")
    again = load_retriever(tmp_path / "stored")
    np.testing.assert_allclose(embed(again, TEXTS, bf16=False), embed(model, TEXTS, bf16=False), atol=1e-6)
    assert again.max_seq_length == 48


def test_only_adapters_and_projection_are_trained(qwen2):
    model = adapted(qwen2, lora_r=2)
    trained = {
        name.rsplit("auto_model.", 1)[-1]: parameter.numel()
        for name, parameter in model.named_parameters()
        if parameter.requires_grad
    }
    # Two layers, sizes 32 -> q 32, k 16, v 16, o 32, rank 2: 2 * 2 * (64 + 48 + 48 + 64); projection 48 x 32.
    assert sum(trained.values()) == 2 * 2 * (64 + 48 + 48 + 64) + 48 * 32


def test_the_attention_of_both_families_is_found(qwen2):
    assert len(attention_layers(untrained_retriever(tiny_recipe(qwen2)), last=None)) == 2 * 4
    assert len(attention_layers(untrained_retriever(tiny_recipe("all-MiniLM-L6-v2")), last=None)) == 6 * 4


def test_the_last_layers_alone_can_be_adapted(qwen2):
    names = attention_layers(untrained_retriever(tiny_recipe(qwen2)), last=1)
    assert names == [f"layers.1.self_attn.{part}_proj" for part in "qkvo"]


def test_a_model_with_other_names_asks_for_them(qwen2):
    model = untrained_retriever(tiny_recipe(qwen2))
    for layer in model[0].auto_model.layers:
        layer.self_attn = torch.nn.Identity()
    with pytest.raises(RecipeError, match="Name its attention in lora_targets"):
        attention_layers(model, last=None)


@pytest.mark.parametrize("side", ["left", "right"])
def test_encoding_in_sorted_chunks_changes_no_vector(side, tmp_path):
    model = untrained_retriever(tiny_recipe(tiny_qwen2(tmp_path, padding_side=side))).eval()
    features = {key: value for key, value in model.preprocess(TEXTS).items() if torch.is_tensor(value)}
    whole = model(copy.copy(features))["sentence_embedding"]
    torch.testing.assert_close(embed_for_training(model, features, chunk=3), whole, atol=1e-5, rtol=0)


def test_rows_are_sorted_by_length_and_padded_to_the_longest_of_their_chunk(qwen2):
    """Four texts, long and short in turn, in chunks of two: one chunk as wide as the short ones, one as the long ones."""
    model = untrained_retriever(tiny_recipe(qwen2))
    short, long = "all items", "all items given, " * 5
    width = {text: model.preprocess([text])["input_ids"].shape[1] for text in (short, long)}
    seen = []
    model.register_forward_pre_hook(lambda module, given: seen.append(given[0]["input_ids"].shape))
    embed_for_training(model, model.preprocess([long, short, long, short]), chunk=2)
    assert seen == [(2, width[short]), (2, width[long])]


def test_a_folder_without_a_retriever_says_what_to_do(tmp_path):
    with pytest.raises(ArtifactError, match="Train phase 1 again"):
        load_retriever(tmp_path)
    (tmp_path / "modules.json").write_text("{")
    with pytest.raises(ArtifactError, match="Train phase 1 again"):
        load_retriever(tmp_path)
