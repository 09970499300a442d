"""The docstring corpus: functions of this very environment, each with the first sentence of its docstring.

Harvested at run time from the standard library and the installed packages, so nothing is downloaded and nothing has to
be licensed. The same environment, limit and seed give the same rows in the same order.

Not covered: what a docstring says can be wrong or vague; only the length and form of its first sentence are checked.
Another environment gives another corpus, and a score on its held-out packages is only comparable within one environment.
"""

import ast
import hashlib
import re
import sysconfig
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from iccm_dagster.errors import TrainingError
from iccm_dagster.progress import OnProgress, Progress
from iccm_dagster.seeding import seed_for
from iccm_dagster.syntax import parse

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["package", "qualified_name", "query", "code", "split", "content_hash"]
WORKERS = 2
MIN_FOR_POOL = 20
# Source read per package: with more, a handful of giants (torch, transformers, sympy) would be most of the corpus.
MAX_PACKAGE_BYTES = 3_000_000
# Generated tables and bundled data: hardly a function in them, and slow to parse.
MAX_FILE_BYTES = 300_000
MIN_LINES, MAX_LINES, MAX_CHARS = 3, 60, 3000
MIN_WORDS, MAX_WORDS = 4, 40
TEST_SHARE = 0.1
SKIPPED_FOLDERS = frozenset(
    {
        "test",
        "tests",
        "testing",
        "_testing",
        "idlelib",
        "lib2to3",
        "site-packages",
        "pydoc_data",
        "turtledemo",
        "node_modules",
        "_vendor",
        "vendor",
        "_vendored",
        "vendored",
        "_vendored_packages",
        "extern",
        "externals",
        "_externals",
        "third_party",
        "vendored_packages",
        "iccm_dagster",
        "iccm_dagster_tests",
        "__pycache__",
    }
)

_ROLE = re.compile(r":[\w:+-]+:`~?([^`<]*?)(?:\s*<[^>]*>)?`")
_MARKUP = re.compile(r"``?|\*\*|\\")
_SENTENCE_END = re.compile(r"(?<![.\s][a-zA-Z])(?<!\be\.g)(?<!\bi\.e)(?<!\betc)(?<!\bvs)[.!?](?:\s|$)")
_NO_DESCRIPTION = re.compile(
    r"^(>>>|:|@|\.\. |args?\b|param|returns?:|todo|fixme|deprecated|see |alias |overrid|same as|inherit|internal|https?:|=|-)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One function and what its docstring says first."""

    package: str
    """Top-level package or module it comes from."""
    qualified_name: str
    """Dotted path of module, classes and function."""
    query: str
    """First sentence of the docstring: one line of 4 to 40 words, markup removed."""
    code: str
    """The function without docstring and without indentation."""
    code_hash: str
    """SHA-256 of ``code``."""
    section_hash: str
    """SHA-256 of the function with its docstring: the hash it has as a section of an application."""


def harvest(
    *,
    limit: int | None,
    exclude_hashes: Collection[str],
    seed: int,
    on_progress: OnProgress,
    packages: Collection[str] | None = None,
) -> "pd.DataFrame":
    """Return one row per function: package, qualified_name, query, code, split ("train" or "test", by package), content_hash.

    Args:
        limit: Most rows; a seeded sample of all that were found. None keeps all.
        exclude_hashes: What must not be in the corpus, as `hashes_of` returns it.
        seed: Which files of large packages are read, and which rows a limit keeps.
        on_progress: Told after every package.
        packages: Only these top-level packages and modules are read; None reads all.

    Raises:
        TrainingError: Not a single pair was found.
    """
    import pandas as pd

    sources = _packages(seed, packages)
    found: list[Pair] = []
    for done, pairs in enumerate(_harvested(sources), start=1):
        found += pairs
        on_progress(
            Progress(stage="harvesting docstrings", step=done, total_steps=len(sources), metrics={"pairs": len(found)})
        )
    kept = _without_duplicates(found, frozenset(exclude_hashes))
    if not kept:
        where = "this environment" if packages is None else f"packages {sorted(packages)}"
        raise TrainingError(f"no documented function in {where}. Name packages that are installed, or leave them all.")
    table = pd.DataFrame([astuple(pair)[:5] for pair in kept], columns=[*COLUMNS[:4], "content_hash"])
    table["split"] = [split_of(package) for package in table["package"]]
    if limit is not None and limit < len(table):
        table = table.sample(limit, random_state=seed_for("phase1", "corpus", seed)).sort_index()
    return table[COLUMNS].reset_index(drop=True)


def split_of(package: str) -> str:
    """Return "test" for about a tenth of all package names, "train" for the others; by the name alone."""
    return "test" if seed_for("phase1", "corpus split", package) / 2**31 < TEST_SHARE else "train"


def _harvested(sources: dict[str, list[tuple[Path, str]]]) -> Iterator[list[Pair]]:
    """Yield the pairs of each package in order; a few packages are not worth the processes."""
    if len(sources) < MIN_FOR_POOL:
        yield from map(harvest_files, sources.items())
        return
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        yield from pool.map(harvest_files, sources.items(), chunksize=4)


def harvest_files(package: tuple[str, list[tuple[Path, str]]]) -> list[Pair]:
    """Return every pair of one package, given its name and its files with their module names."""
    name, files = package
    return [pair for path, module in files for pair in pairs_of(path.read_text("utf-8", "replace"), name, module)]


def pairs_of(source: str, package: str, module: str) -> list[Pair]:
    """Return the documented functions of one source text, in line order; nothing where it is not valid Python."""
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    lines = source.splitlines()
    pairs = (_pair(node, name, lines, package) for node, name in _functions(tree, module))
    return [pair for pair in pairs if pair is not None]


def hashes_of(codes: Iterable[str]) -> set[str]:
    """Return what keeps functions of applications out of the corpus: the hash of each code, and of it without its docstring."""
    found: set[str] = set()
    for code in codes:
        found.add(_sha256(code))
        try:
            [node] = parse(code).body
        except (SyntaxError, ValueError):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node) and len(node.body) > 1:
            found.add(_sha256(_without_docstring(node, code.splitlines())))
    return found


