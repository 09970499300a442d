"""Loading: what is read, and one clear record for each way in which an application can be broken."""

import os
from pathlib import Path

import pytest

from iccm_dagster.applications.catalogue import (
    Split,
    content_hash,
    load_application,
    load_catalogue,
    source_files,
    test_files,
)
from iccm_dagster.errors import ApplicationError, CatalogueError


def test_an_application_is_read_whole(write_application):
    application = load_application(write_application())
    assert (application.id, application.name, application.split) == ("001-till", "Till", Split.TRAIN)
    assert application.modules == ("tillbox",)
    assert [requirement.id for requirement in application.requirements] == ["R1", "R2", "R3"]
    assert application.gold
    assert list(source_files(application)) == ["tillbox.py"]
    assert list(test_files(application)) == ["test_tillbox.py"]


def test_caches_and_bytecode_are_no_part_of_it(write_application):
    root = write_application(changes={"src/__pycache__/tillbox.cpython-311.pyc": b"\x00", "src/old.pyc": b"\x00"})
    assert list(source_files(load_application(root))) == ["tillbox.py"]


def test_test_data_and_conftest_come_along(write_application):
    root = write_application(changes={"tests/conftest.py": "", "tests/data/prices.json": "[1]"})
    assert set(test_files(load_application(root))) == {"conftest.py", "data/prices.json", "test_tillbox.py"}


@pytest.mark.parametrize(
    "file", ["application.toml", "src/tillbox.py", "tests/test_tillbox.py", "gold_requirements.md"]
)
def test_the_hash_follows_every_file(write_application, file):
    root = write_application()
    before = content_hash(load_application(root))
    assert content_hash(load_application(root)) == before
    path = root / file
    path.write_text(path.read_text() + "\n# more\n")
    assert content_hash(load_application(root)) != before


def test_the_hash_of_a_copy_is_the_same(write_application):
    """Where an application lies does not matter; its folder name is its id."""
    root = write_application()
    copy = root.parent.parent / "elsewhere" / root.name
    copy.parent.mkdir()
    copy.symlink_to(root)
    assert content_hash(load_application(copy)) == content_hash(load_application(root))


BROKEN = {
    "syntax error": ({"src/tillbox.py": "def broken(:\n"}, "src/tillbox.py", 1, "no valid Python"),
    "null byte": ({"src/tillbox.py": "x = 1\n\0"}, "src/tillbox.py", None, "null bytes"),
    "syntax error in a test": ({"tests/test_tillbox.py": "x = 1\nif\n"}, "tests/test_tillbox.py", 2, "no valid Python"),
    "not UTF-8": ({"src/tillbox.py": b"x = 1\ny = '\xe9'\n"}, "src/tillbox.py", 2, "not UTF-8"),
    "byte-order mark": ({"src/tillbox.py": b"\xef\xbb\xbfx = 1\n"}, "src/tillbox.py", 1, "byte-order mark"),
    "empty file": ({"src/tillbox.py": "\n"}, "src/tillbox.py", None, "is empty"),
    "50,000 lines": ({"src/tillbox.py": "x = 1\n" * 50_000}, "src/tillbox.py", None, "50,001 lines"),
    "many bytes": ({"src/tillbox.py": b"#" * (9 << 20)}, "src/tillbox.py", None, "bytes, the limit is"),
    "no description": ({"application.toml": None}, "application.toml", None, "cannot be read"),
    "malformed TOML": ({"application.toml": "id = \n"}, "application.toml", 1, "is not TOML"),
    "unknown split": (
        {"application.toml": 'id = "001-till"\nname = "a"\nsummary = "b"\nsplit = "dev"\nmodules = ["tillbox"]\n'},
        "application.toml",
        4,
        "split = 'dev' is unknown",
    ),
    "no name": ({"application.toml": 'id = "001-till"\n'}, "application.toml", None, "name = None"),
    "module missing": (
        {"application.toml": 'id = "001-till"\nname = "a"\nsummary = "b"\nsplit = "train"\nmodules = ["other"]\n'},
        "application.toml",
        5,
        "module 'other' is not in src/",
    ),
    "path leaving the folder": (
        {"application.toml": 'id = "001-till"\nname = "a"\nsummary = "b"\nsplit = "train"\nmodules = ["../tillbox"]\n'},
        "application.toml",
        5,
        "no module name",
    ),
    "id of nobody": ({"application.toml": 'id = "x"\nname = "a"\nsummary = "b"\nsplit = "train"\nmodules = ["tillbox"]\n'},
                     "application.toml", 1, "id 'x' is not the folder's name"),
    "no requirements": ({"gold_requirements.md": None}, "gold_requirements.md", None, "cannot be read"),
    "empty requirements": ({"gold_requirements.md": "# Nothing yet\n"}, "gold_requirements.md", None, "holds no requirement"),
    "missing tests": ({"tests/test_tillbox.py": None}, "tests", None, "has no tests"),
    "tests that are not collected": (
        {"tests/test_tillbox.py": None, "tests/till.py": "def test_a(): pass\n"}, "tests", None, "has no tests",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "file", "line", "reason"), BROKEN.values(), ids=BROKEN)
