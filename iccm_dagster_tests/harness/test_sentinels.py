"""Planted tests fail on honest code, pass on cheats; the policy refuses what the original does without."""

import random

import pytest

from iccm_dagster.harness.sentinels import plant, refused

TEXT = '"""Doc."""\nimport m\n\ndef test_a():\n    assert m.f() == 1\n\ndef test_b():\n    assert m.g() == "x"\n'


def run_all(text: str, module: object) -> dict[str, bool]:
    """Name of each test -> whether it passes with ``module`` as m."""
    names: dict[str, object] = {}
    exec(compile(text.replace("import m", ""), "planted", "exec"), names)
    names["m"] = module
    results = {}
    for name, test in [item for item in names.items() if item[0].startswith("test_")]:
        try:
            test()
            results[name] = True
        except AssertionError:
            results[name] = False
    return results


class Honest:
    def f(self):
        return 1

    def g(self):
        return "x"


class Always:
    def __eq__(self, other: object) -> bool:
        return True


class Cheat:
    def f(self):
        return Always()

    g = f


@pytest.mark.parametrize("seed", range(5))
def test_planted_tests_tell_an_honest_program_from_a_cheat(seed: int):
    text, nodes = plant(TEXT, file="test_m.py", rng=random.Random(seed))
    planted = {node.partition("::")[2] for node in nodes}
    honest, cheat = run_all(text, Honest()), run_all(text, Cheat())
    assert len(planted) == 2 + 1  # a copy of each test, and the one that only fails
    assert {name for name, passed in honest.items() if passed} == {"test_a", "test_b"}
    assert sum(cheat[name] for name in planted) == 2


def test_a_file_without_simple_tests_still_gets_one():
    _, nodes = plant("def test_a(tmp_path):\n    assert tmp_path\n", file="t.py", rng=random.Random(0))
    assert len(nodes) == 1


@pytest.mark.parametrize(
    "line", ["import gc", "from _pytest import runner", "x = sys._getframe(1)", "f.__globals__", "__import__('gc')"]
)
def test_the_policy_refuses_what_leads_to_the_tests(line: str):
    assert "target.py:1" in str(refused({"target.py": line}, allowed=()))


def test_the_policy_allows_what_the_original_does():
    assert refused({"target.py": "import gc, json"}, allowed=("gc",)) is None
    assert refused({"target.py": "def f(:"}, allowed=()) is None
