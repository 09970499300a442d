"""A jury from stored applications: each with its calibrated tests and its embedded readers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from iccm_dagster.applications.catalogue import Split, load_application, test_files
from iccm_dagster.encoders import BUNDLED, load_encoder
from iccm_dagster.harness.calibration import calibrated_suite, calibration_from_json, limits_for
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import Suite, function_of
from iccm_dagster.harness.verify import VerdictCache
from iccm_dagster.orchestra.endpoints import EndpointReconstructor
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.readers import Embed, readers_for
from iccm_dagster.phase2.halves import learning_half
from iccm_dagster.phase2.reward import Judge, Jury


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Where one application and what is known about its tests are stored."""

    application: Path
    """Folder of the application."""
    calibration: Path
    """``calibration.json``"""
    at_import: Path
    """``at_import.json``: names of the sections that run at import."""

    def knowledge(self) -> Knowledge:
        at_import = frozenset(json.loads(self.at_import.read_text(encoding="utf-8")))
        return Knowledge(load_application(self.application), at_import=at_import)


def summon(
    cases: Sequence[Case],
    *,
    threshold: float,
    embed: Embed,
    calibration: CalibrationRecipe,
    sandbox: Sandbox,
    cache: Path,
    workers: int,
    halved: bool = False,
    models: Sequence[EndpointReconstructor] = (),
) -> Jury:
    """Return a jury of the embedded readers for these applications.

    ``halved`` leaves out the half of each training application's tests that must never reward (see `halves`). Where any of
    ``models`` rewards, the models that do are the jury and no reader is: rewards never mix simulated and real numbers.
    """
    rewarding = [model for model in models if model.rewards]
    judges = []
    for case in cases:
        knowledge = case.knowledge()
        measured = calibration_from_json(case.calibration.read_text(encoding="utf-8"))
        application = knowledge.application
        suite = Suite(
            application_id=application.id,
            files=test_files(application),
            modules=application.modules,
            kept=None,
            packages=application.packages,
        )
        suite = calibrated_suite(suite, measured)
        if halved and application.split is Split.TRAIN:
            suite = suite.only(learning_half({function_of(node) for node in suite.kept or ()}))
        judges.append(
            Judge.of(
                knowledge,
                rewarding or readers_for(knowledge, embed, threshold=threshold),
                suite,
                limits_for(measured, base_limits(calibration)),
            )
        )
    return Jury(judges, sandbox=sandbox, cache=VerdictCache(folder=cache), workers=workers)


def base_limits(recipe: CalibrationRecipe) -> Limits:
    """Return the limits of a verdict before calibration knows better."""
    return Limits(
        wall_s=recipe.wall_s,
        test_s=recipe.test_s,
        memory_mib=recipe.memory_mib,
        processes=recipe.processes,
        output_mib=recipe.output_mib,
    )


class SentenceEmbedder:
    """The untrained MiniLM, which the readers and the selection of statements use in every profile; remembers what it
    has seen."""

    def __init__(self) -> None:
        self._encoder = load_encoder(BUNDLED, projection=None, max_tokens=128)
        self._known: dict[str, np.ndarray] = {}

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit vectors [len(texts), 384]."""
        new = list(dict.fromkeys(text for text in texts if text not in self._known))
        if new:
            vectors = self._encoder.encode(new, batch_size=64, normalize_embeddings=True, show_progress_bar=False)
            self._known.update(zip(new, vectors, strict=True))
        if not texts:
            return np.zeros((0, self._encoder.get_embedding_dimension()), dtype=np.float32)
        return np.stack([self._known[text] for text in texts])
