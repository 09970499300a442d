"""Who rewards, for which tests, and for what: no verdict twice, nothing for a pasted source, no reward from the held-out
half; a jury of language models."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.calibration import Calibration, calibration_to_json
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.scripted import ScriptedSandbox
from iccm_dagster.orchestra.endpoints import endpoint_reconstructors
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.halves import learning_half
from iccm_dagster.phase2.jury import Case, summon
from iccm_dagster.phase2.reward import Jury
from iccm_dagster_tests.celr.scenes import TESTS, report
from iccm_dagster_tests.orchestra.scenes import RIGHT, conductor, endpoint, fenced
from iccm_dagster_tests.orchestra.server import completion, serving
from iccm_dagster_tests.tiny import SOURCE, write_application

KEY = "001-plain"


def embed(texts) -> np.ndarray:
    """Every text means the same."""
    return np.ones((len(texts), 2), dtype=np.float32) / 2**0.5


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return stored_case(tmp_path, split="train")


def stored_case(tmp_path: Path, *, split: str) -> Case:
    root = write_application(tmp_path / KEY, split=split, word="plain")
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


def jury_of_readers(case: Case, tmp_path: Path, sandbox: ScriptedSandbox, **settings) -> Jury:
    return summon(
        [case],
        threshold=0.5,
        embed=embed,
        calibration=CalibrationRecipe(),
        sandbox=sandbox,
        cache=tmp_path / "verdicts",
        workers=1,
        **settings,
    )


def test_one_program_is_judged_once_however_often_and_by_whomever_it_is_asked_for(case, tmp_path):
    """Three texts that every statement of the gold reader makes the same program of, and the interface alone: two runs of
    the sandbox. A second jury on the same folder, as after a restart, runs nothing."""
    sandbox = ScriptedSandbox(reports=[report(True, False), report(True, True)])
    texts = [(KEY, Context(statements=(text,))) for text in ("Add numbers.", "Sum them up.", "Add numbers.")]
    first = jury_of_readers(case, tmp_path, sandbox).hear(texts, rewarding_only=True)
    assert len(sandbox.asked) == 2
    again = ScriptedSandbox(reports=[])
    second = jury_of_readers(case, tmp_path, again).hear(texts, rewarding_only=True)
    assert again.asked == []
    assert [[one.lift for one in heard] for heard in (*first, *second)] == [[0.5]] * 6


def test_a_verdict_that_could_not_be_reached_is_asked_for_again(case, tmp_path):
    texts = [(KEY, Context(statements=("Add numbers.",)))]
    broken = ScriptedSandbox(reports=[report(True, False), SandboxUnavailable("no memory")])
    assert jury_of_readers(case, tmp_path, broken).hear(texts, rewarding_only=True)[0][0].pass_rate is None
    mended = ScriptedSandbox(reports=[report(True, True)])
    assert jury_of_readers(case, tmp_path, mended).hear(texts, rewarding_only=True)[0][0].pass_rate == 1.0
    assert len(mended.asked) == 1


def test_a_statement_that_gives_the_source_away_is_not_heard_by_who_rewards(case, tmp_path):
    """The pasted statement alone rebuilds nothing for the reader that rewards, and something for those that evaluate."""
    pasted = " ".join(SOURCE.format(word="plain", title="Plain").split()).lower()
    sandbox = ScriptedSandbox(reports=[report(True, False), report(True, True), report(True, True)])
    jury = jury_of_readers(case, tmp_path, sandbox)
    [[rewarded]] = jury.hear([(KEY, Context(statements=(pasted,)))], rewarding_only=True)
    assert (rewarded.lift, rewarded.reconstruction.matches) == (0.0, ())
    [evaluated] = jury.hear([(KEY, Context(statements=(pasted,)))], rewarding_only=False)
    assert evaluated[0].lift == 0.5 and len(evaluated[0].reconstruction.matches) == 1


@pytest.mark.parametrize(("split", "judged"), [("train", learning_half(TESTS)), ("validation", frozenset(TESTS))])
def test_half_of_a_training_applications_tests_never_rewards(tmp_path, split, judged):
    sandbox = ScriptedSandbox(reports=[report(True, False), report(True, True)])
    jury = jury_of_readers(stored_case(tmp_path, split=split), tmp_path, sandbox, halved=True)
    jury.hear([(KEY, Context(statements=("Add numbers.",)))], rewarding_only=True)
    assert len(judged) == (1 if split == "train" else 2)
    assert [set(suite.kept) for _, suite, _ in sandbox.asked] == [judged, judged]


def test_readers_that_only_evaluate_are_not_asked_for_rewards(case, tmp_path):
    sandbox = ScriptedSandbox(reports=[report(True, False), *[report(True, True)] * 3])
    jury = jury_of_readers(case, tmp_path, sandbox)
    text = [(KEY, Context(statements=("Add numbers.",)))]
    names = [
        [one.reconstruction.reconstructor for one in jury.hear(text, rewarding_only=only)[0]] for only in (True, False)
    ]
    assert names == [["gold"], ["gold", "semantic", "lexical"]]
