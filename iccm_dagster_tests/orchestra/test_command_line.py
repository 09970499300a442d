"""``python -m iccm_dagster.orchestra``: what a person sees before a long run."""

from pathlib import Path
from typing import get_args

import pytest

from iccm_dagster.orchestra.__main__ import main
from iccm_dagster.orchestra.estimate import Load, Speed, bare
from iccm_dagster.orchestra.recipe import Text, load_orchestra
from iccm_dagster.phase2.recipe import SOURCES
from iccm_dagster_tests.orchestra.server import completion, serving, status
from iccm_dagster_tests.tiny import write_catalogue

CPU = {"models": [{"name": "a", "size": 2**30, "size_vram": 0, "context_length": 8192}]}
SHIPPED = Path(__file__).parents[2] / "data" / "endpoints"


def write(folder: Path, **urls: str) -> str:
    tables = [f'[[endpoints]]\nname = "{name}"\nurl = "{url}"\nmodel = "a"\n' for name, url in urls.items()]
    (folder / "e.toml").write_text('splits = ["train"]\ntexts = ["gold", "stage 2"]\n' + "".join(tables))
    return str(folder / "e.toml")


def test_check_says_who_answers_and_who_runs_on_the_cpu(tmp_path, capsys):
    with serving(lambda asked: completion("ready")) as well:
        assert main(["check", write(tmp_path, well=well.url)]) == 0
        with (
            serving(lambda asked: completion("ready"), ollama=CPU) as slow,
            serving(lambda asked: status(404)) as wrong,
        ):
            assert main(["check", write(tmp_path, well=well.url, slow=slow.url, wrong=wrong.url)]) == 1
    said = capsys.readouterr().out
    assert "well: answers in" in said and "OLLAMA RUNS a on the CPU: 0.0 of 1.0 GiB" in said
    assert "wrong: NO ANSWER: wrong: HTTP 404" in said


def test_estimate_counts_the_texts_of_the_chosen_splits(tmp_path, capsys):
    catalogue = write_catalogue(tmp_path / "applications")
    file = write(tmp_path, one="http://h/v1")
    assert main(["estimate", file, "--applications", str(catalogue)]) == 0
    assert "each model: 2 questions" in capsys.readouterr().out, "one training application, two texts"


def test_hours_are_tokens_by_speed():
    load = Load(questions=9, tokens_in=7200.0, tokens_out=36000.0)
    assert load.hours(Speed(prompt=2.0, answer=10.0)) == pytest.approx(1.0 + 1.0)


def test_a_bare_module_has_no_docstrings_and_no_comments():
    assert bare('"""Doc."""\nX = 1  # one\n\ndef f():\n    """Doc."""\n') == "X = 1\n\ndef f():\n    pass\n"


def test_a_mistake_in_the_file_is_one_line(tmp_path, capsys):
    assert main(["check", str(tmp_path / "none.toml")]) == 1
    assert "Name a TOML file of endpoints" in capsys.readouterr().err


def test_the_shipped_files_are_valid_and_texts_have_the_names_of_phase_2():
    files = list(SHIPPED.glob("*.toml"))
    assert files and all(load_orchestra(str(file)).endpoints for file in files)
    assert set(get_args(Text)) == set(SOURCES)
