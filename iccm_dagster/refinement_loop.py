"""Refine candidates until one passes its tests: propose, judge, feed back, and never judge the same candidate twice.

The driver knows neither programs nor texts. Whoever proposes sees everything that was tried and what came of it;
whoever judges runs the tests. It stops at the first candidate that passes, so that nothing ever replaces it, and keeps
the best one otherwise. `refinement.infer` drives a denoiser over programs with it; an agent drives a writer of
requirements with it, one problem at a time.

Covered: repeats, several chains that share what was tried, a budget of judgements, problems side by side.
Not covered: a judge that fails raises through the driver; nothing is counted then.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, Protocol, TypeVar

from iccm_dagster.errors import RecipeError

Problem = TypeVar("Problem")
Candidate = TypeVar("Candidate")


class Ending(Enum):
    """Why a problem was left."""

    SOLVED = "solved"
    """A candidate passed all its tests."""
    OUT_OF_BUDGET = "out of budget"
    """As many candidates were judged as allowed."""
    NOTHING_NEW = "nothing new"
    """For as many rounds as asked no chain had a candidate that had not been judged before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the tests say about a candidate."""

    solved: bool
    """Whether every test passes."""
    score: float
    """Share of the tests that pass, 0 to 1."""
    feedback: object
    """What the proposer may learn from it: failing tests, values, messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[Candidate]):
    """One judged candidate."""

    candidate: Candidate
    judgement: Judgement
    number: int
    """1 for the first candidate judged for its problem."""
    chain: int
    """Which chain proposed it, from 0."""


@dataclass(slots=True, kw_only=True)
class Trail(Generic[Problem, Candidate]):
    """Everything tried for one problem, in order."""

    problem: Problem
    attempts: list[Attempt[Candidate]] = field(default_factory=list)
    tried: set[Hashable] = field(default_factory=set)
    """Keys of the candidates judged so far, over all chains."""
    heads: dict[int, Attempt[Candidate]] = field(default_factory=dict)
    """Chain -> the attempt that it goes on from; a chain that is not in it starts afresh."""
    idle: int = 0
    """Rounds in a row without a new candidate."""
    ending: Ending | None = None
    """None while it goes on."""

    @property
    def best(self) -> Attempt[Candidate] | None:
        """The attempt with the highest score, the earliest of equals; None before the first."""
        return max(self.attempts, key=lambda attempt: (attempt.judgement.score, -attempt.number), default=None)

    def solved_within(self, budget: int) -> bool:
        """Return whether one of the first ``budget`` candidates passed."""
        return any(attempt.judgement.solved for attempt in self.attempts[:budget])


class Proposer(Protocol[Problem, Candidate]):
    """Makes candidates from what was tried."""

    def propose(self, requests: Sequence[tuple[Trail[Problem, Candidate], int]]) -> Sequence[Iterable[Candidate]]:
        """Return candidates for each (trail, chain), likeliest first; they may hold some that were tried."""
        ...


class Judge(Protocol[Problem, Candidate]):
    """Runs the tests."""

    def judge(self, pairs: Sequence[tuple[Problem, Candidate]]) -> Sequence[Judgement]:
        """Return one judgement per (problem, candidate)."""
        ...


def refine(
    problems: Sequence[Problem],
    *,
    proposer: Proposer[Problem, Candidate],
    judge: Judge[Problem, Candidate],
    key: Callable[[Candidate], Hashable],
    budget: int,
    chains: int,
    breadth: Callable[[int], int],
    restart_after: int | None,
    patience: int,
) -> list[Trail[Problem, Candidate]]:
    """Work on all problems side by side until each is solved, out of budget or out of ideas.

    Args:
        key: What makes two candidates the same.
        budget: Candidates judged per problem at most, over all its chains.
        chains: Chains per problem; they take turns and share what was tried.
        breadth: Candidates judged so far -> candidates judged per proposal from here on; a chain goes on from the best
            of them.
        restart_after: Proposals after which a chain starts afresh; None for never.
        patience: Rounds in a row without a new candidate after which a problem is left; 1 for a proposer that has no
            chance in it.

    Raises:
        RecipeError: A limit is below 1.
    """
    if min(budget, chains, patience, 1 if restart_after is None else restart_after) < 1:
        raise RecipeError(
            f"budget={budget}, chains={chains}, restart_after={restart_after}, patience={patience}: each must be at least 1"
        )
    trails: list[Trail[Problem, Candidate]] = [Trail(problem=problem) for problem in problems]
    lengths = [[0] * chains for _ in trails]
    while True:
        requests = [(row, chain) for row, trail in enumerate(trails) if trail.ending is None for chain in range(chains)]
        if not requests:
            return trails
        for row, chain in requests:
            if restart_after is not None and lengths[row][chain] and lengths[row][chain] % restart_after == 0:
                trails[row].heads.pop(chain, None)
            lengths[row][chain] += 1
        proposals = proposer.propose([(trails[row], chain) for row, chain in requests])
        chosen = _choose(trails, requests, proposals, key=key, budget=budget, breadth=breadth)
        judgements = judge.judge([(trails[row].problem, candidate) for row, _, candidate in chosen])
        _record(trails, chosen, judgements)
        _close(trails, {row for row, _, _ in chosen}, budget, patience)


def _choose(
    trails: Sequence[Trail[Problem, Candidate]],
    requests: Sequence[tuple[int, int]],
    proposals: Sequence[Iterable[Candidate]],
    *,
    key: Callable[[Candidate], Hashable],
    budget: int,
    breadth: Callable[[int], int],
) -> list[tuple[int, int, Candidate]]:
    """Take the likeliest new candidates of each chain, within the budget; mark them as tried."""
    chosen: list[tuple[int, int, Candidate]] = []
    planned = [len(trail.attempts) for trail in trails]
    for (row, chain), candidates in zip(requests, proposals, strict=True):
        taken, wanted = 0, breadth(len(trails[row].attempts))
        for candidate in candidates:
            if taken == wanted or planned[row] == budget:
                break
            if (name := key(candidate)) in trails[row].tried:
                continue
            trails[row].tried.add(name)
            chosen.append((row, chain, candidate))
            planned[row] += 1
            taken += 1
    return chosen


def _record(
    trails: Sequence[Trail[Problem, Candidate]],
    chosen: Sequence[tuple[int, int, Candidate]],
    judgements: Sequence[Judgement],
) -> None:
    fresh: dict[tuple[int, int], Attempt[Candidate]] = {}
    for (row, chain, candidate), judgement in zip(chosen, judgements, strict=True):
        trail = trails[row]
        if trail.ending is Ending.SOLVED:
            continue
        attempt = Attempt(candidate=candidate, judgement=judgement, number=len(trail.attempts) + 1, chain=chain)
        trail.attempts.append(attempt)
        rival = fresh.get((row, chain))
        if rival is None or judgement.score > rival.judgement.score:
            fresh[row, chain] = trail.heads[chain] = attempt
        if judgement.solved:
            trail.ending = Ending.SOLVED


def _close(trails: Sequence[Trail[Problem, Candidate]], moved: set[int], budget: int, patience: int) -> None:
    for row, trail in enumerate(trails):
        if trail.ending is not None:
            continue
        trail.idle = 0 if row in moved else trail.idle + 1
        if len(trail.attempts) >= budget:
            trail.ending = Ending.OUT_OF_BUDGET
        elif trail.idle >= patience:
            trail.ending = Ending.NOTHING_NEW
