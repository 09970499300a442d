"""Use a denoiser: propose programs from a state and its evidence, judge them by running them, go on from there.

`NeuralProposer` and `TestJudge` are what `iccm_dagster.refinement_loop` drives: a program is executed once, never
twice, and the first that passes ends the search. `ONE_SHOT` proposers always start from the corrupted program.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch

from iccm_dagster.refinement.decode import sample_programs
from iccm_dagster.refinement.kernels import MASK, passes
from iccm_dagster.refinement.model import Denoiser, bf16_pays
from iccm_dagster.refinement.states import Frame, Seen, look
from iccm_dagster.refinement_loop import Judgement, Proposer, Trail

# R: requests, N: nodes, K: samples.
BATCH = 256
"""States per forward pass, about."""
PATH_TEMPERATURE = 0.7
"""Of the draws along a path."""
LEAST_CHANCE = 0.5
"""Chance with which a path opens even a node that is not doubted, times its share."""


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
    """Draws type-correct programs from a denoiser.

    While executions are scarce a candidate is drawn with care: on several paths the doubtful nodes are opened and filled
    over some rounds, the surest first, and the evidence of the half-filled program is taken before each. Nothing whole is
    executed for it; `operations` counts what it costs.
    """

    model: Denoiser
    frame: Frame
    samples: int
    """Programs drawn per state."""
    temperature: float
    refines: bool
    """Whether it goes on from what was tried; False always starts from the corrupted program (resampling)."""
    careful: int
    """Executions of a search up to which candidates are drawn with care."""
    paths: int
    """Paths per state drawn with care."""
    rounds: int
    """Rounds in which a path is filled."""
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
        proposals: list[Iterable[np.ndarray]] = [()] * len(requests)
        for places in _alike(requests, self.careful, 2 * BATCH // max(2, self.paths)):
            found = self._batch([requests[place] for place in places])
            for place, candidates in zip(places, found, strict=True):
                proposals[place] = candidates
        return proposals

    def _batch(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        """Propose for requests of which all or none are drawn with care."""
        frame = self.frame.take(np.array([trail.problem for trail, _ in requests]))
        heads = [trail.heads.get(chain) if self.refines else None for trail, chain in requests]
        tokens = np.stack(
            [given if head is None else head.candidate for given, head in zip(frame.given, heads, strict=True)]
        )
        iteration = np.array([0 if head is None else head.number for head in heads])
        logits = self._forward(frame, tokens, np.zeros_like(tokens), iteration)
        fixed = frame.given if self.remask is None else _keep_surest(frame, tokens, logits, self.remask)
        # Cool draws find the likeliest programs, warm ones still find new ones when those are used up.
        temperatures = self.temperature * np.linspace(0.5, 2.0, self.samples)
        temperatures[0] = 0.0
        drawn, scores = self._draw(frame, logits, fixed, temperatures)
        if self.paths and self.remask is None and len(requests[0][0].attempts) < self.careful:
            careful = self._with_care(frame, tokens, iteration, logits)
            drawn, scores = (np.concatenate(pair, axis=1) for pair in zip((drawn, scores), careful, strict=True))
        order = np.argsort(-scores, axis=1, kind="stable")
        return [_unlike(drawn[place][order[place]]) for place in range(len(drawn))]

    def _with_care(
        self, frame: Frame, tokens: np.ndarray, iteration: np.ndarray, logits: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return programs ``[B, K, N]`` and their log-probabilities ``[B, K]``, drawn over rounds on several paths."""
        rows = np.repeat(np.arange(len(tokens)), self.paths)
        path = np.tile(np.arange(self.paths), len(tokens))
        frame, tokens, iteration, logits = frame.take(rows), tokens[rows], iteration[rows], logits[rows]
        share = (1 + path) / self.paths
        opened = _doubtful(frame, tokens, logits, share, np.random.default_rng(self.seed + 7919 * self.calls))
        scores = np.where(frame.open & ~opened, _log_probability(logits, tokens), 0).sum(axis=1)
        before = np.where(opened, tokens, MASK).astype(np.int8)
        tokens = np.where(opened, MASK, tokens).astype(np.int8)
        for done in range(1, self.rounds + 1):
            logits = self._forward(frame, tokens, before, iteration)
            # The first path takes what is likeliest, the others may not.
            both, _ = self._draw(frame, logits, tokens, np.array([0.0, PATH_TEMPERATURE]))
            drawn = both[np.arange(len(both)), (path > 0).astype(int)]
            sureness = np.where(tokens == MASK, _log_probability(logits, drawn), 1.0)
            filled = _top(sureness, opened, done / self.rounds) & (tokens == MASK)
            scores += np.where(filled, sureness, 0).sum(axis=1)
            tokens = np.where(filled, drawn, tokens).astype(np.int8)
        return tokens.reshape(-1, self.paths, tokens.shape[1]), scores.reshape(-1, self.paths)

    def _draw(
        self, frame: Frame, logits: np.ndarray, fixed: np.ndarray, temperatures: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        programs, seed = frame.programs, self.seed + 7919 * self.calls
        self.calls += 1
        return sample_programs(logits, fixed, programs.arities, programs.sizes, programs.types, temperatures, seed)

    @torch.no_grad()
    def _forward(self, frame: Frame, tokens: np.ndarray, before: np.ndarray, iteration: np.ndarray) -> np.ndarray:
        seen = look(frame, tokens, evidence=self.model.recipe.evidence)
        self.operations += seen.operations
        return forward(self.model, frame, tokens, before, iteration, seen)


@dataclass(slots=True, kw_only=True)
class TurnTaker:
    """Asks a second proposer from time to time, once the first few candidates have failed: what one never thinks of, the
    other may."""

    first: NeuralProposer
    second: Proposer
    after: int
    """Executions of a search that are the first one's alone."""
    every: int
    """Of so many requests after that one is the second's."""
    asked: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(problem, chain) -> requests after the first few executions."""

    @property
    def operations(self) -> int:
        """Single operations that both have spent on evidence."""
        return self.first.operations + getattr(self.second, "operations", 0)

    def propose(self, requests: Sequence[tuple[Trail[int, np.ndarray], int]]) -> list[Iterable[np.ndarray]]:
        """Return the candidates of whose turn it is."""
        others = [self._seconds_turn(trail, chain) for trail, chain in requests]
        proposals: dict[int, Iterable[np.ndarray]] = {}
        for proposer, turn in ((self.first, False), (self.second, True)):
            places = [place for place, other in enumerate(others) if other is turn]
            found = proposer.propose([requests[place] for place in places]) if places else ()
            proposals |= dict(zip(places, found, strict=True))
        return [proposals[place] for place in range(len(requests))]

    def _seconds_turn(self, trail: Trail[int, np.ndarray], chain: int) -> bool:
        if len(trail.attempts) < self.after:
            return False
        self.asked[trail.problem, chain] += 1
        return self.asked[trail.problem, chain] % self.every == 0


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


def _alike(requests: Sequence[tuple[Trail[int, np.ndarray], int]], careful: int, most: int) -> Iterator[list[int]]:
    """Yield places of requests in batches: those drawn with care apart from the others."""
    for wanted in (True, False):
        places = [place for place, (trail, _) in enumerate(requests) if (len(trail.attempts) < careful) is wanted]
        for start in range(0, len(places), most):
            yield places[start : start + most]


def _log_probability(logits: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Return the log-probability of each node's token ``[B, N]``."""
    chosen = np.take_along_axis(probabilities(logits), tokens[..., None].astype(np.int64), axis=2)[..., 0]
    return np.log(np.maximum(chosen, 1e-9))


def _doubtful(
    frame: Frame, tokens: np.ndarray, logits: np.ndarray, share: np.ndarray, generator: np.random.Generator
) -> np.ndarray:
    """Return which nodes a path opens: every hole, of the others the likelier the more their token is doubted, and the
    most doubted one in any case. ``share [B]`` scales the chance."""
    doubt = 1 - np.exp(_log_probability(logits, tokens))
    chance = np.maximum(doubt, LEAST_CHANCE) * share[:, None]
    opened = frame.open & ((tokens == MASK) | (generator.random(tokens.shape) < chance))
    opened[np.arange(len(tokens)), np.where(frame.open, doubt, -1).argmax(axis=1)] = True
    return opened


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
