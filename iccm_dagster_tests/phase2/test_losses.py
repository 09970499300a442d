import pytest
import torch

from iccm_dagster.phase2.losses import cross_entropy, leave_one_out_advantages, reinforce_loss, scaled


def test_cross_entropy_is_the_mean_over_real_tokens():
    """Three real tokens of four: (1 + 2 + 4) / 3."""
    log_probs_NT = torch.tensor([[-1.0, -2.0], [-4.0, -9.0]])
    mask_NT = torch.tensor([[True, True], [True, False]])
    assert cross_entropy(log_probs_NT, mask_NT).item() == pytest.approx(7 / 3)


def test_each_sample_is_compared_with_the_others_of_its_group():
    """Rewards 1, 0, 0.5: the baselines are 0.25, 0.75 and 0.5."""
    rewards_KG = torch.tensor([[1.0], [0.0], [0.5]])
    assert leave_one_out_advantages(rewards_KG)[:, 0].tolist() == pytest.approx([0.75, -0.75, 0.0])


def test_a_group_without_spread_teaches_nothing():
    rewards_KG = torch.tensor([[0.4], [0.4], [0.4]])
    assert leave_one_out_advantages(rewards_KG).abs().max().item() == pytest.approx(0.0, abs=1e-7)


def test_not_judged_is_no_reward_and_no_part_of_a_baseline():
    """The unjudged sample has advantage 0; the two others are compared with each other alone. Taken for 0 it would give
    0.75."""
    rewards_KG = torch.tensor([[1.0], [float("nan")], [0.5]])
    assert leave_one_out_advantages(rewards_KG)[:, 0].tolist() == pytest.approx([0.5, 0.0, -0.5])


def test_a_single_judged_sample_has_no_baseline_and_teaches_nothing():
    rewards_KG = torch.tensor([[1.0], [float("nan")]])
    assert leave_one_out_advantages(rewards_KG)[:, 0].tolist() == [0.0, 0.0]


def test_advantages_are_scaled_by_those_that_teach():
    """Root mean square of 0.3, -0.3: 0.3; the zero says nothing about the size."""
    advantages_KG = torch.tensor([[0.3, 0.0], [-0.3, 0.0]])
    assert scaled(advantages_KG).flatten().tolist() == pytest.approx([1.0, 0.0, -1.0, 0.0])


def test_no_advantage_stays_none():
    assert scaled(torch.zeros(2, 3)).abs().max().item() == 0.0


def test_reinforce_loss_is_the_sum_done_by_hand():
    """Sequence sums are -3 and -4 (its second token is padding): -(0.5 * -3 + -0.5 * -4) / 2 = -0.25."""
    log_probs_NT = torch.tensor([[-1.0, -2.0], [-4.0, -9.0]])
    mask_NT = torch.tensor([[True, True], [True, False]])
    assert reinforce_loss(log_probs_NT, torch.tensor([0.5, -0.5]), mask_NT).item() == pytest.approx(-0.25)


def test_the_gradient_pushes_the_better_sample_up_and_its_twin_down():
    """A softmax over two one-token sequences, rewards 1 and 0, by hand.

    Advantages +1 and -1; the loss is -(log p0 - log p1) / 2, its gradient on the logits is (-1/2, +1/2) whatever they are,
    so a step of size 1 moves the logits by (+1/2, -1/2) and p0 from 1/2 to sigmoid(1) = 0.7311.
    """
    logits = torch.zeros(2, requires_grad=True)
    advantages_N = leave_one_out_advantages(torch.tensor([[1.0], [0.0]]))[:, 0]
    loss = reinforce_loss(logits.log_softmax(dim=0)[:, None], advantages_N, torch.ones(2, 1, dtype=torch.bool))
    loss.backward()
    assert logits.grad.tolist() == pytest.approx([-0.5, 0.5])
    after = (logits - logits.grad).softmax(dim=0)
    assert after[0].item() == pytest.approx(0.7311, abs=1e-4)


def test_the_seeds_loss_would_teach_nothing():
    """Minus reward times a *detached* loss has no gradient: what this module exists to avoid."""
    logits = torch.zeros(2, requires_grad=True)
    loss = logits.log_softmax(dim=0).mean()
    seeds = -1.0 * loss.detach()
    assert not seeds.requires_grad
