"""The policy refuses what the original does without, and nothing else."""

import pytest

from iccm_dagster.harness.policy import mentioned, refused


@pytest.mark.parametrize(
    "line",
    [
        "import gc", "from _pytest import runner", "x = sys._getframe(1)", "f.__globals__", "__import__('gc')",
        "getattr(x, 'tb_frame')", "sys.modules", "from sys import modules", "getattr(sys, n)", "vars(sys)",
        "from iccm_dagster.harness import watch", "from os import _exit",
    ],
)  # fmt: skip
def test_it_refuses_what_leads_to_the_tests(line: str):
    assert "target.py:1" in str(refused({"target.py": line}, allowed=()))


@pytest.mark.parametrize("line", ["import gc, json", "x = sys._getframe(1)", "sys.modules[__name__]"])
def test_it_allows_what_the_original_mentions(line: str):
    assert refused({"target.py": line}, allowed=mentioned({"original.py": line})) is None


def test_importing_sys_opens_nothing_else():
    assert refused({"target.py": "import sys\nsys._getframe()"}, allowed=("sys",)) is not None


@pytest.mark.parametrize(
    "text", ["self.modules = []", "import sys\nsys.argv", "getattr(self, name)", "'the inspect module'", "def f(:"]
)
def test_ordinary_programs_pass(text: str):
    assert refused({"target.py": text}, allowed=()) is None
