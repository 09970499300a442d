"""Traceability: requirement to sections (``traceability.toml``) and requirement to tests (marks on the tests).

Marks are read from the syntax trees of the tests: ``@pytest.mark.requirement("R1")`` on functions and classes, and
``pytestmark`` of a module. Marks added while tests run are not seen.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from iccm_dagster.applications.catalogue import (
    TRACEABILITY_FILE,
    Application,
    is_test_module,
    test_files,
)
from iccm_dagster.applications.files import parse_python, problem, read_file, read_toml
from iccm_dagster.applications.sections import Section, sections_of
from iccm_dagster.errors import ApplicationError


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSpan:
    """A section, or some lines of it."""

    section: str
    """Qualified name of the section."""
    first_line: int | None
    """First line in the section's file, counted from 1; None for the whole section."""
    last_line: int | None
    """Last line, included; None for the whole section."""

    def __str__(self) -> str:
        return self.section if self.first_line is None else f"{self.section}:{self.first_line}-{self.last_line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traceability:
    """Which sections implement a requirement, and which tests check it."""

    sections: Mapping[str, tuple[SectionSpan, ...]]
    """Requirement id to its sections; every requirement has at least one."""
    tests: Mapping[str, tuple[str, ...]]
    """Requirement id to its test functions, ``test_x.py::test_name``; empty for derived requirements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedTest:
    """One test function as written, parametrised cases not counted."""

    id: str
    """``test_x.py::test_name`` or ``test_x.py::TestClass::test_name``, the file relative to ``tests/``."""
    file: str
    """Path relative to ``tests/``."""
    line: int
    """Line of its ``def``, counted from 1."""
    requirements: tuple[str, ...]
    """Ids of the requirements it carries; empty when it is unmarked."""


def load_traceability(application: Application) -> Traceability:
    """Read the traceability of one application.

    Raises:
        ApplicationError: The file is broken, or a requirement has no section, no test, or an unknown one.
    """
    traceability, problems = read_traceability(application, sections_of(application))
    if problems:
        raise problems[0]
    return traceability


def read_traceability(
    application: Application, sections: tuple[Section, ...]
) -> tuple[Traceability, list[ApplicationError]]:
    """Read what can be read, and return it with every problem found.

    Raises:
        ApplicationError: The file cannot be read at all.
    """
    root, path = application.root, application.root / TRACEABILITY_FILE
    table, text = read_toml(root, path), read_file(root, path)
    known = {section.name: section for section in sections}
    spans, problems = dict[str, tuple[SectionSpan, ...]](), list[ApplicationError]()

    def report(reason: str, remedy: str, word: str) -> None:
        problems.append(problem(root, reason, remedy, path, _line_of(text, word)))

    for requirement in application.requirements:
        if requirement.id not in table:
            problems.append(problem(root, f"{requirement.id} has no sections", f"Add [{requirement.id}] to it", path))
    for id, entry in table.items():
        if id not in {requirement.id for requirement in application.requirements}:
            report(f"{id} is no requirement", "Remove the table or add the requirement", f"[{id}]")
            continue
        found = list[SectionSpan]()
        for name in _names(entry):
            try:
                found.append(parse_span(name, known))
            except ValueError as error:
                report(f"{id}: {error}", "Name sections as 'module.Class.method', lines as ':41-58'", name)
        if not _names(entry):
            report(f"{id} has no sections", "List at least one under 'sections'", f"[{id}]")
        spans[id] = tuple(found)
    tests, more = _tests_of_requirements(application)
    return Traceability(sections=spans, tests=tests), problems + more


def parse_span(text: str, known: Mapping[str, Section]) -> SectionSpan:
    """Read ``module.Class.method`` or ``module.Class.method:41-58``.

    Raises:
        ValueError: The section does not exist, or the lines are not inside it.
    """
    name, colon, lines = text.partition(":")
    if name not in known:
        raise ValueError(f"section {name!r} does not exist")
    if not colon:
        return SectionSpan(section=name, first_line=None, last_line=None)
    match = re.fullmatch(r"(\d+)-(\d+)", lines)
    section = known[name]
    if not match or not section.line_start <= int(match[1]) <= int(match[2]) <= section.line_end:
        raise ValueError(f"lines {lines!r} of {name} are not inside {section.line_start}-{section.line_end}")
    return SectionSpan(section=name, first_line=int(match[1]), last_line=int(match[2]))


def marked_tests(files: Mapping[str, str], *, application: str) -> tuple[MarkedTest, ...]:
    """Return the test functions in ``files`` (path relative to ``tests/`` to text), in the order of files and lines.

    Raises:
        ApplicationError: A test file is no Python.
    """
    found = list[MarkedTest]()
    for path, text in files.items():
        if path.endswith(".py") and is_test_module(path):
            tree = parse_python(text, file=f"tests/{path}", application=application)
            assigned = (node for node in tree.body if isinstance(node, ast.Assign))
            module_marks = [id for node in assigned if _targets(node) == ["pytestmark"] for id in _marks_in(node.value)]
            classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
            found += _tests_in(tree.body, path, path, module_marks, classes)
    return tuple(found)


_Classes = Mapping[str, ast.ClassDef]


def _tests_in(
    body: list[ast.stmt], path: str, prefix: str, marks: list[str], classes: _Classes
) -> Iterator[MarkedTest]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            own = [id for decorator in node.decorator_list for id in _marks_in(decorator)]
            ids = tuple(dict.fromkeys([*marks, *own]))
            yield MarkedTest(id=f"{prefix}::{node.name}", file=path, line=node.lineno, requirements=ids)
        elif isinstance(node, ast.ClassDef) and (node.name.startswith("Test") or _is_test_case(node, classes)):
            own = [id for decorator in node.decorator_list for id in _marks_in(decorator)]
            yield from _tests_in(_members(node, classes), path, f"{prefix}::{node.name}", marks + own, classes)


def _is_test_case(node: ast.ClassDef, classes: _Classes) -> bool:
    return any(ast.unparse(base).endswith("TestCase") for found in _lineage(node, classes) for base in found.bases)


def _members(node: ast.ClassDef, classes: _Classes) -> list[ast.stmt]:
    """Return what a class defines or inherits inside its file, in the order of lines."""
    found = dict[str, ast.stmt]()
    for ancestor in reversed(_lineage(node, classes)):
        found |= {getattr(member, "name", f"line {member.lineno}"): member for member in ancestor.body}
    return sorted(found.values(), key=lambda member: member.lineno)


def _lineage(node: ast.ClassDef, classes: _Classes) -> list[ast.ClassDef]:
    """Return a class and those of its ancestors that its file defines, nearest first."""
    found = [node]
    for one in found:
        names = [base.id for base in one.bases if isinstance(base, ast.Name)]
        found += [classes[name] for name in names if name in classes and classes[name] not in found]
    return found


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _marks_in(node: ast.expr) -> Iterator[str]:
    """Yield the requirement ids of every ``...mark.requirement(...)`` call in an expression."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.requirement"):
            yield from (str(argument.value) for argument in call.args if isinstance(argument, ast.Constant))


def _tests_of_requirements(application: Application) -> tuple[dict[str, tuple[str, ...]], list[ApplicationError]]:
    tests: dict[str, list[str]] = {requirement.id: [] for requirement in application.requirements}
    problems = list[ApplicationError]()
    for test in marked_tests(test_files(application), application=application.id):
        for id in test.requirements:
            if id in tests:
                tests[id].append(test.id)
            else:
                reason = f"{test.id} carries {id!r}, which is no requirement"
                path = application.tests_dir / test.file
                problems.append(problem(application.root, reason, "Correct the mark", path, test.line))
    if application.gold:
        for id in (id for id, found in tests.items() if not found):
            remedy = f"Mark a test with @pytest.mark.requirement({id!r})"
            problems.append(problem(application.root, f"{id} has no test", remedy, application.tests_dir))
    return {id: tuple(found) for id, found in tests.items()}, problems


def _names(entry: Any) -> list[str]:
    names = entry.get("sections", []) if isinstance(entry, dict) else []
    return [str(name) for name in names] if isinstance(names, list) else []


def _line_of(text: str, word: str) -> int | None:
    return next((n for n, line in enumerate(text.split("\n"), start=1) if word in line), None)
