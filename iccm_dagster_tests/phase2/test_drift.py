"""What a text is worth to the writer that stage 2 started from."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from iccm_dagster.phase2.drift import likelihoods, perplexity

PAD, END = 0, 1


class Halves:
    """Gives every token of the source's choice a probability of 1/2, and 1/8 to each other one; knows so many styles, which
    are that token too."""

    def __init__(self, styles: tuple[int, ...] = ()) -> None:
        self.codec = SimpleNamespace(target_ids=self.target_ids, styles=styles)
        self.dropout = True

    def learn(self, *, dropout: bool) -> None:
        self.dropout = dropout

    def target_ids(self, texts, styles):
        heads = [self.codec.styles[style : style + 1] for style in styles]
        rows = [
            torch.tensor([END, *head, *map(int, text.split()), END]) for head, text in zip(heads, texts, strict=True)
        ]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)

    def log_probs(self, sources, ids_NT):
        assert not self.dropout
        wanted_NT = ids_NT[:, 1:]
        expected_N = torch.tensor(list(sources))[:, None]
        known_NT = (wanted_NT == expected_N) | (wanted_NT == END)
        return torch.where(known_NT, 0.5, 0.125).log(), wanted_NT != PAD


@pytest.mark.parametrize("batch_size", [1, 2, 9])
def test_each_text_is_judged_about_its_own_source_and_padding_does_not_count(batch_size):
    """Source 5: "5 5" and the end are 1/2 each; source 6: "5" is 1/8, the end 1/2; nothing said is its end alone."""
    found = likelihoods(Halves(), [5, 6, 6], ["5 5", "5", ""], batch_size=batch_size)
    assert found["tokens"].tolist() == [3, 2, 1]
    assert found["log_prob"].tolist() == pytest.approx([3 * math.log(0.5), math.log(0.125 * 0.5), math.log(0.5)])


def test_a_text_is_as_likely_as_in_all_styles_together():
    """Source 5, "5 5": its three tokens are 1/2 each; style 5 has 1/2 and style 6 has 1/8, which is no token of the text."""
    found = likelihoods(Halves(styles=(5, 6)), [5], ["5 5"], batch_size=1)
    assert found["tokens"].tolist() == [3]
    assert found["log_prob"].tolist() == pytest.approx([math.log((0.5 + 0.125) * 0.5**3)])


def test_perplexity_weighs_every_token_alike():
    """1/2 for three tokens, 1/8 for one: (8 * 8) ** (1/4). A mean over texts would be 4."""
    table = pd.DataFrame({"log_prob": [3 * math.log(0.5), math.log(0.125)], "tokens": [3, 1]})
    assert perplexity(table) == pytest.approx(64**0.25)


def test_nothing_written_has_no_perplexity():
    assert math.isnan(perplexity(pd.DataFrame({"log_prob": [], "tokens": []})))
