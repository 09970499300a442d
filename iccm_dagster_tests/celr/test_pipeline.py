"""The pipeline and the command line over a log made by hand."""

import json

import pytest

from iccm_dagster.celr.__main__ import main
from iccm_dagster.celr.log import TrajectoryLog
from iccm_dagster.celr.pipeline import TrainingPipeline
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.self_reward import ScriptedJudge
from iccm_dagster.celr.states import Action
from iccm_dagster.progress import silent
from iccm_dagster_tests.celr.scenes import event

GOOD, BAD = "def f():\n    return 1\n", "def f():\n    raise NotImplementedError\n"


@pytest.fixture
def logs(tmp_path):
    """Two runs over one training task (one solved, one given up), one over a holdout task, one cut off."""
    with TrajectoryLog(tmp_path / "logs", writer="w") as log:
        for run, text, rate, split, ends in (
            ("a", GOOD, 1.0, "train", True),
            ("b", BAD, 0.0, "train", True),
            ("c", BAD, 0.0, "holdout", True),
            ("d", GOOD, 1.0, "train", False),
        ):
            where = {"trajectory": run, "split": split, "task": split, "application": split}
            log.append(event(0, "start", prompt="Write it.", **where))
            log.append(event(1, "attempt", response=text, model="small", cost=0.25, **where))
            log.append(event(2, "verdict", pass_rate=rate, **where))
            if ends:
                action = Action.STOP if rate else Action.ABORT
                log.append(event(3, "end", action=action, pass_rate=rate, cost=0.25, **where))
    return tmp_path / "logs"


def test_the_report_adds_up(logs, tmp_path):
    report = TrainingPipeline(
        PreferenceRecipe(),
        logs=logs,
        out=tmp_path / "out",
        judge=None,
        gold={"train": GOOD},
        spin_model="small",
        on_progress=silent,
    ).run()
    assert (report.trajectories, report.cut_off, report.tasks, report.successes) == (3, 1, 2, 1)
    assert report.pairs == {"dpo": 1, "spin": 1}
    assert report.pairs_per_application == {"train": 2}
    assert report.reasons == {"holdout split: never trained on": 1}
    # composites: 0.6 + 0.2 + 0.2 * 0.75 = 0.95 for the success, 0.35 for both failures
    assert report.quality == [0, 0, 0, 2, 0, 0, 0, 0, 0, 1]
    assert report.imitation == 1


def test_a_judge_that_contradicts_the_tests_makes_no_pairs(logs, tmp_path):
    judge = ScriptedJudge(answers=["no rating"])
    report = TrainingPipeline(
        PreferenceRecipe(),
        logs=logs,
        out=tmp_path / "out",
        judge=judge,
        gold={},
        spin_model="small",
        on_progress=silent,
    ).run()
    assert report.judge is not None
    assert report.judge.silent == 3
    assert "judge" not in report.pairs


def test_the_command_line_scores_pairs_exports_and_reports(logs, tmp_path, capsys):
    assert main(["score", "--logs", str(logs)]) == 0
    assert capsys.readouterr().out.count("\n") == 4  # a heading and three runs
    assert main(["pairs", "--logs", str(logs)]) == 0
    said = capsys.readouterr()
    assert [json.loads(line)["chosen"] for line in said.out.splitlines()] == [GOOD]
    assert "never trained on" in said.err
    assert main(["export", "--logs", str(logs), "--out", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out" / "report.json").read_text())["pairs"] == {"dpo": 1}
    capsys.readouterr()
    assert main(["report", "--logs", str(logs)]) == 0
    assert "3 runs over 2 tasks, 1 solved, 1 cut off, 0 bad lines (simulated)" in capsys.readouterr().out
