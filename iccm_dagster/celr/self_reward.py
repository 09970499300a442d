"""The judge: a model rates answers on a scale from 1 to 5, and the tests say whether it can.

A judge is asked about two answers at once, in both orders, and the two ratings of each are averaged: what stands first
is liked better. Its scores make pairs only where the tests are silent, and only when it was calibrated against them.

Not covered: that a judge prefers what reads like its own writing, and drifts when the model behind it changes.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from iccm_dagster.celr.judge_answers import CRITERIA, HIGHEST, LOWEST, parse_rating
from iccm_dagster.celr.scorer import TrajectoryScore
from iccm_dagster.celr.trajectories import Answer
from iccm_dagster.seeding import seed_for

_ONE = """Rate this response to the task on accuracy, completeness and efficiency, each from 1 to 5.
Answer with JSON only: {{"accuracy": 1, "completeness": 1, "efficiency": 1}}

Task:
{prompt}

Response:
{response}"""
_TWO = """Rate both responses to the task on accuracy, completeness and efficiency, each from 1 to 5.
Answer with JSON only: {{"A": {{"accuracy": 1, "completeness": 1, "efficiency": 1}}, "B": {{...}}}}

Task:
{prompt}

Response A:
{first}

Response B:
{second}"""


class Judge(Protocol):
    """A model that answers questions about answers; an endpoint, or the simulated one."""

    name: str
    simulated: bool

    def ask(self, question: str) -> str:
        """Answer in words.

        Raises:
            EndpointError: The server behind it failed after its own retries.
        """
        ...


class SelfRewardScorer:
    """Scores answers by asking a judge."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def score_response(self, prompt: str, response: str) -> float | None:
        """Return the score of one answer, 0-1; None where the judge gave no rating."""
        rating = parse_rating(self.judge.ask(_ONE.format(prompt=prompt, response=response)))
        return None if rating is None else rating.score

    def score_two(self, prompt: str, one: str, other: str) -> tuple[float | None, float | None]:
        """Return the scores of two answers, each averaged over both orders; None for both where a rating is missing."""
        there = self.judge.ask(_TWO.format(prompt=prompt, first=one, second=other))
        back = self.judge.ask(_TWO.format(prompt=prompt, first=other, second=one))
        ratings = [parse_rating(there, label="A"), parse_rating(back, label="B")]
        others = [parse_rating(there, label="B"), parse_rating(back, label="A")]
        if any(rating is None for rating in (*ratings, *others)):
            return None, None
        return _mean(ratings), _mean(others)

    def score_answers(self, answers: Sequence[Answer]) -> list[float | None]:
        """Return the score of each answer to one task, compared with the next one in both orders; alone where it is one."""
        if len(answers) == 1:
            return [self.score_response(answers[0].prompt, answers[0].response)]
        scores: list[list[float]] = [[] for _ in answers]
        for index, answer in enumerate(answers):
            other = (index + 1) % len(answers)
            mine, theirs = self.score_two(answer.prompt, answer.response, answers[other].response)
            if mine is not None and theirs is not None:
                scores[index].append(mine)
                scores[other].append(theirs)
        return [sum(found) / len(found) if found else None for found in scores]

    def score_trajectory(self, score: TrajectoryScore) -> TrajectoryScore:
        """Return the score with the judge's opinion of the last answer."""
        if not score.answers:
            return score
        return replace(score, judge=self.score_response(score.prompt, score.answers[-1].response))


@dataclass(slots=True, kw_only=True)
class ScriptedJudge:
    """Answers with the next text of a list, and keeps what it was asked."""

    answers: Sequence[str]
    """The answers, in order; the last one is repeated."""
    name: str = "scripted"
    simulated: bool = True
    asked: list[str] = field(default_factory=list)
    """Every question, in order."""

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


