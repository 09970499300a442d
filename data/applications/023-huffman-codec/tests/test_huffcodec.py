import pytest
from huffcodec import (
    BadMagic,
    ChecksumMismatch,
    CodecError,
    CorruptData,
    InvalidLengths,
    PackInfo,
    Truncated,
    UnknownSymbol,
    TooManySymbols,
    canonical_codes,
    code_lengths,
    coded_size,
    compress,
    count_symbols,
    decode,
    decompress,
    encode,
    entropy,
    inspect_packed,
    is_complete,
    pack_lengths,
    unpack_lengths,
)

LENGTHS = {97: 1, 98: 2, 99: 2}  # a, b, c: 0, 10, 11
TEXT = b"abracadabra " * 12
STORED_AB = b"HF1\x00\x02" + bytes.fromhex("9e83486d") + b"ab"
CODED_AAAB = b"HF1\x01\x04" + bytes.fromhex("3491b4ff") + b"\x01a\x01b\x01\x10"


@pytest.mark.requirement("R3")
def test_count_symbols():
    assert list(count_symbols(b"cabbc").items()) == [(97, 1), (98, 2), (99, 2)]
    assert count_symbols(b"") == {}


@pytest.mark.requirement("R3")
def test_entropy():
    assert entropy(b"abcd") == 2
    assert entropy(b"aab" * 2) == pytest.approx(0.9182958)
    assert entropy(b"aaaa") == entropy(b"") == 0


@pytest.mark.requirement("R4")
def test_frequent_symbols_get_short_codes():
    assert code_lengths({97: 5, 98: 2, 99: 1, 100: 1}) == {97: 1, 98: 2, 99: 3, 100: 3}
    assert code_lengths({1: 1, 2: 1, 3: 1, 4: 1}) == {1: 2, 2: 2, 3: 2, 4: 2}


@pytest.mark.requirement("R4")
def test_a_lone_symbol_and_none():
    assert code_lengths({7: 3}) == {7: 1}
    assert code_lengths({}) == {}


@pytest.mark.requirement("R4")
def test_symbols_that_do_not_occur_get_no_code():
    assert code_lengths({1: 4, 2: 0, 3: 1}) == {1: 1, 3: 1}


@pytest.mark.requirement("R4")
def test_the_total_is_as_small_as_can_be():
    counts = {symbol: count for symbol, count in enumerate((1, 1, 2, 3, 5, 8, 13))}
    lengths = code_lengths(counts)
    assert sum(counts[symbol] * lengths[symbol] for symbol in counts) == 78


@pytest.mark.requirement("R5")
def test_no_code_is_longer_than_allowed():
    counts = {0: 1, 1: 1, 2: 2, 3: 4, 4: 8}
    assert max(code_lengths(counts).values()) == 4
    limited = code_lengths(counts, longest=3)
    assert limited == {0: 3, 1: 3, 2: 3, 3: 3, 4: 1}


@pytest.mark.requirement("R5")
def test_too_many_symbols_for_short_codes():
    assert code_lengths(dict.fromkeys(range(4), 1), longest=2) == dict.fromkeys(range(4), 2)
    with pytest.raises(TooManySymbols):
        code_lengths(dict.fromkeys(range(5), 1), longest=2)
    with pytest.raises(TooManySymbols):
        code_lengths({1: 1}, longest=0)


@pytest.mark.requirement("R5")
def test_codes_stay_within_fifteen_bits():
    counts = {symbol: 2**symbol for symbol in range(20)}
    assert max(code_lengths(counts).values()) == 15


@pytest.mark.requirement("R6")
def test_canonical_codes_are_in_order():
    assert canonical_codes({99: 2, 97: 1, 98: 2}) == {97: "0", 98: "10", 99: "11"}
    assert canonical_codes({1: 3, 2: 1, 3: 3}) == {2: "0", 1: "100", 3: "101"}


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("lengths", [{1: 1, 2: 1, 3: 5}, {1: 0}, {1: 16}])
def test_impossible_lengths(lengths):
    with pytest.raises(InvalidLengths):
        canonical_codes(lengths)


@pytest.mark.requirement("R6")
def test_the_longest_code_is_allowed():
    assert canonical_codes({1: 15}) == {1: "0" * 15}


@pytest.mark.requirement("R7")
def test_is_complete():
    assert is_complete(LENGTHS)
    assert not is_complete({97: 1, 98: 2})
    assert not is_complete({97: 1})


@pytest.mark.requirement("R7")
def test_coded_size():
    assert coded_size({97: 3, 98: 2, 99: 1}, LENGTHS) == 9
    assert coded_size({97: 3, 100: 0}, LENGTHS) == 3


@pytest.mark.requirement("R7")
def test_coded_size_of_an_unknown_symbol():
    with pytest.raises(UnknownSymbol):
        coded_size({100: 1}, LENGTHS)


@pytest.mark.requirement("R8")
def test_encode():
    assert encode(b"abca", LENGTHS) == bytes([0b01011000])
    assert encode(b"ccccb", LENGTHS) == bytes([0b11111111, 0b10000000])
    assert encode(b"", LENGTHS) == b""


