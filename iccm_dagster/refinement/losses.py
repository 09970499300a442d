"""Losses of the denoiser: cross-entropy of the open nodes, weighted by what the tests say."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from iccm_dagster.refinement.recipe import Loss

# B: states, N: nodes, V: vocabulary.
GUIDANCE = 9.0
"""The seed's factor: a node with signal 1 counts 1 + 9 times."""


def node_weights(
    loss: Loss, failing: Float[Tensor, " B"], blame: Float[Tensor, "B N"], open_nodes: Bool[Tensor, "B N"]
) -> Float[Tensor, "B N"]:
    """Return how much each node counts; 0 where nothing is to be found.

    ``failing``: share of failing tests of the state, 0 to 1; ``blame``: share of tests in which the node's value is not
    the wanted one.
    """
    weights = open_nodes.float()
    if loss is Loss.TEST_GUIDED:
        return weights * (1 + GUIDANCE * failing[:, None])
    if loss is Loss.BLAME:
        return weights * (1 + GUIDANCE * blame)
    return weights


def denoising_loss(
    logits: Float[Tensor, "B N V"], targets: Int[Tensor, "B N"], weights: Float[Tensor, "B N"]
) -> Float[Tensor, ""]:
    """Return the weighted mean cross-entropy [nats per node]."""
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    return (losses * weights).sum() / weights.sum().clamp(min=1e-6)
