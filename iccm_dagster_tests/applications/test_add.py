"""Any project becomes an application: each layout is built on the spot, added, and its own tests are run."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from iccm_dagster.applications.add import Added, add_project
from iccm_dagster.applications.catalogue import Split, load_catalogue, source_files
from iccm_dagster.applications.catalogue import test_files as files_of_tests
from iccm_dagster.applications.derive import first_sentence
from iccm_dagster.applications.relocate import relocated
from iccm_dagster.applications.runs import Job, Outcome, run_jobs
from iccm_dagster.applications.traceability import load_traceability
from iccm_dagster.applications.validate import validate_application
from iccm_dagster.errors import ApplicationError

MODULE = '''"""Counts words."""


def count(text):
    """Count the words of a text."""
    return len(text.split())


def _hidden(text):
    """This is private and tells nothing."""
'''
PYTEST = "from {module} import count\n\n\ndef test_count():\n    assert count('a b') == 2\n"
UNITTEST = (
    "import unittest\nfrom {module} import count\n\n\nclass CountCase(unittest.TestCase):\n"
    "    def test_count(self):\n        self.assertEqual(count('a b'), 2)\n"
)
PKG_INFO = "Metadata-Version: 2.1\nName: Word-Count\nVersion: 1.2\nSummary: Counts.\nLicense: MIT\n\nLong text.\n"


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def added(tmp_path: Path, files: dict[str, str | bytes], folder: str = "word-count-1.2") -> Added:
    return add_project(write(tmp_path / folder, files), catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)


LAYOUTS = {
    "src layout": {
        "PKG-INFO": PKG_INFO,
        "src/wordcount/__init__.py": "from wordcount.core import count\n",
        "src/wordcount/core.py": MODULE,
        "src/wordcount/words.json": "[]",
        "wordcount/stray.py": "x = 1\n",
        "tests/test_core.py": PYTEST.format(module="wordcount.core"),
    },
    "flat package": {
        "PKG-INFO": PKG_INFO,
        "setup.py": "raise SystemExit('never executed')\n",
        "docs/conf.py": "raise SystemExit('never executed')\n",
        "wordcount/__init__.py": MODULE,
        "examples/demo/__init__.py": "",
        "test/__init__.py": "",
        "test/test_core.py": PYTEST.format(module="wordcount"),
    },
    "single module and single test file": {
        "PKG-INFO": PKG_INFO,
        "wordcount.py": MODULE,
        "setup.py": "",
        "test_wordcount.py": PYTEST.format(module="wordcount"),
    },
    "tests inside the package": {
        "PKG-INFO": PKG_INFO,
        "wordcount/__init__.py": "",
        "wordcount/core.py": MODULE,
        "wordcount/tests/__init__.py": "",
        "wordcount/tests/helpers.py": "from ..core import count\n",
        "wordcount/tests/test_core.py": PYTEST.format(module=".helpers") + "\nfrom wordcount.tests import helpers\n",
    },
    "test file inside the package": {
        "wordcount/__init__.py": "",
        "wordcount/core.py": MODULE,
        "wordcount/test_core.py": PYTEST.format(module=".core"),
    },
    "unittest in a folder called testing": {
        "pyproject.toml": "[project]\nname = 'word_count'\nversion = '1.2'\n",
        "wordcount.py": MODULE,
        "testing/test_count.py": UNITTEST.format(module="wordcount"),
    },
    "test.py": {"wordcount.py": MODULE, "test.py": UNITTEST.format(module="wordcount")},
    "oddly named test file": {"wordcount.py": MODULE, "tests/counting.py": UNITTEST.format(module="wordcount")},
    "folder named by the build configuration": {
        "setup.cfg": "[metadata]\nname = wordcount\n[options]\npackage_dir =\n    =code\n",
        "code/wordcount/__init__.py": MODULE,
        "tests/test_core.py": PYTEST.format(module="wordcount"),
    },
    "namespace package": {
        "pyproject.toml": "[project]\nname = 'word.count'\n",
        "wordcount/core.py": MODULE,
        "tests/test_core.py": PYTEST.format(module="wordcount.core"),
    },
    "conftest inside the package": {
        "wordcount/__init__.py": "",
        "wordcount/core.py": MODULE,
        "wordcount/conftest.py": "import pytest\nfrom .core import count\n\n\n@pytest.fixture\ndef two():\n    return count('a b')\n",
        "wordcount/tests/test_core.py": "from ..core import count\n\n\ndef test_count(two):\n    assert two == count('a b')\n",
    },
    "unittest with a suite in the package of the tests": {
        "wordcount.py": MODULE,
        "tests/__init__.py": "import unittest\n\n\ndef test_suite():\n    return unittest.TestSuite()\n",
        "tests/test_a.py": UNITTEST.format(module="wordcount"),
    },
    "helpers imported from the folder of the tests": {
        "wordcount.py": MODULE,
        "tests/helpers.py": "TEXT = 'a b'\n",
        "tests/test_a.py": "import wordcount\nfrom tests.helpers import TEXT\n\n\n"
        "def test_count():\n    assert wordcount.count(TEXT) == 2\n",
    },
    "400 parametrised cases and a module of data": {
        "setup.cfg": "[metadata]\nname = wordcount\nversion = 1.2\n[options]\npy_modules = wordcount\n",
        "wordcount.py": MODULE,
        "tests/cases.py": "CASES = [('a ' * n, n) for n in range(400)]\n",
        "tests/test_a.py": "import pytest\nfrom cases import CASES\nfrom wordcount import count\n\n\n"
        "@pytest.mark.parametrize('text, words', CASES)\ndef test_count(text, words):\n    assert count(text) == words\n",
    },
    "helpers imported from a folder called test": {
        "wordcount.py": MODULE,
        "test/__init__.py": "",
        "test/common.py": "TEXT = 'a b'\n",
        "test/test_a.py": "import wordcount\nfrom test.common import TEXT\nfrom test import common\n\n\n"
        "def test_count():\n    assert wordcount.count(TEXT) == wordcount.count(common.TEXT) == 2\n",
    },
    "tests inherited from a class that is none": {
        "wordcount.py": MODULE,
        "test_a.py": "import unittest\nimport wordcount\n\n\nclass Shared:\n    def test_count(self):\n"
        "        self.assertEqual(wordcount.count('a b'), 2)\n\n\nclass Counts(unittest.TestCase, Shared):\n    pass\n",
    },
    "test.py that a text beside it mentions, and empty data": {
        "wordcount.py": MODULE,
        "tests/test.py": UNITTEST.format(module="wordcount"),
        "tests/documentation.py": "TEXT = 'from here, import what you test'\n",
        "tests/data/empty.toml": "",
    },
    "tests.py beside the package in src": {
        "src/wordcount/__init__.py": MODULE,
        "src/tests.py": UNITTEST.format(module="wordcount"),
    },
    "conftest beside the tests": {
        "wordcount.py": MODULE,
        "conftest.py": "import pytest\n\n\n@pytest.fixture\ndef text():\n    return 'a b'\n",
        "test_wordcount.py": "import wordcount\n\n\ndef test_count(text):\n    assert wordcount.count(text) == 2\n",
    },
}


@pytest.mark.parametrize("files", LAYOUTS.values(), ids=LAYOUTS)
def test_a_project_of_any_layout_passes_its_own_tests(tmp_path, files):
    result = added(tmp_path, files)
    application = result.application
    assert application.id in ("001-word-count", "001-wordcount")
    assert result.tests == 1
    assert not application.gold
    assert [requirement.text for requirement in application.requirements] == ["Count the words of a text."]
    assert validate_application(application.root) == []
    (run,) = run_jobs([Job(files=source_files(application), tests=application.tests_dir)], workers=1)
    assert (run.outcome, len({case.split("[")[0] for case in run.passed})) == (Outcome.PASSED, 1), run.message
    assert run.failed == ()


def test_origin_licence_and_traceability_are_kept(tmp_path):
    licences = {"LICENSE.txt": "Do what you like.\n", "MIT-LICENSE": "As you like.\n"}
    files = LAYOUTS["src layout"] | licences | {"Makefile": "all:\n"}
    result = added(tmp_path, files)
    application = result.application
    assert (application.id, application.name, application.summary) == ("001-word-count", "Word-Count", "Counts.")
    assert (application.origin, application.licence) == ("Word-Count 1.2", "MIT")
    assert {name: (application.root / name).read_text() for name in licences} == licences
    assert application.modules == ("wordcount.core",)
    assert sorted(source_files(application)) == ["wordcount/__init__.py", "wordcount/core.py", "wordcount/words.json"]
    traceability = load_traceability(application)
    assert [str(span) for span in traceability.sections["R1"]] == ["wordcount.core.count"]
    assert (result.sections, result.left_out) == (2, ("neither program nor tests: Makefile, wordcount",))


def sdist(path: Path, files: dict[str, str | bytes], **special: bytes) -> Path:
    """Write a gzipped tar archive with one top-level folder; ``special`` members have a link or device type."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"word-count-1.2/{name}")
            data = content if isinstance(content, bytes) else content.encode()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        for name, kind in special.items():
            member = tarfile.TarInfo(f"word-count-1.2/{name}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    return path


def test_an_sdist_is_unpacked_and_its_hash_kept(tmp_path):
    archive = sdist(tmp_path / "word-count-1.2.tar.gz", LAYOUTS["src layout"])
    result = add_project(archive, catalogue=tmp_path / "catalogue", split=Split.HOLDOUT, name=None)
    assert result.application.split is Split.HOLDOUT
    assert "sha256 = " in (result.application.root / "application.toml").read_text()
    assert list((tmp_path / "catalogue").iterdir()) == [result.application.root]


def test_a_zip_archive_works_too(tmp_path):
    path = tmp_path / "word-count-1.2.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in LAYOUTS["flat package"].items():
            archive.writestr(f"word-count-1.2/{name}", content)
    result = add_project(path, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name="other name")
    assert result.application.id == "001-other-name"


def test_members_that_leave_the_folder_links_and_devices_are_refused(tmp_path):
    files = LAYOUTS["src layout"] | {"../../outside.txt": "x", "/absolute.txt": "x", "src/..\\..\\windows.txt": "x"}
    archive = sdist(tmp_path / "a.tar.gz", files, link=tarfile.SYMTYPE, hard=tarfile.LNKTYPE, device=tarfile.CHRTYPE)
    result = add_project(archive, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)
    reasons = [line.split(": ")[1] for line in result.left_out]
    assert reasons.count("leaves the folder") == 2
    assert reasons.count("is a link or a device") == 3
    assert not list(tmp_path.rglob("outside.txt"))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.tar.gz", b"\x1f\x8b\x08broken", "cannot be unpacked"),
        ("a.zip", b"PK\x03\x04 broken", "cannot be unpacked"),
        ("a.txt", b"hello", "cannot be unpacked"),
        ("empty.tar", b"", "cannot be unpacked"),
    ],
)
def test_a_broken_archive_is_a_record(tmp_path, name, data, reason):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ApplicationError, match=reason):
        add_project(path, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)
    assert not (tmp_path / "catalogue").exists()


