"""Scales, keys and chords out of spelled notes, and melodies moved between keys.

A chord symbol is a root, a quality and perhaps a bass after a slash, such as F#m7 or C/G. Altered tensions are not covered.
"""

import re
from collections.abc import Sequence

from pitchnames import MusicError, Note, _moved, _name, _number, _parsed_interval, _parsed_note

_SCALES = {
    "major": "P1 M2 M3 P4 P5 M6 M7",
    "minor": "P1 M2 m3 P4 P5 m6 m7",
    "harmonic minor": "P1 M2 m3 P4 P5 m6 M7",
    "dorian": "P1 M2 m3 P4 P5 M6 m7",
    "phrygian": "P1 m2 m3 P4 P5 m6 m7",
    "lydian": "P1 M2 M3 A4 P5 M6 M7",
    "mixolydian": "P1 M2 M3 P4 P5 M6 m7",
    "locrian": "P1 m2 m3 P4 d5 m6 m7",
    "major pentatonic": "P1 M2 M3 P5 M6",
    "minor pentatonic": "P1 m3 P4 P5 m7",
    "whole tone": "P1 M2 M3 A4 A5 m7",
}
_CHORDS = {
    "": "P1 M3 P5",
    "m": "P1 m3 P5",
    "dim": "P1 m3 d5",
    "aug": "P1 M3 A5",
    "sus2": "P1 M2 P5",
    "sus4": "P1 P4 P5",
    "6": "P1 M3 P5 M6",
    "7": "P1 M3 P5 m7",
    "maj7": "P1 M3 P5 M7",
    "m7": "P1 m3 P5 m7",
    "m7b5": "P1 m3 d5 m7",
    "dim7": "P1 m3 d5 d7",
    "9": "P1 M3 P5 m7 M9",
}
_SYMBOL = re.compile(r"([A-G](?:##?|bb?)?)([^/]*)(?:/([A-G](?:##?|bb?)?))?")
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")


def scale_kinds() -> list[str]:
    """Return the names of the known scales in alphabetical order."""
    return sorted(_SCALES)


def scale(tonic: Note, kind: str) -> list[Note]:
    """Return the notes of a scale upwards from its tonic, without the octave; raises MusicError."""
    return _scale(tonic, kind)


def degree(tonic: Note, kind: str, number: int) -> Note:
    """Return a degree of a scale, counted from 1; degrees beyond the last go on in the next octave."""
    if number < 1:
        raise MusicError(f"degrees are counted from 1, not {number}")
    notes = _scale(tonic, kind)
    octaves, at = divmod(number - 1, len(notes))
    note = notes[at]
    return Note(note.step, note.accidental, note.octave + octaves)


def key_signature(tonic: Note, minor: bool = False) -> int:
    """Count the sharps of a key, or its flats as a negative number; raises MusicError beyond seven."""
    count = sum(note.accidental for note in _scale(tonic, "minor" if minor else "major"))
    if abs(count) > 7:
        raise MusicError(f"{_name(tonic)} {'minor' if minor else 'major'} would need {abs(count)} accidentals")
    return count


def relative_key(tonic: Note, minor: bool = False) -> Note:
    """Return the tonic of the minor key with the notes of a major one, below it, or of the major key above a minor one."""
    return _moved(tonic, 2, 3) if minor else _moved(tonic, -2, -3)


def fitting_scales(notes: Sequence[Note]) -> list[tuple[str, str]]:
    """List tonic and kind of the scales of seven notes that hold all notes as they are spelled, on any of those notes."""
    names = {_name(note) for note in notes}
    found = []
    for tonic in dict.fromkeys(_name(note) for note in notes):
        for kind in sorted(_SCALES):
            try:
                members = {_name(note) for note in _scale(_parsed_note(tonic), kind)}
            except MusicError:
                continue
            if len(members) == 7 and names <= members:
                found.append((tonic, kind))
    return found


