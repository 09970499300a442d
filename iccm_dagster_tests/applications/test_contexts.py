"""Four levels of context: each knows less of the source than the one before."""

import ast

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.contexts import context_rows, degraded_contexts
from iccm_dagster_tests.tiny import write_application


def levels(tmp_path, *, readme: str = ""):
    root = write_application(tmp_path / "001-plain", split="train", word="plain")
    source = root / "src" / "plainnumbers.py"
    source.write_text(source.read_text() + "\n# a remark\n")
    if readme:
        (root / "README.md").write_text(readme)
    return degraded_contexts(load_application(root))


def test_each_level_knows_less(tmp_path):
    everything, code, signatures, told = (context.text for context in levels(tmp_path, readme="Adds numbers up."))
    assert "Adds numbers up." in everything and "# a remark" in everything and '"""Add up' in everything
    assert "total += " in code and "a remark" not in code and "Add up" not in code and "Adds numbers" not in code
    assert "def plain_sum(" in signatures and "total" not in signatures and "_checked" not in signatures
    assert "add up all the numbers" in told and "plain_sum" not in told


def test_what_was_removed_is_counted(tmp_path):
    _, code, signatures, _ = levels(tmp_path, readme="x")
    assert code.removed == "1 comments, 5 docstrings, the README"
    assert signatures.removed.startswith("the bodies of 4 functions")


def test_code_without_comments_does_what_it_did(tmp_path):
    [_, code, *_] = levels(tmp_path)
    namespace: dict[str, object] = {}
    exec(compile(ast.parse(code.text), "code", "exec"), namespace)
    assert namespace["plain_sum"]([1, 2]) == 3
    assert namespace["PlainError"].__doc__ is None


def test_rows_count_with_the_given_tokenizer(tmp_path):
    root = write_application(tmp_path / "002-other", split="train", word="other")
    rows = context_rows(load_application(root), lambda text: len(text.split()))
    assert [row["level"] for row in rows] == [1, 2, 3, 4]
    assert all(row["tokens"] == len(str(row["text"]).split()) for row in rows)
    assert rows[1]["tokens"] < rows[0]["tokens"]
