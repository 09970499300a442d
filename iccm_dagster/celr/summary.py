"""The report over many applications: from tables of runs, scores and controls, and from pairs, to one set of numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iccm_dagster.celr.control import gain_between
from iccm_dagster.celr.pairs import Pairing, length_bias

if TYPE_CHECKING:
    import pandas as pd

BINS = 10


def report_of(
    runs: "pd.DataFrame", scores: "pd.DataFrame", control: "pd.DataFrame", pairings: Sequence[Pairing]
) -> dict[str, Any]:
    """Return the report as JSON values. Quality and the control are those of training applications.

    ``runs``, ``scores``, ``control``: the tables of ``trajectories`` and ``scored_trajectories``.
    """
    pairs = [pair for pairing in pairings for pair in pairing.pairs]
    sources = Counter(pair.source for pair in pairs)
    training, composites = runs[runs["split"] == "train"], scores[scores["split"] == "train"]["composite"]
    return {
        "runs": len(runs),
        "runs_train": len(training),
        "solved_train": int(training["success"].sum()),
        "failed_train": int((~training["success"].astype(bool)).sum()),
        "retries_train": int(training["retries"].sum()),
        "escalations_train": int(training["escalations"].sum()),
        "aborted_train": int((training["last_action"] == "abort").sum()),
        "tasks": int(runs["task"].nunique()),
        "dpo_pairs": sources["dpo"],
        "spin_pairs": sources["spin"],
        "quality": [int(count) for count in _histogram(composites)],
        "pairs_per_application": dict(Counter(pair.application for pair in pairs)),
        "reasons": dict(Counter(reason for pairing in pairings for reason in pairing.reasons.values())),
        "length": length_bias(pairs),
        "reflection": reflection(control[control["application"].isin(training["application"].unique())]),
    }


CONTRASTS = {
    "advised - blind": ("advised", "blind"),
    "carried - blind": ("carried", "blind"),
    "advised - carried": ("advised", "carried"),
    "reworded - carried": ("reworded", "carried"),
}
"""What is compared: reflection as a whole, the program alone, what the advice adds to it, and advice as requirements."""


def reflection(control: "pd.DataFrame") -> dict[str, Any]:
    """Return what each arm of the control came to, and the gains between them in success and in pass rate.

    Tasks that the first attempt solves leave nothing to reflect on; they stay in, and pull the gains towards 0.
    """
    judged = control.dropna(subset=["pass_rate"])
    contrasts = {
        name: {"success": _shown(control, "success", *arms), "pass_rate": _shown(judged, "pass_rate", *arms)}
        for name, arms in CONTRASTS.items()
    }
    columns = ["success", "pass_rate", "cost", "attempts"]
    means = control.astype({"success": float}).groupby("arm")[columns].mean() if len(control) else None
    whole = contrasts["advised - blind"]["success"]
    return {
        "gain": whole["mean"],
        "low": whole["low"],
        "high": whole["high"],
        "applications": whole["n"],
        "text": whole["text"],
        "runs": len(control),
        "contrasts": contrasts,
        "arms": {} if means is None else {str(arm): row.to_dict() for arm, row in means.iterrows()},
    }


def _shown(control: "pd.DataFrame", column: str, arm: str, over: str) -> dict[str, Any]:
    rows = ((row.application, row.arm, float(getattr(row, column))) for row in control.itertuples())
    gain = gain_between(rows, arm=arm, over=over, seed=0)
    return {"mean": gain.mean, "low": gain.low, "high": gain.high, "n": gain.n, "text": str(gain)}


def _histogram(values: "pd.Series") -> list[int]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(value * BINS))] += 1
    return counts