def chord(symbol: str, octave: int = 4) -> list[Note]:
    """Return the notes of a chord upwards from its root in an octave; a bass after a slash comes first, below the root."""
    root, quality, bass = _split(symbol)
    notes = _stacked(_parsed_note(f"{root}{octave}"), _CHORDS[quality])
    if bass is None:
        return notes
    low = _parsed_note(f"{bass}{octave}")
    if _number(low) >= _number(notes[0]):
        low = Note(low.step, low.accidental, low.octave - 1)
    return [low, *(note for note in notes if _name(note) != bass)]


def inversion(notes: Sequence[Note], times: int) -> list[Note]:
    """Move the lowest note of a chord up by an octave so many times, fewer times than it has notes."""
    if not 0 <= times < len(notes):
        raise MusicError(f"a chord of {len(notes)} notes has no inversion {times}")
    raised = [Note(note.step, note.accidental, note.octave + 1) for note in notes[:times]]
    return [*notes[times:], *raised]


def name_chord(notes: Sequence[Note]) -> str | None:
    """Name a chord by its notes in any order and octave, with a bass after a slash unless the root is lowest, or None."""
    if not notes:
        return None
    names = {_name(note) for note in notes}
    bass = _name(min(notes, key=_number))
    for root in [bass, *sorted(names - {bass})]:
        for quality, intervals in _CHORDS.items():
            if _spelled(root, intervals) == names:
                return root + quality + ("" if root == bass else f"/{bass}")
    return None


def harmonize(tonic: Note, minor: bool = False) -> list[str]:
    """Return the symbols of the triads on all degrees of a major or minor key."""
    notes = [_name(note) for note in _scale(tonic, "minor" if minor else "major")]
    symbols = []
    for at, root in enumerate(notes):
        triad = {root, notes[(at + 2) % 7], notes[(at + 4) % 7]}
        symbols.append(
            next(root + quality for quality in ("", "m", "dim") if _spelled(root, _CHORDS[quality]) == triad)
        )
    return symbols


def roman_numeral(symbol: str, tonic: Note) -> str:
    """Write a chord as degree of a major key: small letters for minor and diminished, an accidental in front if altered."""
    root, quality, bass = _split(symbol)
    note = _parsed_note(root)
    steps = (note.step - tonic.step) % 7
    plain = _scale(tonic, "major")[steps]
    shift = note.accidental - plain.accidental
    numeral = _ROMAN[steps].lower() if re.match(r"m(?!aj)|dim", quality) else _ROMAN[steps]
    suffix = re.sub(r"^m(?!aj)", "", quality)
    return ("#" * shift if shift > 0 else "b" * -shift) + numeral + suffix + (f"/{bass}" if bass else "")


def transpose_symbol(symbol: str, interval: str) -> str:
    """Move a chord symbol with its bass by an interval, downwards where a minus precedes it."""
    root, quality, bass = _split(symbol)
    moved = [_name(_shifted(_parsed_note(part), interval)) for part in (root, bass) if part]
    return moved[0] + quality + (f"/{moved[1]}" if bass else "")


def change_key(melody: Sequence[Note], old: Note, new: Note) -> list[Note]:
    """Move a melody from one key to another by the interval between the tonics as they are given."""
    steps = new.step - old.step + 7 * (new.octave - old.octave)
    return [_moved(note, steps, _number(new) - _number(old)) for note in melody]


def _scale(tonic: Note, kind: str) -> list[Note]:
    if kind not in _SCALES:
        raise MusicError(f"unknown scale {kind!r}, use one of {', '.join(sorted(_SCALES))}")
    return _stacked(tonic, _SCALES[kind])


def _stacked(root: Note, intervals: str) -> list[Note]:
    return [_shifted(root, interval) for interval in intervals.split()]


def _shifted(note: Note, interval: str) -> Note:
    sign, found = _parsed_interval(interval)
    return _moved(note, sign * found.steps, sign * found.semitones)


def _spelled(root: str, intervals: str) -> set[str]:
    """The names of the notes over a root; empty when they cannot be spelled."""
    try:
        return {_name(note) for note in _stacked(_parsed_note(root), intervals)}
    except MusicError:
        return set()


def _split(symbol: str) -> tuple[str, str, str | None]:
    match = _SYMBOL.fullmatch(symbol)
    if match is None or match[2] not in _CHORDS:
        raise MusicError(f"not a chord: {symbol!r}")
    return match[1], match[2], match[3]
