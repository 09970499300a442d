"""A jury of language models: a refusal is worth what the interface alone is, and where models reward no reader does."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.harness.calibration import Calibration, calibration_to_json
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.scripted import ScriptedSandbox
from iccm_dagster.orchestra.endpoints import endpoint_reconstructors
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.jury import Case, summon
from iccm_dagster.phase2.reward import Jury
from iccm_dagster_tests.celr.scenes import TESTS, report
from iccm_dagster_tests.orchestra.scenes import RIGHT, conductor, endpoint, fenced
from iccm_dagster_tests.orchestra.server import completion, serving
from iccm_dagster_tests.tiny import write_application

KEY = "001-plain"


def embed(texts) -> np.ndarray:
    """Every text means the same."""
    return np.ones((len(texts), 2), dtype=np.float32) / 2**0.5


@pytest.fixture
def case(tmp_path: Path) -> Case:
    root = write_application(tmp_path / KEY, split="train", word="plain")
    assert load_application(root).id == KEY
    (tmp_path / "at_import.json").write_text(json.dumps([]), encoding="utf-8")
    calibration = Calibration(
        application_id=KEY,
        kept=TESTS,
        excluded={},
        modes={},
        seconds=dict.fromkeys(TESTS, 0.1),
        stub_pass_rate=0.5,
        strength=None,
        problems=(),
        known="",
        imports=(),
        guards={},
    )
    (tmp_path / "calibration.json").write_text(calibration_to_json(calibration), encoding="utf-8")
    return Case(application=root, calibration=tmp_path / "calibration.json", at_import=tmp_path / "at_import.json")


def jury_of(case: Case, tmp_path: Path, url: str, *, rewards: bool, reports: list) -> Jury:
    models = endpoint_reconstructors(conductor(tmp_path, endpoint(url, rewards=rewards)))
    return summon(
        [case],
        threshold=0.5,
        embed=embed,
        calibration=CalibrationRecipe(),
        sandbox=ScriptedSandbox(reports=reports),
        cache=tmp_path / "verdicts",
        workers=1,
        models=models,
    )


def test_a_refusal_is_judged_as_the_interface_alone(case, tmp_path):
    """The bare interface passes one test of two, the program both: lifts of 0 and .5. Four verdicts, two of them cached."""

    def one_apology(asked):
        return completion("Sorry." if "Refuse" in asked.prompt else fenced(RIGHT))

    with serving(one_apology) as server:
        jury = jury_of(case, tmp_path, server.url, rewards=True, reports=[report(True, False), report(True, True)])
        texts = [(KEY, Context(statements=(text,))) for text in ("Refuse.", "Add.", "Refuse.")]
        heard = jury.hear(texts, rewarding_only=True)
    assert [[judged.pass_rate for judged in one] for one in heard] == [[0.5], [1.0], [0.5]]
    assert [one[0].lift for one in heard] == [0.0, 0.5, 0.0]
    assert heard[0][0].reconstruction.refusal == "no code in the answer"


@pytest.mark.parametrize(("rewards", "players"), [(True, {"model-a"}), (False, {"gold", "semantic", "lexical"})])
def test_where_a_language_model_rewards_no_reader_does(case, tmp_path, rewards, players):
    jury = jury_of(case, tmp_path, "http://127.0.0.1:9/v1", rewards=rewards, reports=[report(True, False)])
    named = Counter(player.name for player in jury.judges[KEY].reconstructors)
    assert set(named) == players and len(TESTS) == 2
