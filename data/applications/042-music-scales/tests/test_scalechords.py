import pytest
from pitchnames import MusicError, Note
from scalechords import (
    change_key,
    chord,
    degree,
    fitting_scales,
    harmonize,
    inversion,
    key_signature,
    name_chord,
    relative_key,
    roman_numeral,
    scale,
    scale_kinds,
    transpose_symbol,
)

LETTERS = "CDEFGAB"


def note(text, octave=4):
    """A note from letter and accidentals, without the program's reader."""
    return Note(LETTERS.index(text[0]), text.count("#") - text[1:].count("b"), octave)


def notes(text):
    """Notes such as `C4 Eb4`."""
    return [note(part[:-1], int(part[-1])) for part in text.split()]


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(
    "tonic, kind, result",
    [
        ("C", "major", "C4 D4 E4 F4 G4 A4 B4"),
        ("Eb", "major", "Eb4 F4 G4 Ab4 Bb4 C5 D5"),
        ("A", "minor", "A4 B4 C5 D5 E5 F5 G5"),
        ("G#", "harmonic minor", "G#4 A#4 B4 C#5 D#5 E5 F##5"),
        ("D", "dorian", "D4 E4 F4 G4 A4 B4 C5"),
        ("E", "phrygian", "E4 F4 G4 A4 B4 C5 D5"),
        ("F", "lydian", "F4 G4 A4 B4 C5 D5 E5"),
        ("G", "mixolydian", "G4 A4 B4 C5 D5 E5 F5"),
        ("B", "locrian", "B4 C5 D5 E5 F5 G5 A5"),
        ("F", "major pentatonic", "F4 G4 A4 C5 D5"),
        ("E", "minor pentatonic", "E4 G4 A4 B4 D5"),
        ("C", "whole tone", "C4 D4 E4 F#4 G#4 Bb4"),
    ],
)
def test_scales(tonic, kind, result):
    assert scale(note(tonic), kind) == notes(result)


@pytest.mark.requirement("R8")
def test_scale_kinds_are_listed_and_others_refused():
    kinds = scale_kinds()
    assert kinds == sorted(kinds)
    assert len(kinds) == 11
    assert {"major", "minor", "whole tone"} <= set(kinds)
    with pytest.raises(MusicError):
        scale(note("C"), "happy")


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("number, result", [(1, "D4"), (3, "F#4"), (7, "C#5"), (8, "D5"), (15, "D6"), (17, "F#6")])
def test_degrees(number, result):
    assert [degree(note("D"), "major", number)] == notes(result)


@pytest.mark.requirement("R9")
def test_degrees_of_short_scales_and_below_one():
    assert degree(note("A"), "minor pentatonic", 6) == note("A", 5)
    with pytest.raises(MusicError):
        degree(note("A"), "minor", 0)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    "tonic, minor, count",
    [
        ("C", False, 0),
        ("C#", False, 7),
        ("Cb", False, -7),
        ("D", False, 2),
        ("A", True, 0),
        ("F", True, -4),
        ("F#", True, 3),
    ],
)
def test_key_signatures(tonic, minor, count):
    assert key_signature(note(tonic), minor) == count


@pytest.mark.requirement("R10")
def test_relative_keys():
    assert relative_key(note("C")) == note("A", 3)
    assert relative_key(note("Eb")) == note("C")
    assert relative_key(note("A"), minor=True) == note("C", 5)
    assert relative_key(note("F#"), minor=True) == note("A")


@pytest.mark.requirement("R11")
def test_fitting_scales():
    assert fitting_scales(notes("C4 E4 F#4 B3")) == [
        ("C", "lydian"),
        ("E", "harmonic minor"),
        ("E", "minor"),
        ("F#", "locrian"),
        ("B", "phrygian"),
    ]


@pytest.mark.requirement("R11")
def test_spelling_counts_for_fitting_scales():
    assert fitting_scales(notes("A4 C5 G#4")) == [("A", "harmonic minor")]
    assert fitting_scales(notes("C4 C#4 D4")) == []
    assert fitting_scales([]) == []


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    "symbol, result",
    [
        ("C", "C4 E4 G4"),
        ("F#m", "F#4 A4 C#5"),
        ("Bdim", "B4 D5 F5"),
        ("Eaug", "E4 G#4 B#4"),
        ("Dsus2", "D4 E4 A4"),
        ("Dsus4", "D4 G4 A4"),
        ("A6", "A4 C#5 E5 F#5"),
        ("G7", "G4 B4 D5 F5"),
        ("Bbmaj7", "Bb4 D5 F5 A5"),
        ("Em7", "E4 G4 B4 D5"),
        ("Bm7b5", "B4 D5 F5 A5"),
        ("C#dim7", "C#4 E4 G4 Bb4"),
        ("C9", "C4 E4 G4 Bb4 D5"),
    ],
)
def test_chords(symbol, result):
    assert chord(symbol) == notes(result)


