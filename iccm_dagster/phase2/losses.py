"""The two losses of phase 2: token cross-entropy, and the policy gradient with a leave-one-out baseline."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

# K: samples of one section group, N: sequences, G: section groups, T: tokens.


def cross_entropy(log_probs_NT: Float[Tensor, "N T"], mask_NT: Bool[Tensor, "N T"]) -> Float[Tensor, ""]:
    """Mean negative log-probability per token that is not padding."""
    return -(log_probs_NT * mask_NT).sum() / mask_NT.sum().clamp(min=1)


def leave_one_out_advantages(rewards_KG: Float[Tensor, "K G"]) -> Float[Tensor, "K G"]:
    """Reward minus the mean reward of the other samples of the same group (Kool et al., 2019).

    NaN means "not judged": it gets advantage 0 and is no part of a baseline. A group whose judged rewards are all equal,
    or of which fewer than two were judged, teaches nothing: all its advantages are 0.
    """
    judged = ~rewards_KG.isnan()
    rewards = rewards_KG.nan_to_num(0.0)
    others = judged.sum(dim=0, keepdim=True) - 1
    baseline = (rewards.sum(dim=0, keepdim=True) - rewards) / others.clamp(min=1)
    return torch.where(judged & (others >= 1), rewards - baseline, 0.0)


def scaled(advantages_KG: Float[Tensor, "K G"]) -> Float[Tensor, "K G"]:
    """Divide by the root mean square of the advantages that are not 0, so that what a requirement is worth in tests of a
    large application and of a small one moves the writer alike."""
    teaching = advantages_KG[advantages_KG != 0]
    return advantages_KG / teaching.square().mean().sqrt() if teaching.numel() else advantages_KG


def reinforce_loss(
    log_probs_NT: Float[Tensor, "N T"], advantages_N: Float[Tensor, " N"], mask_NT: Bool[Tensor, "N T"]
) -> Float[Tensor, ""]:
    """Policy gradient (Williams, 1992): minus advantage times log-probability, summed over tokens, meaned over
    sequences.

    Its gradient raises the probability of a sequence with a positive advantage and lowers that of its twin with a
    negative one.
    """
    return -((log_probs_NT * mask_NT).sum(dim=1) * advantages_N).mean()
