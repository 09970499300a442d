from zlib import crc32

import pytest
from logrecord import TooLong
from logstore import ClosedStore, Conflict, KeyMissing, LogStore, NotAStore, Usage, verify


def entry(key, value):
    """The bytes of one record, put together by hand."""
    kind = 1 if value is not None else 2 if key else 3
    body = bytes([kind, 0, len(key), 0, 0, 0, len(value or b"")]) + key.encode() + (value or b"")
    return crc32(body).to_bytes(4, "big") + body


COMMIT = entry("", None)


def filled(path, **values):
    """Write a store with these values by hand and open it."""
    return LogStore(written(path, *(entry(key, value) for key, value in values.items()), COMMIT))


def written(path, *records, tail=b""):
    """Write a file of a store with these records by hand."""
    file = path / "store"
    file.write_bytes(b"LOGSTOR1" + b"".join(records) + tail)
    return file


@pytest.mark.requirement("R6")
def test_put_sets_a_value(tmp_path):
    store = LogStore(tmp_path / "store")
    store.put("a", b"1")
    store.put("a", b"2")
    assert store.get("a") == b"2"


@pytest.mark.requirement("R6")
def test_get_needs_the_key(tmp_path):
    with pytest.raises(KeyMissing):
        LogStore(tmp_path / "store").get("a")


@pytest.mark.requirement("R6")
def test_find_gives_a_default(tmp_path):
    store = filled(tmp_path, a=b"1")
    assert store.find("a", b"x") == b"1"
    assert store.find("b", b"x") == b"x"
    assert store.find("b") is None


@pytest.mark.requirement("R7")
def test_delete_removes_a_key(tmp_path):
    store = filled(tmp_path, a=b"1", b=b"2")
    assert store.delete("a") is True
    assert store.find("a") is None
    assert store.find("b") == b"2"


@pytest.mark.requirement("R7")
def test_deleting_nothing_writes_nothing(tmp_path):
    store = filled(tmp_path, a=b"1")
    before = (tmp_path / "store").read_bytes()
    assert store.delete("b") is False
    assert (tmp_path / "store").read_bytes() == before


@pytest.mark.requirement("R8")
def test_keys_are_sorted(tmp_path):
    assert filled(tmp_path, b=b"", a=b"", c=b"").keys() == ["a", "b", "c"]


@pytest.mark.requirement("R8")
def test_keys_with_a_prefix(tmp_path):
    store = filled(tmp_path, user2=b"", user1=b"", other=b"")
    assert store.keys("user") == ["user1", "user2"]
    assert store.keys("z") == []


@pytest.mark.requirement("R9")
def test_a_batch_sets_and_deletes(tmp_path):
    store = filled(tmp_path, a=b"1", b=b"2")
    store.write_batch({"a": None, "b": b"3", "c": b"4", "d": None})
    assert [store.find(key) for key in "abcd"] == [None, b"3", b"4", None]


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("bad", [{"a": b"1", "": b"2"}, {"a": b"1", "": None}, {"a": b"1", "k" * 1025: b""}])
def test_a_bad_batch_changes_nothing(tmp_path, bad):
    store = LogStore(tmp_path / "store")
    with pytest.raises(TooLong):
        store.write_batch(bad)
    assert store.find("a") is None
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1"


@pytest.mark.requirement("R9")
def test_a_batch_is_closed_by_one_commit(tmp_path):
    LogStore(tmp_path / "store").write_batch({"a": b"1", "b": None})
    expected = [entry("a", b"1"), entry("b", None), COMMIT]
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1" + b"".join(expected)


@pytest.mark.requirement("R9")
def test_an_empty_batch_writes_nothing(tmp_path):
    LogStore(tmp_path / "store").write_batch({})
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1"


@pytest.mark.requirement("R10")
def test_changes_are_in_the_file_at_once(tmp_path):
    LogStore(tmp_path / "store").put("a", b"1")
    assert LogStore(tmp_path / "store").get("a") == b"1"


@pytest.mark.requirement("R10")
def test_a_store_goes_on_where_it_was(tmp_path):
    filled(tmp_path, a=b"1").put("b", b"2")
    again = LogStore(tmp_path / "store")
    assert (again.get("a"), again.get("b"), again.recovered_bytes) == (b"1", b"2", 0)


@pytest.mark.requirement("R10")
def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "store").write_bytes(b"")
    assert LogStore(tmp_path / "store").find("a") is None
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1"


@pytest.mark.requirement("R10")
def test_other_files_are_left_alone(tmp_path):
    (tmp_path / "store").write_bytes(b"LOGSTOR2 and more")
    with pytest.raises(NotAStore):
        LogStore(tmp_path / "store")
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR2 and more"


@pytest.mark.requirement("R11")
def test_a_torn_record_is_cut_off(tmp_path):
    tail = entry("b", b"2")[:-1]
    store = LogStore(written(tmp_path, entry("a", b"1"), COMMIT, tail=tail))
    assert (store.find("a"), store.find("b")) == (b"1", None)
    assert store.recovered_bytes == len(tail)
    assert (tmp_path / "store").read_bytes().endswith(COMMIT)


@pytest.mark.requirement("R11")
def test_an_uncommitted_batch_is_cut_off(tmp_path):
    lost = [entry("a", b"2"), entry("b", b"2")]
    store = LogStore(written(tmp_path, entry("a", b"1"), COMMIT, *lost))
    assert (store.find("a"), store.find("b")) == (b"1", None)
    assert store.recovered_bytes == sum(len(record) for record in lost)


