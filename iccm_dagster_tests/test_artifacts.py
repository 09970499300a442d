import os
from pathlib import Path

import pandas as pd
import pytest

from iccm_dagster.artifacts import MANIFEST, ArtifactStore, digest
from iccm_dagster.errors import ArtifactError, StorageError

TABLE = pd.DataFrame({"x": [1, 2], "y": ["a", "b"]})
BIRTH = {"fingerprint": "f1", "parents": {"upstream/001": "v1"}}


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def test_a_table_comes_back_as_it_was_with_its_birth_certificate(store):
    stored = store.write_table("labels", "001", TABLE, **BIRTH)
    again = store.get("labels", "001")
    pd.testing.assert_frame_equal(again.table(), TABLE)
    assert again.version == stored.version
    assert again.manifest.parents == {"upstream/001": "v1"}
    assert again.manifest.facts == {"rows": 2}


def test_equal_content_has_an_equal_version_and_other_content_another(store):
    first = store.write_table("labels", "001", TABLE, **BIRTH)
    same = store.write_table("labels", "002", TABLE, **BIRTH)
    other = store.write_table("labels", "001", TABLE.assign(x=[1, 3]), **BIRTH)
    assert first.version == same.version
    assert first.version != other.version


def test_a_folder_with_subfolders_comes_back(store):
    with store.writing("checkpoint", None, **BIRTH) as draft:
        (draft.folder / "head").mkdir()
        (draft.folder / "head" / "weights").write_bytes(b"123")
        (draft.folder / "settings.json").write_text('{"a": 1}')
    stored = store.get("checkpoint")
    assert (stored.folder() / "head" / "weights").read_bytes() == b"123"
    assert stored.json("settings.json") == {"a": 1}


def test_what_was_never_made_is_none_or_an_error_with_the_command(store):
    assert store.find("labels", "001") is None
    with pytest.raises(ArtifactError, match="--select labels --partition 001"):
        store.get("labels", "001")


def test_a_changed_file_is_refused_by_name(store):
    stored = store.write_table("labels", "001", TABLE, **BIRTH)
    path = stored.file("table.parquet")
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ArtifactError, match=r"table\.parquet has SHA-256 .* its manifest says"):
        store.get("labels", "001").table()


def test_a_missing_file_is_refused(store):
    stored = store.write_table("labels", "001", TABLE, **BIRTH)
    stored.file("table.parquet").unlink()
    with pytest.raises(ArtifactError, match="cannot be read"):
        store.get("labels", "001").table()


def test_a_torn_manifest_is_refused(store):
    store.write_table("labels", "001", TABLE, **BIRTH)
    (Path(str(store.root)) / "labels" / "001" / MANIFEST).write_text('{"asset": "lab')
    with pytest.raises(ArtifactError, match="is no manifest"):
        store.find("labels", "001")


def test_an_error_while_writing_leaves_the_previous_artifact_and_no_litter(store):
    before = store.write_table("labels", "001", TABLE, **BIRTH)
    with pytest.raises(ZeroDivisionError), store.writing("labels", "001", **BIRTH) as draft:  # noqa: PT012
        (draft.folder / "half").write_text("half")
        raise ZeroDivisionError
    assert store.get("labels", "001").version == before.version
    left = [path.name for path in (Path(str(store.root)) / "labels" / "001").iterdir()]
    assert sorted(left) == sorted([MANIFEST, before.manifest.folder])


def test_a_problem_is_recorded_and_has_no_files(store):
    stored = store.write_problem("labels", "001", "001: no gold requirements", **BIRTH)
    assert stored.problem == "001: no gold requirements"
    with pytest.raises(ArtifactError, match="holds no files"):
        stored.folder()


def test_old_versions_are_pruned_to_the_last_two(store):
    for value in range(5):
        store.write_table("labels", "001", TABLE.assign(x=value), **BIRTH)
    folders = [path for path in (Path(str(store.root)) / "labels" / "001").iterdir() if path.is_dir()]
    assert len(folders) == 2
    assert store.get("labels", "001").table()["x"].tolist() == [4, 4]


def test_any_storage_that_fsspec_knows_holds_the_same(tmp_path):
    remote = ArtifactStore(f"memory://bucket{os.getpid()}")
    local = ArtifactStore(tmp_path)
    for store in (remote, local):
        with store.writing("checkpoint", None, **BIRTH) as draft:
            (draft.folder / "head").mkdir()
            (draft.folder / "head" / "weights").write_bytes(b"123")
            TABLE.to_parquet(draft.folder / "table.parquet")
    assert remote.get("checkpoint").version == local.get("checkpoint").version
    assert (remote.get("checkpoint").folder() / "head" / "weights").read_bytes() == b"123"
    pd.testing.assert_frame_equal(remote.get("checkpoint").table(), TABLE)


def test_storage_that_cannot_be_written_is_one_clear_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Set ICCM_STORAGE to a folder you own"):
        ArtifactStore(tmp_path / "file" / "artifacts").write_table("labels", "001", TABLE, **BIRTH)


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
