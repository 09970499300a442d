"""The command line: what it prints and how it ends."""

import json

import pytest

from iccm_dagster.applications.__main__ import main


def run(capsys, root, *arguments: str) -> tuple[int, list[str]]:
    code = main(["--catalogue", str(root.parent), *arguments])
    printed = capsys.readouterr()
    return code, (printed.out + printed.err).strip().split("\n")


def test_validate_prints_one_line_per_problem_and_fails(write_application, capsys):
    root = write_application(changes={"src/tillbox.py": "def f(:\n"})
    write_application("002-till", {"traceability.toml": "[R1\n"})
    code, lines = run(capsys, root, "validate")
    assert code == 1
    assert lines[0] == "001-till src/tillbox.py:1: is no valid Python: invalid syntax. Correct the file"
    assert lines[1].startswith("002-till traceability.toml:1: is not TOML")
    assert lines[-1] == f"2 applications, {len(lines) - 1} problems"


def test_validate_takes_single_applications(write_application, capsys):
    root = write_application()
    write_application("002-broken", {"src/tillbox.py": ""})
    code, lines = run(capsys, root, "validate", "001-till", "--static")
    assert (code, lines[-1]) == (1, "1 applications, 4 problems")


def test_validate_says_when_there_is_no_such_application(write_application, capsys):
    code, lines = run(capsys, write_application(), "validate", "007-nobody")
    assert (code, lines[0]) == (
        1,
        "007-nobody application.toml: cannot be read (No such file or directory). Create it, or make it readable",
    )


def test_mutants_prints_the_rate_and_survivors(write_application, capsys):
    code, lines = run(capsys, write_application(), "mutants", "--limit", "5")
    assert lines[0].startswith("001-till: ")
    assert "% killed (" in lines[0]
    assert all(line.startswith("  survived: tillbox.") for line in lines[1:])
    assert code in (0, 1)


def test_stats_prints_a_table_or_json(write_application, capsys):
    root = write_application()
    code, lines = run(capsys, root, "stats")
    assert (code, lines[0].split()[:2]) == (0, ["name", "applications"])
    code, lines = run(capsys, root, "stats", "--json")
    report = json.loads("\n".join(lines))
    assert report["applications"][0]["sections"] == 10
    assert report["totals"][-1]["name"] == "all"


def test_add_says_what_it_found(write_application, tmp_path, capsys):
    root = write_application()
    project = tmp_path / "counting"
    project.mkdir()
    (project / "counting.py").write_text(
        'def count(text):\n    """Count the words of a text."""\n    return len(text.split())\n'
    )
    (project / "test_counting.py").write_text(
        "from counting import count\n\ndef test_count():\n    assert count('a') == 1\n"
    )
    (project / "README").write_text("hello")
    code, lines = run(capsys, root, "add", str(project))
    assert code == 0
    assert lines == [
        "002-counting: counting, licence unknown, split train",
        "  1 sections, 1 test functions, 1 derived requirements",
        "  public modules: counting",
        "  left out or changed: neither program nor tests: README",
        "  its tests count once test_calibration has run them (make run, or the asset's page)",
    ]
    code, lines = run(capsys, root, "add", str(project))
    assert (code, "duplicate id" in lines[0]) == (1, True)


def test_no_command_is_an_error():
    with pytest.raises(SystemExit):
        main([])
