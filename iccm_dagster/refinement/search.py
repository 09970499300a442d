"""The controls that learn nothing: random type-correct programs, and repair by deduction alone.

Both see the same corrupted program, the same types and the same tests as the models, and never run a program twice either.
Deduction goes on from the last program and takes tokens that its evidence speaks for: what a model is worth is what it
adds to that.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.kernels import MASK
from iccm_dagster.refinement.states import Frame, look
from iccm_dagster.refinement_loop import Trail

# R: requests, N: nodes, V: vocabulary.
TRUST = 6.0
"""What evidence weighs against frequency [nats]: a token that would satisfy every test gains it, one that fails loses it."""
INERTIA = 2.0
"""What a token gains for standing there already [nats]."""


@dataclass(slots=True, kw_only=True)
class RandomProposer:
    """Draws type-correct programs; every node by the frequency of tokens in the training programs."""

    frame: Frame
    frequencies: np.ndarray
    """``[V]``, see `corpus.token_frequencies`."""
    samples: int
    """Programs drawn per request."""
    seed: int
    calls: int = 0
    """Draws so far: part of the seed of the next."""

    def propose(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        """Return draws in the order they were made."""
        rows = np.array([trail.problem for trail, _ in requests])
        programs = self.frame.programs.take(rows)
        logits = np.log(np.maximum(self.frequencies, 1e-6)).astype(np.float32)
        self.calls += 1
        drawn, _ = sample_programs(
            np.broadcast_to(logits, (len(rows), programs.tokens.shape[1], len(logits))),
            self.frame.given[rows],
            programs.arities,
            programs.sizes,
            programs.types,
            np.ones(self.samples),
            self.seed + 7919 * self.calls,
        )
        return list(drawn)


@dataclass(slots=True, kw_only=True)
class DeductiveProposer:
    """Repairs the last program by its evidence, without any learned weight."""

    frame: Frame
    frequencies: np.ndarray
    """``[V]``, see `corpus.token_frequencies`."""
    samples: int
    """Programs drawn per request."""
    seed: int
    calls: int = 0
    """Draws so far: part of the seed of the next."""
    operations: int = 0
    """Single operations spent on evidence so far."""

    def propose(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        """Return draws, the best supported first."""
        frame = self.frame.take(np.array([trail.problem for trail, _ in requests]))
        tokens = frame.given.copy()
        for place, (trail, chain) in enumerate(requests):
            if chain in trail.heads:
                tokens[place] = trail.heads[chain].candidate
        seen = look(frame, tokens, evidence=True)
        self.operations += seen.operations
        standing = (np.arange(len(self.frequencies)) == tokens[..., None]) & (tokens != MASK)[..., None]
        logits = np.log(np.maximum(self.frequencies, 1e-6)) + TRUST * seen.would + INERTIA * standing
        self.calls += 1
        programs = frame.programs
        drawn, scores = sample_programs(
            logits.astype(np.float32),
            frame.given,
            programs.arities,
            programs.sizes,
            programs.types,
            np.linspace(0.0, 2.0, self.samples),
            self.seed + 7919 * self.calls,
        )
        order = np.argsort(-scores, axis=1, kind="stable")
        return [drawn[place][order[place]] for place in range(len(drawn))]