@pytest.mark.requirement("R12")
def test_the_bass_comes_first_below_the_root():
    assert chord("C/G", 3) == notes("G2 C3 E3")
    assert chord("G/B", 4) == notes("B3 G4 D5")
    assert chord("G/F") == notes("F4 G4 B4 D5")
    assert chord("C/C") == notes("C3 E4 G4")


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("symbol", ["", "H", "c", "Cx", "C/", "C/x", "C###", "m7"])
def test_what_is_no_chord(symbol):
    with pytest.raises(MusicError):
        chord(symbol)


@pytest.mark.requirement("R13")
def test_inversions():
    triad = notes("C4 E4 G4")
    assert inversion(triad, 0) == triad
    assert inversion(triad, 1) == notes("E4 G4 C5")
    assert inversion(triad, 2) == notes("G4 C5 E5")


@pytest.mark.requirement("R13")
@pytest.mark.parametrize("times", [-1, 3])
def test_impossible_inversions(times):
    with pytest.raises(MusicError):
        inversion(notes("C4 E4 G4"), times)


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(
    "text, name",
    [
        ("C4 E4 G4", "C"),
        ("G5 C4 E3 E6", "C/E"),
        ("F#3 A4 C#5", "F#m"),
        ("A3 C4 E4 G4", "Am7"),
        ("C4 E4 G4 A4", "C6"),
        ("D4 F4 G3 B4", "G7"),
        ("F4 G5 D5 B4", "G7/F"),
        ("C4 E4", None),
        ("C4 D#4 G4", None),
        ("B##4 C4 G4", None),
    ],
)
def test_chords_are_named(text, name):
    assert name_chord(notes(text)) == name


@pytest.mark.requirement("R14")
def test_no_notes_have_no_name():
    assert name_chord([]) is None


@pytest.mark.requirement("R15")
def test_harmonized_keys():
    assert harmonize(note("D")) == ["D", "Em", "F#m", "G", "A", "Bm", "C#dim"]
    assert harmonize(note("C"), minor=True) == ["Cm", "Ddim", "Eb", "Fm", "Gm", "Ab", "Bb"]


@pytest.mark.requirement("R15")
@pytest.mark.parametrize(
    "symbol, tonic, numeral",
    [
        ("C", "C", "I"),
        ("Dm7", "C", "ii7"),
        ("A7", "D", "V7"),
        ("Bdim", "C", "viidim"),
        ("Bb", "C", "bVII"),
        ("F#m7b5", "C", "#iv7b5"),
        ("Fmaj7", "Bb", "Vmaj7"),
        ("Eb", "F", "bVII"),
        ("E/G#", "E", "I/G#"),
        ("Cm", "G", "iv"),
    ],
)
def test_roman_numerals(symbol, tonic, numeral):
    assert roman_numeral(symbol, note(tonic)) == numeral


@pytest.mark.requirement("R16")
@pytest.mark.parametrize(
    "symbol, interval, result",
    [
        ("Am7", "M2", "Bm7"),
        ("C/G", "m3", "Eb/Bb"),
        ("F#dim", "-m2", "E#dim"),
        ("Bb", "P8", "Bb"),
        ("G/B", "-P4", "D/F#"),
    ],
)
def test_symbols_are_transposed(symbol, interval, result):
    assert transpose_symbol(symbol, interval) == result


@pytest.mark.requirement("R16")
def test_melodies_change_their_key():
    assert change_key(notes("C4 E4 B3"), note("C"), note("Eb")) == notes("Eb4 G4 D4")
    assert change_key(notes("D4 F#4 A4"), note("D"), note("Bb", 3)) == notes("Bb3 D4 F4")
    assert change_key([], note("C"), note("D")) == []


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("tonic, minor", [("G#", False), ("Fb", False), ("E#", True), ("Db", True)])
def test_signatures_beyond_seven_are_refused(tonic, minor):
    with pytest.raises(MusicError):
        key_signature(note(tonic), minor)


@pytest.mark.requirement("R17")
def test_scales_and_melodies_with_triple_accidentals_are_refused():
    with pytest.raises(MusicError):
        scale(note("B##"), "major")
    with pytest.raises(MusicError):
        change_key(notes("F##4"), note("C"), note("C#"))
