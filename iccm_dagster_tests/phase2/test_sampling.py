from collections import Counter

import pytest
import torch
from transformers import GenerationConfig

from iccm_dagster.phase2.constraints import NoRepeat, NoStutter
from iccm_dagster.phase2.model import NOTHING, RequirementWriter, RequirementWriterConfig
from iccm_dagster.phase2.sampling import draw, search
from iccm_dagster.phase2.source import SourceBatch

START, END, PAD = 1, 2, 0
DRAWS = 6000


@pytest.fixture
def head() -> RequirementWriter:
    torch.manual_seed(0)
    config = RequirementWriterConfig(
        vocab_size=12,
        frequent=[0, 1, 2, 5, 6],
        d_model=8,
        encoder_size=6,
        num_layers=1,
        num_heads=2,
        d_ff=16,
        max_target=8,
        bos_token_id=START,
        eos_token_id=END,
        pad_token_id=PAD,
    )
    head = RequirementWriter(config).eval()
    # An untrained head says every word equally often: these make a difference.
    head.requires_grad_(False)
    torch.nn.init.normal_(head.embeddings.weight, std=0.3)
    torch.nn.init.normal_(head.copy_key.weight, std=1.0)
    head.out_bias[PAD] = -1e4  # padding, which a trained head never writes
    return head


@pytest.fixture
def batch() -> SourceBatch:
    torch.manual_seed(1)
    mask = torch.tensor([[True, True, True], [True, True, False]])
    ids = torch.tensor([[9, 10, 5], [11, 6, PAD]])
    return SourceBatch(ids=ids, states=torch.randn(2, 3, 6), mask=mask, begins=torch.full_like(ids, NOTHING))


def starts(number: int) -> torch.Tensor:
    return torch.full((number, 1), START)


@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_texts_are_drawn_as_often_as_they_are_likely(head, batch, temperature):
    """Over 6,000 draws of two tokens, every text's frequency is within 4.5 standard errors of its stated probability."""
    head.temperature = temperature
    torch.manual_seed(2)
    drawn = draw(head, batch, starts(2 * DRAWS), max_length=3)
    for row in range(2):
        counts = Counter(map(tuple, drawn[row * DRAWS : (row + 1) * DRAWS].tolist()))
        for text, count in counts.items():
            ids = torch.tensor([text])
            real = 1 if text[1] == END else 2
            one = torch.tensor([row])
            stated = head.token_log_probs(ids, batch.ids[one], batch.read_by(head).rows(one))
            p = stated[0, :real].sum().exp().item()
            assert count / DRAWS == pytest.approx(p, abs=4.5 * (p * (1 - p) / DRAWS) ** 0.5 + 1e-4)


def test_what_has_ended_is_padded_and_the_others_go_on(head, batch):
    torch.manual_seed(3)
    drawn = draw(head, batch, starts(200), max_length=8)
    ended = [row.tolist() for row in drawn if END in row.tolist()]
    assert 0 < len(ended) < 200, len(ended)
    for row in ended:
        after = row[row.index(END) + 1 :]
        assert after == [PAD] * len(after)
    assert all(PAD not in row.tolist() for row in drawn if END not in row.tolist())


def test_a_prompt_is_continued_as_hugging_face_continues_it(head, batch):
    """With a temperature near 0 every draw is the likeliest token, which is what greedy search finds; the cache and those
    that leave the batch change nothing."""
    prompts = torch.tensor([[START, 5], [START, 6]])
    head.temperature = 1e-4
    greedy = head.generate(
        **batch.inputs(),
        decoder_input_ids=prompts,
        generation_config=GenerationConfig(
            max_length=8, bos_token_id=START, eos_token_id=END, pad_token_id=PAD, decoder_start_token_id=START
        ),
    )
    drawn = draw(head, batch, prompts, max_length=8)
    searched = search(head, batch, prompts, max_length=8, constraints=lambda source_ids: [])
    assert drawn.tolist() == searched.tolist() == greedy.tolist()


def test_a_search_heeds_what_may_not_be_said_as_hugging_face_does(head, batch):
    """Two tokens in a row are said once; sequences that end early leave the batch, and its constraints with it."""
    prompts = torch.tensor([[START, 5], [START, 6]])
    settings = GenerationConfig(
        max_length=8, bos_token_id=START, eos_token_id=END, pad_token_id=PAD, decoder_start_token_id=START
    )
    inputs = {**batch.inputs(), "decoder_input_ids": prompts, "generation_config": settings}
    free = head.generate(**inputs)
    held = head.generate(**inputs, no_repeat_ngram_size=2, logits_processor=[NoStutter(batch.ids)])
    assert held.tolist() != free.tolist()
    searched = search(
        head, batch, prompts, max_length=8, constraints=lambda source_ids: [NoStutter(source_ids), NoRepeat(2)]
    )
    assert searched.tolist() == held.tolist()


def test_what_was_said_is_not_said_again():
    """5 6 7 5 6: saying 7 again would repeat three tokens; in the second row nothing precedes twice."""
    scores = NoRepeat(3)(torch.tensor([[5, 6, 7, 5, 6], [5, 6, 7, 8, 6]]), torch.zeros(2, 9))
    assert (scores == float("-inf")).nonzero().tolist() == [[0, 7]]
    assert torch.equal(NoRepeat(3)(torch.tensor([[5, 6]]), torch.zeros(1, 9)), torch.zeros(1, 9))
