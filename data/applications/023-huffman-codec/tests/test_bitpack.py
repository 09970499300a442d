import pytest
from bitpack import BitReader, BitWriter, EndOfBits, ValueTooWide


@pytest.mark.requirement("R1")
def test_bits_fill_bytes_from_the_top():
    writer = BitWriter()
    writer.write(0b101, 3)
    writer.write(1, 2)
    writer.write(0b1100_0000_0001, 12)
    assert writer.to_bytes() == bytes([0b10101110, 0b00000000, 0b10000000])


@pytest.mark.requirement("R1")
def test_whole_bytes_get_no_padding():
    writer = BitWriter()
    writer.write(0xAB, 8)
    assert writer.to_bytes() == b"\xab"
    assert BitWriter().to_bytes() == b""


@pytest.mark.requirement("R1")
def test_bit_count():
    writer = BitWriter()
    writer.write(0, 5)
    writer.write(7, 6)
    assert writer.bit_count() == 11


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(("value", "width"), [(4, 2), (-1, 3), (1, 0), (0, -1)])
def test_values_must_fit(value, width):
    with pytest.raises(ValueTooWide):
        BitWriter().write(value, width)


@pytest.mark.requirement("R2")
def test_read_takes_bits_in_order():
    reader = BitReader(bytes([0b10110000, 0b11111111, 0b00000001]))
    assert [reader.read(width) for width in (1, 3, 0, 6, 14)] == [1, 0b011, 0, 0b000011, 0b11111100000001]


@pytest.mark.requirement("R2")
def test_read_past_the_end_takes_nothing():
    reader = BitReader(b"\xf0")
    assert reader.read(5) == 0b11110
    with pytest.raises(EndOfBits):
        reader.read(4)
    assert reader.read(3) == 0


@pytest.mark.requirement("R2")
def test_remaining_bits():
    reader = BitReader(b"ab")
    assert reader.remaining() == 16
    reader.read(3)
    assert reader.remaining() == 13


@pytest.mark.requirement("R2")
def test_skip_to_the_next_byte():
    reader = BitReader(b"\xff\x41")
    reader.read(3)
    assert reader.skip_to_byte() == 5
    assert reader.skip_to_byte() == 0
    assert reader.read(8) == 0x41
