"""Notes and intervals with their spelling: C sharp and D flat sound alike and are different notes.

Octaves follow scientific notation, where C4 is middle C with the number 60. Quarter tones are not covered.
"""

import re
from dataclasses import dataclass

_LETTERS = "CDEFGAB"
_SEMITONES = (0, 2, 4, 5, 7, 9, 11)
_NOTE = re.compile(r"([A-Ga-g])(#{0,2}|b{0,2})(-?\d+)?")
_INTERVAL = re.compile(r"(-?)(P|M|m|A|d|AA|dd)([1-9]\d*)")
_PERFECT = {0, 3, 4}
_SHARPS = ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (4, 0), (4, 1), (5, 0), (5, 1), (6, 0))
_FLATS = ((0, 0), (1, -1), (1, 0), (2, -1), (2, 0), (3, 0), (4, -1), (4, 0), (5, -1), (5, 0), (6, -1), (6, 0))


class MusicError(ValueError):
    """A name cannot be read, or a note cannot be written with at most two accidentals."""


@dataclass(frozen=True)
class Note:
    """A note: the step of its letter from C, its accidental in semitones, and its octave."""

    step: int
    accidental: int = 0
    octave: int = 4

    def name(self) -> str:
        """Write the note without its octave, such as F# or Bb."""
        return _name(self)

    def full_name(self) -> str:
        """Write the note with its octave, such as F#4."""
        return f"{_name(self)}{self.octave}"

    def number(self) -> int:
        """Return the number of the key, 60 for middle C and one more for each semitone."""
        return _number(self)

    def frequency(self, tuning: float = 440.0) -> float:
        """Return the frequency in hertz at equal temperament, where A4 has that of the tuning."""
        return tuning * 2 ** ((_number(self) - 69) / 12)

    def sounds_like(self, other: "Note") -> bool:
        """Tell whether another note is the same key in any octave."""
        return (_number(self) - _number(other)) % 12 == 0

    def simplest(self, flats: bool = False) -> "Note":
        """Return the same key written with at most one sharp, or at most one flat."""
        return _from_number(_number(self), flats)


@dataclass(frozen=True)
class Interval:
    """An interval upwards: its letter steps from 0 for a unison, and its semitones."""

    steps: int
    semitones: int

    def name(self) -> str:
        """Write quality and size, such as m3 or P5; raises MusicError beyond doubly augmented or diminished."""
        excess = self.semitones - _natural(self.steps)
        perfect = self.steps % 7 in _PERFECT
        qualities = {0: "P", 1: "A", 2: "AA", -1: "d", -2: "dd"}
        if not perfect:
            qualities = {0: "M", -1: "m", 1: "A", 2: "AA", -2: "d", -3: "dd"}
        if excess not in qualities:
            raise MusicError(f"{self.semitones} semitones are no interval over {self.steps} steps")
        return f"{qualities[excess]}{self.steps + 1}"

    def inverted(self) -> "Interval":
        """Return what is missing to the next octave, ignoring whole octaves."""
        octaves = self.steps // 7
        return Interval(7 - self.steps % 7, 12 - (self.semitones - 12 * octaves))


def parse_note(text: str) -> Note:
    """Read a note such as C, f#3 or Bb-1; the octave is 4 where none is given. Raises MusicError."""
    return _parsed_note(text)


def parse_interval(text: str) -> Interval:
    """Read an upward interval such as m3, P5 or A11; raises MusicError."""
    sign, interval = _parsed_interval(text)
    if sign < 0:
        raise MusicError(f"{text!r} goes downwards")
    return interval


def note_from_number(number: int, flats: bool = False) -> Note:
    """Return the note of a key, written with a sharp where it needs one, or with a flat."""
    return _from_number(number, flats)


def interval_between(low: Note, high: Note) -> Interval:
    """Return the interval from a note up to another one; raises MusicError when the letters go down."""
    steps = high.step - low.step + 7 * (high.octave - low.octave)
    if steps < 0:
        raise MusicError(f"{_name(high)}{high.octave} is written below {_name(low)}{low.octave}")
    return Interval(steps, _number(high) - _number(low))


def transpose(note: Note, interval: str) -> Note:
    """Move a note by an interval, downwards where a minus precedes it, and keep its spelling."""
    sign, found = _parsed_interval(interval)
    return _moved(note, sign * found.steps, sign * found.semitones)


def _name(note: Note) -> str:
    return _LETTERS[note.step] + ("#" * note.accidental if note.accidental > 0 else "b" * -note.accidental)


def _number(note: Note) -> int:
    return 12 * (note.octave + 1) + _SEMITONES[note.step] + note.accidental


def _natural(steps: int) -> int:
    """Semitones of the perfect or major interval over so many steps."""
    return 12 * (steps // 7) + _SEMITONES[steps % 7]


def _parsed_note(text: str) -> Note:
    match = _NOTE.fullmatch(text)
    if match is None:
        raise MusicError(f"not a note: {text!r}, write it like C, F#3 or Bb")
    accidental = match[2].count("#") - match[2].count("b")
    return Note(_LETTERS.index(match[1].upper()), accidental, int(match[3]) if match[3] else 4)


def _parsed_interval(text: str) -> tuple[int, Interval]:
    match = _INTERVAL.fullmatch(text)
    if match is None:
        raise MusicError(f"not an interval: {text!r}, write it like m3, P5 or -M2")
    steps = int(match[3]) - 1
    perfect = steps % 7 in _PERFECT
    shifts = (
        {"P": 0, "A": 1, "AA": 2, "d": -1, "dd": -2}
        if perfect
        else {"M": 0, "m": -1, "A": 1, "AA": 2, "d": -2, "dd": -3}
    )
    if match[2] not in shifts:
        raise MusicError(f"there is no interval {text}")
    return (-1 if match[1] else 1), Interval(steps, _natural(steps) + shifts[match[2]])


def _from_number(number: int, flats: bool) -> Note:
    step, accidental = (_FLATS if flats else _SHARPS)[number % 12]
    return Note(step, accidental, number // 12 - 1)


def _moved(note: Note, steps: int, semitones: int) -> Note:
    octaves, step = divmod(note.step + steps, 7)
    plain = Note(step, 0, note.octave + octaves)
    accidental = _number(note) + semitones - _number(plain)
    if abs(accidental) > 2:
        raise MusicError(f"{_name(note)} moved by {semitones} semitones needs more than two accidentals")
    return Note(step, accidental, plain.octave)
