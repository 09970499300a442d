"""What a text is worth to the writer that stage 2 started from."""

import math
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from iccm_dagster.phase2.drift import likelihoods, perplexity

PAD, END = 0, 1


class Halves:
    """Gives every token of the source's choice a probability of 1/2, and 1/8 to each other one."""

    def __init__(self) -> None:
        self.codec = SimpleNamespace(target_ids=self.target_ids)
        self.dropout = True

    def learn(self, *, dropout: bool) -> None:
        self.dropout = dropout

    def target_ids(self, texts):
        rows = [torch.tensor([END, *map(int, text.split()), END]) for text in texts]
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


def test_perplexity_weighs_every_token_alike():
    """1/2 for three tokens, 1/8 for one: (8 * 8) ** (1/4). A mean over texts would be 4."""
    table = pd.DataFrame({"log_prob": [3 * math.log(0.5), math.log(0.125)], "tokens": [3, 1]})
    assert perplexity(table) == pytest.approx(64**0.25)


def test_nothing_written_has_no_perplexity():
    assert math.isnan(perplexity(pd.DataFrame({"log_prob": [], "tokens": []})))