@pytest.mark.requirement("R8")
def test_encode_refuses_unknown_symbols():
    with pytest.raises(UnknownSymbol):
        encode(b"abd", LENGTHS)


@pytest.mark.requirement("R9")
def test_decode_ignores_the_padding():
    assert decode(bytes([0b01011000]), LENGTHS, 4) == b"abca"
    assert decode(bytes([0b01011000]), LENGTHS, 2) == b"ab"
    assert decode(b"", LENGTHS, 0) == b""


@pytest.mark.requirement("R9")
def test_decode_needs_enough_bits():
    assert decode(bytes([0b11111111]), LENGTHS, 4) == b"cccc"
    with pytest.raises(Truncated):
        decode(bytes([0b11111111]), LENGTHS, 5)


@pytest.mark.requirement("R9")
def test_decode_refuses_patterns_without_a_code():
    with pytest.raises(CorruptData):
        decode(b"\xff\xff\xff", {97: 1}, 1)
    assert decode(b"\x00\x00", {97: 15}, 1) == b"a"


@pytest.mark.requirement("R10")
def test_pack_lengths():
    assert pack_lengths({99: 2, 97: 1, 98: 2}) == bytes([2, 97, 1, 98, 2, 99, 2])
    assert len(pack_lengths(dict.fromkeys(range(256), 8))) == 513


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("lengths", [{}, {1: 1, 2: 1, 3: 1}])
def test_pack_lengths_refuses(lengths):
    with pytest.raises(InvalidLengths):
        pack_lengths(lengths)


@pytest.mark.requirement("R10")
def test_unpack_lengths_tells_where_the_table_ends():
    assert unpack_lengths(bytes([2, 97, 1, 98, 2, 99, 2, 55])) == (LENGTHS, 7)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    ("table", "error"),
    [
        (b"", Truncated),
        (bytes([1, 97, 1, 98]), Truncated),
        (bytes([1, 97, 1, 97, 1]), CorruptData),
        (bytes([0, 97, 0]), CorruptData),
    ],
)
def test_damaged_tables(table, error):
    with pytest.raises(error):
        unpack_lengths(table)


@pytest.mark.requirement("R11")
def test_compress_writes_codes():
    assert compress(b"a" * 300) == b"HF1\x01\xac\x02" + bytes.fromhex("89971909") + b"\x00a\x01" + bytes(38)


@pytest.mark.requirement("R11")
def test_compress_and_decompress():
    assert decompress(compress(TEXT)) == TEXT
    every = bytes(range(256)) * 3 + TEXT * 40
    assert decompress(compress(every)) == every


@pytest.mark.requirement("R12")
def test_repetitive_text_becomes_small():
    assert len(compress(TEXT)) < len(TEXT) // 2


@pytest.mark.requirement("R12")
def test_packing_adds_at_most_a_short_header():
    assert compress(b"ab") == STORED_AB
    assert len(compress(bytes(range(256)))) == 256 + 10
    assert compress(b"") == b"HF1\x00\x00" + bytes(4)


@pytest.mark.requirement("R12")
def test_a_tie_is_stored():
    assert inspect_packed(compress(b"aaaa")).coded is False
    assert inspect_packed(compress(b"aaaaa")).coded is True


@pytest.mark.requirement("R13")
def test_decompress_stored_and_coded_content():
    assert decompress(STORED_AB) == b"ab"
    assert decompress(CODED_AAAB) == b"aaab"
    assert decompress(b"HF1\x00\x00" + bytes(4)) == b""


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    ("packed", "error"),
    [
        (b"", BadMagic),
        (b"HF2" + STORED_AB[3:], BadMagic),
        (STORED_AB[:8], Truncated),
        (STORED_AB[:10], Truncated),
        (b"HF1\x00\x82", Truncated),
        (b"HF1\x02" + STORED_AB[4:], CorruptData),
        (CODED_AAAB[:-1], Truncated),
    ],
)
def test_damaged_packs(packed, error):
    with pytest.raises(error):
        decompress(packed)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("packed", [STORED_AB[:-1] + b"c", CODED_AAAB[:-1] + b"\x90"])
def test_changed_content_is_noticed(packed):
    with pytest.raises(ChecksumMismatch):
        decompress(packed)


@pytest.mark.requirement("R14")
def test_a_changed_checksum_is_noticed():
    with pytest.raises(CodecError):
        decompress(STORED_AB[:5] + b"\x00" + STORED_AB[6:])


@pytest.mark.requirement("R15")
def test_inspect_stored():
    assert inspect_packed(STORED_AB) == PackInfo(False, 2, 0x9E83486D, 0)


@pytest.mark.requirement("R15")
def test_inspect_coded():
    found = inspect_packed(b"HF1\x01\x85\x82\x01" + bytes(4) + b"\x01a\x01b\x01")
    assert (found.coded, found.size, found.checksum, found.symbols) == (True, 5 + 2 * 128 + 128 * 128, 0, 2)


@pytest.mark.requirement("R15")
def test_inspect_does_not_need_the_content():
    assert inspect_packed(CODED_AAAB[:-1]).symbols == 2
    with pytest.raises(BadMagic):
        inspect_packed(b"HF0\x00\x00\x00\x00\x00\x00")
