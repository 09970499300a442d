"""Running text: wrapping, alignment, justification and indentation, with wide characters counted as two columns.

Hyphenation by language and writing from right to left are not covered.
"""

import re
import unicodedata
from collections.abc import Sequence

_ALIGNMENTS = ("left", "right", "center")


class LayoutError(ValueError):
    """A width, alignment or other setting cannot be used."""


def display_width(text: str) -> int:
    """Count the columns that a line takes: wide characters two, combining marks none, all others one."""
    return _width(text)


def wrap(text: str, width: int, first_indent: str = "", indent: str = "") -> list[str]:
    """Break the words of one paragraph into lines of at most the width; longer words are cut.

    The indents are put before the first and before the other lines and count for the width.
    """
    if min(width - _width(first_indent), width - _width(indent)) < 1:
        raise LayoutError(f"width {width} leaves no room behind the indent")
    return _wrapped(text, width, first_indent, indent)


def fill(text: str, width: int) -> str:
    """Wrap every paragraph of a text; paragraphs are separated by blank lines and keep one between them."""
    _check_width(width)
    paragraphs = [_wrapped(paragraph, width) for paragraph in re.split(r"\n\s*\n", text) if paragraph.strip()]
    return "\n\n".join("\n".join(lines) for lines in paragraphs)


def balanced(text: str, width: int) -> list[str]:
    """Wrap a paragraph in the fewest lines which fit the width, and then as evenly as possible."""
    _check_width(width)
    count = len(_wrapped(text, width))
    narrow = width
    while narrow > 1 and len(_wrapped(text, narrow - 1)) <= count:
        narrow -= 1
    return _wrapped(text, narrow)


def align(line: str, width: int, alignment: str = "left", padding: str = " ") -> str:
    """Pad a line to the width at the right, at the left or on both sides; a longer line stays as it is."""
    if alignment not in _ALIGNMENTS:
        raise LayoutError(f"alignment is {alignment!r}, use one of {', '.join(_ALIGNMENTS)}")
    if _width(padding) != 1:
        raise LayoutError(f"padding {padding!r} must take one column")
    return _aligned(line, width, alignment, padding)


def justify(text: str, width: int) -> list[str]:
    """Wrap a paragraph and widen the gaps of all lines but the last to the full width, the left ones first."""
    _check_width(width)
    lines = _wrapped(text, width)
    return [_stretched(line.split(), width) for line in lines[:-1]] + lines[-1:]


def indent(text: str, prefix: str, skip_first: bool = False) -> str:
    """Put a prefix before every line that is not blank, except the first one if wished."""
    lines = text.split("\n")
    return "\n".join(
        line if not line.strip() or (skip_first and number == 0) else prefix + line for number, line in enumerate(lines)
    )


def dedent(text: str) -> str:
    """Remove the leading blanks that all lines share; lines of blanks only become empty and do not count."""
    lines = [line if line.strip() else "" for line in text.split("\n")]
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line), default=0)
    return "\n".join(line[margin:] for line in lines)


def shorten(text: str, width: int, mark: str = "…") -> str:
    """Join the words of a text by single blanks and drop words at the end, putting a mark, until the width is kept."""
    words = text.split()
    if _width(" ".join(words)) <= width:
        return " ".join(words)
    if _width(mark) > width:
        raise LayoutError(f"mark {mark!r} is wider than {width}")
    while words and _width(" ".join(words)) + _width(mark) > width:
        words.pop()
    return " ".join(words) + mark


def bullets(items: Sequence[str], width: int, numbered: bool = False) -> list[str]:
    """Set items as a list with hyphens or right-aligned numbers, their further lines hanging below the text."""
    marks = [f"{number}." if numbered else "-" for number in range(1, len(items) + 1)]
    widest = max(map(len, marks), default=0)
    if items and width - widest - 1 < 1:
        raise LayoutError(f"width {width} leaves no room behind the marks")
    lines: list[str] = []
    for mark, item in zip(marks, items, strict=True):
        lines += _wrapped(item, width, f"{mark:>{widest}} ", " " * (widest + 1)) or [f"{mark:>{widest}}"]
    return lines


def _width(text: str) -> int:
    columns = 0
    for char in text:
        if not unicodedata.combining(char):
            columns += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns


def _check_width(width: int) -> None:
    if width < 1:
        raise LayoutError(f"width is {width}, at least one column is needed")


def _wrapped(text: str, width: int, first_indent: str = "", indent: str = "") -> list[str]:
    lines: list[str] = []
    current, empty = first_indent, True
    for word in text.split():
        if not empty and _width(current) + 1 + _width(word) <= width:
            current += f" {word}"
            continue
        if not empty:
            lines.append(current)
            current = indent
        while _width(current) + _width(word) > width:
            head = _head(word, width - _width(current))
            lines.append(current + head)
            current, word = indent, word[len(head) :]
        current, empty = current + word, not word
    return lines if empty else [*lines, current]


def _head(word: str, width: int) -> str:
    """The longest beginning of a word that fits the width, at least one character."""
    end = 1
    while end < len(word) and _width(word[: end + 1]) <= width:
        end += 1
    return word[:end]


def _aligned(line: str, width: int, alignment: str, padding: str = " ") -> str:
    missing = max(0, width - _width(line))
    left = {"left": 0, "right": missing, "center": missing // 2}[alignment]
    return padding * left + line + padding * (missing - left)


def _stretched(words: list[str], width: int) -> str:
    gaps = len(words) - 1
    if gaps == 0:
        return words[0]
    blanks = width - sum(map(_width, words))
    line = words[0]
    for number, word in enumerate(words[1:]):
        line += " " * (blanks // gaps + (number < blanks % gaps)) + word
    return line
