"""What a denoiser sees: programs with holes, the tokens before, what was given, and the evidence of running them."""

from dataclasses import dataclass

import numpy as np
from numba import njit

from iccm_dagster.refinement.corpus import Programs
from iccm_dagster.refinement.decode import allowed_tokens
from iccm_dagster.refinement.evidence import gather
from iccm_dagster.refinement.kernels import MASK, N, link

# B: states, N: nodes, T: tests, V: vocabulary.
RELATIONS = 14
"""Kinds of pairs of nodes; the last three are pairs with tests."""
TO_TEST, FROM_TEST, AMONG_TESTS = 11, 12, 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stays the same over the iterations of a batch of programs."""

    programs: Programs
    given: np.ndarray
    """int8 ``[B, N]``: the corrupted program at the start, ``MASK`` where a token is unknown."""
    open: np.ndarray
    """bool ``[B, N]``: nodes that are to be found."""
    allowed: np.ndarray
    """bool ``[B, N, V]``: tokens that some type-correct completion has."""
    relations: np.ndarray
    """int8 ``[B, N, N]``: how two nodes stand to each other in the tree."""
    places: np.ndarray
    """int8 ``[B, N, 2]``: depth (cut at 15) and number among the siblings."""

    def take(self, rows: np.ndarray) -> "Frame":
        """Return some of the rows."""
        rest = {name: getattr(self, name)[rows] for name in self.__dataclass_fields__ if name != "programs"}
        return Frame(programs=self.programs.take(rows), **rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What execution says about a batch of states (shapes: `evidence.gather`)."""

    nodes: np.ndarray
    would: np.ndarray
    refuted: np.ndarray
    tests: np.ndarray
    blame: np.ndarray
    passed: np.ndarray
    """bool ``[B, T]``."""
    operations: int
    """Single operations spent on deduction."""


def corrupt(programs: Programs, levels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the programs with a share of their nodes unknown, at least one: int8 ``[B, N]``.

    ``levels [B]``: shares in (0, 1]. Shapes stay: what is lost is what each node does.
    """
    order = generator.random(programs.tokens.shape)
    order[np.arange(N) >= programs.sizes[:, None]] = np.inf
    lost = np.maximum(1, np.rint(levels * programs.sizes)).astype(int)
    rank = order.argsort(axis=1).argsort(axis=1)
    return np.where(rank < lost[:, None], MASK, programs.tokens).astype(np.int8)


def frame_of(programs: Programs, given: np.ndarray) -> Frame:
    """Return what can be known before anything is run."""
    inside = np.arange(N) < programs.sizes[:, None]
    relations, places = relate(programs.arities, programs.sizes)
    return Frame(
        programs=programs,
        given=given,
        open=(given == MASK) & inside,
        allowed=allowed_tokens(given, programs.arities, programs.sizes, programs.types),
        relations=relations,
        places=places,
    )


def look(frame: Frame, tokens: np.ndarray, *, evidence: bool) -> Seen:
    """Execute states on their tests."""
    programs = frame.programs
    return Seen(**dict(zip(
        ("nodes", "would", "refuted", "tests", "blame", "passed", "operations"),
        gather(tokens, programs.arities, programs.sizes, programs.tests, evidence),
        strict=True,
    )))  # fmt: skip


@njit(cache=True)
def relate(arities, sizes):
    """Return how nodes stand to each other ``[P, N, N]`` and where they stand ``[P, N, 2]``.

    0 padding, 1 itself, 2 parent, 3-5 child, 6 ancestor, 7 descendant, 8 earlier sibling, 9 later sibling, 10 other.
    """
    programs = arities.shape[0]
    relations, places = np.zeros((programs, N, N), np.int8), np.zeros((programs, N, 2), np.int8)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    for p in range(programs):
        n = sizes[p]
        link(arities[p], n, child, end, parent)
        for i in range(n):
            if i:
                places[p, i, 0] = min(places[p, parent[i], 0] + 1, 15)
                for k in range(3):
                    if child[parent[i], k] == i:
                        places[p, i, 1] = k + 1
        for i in range(n):
            for j in range(n):
                kind = 10
                if i == j:
                    kind = 1
                elif parent[i] == j:
                    kind = 2
                elif parent[j] == i:
                    kind = 2 + places[p, j, 1]
                elif j < i < end[j]:
                    kind = 6
                elif i < j < end[i]:
                    kind = 7
                elif i and j and parent[i] == parent[j]:
                    kind = 8 if j < i else 9
                relations[p, i, j] = kind
    return relations, places
