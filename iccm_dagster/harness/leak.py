"""How much of the source a context gives away: measured on every context before reconstructors see it.

Covered: code pasted as it is or with other names and spacing (runs of shared tokens), text that looks like code, blobs
that decode to text (base64, hexadecimal, zlib inside either), expected values of the tests copied into the text, length.
Not covered: paraphrased code in prose, encodings other than these, and values that a requirement may well name; the
meter reports, the reader of the report judges.
"""

import ast
import base64
import binascii
import io
import keyword
import re
import tokenize
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iccm_dagster.syntax import parse

LONG_RUN_TOKENS = 12
"""From this many shared tokens in a row on, prose about code has become code."""
CODE_LINES = 0.3
"""Above this share of lines that look like code, a text is code."""
_BLOB = re.compile(r"[A-Za-z0-9+/=_-]{24,}|(?:[0-9a-fA-F]{2}){16,}")
_WORD = re.compile(r"[A-Za-z_]\w*|\d+\.?\d*|\"[^\"\n]*\"|'[^'\n]*'|[^\sA-Za-z_0-9]")
_CODE_LINE = re.compile(
    r"^\s*(def |class |return\b|import |from \w+ import|if .*:$|elif .*:$|else:$|for .* in .*:$|while .*:$|try:$|with .*:$|"
    r"except\b.*:$|raise \w|yield\b|@\w|[\w.\[\]]+\s*[-+*/|&]?=\s*\S|[\w.]+\(.*\)$|[{}\[\]()]+,?$)"
)
_TRIVIAL = frozenset((0, 1, 2, -1, "", True, False, None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What a context gives away of the source."""

    longest_run: int
    """Longest run of tokens that context and source share, comments, spacing and case apart; 0 for none."""
    longest_run_renamed: int
    """The same with every name replaced by one placeholder, over runs that hold an operator; catches renaming."""
    code_lines: float
    """Share of the context's non-empty lines that look like code, 0-1."""
    blobs: int
    """Substrings that decode to readable text."""
    test_literals: tuple[str, ...]
    """Values that tests compare with and that stand in the context, short and common ones left out, sorted."""
    length_ratio: float
    """Characters of the context per character of source; 0.0 where there is no source."""

    @property
    def suspicious(self) -> bool:
        """Whether a person should look: a long run, a blob, or mostly code."""
        return self.longest_run >= LONG_RUN_TOKENS or self.blobs > 0 or self.code_lines > CODE_LINES


def leak_of(context: str, *, source: Mapping[str, str], tests: Mapping[str, str]) -> Leak:
    """Measure one context against the application's sources and tests (path -> text each)."""
    texts = [text for name, text in sorted(source.items()) if name.endswith(".py")]
    words = _WORD.findall(context)
    runs = [_longest_run(_lower(words), _lower(_tokens(text))) for text in texts]
    renamed = [_longest_run(_anonymous(words), _anonymous(_tokens(text))) for text in texts]
    lines = [line for line in context.splitlines() if line.strip()]
    size = sum(map(len, texts))
    return Leak(
        longest_run=max(runs, default=0),
        longest_run_renamed=max(renamed, default=0),
        code_lines=sum(map(_looks_like_code, lines)) / len(lines) if lines else 0.0,
        blobs=sum(_decodes(blob) for blob in _BLOB.findall(context)),
        test_literals=tuple(sorted(value for value in _expected_values(tests) if value in context)),
        length_ratio=len(context) / size if size else 0.0,
    )


class LeakMeter:
    """Says of many texts about one source whether `Leak.suspicious` holds, without measuring how much."""

    def __init__(self, source: Mapping[str, str]) -> None:
        """``source``: path -> text; files that are no Python do not count."""
        self._runs = {
            run for name, text in source.items() if name.endswith(".py") for run in _runs(_lower(_tokens(text)))
        }

    def gives_away(self, text: str) -> bool:
        """Whether a person should look at this text."""
        words, lines = _WORD.findall(text), [line for line in text.splitlines() if line.strip()]
        return (
            any(run in self._runs for run in _runs(_lower(words)))
            or any(_decodes(blob) for blob in _BLOB.findall(text))
            or sum(map(_looks_like_code, lines)) > CODE_LINES * len(lines)
        )


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every run of `LONG_RUN_TOKENS` tokens that holds one which is no word: a longer common run has such a one in it."""
    for start in range(len(words) - LONG_RUN_TOKENS + 1):
        run = tuple(words[start : start + LONG_RUN_TOKENS])
        if not all(word.isidentifier() for word in run):
            yield run


def _tokens(text: str) -> list[str]:
    """Tokens of Python text without comments, docstrings and layout; split like prose if it is not Python."""
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return _WORD.findall(text)
    wanted = (tokenize.NAME, tokenize.NUMBER, tokenize.OP)
    return [
        word
        for token in found
        if token.type in wanted or (token.type == tokenize.STRING and not token.string.startswith(('"""', "'''")))
        for word in _WORD.findall(token.string)
    ]


def _lower(words: Sequence[str]) -> list[str]:
    """A writer without upper case gives as much away as any other."""
    return [word.lower() for word in words]


def _anonymous(words: Sequence[str]) -> list[str]:
    return ["name" if word.isidentifier() and not keyword.iskeyword(word) else word for word in words]


def _longest_run(first: Sequence[str], second: Sequence[str]) -> int:
    """Longest common run that holds at least one token which is no word, in O(len(first) * len(second)) at worst."""
    places: dict[str, list[int]] = {}
    for index, word in enumerate(second):
        places.setdefault(word, []).append(index)
    best, before = 0, {}
    for position, word in enumerate(first):
        now = {index: before.get(index - 1, 0) + 1 for index in places.get(word, ())}
        top = max(now.values(), default=0)
        if top > best and any(not w.isidentifier() for w in first[position - top + 1 : position + 1]):
            best = top
        before = now
    return best


def _looks_like_code(line: str) -> bool:
    return bool(_CODE_LINE.match(line))


def _decodes(blob: str) -> bool:
    """Whether some common decoding gives readable text of at least 12 characters."""
    padded = blob.rstrip("=") + "=" * (-len(blob.rstrip("=")) % 4)
    for decode in (binascii.unhexlify, base64.b64decode, base64.urlsafe_b64decode):
        try:
            data = decode(padded if decode is not binascii.unhexlify else blob)
        except (ValueError, binascii.Error):
            continue
        for candidate in (data, _inflated(data)):
            if len(candidate) >= 12 and _readable(candidate):
                return True
    return False


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, 1 << 16)
    except zlib.error:
        return b""


def _readable(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return all(character.isprintable() or character in "\n\r\t" for character in text)


def _expected_values(tests: Mapping[str, str]) -> set[str]:
    """Literals on either side of a comparison inside an assert, as they would be written."""
    values: set[str] = set()
    for text in tests.values():
        try:
            tree = parse(text)
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Assert):
                values.update(_literals(node.test))
    return values


def _literals(test: ast.expr) -> set[str]:
    compared = [
        side for node in ast.walk(test) if isinstance(node, ast.Compare) for side in (node.left, *node.comparators)
    ]
    constants = [node.value for side in compared for node in ast.walk(side) if isinstance(node, ast.Constant)]
    kept = [value for value in constants if isinstance(value, (str, int, float)) and value not in _TRIVIAL]
    return {str(value) for value in kept if len(str(value)) >= 4}
