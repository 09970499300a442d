"""The gate before a model that was trained on preferences is used: what must hold on validation data, and why it does not.

It judges bounds, not means, and says every reason at once. Not covered: what a model does outside of the validation
applications, and a gate that is asked many times about one set of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from iccm_dagster.celr.recipe import DpoRecipe

FEWEST = 3
"""Validation applications below which nothing is admitted: an interval over fewer says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What the gate decided."""

    admitted: bool
    """Whether the model may be used in place of the one before."""
    reasons: tuple[str, ...]
    """Everything that speaks against it; empty where it is admitted."""

    def __str__(self) -> str:
        return "admitted" if self.admitted else f"refused: {'; '.join(self.reasons)}"


def admit_model(report: Mapping[str, Any], recipe: DpoRecipe) -> Admission:
    """Return whether the small model prefers better answers beyond the interval, more often than length alone would, and
    has not unlearned the better answers themselves (DPO may lower both sides).

    ``report``: accuracy (mean, low, n), accuracy_longer_within_cut, chosen_change of `train_dpo.run_dpo`.
    """
    accuracy, longer, change = report["accuracy"], report["accuracy_longer_within_cut"], report["chosen_change"]
    against = []
    if accuracy["n"] < FEWEST:
        against.append(f"{accuracy['n']} validation applications, {FEWEST} are the fewest")
    if not accuracy["low"] > 0.5:
        against.append(f"preference accuracy is surely above {accuracy['low']:.3f} only, not above 0.5")
    if longer is not None and not accuracy["mean"] > longer:
        against.append(f"accuracy {accuracy['mean']:.3f} is not above the {longer:.3f} of the longer answer")
    if change is None or math.isnan(change) or change < -recipe.most_forgotten:
        against.append(f"better answers changed by {change} nats per token, {-recipe.most_forgotten} is the limit")
    return Admission(admitted=not against, reasons=tuple(against))


def admit_writer(report: Mapping[str, Any]) -> Admission:
    """Return whether the requirement writer surely passes more tests than before.

    ``report``: gain, low, n of `writer_preference.train_writer`.
    """
    against = []
    if report["n"] < FEWEST:
        against.append(f"{report['n']} validation applications, {FEWEST} are the fewest")
    if not report["low"] > 0:
        against.append(f"the pass rate surely changed by {report['low']:.3f} at least, not by more than 0")
    return Admission(admitted=not against, reasons=tuple(against))
