"""Both generators through the one protocol: what the training loops rely on."""

import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from iccm_dagster.encoders import BUNDLED, load_encoder
from iccm_dagster.errors import ArtifactError, RecipeError
from iccm_dagster.microbatch import MicroBatch
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.causal_lm import ASK, CausalWriter
from iccm_dagster.phase2.compare_generators import recipes_of
from iccm_dagster.phase2.constraints import NoStutter
from iccm_dagster.phase2.drift import likelihoods
from iccm_dagster.phase2.generate import Writers
from iccm_dagster.phase2.generator import holding, load_generator, new_generator
from iccm_dagster.phase2.groups import presented
from iccm_dagster.phase2.recipe import GENERATORS, ComparisonRecipe, ReinforceRecipe, WriterRecipe
from iccm_dagster.phase2.source import collate
from iccm_dagster.phase2.styles import RECALLED, STYLES
from iccm_dagster.phase2.train_reconstruction import Task, greedy_pass_rates, train_stage2
from iccm_dagster.phase2.train_supervised import Example, accumulate_cross_entropy, train_stage1
from iccm_dagster.progress import Progress, silent
from iccm_dagster_tests.tiny import write_causal_lm

CODE = ("def add(a, b):\n    return a + b", "def largest(numbers):\n    return max(numbers)", "x = 1")
TEXTS = ("Add two numbers.", "Return the largest number of a list.", "Keep one.")


