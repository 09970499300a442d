"""Simulated reconstructors of different strength: they know the hidden source and restore parts of it.

Each statement is taken to mean sections of the application, as the embedded readers do it, with noise on the scores; a
section that was chosen is then written or not. A section can be out of reach for a model (always the same ones), or be
missed by chance, the more often the longer the instructions. A program to go on from is kept as it is. Told what failed, a
solver chooses further sections for that alone: by the statement together with the names of the failing tests and their
messages. Not told, it reads every statement again.

This is a **simulation** and every number from it is marked. Not covered: wrong code (a section is right or missing), code
that breaks what worked before, a model that misreads advice. So an answer differs from a better one only by bodies that
raise ``NotImplementedError``.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iccm_dagster.applications.traceability import SectionSpan
from iccm_dagster.celr.ladder import Draft, Reply, Request, Rung, tokens_in
from iccm_dagster.celr.reflection import Complaint
from iccm_dagster.celr.tasks import Workbench
from iccm_dagster.lexical import Bm25Index
from iccm_dagster.orchestra.knowledge import whole
from iccm_dagster.seeding import seed_for

if TYPE_CHECKING:
    from iccm_dagster.orchestra.readers import Embed

Scores = Callable[[str], np.ndarray]
"""A text -> how well each candidate section of the application fits it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How good a simulated model is, and what it costs. The values are chosen, not measured on any real model."""

    name: str
    """Name in the log."""
    hard: float
    """Share of the sections that are out of its reach, 0-1; the same ones each time."""
    slip: float
    """Probability of missing a section within reach, at instructions of 1000 tokens; grows with them."""
    temperature: float
    """Noise on the scores, in standard deviations."""
    price_in: float
    """Price of 1000 tokens of prompt."""
    price_out: float
    """Price of 1000 tokens of answer."""
    seconds: float
    """Declared time of an attempt [s]; nothing sleeps."""


SMALL = Strength(name="sim-small", hard=0.10, slip=0.20, temperature=0.5, price_in=0.005, price_out=0.01, seconds=2.0)
MEDIUM = Strength(name="sim-medium", hard=0.05, slip=0.12, temperature=0.4, price_in=0.02, price_out=0.04, seconds=5.0)
LARGE = Strength(name="sim-large", hard=0.01, slip=0.05, temperature=0.0, price_in=0.06, price_out=0.12, seconds=20.0)
MOST_SLIPS = 0.9


class SimulatedSolver:
    """Restores the sections that a text brings to its mind, but for those it misses."""

    def __init__(self, bench: Workbench, strength: Strength, *, scores: Scores | None) -> None:
        self.name = strength.name
        self._bench, self._strength, self._scores = bench, strength, scores
        self._candidates = [section.name for section in bench.knowledge.candidates]
        self._modules = [bench.module_of(name) for name in self._candidates]

    def attempt(self, request: Request) -> Reply:
        """Restore what is meant and not missed, on top of what is given and of the program to go on from."""
        rng = random.Random(seed_for("attempt", self.name, request.task.id, request.seed))
        kept = request.best.restored if request.best is not None else frozenset()
        # Only who is told what failed knows that the answer is not among what there is already.
        meant = self._meant(request, kept if request.advice is not None else frozenset(), rng)
        written = [span for span in dict.fromkeys(meant) if span not in kept and self._writes(span, request, rng)]
        restored = request.task.given | kept | frozenset(written)
        return Reply(
            draft=Draft(implementation=self._bench.knowledge.rebuild(restored), restored=restored),
            refusal=None,
            seconds=self._strength.seconds,
            simulated=True,
        )

    def _meant(self, request: Request, kept: frozenset[SectionSpan], rng: random.Random) -> list[SectionSpan]:
        if self._scores is None:
            return self._traced(request)
        if request.advice is None:
            queries = [statement.text for statement in request.statements]
        else:
            texts = {statement.id: statement.text for statement in request.task.statements}
            queries = [text for complaint in request.advice.complaints for text in _queries(complaint, texts)]
        return [span for query in queries for span in self._nearest(query, request, kept, rng)]

    def _traced(self, request: Request) -> list[SectionSpan]:
        """A strong model understands each statement: what the requirement is traced to, within the task."""
        unmet = (
            None
            if request.advice is None or None in {item.statement for item in request.advice.complaints}
            else request.advice.statements
        )
        trace = self._bench.knowledge.traceability.sections
        spans = [span for item in request.statements if unmet is None or item.id in unmet for span in trace[item.id]]
        return [span for span in spans if self._inside(self._bench.module_of(span.section), request)]

    def _nearest(
        self, query: str, request: Request, kept: frozenset[SectionSpan], rng: random.Random
    ) -> Iterable[SectionSpan]:
        assert self._scores is not None
        scores_N = self._scores(query)
        spread = float(scores_N.std()) or 1.0
        best, chosen = -math.inf, None
        for index, name in enumerate(self._candidates):
            noise = -math.log(-math.log(max(rng.random(), 1e-12))) * self._strength.temperature
            if not self._inside(self._modules[index], request) or whole(name) in kept:
                continue
            if scores_N[index] / spread + noise > best:
                best, chosen = scores_N[index] / spread + noise, name
        return [] if chosen is None else [whole(chosen)]

    def _writes(self, span: SectionSpan, request: Request, rng: random.Random) -> bool:
        reach = random.Random(seed_for("reach", self.name, request.task.application, span.section)).random()
        slip = min(MOST_SLIPS, self._strength.slip * tokens_in(request.instructions) / 1000)
        return rng.random() >= slip and reach >= self._strength.hard

    def _inside(self, module: str, request: Request) -> bool:
        return request.task.module is None or module == request.task.module


def _queries(complaint: Complaint, texts: dict[str, str]) -> list[str]:
    about = texts.get(complaint.statement or "", "")
    failures = " ".join(message for message in complaint.messages if message != "NotImplementedError")
    return [f"{about} {test.removeprefix('test_').replace('_', ' ')} {failures}".strip() for test in complaint.tests]


def simulated_ladder(
    bench: Workbench, embed: "Embed", *, strengths: Sequence[Strength] = (SMALL, MEDIUM, LARGE)
) -> tuple[Rung, ...]:
    """Return three simulated models, cheap to expensive: words, sentence embeddings, and full understanding.

    The last one exists only where requirements were written by hand.
    """
    candidates = bench.knowledge.masked
    words = Bm25Index(candidates)
    vectors_ND = embed(candidates) if candidates else None
    readers: list[tuple[Strength, Scores | None]] = [(strengths[0], words.scores)]
    if vectors_ND is not None:
        readers.append((strengths[1], lambda text: vectors_ND @ embed([text])[0]))
    if bench.knowledge.application.gold:
        readers.append((strengths[2], None))
    return tuple(
        Rung(
            solver=SimulatedSolver(bench, strength, scores=scores),
            price_in=strength.price_in,
            price_out=strength.price_out,
        )
        for strength, scores in readers
    )
