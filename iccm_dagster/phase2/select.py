"""From one requirement per section group to the 10-20 that an application is given: coverage without redundancy."""

from collections.abc import Callable, Sequence

import numpy as np

# N: candidate statements, D: embedding size.


def select_statements(
    statements: Sequence[str], vectors_ND: np.ndarray, *, minimum: int, maximum: int, redundancy: float
) -> list[int]:
    """Return the indices of the chosen statements, in their original order.

    Statements that are empty or more similar than ``redundancy`` to a chosen one are passed over, as long as
    ``minimum`` is reached without them. Where more than ``maximum`` remain, the ones that are least like the others
    stay: each statement is written from its own section group, so that what is unlike the rest covers code that nothing
    else covers.
    """
    spoken = [index for index, statement in enumerate(statements) if statement]
    similarity_NN = vectors_ND @ vectors_ND.T
    chosen: list[int] = []
    repeated: list[int] = []
    for index in spoken:
        is_repeat = any(similarity_NN[index, other] > redundancy for other in chosen)
        (repeated if is_repeat else chosen).append(index)
    chosen += repeated[: max(0, minimum - len(chosen))]
    while len(chosen) > maximum:
        closest = [max(similarity_NN[index, other] for other in chosen if other != index) for index in chosen]
        chosen.pop(int(np.argmax(closest)))
    return sorted(chosen)


def selector(
    embed: Callable[[Sequence[str]], np.ndarray], *, minimum: int, maximum: int, redundancy: float
) -> Callable[[Sequence[str]], list[int]]:
    """Return `select_statements` with its settings bound."""

    def select(statements: Sequence[str]) -> list[int]:
        if not any(statements):
            return []
        return select_statements(statements, embed(statements), minimum=minimum, maximum=maximum, redundancy=redundancy)

    return select
