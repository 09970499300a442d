"""The command line from a catalogue to files, with real verdicts of simulated models, and who decides."""

import json

from iccm_dagster.artifacts import ArtifactStore
from iccm_dagster.celr.__main__ import main
from iccm_dagster.celr.log import read_log
from iccm_dagster.celr.trajectories import trajectories_of
from iccm_dagster.cortex.archive import ARRAYS, VERSIONS, PolicyArchive
from iccm_dagster.cortex.policy import MetaPolicy
from iccm_dagster.cortex.reward import Prices
from iccm_dagster.cortex.train import Setting, fit
from iccm_dagster_tests.cortex.worlds import HEURISTIC, RECIPE, dataset


def run(catalogue, logs, *more: str) -> int:
    where = ["--applications", str(catalogue), "--logs", str(logs), "--only", "001-plain"]
    return main(["run", *where, "--samples", "2", "--workers", "1", *more])


def policies(logs) -> set[str | None]:
    return {event.policy for event in read_log(logs)[0] if event.kind == "decision"}


def test_from_a_catalogue_to_files_that_can_be_trained_on(catalogue, tmp_path, capsys):
    """Two runs over the one training application; a second call makes none; gold lies beside the log for self-play."""
    logs, out = tmp_path / "logs", tmp_path / "out"
    assert run(catalogue, logs) == 0
    assert "2 runs in " in capsys.readouterr().err
    assert run(catalogue, logs) == 0
    assert "0 runs in " in capsys.readouterr().err
    runs = trajectories_of(read_log(logs)[0])
    assert sum("/" not in one.id for one in runs) == 2
    assert {one.simulated for one in runs if one.answers} == {True}
    assert policies(logs) == {"0+eps0.1"}
    assert main(["export", "--logs", str(logs), "--out", str(out)]) == 0
    report = json.loads((out / "report.json").read_text())
    assert report["trajectories"] == len(runs)
    refused = any(
        answer.model == "sim-small" and answer.pass_rate not in (None, 1) for one in runs for answer in one.answers
    )
    assert ("spin" in report["pairs"]) == refused


def test_a_promoted_policy_decides_and_a_broken_one_is_replaced_with_a_word_in_the_log(catalogue, tmp_path):
    store = ArtifactStore(tmp_path / "artifacts")
    values = fit(
        dataset(150, seed=1),
        setting=Setting(prices=Prices(cost_weight=2.0, time_weight=0.2), pessimism=1.5),
        recipe=RECIPE,
    )
    archive = PolicyArchive(store)
    archive.add(MetaPolicy(version="7", values=values, heuristic=HEURISTIC), {"episodes": 150})
    archive.promote("7", reasons=("better",), suite="s")
    assert run(catalogue, tmp_path / "good", "--policy", str(store.root)) == 0
    assert policies(tmp_path / "good") == {"7+eps0.1"}

    store.get(VERSIONS, "7").file(ARRAYS).write_bytes(b"torn")
    assert run(catalogue, tmp_path / "bad", "--policy", str(store.root)) == 0
    events, _ = read_log(tmp_path / "bad")
    assert policies(tmp_path / "bad") == {"0+eps0.1"}
    first = next(event for event in events if event.kind == "decision" and event.step == 0)
    assert first.response.startswith("fallback to the heuristic") or first.response == "exploration"