def test_a_truncated_archive_is_a_record(tmp_path):
    path = sdist(tmp_path / "a.tar.gz", {"src/m.py": os.urandom(100_000)})
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(ApplicationError, match="cannot be unpacked"):
        add_project(path, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path):
    """300 MiB of zeros are 300 KiB packed."""
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("m.py", "w", force_zip64=True) as file,
    ):
        for _ in range(300):
            file.write(bytes(1 << 20))
    with pytest.raises(ApplicationError, match="256 MiB unpacked"):
        add_project(path, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"README.md": "hello"}, "no package or module was found"),
        ({"wordcount.py": MODULE}, "no tests were found"),
        ({"wordcount.py": MODULE, "test_wordcount.py": "x = 1\n"}, "hold no test functions"),
        (
            {"wordcount.py": b"\xff\xfe", "test_a.py": "def test_a(): pass\n"},
            "none of its modules can be read. Mend wordcount.py",
        ),
    ],
)
def test_what_is_no_project_is_a_record_and_leaves_nothing(tmp_path, files, reason):
    with pytest.raises(ApplicationError, match=reason):
        added(tmp_path, files)
    assert not (tmp_path / "catalogue").exists() or not list((tmp_path / "catalogue").iterdir())


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(ApplicationError, match="does not exist"):
        add_project(tmp_path / "nowhere", catalogue=tmp_path, split=Split.TRAIN, name=None)


