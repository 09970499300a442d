import pytest
from wirevar import LARGEST, NumberTooLarge, Truncated, decode_varint, encode_varint, unzigzag, zigzag

ENCODED = [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (LARGEST, b"\xff" * 9 + b"\x01")]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("number", "data"), ENCODED)
def test_encode_varint(number, data):
    assert encode_varint(number) == data


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("number", "data"), ENCODED)
def test_decode_varint(number, data):
    assert decode_varint(data) == (number, len(data))


@pytest.mark.requirement("R1")
def test_decode_varint_at_an_offset():
    assert decode_varint(b"\x05\xac\x02\x07", 1) == (300, 3)
    assert decode_varint(b"\x05\xac\x02\x07", 3) == (7, 4)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("data", "offset"), [(b"", 0), (b"\x80", 0), (b"\x01\xff\xff", 1)])
def test_decode_varint_needs_an_end(data, offset):
    with pytest.raises(Truncated) as caught:
        decode_varint(data, offset)
    assert caught.value.offset == offset


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("number", [-1, LARGEST + 1])
def test_encode_varint_stays_within_64_bits(number):
    with pytest.raises(NumberTooLarge):
        encode_varint(number)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("data", [b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\x00", b"\x80" * 12])
def test_decode_varint_stays_within_64_bits(data):
    with pytest.raises(NumberTooLarge):
        decode_varint(data)


@pytest.mark.requirement("R3")
def test_zigzag():
    assert [zigzag(number) for number in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]
    assert zigzag(2**63 - 1) == LARGEST - 1
    assert zigzag(-(2**63)) == LARGEST


@pytest.mark.requirement("R3")
def test_unzigzag():
    assert [unzigzag(number) for number in (0, 1, 2, 3, 4)] == [0, -1, 1, -2, 2]
    assert unzigzag(LARGEST) == -(2**63)


@pytest.mark.requirement("R3")
def test_zigzag_limits():
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(NumberTooLarge):
            zigzag(number)
    for number in (-1, LARGEST + 1):
        with pytest.raises(NumberTooLarge):
            unzigzag(number)