def recipe(kind: str, **changes) -> WriterRecipe:
    small = {
        "generator": kind,
        "num_layers": 1,
        "num_heads": 4,
        "d_ff": 32,
        "vocabulary": 300,
        "max_source": 40,
        "max_target": 16,
        "dropout": 0.0,
        "lora_dropout": 0.0,
        "warm_pairs": 0,
        "gold_epochs": 2,
        "batch_size": 2,
        "threads": 1,
        "bf16": False,
    }
    return WriterRecipe(**{**small, **changes})


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    return write_causal_lm(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def retriever(base, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("retriever")
    load_encoder(base, projection=32, max_tokens=64).save_pretrained(str(folder), create_model_card=False)
    return folder


@pytest.fixture
def make(base, retriever):
    """Return a function that makes an untrained generator of a kind."""

    def new(kind: str, **changes):
        torch.manual_seed(1)
        return new_generator(recipe(kind, **changes), retriever=retriever, base=str(base), targets=TEXTS, device="cpu")

    return new


def examples_of(writer) -> list[Example]:
    sources = writer.encode(CODE, batch_size=4)
    return [Example(source=source, target=text) for source, text in zip(sources, TEXTS, strict=True)]


@pytest.mark.parametrize("kind", GENERATORS)
def test_the_gradient_does_not_depend_on_the_micro_batch_nor_on_padding(make, kind):
    found = []
    for size in (1, 3):
        writer = make(kind, gradient_checkpointing=True)
        parameters = writer.trained_parameters("all")
        writer.learn(dropout=True)
        # The second matrices of fresh adapters are 0 and hide the gradient of the first.
        torch.manual_seed(2)
        with torch.no_grad():
            for parameter in parameters:
                parameter.add_(torch.randn_like(parameter) * 0.02)
        writer.micro = MicroBatch(size)
        loss = accumulate_cross_entropy(writer, examples_of(writer), parameters, bf16=False)
        gradients = [parameter.grad.flatten() for parameter in parameters if parameter.grad is not None]
        found.append((loss, torch.cat(gradients)))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    assert torch.allclose(found[0][1], found[1][1], atol=1e-5)
    assert found[0][1].abs().max() > 1e-3


def test_two_threads_compute_the_gradient_of_one_where_nothing_is_drawn(make, two_threads):
    """The same to the last bit each time: the shares are added in their order, whichever is ready first."""
    found = []
    for dropout, training, threads in ((0.0, True, 2), (0.0, True, 2), (0.3, True, 1), (0.3, False, 2)):
        writer = make("head", dropout=dropout)
        writer.learn(dropout=training)
        assert writer.alongside == threads
        parameters = writer.trained_parameters("all")
        accumulate_cross_entropy(writer, examples_of(writer), parameters, bf16=False)
        found.append(torch.cat([parameter.grad.flatten() for parameter in parameters if parameter.grad is not None]))
    assert torch.equal(found[0], found[1])
    torch.set_num_threads(1)
    writer = make("head")
    writer.learn(dropout=True)
    assert writer.alongside == 1
    parameters = writer.trained_parameters("all")
    accumulate_cross_entropy(writer, examples_of(writer), parameters, bf16=False)
    alone = torch.cat([parameter.grad.flatten() for parameter in parameters if parameter.grad is not None])
    assert torch.allclose(found[0], alone, atol=1e-6)
    assert torch.allclose(found[3], alone, atol=1e-6)


@pytest.mark.parametrize("kind", GENERATORS)
def test_what_is_written_has_the_highest_probability_at_each_step_and_sampling_follows_the_temperature(make, kind):
    """Near temperature 0 a sample is the likeliest text, and its probability at that temperature is 1."""
    writer = make(kind)
    sources = writer.encode(CODE, batch_size=4)
    drawn = writer.sample(sources, samples=2, temperature=1e-7, batch_size=8)
    assert [len(texts) for texts in drawn.texts] == [2, 2, 2]
    ids = torch.nn.utils.rnn.pad_sequence(
        [rows[0] for rows in drawn.ids], batch_first=True, padding_value=writer.codec.pad_id
    )
    with torch.no_grad(), writer.at_temperature(1e-7):
        log_probs, real = writer.log_probs(sources, ids)
    # The style, which comes first where there are several, is drawn at temperature 1.
    words = (log_probs * real)[:, min(1, len(writer.codec.styles)) :]
    assert (words.sum(dim=1).exp() > 0.99).all()
    if kind == "causal_lm":  # the head's greedy search forbids repetition besides
        assert writer.write(sources, num_beams=1, batch_size=2) == [texts[0] for texts in drawn.texts]


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_stored_generator_says_the_same(make, tmp_path, kind):
    writer = make(kind)
    with torch.no_grad():
        for parameter in writer.trained_parameters("all"):
            parameter.add_(0.01)
    writer.save(tmp_path / "stored")
    again = load_generator(tmp_path / "stored", device="cpu")
    ids = writer.codec.target_ids(TEXTS)
    for one in (writer, again):
        one.learn(dropout=False)
    with torch.no_grad():
        ours, theirs = (one.log_probs(one.encode(CODE, batch_size=4), ids)[0] for one in (writer, again))
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert (again.kind, again.reading) == (kind, again.reading)


def test_the_head_says_what_it_knows_by_heart_and_writes_about_the_rest(make, tmp_path):
    writer = make("head")
    sources = writer.encode(CODE, batch_size=4)
    by_itself = writer.write(sources, num_beams=1, batch_size=4)
    writer.remember(sources[1:], ["Know the URL by heart.", "And this."], least=0.95)
    writer.save(tmp_path / "stored")
    for one in (writer, load_generator(tmp_path / "stored", device="cpu")):
        assert one.write(sources, num_beams=1, batch_size=4) == [by_itself[0], "Know the URL by heart.", "And this."]
        styles = one.styles(sources, batch_size=4)
        assert styles[0] in STYLES and styles[1:] == [RECALLED, RECALLED]
    groups = pd.DataFrame(
        {"application": "a", "split": "train", "group": ["m.largest"], "source": ["def largest(url): return max(url)"],
         "sections": [["m.largest"]]}
    )  # fmt: skip
    writer.remember(writer.encode(groups["source"].tolist(), batch_size=1), ["Know the URL by heart."], least=0.95)
    writer.save(tmp_path / "stored")
    writers = Writers({"stage 1": tmp_path / "stored"}, recipe=ReinforceRecipe(), device="cpu", reference="stage 1")
    # Nor is it spelled as the source spells it: it is the hand-written text.
    [row] = writers.write(groups).itertuples()
    assert (row.text, row.tokens) == ("Know the URL by heart.", 0)


def test_the_head_is_told_where_name_and_docstring_begin(make):
    writer = make("head", max_source=24)
    read = [
        presented("m.add_up", "Add two numbers.", CODE[0]),
        presented("m.add_up", "", CODE[0]),
        f"{'long ' * 30}\nadd up: Cut away.",
    ]
    tokens = [
        {style: writer.codec.tokenizer.decode(source.ids[source.begins == STYLES.index(style)]) for style in STYLES}
        for source in writer.encode(read, batch_size=4)
    ]
    first = [{style: said.strip() for style, said in row.items()} for row in tokens]
    assert all("add".startswith(row["named"]) and row["named"] for row in first[:2])
    assert "Add".startswith(first[0]["carried"]) and first[0]["carried"]
    assert first[1]["carried"] == ""
    assert set(first[2].values()) == {""}


def test_evened_out_no_style_is_ahead_on_average_and_sources_still_differ(make):
    writer = make("head")
    sources = writer.encode(CODE, batch_size=4)
    with torch.no_grad():
        writer.head.style.weight.normal_()
        for layer in writer.head.layers:
            layer.cross_gate.fill_(1.0)  # a fresh head does not look at its source yet
        writer.head.style.bias += torch.tensor([3.0, 0.0, -2.0])
    writer.even_out(sources, batch_size=2)
    read = collate(sources, pad_id=writer.codec.pad_id, device="cpu").read_by(writer.head)
    with torch.no_grad():
        log_probs = writer.head.style_log_probs(read)
    assert log_probs.mean(dim=0).tolist() == pytest.approx([float(log_probs.mean())] * 3, abs=1e-5)
    assert log_probs.std(dim=0).min() > 1e-3


def test_no_word_is_said_twice_in_a_row_unless_the_source_says_so():
    """Two sources of two beams each; only the second one has its word, 7, twice in a row."""
    forbid = NoStutter(torch.tensor([[7, 5, 7], [5, 7, 7]]))
    written = torch.tensor([[1, 7], [1, 5], [1, 7], [1, 5]])
    scores = forbid(written, torch.zeros(4, 9))
    assert (scores == float("-inf")).nonzero().tolist() == [[0, 7], [1, 5], [3, 5]]


@pytest.mark.parametrize(("recall", "known"), [(0.95, 1), (None, 0)])
def test_stage_1_knows_by_heart_what_it_has_read_and_nothing_else(tmp_path, base, retriever, recall, known):
    """Of two applications one is kept from it; a paraphrase is learned from, and not remembered."""
    rows = [
        {"application": name, "split": "train", "group": "g", "source": code, "text": text, "variant": variant,
         "main": True, "unread": unread}
        for name, code, text, variant, unread in (
            ("a", CODE[0], TEXTS[0], "gold", False), ("a", CODE[0], "Sum two.", "paraphrase-1", False),
            ("b", CODE[1], TEXTS[1], "gold", True),
        )
    ]  # fmt: skip
    pd.DataFrame(rows).to_parquet(tmp_path / "examples.parquet")
    train_stage1(
        examples_path=tmp_path / "examples.parquet",
        corpus_path=None,
        retriever=retriever,
        base=str(base),
        recipe=recipe("head", gold_epochs=1, recall=recall),
        out=tmp_path / "out",
        work=tmp_path,
        device="cpu",
        micro_batch=1,
        on_progress=silent,
    )
    writer = load_generator(tmp_path / "out", device="cpu")
    styles = writer.styles(writer.encode(CODE, batch_size=4), batch_size=4)
    assert [style == RECALLED for style in styles] == [bool(known), False, False]
    assert (writer.write(writer.encode(CODE[:1], batch_size=1), num_beams=1, batch_size=1) == [TEXTS[0]]) is bool(known)


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_generator_can_be_what_it_was_for_a_while(make, kind):
    writer = make(kind)
    first = writer.weights()
    with torch.no_grad():
        for parameter in writer.trained_parameters("all"):
            parameter.add_(1.0)
    moved = writer.weights()
    with holding(writer, first):
        assert all(torch.equal(value, first[name]) for name, value in writer.weights().items())
    assert all(torch.equal(value, moved[name]) for name, value in writer.weights().items())


def test_the_language_model_gives_the_probabilities_of_its_own_forward_pass(make, base):
    """Row by row, without padding, from the whole logits."""
    writer = make("causal_lm")
    sources, ids = writer.encode(CODE, batch_size=4), writer.codec.target_ids(TEXTS)
    with torch.no_grad():
        log_probs, real = writer.log_probs(sources, ids)
        for source, row, given, counts in zip(sources, ids, log_probs, real, strict=True):
            length = int(counts.sum())
            whole = torch.cat([source.ids, row[1 : 1 + length]])[None]
            wanted = writer.model(input_ids=whole).logits[0, len(source.ids) - 1 : -1].log_softmax(-1)
            expected = wanted.gather(-1, row[1 : 1 + length, None])[:, 0]
            assert torch.allclose(given[:length], expected, atol=1e-4)


@pytest.mark.parametrize("kind", GENERATORS)
def test_each_requirement_carries_its_sections_and_how_likely_it_is_under_stage_1(make, tmp_path, kind):
    """Both stages write about the same groups; every text is judged by stage 1 about the group that it was written from."""
    first = make(kind)
    first.save(tmp_path / "one")
    with torch.no_grad():
        for parameter in first.trained_parameters("all"):
            parameter.add_(torch.randn_like(parameter) * 0.05)
    first.save(tmp_path / "two")
    groups = pd.DataFrame(
        {"application": "a", "split": "train", "group": ["m.add", "m.largest"], "source": CODE[:2],
         "sections": [["m.add"], ["m.largest", "m._checked"]]}
    )  # fmt: skip
    writers = Writers(
        {"stage 1": tmp_path / "one", "stage 2": tmp_path / "two"},
        recipe=ReinforceRecipe(),
        device="cpu",
        reference="stage 1",
    )
    written = writers.write(groups)
    assert written["source"].tolist() == ["stage 1"] * 2 + ["stage 2"] * 2
    assert written["sections"].tolist() == groups["sections"].tolist() * 2
    judge = load_generator(tmp_path / "one", device="cpu")
    for row, code in zip(written.itertuples(), CODE[:2] * 2, strict=True):
        [[log_prob, tokens]] = likelihoods(
            judge, judge.encode([code], batch_size=1), [row.text], batch_size=1
        ).to_numpy()
        assert (row.log_prob, row.tokens) == (pytest.approx(log_prob, rel=1e-3), tokens)
        assert 0 < row.tokens <= judge.codec.max_target


def test_a_long_source_is_cut_and_counted_and_the_instruction_is_not(make):
    writer = make("causal_lm", max_source=16)
    (source,) = writer.encode(["numbers " * 40], batch_size=1)
    text = writer.codec.tokenizer.decode(source.ids)
    assert text.startswith(f"<|user|>{ASK}") and text.endswith("<|assistant|>")
    assert source.cut > 0


def test_only_adapters_learn_and_are_stored(make, tmp_path):
    writer = make("causal_lm")
    assert all("lora_" in name for name in writer.weights())
    writer.save(tmp_path)
    # 2 layers x rank 16 x (q 48+48, k 48+24, v 48+24, o 48+48) numbers of 4 bytes
    assert sum(value.numel() for value in writer.weights().values()) == 2 * 16 * 336
    assert (tmp_path / "adapter" / "adapter_model.safetensors").stat().st_size < 2 * 16 * 336 * 4 + 10000


def test_a_base_that_changed_is_refused(base, tmp_path):
    own = shutil.copytree(base, tmp_path / "base")
    CausalWriter.new(str(own), recipe("causal_lm"), device="cpu").save(tmp_path / "stored")
    (own / "config.json").write_text((own / "config.json").read_text() + "\n")
    with pytest.raises(ArtifactError, match="its adapters belong to another"):
        load_generator(tmp_path / "stored", device="cpu")


def test_an_encoder_is_refused_as_a_language_model():
    with pytest.raises(RecipeError, match=r"needs a causal language model.*bert.*Use generator='head'"):
        CausalWriter.new(BUNDLED, recipe("causal_lm"), device="cpu")


def test_the_comparison_gives_both_the_same_examples_and_samples():
    writer, reinforce = WriterRecipe(warm_pairs=5000, gold_epochs=9), ReinforceRecipe(epochs=9, samples=6)
    budget = ComparisonRecipe(warm_pairs=100, gold_epochs=2, epochs=1, causal_lr=1e-5)
    made = {kind: recipes_of(kind, writer, reinforce, budget) for kind in GENERATORS}
    for kind, (supervised, sampled) in made.items():
        assert (supervised.generator, supervised.warm_pairs, supervised.gold_epochs) == (kind, 100, 2)
        assert (sampled.epochs, sampled.samples) == (1, 6)
    assert made["head"][0].gold_lr == writer.gold_lr and made["causal_lm"][0].gold_lr == 1e-5


def train(kind: str, folder: Path, base: Path, retriever: Path, on_progress=silent) -> None:
    rows = [
        {"application": "a", "split": "train", "group": f"g{n}", "source": code, "text": text, "variant": "gold",
         "main": True, "unread": False}
        for n, (code, text) in enumerate(zip(CODE * 2, TEXTS * 2, strict=True))
    ]
    folder.mkdir(exist_ok=True)
    pd.DataFrame(rows).to_parquet(folder / "examples.parquet")
    train_stage1(
        examples_path=folder / "examples.parquet",
        corpus_path=None,
        retriever=retriever,
        base=str(base),
        recipe=recipe(kind, checkpoint_steps=1, dropout=0.1, lora_dropout=0.1),
        out=folder / "out",
        work=folder,
        device="cpu",
        micro_batch=1,
        on_progress=on_progress,
    )


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_training_that_was_killed_inside_a_pass_ends_where_an_undisturbed_one_does(tmp_path, base, retriever, kind):
    """A process of its own, killed after the first of three steps of the second pass; dropout is on."""
    train(kind, tmp_path / "undisturbed", base, retriever)
    child = os.fork()
    if child == 0:

        def killed(progress: Progress) -> None:
            if "pass 2/2" in progress.stage:
                os.kill(os.getpid(), signal.SIGKILL)

        train(kind, tmp_path / "killed", base, retriever, on_progress=killed)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert not (tmp_path / "killed" / "out").exists()
    train(kind, tmp_path / "killed", base, retriever)
    one, other = (load_generator(tmp_path / name / "out", device="cpu").weights() for name in ("undisturbed", "killed"))
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_the_loop_of_stage_2_takes_the_language_model_to_a_known_optimum(tmp_path):
    """Seven words, and every test passes where "sort" is said: at first by chance, in the end always."""
    words = ["<end>", "<pad>", "sort", "sum", "drop", "the", "list", "."]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="."))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<pad>", unk_token=".")
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=8,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    Qwen2ForCausalLM(config).save_pretrained(tmp_path / "base")
    fast.save_pretrained(tmp_path / "base")
    small = recipe("causal_lm", max_target=8, gradient_checkpointing=True)
    writer = CausalWriter.new(str(tmp_path / "base"), small, device="cpu")

    def judged(context: Context):
        rate = float(any("sort" in said.lower() for said in context.statements))
        return [SimpleNamespace(lift=rate, pass_rate=rate)]

    jury = SimpleNamespace(
        floor={"toy": 0.0}, hear=lambda texts, *, rewarding_only: [judged(context) for _, context in texts]
    )
    task = Task(application="toy", split="train", sources=tuple(writer.encode(["the list"], batch_size=1)))
    history = train_stage2(
        writer,
        tasks=[task],
        gold=[],
        jury=jury,
        select=lambda statements: list(range(len(statements))),
        recipe=ReinforceRecipe(
            epochs=25, samples=16, temperature=1.0, peak_lr=0.02, gold_weight=0.0, all_pass_bonus=0.0, min_statements=1
        ),
        work=tmp_path,
        on_progress=silent,
    )
    assert history[1]["train_reward"] < 0.9
    assert greedy_pass_rates(writer, [task], jury, lambda statements: list(range(len(statements)))) == {"toy": 1.0}
    assert history[-1]["train_reward"] > history[1]["train_reward"]
    assert history[-1]["kl"] > 0.01
