"""What an execution says about each node: its value, the value wanted there, and the tokens that would give it.

Three kinds, for programs with holes too: (1) the value of each sub-expression on each test; (2) the wanted value, pushed
from the expected output down through the inverse of each operation, as intervals; (3) for each token, in how many tests
it would give the wanted value with the children as they are. Deductions are local: a token that would be right in every
test where something is wanted need not make the program right, since wanting stops where an operation cannot be
inverted. Their cost is not counted as program executions; `operations` counts them.
"""

import numpy as np
from numba import njit

from iccm_dagster.refinement.kernels import (
    ACC,
    ANY,
    ARGUMENTS,
    ARITY,
    BINDS,
    FILTER,
    FOLD,
    FREE,
    HEAD,
    IF,
    LENGTH,
    LESS,
    LIMIT,
    MAP,
    MASK,
    MINUS,
    PLUS,
    RESULT,
    TAIL,
    TIMES,
    E,
    N,
    S,
    V,
    apply,
    bind,
    copy,
    execute,
    leaf,
    link,
    same,
)

# P: programs, N: nodes, T: tests, F: numbers per node and test, Q: numbers per test.
FEATURES = 22
"""Numbers per node and test."""
TEST_FEATURES = 26
"""Numbers per test: inputs, expected output, what the program gives."""
_LOG = np.arcsinh(np.arange(-FREE, FREE + 1)).astype(np.float32) / 3
_LOG[0], _LOG[-1] = -4, 4


@njit(cache=True)
def scaled(number):
    return _LOG[min(max(number, -FREE), FREE) + FREE]


@njit(cache=True)
def matches(value, low, high):
    """Return whether a value lies within what is wanted."""
    if value[0] < low[0] or value[0] > high[0]:
        return False
    for k in range(1, value[0] + 1):
        if value[k] < low[k] or value[k] > high[k]:
            return False
    return True


@njit(cache=True)
def _want_number(i, e, wanted, low, high, bottom, top):
    if bottom > top:
        return
    wanted[i, e] = 1
    low[i, e, 0] = high[i, e, 0] = 1
    low[i, e, 1], high[i, e, 1] = bottom, top


@njit(cache=True)
def _want_same(i, e, source, at, wanted, low, high):
    wanted[i, e] = 1
    copy(low[source, at], low[i, e])
    copy(high[source, at], high[i, e])


@njit(cache=True)
def _want_list(i, e, wanted, low, high, shortest, longest):
    """Want a list of a length within these bounds, with free elements."""
    if shortest > longest or longest < 0 or shortest > E:
        return
    wanted[i, e] = 1
    low[i, e, 0], high[i, e, 0] = max(shortest, 0), min(longest, E)
    for k in range(1, S):
        low[i, e, k], high[i, e, k] = -FREE, FREE


@njit(cache=True)
def _less(number, shift):
    """Shift an end of an interval; a free end stays free, and a clipped value may have come from anywhere beyond."""
    return number if abs(number) >= LIMIT else number - shift


@njit(cache=True)
def _want_factor(i, e, bottom, top, factor, wanted, low, high):
    if factor == 0 or bottom != top or abs(bottom) >= LIMIT:
        return
    quotient = int(np.round(bottom / factor))
    if quotient * factor == bottom:
        _want_number(i, e, wanted, low, high, quotient, quotient)


@njit(cache=True)
def _push_numbers(token, u, v, i, e, known, value, wanted, low, high):
    """Push a wanted number through + - * <."""
    bottom, top = low[i, e, 1], high[i, e, 1]
    if known[v, e]:
        right = value[v, e, 1]
        if token == PLUS:
            _want_number(u, e, wanted, low, high, _less(bottom, right), _less(top, right))
        elif token == MINUS:
            _want_number(u, e, wanted, low, high, _less(bottom, -right), _less(top, -right))
        elif token == TIMES:
            _want_factor(u, e, bottom, top, right, wanted, low, high)
        elif bottom == top:
            _want_number(u, e, wanted, low, high, -FREE if bottom else right, right - 1 if bottom else FREE)
    if known[u, e]:
        left = value[u, e, 1]
        if token == PLUS:
            _want_number(v, e, wanted, low, high, _less(bottom, left), _less(top, left))
        elif token == MINUS:
            _want_number(v, e, wanted, low, high, _flip(top, left), _flip(bottom, left))
        elif token == TIMES:
            _want_factor(v, e, bottom, top, left, wanted, low, high)
        elif bottom == top:
            _want_number(v, e, wanted, low, high, left + 1 if bottom else -FREE, FREE if bottom else left)


