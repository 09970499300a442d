"""The report over many applications: from tables of runs, scores and controls, and from pairs, to one set of numbers."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from iccm_dagster.celr.control import reflection_gain
from iccm_dagster.celr.pairs import Pairing, length_bias
from iccm_dagster.intervals import Interval

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


def reflection(control: "pd.DataFrame") -> dict[str, Any]:
    """Return what reflection gains in success and in pass rate, and what both arms spent.

    Tasks that the first attempt solves leave nothing to reflect on; they stay in, and pull the gain towards 0.
    """
    gain = _gain(control, "success")
    rate = _gain(control.dropna(subset=["pass_rate"]), "pass_rate")
    spent = control.groupby("reflects")["cost"].mean() if len(control) else {}
    solved = control.groupby("reflects")["success"].mean() if len(control) else {}
    return {
        "gain": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "applications": gain.n,
        "runs": len(control),
        "pass_rate_gain": rate.mean,
        "pass_rate_low": rate.low,
        "success_reflecting": float(solved.get(True, float("nan"))),
        "success_blind": float(solved.get(False, float("nan"))),
        "cost_reflecting": float(spent.get(True, float("nan"))),
        "cost_blind": float(spent.get(False, float("nan"))),
        "text": str(gain),
    }


def _gain(control: "pd.DataFrame", column: str) -> Interval:
    rows = ((row.application, bool(row.reflects), float(getattr(row, column))) for row in control.itertuples())
    return reflection_gain(rows, seed=0)


def _histogram(values: "pd.Series") -> list[int]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int(value * BINS))] += 1
    return counts