@pytest.mark.requirement("R11")
def test_changes_after_a_recovery_are_kept(tmp_path):
    store = LogStore(written(tmp_path, entry("a", b"1"), COMMIT, tail=b"rubbish that is long enough"))
    store.put("b", b"2")
    again = LogStore(tmp_path / "store")
    assert (again.find("a"), again.find("b"), again.recovered_bytes) == (b"1", b"2", 0)


@pytest.mark.requirement("R12")
def test_replace_when_the_value_is_as_expected(tmp_path):
    store = filled(tmp_path, a=b"1", b=b"1")
    store.replace("a", b"1", b"2")
    store.replace("b", b"1", None)
    store.replace("c", None, b"3")
    assert [store.find(key) for key in "abc"] == [b"2", None, b"3"]


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(("key", "expected"), [("a", b"2"), ("a", None), ("b", b"1")])
def test_replace_refuses_another_value(tmp_path, key, expected):
    store = filled(tmp_path, a=b"1")
    with pytest.raises(Conflict):
        store.replace(key, expected, b"9")
    assert (store.find("a"), store.find("b")) == (b"1", None)


@pytest.mark.requirement("R13")
def test_a_snapshot_stays_as_it_is(tmp_path):
    store = filled(tmp_path, b=b"2", a=b"1")
    before = store.snapshot()
    store.put("a", b"9")
    assert (before.get("a"), before.get("z")) == (b"1", None)


@pytest.mark.requirement("R13")
def test_items_of_a_snapshot_are_sorted(tmp_path):
    assert filled(tmp_path, b=b"2", a=b"1").snapshot().items() == [("a", b"1"), ("b", b"2")]


@pytest.mark.requirement("R13")
def test_changes_between_snapshots(tmp_path):
    first = filled(tmp_path, a=b"1", b=b"2", c=b"3").snapshot()
    second = filled(tmp_path, a=b"1", b=b"9", d=b"4").snapshot()
    assert first.changes(second) == {"b": b"9", "d": b"4", "c": None}
    assert first.changes(first) == {}


@pytest.mark.requirement("R14")
def test_usage_tells_what_is_outdated(tmp_path):
    store = LogStore(written(tmp_path, entry("a", b"1"), COMMIT, entry("a", b"22"), COMMIT))
    assert store.usage() == Usage(1, 8 + 13 + 11 + 14 + 11, 13 + 11)


@pytest.mark.requirement("R14")
def test_usage_of_an_empty_store(tmp_path):
    assert LogStore(tmp_path / "store").usage() == Usage(0, 8, 0)


@pytest.mark.requirement("R15")
def test_compact_frees_the_outdated_bytes(tmp_path):
    store = LogStore(written(tmp_path, entry("b", b"1"), COMMIT, entry("a", b"2"), entry("b", b"3"), COMMIT))
    assert store.compact() == 13 + 11
    expected = [entry("a", b"2"), entry("b", b"3"), COMMIT]
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1" + b"".join(expected)
    assert [file.name for file in tmp_path.iterdir()] == ["store"]


@pytest.mark.requirement("R15")
def test_a_compacted_store_can_be_changed(tmp_path):
    store = filled(tmp_path, a=b"1")
    assert store.compact() == 0
    store.put("b", b"2")
    assert LogStore(tmp_path / "store").snapshot().items() == [("a", b"1"), ("b", b"2")]


@pytest.mark.requirement("R15")
def test_compacting_an_emptied_store(tmp_path):
    store = LogStore(written(tmp_path, entry("a", b"1"), entry("a", None), COMMIT))
    assert store.compact() == 13 + 12 + 11
    assert (tmp_path / "store").read_bytes() == b"LOGSTOR1"


@pytest.mark.requirement("R16")
def test_copy_to_writes_another_store(tmp_path):
    store = LogStore(written(tmp_path, entry("b", b"1"), entry("a", b"2"), entry("b", b"3"), COMMIT))
    store.copy_to(tmp_path / "copy")
    expected = [entry("a", b"2"), entry("b", b"3"), COMMIT]
    assert (tmp_path / "copy").read_bytes() == b"LOGSTOR1" + b"".join(expected)


@pytest.mark.requirement("R16")
def test_copy_to_overwrites_nothing(tmp_path):
    store = filled(tmp_path, a=b"1")
    (tmp_path / "copy").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        store.copy_to(tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"precious"


@pytest.mark.requirement("R17")
def test_verify_sound_stores(tmp_path):
    assert verify(written(tmp_path)) is None
    assert verify(written(tmp_path, entry("a", b"1"), COMMIT)) is None


@pytest.mark.requirement("R17")
def test_verify_finds_damage_and_changes_nothing(tmp_path):
    file = written(tmp_path, entry("a", b"1"), COMMIT, entry("b", b"1"), tail=b"rubbish")
    before = file.read_bytes()
    assert verify(file) == 8 + 13 + 11
    assert file.read_bytes() == before
    (tmp_path / "other").write_bytes(b"")
    with pytest.raises(NotAStore):
        verify(tmp_path / "other")


@pytest.mark.requirement("R18")
@pytest.mark.parametrize("action", ["compact", "keys", "snapshot", "usage"])
def test_a_closed_store_does_nothing(tmp_path, action):
    store = filled(tmp_path, a=b"1")
    store.close()
    store.close()
    with pytest.raises(ClosedStore):
        getattr(store, action)()


@pytest.mark.requirement("R18")
def test_a_closed_store_takes_no_changes(tmp_path):
    store = filled(tmp_path, a=b"1")
    store.close()
    with pytest.raises(ClosedStore):
        store.put("a", b"2")
    with pytest.raises(ClosedStore):
        store.get("a")
    with pytest.raises(ClosedStore):
        store.delete("x")
