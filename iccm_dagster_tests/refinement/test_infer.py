"""Inference executes each program once, goes on from what failed, and repairs what evidence can repair."""

from dataclasses import dataclass

import numpy as np
import pytest

from iccm_dagster.progress import silent
from iccm_dagster.refinement.compare import AT_ONCE, DEDUCED, LEARNED, PARALLEL, RANDOM, RESAMPLED, compare
from iccm_dagster.refinement.corpus import programs_in, token_frequencies
from iccm_dagster.refinement.gallery import story
from iccm_dagster.refinement.infer import NeuralProposer, TestJudge, TurnTaker, key_of
from iccm_dagster.refinement.language import MASK, TOKENS, check, text_of
from iccm_dagster.refinement.measure import (
    deduction,
    fresh_verdicts,
    held_out,
    lead_rows,
    random_search,
    search,
    seed_loop,
    solved_rows,
)
from iccm_dagster.refinement.recipe import ONE_SHOT, OURS, EvaluationRecipe, Policy
from iccm_dagster.refinement.states import corrupt, frame_of
from iccm_dagster.refinement.train import train_denoiser
from iccm_dagster.refinement_loop import Attempt, Ending, Judgement, Trail, refine
from iccm_dagster_tests.refinement.conftest import TINY, programs_of

RECIPE = EvaluationRecipe(programs=12, budgets=(1, 5, 20), samples=8, chains=2, gallery=3)


@pytest.fixture(scope="module")
def model(training_programs):
    return train_denoiser(training_programs, TINY, name="t", on_progress=silent).model


@pytest.fixture(scope="module")
def frame(corpus):
    return held_out(programs_in(corpus, "test"), 0.75, RECIPE)


def run(proposer, frame, *, budget=20, chains=1):
    return search(proposer, frame, budget=budget, chains=chains, recipe=RECIPE, on_progress=silent)


def proposer(model, frame, **changes):
    settings = {
        "samples": 8, "temperature": 1.0, "refines": True, "careful": 3, "paths": 2, "rounds": 2, "remask": None, "seed": 1,
    }  # fmt: skip
    return NeuralProposer(model=model, frame=frame, **{**settings, **changes})


@pytest.mark.parametrize("changes", [{}, {"refines": False}, {"careful": 0}, {"remask": 0.4}])
@pytest.mark.parametrize("chains", [1, 3])
def test_every_executed_program_is_new_type_checks_and_keeps_what_is_given(model, frame, changes, chains):
    for row, trail in enumerate(run(proposer(model, frame, **changes), frame, chains=chains)):
        executed = [attempt.candidate for attempt in trail.attempts]
        assert len({key_of(tokens) for tokens in executed}) == len(executed) <= 20
        kept = frame.given[row] != MASK
        for tokens in executed:
            assert check(tokens[: frame.programs.sizes[row]].tolist()) == frame.programs.types[row]
            assert (tokens[kept] == frame.given[row][kept]).all()
        assert trail.ending is not None


@dataclass(slots=True)
class Scripted:
    """Proposes whole numbers counted up, and says who proposed them."""

    name: str
    count: int = 0
    operations: int = 7

    def propose(self, requests):
        self.count += len(requests)
        return [[(self.name, self.count, place)] for place in range(len(requests))]


class NeverSolved:
    def judge(self, pairs):
        return [Judgement(solved=False, score=0.0, feedback=None) for _ in pairs]


def test_the_second_proposer_gets_its_turns_once_the_first_few_candidates_have_failed():
    taker = TurnTaker(first=Scripted("first"), second=Scripted("second"), after=3, every=2)
    [trail] = refine(
        [0], proposer=taker, judge=NeverSolved(), key=lambda candidate: candidate,
        budget=8, chains=1, breadth=lambda executed: 1, restart_after=None, patience=1,
    )  # fmt: skip
    # three alone, then after 4 and 6 executions it is the other's turn
    who = [attempt.candidate[0] for attempt in trail.attempts]
    assert who == ["first", "first", "first", "first", "second", "first", "second", "first"]
    assert taker.operations == 14


def test_care_costs_evidence_and_no_execution(model, frame):
    careful, at_once = proposer(model, frame, careful=1), proposer(model, frame, careful=0)
    for each in (careful, at_once):
        assert all(len(trail.attempts) == 1 for trail in run(each, frame, budget=1))
    # two paths of two rounds beside the state itself; half-filled programs have less evidence than whole ones
    assert 2 * at_once.operations < careful.operations


def test_random_search_solves_small_programs_given_enough_executions(training_programs):
    """(+ a ?): six leaves fit, so that twenty executions without repeats cannot miss."""
    programs = programs_of("(+ a b)", inputs=[(1, 5, [])])
    given = programs.tokens.copy()
    given[0, 2] = MASK
    frame = frame_of(programs, given)
    make = random_search(token_frequencies(training_programs), RECIPE)
    [trail] = run(make(frame), frame)
    assert trail.ending is Ending.SOLVED
    assert text_of(trail.best.candidate[:3].tolist()) == "(+ a b)"


