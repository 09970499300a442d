"""Bits in bytes: the first bit written is the highest one of the first byte."""


class BitError(Exception):
    """Base of every error raised for bits."""


class ValueTooWide(BitError, ValueError):
    """A value does not fit into the number of bits it is given."""


class EndOfBits(BitError, EOFError):
    """More bits were asked for than are left."""


class BitWriter:
    """Collects bits."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._pending = 0
        self._held = 0

    def write(self, value: int, width: int) -> None:
        """Append the value in `width` bits, highest bit first. Raises ValueTooWide."""
        if width < 0 or not 0 <= value < 1 << width:
            raise ValueTooWide(f"{value} does not fit into {width} bits")
        self._pending = self._pending << width | value
        self._held += width
        while self._held >= 8:
            self._held -= 8
            self._bytes.append(self._pending >> self._held)
            self._pending &= (1 << self._held) - 1

    def bit_count(self) -> int:
        """How many bits were written."""
        return len(self._bytes) * 8 + self._held

    def to_bytes(self) -> bytes:
        """All bits, the last byte filled up with zeros."""
        rest = [self._pending << 8 - self._held] if self._held else []
        return bytes([*self._bytes, *rest])


class BitReader:
    """Hands out the bits of some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def read(self, width: int) -> int:
        """Take `width` bits as a number. Raises EndOfBits, and then takes none."""
        if width > self._left():
            raise EndOfBits(f"{width} bits are wanted, {self._left()} are left")
        value = self._peek(width)
        self._place += width
        return value

    def remaining(self) -> int:
        """How many bits are left."""
        return self._left()

    def skip_to_byte(self) -> int:
        """Pass over the rest of a byte that was begun and return the number of bits passed over."""
        skipped = -self._place % 8
        self._place += skipped
        return skipped

    def _left(self) -> int:
        return len(self._data) * 8 - self._place

    def _peek(self, width: int) -> int:
        first, last = self._place // 8, (self._place + width + 7) // 8
        chunk = int.from_bytes(self._data[first:last], "big")
        return chunk >> (last * 8 - self._place - width) & (1 << width) - 1