def test_files_that_cannot_be_used_are_named_and_left_out(tmp_path):
    files = LAYOUTS["flat package"] | {
        "wordcount/bom.py": b"\xef\xbb\xbfx = 1\r\n",
        "wordcount/latin.py": b"# coding: latin-1\nx = '\xe9'\n",
        "wordcount/broken.py": "def f(:\n",
        "wordcount/old.py": "print 'python 2'\n",
        "wordcount/fast.so": b"\x7fELF\xff",
        "wordcount/huge.py": "x = 1\n" * 50_000,
        "wordcount/empty.py": "",
        "wordcount/nul.py": b"x = 1\0",
    }
    root = write(tmp_path / "word-count-1.2", files)
    (root / "wordcount" / "loop").symlink_to(root)
    (root / "wordcount" / "twin.py").symlink_to(root / "setup.py")
    result = add_project(root, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)
    texts = source_files(result.application)
    assert sorted(texts) == ["wordcount/__init__.py", "wordcount/bom.py", "wordcount/latin.py"]
    assert texts["wordcount/bom.py"] == "x = 1\n"
    assert texts["wordcount/latin.py"] == "# coding: utf-8\nx = 'é'\n"
    notes = dict(line.split(": ", 1) for line in result.left_out)
    assert notes["wordcount/bom.py"] == "byte-order mark removed"
    assert notes["wordcount/latin.py"] == "converted from iso-8859-1 to UTF-8"
    assert notes["wordcount/broken.py"] == "is no valid Python: invalid syntax (line 1)"
    assert notes["wordcount/old.py"].startswith("is no valid Python: Missing parentheses")
    assert notes["wordcount/fast.so"] == "is binary"
    assert notes["wordcount/huge.py"] == "has 50,001 lines, the limit is 20,000"
    assert notes["wordcount/empty.py"] == "is empty"
    assert "null bytes" in notes["wordcount/nul.py"]
    assert notes["wordcount/loop"] == "a link"
    assert notes["wordcount/twin.py"] == "a link or special file"


