"""Programs with holes, executed fast: compiled loops over arrays instead of trees.

A value is ``WIDTH + 1`` integers: a list is its length and its elements, an integer or truth value is a list of length
1. A wanted value is two such rows, lowest and highest. Programs are those of the corpus: at most ``MAX_NODES`` nodes,
no body inside a body (`evaluate` takes more). A hole makes unknown what depends on it, and nothing else.
"""

import numpy as np
from numba import njit

from iccm_dagster.refinement.language import LIMIT, MASK, MAX_NODES, OPERATIONS, TOKENS, VOCABULARY, WIDTH, Type, arity

# N: nodes, E: elements of a list, V: vocabulary, S: slots of a value.
N, E, S, V = MAX_NODES, WIDTH, WIDTH + 1, VOCABULARY
EXAMPLE = 2 + 2 * S
"""Integers of an example: a, b, the value of xs, the value of the output."""
FREE = 30000
"""Beyond every integer: the ends of an interval that wants nothing."""

ARITY = np.array([arity(token) for token in range(V)], dtype=np.int8)
RESULT = np.array([operation.result for operation in OPERATIONS], dtype=np.int8)
BINDS = np.array([operation.binds for operation in OPERATIONS], dtype=np.int8)
ARGUMENTS = np.full((V, 3), -1, dtype=np.int8)
for _token, _operation in enumerate(OPERATIONS):
    ARGUMENTS[_token, : len(_operation.arguments)] = _operation.arguments
INT, BOOL, LIST, ANY = int(Type.INT), int(Type.BOOL), int(Type.LIST), int(Type.ANY)
A, B, X, ACC, ZERO, XS = (TOKENS[name] for name in ("a", "b", "x", "acc", "0", "xs"))
HEAD, TAIL, LENGTH, CONS, LESS = (TOKENS[name] for name in ("head", "tail", "length", "cons", "<"))
PLUS, MINUS, TIMES, IF = (TOKENS[name] for name in ("+", "-", "*", "if"))
MAP, FILTER, FOLD = (TOKENS[name] for name in ("map", "filter", "fold"))


@njit(cache=True)
def link(arities, n, child, end, parent):
    """Fill children ``[N, 3]`` (-1: none), ends of sub-trees ``[N]`` and parents ``[N]`` (-1: root) from the arities."""
    parent[0] = -1
    for i in range(n - 1, -1, -1):
        at = i + 1
        for k in range(3):
            if k < arities[i]:
                child[i, k] = at
                parent[at] = i
                at = end[at]
            else:
                child[i, k] = -1
        end[i] = at


@njit(cache=True)
def bind(tokens, n, child, end, binder):
    """Fill for each node which map, filter or fold has it in its body; -1 for none."""
    for i in range(n):
        binder[i] = -1
    for i in range(n):
        if BINDS[tokens[i]] and binder[i] < 0:
            body = child[i, ARITY[tokens[i]] - 1]
            for j in range(body, end[body]):
                binder[j] = i


@njit(cache=True)
def single(value, number):
    value[0] = 1
    value[1] = min(max(number, -LIMIT), LIMIT)


@njit(cache=True)
def copy(source, target):
    for k in range(S):
        target[k] = source[k]


@njit(cache=True)
def apply(token, u, v, out):
    """Compute an operation of one or two known children that binds nothing."""
    if token == PLUS:
        single(out, u[1] + v[1])
    elif token == MINUS:
        single(out, u[1] - v[1])
    elif token == TIMES:
        single(out, u[1] * v[1])
    elif token == LESS:
        single(out, 1 if u[1] < v[1] else 0)
    elif token == HEAD:
        single(out, u[1] if u[0] > 0 else 0)
    elif token == LENGTH:
        single(out, u[0])
    elif token == TAIL:
        out[0] = max(u[0] - 1, 0)
        for k in range(1, E):
            out[k] = u[k + 1]
        out[E] = 0
    else:
        out[0] = min(v[0] + 1, E)
        for k in range(E, 1, -1):
            out[k] = v[k - 1]
        out[1] = u[1]


@njit(cache=True)
def leaf(token, example, element_known, element, acc_known, acc, out):
    """Put the value of a leaf into ``out``; return whether it is known."""
    if token == A or token == B:
        single(out, example[0] if token == A else example[1])
    elif token == XS:
        for k in range(S):
            out[k] = example[2 + k]
    elif token == X:
        single(out, element)
        return element_known
    elif token == ACC:
        single(out, acc)
        return acc_known
    else:
        single(out, token - ZERO)
    return True


