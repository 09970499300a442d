"""The control every comparison needs: random programs of the right shape and types, by token frequency alone.

It sees the same corrupted program, the same types and the same tests; it never runs a program twice either.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.states import Frame
from iccm_dagster.refinement_loop import Trail

# R: requests, V: vocabulary.


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
