"""Section extraction beside ``ast.get_source_segment`` per node, on the standard library, in one run.

The other method is what a first draft would do: parse, walk, and cut each function and class out of the text. It splits the whole
text into lines again for every node, so its time grows with the square of a file's size. Both sides parse each file themselves.
Processor time is compared, so that a loaded machine changes both sides alike.
"""

import ast
import gc
import sysconfig
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from iccm_dagster.applications.sections import extract_sections

FOLDERS = ("", "asyncio", "email", "json", "xml", "unittest", "logging", "importlib", "multiprocessing", "concurrent")
# The other method takes a minute for the whole library; every fourth file shows the same.
STEP = 4
SIZES = (2_500, 5_000, 10_000, 20_000, 40_000)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def main() -> None:
    """Print the ratio on the standard library, then how time grows with the size of one file."""
    warnings.simplefilter("ignore")
    files = dict(list(standard_library().items())[::STEP])
    lines = sum(text.count("\n") for text in files.values())
    found, ours = timed(lambda: sum(len(extract_sections({path: text})) for path, text in files.items()))
    cut, theirs = timed(lambda: sum(len(segments(text)) for text in files.values()))
    print(f"every fourth file of the standard library: {len(files)} files, {lines:,} lines")
    print(f"  extract_sections       {ours:6.2f} s  {found:,} sections with calls, hashes, signatures, docstrings")
    print(f"  get_source_segment     {theirs:6.2f} s  {cut:,} definitions cut out")
    print(f"  ratio                  {theirs / ours:6.1f} times faster")
    print("growth: files joined into one (microseconds of processor time per line)")
    for size in SIZES:
        text = joined(files, lines=size)
        _, ours = timed(lambda text=text: len(extract_sections({"m.py": text})))
        other = f"{timed(lambda text=text: len(segments(text)))[1] / size * 1e6:.1f}" if size <= SIZES[1] else "-"
        print(f"  {size:6,} lines: extract_sections {ours / size * 1e6:5.1f}, get_source_segment {other}")


def joined(files: dict[str, str], *, lines: int) -> str:
    """Return the first files joined, about ``lines`` lines of them, cut between two top-level statements."""
    text = "\n".join(files.values())
    end = [node.lineno for node in ast.parse(text).body if node.lineno <= lines][-1]
    return "\n".join(text.split("\n")[: end - 1])


def standard_library() -> dict[str, str]:
    """Return the modules of the standard library that can be read and parsed: path to text."""
    root = Path(sysconfig.get_paths()["stdlib"])
    files = dict[str, str]()
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*.py")):
            try:
                text = path.read_text(encoding="utf-8")
                ast.parse(text)
            except (SyntaxError, ValueError):
                continue
            files[path.relative_to(root).as_posix()] = text
    return files


def segments(text: str) -> list[str | None]:
    """Cut every definition out of ``text``, one ``get_source_segment`` each."""
    return [ast.get_source_segment(text, node) for node in ast.walk(ast.parse(text)) if isinstance(node, Definition)]


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """Return the result and the processor time [s] of one call, garbage collection off as in ``timeit``."""
    gc.disable()
    try:
        start = time.process_time()
        return work(), time.process_time() - start
    finally:
        gc.enable()


if __name__ == "__main__":
    main()
