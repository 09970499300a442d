"""Read the files of an application, and say clearly why one cannot be read.

Symbolic links, special files, other encodings than UTF-8, byte-order marks, empty modules and files beyond
``MAX_LINES`` are refused: an application must mean the same wherever it is copied.
"""

import ast
import os
import re
import stat
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iccm_dagster.errors import ApplicationError
from iccm_dagster.syntax import parse

# The longest module of the standard library has about 6,500 lines; longer files are generated tables.
MAX_LINES = 20_000
MAX_BYTES = 8 << 20
IGNORED_FOLDERS = frozenset({"__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis", ".git"})
# Files which may be empty: they only mark a folder.
_MARKERS = frozenset({"__init__.py", "conftest.py", "py.typed"})


def read_tree(root: Path, folder: str) -> dict[str, str]:
    """Return every text file below ``root/folder``: path relative to ``folder`` (posix) to text, sorted by path.

    Raises:
        ApplicationError: A file cannot be read as an application's file.
    """
    base = root / folder
    return {path.relative_to(base).as_posix(): read_file(root, path) for path in walk(root, base)}


def walk(root: Path, base: Path) -> Iterator[Path]:
    """Yield the regular files below ``base`` in sorted order; refuse links and special files.

    Raises:
        ApplicationError: Something below ``base`` is no regular file or folder.
    """
    for entry in sorted(os.scandir(base), key=lambda entry: entry.name) if base.is_dir() else ():
        path = Path(entry.path)
        if entry.is_symlink():
            raise problem(root, _link_reason(root, path), "Replace the link by a copy of what it points to", path)
        if entry.is_dir(follow_symlinks=False):
            if entry.name not in IGNORED_FOLDERS:
                yield from walk(root, path)
        elif not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            raise problem(root, "is neither a file nor a folder", "Remove it", path)
        elif not entry.name.endswith((".pyc", ".pyo")):
            yield path


def read_file(root: Path, path: Path) -> str:
    """Return the text of one file of the application in ``root``, newlines as ``\\n``.

    Raises:
        ApplicationError: The file is missing, too large, empty, marked with a byte-order mark, or not UTF-8.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        raise problem(root, f"cannot be read ({error.strerror})", "Create it, or make it readable", path) from error
    if size > MAX_BYTES:
        raise problem(root, f"has {size:,} bytes, the limit is {MAX_BYTES:,}", "Leave it out or split it", path)
    return checked_text(root, path, data)


def checked_text(root: Path, path: Path, data: bytes) -> str:
    """Decode the bytes of ``path``; see ``read_file``."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise problem(root, "starts with a byte-order mark", "Save it as UTF-8 without one", path, 1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"is not UTF-8 (byte 0x{data[error.start]:02x} at offset {error.start})"
        raise problem(root, reason, "Convert it to UTF-8", path, line) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    says_something = path.suffix == ".py" or (path.suffix in {".toml", ".md"} and path.parent == root)
    if says_something and path.name not in _MARKERS and not text.strip():
        raise problem(root, "is empty", "Fill it or remove it", path)
    lines = text.count("\n") + 1
    if lines > MAX_LINES:
        raise problem(root, f"has {lines:,} lines, the limit is {MAX_LINES:,}", "Split it or leave it out", path)
    return text


def read_toml(root: Path, path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file of the application in ``root``.

    Raises:
        ApplicationError: The file cannot be read or is no TOML.
    """
    text = read_file(root, path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1
        raise problem(root, f"is not TOML ({error})", "Correct the syntax", path, line) from error


def parse_python(text: str, *, file: str, application: str) -> ast.Module:
    """Return the syntax tree of ``text``.

    Raises:
        ApplicationError: The text is no Python; ``file`` and the line are named.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return parse(text)
    except SyntaxError as error:
        reason, line = f"is no valid Python: {error.msg}", error.lineno
    except (ValueError, RecursionError, MemoryError) as error:
        reason, line = f"cannot be parsed: {error or type(error).__name__}", None
    raise ApplicationError(
        application=application, reason=reason, remedy="Correct the file", file=Path(file), line=line
    )


def problem(
    root: Path, reason: str, remedy: str, path: Path | None = None, line: int | None = None
) -> ApplicationError:
    """Return the record of one problem of the application in ``root``, its file relative to ``root``."""
    file = path.relative_to(root) if path is not None and path.is_relative_to(root) else path
    return ApplicationError(application=root.name, reason=reason, remedy=remedy, file=file, line=line)


def _link_reason(root: Path, path: Path) -> str:
    try:
        target = path.resolve(strict=True)
    except RuntimeError:
        return "is a symbolic link in a loop"
    except OSError as error:
        loop = "in a loop" if "Too many levels" in str(error) else f"to nothing ({os.readlink(path)})"
        return f"is a symbolic link {loop}"
    if path.parent.resolve().is_relative_to(target):
        return "is a symbolic link in a loop"
    return "is a symbolic link" if target.is_relative_to(root.resolve()) else "is a symbolic link out of the folder"
