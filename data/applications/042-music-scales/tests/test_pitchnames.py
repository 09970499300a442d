import pytest
from pitchnames import (
    Interval,
    MusicError,
    Note,
    interval_between,
    note_from_number,
    parse_interval,
    parse_note,
    transpose,
)

C, D, E, F, G, A, B = range(7)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, note",
    [
        ("C", Note(C)),
        ("f#3", Note(F, 1, 3)),
        ("Bb-1", Note(B, -1, -1)),
        ("g##", Note(G, 2)),
        ("Abb10", Note(A, -2, 10)),
        ("b", Note(B)),
        ("bb", Note(B, -1)),
    ],
)
def test_notes_are_read(text, note):
    assert parse_note(text) == note


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", "H", "C###", "C#b", "Cb#", "C 4", "4", "C4.5", "Dbbb"])
def test_what_is_no_note(text):
    with pytest.raises(MusicError):
        parse_note(text)


@pytest.mark.requirement("R2")
def test_names_without_octave():
    assert [note.name() for note in (Note(C), Note(F, 1), Note(B, -2), Note(A, 2))] == ["C", "F#", "Bbb", "A##"]


@pytest.mark.requirement("R2")
def test_names_with_octave():
    assert Note(E, -1, 3).full_name() == "Eb3"
    assert Note(G, 0, -1).full_name() == "G-1"


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "note, number",
    [(Note(C), 60), (Note(A), 69), (Note(C, 0, -1), 0), (Note(B, 1, 3), 60), (Note(C, -1, 5), 71), (Note(F, 1, 5), 78)],
)
def test_key_numbers(note, number):
    assert note.number() == number


@pytest.mark.requirement("R3")
def test_frequencies():
    assert Note(A).frequency() == 440.0
    assert Note(A, 0, 5).frequency(442.0) == 884.0
    assert Note(C).frequency() == pytest.approx(261.6256, abs=1e-4)


@pytest.mark.requirement("R3")
def test_enharmonic_notes_sound_alike():
    assert Note(C, 1).sounds_like(Note(D, -1, 2)) is True
    assert Note(B, 1).sounds_like(Note(C)) is True
    assert Note(C).sounds_like(Note(D)) is False


@pytest.mark.requirement("R4")
def test_numbers_become_notes():
    names = [note_from_number(number) for number in range(60, 72)]
    assert [(note.step, note.accidental) for note in names] == [
        (C, 0), (C, 1), (D, 0), (D, 1), (E, 0), (F, 0), (F, 1), (G, 0), (G, 1), (A, 0), (A, 1), (B, 0)
    ]  # fmt: skip
    assert note_from_number(61, flats=True) == Note(D, -1)
    assert note_from_number(11) == Note(B, 0, -1)
    assert note_from_number(12) == Note(C, 0, 0)


@pytest.mark.requirement("R4")
def test_simplest_spelling():
    assert Note(F, 2, 3).simplest() == Note(G, 0, 3)
    assert Note(C, -1, 4).simplest() == Note(B, 0, 3)
    assert Note(C, 1).simplest(flats=True) == Note(D, -1)
    assert Note(A, -1).simplest() == Note(G, 1)


INTERVALS = [
    ("P1", 0, 0), ("m2", 1, 1), ("M2", 1, 2), ("A2", 1, 3), ("d3", 2, 2), ("M3", 2, 4), ("P4", 3, 5), ("A4", 3, 6), ("d5", 4, 6),
    ("P5", 4, 7), ("AA5", 4, 9), ("dd5", 4, 5), ("m6", 5, 8), ("dd7", 6, 8), ("d7", 6, 9), ("AA6", 5, 11), ("P8", 7, 12), ("m9", 8, 13), ("A11", 10, 18),
]  # fmt: skip


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("name, steps, semitones", INTERVALS)
def test_intervals_are_read(name, steps, semitones):
    assert parse_interval(name) == Interval(steps, semitones)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("name, steps, semitones", INTERVALS)
def test_intervals_are_written(name, steps, semitones):
    assert Interval(steps, semitones).name() == name


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("text", ["", "P3", "M5", "m4", "P0", "x3", "-m3", "3", "AAA4", "P05"])
def test_what_is_no_interval(text):
    with pytest.raises(MusicError):
        parse_interval(text)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("steps, semitones", [(4, 10), (4, 4), (2, 7), (2, 0)])
def test_intervals_without_a_name(steps, semitones):
    with pytest.raises(MusicError):
        Interval(steps, semitones).name()


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "low, high, interval",
    [
        (Note(C), Note(G), Interval(4, 7)),
        (Note(B, -1, 3), Note(C, 1), Interval(1, 3)),
        (Note(D), Note(C, 0, 6), Interval(13, 22)),
        (Note(F, 1), Note(F, 1), Interval(0, 0)),
    ],
)
def test_intervals_between_notes(low, high, interval):
    assert interval_between(low, high) == interval


@pytest.mark.requirement("R6")
def test_descending_letters_are_refused():
    with pytest.raises(MusicError):
        interval_between(Note(D), Note(C))
    with pytest.raises(MusicError):
        interval_between(Note(C), Note(B, 0, 3))


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    "steps, semitones, inverse", [(2, 4, (5, 8)), (3, 6, (4, 6)), (0, 0, (7, 12)), (9, 16, (5, 8)), (7, 12, (7, 12))]
)
def test_inversions_complete_the_octave(steps, semitones, inverse):
    assert Interval(steps, semitones).inverted() == Interval(*inverse)


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(
    "note, interval, result",
    [
        (Note(C), "M3", Note(E)),
        (Note(E), "M3", Note(G, 1)),
        (Note(B), "m2", Note(C, 0, 5)),
        (Note(C), "-m3", Note(A, 0, 3)),
        (Note(E, -1), "-P8", Note(E, -1, 3)),
        (Note(F, 1), "d5", Note(C, 0, 5)),
        (Note(G), "M9", Note(A, 0, 5)),
        (Note(C, 1), "A1", Note(C, 2)),
    ],
)
def test_transposition(note, interval, result):
    assert transpose(note, interval) == result


@pytest.mark.requirement("R7")
def test_transposition_by_no_interval():
    with pytest.raises(MusicError):
        transpose(Note(C), "5")


@pytest.mark.requirement("R17")
def test_more_than_two_accidentals_are_refused():
    assert transpose(Note(C, 1), "A8") == Note(C, 2, 5)
    with pytest.raises(MusicError):
        transpose(Note(C, 2), "A1")
    with pytest.raises(MusicError):
        transpose(Note(D, -2), "d4")
