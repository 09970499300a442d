"""Weights and losses, by hand."""

import math

import pytest
import torch

from iccm_dagster.refinement.losses import denoising_loss, node_weights
from iccm_dagster.refinement.recipe import Loss

OPEN = torch.tensor([[True, True, False]])
BLAME = torch.tensor([[0.0, 0.5, 1.0]])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (Loss.PLAIN, [1, 1, 0]),
        (Loss.TEST_GUIDED, [1 + 9 * 2 / 3, 1 + 9 * 2 / 3, 0]),
        (Loss.BLAME, [1, 1 + 9 * 0.5, 0]),
    ],
)
def test_weights_of_open_nodes(loss, expected):
    """Two of three tests fail."""
    weights = node_weights(loss, torch.tensor([2 / 3]), BLAME, OPEN)
    assert weights[0].tolist() == pytest.approx(expected)


def test_the_loss_is_the_weighted_mean_done_by_hand():
    # two tokens: probabilities 3/4 and 1/4 at the first node, 1/2 at the second; the third does not count
    logits = torch.tensor([[[math.log(3), 0.0], [0.0, 0.0], [9.0, 0.0]]])
    targets = torch.tensor([[1, 0, 1]])
    weights = torch.tensor([[1.0, 3.0, 0.0]])
    expected = (1 * math.log(4) + 3 * math.log(2)) / 4
    assert denoising_loss(logits, targets, weights).item() == pytest.approx(expected)


def test_a_constant_signal_changes_nothing():
    """The seed's factor of ten: where every test fails, guided and plain losses are the same number."""
    logits, targets = torch.randn(1, 3, 5, generator=torch.Generator().manual_seed(0)), torch.tensor([[1, 2, 3]])
    plain, guided = (
        denoising_loss(logits, targets, node_weights(loss, torch.tensor([1.0]), BLAME, OPEN))
        for loss in (Loss.PLAIN, Loss.TEST_GUIDED)
    )
    assert plain.item() == pytest.approx(guided.item())
