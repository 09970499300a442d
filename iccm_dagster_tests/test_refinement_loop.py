"""The driver of refinement, on scripted proposers: no program, no model."""

from collections.abc import Sequence

import pytest

from iccm_dagster.errors import RecipeError
from iccm_dagster.refinement_loop import Ending, Judgement, Trail, refine


class Scripted:
    """Proposes what its script says, whatever happened, and remembers what it was asked."""

    def __init__(self, *rounds: Sequence[str]) -> None:
        self.rounds = list(rounds)
        self.heads: list[list[str | None]] = []

    def propose(self, requests):
        self.heads.append([trail.heads[chain].candidate if chain in trail.heads else None for trail, chain in requests])
        texts = self.rounds.pop(0) if self.rounds else []
        return [list(texts) for _ in requests]


class Counting:
    """A candidate scores the share of the problem's letters that it has; it remembers what it judged."""

    def __init__(self) -> None:
        self.judged: list[str] = []

    def judge(self, pairs):
        self.judged += [candidate for _, candidate in pairs]
        return [
            Judgement(
                solved=set(problem) <= set(candidate),
                score=len(set(problem) & set(candidate)) / len(set(problem)),
                feedback=sorted(set(problem) - set(candidate)),
            )
            for problem, candidate in pairs
        ]


def drive(*rounds: Sequence[str], problems=("ab",), budget=10, chains=1, breadth=1, restart_after=None, patience=1):
    proposer, judge = Scripted(*rounds), Counting()
    trails: list[Trail] = refine(
        problems,
        proposer=proposer,
        judge=judge,
        key=str,
        budget=budget,
        chains=chains,
        breadth=lambda executed: breadth,
        restart_after=restart_after,
        patience=patience,
    )
    return trails, proposer, judge


def test_it_stops_at_the_first_candidate_that_passes():
    [trail], _, judge = drive(["x"], ["ab"], ["ba"])
    assert trail.ending is Ending.SOLVED
    assert judge.judged == ["x", "ab"]
    assert trail.best.candidate == "ab"
    assert (trail.solved_within(1), trail.solved_within(2)) == (False, True)


def test_what_was_refused_is_never_judged_again():
    [trail], _, judge = drive(["x", "y"], ["x", "y"], ["x", "y"])
    assert judge.judged == ["x", "y"]
    assert trail.ending is Ending.NOTHING_NEW


def test_a_proposer_with_luck_in_it_is_asked_again_for_as_long_as_there_is_patience():
    [trail], proposer, judge = drive(["x"], ["x"], ["x"], ["y"], [], [], [], ["z"], patience=3)
    assert judge.judged == ["x", "y"]
    assert trail.ending is Ending.NOTHING_NEW
    assert len(proposer.heads) == 7


def test_the_budget_is_never_exceeded():
    [trail], _, judge = drive(["p", "q", "r", "s"], budget=3, breadth=10)
    assert judge.judged == ["p", "q", "r"]
    assert trail.ending is Ending.OUT_OF_BUDGET


def test_chains_share_what_was_tried_and_the_budget():
    [trail], _, judge = drive(["x", "y"], ["x", "y", "z"], budget=3, chains=2)
    # the second chain finds x taken, and takes y; in the next round one place is left
    assert judge.judged == ["x", "y", "z"]
    assert [attempt.chain for attempt in trail.attempts] == [0, 1, 0]


def test_a_chain_goes_on_from_the_best_of_its_last_candidates():
    _, proposer, _ = drive(["x", "a", "y"], ["ab"], breadth=3)
    assert proposer.heads == [[None], ["a"]]


def test_a_chain_starts_afresh_after_as_many_proposals_as_asked():
    _, proposer, _ = drive(["p"], ["q"], ["r"], ["s"], ["t"], restart_after=2)
    assert proposer.heads == [[None], ["p"], [None], ["r"], [None], ["t"]]


def test_nothing_that_passed_is_replaced_and_problems_do_not_wait_for_each_other():
    first, second = drive(["a"], ["b"], ["c"], problems=("a", "c"))[0]
    assert [attempt.candidate for attempt in first.attempts] == ["a"]
    assert [attempt.candidate for attempt in second.attempts] == ["a", "b", "c"]


def test_the_best_attempt_is_the_earliest_of_equals():
    [trail], _, _ = drive(["x"], ["a"], ["b"])
    assert trail.best.candidate == "a"
    assert trail.best.judgement.feedback == ["b"]


def test_no_problem_needs_no_work():
    trails, proposer, _ = drive(problems=())
    assert trails == []
    assert proposer.heads == []


def test_a_judge_that_breaks_stops_the_run():
    class Broken:
        def judge(self, pairs):
            raise OSError("the sandbox is gone")

    with pytest.raises(OSError, match="sandbox is gone"):
        refine(
            ["p"],
            proposer=Scripted(["x"]),
            judge=Broken(),
            key=str,
            budget=1,
            chains=1,
            breadth=lambda n: 1,
            restart_after=None,
            patience=1,
        )


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"budget": 0}, "budget=0"),
        ({"chains": 0}, "chains=0"),
        ({"restart_after": 0}, "restart_after=0"),
        ({"patience": 0}, "patience=0"),
    ],
)
def test_a_limit_below_one_is_refused(limits, says):
    with pytest.raises(RecipeError, match=says):
        drive(["x"], **limits)