@njit(cache=True)
def _flip(number, left):
    return -number if abs(number) >= LIMIT else left - number


@njit(cache=True)
def _push_lists(token, u, v, i, e, wanted, low, high):
    """Push through head, tail, length and cons, whose wishes need no sibling."""
    if token == LENGTH:
        _want_list(u, e, wanted, low, high, max(low[i, e, 1], 0), min(high[i, e, 1], E))
    elif token == HEAD:
        nothing_will_do = low[i, e, 1] <= 0 <= high[i, e, 1]
        _want_list(u, e, wanted, low, high, 0 if nothing_will_do else 1, E)
        low[u, e, 1], high[u, e, 1] = low[i, e, 1], high[i, e, 1]
    elif token == TAIL:
        shortest = low[i, e, 0] + 1 if low[i, e, 0] > 0 else 0
        _want_list(u, e, wanted, low, high, shortest, high[i, e, 0] + 1)
        for k in range(2, S):
            low[u, e, k], high[u, e, k] = low[i, e, k - 1], high[i, e, k - 1]
    elif high[i, e, 0] > 0:
        _want_number(u, e, wanted, low, high, low[i, e, 1], high[i, e, 1])
        # A list that was cut may have been longer.
        longest = E if high[i, e, 0] == E else high[i, e, 0] - 1
        _want_list(v, e, wanted, low, high, low[i, e, 0] - 1, longest)
        for k in range(1, E):
            low[v, e, k], high[v, e, k] = low[i, e, k + 1], high[i, e, k + 1]


@njit(cache=True)
def _push_if(u, v, w, i, e, known, value, wanted, low, high):
    if known[u, e]:
        _want_same(v if value[u, e, 1] else w, e, i, e, wanted, low, high)
    if known[v, e] and known[w, e]:
        first, second = matches(value[v, e], low[i, e], high[i, e]), matches(value[w, e], low[i, e], high[i, e])
        if first != second:
            _want_number(u, e, wanted, low, high, 1 if first else 0, 1 if first else 0)


@njit(cache=True)
def _push_binder(token, i, child, known, value, wanted, low, high):
    source, body = child[i, 0], child[i, ARITY[token] - 1]
    if token == MAP:
        _want_list(source, 0, wanted, low, high, low[i, 0, 0], high[i, 0, 0])
    elif token == FILTER:
        _want_list(source, 0, wanted, low, high, low[i, 0, 0], E)
    if not known[source, 0]:
        return
    length = value[source, 0, 0]
    if token == FOLD:
        last = body if length else child[i, 1]
        _want_same(last, max(length - 1, 0), i, 0, wanted, low, high)
    elif token == MAP and low[i, 0, 0] <= length <= high[i, 0, 0]:
        for e in range(length):
            _want_number(body, e, wanted, low, high, low[i, 0, 1 + e], high[i, 0, 1 + e])
    elif token == FILTER and low[i, 0, 0] == high[i, 0, 0]:
        at = 0
        for e in range(length):
            if at < low[i, 0, 0] and low[i, 0, 1 + at] <= value[source, 0, 1 + e] <= high[i, 0, 1 + at]:
                at += 1
        if at == low[i, 0, 0]:
            at = 0
            for e in range(length):
                keep = at < low[i, 0, 0] and low[i, 0, 1 + at] <= value[source, 0, 1 + e] <= high[i, 0, 1 + at]
                at += keep
                _want_number(body, e, wanted, low, high, 1 if keep else 0, 1 if keep else 0)