def first_sentence(docstring: str) -> str | None:
    """Return the first sentence of a docstring with a full stop, markup removed; None when it does not describe anything."""
    paragraph = docstring.strip().split("\n\n")[0]
    text = _MARKUP.sub("", _ROLE.sub(r"\1", " ".join(paragraph.split())))
    end = _SENTENCE_END.search(text)
    sentence = (text[: end.start()] if end else text).strip()
    words = sentence.split()
    plain = sentence.isascii() and sum(character.isalpha() or character == " " for character in sentence) > 0.8 * len(
        sentence
    )
    if not MIN_WORDS <= len(words) <= MAX_WORDS or not plain or _NO_DESCRIPTION.match(sentence):
        return None
    return f"{sentence}."


def _packages(seed: int, wanted: Collection[str] | None) -> dict[str, list[tuple[Path, str]]]:
    """Return the files to read per package, each with its module name; packages and files in a fixed order."""
    packages: dict[str, list[tuple[Path, str]]] = {}
    for key in ("stdlib", "purelib"):
        root = Path(sysconfig.get_path(key))
        for entry in sorted(root.iterdir()):
            if (
                entry.stem in packages
                or entry.name in SKIPPED_FOLDERS
                or (wanted is not None and entry.stem not in wanted)
            ):
                continue
            files = [entry] if entry.suffix == ".py" else _python_files(entry) if entry.is_dir() else []
            if chosen := _up_to_budget(root, files, seed):
                packages[entry.stem] = chosen
    return packages


def _python_files(folder: Path) -> list[Path]:
    if folder.name in SKIPPED_FOLDERS or folder.name.endswith((".dist-info", ".data")):
        return []
    return [
        path
        for path in folder.rglob("*.py")
        if not SKIPPED_FOLDERS & set(path.relative_to(folder).parts)
        and not path.stem.startswith("test_")
        and path.stem != "conftest"
    ]


def _up_to_budget(root: Path, files: list[Path], seed: int) -> list[tuple[Path, str]]:
    """Return files in seeded order until the package's share of bytes is used up."""
    names = {path: path.relative_to(root).with_suffix("").as_posix() for path in files}
    chosen, used = [], 0
    for path in sorted(files, key=lambda path: seed_for("phase1", "corpus", seed, names[path])):
        size = path.stat().st_size
        if 0 < size <= MAX_FILE_BYTES and used + size <= MAX_PACKAGE_BYTES:
            chosen.append((path, names[path].removesuffix("/__init__").replace("/", ".")))
            used += size
    return sorted(chosen)


def _functions(tree: ast.Module, module: str) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """Yield functions and methods with their dotted names; functions inside functions are left out."""
    queue: list[tuple[ast.AST, str]] = [(tree, module)]
    while queue:
        parent, prefix = queue.pop(0)
        for node in ast.iter_child_nodes(parent):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node, f"{prefix}.{node.name}"
            elif isinstance(node, ast.ClassDef):
                queue.append((node, f"{prefix}.{node.name}"))
            elif isinstance(node, ast.If | ast.Try):
                queue.append((node, prefix))


def _pair(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, lines: list[str], package: str) -> Pair | None:
    first = node.body[0]
    if not (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    ):
        return None
    query = first_sentence(first.value.value)
    if query is None or not _has_substance(node.body[1:]):
        return None
    # A docstring on the line of the signature, or followed by a statement on its own line, is not worth the care.
    if first.lineno == node.lineno or node.body[1].lineno == first.end_lineno:
        return None
    code = _without_docstring(node, lines)
    if not MIN_LINES <= code.count("\n") + 1 <= MAX_LINES or len(code) > MAX_CHARS:
        return None
    return Pair(
        package=package,
        qualified_name=name,
        query=query,
        code=code,
        code_hash=_sha256(code),
        section_hash=_sha256(_dedent(lines[_first_line(node) - 1 : node.end_lineno])),
    )


def _without_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> str:
    """Return the code of a function, its decorators included, without the lines of its docstring."""
    docstring = node.body[0]
    return _dedent(lines[_first_line(node) - 1 : docstring.lineno - 1] + lines[docstring.end_lineno : node.end_lineno])


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _has_substance(body: list[ast.stmt]) -> bool:
    """Return whether a body (docstring taken off) does more than pass, raise or return a name."""
    if not body or isinstance(body[0], ast.Raise | ast.Pass):
        return False
    return len(body) > 1 or not (
        isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Name | ast.Constant | None)
    )


def _dedent(lines: list[str]) -> str:
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "\n".join(line.removeprefix(indent) for line in lines)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _without_duplicates(pairs: list[Pair], excluded: frozenset[str]) -> list[Pair]:
    """Keep the first of each code and of each sentence: two functions with one description would be false negatives."""
    seen: set[str] = set()
    kept = []
    for pair in pairs:
        keys = {pair.code_hash, pair.query.lower()}
        if not keys & seen and not {pair.code_hash, pair.section_hash} & excluded:
            kept.append(pair)
            seen |= keys
    return kept
