"""Episodes, trials, estimates and results as tables: what is stored, and read back."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from iccm_dagster.celr.states import Action, State
from iccm_dagster.cortex.features import StateExtractor
from iccm_dagster.cortex.gate import Result
from iccm_dagster.cortex.train import Trial
from iccm_dagster.cortex.transitions import Episode, Step

if TYPE_CHECKING:
    import pandas as pd

_STEP = ("propensity", "cost", "seconds", "unsafe", "forced")
_EPISODE = ("task_id", "application_id", "success", "pass_rate", "simulated")


def episodes_table(episodes: Sequence[Episode]) -> "pd.DataFrame":
    """Return one row per decision: its episode, its state as JSON and as features, and what came of it."""
    import pandas as pd

    extractor = StateExtractor()
    rows = [
        {
            "episode": number,
            **{name: getattr(episode, name) for name in _EPISODE},
            "action": step.action.value,
            **{name: getattr(step, name) for name in _STEP},
            "state": json.dumps(asdict(step.state)),
            **dict(zip(extractor.names, extractor.extract(step.state), strict=True)),
        }
        for number, episode in enumerate(episodes)
        for step in episode.steps
    ]
    columns = ["episode", *_EPISODE, "action", *_STEP, "state", *extractor.names]
    return pd.DataFrame(rows, columns=columns)


def episodes_from_table(frame: "pd.DataFrame") -> list[Episode]:
    """Return the episodes of a table, in its order."""
    return [
        Episode(
            task_id=str(rows["task_id"].iloc[0]),
            application_id=str(rows["application_id"].iloc[0]),
            steps=tuple(_step(row) for row in rows.itertuples()),
            success=bool(rows["success"].iloc[0]),
            pass_rate=float(rows["pass_rate"].iloc[0]),
            simulated=bool(rows["simulated"].iloc[0]),
        )
        for _, rows in frame.groupby("episode", sort=True)
    ]


def trials_table(trials: Sequence[Trial]) -> "pd.DataFrame":
    """Return one row per setting that was tried."""
    import pandas as pd

    columns = ["cost_weight", "time_weight", "pessimism", "success", "cost", "worst", "deviations"]
    rows = [
        (
            trial.setting.prices.cost_weight,
            trial.setting.prices.time_weight,
            trial.setting.pessimism,
            trial.success,
            trial.cost,
            trial.worst,
            trial.deviations,
        )
        for trial in trials
    ]
    return pd.DataFrame(rows, columns=columns)


def records_table(records: Sequence[object], kind: type) -> "pd.DataFrame":
    """Return one row per record; the columns are those of ``kind``, also where there is no record."""
    import pandas as pd

    return pd.DataFrame([asdict(record) for record in records], columns=[field.name for field in fields(kind)])


def results_from_table(frame: "pd.DataFrame") -> list[Result]:
    """Return the results of one policy."""
    names = [field.name for field in fields(Result)]
    return [Result(**row) for row in frame[names].to_dict("records")]


def summary_table(results: dict[str, Sequence[Result]], *, seed: int) -> "pd.DataFrame":
    """Return one row per policy: success and cost with 95 % bootstrap intervals over applications, and unsafe tasks."""
    import pandas as pd

    from iccm_dagster.intervals import bootstrap_mean

    rows = []
    for policy, own in results.items():
        row: dict[str, object] = {"policy": policy, "tasks": len(own), "simulated": any(item.simulated for item in own)}
        for name in ("success", "cost"):
            found = bootstrap_mean(_per_application(own, name), resamples=1000, seed=seed)
            row |= {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}
        rows.append(row | {"unsafe": sum(item.unsafe > 0 for item in own), "applications": found.n})
    return pd.DataFrame(rows)


def _per_application(results: Sequence[Result], name: str) -> list[float]:
    groups: dict[str, list[float]] = {}
    for result in results:
        groups.setdefault(result.application, []).append(float(getattr(result, name)))
    return [sum(values) / len(values) for _, values in sorted(groups.items())]


def _step(row) -> Step:
    return Step(
        state=State(**json.loads(row.state)),
        action=Action(row.action),
        propensity=float(row.propensity),
        cost=float(row.cost),
        seconds=float(row.seconds),
        unsafe=int(row.unsafe),
        forced=bool(row.forced),
    )
