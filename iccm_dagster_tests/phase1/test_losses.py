"""The contrastive loss, done by hand."""

import math

import pytest
import torch

from iccm_dagster.phase1.contrast import ABSENT, NEGATIVE, RELEVANT
from iccm_dagster.phase1.losses import contrastive_loss

EAST, NORTH = [1.0, 0.0], [0.0, 1.0]


def test_one_query_one_answer_one_negative():
    # Cosines 1 and 0 at temperature 1/2: -log(e^2 / (e^2 + e^0)).
    loss = contrastive_loss(
        torch.tensor([EAST]), torch.tensor([EAST, NORTH]), torch.tensor([[RELEVANT, NEGATIVE]]), temperature=0.5
    )
    assert loss.item() == pytest.approx(-math.log(math.exp(2) / (math.exp(2) + 1)))


def test_a_second_answer_is_neither_rival_nor_negative():
    """Two equal answers and a negative cost the same as one answer and the negative."""
    one = contrastive_loss(
        torch.tensor([EAST]), torch.tensor([EAST, NORTH]), torch.tensor([[RELEVANT, NEGATIVE]]), temperature=0.1
    )
    two = contrastive_loss(
        torch.tensor([EAST]),
        torch.tensor([EAST, EAST, NORTH]),
        torch.tensor([[RELEVANT, RELEVANT, NEGATIVE]]),
        temperature=0.1,
    )
    assert two.item() == pytest.approx(one.item())


def test_absent_documents_do_not_count():
    with_absent = torch.tensor([[RELEVANT, NEGATIVE, ABSENT]])
    documents = torch.tensor([EAST, NORTH, EAST])
    assert contrastive_loss(torch.tensor([EAST]), documents, with_absent, temperature=0.1).item() == pytest.approx(
        contrastive_loss(torch.tensor([EAST]), documents[:2], with_absent[:, :2], temperature=0.1).item()
    )


def test_nothing_to_compare_with_costs_nothing_and_moves_nothing():
    """An application with one section: loss 0, gradient 0, not NaN."""
    query = torch.tensor([EAST], requires_grad=True)
    loss = contrastive_loss(query, torch.tensor([NORTH]), torch.tensor([[RELEVANT]]), temperature=0.05)
    loss.backward()
    assert loss.item() == 0
    assert query.grad is not None
    assert query.grad.tolist() == [[0.0, 0.0]]


def test_the_gradient_pulls_the_answer_closer():
    query = torch.tensor([EAST], requires_grad=True)
    contrastive_loss(
        query, torch.tensor([NORTH, EAST]), torch.tensor([[RELEVANT, NEGATIVE]]), temperature=1.0
    ).backward()
    # Towards north (against the gradient), away from east; sigma(1 - 0) = 0.731 of each.
    share = 1 / (1 + math.exp(-1))
    assert query.grad is not None
    assert query.grad[0].tolist() == pytest.approx([share, -share])
