"""The rules: a sound application of full size breaks none, and each breach is one clear record."""

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.requirement_rules import overlap, word_count
from iccm_dagster.applications.validate import validate_application, validate_catalogue

WORDS = [
    first + second
    for first in ("north", "south", "east", "west", "over", "under", "out", "in", "back", "fore")
    for second in ("ward", "land", "side", "field", "house")
]


def sentence(number: int) -> str:
    """Return a sentence of nine words that shares few with the sentences of other numbers."""
    return " ".join(WORDS[(number * 7 + step) % 50] for step in range(9)).capitalize() + "."


def full_size() -> dict[str, str]:
    """Return an application with 12 functions, 12 requirements, 25 tests and 150 lines."""
    functions = [f'def step{n}(x):\n    """Add {n}."""\n    return _add(x, {n})\n' for n in range(1, 12)]
    source = "\n\n".join([*functions, "def _add(x, n):\n    return x + n\n"])
    source += "# padding\n" * (150 - source.count("\n"))
    tests = "import pytest\nimport tillbox\n"
    requirements = "# Gold requirements: Till\n\n"
    traced = ""
    for n in range(1, 12):
        kind = "constraint" if n == 11 else "functional"
        requirements += f"- **R{n}** ({kind}): {sentence(4 * n)}\n" + "".join(
            f"  - {sentence(4 * n + extra)}\n" for extra in (1, 2, 3)
        )
        traced += f'[R{n}]\nsections = ["tillbox.step{n}"]\n'
        for case in range(3):
            mark = f'@pytest.mark.requirement("R{n}")'
            tests += f"\n\n{mark}\ndef test_{n}_{case}():\n    assert tillbox.step{n}({case}) == {n + case}\n"
    return {
        "src/tillbox.py": source,
        "tests/test_tillbox.py": tests,
        "gold_requirements.md": requirements,
        "traceability.toml": traced,
    }


def reasons(write_application, **edits: tuple[str, str]) -> list[str]:
    """Return what is wrong after the edits: source, tests, requirements or traced = (before, after)."""
    files = full_size()
    names = {"source": "src/tillbox.py", "tests": "tests/test_tillbox.py", "requirements": "gold_requirements.md"}
    for name, (before, after) in edits.items():
        path = names.get(name, "traceability.toml")
        assert before in files[path]
        files[path] = files[path].replace(before, after)
    return [problem.reason for problem in validate_application(write_application(changes=files))]


