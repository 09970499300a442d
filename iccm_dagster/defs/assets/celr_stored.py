"""What the assets of CELR keep, and how they read each other's."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.stored import case_of, vars_of, verdict_cache
from iccm_dagster.defs.resources.pipeline import Pipeline

if TYPE_CHECKING:
    import pandas as pd

    from iccm_dagster.celr.pairs import Pairing
    from iccm_dagster.celr.scorer import TrajectoryScore
    from iccm_dagster.celr.self_reward import Calibration
    from iccm_dagster.celr.trajectories import Trajectory

EVENTS, CONTROL, SCORES = "events", "control.parquet", "scores.jsonl"
UNPAIRED, REASONS, REPORT, CALIBRATION = "unpaired.parquet", "reasons.json", "report.json", "calibration.json"


def runs_table(runs: "Sequence[Trajectory]") -> "pd.DataFrame":
    """Return one row per run."""
    import pandas as pd

    columns = [
        *("id", "task", "application", "split", "seed", "simulated", "complete", "success", "pass_rate", "retries"),
        *("escalations", "unsafe", "cost", "seconds"),
    ]
    rows = [[*(getattr(run, name) for name in columns), run.last_action, len(run.answers)] for run in runs]
    frame = pd.DataFrame(rows, columns=[*columns, "last_action", "attempts"])
    return frame.astype({"pass_rate": float, "success": bool})


def runs_shown(frame: "pd.DataFrame") -> dict[str, Any]:
    """Return what a page says about the runs of an application."""
    by_task = frame.groupby("task")["success"].mean()
    return {
        "runs": len(frame),
        "simulated": bool(frame["simulated"].any()),
        "solved": int(frame["success"].sum()),
        "given up": int((frame["last_action"] == "abort").sum()),
        "retries": int(frame["retries"].sum()),
        "escalations": int(frame["escalations"].sum()),
        "table": show.table(frame, ["task", "last_action", "pass_rate", "retries", "escalations", "cost"], rows=24),
        "solved, by task": show.bars("Runs solved (simulated)", "share", list(by_task.index), by_task.tolist()),
    }


def scores_in(artifact: Artifact) -> "list[TrajectoryScore]":
    """Return the scores of a ``scored_trajectories`` artifact."""
    from iccm_dagster.celr.scorer import score_from_json

    lines = artifact.file(SCORES).read_text(encoding="utf-8").split("\n")
    return [score_from_json(line) for line in lines if line]


def store_pairs(pairing: "Pairing", draft: Draft) -> dict[str, Any]:
    """Write pairs, answers without a partner and reasons; return what a page says about them."""
    from iccm_dagster.celr.pairs import PreferencePair, Unpaired, length_bias

    frame = table_of(pairing.pairs, PreferencePair)
    frame.to_parquet(draft.folder / TABLE, index=False)
    table_of(pairing.unpaired, Unpaired).to_parquet(draft.folder / UNPAIRED, index=False)
    (draft.folder / REASONS).write_text(json.dumps(dict(pairing.reasons)), encoding="utf-8")
    bias = length_bias(pairing.pairs)
    return {
        "pairs": len(frame),
        "simulated": bool(frame["simulated"].any()),
        "answers without a partner": len(pairing.unpaired),
        **({name: float(value) for name, value in bias.items()} if len(frame) else {}),
        "tasks without a pair": "; ".join(f"{task}: {reason}" for task, reason in pairing.reasons.items()) or "none",
        "preview": show.table(frame, ["task", "chosen_model", "chosen_score", "rejected_score", "on_policy"], rows=20),
    }


def load_pairs(artifact: Artifact) -> "Pairing":
    """Return what `store_pairs` wrote."""
    from iccm_dagster.celr.pairs import Pairing, PreferencePair, Unpaired

    return Pairing(
        pairs=tuple(PreferencePair(**row) for row in artifact.table().to_dict("records")),
        unpaired=tuple(Unpaired(**row) for row in artifact.table(UNPAIRED).to_dict("records")),
        reasons=artifact.json(REASONS),
    )


def judged(
    pipeline: Pipeline, self_rewards: Mapping[str, Artifact], scored: Mapping[str, Artifact]
) -> "tuple[Pairing, Calibration]":
    """Return the pairs of the judge, none where it is not calibrated, and its calibration on all applications but
    holdout."""
    import pandas as pd

    from iccm_dagster.celr.pairs import TRAINED_ON, PreferencePairGenerator
    from iccm_dagster.celr.self_reward import calibrate_judge

    recipe = pipeline.profile.preference
    opinions = {key: found.table() for key, found in self_rewards.items() if found.problem is None}
    every = pd.concat(opinions.values(), ignore_index=True)
    every = every[every["split"].isin(TRAINED_ON)]
    rows = [(row.task, none_for_nan(row.pass_rate), none_for_nan(row.judge)) for row in every.itertuples()]
    calibration = calibrate_judge(rows, seed=recipe.seed)
    said = []
    for key, table in opinions.items():
        by_run = {
            run: [none_for_nan(value) for value in rows["judge"]]
            for run, rows in table.groupby("trajectory", sort=False)
        }
        said += [(score, by_run[score.trajectory]) for score in scores_in(scored[key]) if score.trajectory in by_run]
    trusted = calibration.trusted(auc=recipe.judge_auc)
    return PreferencePairGenerator(recipe).create_judge_pairs(said, trusted=trusted), calibration


def writer_spec(pipeline: Pipeline, keys: Sequence[str]) -> dict[str, Any] | None:
    """Return what the preference objective of the requirement writer needs; None where CET-D was never trained."""
    store = pipeline.store
    writer, dataset = store.find("phase2_checkpoint"), store.find("phase2_dataset")
    if writer is None or dataset is None or writer.problem is not None:
        return None
    usable = [key for key in keys if (found := store.find("test_calibration", key)) and found.problem is None]
    return {
        "writer": str(writer.folder()),
        "groups": str(dataset.file("groups.parquet")),
        "threshold": dataset.json("settings.json")["threshold"],
        "reinforce": pipeline.profile.reinforce.model_dump(mode="json"),
        "calibration": pipeline.profile.calibration.model_dump(mode="json"),
        "cache": str(verdict_cache(store)),
        "cases": [{name: str(path) for name, path in vars_of(case_of(store, key)).items()} for key in usable],
    }


def table_of(rows: Sequence[Any], kind: type) -> "pd.DataFrame":
    """Return records as a table that has its columns also without a row."""
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows], columns=[field.name for field in fields(kind)])


def none_for_nan(value: float) -> float | None:
    """Return a number of a table; None for an empty cell."""
    return None if value != value else float(value)


def trajectory_logs(pipeline: Pipeline) -> Path:
    """Return the folder that the agent's logs grow in: beside the artifacts, or in a local folder where those are
    remote."""
    from iccm_dagster.celr.log import LOGS

    return pipeline.store.local_folder(LOGS)