@njit(cache=True)
def want(tokens, n, child, binder, example, known, value, wanted, low, high):
    """Fill ``wanted [N, E]`` and the intervals ``low, high [N, E, S]`` from the expected output down."""
    for i in range(n):
        for e in range(E):
            wanted[i, e] = 0
    wanted[0, 0] = 1
    for k in range(S):
        low[0, 0, k] = high[0, 0, k] = example[2 + S + k]
    for i in range(n):
        token = tokens[i]
        if ARITY[token] == 0:
            continue
        u, v, w = child[i, 0], max(child[i, 1], 0), max(child[i, 2], 0)
        for e in range(1 if binder[i] < 0 else E):
            if not wanted[i, e]:
                continue
            if BINDS[token]:
                _push_binder(token, i, child, known, value, wanted, low, high)
            elif token == IF:
                _push_if(u, v, w, i, e, known, value, wanted, low, high)
            elif token == PLUS or token == MINUS or token == TIMES or token == LESS:
                _push_numbers(token, u, v, i, e, known, value, wanted, low, high)
            else:
                _push_lists(token, u, v, i, e, wanted, low, high)


@njit(cache=True)
def node_types(tokens, n, child, types):
    """Fill the type of each node as it stands; -1 where a hole leaves it open."""
    for i in range(n - 1, -1, -1):
        token = tokens[i]
        types[i] = -1 if token == MASK else RESULT[token]
        if types[i] == ANY:
            types[i] = types[child[i, 1]] if types[child[i, 1]] >= 0 else types[child[i, 2]]


@njit(cache=True)
def _would_match(token, i, e, tokens, child, binder, types, example, known, value, accs_known, accs, low, high, out):
    """Return 1 if ``token`` at node ``i`` would give what is wanted, 0 if not, -1 if that is not known."""
    if ARITY[token] == 0:
        b = max(binder[i], 0)
        bound = binder[i] >= 0
        element = value[child[b, 0], 0, 1 + e] if bound else 0
        if not leaf(token, example, bound, element, bound and accs_known[b, e] == 1, accs[b, e], out):
            return -1
        if token == ACC and tokens[b] != FOLD:
            return -1
        return 1 if matches(out, low, high) else 0
    if BINDS[token]:
        if tokens[i] != token or not known[i, e]:
            return -1
        return 1 if matches(value[i, e], low, high) else 0
    for k in range(ARITY[token]):
        argument = ARGUMENTS[token, k]
        if argument != ANY and types[child[i, k]] != argument:
            return -1
    u, v = child[i, 0], child[i, 1]
    if token == IF:
        if not known[u, e]:
            return -1
        taken = v if value[u, e, 1] else child[i, 2]
        return -1 if not known[taken, e] else 1 if matches(value[taken, e], low, high) else 0
    if not known[u, e] or (ARITY[token] == 2 and not known[v, e]):
        return -1
    apply(token, value[u, e], value[max(v, 0), e], out)
    return 1 if matches(out, low, high) else 0


@njit(cache=True)
def _describe(i, e, binder, child, known, value, wanted, low, high, fits, row):
    """Write the numbers of a node on one test: its value, the wanted one, whether they agree, and the element."""
    row[:] = 0
    if known[i, e]:
        row[0], row[1] = 1, value[i, e, 0] / E
        for k in range(value[i, e, 0]):
            row[2 + k] = scaled(value[i, e, 1 + k])
    if wanted[i, e]:
        row[8], row[9], row[10] = 1, low[i, e, 0] / E, high[i, e, 0] / E
        for k in range(high[i, e, 0]):
            row[11 + k] = (scaled(low[i, e, 1 + k]) + scaled(high[i, e, 1 + k])) / 2
        row[17], row[18] = scaled(low[i, e, 1]), scaled(high[i, e, 1])
        row[19] = fits
    if binder[i] >= 0:
        row[20], row[21] = 1, scaled(value[child[binder[i], 0], 0, 1 + e])


