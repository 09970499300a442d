"""Random programs worth having: type-correct, of a given size, with no part that a shorter one could replace.

A program is kept if, over the probe inputs, no sub-tree behaves like a leaf of its place or like one of its own parts,
and if it has enough different outputs. Two programs are twins if they agree on every probe; the hash of the outputs
says so. Not covered: equality is observed on probes, not proven.
"""

import numpy as np
from numba import njit

from iccm_dagster.refinement.decode import NEED, _draw
from iccm_dagster.refinement.kernels import (
    ACC,
    ANY,
    ARGUMENTS,
    ARITY,
    BINDS,
    BOOL,
    EXAMPLE,
    FOLD,
    INT,
    LIST,
    MASK,
    RESULT,
    E,
    N,
    S,
    V,
    X,
    bind,
    execute,
    leaf,
    link,
)
from iccm_dagster.refinement.language import TOKENS, WIDTH

# P: programs, T: examples of one program.
# Variables are likelier than constants: a program without inputs is refused anyway.
WEIGHTS = np.ones(V)
WEIGHTS[MASK] = 0
for _name, _weight in {"a": 2, "b": 2, "x": 8, "acc": 12, "xs": 4, "map": 2, "filter": 2, "fold": 3, "if": 1.5}.items():
    WEIGHTS[TOKENS[_name]] = _weight

LOWEST, HIGHEST = -5, 9
"""Range of the integers in inputs."""


def draw_examples(generator: np.random.Generator, programs: int, tests: int, *, lengths: tuple[int, ...]) -> np.ndarray:
    """Return inputs ``[P, T, EXAMPLE]`` without outputs. The first lists have these lengths in random order, the others
    any length from 0 to ``WIDTH``."""
    examples = np.zeros((programs, tests, EXAMPLE), np.int16)
    examples[..., :2] = generator.integers(LOWEST, HIGHEST + 1, (programs, tests, 2))
    size = generator.integers(0, WIDTH + 1, (programs, tests))
    first = np.tile(np.array(lengths, dtype=size.dtype), (programs, 1))
    size[:, : len(lengths)] = generator.permuted(first, axis=1)
    elements = generator.integers(LOWEST, HIGHEST + 1, (programs, tests, WIDTH))
    examples[..., 2] = size
    examples[..., 3 : 2 + S] = elements * (np.arange(WIDTH) < size[..., None])
    return examples


@njit(cache=True)
def grow(count, target_shares, weights, seed):
    """Draw type-correct programs ``[P, N]`` and their sizes ``[P]``, ``P <= count``.

    ``target_shares [N + 1]``: cumulated shares of the sizes that are aimed at; a draw that cannot end there is dropped.
    """
    drawn, sizes = np.zeros((count, N), np.int8), np.zeros(count, np.int64)
    wanted, bound = np.zeros(3 * N, np.int64), np.zeros(3 * N, np.int64)
    state = np.array([np.uint64(seed) * np.uint64(2654435769) + np.uint64(88172645463325252)], np.uint64)
    found = 0
    for _ in range(count):
        target = int(np.searchsorted(target_shares, _draw(state)))
        wanted[0], bound[0] = (INT if _draw(state) < 0.5 else LIST), 0
        size, holes = 0, 1
        while holes > 0:
            holes -= 1
            kind, around = wanted[holes], bound[holes]
            total, chosen = 0.0, MASK
            for token in range(1, V):
                if RESULT[token] != ANY and RESULT[token] != kind:
                    continue
                if NEED[token] > around or (BINDS[token] and around > 0) or size + 1 + holes + ARITY[token] > target:
                    continue
                ends_early = ARITY[token] == 0 and holes == 0 and size + 1 < target
                weight = weights[token] * (0.02 if ends_early else 1.0)
                total += weight
                if _draw(state) * total < weight:
                    chosen = token
            if chosen == MASK:
                size = 0
                break
            drawn[found, size] = chosen
            size += 1
            # Children are pushed from right to left, so that prefix order comes off the stack.
            for k in range(ARITY[chosen] - 1, -1, -1):
                inner = BINDS[chosen] if BINDS[chosen] and k == ARITY[chosen] - 1 else around
                wanted[holes] = ARGUMENTS[chosen, k] if ARGUMENTS[chosen, k] != ANY else kind
                bound[holes] = inner
                holes += 1
        if size == target:
            sizes[found] = size
            found += 1
        elif found < count:
            drawn[found] = 0
    return drawn[:found], sizes[:found]


