"""The control: four arms, one first attempt, one sum of money."""

from dataclasses import replace

import pandas as pd
import pytest

from iccm_dagster.celr.agent import Feedback
from iccm_dagster.celr.control import ARMS, compare_feedback, gain_between
from iccm_dagster.celr.summary import reflection
from iccm_dagster_tests.celr.scenes import reply, report, rung, task
from iccm_dagster_tests.celr.test_agent import setting


class Repairing:
    """Passes once it is told what failed, in advice or in a reworded requirement; otherwise writes the same again."""

    name = "small"

    def __init__(self) -> None:
        self.asked = []

    def attempt(self, request):
        self.asked.append(request)
        told = request.advice is not None or "sum adds all" in request.prompt
        return reply("good" if told else "bad")


class Verdicts:
    """Judges by the text of the program."""

    version = "by text"

    def run(self, implementation, suite, limits):
        return report(implementation.files["m.py"] == "good", True)


def compared():
    solver = Repairing()
    plain = setting(rung("small"), reports=[])
    ladder = (replace(plain.ladder[0], solver=solver),)
    harness = replace(plain.harness, sandbox=Verdicts())
    rows = compare_feedback(
        [task()], setting=replace(plain, ladder=ladder, harness=harness), attempts=6, samples=1, seed=0, workers=1
    )
    return {row.arm: row for row in rows}, solver


def test_only_the_arms_that_are_told_what_failed_are_repaired():
    rows, _ = compared()
    assert {arm: row.success for arm, row in rows.items()} == {
        "blind": False,
        "carried": False,
        "advised": True,
        "reworded": True,
    }
    assert {row.first_success for row in rows.values()} == {False}
    assert {arm: rows[arm].attempts for arm in ("advised", "reworded")} == {"advised": 2, "reworded": 2}


def test_who_reads_a_program_pays_for_it_and_has_fewer_attempts_left():
    rows, solver = compared()
    assert rows["carried"].attempts <= rows["blind"].attempts
    prompts = {(request.best is None, len(request.prompt)) for request in solver.asked if request.advice is None}
    assert max(length for blank, length in prompts if not blank) > max(length for blank, length in prompts if blank)


def test_every_arm_of_the_table_gets_what_its_name_says():
    assert ARMS["blind"] == (Feedback.NOTHING, 0)
    assert ARMS["carried"] == (Feedback.PROGRAM, 0)
    assert ARMS["advised"] == (Feedback.ADVICE, 0)
    assert ARMS["reworded"][1] > 1


def test_a_gain_is_a_mean_over_applications_that_have_both_arms():
    """a: 1 - 0.5, b: 0 - 0; c has one arm only. Mean 0.25."""
    rows = [("a", "x", 1.0), ("a", "y", 1.0), ("a", "y", 0.0), ("b", "x", 0.0), ("b", "y", 0.0), ("c", "x", 1.0)]
    gain = gain_between(rows, arm="x", over="y", seed=0)
    assert (gain.mean, gain.n) == (pytest.approx(0.25), 2)


def test_the_report_tells_the_arms_apart_and_takes_no_row_at_all():
    rows, _ = compared()
    columns = ["application", "task", "seed", "arm", "success", "first_success", "pass_rate", "cost", "attempts"]
    frame = pd.DataFrame([[getattr(row, name) for name in columns] for row in rows.values()], columns=columns)
    found = reflection(frame)
    assert found["gain"] == 1.0
    assert found["contrasts"]["carried - blind"]["success"]["mean"] == 0.0
    assert found["contrasts"]["advised - carried"]["pass_rate"]["mean"] == pytest.approx(0.5)
    assert found["arms"]["blind"]["success"] == 0.0
    assert reflection(frame.iloc[:0])["applications"] == 0
