"""The docstring corpus: what becomes a pair, and what does not."""

import hashlib
import heapq
import inspect
import textwrap

import pytest

from iccm_dagster.applications.sections import extract_sections
from iccm_dagster.errors import TrainingError
from iccm_dagster.phase1.corpus import COLUMNS, first_sentence, harvest, hashes_of, pairs_of, split_of
from iccm_dagster.progress import Progress, silent

PACKAGES = ("argparse", "json", "textwrap", "heapq")


def pairs(source: str):
    return pairs_of(textwrap.dedent(source), "package", "package.module")


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("Return the sum of two numbers.\n\nMore text.", "Return the sum of two numbers."),
        ("Read a file, e.g. a table, and close it. Then stop.", "Read a file, e.g. a table, and close it."),
        (
            "Return the :class:`~pkg.Thing` named ``name`` in\n    this folder",
            "Return the ~pkg.Thing named name in this folder.",
        ),
        ("Do it.", None),
        (">>> add two numbers to it", None),
        (":param x: the first of all the numbers", None),
        ("Deprecated alias of the other function.", None),
        ("=====  =====  =====  ===== table of numbers", None),
        (" ".join(["word"] * 41), None),
    ],
)
def test_the_first_sentence_must_describe_something(docstring: str, sentence: str | None):
    found = first_sentence(docstring)
    assert found == (sentence.replace("~", "") if sentence else None)


def test_the_docstring_is_taken_out_and_the_indentation_too():
    [pair] = pairs('''
        class Table:
            @property
            def total(self):
                """Return the sum of all the rows."""
                rows = self.rows
                return sum(rows)
    ''')
    assert pair.code == "@property\ndef total(self):\n    rows = self.rows\n    return sum(rows)"
    assert (pair.qualified_name, pair.query) == ("package.module.Table.total", "Return the sum of all the rows.")
    assert pair.code_hash == hashlib.sha256(pair.code.encode()).hexdigest()


@pytest.mark.parametrize(
    "body",
    [
        '"""Return the sum of all the rows."""',
        '"""Return the sum of all the rows."""\n    raise NotImplementedError',
        '"""Return the sum of all the rows."""\n    return self',
        '"""Return the sum of all the rows."""; x = 1\n    return x + 1',
        "return sum(rows) + 1 + 2",
    ],
)
def test_stubs_getters_and_functions_without_docstring_are_left_out(body: str):
    assert pairs(f"def total(self):\n    {body}\n") == []


def test_what_is_not_python_is_left_out():
    assert pairs("def broken(:\n") == []
    assert pairs("x = '\0'") == []


def test_harvest_is_deterministic_and_split_by_package():
    seen: list[Progress] = []
    first = harvest(limit=None, exclude_hashes=(), seed=0, packages=PACKAGES, on_progress=seen.append)
    again = harvest(limit=None, exclude_hashes=(), seed=0, packages=PACKAGES, on_progress=silent)
    assert list(first.columns) == COLUMNS
    assert first.equals(again)
    assert set(first["package"]) == set(PACKAGES)
    assert first.groupby("package")["split"].nunique().max() == 1
    assert first["query"].str.split().str.len().between(4, 40).all()
    assert not first["content_hash"].duplicated().any()
    assert not first["query"].str.lower().duplicated().any()
    assert (seen[-1].step, seen[-1].metrics["pairs"] >= len(first)) == (len(PACKAGES), True)


def test_a_limit_keeps_a_seeded_sample_and_known_code_stays_out():
    whole = harvest(limit=None, exclude_hashes=(), seed=0, packages=PACKAGES, on_progress=silent)
    assert len(harvest(limit=5, exclude_hashes=(), seed=0, packages=PACKAGES, on_progress=silent)) == 5
    known = whole["content_hash"].iloc[0]
    without = harvest(limit=None, exclude_hashes={known}, seed=0, packages=PACKAGES, on_progress=silent)
    assert len(without) == len(whole) - 1
    assert known not in set(without["content_hash"])


def test_what_an_application_copied_stays_out_with_another_docstring_too():
    """An application holds `heapq` word for word, and `shorten` of `textwrap` with a docstring of its own."""
    shorten = inspect.getsource(textwrap.shorten)
    own = shorten.replace(textwrap.shorten.__doc__, "Cut it.")
    assert own != shorten
    sections = extract_sections({"copy.py": inspect.getsource(heapq), "own.py": own})
    held = hashes_of(section.code for section in sections)
    whole, without = (
        harvest(limit=None, exclude_hashes=hashes, seed=0, packages=("heapq", "textwrap"), on_progress=silent)
        for hashes in ((), held)
    )
    gone = set(whole["qualified_name"]) - set(without["qualified_name"])
    assert "textwrap.shorten" in gone
    assert "heapq" not in set(without["package"])
    assert set(without["package"]) == {"textwrap"}


def test_what_is_no_function_is_held_as_it_stands():
    """One hash of a class, one of code that is not Python; two of a function with a docstring."""
    assert len(hashes_of(["class A:\n    pass"])) == len(hashes_of(["def broken(:"])) == 1
    assert len(hashes_of(['def f():\n    """Say it."""\n    return 1'])) == 2


def test_packages_that_are_not_installed_are_named():
    with pytest.raises(TrainingError, match=r"\['no_such_package'\]"):
        harvest(limit=None, exclude_hashes=(), seed=0, packages=("no_such_package",), on_progress=silent)


def test_about_a_tenth_of_all_packages_is_held_out():
    """Of 1000 names 100 are expected, with a standard deviation of sqrt(1000 * 0.1 * 0.9) = 9.5."""
    held_out = sum(split_of(f"package{number}") == "test" for number in range(1000))
    assert abs(held_out - 100) < 4 * 9.5
