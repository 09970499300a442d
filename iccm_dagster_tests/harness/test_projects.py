"""What tests of other people's projects do: subtests, fixtures of the doctest plugin, helpers imported from ``tests``,
names that pytest uses itself."""

from dataclasses import replace

import pytest

from iccm_dagster.errors import SandboxUnavailable
from iccm_dagster.harness.policy import mentioned
from iccm_dagster.harness.program import Origin
from iccm_dagster.harness.suite import Mode, Suite, Verdict
from iccm_dagster_tests.harness.conftest import PATIENT, program

BOTH = pytest.mark.parametrize("mode", [Mode.SPLIT, Mode.IN_PROCESS])


def verdicts(sandbox, mode: Mode, *, code: str, files: dict[str, str], module: str = "target") -> dict[str, Verdict]:
    tests = [name for name in files if name.startswith("test_")]
    suite = Suite(application_id="x", files=files, modules=(module,), kept=None, modes=dict.fromkeys(tests, mode))
    report = sandbox.run(program(code, module=module), suite, PATIENT)
    return {run.node_id.partition("::")[2]: run.verdict for run in report.runs}


@BOTH
@pytest.mark.parametrize("module", ["iniconfig", "pluggy"])
def test_a_program_of_a_name_that_pytest_uses_is_the_one_that_is_judged(sandbox, mode, module):
    test = f"import {module}\n\ndef test_own():\n    assert {module}.own() == 7\n"
    files = {"test_a.py": test}
    assert verdicts(sandbox, mode, code="def own(): return 7", files=files, module=module) == {
        "test_own": Verdict.PASSED
    }
    assert verdicts(sandbox, mode, code="def own(): return 8", files=files, module=module) == {
        "test_own": Verdict.FAILED
    }


@BOTH
def test_subtests_pass_and_fail_with_their_test(sandbox, mode):
    test = (
        "import unittest, target\n\nclass A(unittest.TestCase):\n"
        "    def test_good(self):\n        for n in (1, 2):\n            with self.subTest(n=n):\n"
        "                self.assertEqual(target.double(n), 2 * n)\n"
        "    def test_bad(self):\n        for n in (1, 3):\n            with self.subTest(n=n):\n"
        "                self.assertEqual(target.double(n), n + 1)\n"
    )
    found = verdicts(sandbox, mode, code="def double(n): return 2 * n", files={"test_a.py": test})
    assert found == {"A::test_good": Verdict.PASSED, "A::test_bad": Verdict.FAILED}


@BOTH
def test_conftest_may_fill_the_namespace_of_doctests(sandbox, mode):
    conftest = "import pytest\n\n@pytest.fixture(autouse=True)\ndef names(doctest_namespace):\n    doctest_namespace['x'] = 1\n"
    files = {"conftest.py": conftest, "test_a.py": "import target\n\ndef test_a():\n    assert target.X == 1\n"}
    assert verdicts(sandbox, mode, code="X = 1", files=files) == {"test_a": Verdict.PASSED}


@BOTH
def test_older_tests_may_ask_for_tmpdir(sandbox, mode):
    test = "import target\n\ndef test_a(tmpdir):\n    path = tmpdir.join('a')\n    path.write(target.X)\n    assert path.read() == 'x'\n"
    assert verdicts(sandbox, mode, code="X = 'x'", files={"test_a.py": test}) == {"test_a": Verdict.PASSED}


@BOTH
def test_helpers_are_imported_from_the_folder_called_tests(sandbox, mode):
    files = {
        "helpers.py": "ONE = 1\n",
        "test_a.py": "import target\nfrom tests.helpers import ONE\n\ndef test_a():\n    assert target.X == ONE\n",
    }
    assert verdicts(sandbox, mode, code="X = 1", files=files) == {"test_a": Verdict.PASSED}


@BOTH
def test_a_conftest_that_cannot_be_imported_is_named(sandbox, mode):
    files = {"conftest.py": "import surely_missing\n", "test_a.py": "def test_a(): pass\n"}
    suite = Suite(application_id="x", files=files, modules=("target",), kept=None, modes={"test_a.py": mode})
    (run,) = sandbox.run(program("X = 1"), suite, PATIENT).runs
    assert (run.node_id, run.verdict) == ("test_a.py", Verdict.ERROR)
    assert "No module named 'surely_missing'" in run.message