def test_deduction_mends_one_wrong_node_at_once_and_beats_chance(corpus, training_programs):
    """(+ a ?): the hole wants b in every test, and deduction says so before anything was executed."""
    programs = programs_of("(+ a b)", inputs=[(1, 5, []), (7, 2, [3])])
    given = programs.tokens.copy()
    given[0, 2] = MASK
    frame, frequencies = frame_of(programs, given), token_frequencies(training_programs)
    [trail] = run(deduction(frequencies, RECIPE)(frame), frame)
    assert len(trail.attempts) == 1
    frame = held_out(programs_in(corpus, "test"), 0.5, RECIPE.model_copy(update={"programs": 40}))
    solved = [
        sum(trail.ending is Ending.SOLVED for trail in run(make(frequencies, RECIPE)(frame), frame, budget=5))
        for make in (deduction, random_search)
    ]
    assert solved[0] > solved[1]


def test_what_passes_the_tests_may_be_wrong_on_fresh_inputs():
    programs = programs_of("(+ a b)", inputs=[(2, 2, [])])
    programs.fresh[0, 0, :2] = 3, 4
    programs.fresh[0, 0, 10] = 7
    frame = frame_of(programs, corrupt(programs, np.ones(1), np.random.default_rng(0)))
    times, plus = (programs.tokens[0].copy() for _ in range(2))
    times[0] = TOKENS["*"]
    judge = TestJudge(frame=frame)
    # 2 * 2 = 2 + 2, but 3 * 4 is not 7
    first, second = judge.judge([(0, times), (0, plus)])
    assert first.solved and second.solved
    for tokens, right in ((times, False), (plus, True)):
        attempt = Attempt(candidate=tokens, judgement=first, number=1, chain=0)
        trail = Trail(problem=0, attempts=[attempt])
        assert fresh_verdicts([trail], frame).tolist() == [right]
        rates = solved_rows([trail], frame, row="r", level=1.0, budgets=(1,)).set_index("inputs")["solved"]
        assert rates.to_dict() == {"given": 1.0, "fresh": float(right)}


def test_the_seeds_loop_is_measured_from_the_first_answer_on(model, frame):
    loop = seed_loop(model, frame, iterations=3)
    assert loop.accuracy.shape == (3, len(frame.given))
    assert (loop.changed[0] == 0).all()
    # a program that passes is kept: nothing changes after it
    assert (loop.changed[1:][loop.solved[:-1]] == 0).all()
    assert (loop.solved[1:] >= loop.solved[:-1]).all()
    assert ((loop.confidence > 0) & (loop.confidence <= 1 + 1e-6)).all()


def test_a_lead_is_paired_and_counted_on_fresh_inputs_too():
    """Two programs. Ours: right at once, right at the second try. The control: never, and wrong on fresh inputs."""
    programs = programs_of("(+ a b)", "(+ a b)", inputs=[(2, 2, [])])
    programs.fresh[:, 0, [0, 1, 10]] = 3, 4, 7
    frame = frame_of(programs, corrupt(programs, np.ones(2), np.random.default_rng(0)))
    plus, times, minus = (programs.tokens[0].copy() for _ in range(3))
    times[0], minus[0] = TOKENS["*"], TOKENS["-"]
    judge = TestJudge(frame=frame)

    def trail(*candidates: np.ndarray) -> Trail:
        judged = zip(candidates, judge.judge([(0, tokens) for tokens in candidates]), strict=True)
        attempts = [
            Attempt(candidate=tokens, judgement=judgement, number=number, chain=0)
            for number, (tokens, judgement) in enumerate(judged, 1)
        ]
        return Trail(problem=0, attempts=attempts)

    rows = lead_rows(
        [trail(plus), trail(minus, plus)],
        [trail(minus, minus), trail(minus, times)],
        frame,
        against="c",
        level=1.0,
        budgets=(1, 2),
    ).set_index(["budget", "inputs"])
    # within 1: one of two against none; within 2: two against one, which is wrong on fresh inputs
    assert rows["lead"].tolist() == [0.5, 0.5, 0.5, 1.0]
    assert rows["control"].tolist() == [0, 0, 0.5, 0]


def test_the_comparison_has_every_row_at_every_level(corpus, training_programs, model):
    one_shot = train_denoiser(
        training_programs, TINY.model_copy(update={"policy": Policy.ONE_SHOT}), name="o", on_progress=silent
    ).model
    found = compare(
        {OURS: model, ONE_SHOT: one_shot, "another": model},
        programs_in(corpus, "test"),
        token_frequencies(training_programs),
        RECIPE.model_copy(update={"levels": (0.5, 1.0)}),
        on_progress=silent,
    )
    rates = found.solved.set_index(["row", "level", "budget", "inputs"])["solved"]
    for row in (RANDOM, DEDUCED, OURS, PARALLEL, LEARNED, AT_ONCE, RESAMPLED):
        for level in (0.5, 1.0):
            given, fresh = (
                [rates[row, level, budget, inputs] for budget in (1, 5, 20)] for inputs in ("given", "fresh")
            )
            assert given == sorted(given)
            assert all(right <= passed for right, passed in zip(fresh, given, strict=True))
    assert set(found.leads["against"]) == {RANDOM, DEDUCED, RESAMPLED}
    assert set(found.loops["row"]) == {OURS, ONE_SHOT, "another"}
    assert (found.costs["executions"] > 0).all()


def test_a_story_shows_each_execution(frame, model):
    [trail] = refine(
        [0], proposer=proposer(model, frame), judge=TestJudge(frame=frame), key=key_of,
        budget=3, chains=1, breadth=lambda executed: 1, restart_after=None, patience=1,
    )  # fmt: skip
    text = story(trail, frame, 0, level=0.75)
    assert text.count("\n| ") == 2 + len(trail.attempts)
    assert "75% corrupted" in text and "?" in text.splitlines()[0]
