import math

import pytest
import torch
from transformers import BertConfig, BertModel
from transformers.modeling_outputs import BaseModelOutput

from iccm_dagster.phase2.model import (
    BEGIN,
    FOLLOW,
    MOMENTUM,
    NOTHING,
    OPENING,
    RequirementWriter,
    RequirementWriterConfig,
    preceding,
)

VOCABULARY = 50
FREQUENT = [0, 1, 2, *range(10, 30)]


@pytest.fixture
def writer() -> RequirementWriter:
    torch.manual_seed(0)
    config = RequirementWriterConfig(
        vocab_size=VOCABULARY,
        frequent=FREQUENT,
        d_model=16,
        encoder_size=12,
        num_layers=2,
        num_heads=2,
        d_ff=32,
        max_target=12,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    return RequirementWriter(config).eval()


@pytest.fixture
def source() -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    mask = torch.ones(2, 5, dtype=torch.long)
    mask[1, 3:] = 0
    return {
        "source_ids": torch.tensor([[40, 41, 42, 11, 12], [43, 44, 13, 0, 0]]),
        "attention_mask": mask,
        "states": torch.randn(2, 5, 12),
    }


def log_probs(writer, source, ids):
    read = writer.read(source["source_ids"], source["states"], source["attention_mask"])
    return writer.token_log_probs(ids, source["source_ids"], read)


def outputs(writer, source, ids):
    return writer(
        source_ids=source["source_ids"],
        attention_mask=source["attention_mask"],
        decoder_input_ids=ids,
        encoder_outputs=BaseModelOutput(last_hidden_state=source["states"]),
    ).logits


def test_the_mixture_is_a_distribution(writer, source):
    total = outputs(writer, source, torch.tensor([[1, 11], [1, 12]])).exp().sum(dim=-1)
    assert total.flatten().tolist() == pytest.approx([1.0] * 4, abs=1e-4)


def test_the_log_probability_of_a_text_is_what_the_whole_distribution_says(writer, source):
    ids = torch.tensor([[1, 11, 40, 2], [1, 13, 43, 2]])
    whole = outputs(writer, source, ids[:, :-1]).gather(-1, ids[:, 1:, None])[..., 0]
    assert torch.allclose(log_probs(writer, source, ids), whole, atol=1e-4)


def test_a_later_token_changes_no_earlier_probability(writer, source):
    """The seed's decoder has no causal mask: it can read its own answer."""
    one, other = torch.tensor([[1, 11, 12, 2]] * 2), torch.tensor([[1, 11, 28, 2]] * 2)
    assert torch.equal(log_probs(writer, source, one)[:, 0], log_probs(writer, source, other)[:, 0])


def test_padding_of_the_source_is_invisible(writer, source):
    ids = torch.tensor([[1, 11, 2]] * 2)
    changed = {**source, "states": source["states"].clone()}
    changed["states"][1, 3:] = 99.0
    assert torch.allclose(log_probs(writer, source, ids)[1], log_probs(writer, changed, ids)[1], atol=1e-6)


def test_a_rare_token_can_be_written_only_where_the_source_has_it(writer, source):
    """Token 40 is outside of the cut vocabulary and in the first source only."""
    rare = outputs(writer, source, torch.tensor([[1], [1]]))[:, 0, 40].exp()
    assert rare[0] > 0.001
    assert rare[1] < 1e-6


def test_without_the_copy_path_it_cannot_be_written_at_all(writer, source):
    writer.config.copy_path = False
    assert outputs(writer, source, torch.tensor([[1], [1]]))[0, 0, 40].exp() < 1e-6


def test_generation_with_the_cache_agrees_with_teacher_forcing(writer, source):
    made = writer.generate(
        source_ids=source["source_ids"],
        attention_mask=source["attention_mask"],
        encoder_outputs=BaseModelOutput(last_hidden_state=source["states"]),
        do_sample=False,
        max_new_tokens=6,
        min_new_tokens=6,
        return_dict_in_generate=True,
        output_logits=True,
    )
    step_by_step = torch.stack(made.logits, dim=1).gather(-1, made.sequences[:, 1:, None])[..., 0]
    assert torch.allclose(step_by_step, log_probs(writer, source, made.sequences), atol=1e-4)


def test_sampling_draws_from_the_models_own_distribution(writer, source):
    """The first token's frequency over 4,000 draws is within 4 standard errors of its probability."""
    first = {name: value[:1].repeat_interleave(4000, 0) for name, value in source.items()}
    drawn = writer.generate(
        source_ids=first["source_ids"],
        attention_mask=first["attention_mask"],
        encoder_outputs=BaseModelOutput(last_hidden_state=first["states"]),
        do_sample=True,
        top_k=0,
        max_new_tokens=1,
    )[:, 1]
    expected = outputs(writer, source, torch.tensor([[1], [1]]))[0, 0].exp()
    token = int(expected.argmax())
    error = float((expected[token] * (1 - expected[token]) / 4000) ** 0.5)
    assert float((drawn == token).float().mean()) == pytest.approx(float(expected[token]), abs=4 * error)


def test_beams_find_a_likelier_text_than_greed_or_the_same(writer, source):
    inputs = {
        "source_ids": source["source_ids"],
        "attention_mask": source["attention_mask"],
        "encoder_outputs": BaseModelOutput(last_hidden_state=source["states"]),
    }
    greedy = writer.generate(**inputs, do_sample=False, max_new_tokens=5, min_new_tokens=5)
    beams = writer.generate(**inputs, num_beams=4, do_sample=False, max_new_tokens=5, min_new_tokens=5)
    assert (log_probs(writer, source, beams).sum(1) >= log_probs(writer, source, greedy).sum(1) - 1e-4).all()


def test_a_cooler_writer_states_the_probabilities_that_it_samples_with(writer, source):
    ids = torch.tensor([[1, 11], [1, 12]])
    writer.temperature = 0.5
    cool = outputs(writer, source, ids).exp()
    assert cool.sum(dim=-1).flatten().tolist() == pytest.approx([1.0] * 4, abs=1e-4)
    whole = cool[:, :1].log().gather(-1, ids[:, 1:, None])[..., 0]
    assert torch.allclose(log_probs(writer, source, ids), whole, atol=1e-4)


def test_a_saved_writer_is_the_same_writer(writer, source, tmp_path):
    writer.save_pretrained(tmp_path)
    again = RequirementWriter.from_pretrained(tmp_path).eval()
    ids = torch.tensor([[1, 11, 40, 2], [1, 13, 43, 2]])
    assert torch.equal(log_probs(writer, source, ids), log_probs(again, source, ids))


def test_the_copy_path_follows_a_phrase_of_the_source(writer, source):
    """With nothing learned, what follows the last written word in the source is likelier to be copied than what precedes it,
    and likelier still when two words match."""
    with torch.no_grad():
        writer.copy_query.weight.zero_()
        writer.copy_key.weight.zero_()
        _, copies_one, _ = copied(writer, source, 41, 44)
        _, copies_two, _ = copied(writer, source, 41, 40)
    after, before = copies_one[0, 0, 2], copies_one[0, 0, 0]
    assert (after / before).item() == pytest.approx(math.exp(FOLLOW[0]), rel=1e-4)
    assert (copies_two[0, 0, 2] / copies_two[0, 0, 0]).item() == pytest.approx(math.exp(sum(FOLLOW[:2])), rel=1e-4)


def copied(writer, source, *recent):
    read = writer.read(source["source_ids"], source["states"], source["attention_mask"])
    padded = [*recent, *[NOTHING] * (len(FOLLOW) - len(recent))]
    return writer.mix(torch.zeros(2, 1, 16), read, torch.tensor([[padded]] * 2))


def test_what_precedes_a_token_is_listed_the_nearest_first():
    ids = torch.tensor([[7, 8, 9]])
    nothing = [NOTHING] * (len(FOLLOW) - 2)
    assert preceding(ids, first=1)[0].tolist()[:2] == [[NOTHING] * len(FOLLOW), [7, NOTHING, *nothing]]
    assert preceding(ids, first=1)[0, 2].tolist() == [8, 7, *nothing]
    assert preceding(ids, first=0)[0, 1].tolist() == [8, 7, *nothing]


def test_who_is_in_the_middle_of_a_phrase_is_likelier_to_go_on_copying(writer, source):
    with torch.no_grad():
        writer.copy_gate.weight.zero_()
        gates = [copied(writer, source, *recent)[2][0, 0, 0] for recent in ((44,), (41, 44), (41, 40))]
    steps = [(later - before).item() for before, later in zip(gates, gates[1:], strict=False)]
    assert steps == pytest.approx(list(MOMENTUM[:2]), abs=1e-6)


def test_a_style_begins_where_the_source_says_what_it_carries_over(writer, source):
    """With nothing learned, the place where the chosen style begins is e^BEGIN times likelier to be copied than another,
    and the gate leans to copying; after another style, or any word, nothing of that happens."""
    config = RequirementWriterConfig(**{**writer.config.to_dict(), "styles": [30, 31]})
    styled = RequirementWriter(config).eval()
    begins = torch.full_like(source["source_ids"], NOTHING)
    begins[0, 2] = 1
    read = styled.read(source["source_ids"], source["states"], source["attention_mask"], begins)
    with torch.no_grad():
        styled.copy_query.weight.zero_()
        styled.copy_key.weight.zero_()
        styled.copy_gate.weight.zero_()
        found = {
            last: styled.mix(torch.zeros(2, 1, 16), read, torch.tensor([[[last, 1, NOTHING, NOTHING]]] * 2))
            for last in (30, 31, 11)
        }
    copies, gate = found[31][1:]
    assert (copies[0, 0, 2] / copies[0, 0, 1]).item() == pytest.approx(math.exp(BEGIN), rel=1e-4)
    assert gate[:, 0, 0].tolist() == pytest.approx([OPENING, 0.0])
    for last in (30, 11):
        assert found[last][2][:, 0, 0].tolist() == [0.0, 0.0]
    assert found[30][1][0, 0, 2].item() == pytest.approx(found[30][1][0, 0, 1].item())


def test_a_pretrained_encoder_starts_the_decoder_as_it_is():
    """Before training, the decoder is the encoder's first blocks with a causal mask: transformers' own BERT decoder agrees."""
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32, "num_hidden_layers": 2}
    bert = BertModel(BertConfig(vocab_size=VOCABULARY, is_decoder=True, **shape), add_pooling_layer=False).eval()
    config = RequirementWriterConfig(
        vocab_size=VOCABULARY, d_model=16, encoder_size=16, num_layers=2, num_heads=2, d_ff=32, max_target=12
    )
    writer = RequirementWriter(config).eval()
    writer.start_from_embeddings(bert.get_input_embeddings().weight)
    writer.start_from_bert(bert)
    ids = torch.tensor([[1, 11, 40, 7]])
    source = writer.read(ids, torch.randn(1, 4, 16), torch.ones(1, 4))
    assert torch.allclose(writer.decode(ids, source, None), bert(input_ids=ids).last_hidden_state, atol=1e-5)


def test_an_encoder_of_another_shape_is_left_alone(writer):
    bert = BertModel(BertConfig(vocab_size=VOCABULARY, hidden_size=8, num_attention_heads=2, intermediate_size=32))
    before = {name: value.clone() for name, value in writer.state_dict().items()}
    writer.start_from_bert(bert)
    assert all(torch.equal(value, before[name]) for name, value in writer.state_dict().items())
