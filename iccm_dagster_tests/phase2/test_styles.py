import pytest

from iccm_dagster.encoders import BUNDLED, load_encoder
from iccm_dagster.phase2.styles import CARRIED, NAMED, OWN, STYLES, in_style, name_words, style_of, style_tokens


@pytest.mark.parametrize(
    ("variant", "style"),
    [("gold", OWN), ("paraphrase-2", OWN), ("derived", OWN), ("own", OWN), ("carried", CARRIED), ("named", NAMED)],
)
def test_everything_that_is_not_carried_over_is_in_the_writers_own_words(variant, style):
    assert STYLES[style_of(variant)] == style


@pytest.mark.parametrize(
    ("name", "sentence", "said"),
    [
        ("box.Box.put_back", "Put a thing back.", "put back: put a thing back."),
        ("box.readURL", "A thing.", "read url: a thing."),
        # An abbreviation keeps its capitals.
        ("box.digest", "SHA-256 of a text.", "digest: SHA-256 of a text."),
    ],
)
def test_the_name_stands_before_the_sentence(name, sentence, said):
    assert in_style(NAMED, name, sentence) == said
    assert in_style(CARRIED, name, sentence) == sentence


def test_the_words_of_a_name():
    assert name_words("parseHTTP2_fast.now") == ["parse", "http2", "fast", "now"]


def test_each_style_has_a_token_that_no_text_is_made_of():
    tokenizer = load_encoder(BUNDLED, projection=None, max_tokens=64).tokenizer
    last = len(tokenizer) - 1
    found = style_tokens(tokenizer, {last, *tokenizer("Add two numbers.")["input_ids"]})
    assert len(set(found)) == len(STYLES)
    assert last not in found
    assert not set(found) & set(tokenizer.all_special_ids)