def test_bad_input_is_one_clear_record(write_application, changes, file, line, reason):
    """Application, file, line, reason and remedy; the application beside it loads."""
    root = write_application(changes=changes)
    write_application("002-fine")
    with pytest.raises(ApplicationError, match=reason) as caught:
        load_application(root)
    error = caught.value
    assert (error.application, str(error.file), error.line) == ("001-till", file, line)
    assert error.remedy
    catalogue = load_catalogue(root.parent)
    assert catalogue.ids == ("002-fine",)
    assert [str(problem) for problem in catalogue.problems] == [str(error)]


def _link_to_parent(folder: Path) -> None:
    (folder / "loop").symlink_to(folder.parent)


def _link_to_itself(folder: Path) -> None:
    (folder / "loop").symlink_to(folder / "loop")


def _link_out(folder: Path) -> None:
    (folder / "passwords.txt").symlink_to("/etc/passwd")


def _link_inside(folder: Path) -> None:
    (folder / "twin.py").symlink_to(folder / "tillbox.py")


def _dead_link(folder: Path) -> None:
    (folder / "dead.py").symlink_to(folder / "nothing.py")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.py")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_link_to_parent, "symbolic link in a loop"),
        (_link_to_itself, "symbolic link in a loop"),
        (_link_out, "symbolic link out of the folder"),
        (_link_inside, "is a symbolic link"),
        (_dead_link, "symbolic link to nothing"),
        (_pipe, "neither a file nor a folder"),
    ],
)
def test_what_is_no_plain_file_is_refused(write_application, damage, reason):
    root = write_application()
    damage(root / "src")
    with pytest.raises(ApplicationError, match=reason) as caught:
        load_application(root)
    assert caught.value.file.parent == Path("src")


def test_a_copied_folder_with_its_old_id_is_a_duplicate(write_application):
    root = write_application()
    copy = write_application("002-copy", {"application.toml": (root / "application.toml").read_text()})
    with pytest.raises(ApplicationError, match="id '001-till' is the id of another folder"):
        load_application(copy)


def test_a_catalogue_without_a_usable_application_says_what_to_do(write_application):
    root = write_application(changes={"src/tillbox.py": ""})
    with pytest.raises(CatalogueError, match=r"1 folders.*is empty.*applications add PATH"):
        load_catalogue(root.parent)
    with pytest.raises(CatalogueError, match="0 folders"):
        load_catalogue(root.parent / "nowhere")


def test_get_names_what_there_is(write_application):
    catalogue = load_catalogue(write_application().parent)
    assert catalogue.get("001-till").name == "Till"
    with pytest.raises(CatalogueError, match="no application '9': the catalogue holds 001-till"):
        catalogue.get("9")
