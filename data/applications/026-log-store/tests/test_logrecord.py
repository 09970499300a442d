from zlib import crc32

import pytest
from logrecord import (
    COMMIT,
    CorruptRecord,
    Record,
    TooLong,
    committed,
    decode_record,
    encode_record,
    read_records,
    replay,
)

PUT_BODY = b"\x01\x00\x01\x00\x00\x00\x02kab"
PUT = crc32(PUT_BODY).to_bytes(4, "big") + PUT_BODY
DELETE_BODY = b"\x02\x00\x01\x00\x00\x00\x00k"
DELETE = crc32(DELETE_BODY).to_bytes(4, "big") + DELETE_BODY


@pytest.mark.requirement("R1")
def test_encode_record():
    assert encode_record(Record("k", b"ab")) == PUT
    assert encode_record(Record("k", None)) == DELETE
    assert encode_record(COMMIT)[4:] == b"\x03" + bytes(6)


@pytest.mark.requirement("R1")
def test_decode_record():
    assert decode_record(PUT) == (Record("k", b"ab"), 14)
    assert decode_record(b"xx" + DELETE + PUT, 2) == (Record("k", None), 14)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("record", [Record("ключ", b""), Record("k", bytes(300)), COMMIT])
def test_records_survive_the_round_trip(record):
    data = encode_record(record)
    assert decode_record(data) == (record, len(data))


@pytest.mark.requirement("R1")
def test_is_commit():
    assert COMMIT.is_commit()
    assert not Record("k", None).is_commit()


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("place", [0, 4, 6, 10, 11, 13])
def test_a_changed_byte_is_noticed(place):
    damaged = PUT[:place] + bytes([PUT[place] ^ 1]) + PUT[place + 1 :]
    with pytest.raises(CorruptRecord):
        decode_record(damaged)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("size", [0, 5, 10, 13])
def test_a_missing_end_is_noticed(size):
    with pytest.raises(CorruptRecord) as caught:
        decode_record(b"abc" + PUT[:size], 3)
    assert caught.value.offset == 3


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("kind", [b"\x00", b"\x04"])
def test_an_unknown_kind_is_noticed(kind):
    body = kind + PUT_BODY[1:]
    with pytest.raises(CorruptRecord):
        decode_record(crc32(body).to_bytes(4, "big") + body)


@pytest.mark.requirement("R3")
def test_read_records_stops_at_the_end():
    assert read_records(PUT + DELETE) == ([Record("k", b"ab"), Record("k", None)], 26)
    assert read_records(b"") == ([], 0)
    assert read_records(PUT + DELETE, 14) == ([Record("k", None)], 26)


@pytest.mark.requirement("R3")
def test_read_records_stops_at_damage():
    assert read_records(PUT + b"damaged and long enough" + DELETE) == ([Record("k", b"ab")], 14)
    assert read_records(PUT + PUT[:-1]) == ([Record("k", b"ab")], 14)


@pytest.mark.requirement("R4")
def test_only_changes_before_the_last_commit_count():
    one, two, three = Record("a", b"1"), Record("b", b"2"), Record("c", b"3")
    assert committed([one, COMMIT, two, COMMIT, three]) == [one, two]
    assert committed([one, two]) == []
    assert committed([]) == []


@pytest.mark.requirement("R4")
def test_replay():
    records = [Record("a", b"1"), Record("b", b"2"), COMMIT, Record("a", None), Record("b", b"3"), COMMIT]
    assert replay(records) == {"b": b"3"}
    assert replay(records[:4]) == {"a": b"1", "b": b"2"}
    assert replay([Record("x", None), Record("y", b""), COMMIT]) == {"y": b""}


@pytest.mark.requirement("R5")
def test_lengths_at_the_limit():
    longest = Record("k" * 1024, bytes(1 << 20))
    assert len(encode_record(longest)) == 11 + 1024 + (1 << 20)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "record", [Record("k" * 1025, b""), Record("é" * 513, b""), Record("k", bytes((1 << 20) + 1)), Record("", b"x")]
)
def test_lengths_beyond_the_limit(record):
    with pytest.raises(TooLong):
        encode_record(record)
