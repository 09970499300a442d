"""Preference pairs: from answers of one author to one task that the tests tell apart, from gold against the model's own,
and from a calibrated judge where the tests are silent.

Kept in every pair: both sides answer the same task; the better side has the higher verdict, by the margin at least; both
sides have the same author, so that what a larger model wrote after an escalation is never credited to the small one;
nothing of the holdout split enters. Not covered: an answer that passes weak tests and is wrong.
"""

import difflib
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.scorer import TrajectoryScore
from iccm_dagster.celr.trajectories import Answer

TRAINED_ON = ("train", "validation")
"""Splits that pairs may come from: validation ones only measure, holdout is never looked at."""
Source = Literal["dpo", "spin", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencePair:
    """Two answers to one prompt, the first of which is better."""

    task: str
    """The task of both."""
    application: str
    """The application."""
    split: str
    """"train" (learned from) or "validation" (held out)."""
    source: Source
    """Tests ("dpo"), gold against own ("spin"), or a calibrated judge ("judge")."""
    prompt: str
    """The task's own prompt."""
    chosen: str
    """The better answer."""
    rejected: str
    """The worse one."""
    chosen_model: str
    """Who wrote it; "gold" for the original."""
    rejected_model: str
    """Who wrote the worse one."""
    chosen_score: float
    """Verdict of the tests, or of the judge, 0-1."""
    rejected_score: float
    """Lower than ``chosen_score``."""
    on_policy: bool
    """Whether both were answers to exactly this prompt; False where one had advice in it."""
    simulated: bool
    """Whether a simulated reconstructor or judge took part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaired:
    """An answer to a task that gave no pair: what KTO learns from."""

    task: str
    """The task."""
    application: str
    """The application."""
    split: str
    """"train" or "validation"."""
    prompt: str
    """The task's own prompt."""
    completion: str
    """The answer."""
    label: bool
    """Whether it passes everything."""
    model: str
    """Who wrote it."""
    simulated: bool
    """Whether a simulated reconstructor wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """The pairs of some tasks, and why others gave none."""

    pairs: tuple[PreferencePair, ...]
    """All pairs, in the order of the tasks."""
    unpaired: tuple[Unpaired, ...]
    """Single answers of tasks without a pair."""
    reasons: Mapping[str, str]
    """Task -> why it gave no pair."""


class PreferencePairGenerator:
    """Makes pairs; deterministic, in time linear in the number of tasks."""

    def __init__(self, recipe: PreferenceRecipe) -> None:
        self._recipe = recipe

    def create_dpo_pairs(self, scored: Iterable[TrajectoryScore]) -> Pairing:
        """Pair the answers of each task that the tests tell apart: successes over failures, better over worse."""
        pairs, unpaired, reasons = list[PreferencePair](), list[Unpaired](), dict[str, str]()
        for task, scores in _by_task(scored).items():
            if scores[0].split not in TRAINED_ON:
                reasons[task] = f"{scores[0].split} split: never trained on"
                continue
            found = self._of_task(scores)
            pairs += found
            if not found:
                reasons[task] = _why(scores)
                unpaired += _unpaired(scores)
        return Pairing(pairs=tuple(pairs), unpaired=tuple(unpaired), reasons=reasons)

    def create_spin_pairs(self, gold: Mapping[str, str], scored: Iterable[TrajectoryScore], *, model: str) -> Pairing:
        """Pair the gold answer of each task with the model's own first answers, but for those that the tests accept.

        ``gold``: task -> answer. ``model``: whose answers are rejected. What is identical or nearly so is dropped.
        """
        pairs, reasons = list[PreferencePair](), dict[str, str]()
        for task, scores in _by_task(scored).items():
            own = [answer for score in scores for answer in score.answers if answer.model == model]
            worse = [
                answer
                for answer in own
                if answer.pass_rate is not None and answer.pass_rate < 1 and _plain(answer, scores[0])
            ]
            if scores[0].split not in TRAINED_ON or task not in gold or not worse:
                reasons[task] = _why_no_spin(scores[0].split, task in gold, bool(own))
                continue
            found = [
                _pair("spin", scores[0], gold[task], "gold", 1.0, answer)
                for answer in _different(worse)
                if _likeness(gold[task], answer.response) < self._recipe.near_identical
            ][: self._recipe.max_pairs_per_task]
            pairs += found
            if not found:
                reasons[task] = "every answer is nearly identical to gold"
        return Pairing(pairs=tuple(pairs), unpaired=(), reasons=reasons)

    def create_judge_pairs(
        self, scored: Iterable[tuple[TrajectoryScore, Sequence[float | None]]], *, trusted: bool
    ) -> Pairing:
        """Pair answers without a verdict by what a judge thinks of them; none where the judge is not calibrated.

        ``scored``: scores, each with the judge's score of each of its answers.
        """
        pairs, reasons = list[PreferencePair](), dict[str, str]()
        by_task: dict[str, list[tuple[TrajectoryScore, Answer, float]]] = {}
        for score, opinions in scored:
            rows = by_task.setdefault(score.task, [])
            for answer, opinion in zip(score.answers, opinions, strict=True):
                if answer.pass_rate is None and opinion is not None and score.split in TRAINED_ON:
                    rows.append((score, answer, opinion))
        for task, rows in by_task.items():
            ranked = sorted(rows, key=lambda row: -row[2])
            best = ranked[0] if ranked and trusted else None
            found = [
                _pair("judge", best[0], best[1].response, best[1].model, best[2], answer, score=opinion)
                for _, answer, opinion in reversed(ranked)
                if best is not None
                and best[2] - opinion >= self._recipe.margin
                and answer.model == best[1].model
                and self._far(best[1].response, answer.response)
            ][: self._recipe.max_pairs_per_task]
            pairs += found
            if not found:
                reasons[task] = "the tests speak for themselves" if trusted else "the judge is not calibrated"
        return Pairing(pairs=tuple(pairs), unpaired=(), reasons=reasons)

    def _of_task(self, scores: Sequence[TrajectoryScore]) -> list[PreferencePair]:
        """Return the pairs of one task: widest margins first, each answer text on one side only."""
        candidates = list[tuple[bool, float, Answer, Answer]]()
        for answers in _by_author(scores).values():
            rated = sorted(_different(answers), key=lambda answer: -(answer.pass_rate or 0.0))
            for place, better in enumerate(rated):
                for worse in reversed(rated[place + 1 :]):
                    margin = (better.pass_rate or 0.0) - (worse.pass_rate or 0.0)
                    if margin < self._recipe.margin:
                        break
                    same = _plain(better, scores[0]) and _plain(worse, scores[0])
                    candidates.append((same, margin, better, worse))
        candidates.sort(key=lambda found: (not found[0], -found[1]))
        sides: dict[str, str] = {}
        pairs = list[PreferencePair]()
        for _, _, better, worse in candidates:
            if len(pairs) == self._recipe.max_pairs_per_task:
                break
            if "-" in sides.get(better.response, "+") or "+" in sides.get(worse.response, "-"):
                continue
            if self._far(better.response, worse.response):
                sides[better.response], sides[worse.response] = "+", "-"
                rate = better.pass_rate or 0.0
                pairs.append(_pair("dpo", scores[0], better.response, better.model, rate, worse, best=better))
        return pairs

    def _far(self, one: str, other: str) -> bool:
        return one != other and _likeness(one, other) < self._recipe.near_identical


def length_bias(pairs: Sequence[PreferencePair]) -> dict[str, float]:
    """Return how much longer the chosen side is: share of pairs where it is longer, and the mean ratio of lengths."""
    if not pairs:
        return {"chosen longer": float("nan"), "length ratio": float("nan")}
    longer = sum(len(pair.chosen) > len(pair.rejected) for pair in pairs)
    ratios = [len(pair.chosen) / max(1, len(pair.rejected)) for pair in pairs]
    return {"chosen longer": longer / len(pairs), "length ratio": sum(ratios) / len(ratios)}


def _by_task(scored: Iterable[TrajectoryScore]) -> dict[str, list[TrajectoryScore]]:
    tasks: dict[str, list[TrajectoryScore]] = {}
    for score in scored:
        # One task is one prompt: an application that changed since an older log gives another one.
        digest = hashlib.sha256(score.prompt.encode()).hexdigest()[:8]
        tasks.setdefault(f"{score.task}\n{digest}", []).append(score)
    counts = Counter(key.partition("\n")[0] for key in tasks)
    return {
        key.partition("\n")[0] if counts[key.partition("\n")[0]] == 1 else key.replace("\n", ":"): scores
        for key, scores in tasks.items()
    }


def _by_author(scores: Sequence[TrajectoryScore]) -> dict[str, list[Answer]]:
    authors: dict[str, list[Answer]] = {}
    for score in scores:
        for answer in score.answers:
            if answer.pass_rate is not None and answer.response.strip():
                authors.setdefault(answer.model, []).append(answer)
    return authors


def _different(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers without repeated texts; of equal ones the first."""
    return list({answer.response: answer for answer in reversed(answers)}.values())[::-1]


def _plain(answer: Answer, score: TrajectoryScore) -> bool:
    return answer.prompt == score.prompt


def _pair(
    source: Source,
    task: TrajectoryScore,
    chosen: str,
    author: str,
    rate: float,
    worse: Answer,
    *,
    best: Answer | None = None,
    score: float | None = None,
) -> PreferencePair:
    return PreferencePair(
        task=task.task,
        application=task.application,
        split=task.split,
        source=source,
        prompt=task.prompt,
        chosen=chosen,
        rejected=worse.response,
        chosen_model=author,
        rejected_model=worse.model,
        chosen_score=rate,
        rejected_score=(worse.pass_rate or 0.0) if score is None else score,
        on_policy=(best is None or _plain(best, task)) and _plain(worse, task),
        simulated=task.simulated,
    )


def _likeness(one: str, other: str) -> float:
    """Return the share of equal lines in equal order, 0-1."""
    first, second = one.splitlines(), other.splitlines()
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    # The cheap bound decides most: shared lines regardless of order.
    return matcher.ratio() if matcher.quick_ratio() > 0.9 else matcher.quick_ratio()


def _why(scores: Sequence[TrajectoryScore]) -> str:
    authors = _by_author(scores)
    if not authors:
        return "no answer was judged"
    if sum(map(len, authors.values())) == 1:
        return "a single judged answer"
    if all(len(answers) == 1 for answers in authors.values()):
        return "one answer of each author"
    if all(len({answer.pass_rate for answer in answers}) == 1 for answers in authors.values()):
        return "ties only"
    return "margins too small or answers too alike"


def _why_no_spin(split: str, has_gold: bool, has_own: bool) -> str:
    if split not in TRAINED_ON:
        return f"{split} split: never trained on"
    if not has_gold:
        return "no gold answer"
    return "every own answer passes, had advice, or was not judged" if has_own else "no answer of the model itself"


def _unpaired(scores: Sequence[TrajectoryScore]) -> Iterable[Unpaired]:
    seen: set[str] = set()
    for answer in (answer for score in scores for answer in score.answers):
        if answer.pass_rate is not None and answer.response.strip() and answer.response not in seen:
            seen.add(answer.response)
            yield Unpaired(
                task=scores[0].task,
                application=scores[0].application,
                split=scores[0].split,
                prompt=scores[0].prompt,
                completion=answer.response,
                label=answer.pass_rate == 1.0,
                model=answer.model,
                simulated=answer.simulated,
            )
