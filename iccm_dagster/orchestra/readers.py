"""The embedded readers: three reconstructors that need no language model, because they know the source.

A reader decides which sections of the hidden application a text conveys; the application is rebuilt with exactly those,
everything else raises ``NotImplementedError``, and the real tests decide what that is worth. This is a **simulation**:
a reader cannot misunderstand a section it found, nor write one that it did not. Every number from it is marked
``simulated``.

Not covered: partial understanding of a section, wrong code, code that a text suggests and the application does not
have.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from iccm_dagster.applications.interface import Interface
from iccm_dagster.lexical import Bm25Index
from iccm_dagster.orchestra.knowledge import Knowledge, whole
from iccm_dagster.orchestra.reconstructor import Context, Reconstruction

# S: statements, N: what they are compared with, D: embedding size.

Embed = Callable[[Sequence[str]], np.ndarray]
"""Texts -> unit vectors [len(texts), D]."""


class GoldReader:
    """Matches each statement to at most one gold requirement and restores what that requirement is traced to."""

    name = "gold"
    simulated = True
    rewards = True

    def __init__(self, knowledge: Knowledge, embed: Embed, *, threshold: float) -> None:
        self._knowledge, self._embed, self._threshold = knowledge, embed, threshold
        self._requirements = knowledge.requirements
        self._vectors_ND = embed([requirement.text for requirement in self._requirements])

    def reconstruct(self, context: Context, interface: Interface) -> Reconstruction:
        matches: list[str | None] = [None] * len(context.statements)
        if context.statements:
            similarity_SN = self._embed(context.statements) @ self._vectors_ND.T
            for statement, gold in zip(*linear_sum_assignment(-similarity_SN), strict=True):
                if similarity_SN[statement, gold] >= self._threshold:
                    matches[statement] = self._requirements[gold].id
        trace = self._knowledge.traceability.sections
        restored = [span for match in matches if match is not None for span in trace[match]]
        return _reconstruction(self, self._knowledge, restored, matches)


class SemanticReader:
    """Gives each statement the one section whose masked code is nearest to it by sentence embedding. Rewards only where no
    gold reader can: what it rebuilds from hand-written requirements passes a quarter of the tests, the gold reader's all."""

    name = "semantic"
    simulated = True

    def __init__(self, knowledge: Knowledge, embed: Embed, *, rewards: bool) -> None:
        self._knowledge, self._embed, self.rewards = knowledge, embed, rewards
        self._vectors_ND = embed(knowledge.masked)

    def reconstruct(self, context: Context, interface: Interface) -> Reconstruction:
        matches: list[str | None] = []
        if context.statements and self._knowledge.candidates:
            best_S = (self._embed(context.statements) @ self._vectors_ND.T).argmax(axis=1)
            matches = [self._knowledge.candidates[index].name for index in best_S]
        return _reconstruction(self, self._knowledge, [whole(match) for match in matches if match], matches)


class LexicalReader:
    """Gives each statement the one section whose masked code shares the most telling words with it (BM25). Only
    evaluates."""

    name = "lexical"
    simulated = True
    rewards = False

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._index = Bm25Index(knowledge.masked) if knowledge.candidates else None

    def reconstruct(self, context: Context, interface: Interface) -> Reconstruction:
        matches: list[str | None] = []
        for statement in context.statements if self._index else ():
            scores_N = self._index.scores(statement)
            best = int(scores_N.argmax())
            matches.append(self._knowledge.candidates[best].name if scores_N[best] > 0 else None)
        return _reconstruction(self, self._knowledge, [whole(match) for match in matches if match], matches)


def readers_for(
    knowledge: Knowledge, embed: Embed, *, threshold: float
) -> tuple[GoldReader | SemanticReader | LexicalReader, ...]:
    """Return the readers that can play for this application: the gold reader only where gold requirements exist."""
    gold = (GoldReader(knowledge, embed, threshold=threshold),) if knowledge.requirements else ()
    return (*gold, SemanticReader(knowledge, embed, rewards=not gold), LexicalReader(knowledge))


def calibrate_threshold(applications: Sequence[Knowledge], embed: Embed, *, fallback: float) -> dict[str, float]:
    """Choose the similarity from which two sentences say the same, on the hand-written paraphrases.

    A paraphrase and its own requirement are a positive, a paraphrase and the best other requirement of its application
    a negative; the threshold maximises true positive rate minus false positive rate (Youden, 1950).

    Returns:
        ``threshold``, ``true_positive_rate``, ``false_positive_rate``, ``pairs`` (number of positives). Without any
        paraphrase the threshold is ``fallback`` and the rates are NaN.
    """
    positives: list[float] = []
    negatives: list[float] = []
    for knowledge in applications:
        requirements = knowledge.requirements
        if len(requirements) < 2:
            continue
        owners = [index for index, requirement in enumerate(requirements) for _ in requirement.paraphrases]
        texts = [requirement.text for requirement in requirements]
        paraphrases = [text for requirement in requirements for text in requirement.paraphrases]
        # In one batch: one for each requirement takes several times as long.
        vectors = embed([*texts, *paraphrases])
        similarity_SN = vectors[len(texts) :] @ vectors[: len(texts)].T
        own = np.arange(len(owners)), owners
        positives.extend(similarity_SN[own])
        similarity_SN[own] = -np.inf
        negatives.extend(similarity_SN.max(axis=1))
    if not positives:
        return {
            "threshold": fallback,
            "true_positive_rate": float("nan"),
            "false_positive_rate": float("nan"),
            "pairs": 0,
        }
    positives_P, negatives_P = np.array(positives), np.array(negatives)
    grid = np.linspace(0.2, 0.95, 151)
    youden = [(positives_P >= cut).mean() - (negatives_P >= cut).mean() for cut in grid]
    cut = float(grid[int(np.argmax(youden))])
    return {
        "threshold": cut,
        "true_positive_rate": float((positives_P >= cut).mean()),
        "false_positive_rate": float((negatives_P >= cut).mean()),
        "pairs": len(positives),
    }


def _reconstruction(reader, knowledge: Knowledge, restored, matches) -> Reconstruction:
    return Reconstruction(
        reconstructor=reader.name,
        implementation=knowledge.rebuild(restored),
        refusal=None,
        simulated=reader.simulated,
        matches=tuple(matches),
    )