@njit(cache=True)
def _node(i, e, tokens, child, example, known, value, element_known, element, acc_known, acc):
    token = tokens[i]
    known[i, e] = 0
    if token == MASK:
        return
    if ARITY[token] == 0:
        known[i, e] = leaf(token, example, element_known, element, acc_known, acc, value[i, e])
        return
    u, v = child[i, 0], child[i, 1]
    if token == IF:
        if known[u, e]:
            taken = v if value[u, e, 1] != 0 else child[i, 2]
            if known[taken, e]:
                known[i, e] = 1
                copy(value[taken, e], value[i, e])
        return
    if BINDS[token]:
        return
    if known[u, e] and (ARITY[token] == 1 or known[v, e]):
        known[i, e] = 1
        apply(token, value[u, e], value[max(v, 0), e], value[i, e])


@njit(cache=True)
def _binder(i, tokens, child, end, example, known, value, accs_known, accs):
    """Run the body of map, filter or fold on each element, then compute the node."""
    token = tokens[i]
    source = child[i, 0]
    body = child[i, ARITY[token] - 1]
    for j in range(body, end[body]):
        for e in range(E):
            known[j, e] = 0
    known[i, 0] = 0
    if not known[source, 0]:
        return
    acc_known, acc = False, 0
    if token == FOLD:
        acc_known, acc = known[child[i, 1], 0] == 1, value[child[i, 1], 0, 1]
    out = value[i, 0]
    whole, kept = True, 0
    for e in range(value[source, 0, 0]):
        element = value[source, 0, 1 + e]
        accs_known[i, e], accs[i, e] = acc_known, acc
        for j in range(end[body] - 1, body - 1, -1):
            _node(j, e, tokens, child, example, known, value, True, element, acc_known, acc)
        whole = whole and known[body, e] == 1
        if token == FOLD:
            acc_known, acc = known[body, e] == 1, value[body, e, 1]
        elif token == MAP:
            out[1 + e] = value[body, e, 1]
            kept = e + 1
        elif known[body, e] and value[body, e, 1] != 0:
            out[1 + kept] = element
            kept += 1
    if token == FOLD:
        known[i, 0] = acc_known
        single(out, acc)
    else:
        known[i, 0] = whole
        out[0] = kept
        for k in range(kept + 1, S):
            out[k] = 0


@njit(cache=True)
def execute(tokens, n, child, end, binder, example, known, value, accs_known, accs):
    """Run a program with holes on one example.

    Fills ``known [N, E]`` and ``value [N, E, S]``: outside bodies only element 0 counts, inside a body there is one
    value per element of the binder's list. ``accs`` is what fold has before each element.
    """
    for i in range(n - 1, -1, -1):
        if binder[i] < 0:
            if BINDS[tokens[i]]:
                _binder(i, tokens, child, end, example, known, value, accs_known, accs)
            else:
                _node(i, 0, tokens, child, example, known, value, False, 0, False, 0)


@njit(cache=True)
def same(u, v):
    """Return whether two values are equal."""
    if u[0] != v[0]:
        return False
    for k in range(1, u[0] + 1):
        if u[k] != v[k]:
            return False
    return True


@njit(cache=True)
def outputs(tokens, arities, sizes, examples):
    """Run whole programs ``[P, N]`` on their examples ``[P, T, EXAMPLE]``; return the values ``[P, T, S]``."""
    programs, tests = examples.shape[0], examples.shape[1]
    found = np.zeros((programs, tests, S), np.int32)
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    binder, known, value = np.zeros(N, np.int64), np.zeros((N, E), np.uint8), np.zeros((N, E, S), np.int32)
    accs_known, accs = np.zeros((N, E), np.uint8), np.zeros((N, E), np.int32)
    for p in range(programs):
        n = sizes[p]
        link(arities[p], n, child, end, parent)
        bind(tokens[p], n, child, end, binder)
        for t in range(tests):
            execute(tokens[p], n, child, end, binder, examples[p, t], known, value, accs_known, accs)
            for k in range(value[0, 0, 0] + 1):
                found[p, t, k] = value[0, 0, k]
    return found


@njit(cache=True)
def passes(tokens, arities, sizes, examples):
    """Return for each whole program ``[P, N]`` and test whether it gives the example's output: bool ``[P, T]``."""
    found = outputs(tokens, arities, sizes, examples)
    passed = np.zeros(found.shape[:2], np.bool_)
    for p in range(found.shape[0]):
        for t in range(found.shape[1]):
            passed[p, t] = same(found[p, t], examples[p, t, 2 + S :])
    return passed
