"""Huffman coding of bytes with canonical codes, so that a table of code lengths is all a decoder needs.

A packed text is: the magic `HF1`, a mode (0 stored, 1 coded), the size as a varint, CRC-32 of the content, then either
the content itself or the table of lengths and the coded bits.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import log2
from zlib import crc32

from bitpack import BitReader, BitWriter, EndOfBits

MAGIC = b"HF1"
LONGEST_CODE = 15
_STORED, _CODED = 0, 1


class CodecError(Exception):
    """Base of every error raised for codes and packed texts."""


class TooManySymbols(CodecError, ValueError):
    """So many symbols have no codes as short as that."""


class InvalidLengths(CodecError, ValueError):
    """Code lengths that no prefix code can have."""


class UnknownSymbol(CodecError, KeyError):
    """A symbol has no code."""


class CorruptData(CodecError, ValueError):
    """Packed bytes are damaged."""


class BadMagic(CorruptData):
    """The bytes do not start like a packed text."""


class Truncated(CorruptData):
    """The bytes end too early."""


class ChecksumMismatch(CorruptData):
    """The unpacked content is not what was packed."""


@dataclass(frozen=True)
class PackInfo:
    """What the header of a packed text says; `symbols` is 0 for stored content."""

    coded: bool
    size: int
    checksum: int
    symbols: int


def count_symbols(data: bytes) -> dict[int, int]:
    """How often each byte occurs, by ascending byte."""
    return dict(sorted(Counter(data).items()))


def entropy(data: bytes) -> float:
    """The information in bits per byte that no code of single bytes can undercut; 0 for no data."""
    counts = Counter(data).values()
    return sum(-count / len(data) * log2(count / len(data)) for count in counts)


def code_lengths(counts: Mapping[int, int], longest: int = LONGEST_CODE) -> dict[int, int]:
    """The best code length of each symbol that occurs, none above `longest`; a lone symbol gets 1.

    Raises TooManySymbols when there are too many symbols for codes that short.
    """
    return _code_lengths(counts, longest)


def canonical_codes(lengths: Mapping[int, int]) -> dict[int, str]:
    """The code of each symbol as a text of 0 and 1: shorter codes first, equally long ones by ascending symbol.

    Raises InvalidLengths.
    """
    return {symbol: format(code, f"0{width}b") for symbol, (code, width) in _codes(lengths).items()}


def is_complete(lengths: Mapping[int, int]) -> bool:
    """Whether the code uses up all bit patterns: none could be added. Raises InvalidLengths."""
    return _kraft(lengths) == 1 << LONGEST_CODE


def coded_size(counts: Mapping[int, int], lengths: Mapping[int, int]) -> int:
    """How many bits the counted symbols take. Raises UnknownSymbol."""
    for symbol, count in counts.items():
        if count and symbol not in lengths:
            raise UnknownSymbol(symbol)
    return sum(count * lengths[symbol] for symbol, count in counts.items() if count)


def encode(data: bytes, lengths: Mapping[int, int]) -> bytes:
    """The coded bits of the data, filled up with zeros to whole bytes. Raises UnknownSymbol and InvalidLengths."""
    writer = BitWriter()
    _encode(data, lengths, writer)
    return writer.to_bytes()


def decode(bits: bytes, lengths: Mapping[int, int], size: int) -> bytes:
    """The first `size` bytes that the bits stand for. Raises Truncated, CorruptData and InvalidLengths."""
    return _decode(BitReader(bits), lengths, size)


def pack_lengths(lengths: Mapping[int, int]) -> bytes:
    """The table of lengths in bytes: the number of symbols less one, then each symbol and its length.

    Raises InvalidLengths for no symbols at all, and for lengths that no code can have.
    """
    return _pack_lengths(lengths)


def unpack_lengths(table: bytes) -> tuple[dict[int, int], int]:
    """The lengths at the start of the bytes, and how many bytes they take. Raises Truncated and CorruptData."""
    return _unpack_lengths(table)


def compress(data: bytes) -> bytes:
    """The data in packed form; content that codes would not make smaller is stored as it is."""
    header = MAGIC + bytes([_STORED]) + _varint(len(data)) + crc32(data).to_bytes(4, "big")
    if not data:
        return header
    lengths = _code_lengths(Counter(data), LONGEST_CODE)
    writer = BitWriter()
    _encode(data, lengths, writer)
    body = _pack_lengths(lengths) + writer.to_bytes()
    if len(body) >= len(data):
        return header + data
    return MAGIC + bytes([_CODED]) + header[len(MAGIC) + 1:] + body


def decompress(packed: bytes) -> bytes:
    """The data that was packed. Raises BadMagic, Truncated, ChecksumMismatch and CorruptData."""
    info, start = _header(packed)
    body = packed[start:]
    if info.coded:
        lengths, used = _unpack_lengths(body)
        content = _decode(BitReader(body[used:]), lengths, info.size)
    else:
        content = body[:info.size]
        if len(content) < info.size:
            raise Truncated(f"{len(content)} bytes of {info.size}")
    if crc32(content) != info.checksum:
        raise ChecksumMismatch("the content is damaged")
    return content


def inspect_packed(packed: bytes) -> PackInfo:
    """What the header says, without unpacking the content. Raises BadMagic, Truncated and CorruptData."""
    info, start = _header(packed)
    if not info.coded:
        return info
    return PackInfo(True, info.size, info.checksum, len(_unpack_lengths(packed[start:])[0]))


def _code_lengths(counts: Mapping[int, int], longest: int) -> dict[int, int]:
    """Package-merge: the cheapest 2n - 2 items of the last level name each symbol once per bit of its code."""
    leaves = sorted((count, (symbol,)) for symbol, count in counts.items() if count)
    if longest < 1 or len(leaves) > 1 << longest:
        raise TooManySymbols(f"{len(leaves)} symbols have no codes of up to {longest} bits")
    if len(leaves) == 1:
        return {leaves[0][1][0]: 1}
    level = leaves
    for _ in range(longest - 1):
        pairs = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(level[::2], level[1::2])]
        level = sorted(leaves + pairs, key=lambda item: item[0])
    uses = Counter(symbol for _, symbols in level[:max(0, 2 * len(leaves) - 2)] for symbol in symbols)
    return dict(sorted(uses.items()))


def _kraft(lengths: Mapping[int, int]) -> int:
    """How many of the patterns of LONGEST_CODE bits the code takes up. Raises InvalidLengths."""
    if any(not 1 <= width <= LONGEST_CODE for width in lengths.values()):
        raise InvalidLengths(f"a length is not from 1 to {LONGEST_CODE}")
    used = sum(1 << LONGEST_CODE - width for width in lengths.values())
    if used > 1 << LONGEST_CODE:
        raise InvalidLengths("so many short codes cannot be told apart")
    return used


def _codes(lengths: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    _kraft(lengths)
    codes: dict[int, tuple[int, int]] = {}
    code, previous = 0, 0
    for width, symbol in sorted((width, symbol) for symbol, width in lengths.items()):
        code <<= width - previous
        codes[symbol] = code, width
        code, previous = code + 1, width
    return codes


def _encode(data: bytes, lengths: Mapping[int, int], writer: BitWriter) -> None:
    codes = _codes(lengths)
    for symbol in data:
        if symbol not in codes:
            raise UnknownSymbol(symbol)
        writer.write(*codes[symbol])


def _decode(reader: BitReader, lengths: Mapping[int, int], size: int) -> bytes:
    symbols = {code: symbol for symbol, code in _codes(lengths).items()}
    result = bytearray()
    while len(result) < size:
        code, width = 0, 0
        while (code, width) not in symbols:
            if width == LONGEST_CODE:
                raise CorruptData("a bit pattern is no code")
            code, width = code << 1 | _bit(reader), width + 1
        result.append(symbols[code, width])
    return bytes(result)


def _bit(reader: BitReader) -> int:
    try:
        return reader.read(1)
    except EndOfBits as error:
        raise Truncated("the coded bits end too early") from error


def _pack_lengths(lengths: Mapping[int, int]) -> bytes:
    _kraft(lengths)
    if not lengths:
        raise InvalidLengths("a table needs a symbol")
    return bytes([len(lengths) - 1]) + bytes(part for pair in sorted(lengths.items()) for part in pair)


def _unpack_lengths(table: bytes) -> tuple[dict[int, int], int]:
    end = 1 + 2 * (table[0] + 1) if table else 1
    if len(table) < end:
        raise Truncated("the table of lengths ends too early")
    lengths = dict(zip(table[1:end:2], table[2:end:2]))
    if len(lengths) != table[0] + 1:
        raise CorruptData("a symbol occurs twice in the table")
    try:
        _kraft(lengths)
    except InvalidLengths as error:
        raise CorruptData(str(error)) from error
    return lengths, end


def _varint(number: int) -> bytes:
    result = bytearray()
    while number > 127:
        result.append(number & 127 | 128)
        number >>= 7
    return bytes([*result, number])


def _header(packed: bytes) -> tuple[PackInfo, int]:
    """What the header says, and where it ends."""
    if packed[:len(MAGIC)] != MAGIC:
        raise BadMagic(f"packed texts start with {MAGIC!r}")
    place, size, shift = len(MAGIC) + 1, 0, 0
    while place < len(packed) and packed[place] > 127:
        size |= (packed[place] & 127) << shift
        place, shift = place + 1, shift + 7
    if len(packed) < place + 5:
        raise Truncated("the header ends too early")
    if packed[len(MAGIC)] not in (_STORED, _CODED):
        raise CorruptData(f"unknown mode {packed[len(MAGIC)]}")
    size |= packed[place] << shift
    checksum = int.from_bytes(packed[place + 1:place + 5], "big")
    return PackInfo(packed[len(MAGIC)] == _CODED, size, checksum, 0), place + 5