class SimulatedJudge:
    """A judge without a model: it counts bodies that were not written, adds noise, and likes what stands first.

    It reads the answers alone, no verdict reaches it. Since simulated solvers fail by leaving bodies out, counting them
    is nearly all there is to know: how well it does says nothing about a real judge. Every number from it is marked.
    """

    name = "sim-judge"
    simulated = True

    def __init__(self, *, noise: float, first_bonus: float, seed: int) -> None:
        self._noise, self._first_bonus, self._seed = noise, first_bonus, seed

    def ask(self, question: str) -> str:
        if "\nResponse A:\n" not in question:
            return self._json(question.partition("\nResponse:\n")[2], question, bonus=0.0)
        first, _, second = question.partition("\nResponse A:\n")[2].partition("\nResponse B:\n")
        a = self._json(first, question, bonus=self._first_bonus)
        return f'{{"A": {a}, "B": {self._json(second, question + "B", bonus=0.0)}}}'

    def _json(self, response: str, question: str, *, bonus: float) -> str:
        rng = random.Random(seed_for(self._seed, question))
        bodies = len(re.findall(r"^\s*(?:async )?def ", response, flags=re.MULTILINE))
        bare = response.count("raise NotImplementedError")
        share = 1 - min(bare, bodies) / bodies if bodies else 0.0
        ratings = [LOWEST + (HIGHEST - LOWEST) * share + bonus + rng.gauss(0, self._noise) for _ in CRITERIA]
        shown = (
            f'"{name}": {min(HIGHEST, max(LOWEST, value)):.2f}' for name, value in zip(CRITERIA, ratings, strict=True)
        )
        return "{" + ", ".join(shown) + "}"


def _mean(ratings: Sequence) -> float:
    return sum(rating.score for rating in ratings) / len(ratings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a judge is worth against the tests."""

    auc: float
    """Probability that it puts a better answer above a worse one to the same task, ties counting half; NaN for none."""
    low: float
    """Lower end of the 95 % bootstrap interval over tasks."""
    high: float
    """Upper end."""
    tasks: int
    """Tasks with at least two answers of different pass rate that the judge rated."""
    comparisons: int
    """Pairs of answers that were compared."""
    silent: int
    """Answers without a rating."""
    bins: tuple[tuple[float, float, int], ...]
    """Reliability: (mean judge score, mean pass rate, answers) of each fifth of the scale that holds answers."""

    def trusted(self, *, auc: float) -> bool:
        """Return whether the judge may make pairs."""
        return self.low >= auc


def calibrate_judge(rows: Sequence[tuple[str, float | None, float | None]], *, seed: int) -> Calibration:
    """Compare a judge with the tests; ``rows``: (task, pass rate, judge score) of each answer."""
    by_task: dict[str, list[tuple[float, float]]] = {}
    for task, rate, score in rows:
        if rate is not None and score is not None:
            by_task.setdefault(task, []).append((rate, score))
    wins = [found for answers in by_task.values() if (found := _wins(answers))]
    sums = np.array([[sum(task), len(task)] for task in wins], dtype=float).reshape(-1, 2)
    low = high = auc = float("nan")
    if len(sums):
        auc = float(sums[:, 0].sum() / sums[:, 1].sum())
        drawn = np.random.default_rng(seed).integers(len(sums), size=(1000, len(sums)))
        low, high = np.quantile(sums[drawn, 0].sum(axis=1) / sums[drawn, 1].sum(axis=1), [0.025, 0.975])
    flat = [pair for answers in by_task.values() for pair in answers]
    return Calibration(
        auc=auc,
        low=float(low),
        high=float(high),
        tasks=len(sums),
        comparisons=int(sums[:, 1].sum()) if len(sums) else 0,
        silent=sum(score is None for _, _, score in rows),
        bins=_bins(flat),
    )


def _wins(answers: Sequence[tuple[float, float]]) -> list[float]:
    return [
        1.0 if better[1] > worse[1] else 0.5 if better[1] == worse[1] else 0.0
        for better in answers
        for worse in answers
        if better[0] > worse[0]
    ]


def _bins(pairs: Sequence[tuple[float, float]]) -> tuple[tuple[float, float, int], ...]:
    found = []
    for number in range(5):
        inside = [(score, rate) for rate, score in pairs if min(4, int(score * 5)) == number]
        if inside:
            scores, rates = zip(*inside, strict=True)
            found.append((sum(scores) / len(scores), sum(rates) / len(rates), len(inside)))
    return tuple(found)
