"""Does refinement iterate (the seed's targets), does it beat both controls at equal executions, is the corpus clean?"""

from typing import TYPE_CHECKING

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.assets.refinement import LEADS, LOOPS, SOLVED

if TYPE_CHECKING:
    import pandas as pd

OURS = "ours"
NEW_INPUTS = 64
"""Inputs on which the check of the corpus compares behaviours."""
AIMS = {(0.5, 5): 0.80, (0.75, 5): 0.62, (1.0, 5): 0.45, (0.5, 40): 0.96, (0.75, 40): 0.90, (1.0, 40): 0.75}
"""(corruption, executions) -> share of programs solved on their tests that is aimed at."""
FRESH_AIMS = {(0.5, 5): 0.61, (0.75, 5): 0.38, (1.0, 5): 0.23, (0.5, 40): 0.81, (0.75, 40): 0.63, (1.0, 40): 0.44}
"""The same on fresh inputs: what the prototype reached, to be exceeded."""


@dg.asset_check(
    asset="program_corpus",
    description="No behaviour occurs twice over all splits; near twins, which differ on the corpus's inputs alone, are counted.",
)
def no_behaviour_is_shared(program_corpus: Artifact) -> dg.AssetCheckResult:
    from iccm_dagster.refinement.corpus import twins_across_splits

    corpus = program_corpus.table()
    twice = int(len(corpus) - corpus["behaviour"].nunique())
    twins = twins_across_splits(corpus, probes=NEW_INPUTS, seed=1)
    return dg.AssetCheckResult(
        passed=twice == 0 and set(corpus["split"]) == {"train", "validation", "test"},
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "behaviours that occur twice": twice,
            "held-out programs that agree with a training one on new inputs": twins,
            "target": 0,
            "new inputs": NEW_INPUTS,
            "n": len(corpus),
        },
    )


@dg.asset_check(
    asset="refinement_evaluation",
    description="In the seed's loop the model changes nodes after iteration 0, at every corruption level (seed: changed > 0).",
)
def changes_after_the_first_answer(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
    loops = _of(refinement_evaluation.table(LOOPS), row=OURS, metric="changed")
    later = loops[loops["iteration"] > 0]
    return _judged(
        passed=bool((later["value"] > 0).all()),
        metadata={f"changed nodes, {level:.0%}": float(part["value"].mean()) for level, part in later.groupby("level")},
        target=0.0,
        n=int(later["n"].min()),
    )


@dg.asset_check(
    asset="refinement_evaluation",
    description="Node accuracy at iteration 4 is above that at iteration 0 at every level; at 50 % by 10 points (seed).",
)
def accuracy_grows_over_iterations(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
    loops = _of(refinement_evaluation.table(LOOPS), row=OURS, metric="accuracy")
    gains = {
        float(level): float(
            part.sort_values("iteration")["value"].iloc[-1] - part.sort_values("iteration")["value"].iloc[0]
        )
        for level, part in loops.groupby("level")
    }
    return _judged(
        passed=min(gains.values()) > 0 and gains.get(0.5, 1.0) >= 0.10,
        metadata={f"gain, {level:.0%}": gain for level, gain in gains.items()},
        target=0.10,
        n=int(loops["n"].min()),
    )


@dg.asset_check(
    asset="refinement_evaluation", description="One-shot node accuracy is at least 65 % at 50 % corruption (seed)."
)
def one_shot_accuracy(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
    loops = _of(refinement_evaluation.table(LOOPS), row=OURS, metric="accuracy")
    first = loops[(loops["iteration"] == 0) & (loops["level"] == loops["level"].min())].iloc[0]
    return _judged(
        passed=bool(first["value"] >= 0.65),
        metadata={"value": float(first["value"]), "low": float(first["low"]), "high": float(first["high"])},
        target=0.65,
        n=int(first["n"]),
    )


@dg.asset_check(
    asset="refinement_evaluation",
    description="At least 1 of 10 programs passes all its tests after 5 iterations, at every corruption level (seed).",
)
def one_in_ten_is_solved(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
    solved = _of(refinement_evaluation.table(SOLVED), row=OURS, inputs="given", budget=5)
    return _judged(
        passed=bool((solved["solved"] >= 0.1).all()) and not solved.empty,
        metadata={f"solved, {row.level:.0%}": float(row.solved) for row in solved.itertuples()},
        target=0.1,
        n=int(solved["n"].min()) if len(solved) else 0,
    )


def _aim(level: float, budget: int, inputs: str, aim: float) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="refinement_evaluation",
        name=f"solved_{level * 100:.0f}_after_{budget}_{inputs}",
        description=f"At {level:.0%} corruption {aim:.0%} of the programs are solved on {inputs} inputs within {budget} executions.",
    )
    def check(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
        found = _of(refinement_evaluation.table(SOLVED), row=OURS, level=level, budget=budget, inputs=inputs)
        if found.empty:
            return _judged(passed=False, metadata={"not measured": f"level {level}, budget {budget}"}, target=aim, n=0)
        row = found.iloc[0]
        return _judged(
            passed=bool(row["solved"] >= aim),
            metadata={"value": float(row["solved"]), "low": float(row["low"]), "high": float(row["high"])},
            target=aim,
            n=int(row["n"]),
        )

    return check


def _beats(control: str, name: str, description: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="refinement_evaluation", name=name, description=description)
    def check(refinement_evaluation: Artifact) -> dg.AssetCheckResult:
        leads = _of(refinement_evaluation.table(LEADS), against=control)
        return _judged(
            # Where the control solves everything nothing can lead.
            passed=not leads.empty and bool(((leads["lead"] > 0) | (leads["control"] == 1)).all()),
            metadata={
                f"lead, {row.level:.0%} after {row.budget}, {row.inputs}": f"{row.lead:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
                for row in leads.itertuples()
            },
            target=0.0,
            n=int(leads["n"].min()) if len(leads) else 0,
        )

    return check


def _of(frame: "pd.DataFrame", **wanted: object) -> "pd.DataFrame":
    """Return the rows with these values."""
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def _judged(*, passed: bool, metadata: dict[str, object], target: float, n: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata={**metadata, "target": target, "n": n}
    )


CHECKS = [
    no_behaviour_is_shared,
    changes_after_the_first_answer,
    accuracy_grows_over_iterations,
    one_shot_accuracy,
    one_in_ten_is_solved,
    *(_aim(level, budget, "given", aim) for (level, budget), aim in AIMS.items()),
    *(_aim(level, budget, "fresh", aim) for (level, budget), aim in FRESH_AIMS.items()),
    _beats(
        "random search",
        "beats_random_search",
        "Ours solves more programs than type-correct random search at every equal number of executions, on given and fresh inputs.",
    ),
    _beats(
        "deduction, nothing learned",
        "beats_deduction",
        "Ours solves more programs than repair by the same evidence without any learned weight, at equal executions.",
    ),
    _beats(
        "one shot, resampled",
        "beats_one_shot_resampling",
        "Ours solves more programs than a one-shot model of equal training time, resampled to equal executions, on both inputs.",
    ),
]