def test_a_read_only_tree_is_enough_and_stays_as_it_was(tmp_path):
    root = write(tmp_path / "word-count-1.2", LAYOUTS["tests inside the package"])
    paths = sorted(root.rglob("*"))
    for path in [*paths, root]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in paths}
    result = add_project(root, catalogue=tmp_path / "catalogue", split=Split.TRAIN, name=None)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in paths} == before
    written = result.application.root / "src" / "wordcount" / "core.py"
    assert written.stat().st_mode & 0o200
    for path in [root, *paths]:
        path.chmod(0o755)


def test_a_second_time_is_a_duplicate_id(tmp_path):
    added(tmp_path, LAYOUTS["src layout"])
    with pytest.raises(ApplicationError, match="duplicate id: 'word-count' is in the catalogue already"):
        added(tmp_path, LAYOUTS["src layout"])
    assert load_catalogue(tmp_path / "catalogue").ids == ("001-word-count",)


def test_numbers_go_on_after_the_largest(tmp_path):
    (tmp_path / "catalogue" / "041-other").mkdir(parents=True)
    assert added(tmp_path, LAYOUTS["src layout"]).application.id == "042-word-count"


def test_gold_requirements_of_a_project_are_kept(tmp_path):
    gold = "# Gold\n\n- **R1** (functional): Counting gives the number of words in a text.\n"
    files = LAYOUTS["src layout"] | {
        "gold_requirements.md": gold,
        "traceability.toml": '[R1]\nsections = ["wordcount.core.count"]\n',
    }
    assert added(tmp_path, files).application.gold


def test_a_project_without_docstrings_has_no_requirements_but_loads(tmp_path):
    files = {
        "wordcount.py": "def count(text):\n    return len(text.split())\n",
        "test_a.py": PYTEST.format(module="wordcount"),
    }
    application = added(tmp_path, files).application
    assert (application.requirements, application.gold) == ((), False)
    assert load_traceability(application).sections == {}


def test_test_files_of_one_name_do_not_overwrite_each_other(tmp_path):
    test = PYTEST.format(module="wordcount.core")
    files = {
        "PKG-INFO": PKG_INFO,
        "wordcount/__init__.py": "",
        "wordcount/core.py": MODULE,
        "wordcount/test_core.py": test,
        "test_core.py": test,
        "conftest.py": "x = 1\n",
        "tests/test_core.py": test,
        "tests/conftest.py": "y = 2\n",
    }
    application = added(tmp_path, files).application
    texts = files_of_tests(application)
    assert sorted(texts) == ["conftest.py", "test_core.py", "test_test_core.py", "test_wordcount_test_core.py"]
    assert texts["conftest.py"] == "y = 2\n"


