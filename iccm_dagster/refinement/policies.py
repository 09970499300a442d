"""Which state follows a state in training: random tokens, an expert's repairs, the seed's mix, or the model's own."""

import numpy as np

from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.kernels import MASK
from iccm_dagster.refinement.recipe import Policy
from iccm_dagster.refinement.states import Frame

# B: states, N: nodes, V: vocabulary.
MOST_REOPENED = 1.0
"""Share of the found nodes that are opened again at most, in half of the model-made states."""


def next_tokens(
    policy: Policy,
    frame: Frame,
    tokens: np.ndarray,
    logits: np.ndarray,
    iteration: np.ndarray,
    *,
    iterations: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Return the states that follow ``tokens [B, N]``: int8 ``[B, N]``. Given nodes never change.

    ``logits [B, N, V]`` are those of the loss: the model's own states cost no further forward pass.
    """
    if policy is Policy.RANDOM:
        return random_tokens(frame, generator)
    if policy is Policy.EXPERT:
        return expert_tokens(frame, tokens, generator)
    if policy is Policy.SCHEDULED:
        predicted = np.where(frame.open, logits.argmax(axis=-1), frame.given)
        own = generator.random(len(tokens)) < np.minimum(0.9, iteration / iterations + 0.5)
        return np.where(own[:, None], predicted, frame.programs.tokens).astype(np.int8)
    return own_tokens(frame, logits, generator)


def random_tokens(frame: Frame, generator: np.random.Generator) -> np.ndarray:
    """Draw a token for each open node, of the right number of children, independently: the result need not type-check."""
    draws = generator.random(frame.allowed.shape) * frame.allowed
    return np.where(frame.open, draws.argmax(axis=-1), frame.given).astype(np.int8)


def expert_tokens(frame: Frame, tokens: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Put the truth into half of the wrong nodes, at least one."""
    truth = frame.programs.tokens
    order = np.where((tokens != truth) & frame.open, generator.random(tokens.shape), np.inf)
    wrong = np.isfinite(order).sum(axis=1)
    mended = order.argsort(axis=1).argsort(axis=1) < np.ceil(wrong / 2)[:, None]
    return np.where(mended, truth, tokens).astype(np.int8)


def own_tokens(frame: Frame, logits: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Sample type-correct programs: half of them the likeliest, half at a temperature of 0.5 to 1; half stay whole."""
    sample_seed = int(generator.integers(2**31))
    warm = float(generator.uniform(0.5, 1.0))
    programs = frame.programs
    drawn, _ = sample_programs(
        logits, frame.given, programs.arities, programs.sizes, programs.types, np.array([0.0, warm]), sample_seed
    )
    chosen = drawn[np.arange(len(drawn)), generator.integers(2, size=len(drawn))]
    share = generator.uniform(0, MOST_REOPENED, len(chosen)) * generator.integers(2, size=len(chosen))
    reopened = frame.open & (generator.random(chosen.shape) < share[:, None])
    return np.where(reopened, MASK, chosen).astype(np.int8)