@njit(cache=True)
def _mix(value, hashed):
    for k in range(value[0] + 1):
        hashed = (hashed ^ np.uint64(value[k] + 40000)) * np.uint64(1099511628211)
        hashed ^= hashed >> np.uint64(29)
    return hashed


@njit(cache=True)
def behaviours(programs, sizes, probes, with_leaves):
    """Run programs ``[P, N]`` on probes ``[T, EXAMPLE]`` and hash what happens; leaves only where they are asked for.

    Returns:
        For each node the hash of all its values ``[P, N]``, and of what each leaf would give at its place
        ``[P, N, V]`` (0: the leaf cannot stand there); and the number of different outputs ``[P]``.
    """
    count, tests = programs.shape[0], probes.shape[0]
    nodes, leaves = np.zeros((count, N), np.uint64), np.zeros((count, N, V), np.uint64)
    distinct, seen = np.zeros(count, np.int64), np.zeros(tests, np.uint64)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    binder, known, value = np.zeros(N, np.int64), np.zeros((N, E), np.uint8), np.zeros((N, E, S), np.int32)
    accs_known, accs, scratch = np.zeros((N, E), np.uint8), np.zeros((N, E), np.int32), np.zeros(S, np.int32)
    for p in range(count):
        n, tokens = sizes[p], programs[p]
        link(ARITY[tokens], n, child, end, parent)
        bind(tokens, n, child, end, binder)
        for t in range(tests):
            execute(tokens, n, child, end, binder, probes[t], known, value, accs_known, accs)
            seen[t] = _mix(value[0, 0], np.uint64(7))
            for i in range(n):
                b = max(binder[i], 0)
                for e in range(1 if binder[i] < 0 else value[child[b, 0], 0, 0]):
                    nodes[p, i] = _mix(value[i, e], nodes[p, i])
                    element = value[child[b, 0], 0, 1 + e] if binder[i] >= 0 else 0
                    for token in range(1, V if with_leaves else 1):
                        outside = (token == X and binder[i] < 0) or (token == ACC and tokens[b] != FOLD)
                        if ARITY[token] == 0 and ARITY[tokens[i]] > 0 and not outside:
                            leaf(token, probes[t], True, element, True, accs[b, e], scratch)
                            leaves[p, i, token] = _mix(scratch, leaves[p, i, token])
        distinct[p] = len(np.unique(seen))
    return nodes, leaves, distinct


@njit(cache=True)
def irreducible(programs, sizes, nodes, leaves):
    """Return whether no sub-tree behaves like a leaf of its place or like a part of its own: bool ``[P]``."""
    good = np.ones(programs.shape[0], np.bool_)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    binder = np.zeros(N, np.int64)
    for p in range(programs.shape[0]):
        tokens = programs[p]
        link(ARITY[tokens], sizes[p], child, end, parent)
        bind(tokens, sizes[p], child, end, binder)
        for i in range(sizes[p]):
            # A truth value is an integer inside, and never stands for one.
            if ARITY[tokens[i]] == 0 or RESULT[tokens[i]] == BOOL:
                continue
            for token in range(1, V):
                good[p] &= ARITY[token] > 0 or leaves[p, i, token] != nodes[p, i]
            for j in range(i + 1, end[i]):
                good[p] &= binder[j] != binder[i] or RESULT[tokens[j]] == BOOL or nodes[p, j] != nodes[p, i]
    return good
