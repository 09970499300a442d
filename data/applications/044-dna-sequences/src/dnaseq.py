"""Nucleotide sequences as plain strings: strands, transcription, translation, reading frames, FASTA, alignment.

Sequences may be given in any case and come back in capitals. DNA consists of A, C, G, T and N (unknown), RNA has U
instead of T. Positions count from 0, ends are exclusive.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
# The standard code, with the codons in the order T, C, A, G of their three letters.
_AMINO_ACIDS = "FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG"
_CODE = dict(zip((a + b + c for a in "TCAG" for b in "TCAG" for c in "TCAG"), _AMINO_ACIDS, strict=True))
_AMBIGUOUS = {
    **{letter: letter for letter in "ACGT"},
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}


class SequenceError(ValueError):
    """A sequence has a letter that it must not have, or a length that does not fit."""


class FastaError(ValueError):
    """A text is not in FASTA format."""


@dataclass(frozen=True)
class Record:
    """A named sequence of a FASTA file."""

    name: str
    sequence: str
    description: str = ""


@dataclass(frozen=True)
class ReadingFrame:
    """An open reading frame, from its start codon to its stop codon included.

    Positions refer to the given strand; on strand `-` the frame runs from `end` down to `start`.
    """

    start: int
    end: int
    strand: str
    protein: str


@dataclass(frozen=True)
class Scoring:
    """What an aligned pair of letters and a letter without partner count."""

    match: int = 1
    mismatch: int = -1
    gap: int = -1


def clean(text: str) -> str:
    """The sequence in capitals without white space. Raises SequenceError for letters other than A, C, G, T, N."""
    return _dna("".join(text.split()))


def complement(dna: str) -> str:
    """The complementary letters, in the same direction."""
    return _dna(dna).translate(_COMPLEMENT)


def reverse_complement(dna: str) -> str:
    """The opposite strand, read in its own direction."""
    return _reverse(_dna(dna))


def is_palindrome(dna: str) -> bool:
    """Whether the sequence reads the same on the opposite strand; the empty sequence does not count."""
    sequence = _dna(dna)
    return sequence != "" and sequence == _reverse(sequence)


def transcribe(dna: str) -> str:
    """The RNA of a coding strand."""
    return _dna(dna).replace("T", "U")


def back_transcribe(rna: str) -> str:
    """The coding strand of an RNA. Raises SequenceError for letters other than A, C, G, U, N."""
    sequence = rna.upper()
    if odd := set(sequence) - set("ACGUN"):
        raise SequenceError(f"not RNA: {''.join(sorted(odd))!r}")
    return sequence.replace("U", "T")


def composition(dna: str) -> dict[str, int]:
    """How often A, C, G, T and N occur."""
    sequence = _dna(dna)
    return {letter: sequence.count(letter) for letter in "ACGTN"}


def gc_content(dna: str) -> float:
    """The share of G and C among the known letters; 0.0 without any."""
    counts = Counter(_dna(dna))
    known = sum(counts[letter] for letter in "ACGT")
    return (counts["G"] + counts["C"]) / known if known else 0.0


def melting_temperature(dna: str) -> float:
    """The melting temperature of a short primer in degrees Celsius: 2 for every A or T, 4 for every G or C.

    Raises SequenceError for an empty primer, one of 14 letters or more, or unknown letters.
    """
    counts = Counter(_dna(dna))
    if not 0 < counts.total() < 14 or counts["N"]:
        raise SequenceError("the rule holds for 1 to 13 known letters")
    return 2 * (counts["A"] + counts["T"]) + 4 * (counts["G"] + counts["C"])


def kmers(dna: str, k: int) -> dict[str, int]:
    """The overlapping words of length k with their counts, in order of first occurrence; words with N are left out."""
    if k < 1:
        raise SequenceError(f"words need a length of at least 1, not {k}")
    sequence = _dna(dna)
    words = (sequence[place : place + k] for place in range(len(sequence) - k + 1))
    return dict(Counter(word for word in words if "N" not in word))


def codons(dna: str, frame: int = 0) -> list[str]:
    """The complete codons from the frame on. Raises SequenceError for a frame other than 0, 1 and 2."""
    return _codons(_dna(dna), frame)


def translate(dna: str, frame: int = 0, to_stop: bool = False) -> str:
    """The protein in one-letter code: `*` for a stop, `X` for a codon with unknown letters.

    With `to_stop`, it ends before the first stop.
    """
    protein = "".join(_amino_acid(codon) for codon in _codons(_dna(dna), frame))
    return protein.split("*")[0] if to_stop else protein


def reading_frames(dna: str, min_codons: int = 1) -> list[ReadingFrame]:
    """The open reading frames on both strands with at least so many codons before the stop, by position.

    A frame runs from the first ATG after the last stop to the next stop in the same frame; without a stop it is none.
    """
    sequence = _dna(dna)
    frames = [ReadingFrame(start, end, "+", protein) for start, end, protein in _open_frames(sequence)]
    for start, end, protein in _open_frames(_reverse(sequence)):
        frames.append(ReadingFrame(len(sequence) - end, len(sequence) - start, "-", protein))
    long_enough = [frame for frame in frames if len(frame.protein) >= min_codons]
    return sorted(long_enough, key=lambda frame: (frame.start, frame.end, frame.strand))


def find_motif(dna: str, motif: str) -> list[int]:
    """Where the motif occurs, overlaps included; it may use ambiguity letters such as R for A or G.

    A sequence letter N only matches N. Raises SequenceError for an empty or impossible motif.
    """
    sequence, letters = _dna(dna), motif.upper()
    if not letters or set(letters) - set(_AMBIGUOUS):
        raise SequenceError(f"not a motif: {motif!r}")
    places = range(len(sequence) - len(letters) + 1)
    return [place for place in places if _fits(sequence[place : place + len(letters)], letters)]


def digest(dna: str, site: str, cut: int) -> list[str]:
    """The fragments after cutting at every site, `cut` letters behind its start. Raises SequenceError."""
    sequence, letters = _dna(dna), _dna(site)
    if not letters or not 0 <= cut <= len(letters):
        raise SequenceError(f"cannot cut {site!r} at {cut}")
    fragments, begin = [], 0
    place = sequence.find(letters)
    while place >= 0:
        if begin < place + cut < len(sequence):
            fragments.append(sequence[begin : place + cut])
            begin = place + cut
        place = sequence.find(letters, place + 1)
    return [*fragments, sequence[begin:]]


def point_mutations(one: str, other: str) -> list[tuple[int, str, str]]:
    """Position and both letters wherever two sequences of equal length differ. Raises SequenceError."""
    first, second = _dna(one), _dna(other)
    if len(first) != len(second):
        raise SequenceError(f"the lengths differ: {len(first)} and {len(second)}")
    return [(place, a, b) for place, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]


def alignment_score(one: str, other: str, scoring: Scoring | None = None) -> int:
    """The score of the best global alignment."""
    return _global_table(_dna(one), _dna(other), scoring or Scoring())[-1][-1]


def align(one: str, other: str, scoring: Scoring | None = None) -> tuple[str, str]:
    """A best global alignment: both sequences with `-` for gaps; pairing is preferred to gaps, then gaps in other."""
    first, second, rule = _dna(one), _dna(other), scoring or Scoring()
    table = _global_table(first, second, rule)
    i, j = len(first), len(second)
    upper, lower = "", ""
    while i or j:
        if i and j and table[i][j] == table[i - 1][j - 1] + _pair(first[i - 1], second[j - 1], rule):
            i, j = i - 1, j - 1
            upper, lower = first[i] + upper, second[j] + lower
        elif i and table[i][j] == table[i - 1][j] + rule.gap:
            i -= 1
            upper, lower = first[i] + upper, "-" + lower
        else:
            j -= 1
            upper, lower = "-" + upper, second[j] + lower
    return upper, lower


def local_score(one: str, other: str, scoring: Scoring | None = None) -> int:
    """The score of the best local alignment, at least 0."""
    first, second, rule = _dna(one), _dna(other), scoring or Scoring()
    row, best = [0] * (len(second) + 1), 0
    for a in first:
        below = [0]
        for j, b in enumerate(second):
            below.append(max(0, row[j] + _pair(a, b, rule), row[j + 1] + rule.gap, below[j] + rule.gap))
        row, best = below, max(best, *below)
    return best


def read_fasta(text: str) -> list[Record]:
    """Read the records of a FASTA text. Raises FastaError and SequenceError."""
    records: list[Record] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(">"):
            name, _, description = line[1:].strip().partition(" ")
            if not name or any(record.name == name for record in records):
                raise FastaError(f"line {number}: a record needs a name of its own")
            records.append(Record(name, "", description.strip()))
        elif line.strip():
            if not records:
                raise FastaError(f"line {number}: a sequence before the first name")
            last = records.pop()
            records.append(Record(last.name, last.sequence + _dna(line.strip()), last.description))
    return records


def write_fasta(records: Iterable[Record], width: int = 60) -> str:
    """Write records as FASTA with lines of at most `width` letters. Raises FastaError for a width below 1."""
    if width < 1:
        raise FastaError(f"a line needs a width of at least 1, not {width}")
    lines = []
    for record in records:
        lines.append(f">{record.name} {record.description}".rstrip())
        lines += [record.sequence[place : place + width] for place in range(0, len(record.sequence), width)]
    return "".join(line + "\n" for line in lines)


def _dna(text: str) -> str:
    sequence = text.upper()
    if odd := set(sequence) - set("ACGTN"):
        raise SequenceError(f"not DNA: {''.join(sorted(odd))!r}")
    return sequence


def _reverse(sequence: str) -> str:
    return sequence.translate(_COMPLEMENT)[::-1]


def _codons(sequence: str, frame: int) -> list[str]:
    if frame not in (0, 1, 2):
        raise SequenceError(f"a frame is 0, 1 or 2, not {frame}")
    return [sequence[place : place + 3] for place in range(frame, len(sequence) - 2, 3)]


def _amino_acid(codon: str) -> str:
    return _CODE.get(codon, "X")


def _open_frames(sequence: str) -> list[tuple[int, int, str]]:
    found = []
    for frame in range(3):
        start, protein = -1, ""
        for number, codon in enumerate(_codons(sequence, frame)):
            place = frame + 3 * number
            if start < 0 and codon == "ATG":
                start, protein = place, ""
            if start >= 0 and _amino_acid(codon) == "*":
                found.append((start, place + 3, protein))
                start = -1
            protein += _amino_acid(codon)
    return found


def _fits(word: str, motif: str) -> bool:
    return all(letter in _AMBIGUOUS[wanted] or letter == wanted for letter, wanted in zip(word, motif, strict=True))


def _pair(a: str, b: str, rule: Scoring) -> int:
    return rule.match if a == b != "N" else rule.mismatch


def _global_table(first: str, second: str, rule: Scoring) -> list[list[int]]:
    table = [[j * rule.gap for j in range(len(second) + 1)]]
    for i, a in enumerate(first):
        row = [(i + 1) * rule.gap]
        for j, b in enumerate(second):
            row.append(max(table[i][j] + _pair(a, b, rule), table[i][j + 1] + rule.gap, row[j] + rule.gap))
        table.append(row)
    return table
