"""Use a denoiser: propose programs from a state and its evidence, judge them by running them, go on from there.

`NeuralProposer` and `TestJudge` are what `iccm_dagster.refinement_loop` drives: a program is executed once, never
twice, and the first that passes ends the search. `ONE_SHOT` proposers always start from the corrupted program.
"""

from collections.abc import Hashable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch

from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.kernels import MASK, passes
from iccm_dagster.refinement.model import Denoiser, bf16_pays
from iccm_dagster.refinement.states import Frame, Seen, look
from iccm_dagster.refinement_loop import Judgement, Trail

# R: requests, N: nodes, K: samples.
BATCH = 256
"""States per forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestJudge:
    """Runs candidates on the tests of their program. A problem is a row of the frame."""

    __test__ = False
    frame: Frame

    def judge(self, pairs: Sequence[tuple[int, np.ndarray]]) -> list[Judgement]:
        """Return one judgement per (row, program); the feedback is which tests pass."""
        if not pairs:
            return []
        rows = np.array([row for row, _ in pairs])
        programs = self.frame.programs
        passed = passes(
            np.stack([tokens for _, tokens in pairs]),
            programs.arities[rows],
            programs.sizes[rows],
            programs.tests[rows],
        )
        return [Judgement(solved=bool(found.all()), score=float(found.mean()), feedback=found) for found in passed]


@dataclass(slots=True, kw_only=True)
class NeuralProposer:
    """Draws type-correct programs from a denoiser."""

    model: Denoiser
    frame: Frame
    samples: int
    """Programs drawn per state."""
    temperature: float
    refines: bool
    """Whether it goes on from what was tried; False always starts from the corrupted program (resampling)."""
    rounds: int
    """Forward passes per candidate; see `EvaluationRecipe.rounds`."""
    remask: float | None
    """Share of the open nodes, the least sure ones, that may change at all; None for every open node. The loop of
    masked diffusion, kept to be compared."""
    seed: int
    calls: int = 0
    """Draws so far: part of the seed of the next."""
    operations: int = field(default=0)
    """Single operations spent on evidence so far."""

    def propose(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        """Return the samples of each state, likeliest first."""
        proposals: list[Iterable[np.ndarray]] = []
        for start in range(0, len(requests), BATCH):
            proposals += self._batch(requests[start : start + BATCH])
        return proposals

    def _batch(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        rows = np.array([trail.problem for trail, _ in requests])
        frame = self.frame.take(rows)
        tokens, iteration = frame.given.copy(), np.zeros(len(rows), dtype=np.int64)
        for place, (trail, chain) in enumerate(requests if self.refines else ()):
            if chain in trail.heads:
                tokens[place] = trail.heads[chain].candidate
                iteration[place] = trail.heads[chain].number
        logits, fixed = self._logits(frame, tokens, iteration)
        self.calls += 1
        # Cool draws find the likeliest programs, warm ones still find new ones when those are used up.
        temperatures = self.temperature * np.linspace(0.5, 2.0, self.samples)
        temperatures[0] = 0.0
        programs = frame.programs
        drawn, scores = sample_programs(
            logits, fixed, programs.arities, programs.sizes, programs.types, temperatures, self.seed + 7919 * self.calls
        )
        order = np.argsort(-scores, axis=1, kind="stable")
        return [_unlike(drawn[place][order[place]]) for place in range(len(rows))]

    def _logits(self, frame: Frame, tokens: np.ndarray, iteration: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return logits, and the tokens that stay as they are."""
        before = np.zeros_like(tokens)
        logits = self._forward(frame, tokens, before, iteration)
        if self.remask is not None:
            return logits, _keep_surest(frame, tokens, logits, self.remask)
        for done in range(1, self.rounds):
            # The surest tokens are put in, the evidence is taken again, the rest is left open for the next pass.
            before, tokens = tokens, _fill_surest(frame, logits, done / self.rounds)
            logits = self._forward(frame, tokens, before, iteration)
        return logits, frame.given if self.rounds == 1 else tokens

    @torch.no_grad()
    def _forward(self, frame: Frame, tokens: np.ndarray, before: np.ndarray, iteration: np.ndarray) -> np.ndarray:
        seen = look(frame, tokens, evidence=self.model.recipe.evidence)
        self.operations += seen.operations
        return forward(self.model, frame, tokens, before, iteration, seen)


@torch.no_grad()
def forward(
    model: Denoiser, frame: Frame, tokens: np.ndarray, before: np.ndarray, iteration: np.ndarray, seen: Seen
) -> np.ndarray:
    """Return the logits ``[B, N, V]`` of a model that is not being trained."""
    with torch.autocast("cpu", torch.bfloat16) if bf16_pays(model.recipe) else nullcontext():
        return model(frame, tokens, before, iteration, seen).numpy()


def key_of(tokens: np.ndarray) -> Hashable:
    """Return what makes two programs of one shape the same."""
    return tokens.tobytes()


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Return the distributions of the nodes ``[B, N, V]``."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def _fill_surest(frame: Frame, logits: np.ndarray, share: float) -> np.ndarray:
    """Return the likeliest type-correct program with only its surest open nodes filled in."""
    programs = frame.programs
    drawn = sample_programs(logits, frame.given, programs.arities, programs.sizes, programs.types, np.zeros(1), 0)[0][
        :, 0
    ]
    sureness = np.take_along_axis(probabilities(logits), drawn[..., None].astype(np.int64), axis=2)[..., 0]
    return np.where(frame.open & ~_top(sureness, frame.open, share), MASK, drawn).astype(np.int8)


def _keep_surest(frame: Frame, tokens: np.ndarray, logits: np.ndarray, remasked: float) -> np.ndarray:
    """Return the state with its least sure open nodes free again, the others fixed."""
    sureness = np.take_along_axis(probabilities(logits), tokens[..., None].astype(np.int64), axis=2)[..., 0]
    kept = frame.open & _top(sureness, frame.open, 1 - remasked) & (tokens != MASK)
    return np.where(kept, tokens, frame.given).astype(np.int8)


def _top(values: np.ndarray, among: np.ndarray, share: float) -> np.ndarray:
    """Return where the highest ``share`` of the values lies, counted among some nodes of each row."""
    rank = np.where(among, -values, np.inf).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return among & (rank < np.floor(share * among.sum(axis=1))[:, None])


def _unlike(programs: np.ndarray) -> list[np.ndarray]:
    """Return the programs without repeats, in order."""
    seen: dict[bytes, np.ndarray] = {}
    for tokens in programs:
        if tokens[0] != MASK:
            seen.setdefault(tokens.tobytes(), tokens)
    return list(seen.values())