def test_needed_packages_are_shown_in_the_sandbox_where_installed_and_named_where_not(tmp_path, monkeypatch):
    """The import name and the distribution's may differ; an import below ``try`` is optional."""
    write(
        tmp_path / "site", {"helping.py": "", "Helper_Lib-1.0.dist-info/METADATA": "Name: Helper-Lib\nVersion: 1.0\n"}
    )
    write(tmp_path / "site", {"Helper_Lib-1.0.dist-info/RECORD": "helping.py,,\nHelper_Lib-1.0.dist-info/METADATA,,\n"})
    monkeypatch.syspath_prepend(tmp_path / "site")
    optional = "try:\n    import perhaps\nexcept ImportError:\n    perhaps = None\n"
    files = LAYOUTS["src layout"] | {
        "src/wordcount/more.py": f"import helping\n{optional}",
        "tests/test_more.py": "import json, absent.linalg\nimport packaging\nfrom . import x\n\n\ndef test_a(): pass\n",
        "tests/conftest.py": "import absent\n",
    }
    result = added(tmp_path, files)
    assert result.dependencies.missing == {"absent": ("tests/conftest.py", "tests/test_more.py")}
    assert result.dependencies.installed == {"Helper-Lib": ("src/wordcount/more.py",)}
    assert result.application.packages == ("Helper-Lib",)


def test_many_files_of_one_fault_are_one_line(tmp_path):
    binary = {f"src/wordcount/data/{n}.mo": b"\xde\x12" for n in range(5)}
    notes = added(tmp_path, LAYOUTS["src layout"] | binary).left_out
    names = ", ".join(f"src/wordcount/data/{n}.mo" for n in range(3))
    assert f"5 files: is binary ({names}, ...)" in notes


def test_a_package_of_a_name_that_pytest_uses_is_tested_itself(tmp_path):
    files = {"iniconfig/__init__.py": MODULE, "tests/test_a.py": PYTEST.format(module="iniconfig")}
    application = added(tmp_path, files, folder="iniconfig-1.0").application
    (run,) = run_jobs([Job(files=source_files(application), tests=application.tests_dir)], workers=1)
    assert (run.outcome, run.message) == (Outcome.PASSED, "")


def test_files_that_pytest_would_not_collect_stay_so_beside_others_that_it_does(tmp_path):
    test = PYTEST.format(module="wordcount.core")
    files = LAYOUTS["src layout"] | {"tests/benchmark.py": test, "tests/__init__.py": "def test_suite(): pass\n"}
    assert sorted(files_of_tests(added(tmp_path, files).application)) == ["__init__.py", "benchmark.py", "test_core.py"]


def test_tests_are_read_as_test_files(tmp_path):
    application = added(tmp_path, LAYOUTS["tests inside the package"]).application
    assert sorted(files_of_tests(application)) == ["__init__.py", "helpers.py", "test_core.py"]
    assert files_of_tests(application)["helpers.py"] == "from wordcount.core import count\n"


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("from . import helpers", "from . import helpers"),
        ("from .helpers import a", "from .helpers import a"),
        ("from .. import core", "from pkg import core"),
        ("from ..core import (", "from pkg.core import ("),
        ("from ..important import x", "from pkg.important import x"),
        ("from ... import beyond", "from ... import beyond"),
        ("from pkg.tests.helpers import a", "from tests.helpers import a"),
        ("from pkg.core import a", "from pkg.core import a"),
        ("import pkg.core", "import pkg.core"),
        ("    from ..core import a  # from here", "    from pkg.core import a  # from here"),
    ],
)
def test_imports_of_moved_tests(line, moved):
    before, after = "if True:\n    pass\n", "    a)\n" if line.endswith("(") else ""
    result = relocated(
        f"{before}{line}\n{after}", package="pkg.tests", test_root="pkg.tests", file="a.py", application="a"
    )
    assert result == f"{before}{moved}\n{after}"


@pytest.mark.parametrize(
    ("docstring", "sentence"),
    [
        ("Return the sum.", "Return the sum."),
        ("Return the sum\nof all numbers.  More text.", "Return the sum of all numbers."),
        ("Return e.g. the sum. Then more.", "Return e.g. the sum."),
        ("Use :class:`~a.Thing` with ``x``", "Use a.Thing with x."),
        ("Summary line\n\n:param x: a number", "Summary line."),
        ("Summary:\n    >>> f()", "Summary."),
        (">>> f(1)\n2", ""),
        ("", ""),
    ],
)
def test_first_sentences(docstring, sentence):
    assert first_sentence(docstring) == sentence