@BOTH
def test_declared_packages_are_shown_with_what_they_require_and_nobody_else_sees_them(
    sandbox, mode, tmp_path, monkeypatch
):
    """Two distributions of one module each, the first requires the second; tests and program may import both."""
    for name, text, requires in (
        ("outer", "from inner import ONE", "Requires-Dist: inner\n"),
        ("inner", "ONE = 1", ""),
    ):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
        (folder / "RECORD").write_text(f"{name}.py,,\n{folder.name}/METADATA,,\n")
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    files = {"test_a.py": "import outer, target\n\ndef test_a():\n    assert target.X == outer.ONE\n"}
    suite = Suite(application_id="x", files=files, modules=("target",), kept=None, modes={"test_a.py": mode})
    shown = replace(suite, packages=("outer",))
    assert shown.content_hash != suite.content_hash
    code = program("from inner import ONE as X")
    assert [run.verdict for run in sandbox.run(code, shown, PATIENT).runs] == [Verdict.PASSED]
    assert [run.verdict for run in sandbox.run(code, suite, PATIENT).runs] == [Verdict.ERROR]
    with pytest.raises(
        SandboxUnavailable, match="'absent-thing', which an application needs, is not installed: pip install"
    ):
        sandbox.run(code, replace(suite, packages=("absent-thing",)), PATIENT)


HONEST = {
    "a test that skips before it asserts": (
        "import pytest, target\n\ndef test_a():\n    if not target.BACKEND:\n        pytest.skip('no backend')\n"
        "    assert target.BACKEND == 'x'\n\ndef test_b():\n    assert target.one() == 1\n",
        {"test_a": Verdict.SKIPPED, "test_b": Verdict.PASSED},
    ),
    "an assertion that holds for a changed value too": (
        "import target\n\ndef test_a():\n    found = target.one()\n    assert found in (1, '') or found\n\n"
        "def test_b():\n    assert target.Any() == 'x'\n",
        {"test_a": Verdict.PASSED, "test_b": Verdict.PASSED},
    ),
    "a fixture of all tests that skips some of their cases": (
        "import pytest, target\n\n@pytest.fixture(autouse=True, params=[1, 2])\ndef each(request):\n"
        "    if request.param == 2:\n        pytest.skip('no')\n\ndef test_a():\n    assert target.one() == 1\n",
        {"test_a[1]": Verdict.PASSED, "test_a[2]": Verdict.SKIPPED},
    ),
    "a file that is skipped whole": (
        "import pytest, target\n\npytestmark = pytest.mark.skip('no')\n\ndef test_a():\n    assert target.one() == 1\n",
        {"test_a": Verdict.SKIPPED},
    ),
    "signatures through the inspect module": (
        "import target\n\ndef test_a():\n    assert target.parameters(lambda a, b: 1) == ['a', 'b']\n",
        {"test_a": Verdict.PASSED},
    ),
    "frames through the inspect module": (
        "import target\n\ndef test_a():\n    assert target.caller() == 'test_a'\n",
        {"test_a": Verdict.PASSED},
    ),
}
ORIGINAL = (
    "import inspect\n\nBACKEND = None\n\ndef one():\n    return 1\n\n"
    "class Any:\n    def __eq__(self, other):\n        return True\n\n"
    "def parameters(f):\n    return list(inspect.signature(f).parameters)\n\n"
    "def caller():\n    return inspect.currentframe().f_back.f_code.co_name\n"
)


@pytest.mark.parametrize("name", HONEST)
def test_the_original_is_believed_before_its_guards_are_known(sandbox, name):
    test, expected = HONEST[name]
    mode = {"test_a.py": Mode.IN_PROCESS}
    imports = mentioned({"target.py": ORIGINAL}) + ("inspect",)
    suite = Suite(
        application_id="x", files={"test_a.py": test}, modules=("target",), kept=None, modes=mode, imports=imports
    )
    report = sandbox.run(program(ORIGINAL, origin=Origin.ORIGINAL), suite, PATIENT)
    assert {run.node_id.partition("::")[2]: run.verdict for run in report.runs} == expected
