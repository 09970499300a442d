"""Rebuild a program with some of its sections; every other body becomes ``raise NotImplementedError``.

A section that is restored by line spans keeps the statements that overlap a span, compound statements entered; each run
of other statements becomes one ``raise NotImplementedError``. Where that would not compile, the section is kept whole.
Module-level code, class bodies and comments outside of functions stay as they are.
"""

import ast
import json
import subprocess
import sys
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, module_name, source_files
from iccm_dagster.applications.files import parse_python, problem
from iccm_dagster.applications.references import FunctionNode
from iccm_dagster.applications.sections import Closure, Section, SectionKind, extract_sections
from iccm_dagster.applications.traceability import SectionSpan

_STUB = b"raise NotImplementedError"
_IMPORT_SECONDS = 30.0
_Spans = dict[str, list[tuple[int, int]]]

# Runs in a fresh process: imports the modules and reports every call of a function defined in the program.
_PROFILED_IMPORT = """
import importlib, json, os, sys
root, required, optional = json.load(sys.stdin)
out = os.dup(1)
os.dup2(2, 1)
sys.path.insert(0, root)
sys.dont_write_bytecode = True
seen = set()
def note(frame, event, argument):
    if event == "call" and frame.f_code.co_filename.startswith(root):
        seen.add((frame.f_code.co_filename[len(root) + 1:], frame.f_code.co_firstlineno, frame.f_code.co_name))
sys.setprofile(note)
for name in required:
    importlib.import_module(name)
for name in optional:
    try:
        importlib.import_module(name)
    except BaseException:
        pass
sys.setprofile(None)
os.write(out, json.dumps(sorted(seen)).encode())
os._exit(0)
"""


def sections_run_at_import(application: Application) -> frozenset[str]:
    """Return the sections whose body runs when the application is imported.

    Measured: a fresh, isolated Python process imports the public modules, then every other one, with a profile hook.

    Raises:
        ApplicationError: A public module cannot be imported.
    """
    sources = {path: text for path, text in source_files(application).items() if path.endswith(".py")}
    others = [name for path in sources if (name := module_name(path)).rsplit(".", 1)[-1] != "__main__"]
    request = [str(application.source_dir.resolve()), list(application.modules), others]
    command = [sys.executable, "-I", "-u", "-c", _PROFILED_IMPORT]
    try:
        run = subprocess.run(
            command, input=json.dumps(request).encode(), capture_output=True, timeout=_IMPORT_SECONDS, cwd="/"
        )
    except subprocess.TimeoutExpired as error:
        reason = f"importing takes longer than {_IMPORT_SECONDS:.0f} s"
        raise problem(application.root, reason, "Import must not run the program", Path("src")) from error
    if run.returncode != 0:
        last = (run.stderr.decode(errors="replace").strip().split("\n") or [""])[-1]
        reason = f"importing {', '.join(application.modules)} fails: {last}"
        raise problem(application.root, reason, "Make it importable from src/ alone", Path("src"))
    # A module's own code also starts at line 1, hence the name.
    started = {(file, line, name) for file, line, name in json.loads(run.stdout)}
    sections = extract_sections(sources, application=application.id)
    places = {section.name: (section.file, section.line_start, _simple_name(section)) for section in sections}
    return frozenset(name for name, place in places.items() if place in started)


def _simple_name(section: Section) -> str:
    return section.base_name.rsplit(".", 1)[-1]


def rebuild(
    application: Application, restored: Collection[SectionSpan], *, at_import: frozenset[str]
) -> dict[str, str]:
    """Return the program with the sections in ``restored`` and all that comes along; path to text.

    An empty ``restored`` gives the interface-only program. Unknown sections are ignored.
    """
    return SectionRebuilder(application, at_import=at_import).rebuild(restored)


