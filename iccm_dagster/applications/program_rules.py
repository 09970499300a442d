"""Rules that programs and tests of the catalogue keep.

Not covered: tests that sleep, use the network or the wall clock behind other names than those looked for.
"""

import ast
import sys
from collections.abc import Collection, Iterator, Mapping

from iccm_dagster.applications.catalogue import APPLICATION_FILE, Application, is_test_module, source_files, test_files
from iccm_dagster.applications.files import parse_python, problem
from iccm_dagster.applications.references import dotted, is_dunder, is_private
from iccm_dagster.applications.sections import Closure, Section, SectionKind
from iccm_dagster.applications.traceability import Traceability, marked_tests
from iccm_dagster.errors import ApplicationError

LINES = range(150, 501)
MODULES = range(1, 6)
LEAST_SECTIONS = 12
LEAST_TESTS = 25
_FORBIDDEN_IN_TESTS = frozenset(
    {"unittest.mock", "mock", "socket", "urllib.request", "requests", "subprocess", "ctypes"}
)
_FORBIDDEN_CALLS = frozenset({("time", "sleep"), ("time", "time"), ("datetime", "now"), ("os", "system")})


def program_problems(application: Application, sections: Collection[Section]) -> Iterator[ApplicationError]:
    """Yield everything in which sources and tests break the rules of the catalogue."""
    sources = source_files(application)
    python = {path: text for path, text in sources.items() if path.endswith(".py")}
    counted = [path for path, text in python.items() if text.strip()]
    lines = sum(text.count("\n") for text in python.values())
    tests = marked_tests(test_files(application), application=application.id)
    root = application.root
    if lines not in LINES:
        reason = f"{lines} source lines, {LINES.start} to {LINES.stop - 1} are allowed"
        yield problem(root, reason, "Make it smaller or larger", application.source_dir)
    if len(counted) not in MODULES:
        reason = f"{len(counted)} modules, {MODULES.start} to {MODULES.stop - 1} are allowed"
        yield problem(root, reason, "Merge some", application.source_dir)
    if len(sections) < LEAST_SECTIONS:
        reason = f"{len(sections)} sections, at least {LEAST_SECTIONS} are needed"
        yield problem(root, reason, "Give it more to do", application.source_dir)
    if len(tests) < LEAST_TESTS:
        reason = f"{len(tests)} tests, at least {LEAST_TESTS} are needed"
        yield problem(root, reason, "Test more behaviour", application.tests_dir)
    for test in tests:
        if not test.requirements:
            remedy = "Mark it with @pytest.mark.requirement"
            path = application.tests_dir / test.file
            yield problem(root, f"{test.id} carries no requirement", remedy, path, test.line)
    yield from _import_problems(application, python)
    yield from _name_problems(application)
    for path, text in test_files(application).items():
        if path.endswith(".py"):
            yield from _test_file_problems(application, path, text)


def coverage_problems(
    application: Application, sections: Collection[Section], traceability: Traceability, at_import: frozenset[str]
) -> Iterator[ApplicationError]:
    """Yield the sections that no requirement would ever restore."""
    traced = {span.section.split("#")[0] for spans in traceability.sections.values() for span in spans}
    restored = Closure(sections).of(traced) | at_import
    remedy = "Name it in traceability.toml under the requirement it implements, or remove it"
    for section in sections:
        if section.kind is SectionKind.CLASS or section.declares_only or _inside_function(section, sections):
            continue
        path = application.source_dir / section.file
        if section.public and section.base_name not in traced and section.name not in at_import:
            reason = f"public section {section.name} belongs to no requirement"
        elif section.name not in restored:
            sort = "dunder method" if is_dunder(section.name) else "private section"
            reason = f"{sort} {section.name} is never restored: no traced section is seen to call it"
        else:
            continue
        yield problem(application.root, reason, remedy, path, section.line_start)
    for id, spans in traceability.sections.items():
        if spans and all(span.section in at_import for span in spans):
            reason = f"{id} only names sections that run at import, which are never stubbed"
            yield problem(application.root, reason, "Name the sections that do the work", application.root)


def _inside_function(section: Section, sections: Collection[Section]) -> bool:
    kinds = {other.name: other.kind for other in sections}
    return section.parent is not None and kinds[section.parent] is not SectionKind.CLASS


def _import_problems(application: Application, sources: Mapping[str, str]) -> Iterator[ApplicationError]:
    own = {path.split("/")[0].removesuffix(".py") for path in sources}
    for path, text in sources.items():
        for node in ast.walk(parse_python(text, file=f"src/{path}", application=application.id)):
            for name in _imported(node):
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names and top not in own:
                    reason = f"imports {name!r}, which is outside the standard library"
                    file = application.source_dir / path
                    yield problem(application.root, reason, "Use the standard library", file, node.lineno)


def _name_problems(application: Application) -> Iterator[ApplicationError]:
    for module in application.modules:
        if module.split(".")[0] in sys.stdlib_module_names:
            path = application.root / APPLICATION_FILE
            yield problem(application.root, f"module {module!r} hides the standard library's", "Rename it", path)


def _test_file_problems(application: Application, path: str, text: str) -> Iterator[ApplicationError]:
    """Yield what tests do that a rebuilt program could not be judged by."""
    tree = parse_python(text, file=f"tests/{path}", application=application.id)
    file = application.tests_dir / path
    tops = {module.split(".")[0] for module in application.modules}
    own = _own_names(tree, tops)
    for node in ast.walk(tree):
        for reason in _test_faults(node, own, application.modules):
            yield problem(
                application.root, reason, "Test the public interface by values", file, getattr(node, "lineno", None)
            )
    if not is_test_module(path) and any(marked_tests({f"test_{path}": text}, application=application.id)):
        yield problem(application.root, "holds tests but is not collected", "Call it test_*.py", file)


def _test_faults(node: ast.AST, own: Collection[str], modules: Collection[str]) -> Iterator[str]:
    for name in _imported(node):
        if name in _FORBIDDEN_IN_TESTS:
            yield f"test imports {name!r}"
        elif name.split(".")[0] in {module.split(".")[0] for module in modules} and name not in modules:
            yield f"test imports {name!r}, which is no public module"
    if isinstance(node, ast.ImportFrom):
        private = [alias.name for alias in node.names if is_private(alias.name) and node.module in modules]
        yield from (f"test imports the private {name!r}" for name in private)
    elif isinstance(node, ast.Attribute) and is_private(node.attr) and dotted(node)[:1] != ("self",):
        yield f"test reaches for the private attribute {node.attr!r}"
    elif isinstance(node, ast.ClassDef):
        bases = [ast.unparse(base) for base in node.bases if (dotted(base) or ("",))[0] in own]
        yield from (f"test subclasses {base}" for base in bases)
    elif isinstance(node, ast.Call) and dotted(node.func)[-2:] in _FORBIDDEN_CALLS:
        yield f"test calls {'.'.join(dotted(node.func))}"
    elif isinstance(node, ast.arg) and node.arg == "monkeypatch":
        yield "test uses monkeypatch"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module and node.level == 0 else []


def _own_names(tree: ast.Module, tops: Collection[str]) -> set[str]:
    """Return the names a test file binds to parts of the application."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and any(
            name.split(".")[0] in tops for name in _imported(node)
        ):
            names |= {alias.asname or alias.name.split(".")[0] for alias in node.names}
    return names