@njit(cache=True)
def gather(tokens, arities, sizes, examples, with_evidence):
    """Execute programs with holes on their tests and write down what is seen.

    Args:
        tokens: int8 ``[P, N]``, ``MASK`` for a hole.
        examples: int16 ``[P, T, EXAMPLE]`` with outputs.
        with_evidence: Whether the numbers of the nodes are wanted; the tests are run in any case.

    Returns:
        Per node and test ``[P, N, T, FEATURES]``; per node and token, the share of tests that the token would satisfy
        less the share that it would not ``[P, N, V]``, and the latter alone ``[P, N, V]``; per test
        ``[P, T, TEST_FEATURES]``; per node the share of tests with another value than the wanted one ``[P, N]``;
        whether each test passes ``[P, T]``; evaluations of single operations spent on wishes and tokens.
    """
    programs, tests = examples.shape[0], examples.shape[1]
    size = programs if with_evidence else 0
    nodes = np.zeros((size, N, tests, FEATURES), np.float32)
    would, refuted = np.zeros((size, N, V), np.float32), np.zeros((size, N, V), np.float32)
    about, blame = np.zeros((programs, tests, TEST_FEATURES), np.float32), np.zeros((programs, N), np.float32)
    passed, operations = np.zeros((programs, tests), np.bool_), 0
    child, end, parent = np.zeros((N, 3), np.int64), np.zeros(N, np.int64), np.zeros(N, np.int64)
    binder, known, value = np.zeros(N, np.int64), np.zeros((N, E), np.uint8), np.zeros((N, E, S), np.int32)
    accs_known, accs, types = np.zeros((N, E), np.uint8), np.zeros((N, E), np.int32), np.zeros(N, np.int64)
    wanted, low, high = np.zeros((N, E), np.uint8), np.zeros((N, E, S), np.int32), np.zeros((N, E, S), np.int32)
    out = np.zeros(S, np.int32)
    for p in range(programs):
        n, program = sizes[p], tokens[p]
        link(arities[p], n, child, end, parent)
        bind(program, n, child, end, binder)
        node_types(program, n, child, types)
        for t in range(tests):
            example = examples[p, t]
            execute(program, n, child, end, binder, example, known, value, accs_known, accs)
            passed[p, t] = known[0, 0] == 1 and same(value[0, 0], example[2 + S :])
            _describe_test(example, known[0, 0], value[0, 0], passed[p, t], about[p, t])
            want(program, n, child, binder, example, known, value, wanted, low, high)
            for i in range(n):
                elements = 1
                if binder[i] >= 0:
                    elements = value[child[binder[i], 0], 0, 0] if known[child[binder[i], 0], 0] else 0
                shown, wrong, any_wanted = 0, False, False
                for e in range(elements):
                    if not wanted[i, e] or wrong:
                        continue
                    wrong = known[i, e] == 1 and not matches(value[i, e], low[i, e], high[i, e])
                    # Of a body's elements the first wrong one is shown, else the first about which something is wanted.
                    if wrong or not any_wanted:
                        shown = e
                    any_wanted = True
                blame[p, i] += wrong / tests
                if not with_evidence:
                    continue
                if elements == 0:
                    nodes[p, i, t, :] = 0
                    continue
                fits = -1 if wrong else 1 if known[i, shown] and wanted[i, shown] else 0
                _describe(i, shown, binder, child, known, value, wanted, low, high, fits, nodes[p, i, t])
                for token in range(1, V):
                    if ARITY[token] != arities[p, i]:
                        continue
                    right, no = 0, 0
                    for e in range(elements):
                        if wanted[i, e]:
                            operations += 1
                            found = _would_match(
                                token, i, e, program, child, binder, types, example,
                                known, value, accs_known, accs, low[i, e], high[i, e], out,
                            )  # fmt: skip
                            right += found == 1
                            no += found == 0
                            if no:
                                break
                    would[p, i, token] += (-1 if no else 1 if right else 0) / tests
                    refuted[p, i, token] += (no > 0) / tests
    return nodes, would, refuted, about, blame, passed, operations


@njit(cache=True)
def _describe_test(example, known, value, passed, row):
    row[0], row[1], row[2] = scaled(example[0]), scaled(example[1]), example[2] / E
    for k in range(E):
        row[3 + k] = scaled(example[3 + k])
    row[9] = example[2 + S] / E
    for k in range(E):
        row[10 + k] = scaled(example[3 + S + k])
    row[16], row[17] = known, passed
    if known:
        row[18] = value[0] / E
        for k in range(value[0]):
            row[19 + k] = scaled(value[1 + k])