class SectionRebuilder:
    """Rebuilds one program many times: trees are parsed and places of the bodies found once."""

    def __init__(self, application: Application, *, at_import: frozenset[str]) -> None:
        self._files = source_files(application)
        self._data = {path: text.encode() for path, text in self._files.items()}
        self.sections = extract_sections(self._files, modules=application.modules, application=application.id)
        self.closure = Closure(self.sections)
        self._at_import = at_import
        self._bodies = self._find_bodies(application.id)
        self._outer = {section.name: section.parent for section in self.sections}

    @property
    def stubbable(self) -> tuple[str, ...]:
        """Names of the sections that the interface-only program lacks, functions inside functions left out."""
        return tuple(body.section for bodies in self._bodies.values() for body in bodies if not body.nested)

    def rebuild(self, restored: Collection[SectionSpan]) -> dict[str, str]:
        """Return the program with ``restored`` and all that comes along with it; see ``rebuild``."""
        kept = self.closure.of({span.section for span in restored}) | self._at_import
        spans = _partial_spans([span for span in restored if span.section not in self._at_import])
        kept |= {outer for name in kept for outer in self._enclosing(name)}
        return self._render({body.section for body in self._all_bodies() if body.section not in kept}, spans)

    def without(self, removed: Collection[SectionSpan]) -> dict[str, str]:
        """Return the whole program in which just ``removed`` is missing; sections run at import always stay."""
        whole = {span.section.split("#")[0] for span in removed if span.first_line is None}
        names = {section.name for section in self.sections if section.base_name in whole} - self._at_import
        spans = _partial_spans([span for span in removed if span.section not in self._at_import])
        return self._render(names, spans, keep=False)

    def _all_bodies(self) -> Iterator["_Body"]:
        for bodies in self._bodies.values():
            yield from bodies

    def _enclosing(self, name: str) -> Iterator[str]:
        """Yield the functions around a section: it cannot exist without them."""
        outer = self._outer.get(name)
        while outer is not None:
            yield outer
            outer = self._outer.get(outer)

    def _render(self, stubbed: Collection[str], spans: _Spans, *, keep: bool = True) -> dict[str, str]:
        return {path: self._render_file(path, stubbed, spans, keep) for path in self._files}

    def _render_file(self, path: str, stubbed: Collection[str], spans: _Spans, keep: bool) -> str:
        bodies = self._bodies.get(path, ())
        cuts = [(body.start, body.end) for body in bodies if body.section in stubbed]
        partial = [body for body in bodies if body.section in spans]
        if partial:
            inner = [cut for body in partial for cut in body.cuts(spans[body.section], keep=keep)]
            text = _spliced(self._data[path], _outermost(cuts + inner))
            if _compiles(text):
                return text
            cuts += [] if keep else [(body.start, body.end) for body in partial]
        return _spliced(self._data[path], _outermost(cuts)) if cuts else self._files[path]

    def _find_bodies(self, application: str) -> dict[str, list["_Body"]]:
        found: dict[str, list[_Body]] = {}
        for path, text in self._files.items():
            if path.endswith(".py"):
                tree = parse_python(text, file=f"src/{path}", application=application)
                places = {node.lineno: node for node in ast.walk(tree) if isinstance(node, FunctionNode)}
                offsets = _line_offsets(self._data[path])
                wanted = [section for section in self.sections if section.file == path and _has_body(section)]
                found[path] = [_Body.of(section, places, offsets) for section in wanted]
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Body:
    """Where the body of a function is, in bytes."""

    section: str
    nested: bool
    start: int
    end: int
    node: FunctionNode
    offsets: list[int]

    @classmethod
    def of(cls, section: Section, places: dict[int, FunctionNode], offsets: list[int]) -> "_Body":
        lines = sorted(places)
        node = places[lines[bisect_left(lines, section.line_start)]]
        start, end = _extent(node.body[0], offsets)[0], _extent(node.body[-1], offsets)[1]
        nested = section.parent is not None and section.kind in (SectionKind.FUNCTION, SectionKind.ASYNC_FUNCTION)
        return cls(section=section.name, nested=nested, start=start, end=end, node=node, offsets=offsets)

    def cuts(self, spans: Iterable[tuple[int, int]], *, keep: bool) -> list[tuple[int, int]]:
        """Return the runs of statements outside of every span (``keep``) or inside one (not ``keep``)."""
        return list(_cuts(self.node.body, list(spans), self.offsets, keep))


def _has_body(section: Section) -> bool:
    return section.kind is not SectionKind.CLASS and not section.declares_only


def _cuts(
    body: list[ast.stmt], spans: list[tuple[int, int]], offsets: list[int], keep: bool
) -> Iterator[tuple[int, int]]:
    run: tuple[int, int] | None = None
    for statement in body:
        start, end = _extent(statement, offsets)
        inner_bodies = list(_inner_bodies(statement))
        touched = _overlaps(statement, spans)
        if not touched if keep else touched and (not inner_bodies or _is_inside(statement, spans)):
            run = (run[0] if run else start, end)
            continue
        if run:
            yield run
            run = None
        for inner in inner_bodies if touched else ():
            yield from _cuts(inner, spans, offsets, keep)
    if run:
        yield run


def _inner_bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Yield the blocks of a compound statement; functions and classes inside are taken whole."""
    if isinstance(statement, FunctionNode | ast.ClassDef):
        return
    holders: list[ast.AST] = [statement, *getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    for holder in holders:
        for name in ("body", "orelse", "finalbody"):
            if block := getattr(holder, name, None):
                yield block


def _overlaps(statement: ast.stmt, spans: list[tuple[int, int]]) -> bool:
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    return any(start <= last and first <= end for start, end in spans)


def _is_inside(statement: ast.stmt, spans: list[tuple[int, int]]) -> bool:
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    return any(start <= first and last <= end for start, end in spans)


def _partial_spans(restored: Collection[SectionSpan]) -> _Spans:
    """Return the spans of sections which are restored by spans only."""
    whole = {span.section for span in restored if span.first_line is None}
    spans: _Spans = {}
    for span in restored:
        if span.section not in whole and span.first_line is not None and span.last_line is not None:
            spans.setdefault(span.section, []).append((span.first_line, span.last_line))
    return spans


def _extent(statement: ast.stmt, offsets: list[int]) -> tuple[int, int]:
    """Return the first and last byte offset of a statement, decorators included."""
    decorators = getattr(statement, "decorator_list", ())
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    assert statement.end_lineno is not None
    assert statement.end_col_offset is not None
    return offsets[first - 1] + statement.col_offset, offsets[statement.end_lineno - 1] + statement.end_col_offset


def _line_offsets(data: bytes) -> list[int]:
    offsets = [0]
    for line in data.split(b"\n"):
        offsets.append(offsets[-1] + len(line) + 1)
    return offsets


def _outermost(cuts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sort the cuts and drop those inside another one."""
    kept = list[tuple[int, int]]()
    for start, end in sorted(cuts, key=lambda cut: (cut[0], -cut[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def _spliced(data: bytes, cuts: list[tuple[int, int]]) -> str:
    parts, position = list[bytes](), 0
    for start, end in cuts:
        parts += [data[position:start], _STUB]
        position = end
    return b"".join([*parts, data[position:]]).decode()


def _compiles(text: str) -> bool:
    try:
        compile(text, "<rebuilt>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True