def test_a_sound_application_breaks_no_rule(write_application):
    assert reasons(write_application) == []


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ({"source": ("# padding\n", "")}, "source lines, 150 to 500 are allowed"),
        ({"source": ("# padding\n", "# padding\n" * 9)}, "source lines, 150 to 500 are allowed"),
        ({"source": ("def step1(x)", "import numpy\ndef step1(x)")}, "imports 'numpy', which is outside the standard library"),
        ({"source": ("# padding", "def step12(x):\n    return 12\n#")}, "section tillbox.step12 belongs to no requirement"),
        ({"source": ("# padding", "def _unused():\n    return 1\n#")}, "private section tillbox._unused is never restored"),
        ({"source": ("# padding", "class C:\n    def __len__(self):\n        return 1\n#")}, "dunder method tillbox.C.__len__"),
        ({"tests": ("import tillbox\n", "import tillbox\nfrom tillbox import _add\n")}, "test imports the private '_add'"),
        ({"tests": ("tillbox.step1(0)", "tillbox._add(0, 1)")}, "test reaches for the private attribute '_add'"),
        ({"tests": ("import pytest\n", "import pytest\nimport unittest.mock\n")}, "imports 'unittest.mock'"),
        ({"tests": ("def test_1_0():", "def test_1_0(monkeypatch):")}, "test uses monkeypatch"),
        ({"tests": ("assert tillbox.step1(0)", "import time; time.sleep(1)\n    assert 1")}, "test calls time.sleep"),
        ({"tests": ("import pytest\n", "import pytest\nclass Mine(tillbox.C): pass\n")}, "test subclasses tillbox.C"),
        ({"tests": ('@pytest.mark.requirement("R1")\ndef test_1_0', "def test_1_0")}, "test_1_0 carries no requirement"),
        ({"tests": ('@pytest.mark.requirement("R1")', '@pytest.mark.requirement("R2")')}, "R1 has no test"),
        ({"tests": ("def test_1", "def check_1"), "source": ("", "")}, "R1 has no test"),
        ({"requirements": ("**R11**", "**R12**"), "traced": ("[R11]", "[R12]")}, "ids are R1, R2"),
        ({"requirements": ("(constraint)", "(functional)")}, "every requirement is functional"),
        ({"requirements": (f"  - {sentence(5)}\n", "")}, "R1: 2 paraphrases, 3 are asked for"),
        ({"requirements": (sentence(4), "Too short.")}, "R1: text has 2 words, 8 to 40 are allowed"),
        ({"requirements": (sentence(5), "word " * 41 + "end.")}, "R1: paraphrase 1 has 42 words"),
        ({"requirements": (sentence(4), sentence(4)[:-1])}, "R1: text is not one sentence that ends with a period"),
        ({"requirements": (sentence(4), f"{sentence(4)} {sentence(40)}")}, "R1: text is not one sentence"),
        ({"requirements": (sentence(4), f"The `step` {sentence(4)}")}, "R1: text contains code ('`')"),
        ({"requirements": (sentence(4), f"Calling step() {sentence(4)}")}, "R1: text contains code ('p()')"),
        ({"requirements": (sentence(4), f"The max_size {sentence(4)}")}, "R1: text contains code ('max_size')"),
        ({"requirements": (sentence(5), sentence(4))}, "R1: text and paraphrase 1 share 100% of their words"),
        ({"requirements": (sentence(8), sentence(4))}, "R1 and R2 share 100% of their words"),
        ({"traced": ('["tillbox.step1"]', "[]")}, "R1 has no sections"),
        ({"traced": ("tillbox.step1\"", "tillbox.gone\"")}, "section 'tillbox.gone' does not exist"),
    ],
)  # fmt: skip
def test_each_breach_is_reported(write_application, edits, reason):
    found = reasons(write_application, **edits)
    assert any(reason in text for text in found), found


def test_a_requirement_that_only_runs_at_import_is_not_testable(write_application):
    found = reasons(write_application, source=("# padding", "step1(1)\n#"))
    assert "R1 only names sections that run at import, which are never stubbed" in found


def test_counts_have_limits(write_application):
    """The till of the other tests is far too small: 52 lines, 10 sections, 5 tests, 3 requirements."""
    found = [problem.reason for problem in validate_application(write_application())]
    assert found == [
        "3 requirements, 10 to 25 are allowed",
        "52 source lines, 150 to 500 are allowed",
        "10 sections, at least 12 are needed",
        "5 tests, at least 25 are needed",
    ]


def test_a_broken_application_is_one_record(write_application):
    (problem,) = validate_application(write_application(changes={"src/tillbox.py": "def f(:\n"}))
    assert (str(problem.file), problem.line) == ("src/tillbox.py", 1)


def test_an_import_that_fails_does_not_hide_the_other_problems(write_application):
    found = reasons(write_application, source=("# padding", "import nowhere\n#"))
    assert len([text for text in found if "importing tillbox fails" in text]) == 1
    assert "imports 'nowhere', which is outside the standard library" in found


def test_derived_requirements_are_not_held_to_the_rules_of_gold(write_application):
    derived = "# Derived\n\n- **R1** (functional): Add one price and return the new total.\n"
    traced = '[R1]\nsections = ["tillbox.Till.add"]\n'
    changes = {"gold_requirements.md": None, "derived_requirements.md": derived, "traceability.toml": traced}
    root = write_application(changes=changes)
    (root / "tests" / "test_tillbox.py").write_text("def test_a(): pass\n")
    assert validate_application(root) == []
    assert not load_application(root).gold


def test_two_applications_may_not_provide_one_module(write_application):
    first, second = load_application(write_application("001-till")), load_application(write_application("002-till"))
    (problem,) = validate_catalogue([first, second])
    assert (problem.application, problem.reason) == ("002-till", "module 'tillbox' is already provided by 001-till")


def test_words_and_overlap():
    assert word_count('It reads 3 lines - no more, e.g. "these".') == 8
    assert overlap("The cat sat.", "the CAT sat") == 1.0
    # 2 of 4 different words.
    assert overlap("one two three", "two three four") == 0.5
