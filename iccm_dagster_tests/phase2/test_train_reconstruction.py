"""Stage 2 on a toy whose optimum is known: say the wanted word."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import torch
from transformers import BertTokenizerFast

from iccm_dagster.errors import TrainingError
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.model import RequirementWriter, RequirementWriterConfig
from iccm_dagster.phase2.recipe import ReinforceRecipe
from iccm_dagster.phase2.source import EncodedSource
from iccm_dagster.phase2.styles import STYLES as STYLE_NAMES
from iccm_dagster.phase2.texts import Codec
from iccm_dagster.phase2.train_reconstruction import Task, greedy_pass_rates, reward_samples, train_stage2
from iccm_dagster.phase2.train_supervised import Example
from iccm_dagster.phase2.writer import Samples, Writer
from iccm_dagster.progress import Progress, silent

TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "sort", "sum", "drop", "the", "list", "##a", "##b", "##c"]
STYLES = [10, 11, 12]


@dataclass
class ToyJury:
    """An equal share of the tests passes for each wanted word that is said; keeps what it was asked. A scripted failure
    judges nothing."""

    fail: bool = False
    wanted: tuple[str, ...] = ("sort", "sum")

    def __post_init__(self) -> None:
        self.asked: list[Context] = []
        self.floor = {"toy": 0.0}

    def hear(self, texts, *, rewarding_only):
        assert rewarding_only
        self.asked += [context for _, context in texts]
        return [[self._judge(context)] for _, context in texts]

    def _judge(self, context: Context):
        rate = (
            None
            if self.fail
            else sum(any(word in said.lower() for said in context.statements) for word in self.wanted)
            / len(self.wanted)
        )
        return SimpleNamespace(lift=rate, pass_rate=rate)


def everything(statements):
    return list(range(len(statements)))


@pytest.fixture
def writer(tmp_path) -> Writer:
    torch.manual_seed(0)
    tokenizer = BertTokenizerFast(vocab={token: number for number, token in enumerate(TOKENS)})
    head = RequirementWriter(
        RequirementWriterConfig(
            vocab_size=len(TOKENS),
            frequent=list(range(len(TOKENS))),
            d_model=16,
            encoder_size=4,
            num_layers=1,
            num_heads=2,
            d_ff=16,
            dropout=0.0,
            max_target=4,
            bos_token_id=2,
            eos_token_id=3,
            pad_token_id=0,
            copy_path=False,
            styles=STYLES,
        )
    )
    return Writer(SimpleNamespace(tokenizer=tokenizer, max_source=4), head, tmp_path)


@pytest.fixture
def task() -> Task:
    sources = tuple(
        EncodedSource(ids=torch.tensor([7]), states=state[None].half(), cut=0) for state in torch.eye(4)[:2] * 3
    )
    return Task(application="toy", split="train", sources=sources)


def recipe(**settings) -> ReinforceRecipe:
    return ReinforceRecipe(
        **{
            "epochs": 60,
            "samples": 16,
            "peak_lr": 0.01,
            "gold_weight": 0.0,
            "all_pass_bonus": 0.0,
            "workers": 1,
            "min_statements": 1,
            **settings,
        }
    )


@pytest.mark.parametrize("credit", ["statement", "application"])
def test_the_known_optimum_is_reached(writer, task, tmp_path, credit):
    """One source, and every test passes where "list" is said: at first by chance in some samples, after training always."""
    alone = Task(application="toy", split="train", sources=task.sources[:1])
    jury = ToyJury(wanted=("list",))
    before = greedy_pass_rates(writer, [alone], jury, everything)
    history = train_stage2(
        writer,
        tasks=[alone],
        gold=[],
        jury=jury,
        select=everything,
        recipe=recipe(credit=credit),
        work=tmp_path,
        on_progress=silent,
    )
    assert before == {"toy": 0.0}
    assert greedy_pass_rates(writer, [alone], jury, everything) == {"toy": 1.0}
    assert history[-1]["gain"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 1}
    assert history[-1]["train_reward"] > history[1]["train_reward"] + 0.3
    assert history[-1]["kl"] > 0.1


def samples_of(*texts: tuple[str, str]) -> Samples:
    """Two section groups; one pair of texts per sample."""
    return Samples(texts=[[pair[0] for pair in texts], [pair[1] for pair in texts]], ids=[])


def test_a_statement_is_worth_what_its_set_loses_without_it(task):
    """Sample 0 says both words: each is worth .5. Sample 1 says "sort" twice: without either the other still says it,
    so both are worth 0."""
    rewards_KG, sets_K = reward_samples(
        task, samples_of(("sort", "sum"), ("sort", "sort")), ToyJury(), everything, recipe(samples=2)
    )
    assert rewards_KG.tolist() == [[0.5, 0.5], [0.0, 0.0]]
    assert sets_K == [1.0, 0.5]


def test_with_credit_by_application_every_statement_gets_the_rate_of_its_set(task):
    rewards_KG, _ = reward_samples(
        task,
        samples_of(("sort", "sum"), ("drop", "sum")),
        ToyJury(),
        everything,
        recipe(samples=2, credit="application"),
    )
    assert rewards_KG.tolist() == [[1.0, 1.0], [0.5, 0.5]]


def test_a_statement_that_selection_dropped_is_worth_nothing(task):
    rewards_KG, _ = reward_samples(
        task, samples_of(("sort", "sum"), ("sort", "sum")), ToyJury(), lambda statements: [0], recipe(samples=2)
    )
    assert rewards_KG.tolist() == [[0.5, 0.0], [0.5, 0.0]]


def test_what_was_not_judged_is_nan_and_trains_nothing(writer, task, tmp_path):
    before = {name: value.clone() for name, value in writer.head.state_dict().items()}
    jury = ToyJury(fail=True)
    rewards_KG, sets_K = reward_samples(
        task, samples_of(("sort", "sum"), ("drop", "sum")), jury, everything, recipe(samples=2)
    )
    assert rewards_KG.isnan().all()
    assert sets_K == [None, None]
    history = train_stage2(
        writer,
        tasks=[task],
        gold=[],
        jury=jury,
        select=everything,
        recipe=recipe(epochs=1),
        work=tmp_path,
        on_progress=silent,
    )
    assert history[1]["unjudged"] == 16
    assert all(torch.equal(value, before[name]) for name, value in writer.head.state_dict().items())


def test_an_interrupted_training_ends_where_an_undisturbed_one_does(writer, task, tmp_path):
    start = {name: value.clone() for name, value in writer.head.state_dict().items()}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    def train(folder: str, epochs: int) -> None:
        train_stage2(
            writer,
            tasks=[task],
            gold=[],
            jury=ToyJury(),
            select=everything,
            recipe=recipe(epochs=epochs),
            work=tmp_path / folder,
            on_progress=silent,
        )

    train("a", 6)
    undisturbed = {name: value.clone() for name, value in writer.head.state_dict().items()}
    writer.head.load_state_dict(start)
    train("b", 3)
    writer.head.load_state_dict(start)  # a new process would start from the stage-1 checkpoint too
    train("b", 6)
    assert all(torch.equal(value, undisturbed[name]) for name, value in writer.head.state_dict().items())


class Killed(Exception):
    """Stands for the end of the process."""


def test_a_training_that_ends_inside_a_pass_repeats_it_bit_for_bit(writer, task, tmp_path):
    """Two steps per pass, gold texts and dropout; the process ends after the first step of the third pass. A new process
    starts from the stage-1 weights and has drawn other random numbers."""
    start = writer.weights()
    other = Task(application="other", split="train", sources=task.sources)
    gold = [Example(source=source, target="sort the list") for source in task.sources]
    for module in writer.head.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.2

    def train(folder: str, on_progress=silent):
        (tmp_path / folder).mkdir(exist_ok=True)
        jury = ToyJury()
        jury.floor["other"] = 0.0
        return train_stage2(
            writer,
            tasks=[task, other],
            gold=gold,
            jury=jury,
            select=everything,
            recipe=recipe(epochs=4, applications_per_step=1, gold_weight=0.1, trained="all"),
            work=tmp_path / folder,
            on_progress=on_progress,
        )

    def die(progress: Progress) -> None:
        if progress.stage == "stage 2, pass 3/4" and progress.step == 1:
            raise Killed

    history = train("undisturbed")
    undisturbed = writer.weights()
    writer.restore(start)
    with pytest.raises(Killed):
        train("killed", die)
    writer.restore(start)
    torch.manual_seed(99)
    assert train("killed") == history
    assert len(history) == 5 and history[-1]["kl"] != 0
    assert all(torch.equal(value, undisturbed[name]) for name, value in writer.weights().items())


def test_one_step_makes_the_rewarded_text_likelier_and_the_others_less(writer, task, tmp_path):
    """Through the whole loop: sampled, rewarded, compared, one optimiser step."""
    [source], ids = task.sources[:1], writer.codec.target_ids(["sort", "drop", "the"])

    def log_probs() -> torch.Tensor:
        with torch.no_grad():
            return (torch.mul(*writer.log_probs([source] * 3, ids))).sum(dim=1)

    before = log_probs()
    train_stage2(
        writer,
        tasks=[Task(application="toy", split="train", sources=(source,))],
        gold=[],
        jury=ToyJury(wanted=("sort",)),
        select=everything,
        recipe=recipe(epochs=1, samples=64, temperature=1.0, trained="all", peak_lr=0.001, style_lr=1e-6),
        work=tmp_path,
        on_progress=silent,
    )
    # The best pass is kept: after one step the greedy text may be what it was.
    writer.restore(torch.load(tmp_path / "stage2.pt", weights_only=True)["weights"])
    change = log_probs() - before
    assert change[0] > 0 > change[1:].max()


def test_the_style_that_is_understood_becomes_the_likeliest(writer, task, tmp_path, monkeypatch):
    """Every sample of the second style passes, whatever it says, and none of the others: three numbers learn that in a few
    steps, although everything else hardly moves."""

    class Listener(ToyJury):
        def _judge(self, context):
            rate = float(any(said.startswith("B") for said in context.statements))
            return SimpleNamespace(lift=rate, pass_rate=rate)

    source = task.sources[:1]
    monkeypatch.setattr(Codec, "decode", lambda self, ids: ["ABC"[STYLES.index(row[1])] for row in ids.tolist()])
    history = train_stage2(
        writer,
        tasks=[Task(application="toy", split="train", sources=source)],
        gold=[],
        jury=Listener(),
        select=everything,
        recipe=recipe(epochs=20, peak_lr=1e-6, style_lr=0.1, temperature=1.0),
        work=tmp_path,
        on_progress=silent,
    )
    assert writer.styles(source, batch_size=1) == [STYLE_NAMES[1]]
    assert history[-1]["styles"] == {STYLE_NAMES[1]: 1.0}
    assert history[-1]["train_reward"] > history[1]["train_reward"]


def test_nothing_to_train_on_is_an_error(writer, task, tmp_path):
    jury = ToyJury()
    jury.floor = {"toy": None}
    with pytest.raises(TrainingError, match="no training application could be judged"):
        train_stage2(
            writer,
            tasks=[task],
            gold=[],
            jury=jury,
            select=everything,
            recipe=recipe(),
            work=tmp_path,
            on_progress=silent,
        )
