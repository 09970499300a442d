"""Only programs that type-check: which token may stand where, and samples of whole programs.

The shape of the tree and the given tokens are fixed. A table built from the leaves up says whether a sub-tree can be
completed as a type inside a binding (0 outside, 1 in a body with ``x``, 2 with ``x`` and ``acc``); samples are drawn
from the root down and never reach a dead end.
"""

import numpy as np
from numba import njit

from iccm_dagster.refinement.kernels import ANY, ARGUMENTS, ARITY, BINDS, MASK, RESULT, N, V, link
from iccm_dagster.refinement.language import NEEDS

# P: programs, K: samples of one program, C: what is bound.
TYPES, C = 3, 3
NEED = np.array([NEEDS.get(token, 0) for token in range(V)], dtype=np.int8)


@njit(cache=True)
def fits(token, i, wanted, bound, child, possible):
    """Return whether ``token`` may stand at node ``i`` as type ``wanted`` under a binding."""
    if RESULT[token] != ANY and RESULT[token] != wanted:
        return False
    if NEED[token] > bound or (BINDS[token] and bound > 0):
        return False
    for k in range(ARITY[token]):
        inner = BINDS[token] if BINDS[token] and k == ARITY[token] - 1 else bound
        argument = ARGUMENTS[token, k] if ARGUMENTS[token, k] != ANY else wanted
        if not possible[child[i, k], argument, inner]:
            return False
    return True


@njit(cache=True)
def completable(fixed, arities, n, child, possible):
    """Fill ``possible [N, TYPES, C]``: can the sub-tree be completed as this type under this binding?"""
    for i in range(n - 1, -1, -1):
        for wanted in range(TYPES):
            for bound in range(C):
                possible[i, wanted, bound] = False
                for token in range(1, V):
                    if (
                        ARITY[token] == arities[i]
                        and (fixed[i] == MASK or fixed[i] == token)
                        and fits(token, i, wanted, bound, child, possible)
                    ):
                        possible[i, wanted, bound] = True
                        break


@njit(cache=True)
def allowed_tokens(fixed, arities, sizes, types):
    """Return which tokens some completion has at each node: bool ``[P, N, V]``.

    ``fixed [P, N]``: given tokens, ``MASK`` where free. ``types [P]``: the type of the whole program.
    """
    programs = fixed.shape[0]
    allowed = np.zeros((programs, N, V), np.bool_)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    possible, reached = np.zeros((N, TYPES, C), np.bool_), np.zeros((N, TYPES, C), np.bool_)
    for p in range(programs):
        n = sizes[p]
        link(arities[p], n, child, end, parent)
        completable(fixed[p], arities[p], n, child, possible)
        reached[:] = False
        reached[0, types[p], 0] = True
        for i in range(n):
            for token in range(1, V):
                if ARITY[token] != arities[p, i] or (fixed[p, i] != MASK and fixed[p, i] != token):
                    continue
                for wanted in range(TYPES):
                    for bound in range(C):
                        if not reached[i, wanted, bound] or not fits(token, i, wanted, bound, child, possible):
                            continue
                        allowed[p, i, token] = True
                        for k in range(ARITY[token]):
                            inner = BINDS[token] if BINDS[token] and k == ARITY[token] - 1 else bound
                            argument = ARGUMENTS[token, k] if ARGUMENTS[token, k] != ANY else wanted
                            reached[child[i, k], argument, inner] = True
    return allowed


@njit(cache=True)
def _draw(state):
    """Advance a xorshift generator; return a number in (0, 1)."""
    bits = state[0]
    bits ^= bits << np.uint64(13)
    bits ^= bits >> np.uint64(7)
    bits ^= bits << np.uint64(17)
    state[0] = bits
    return (np.float64(bits >> np.uint64(11)) + 0.5) / 9007199254740992.0


@njit(cache=True)
def sample_programs(logits, fixed, arities, sizes, types, temperatures, seed):
    """Draw type-correct programs from independent logits of the nodes.

    Args:
        logits: ``[P, N, V]``.
        fixed: ``[P, N]`` given tokens, ``MASK`` where free.
        temperatures: ``[K]``, one per sample; 0 takes the likeliest token everywhere.
        seed: Any integer; equal seeds draw equal programs.

    Returns:
        Programs ``[P, K, N]`` and their log-probabilities ``[P, K]`` at temperature 1 (-inf: no completion exists).
    """
    programs, samples = fixed.shape[0], temperatures.shape[0]
    drawn = np.zeros((programs, samples, N), np.int8)
    scores = np.zeros((programs, samples), np.float32)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    possible = np.zeros((N, TYPES, C), np.bool_)
    wanted, bound = np.zeros(N, np.int64), np.zeros(N, np.int64)
    state = np.array([np.uint64(seed) * np.uint64(2654435769) + np.uint64(88172645463325252)], np.uint64)
    for p in range(programs):
        n = sizes[p]
        link(arities[p], n, child, end, parent)
        completable(fixed[p], arities[p], n, child, possible)
        for s in range(samples):
            wanted[0], bound[0] = types[p], 0
            if not possible[0, types[p], 0]:
                scores[p, s] = -np.inf
                continue
            score = 0.0
            for i in range(n):
                best, best_key, top = MASK, -1e30, -1e30
                for token in range(1, V):
                    if (
                        ARITY[token] != arities[p, i]
                        or (fixed[p, i] != MASK and fixed[p, i] != token)
                        or not fits(token, i, wanted[i], bound[i], child, possible)
                    ):
                        continue
                    key = logits[p, i, token]
                    top = max(top, key)
                    if temperatures[s] > 0:
                        key = key / temperatures[s] - np.log(-np.log(_draw(state)))
                    if key > best_key:
                        best, best_key = token, key
                if fixed[p, i] == MASK:
                    total = 0.0
                    for token in range(1, V):
                        if ARITY[token] == arities[p, i] and fits(token, i, wanted[i], bound[i], child, possible):
                            total += np.exp(logits[p, i, token] - top)
                    score += logits[p, i, best] - top - np.log(total)
                drawn[p, s, i] = best
                for k in range(ARITY[best]):
                    inner = BINDS[best] if BINDS[best] and k == ARITY[best] - 1 else bound[i]
                    wanted[child[i, k]] = ARGUMENTS[best, k] if ARGUMENTS[best, k] != ANY else wanted[i]
                    bound[child[i, k]] = inner
            scores[p, s] = score
    return drawn, scores
