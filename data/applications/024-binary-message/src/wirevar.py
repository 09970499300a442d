"""Whole numbers as bytes: seven bits each, lowest first, the highest bit telling that more follow."""

LARGEST = (1 << 64) - 1


class WireError(ValueError):
    """Base of every error raised for encoded bytes."""


class Truncated(WireError):
    """The bytes end too early; `offset` is where the unfinished item starts, counted from 0."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"the item at offset {offset} is not complete")
        self.offset = offset


class NumberTooLarge(WireError):
    """A number does not fit into 64 bits."""


def encode_varint(number: int) -> bytes:
    """The bytes of a number from 0 to 2^64 - 1, as few as possible. Raises NumberTooLarge."""
    return _varint(number)


def decode_varint(data: bytes, offset: int = 0) -> tuple[int, int]:
    """The number that starts at the offset, and the offset behind it. Raises Truncated and NumberTooLarge."""
    return _read_varint(data, offset)


def zigzag(number: int) -> int:
    """A signed 64-bit number as an unsigned one: 0, -1, 1, -2 become 0, 1, 2, 3. Raises NumberTooLarge."""
    return _zigzag(number)


def unzigzag(number: int) -> int:
    """The signed number that `zigzag` made the unsigned one from. Raises NumberTooLarge."""
    if not 0 <= number <= LARGEST:
        raise NumberTooLarge(f"{number} is no unsigned 64-bit number")
    return _unzigzag(number)


def _varint(number: int) -> bytes:
    if not 0 <= number <= LARGEST:
        raise NumberTooLarge(f"{number} is no unsigned 64-bit number")
    result = bytearray()
    while number > 127:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes([*result, number])


def _read_varint(data: bytes, offset: int) -> tuple[int, int]:
    number = 0
    for place in range(10):
        if offset + place >= len(data):
            raise Truncated(offset)
        byte = data[offset + place]
        number |= (byte & 127) << 7 * place
        if byte < 128:
            break
    if number > LARGEST or byte > 127:
        raise NumberTooLarge(f"the number at offset {offset} exceeds 64 bits")
    return number, offset + place + 1


def _zigzag(number: int) -> int:
    if not -(1 << 63) <= number < 1 << 63:
        raise NumberTooLarge(f"{number} is no signed 64-bit number")
    return 2 * number if number >= 0 else -2 * number - 1


def _unzigzag(number: int) -> int:
    return -(number + 1) // 2 if number & 1 else number // 2
