"""Every reconstruction carries what its text gives away of the source."""

from pathlib import Path

import numpy as np
import pandas as pd

from iccm_dagster.harness.leak import LONG_RUN_TOKENS
from iccm_dagster.phase2.jury import Case
from iccm_dagster.phase2.rebuild import rebuild_all
from iccm_dagster_tests.tiny import SOURCE, write_application


def embed(texts) -> np.ndarray:
    """Every text means the same."""
    return np.ones((len(texts), 2), dtype=np.float32) / 2**0.5


def test_pasted_code_is_noticed_and_gold_requirements_are_not(tmp_path: Path):
    root = write_application(tmp_path / "001-plain", split="train", word="plain")
    (tmp_path / "at_import.json").write_text("[]", encoding="utf-8")
    pasted = SOURCE.format(word="plain", title="Plain")
    written = pd.DataFrame({"selected": [True], "source": ["stage 2"], "text": [pasted]})
    case = Case(application=root, calibration=tmp_path / "none", at_import=tmp_path / "at_import.json")
    rebuilt = rebuild_all(case, written, embed=embed, threshold=0.5, models=()).groupby("source").first()
    assert rebuilt["suspicious"].to_dict() == {
        "docstrings": False, "named docstrings": False, "gold": False, "interface only": False, "name only": False, "stage 2": True,
    }  # fmt: skip
    runs = rebuilt["longest_run"]
    assert runs["stage 2"] >= LONG_RUN_TOKENS > runs["gold"] and runs["interface only"] == 0


def test_a_writer_that_says_nothing_is_judged_by_nothing_and_not_left_out(tmp_path: Path):
    root = write_application(tmp_path / "001-plain", split="train", word="plain")
    (tmp_path / "at_import.json").write_text("[]", encoding="utf-8")
    written = pd.DataFrame({"selected": [False], "source": ["stage 2"], "text": [""]})
    case = Case(application=root, calibration=tmp_path / "none", at_import=tmp_path / "at_import.json")
    rebuilt = rebuild_all(case, written, embed=embed, threshold=0.5, models=())
    assert rebuilt[rebuilt["source"] == "stage 2"]["statements"].tolist() == [0, 0, 0]
