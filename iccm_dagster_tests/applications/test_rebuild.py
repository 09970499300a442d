"""Programs with some of their sections: what stays, what goes, and that the result always compiles."""

import ast
import textwrap

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.rebuild import SectionRebuilder, rebuild, sections_run_at_import
from iccm_dagster.applications.traceability import SectionSpan
from iccm_dagster.errors import ApplicationError

AT_IMPORT = frozenset({"tillbox.rate", "tillbox.rate.register", "tillbox.Till", "tillbox.TillError"})


def span(name: str, first: int | None = None, last: int | None = None) -> SectionSpan:
    return SectionSpan(section=name, first_line=first, last_line=last)


def bodies(text: str) -> dict[str, bool]:
    """Return for each function whether it has a body of its own."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name: ast.unparse(node.body[0]) != "raise NotImplementedError" for node in functions}


def test_what_runs_at_import_is_measured(write_application):
    assert sections_run_at_import(load_application(write_application())) == AT_IMPORT


def test_a_function_on_the_first_line_is_not_taken_for_the_module(write_application):
    root = write_application(changes={"src/tillbox.py": "def f(): return 1\ndef g(): return 2\ng()\n"})
    assert sections_run_at_import(load_application(root)) == {"tillbox.g"}


def test_an_application_that_cannot_be_imported_is_a_record(write_application):
    root = write_application(changes={"src/tillbox.py": "print('hello')\nraise RuntimeError('no till')\n"})
    with pytest.raises(ApplicationError, match="importing tillbox fails: RuntimeError: no till"):
        sections_run_at_import(load_application(root))


def test_printing_at_import_does_not_disturb(write_application):
    root = write_application(changes={"src/tillbox.py": "import sys\nprint('{}')\ndef f():\n    return 1\nf()\n"})
    assert sections_run_at_import(load_application(root)) == {"tillbox.f"}


def test_the_interface_alone_has_no_bodies_but_those_run_at_import(write_application):
    files = rebuild(load_application(write_application()), (), at_import=AT_IMPORT)
    assert {name for name, kept in bodies(files["tillbox.py"]).items() if kept} == {"rate", "register"}
    assert "Add one price" not in files["tillbox.py"]
    assert "RATES = {}" in files["tillbox.py"]


def test_a_restored_section_brings_helpers_and_construction(write_application):
    application = load_application(write_application())
    files = rebuild(application, [span("tillbox.Till.add")], at_import=AT_IMPORT)
    kept = {name for name, kept in bodies(files["tillbox.py"]).items() if kept}
    assert kept == {"rate", "register", "__init__", "add", "_checked"}


def test_everything_restored_is_the_original(write_application):
    root = write_application()
    rebuilder = SectionRebuilder(load_application(root), at_import=AT_IMPORT)
    files = rebuilder.rebuild([span(section.name) for section in rebuilder.sections])
    assert files["tillbox.py"] == (root / "src" / "tillbox.py").read_text()


def test_without_removes_just_what_is_named(write_application):
    rebuilder = SectionRebuilder(load_application(write_application()), at_import=AT_IMPORT)
    files = rebuilder.without([span("tillbox.Till.empty"), span("tillbox.rate")])
    assert {name for name, kept in bodies(files["tillbox.py"]).items() if not kept} == {"empty"}


def test_unknown_sections_are_ignored(write_application):
    application = load_application(write_application())
    assert rebuild(application, [span("no.where")], at_import=AT_IMPORT) == rebuild(
        application, (), at_import=AT_IMPORT
    )


SPANS = '''
def f(xs):
    """Doc."""
    total = 0
    for x in xs:
        if x < 0:
            raise ValueError(x)
        elif x > 9:
            total += 9
        else:
            total += x
    count = len(xs)
    return total, count


def scoped():
    value = 0

    def inner():
        nonlocal value
        value += 1
        return value

    return inner()
'''.lstrip()


def spanned(write_application, *spans: SectionSpan, without: bool = False) -> str:
    """Return the rebuilt text of the program above, whose first line is `def f`."""
    description = 'id = "001-till"\nname = "a"\nsummary = "b"\nsplit = "train"\nmodules = ["m"]\n'
    root = write_application(changes={"src/tillbox.py": None, "src/m.py": SPANS, "application.toml": description})
    rebuilder = SectionRebuilder(load_application(root), at_import=frozenset())
    return (rebuilder.without(spans) if without else rebuilder.rebuild(spans))["m.py"]


def test_lines_keep_the_statements_they_overlap(write_application):
    """Line 8 is inside the loop; what surrounds it there is a stub, each run of statements one line."""
    text = spanned(write_application, span("m.f", 8, 8))
    assert text.startswith(
        textwrap.dedent(
            """\
            def f(xs):
                raise NotImplementedError
                for x in xs:
                    if x < 0:
                        raise NotImplementedError
                    elif x > 9:
                        total += 9
                    else:
                        raise NotImplementedError
                raise NotImplementedError
            """
        )
    )


def test_lines_are_removed_where_a_requirement_names_them(write_application):
    text = spanned(write_application, span("m.f", 7, 8), span("m.f", 11, 11), without=True)
    kept = text.split("def scoped")[0]
    assert kept == SPANS.split("def scoped")[0].replace("elif x > 9:\n            total += 9", "XX").replace(
        "XX", "elif x > 9:\n            raise NotImplementedError"
    ).replace("count = len(xs)", "raise NotImplementedError")


def test_what_would_not_compile_is_kept_whole(write_application):
    """Line 18 declares `value` nonlocal, so its assignment on line 15 cannot go."""
    text = spanned(write_application, span("m.scoped", 18, 20))
    assert text.split("def scoped")[1] == SPANS.split("def scoped")[1]
    compile(text, "m.py", "exec")


ODD = """
class C:
    def one(self): return 1; x = 2
    @property
    def 名(self): return "ünïcode" # note
    def last(self):
        # a comment first

        @deco
        def inner():
            return 1
        return inner

    async def stream(self):
        yield 1

def tail(a, b=(1,
               2)): return (a,
    b)"""


def test_any_way_of_writing_a_body_can_be_stubbed(write_application):
    root = write_application(changes={"src/tillbox.py": ODD})
    text = rebuild(load_application(root), (), at_import=frozenset())["tillbox.py"]
    assert not any(bodies(text).values())
    assert list(bodies(text)) == ["tail", "one", "名", "last", "stream"]
    assert "# note" in text
    assert "# a comment first" in text


def test_a_function_inside_a_function_brings_the_outer_one(write_application):
    root = write_application(changes={"src/tillbox.py": ODD})
    rebuilder = SectionRebuilder(load_application(root), at_import=frozenset())
    text = rebuilder.rebuild([span("tillbox.C.last.inner")])["tillbox.py"]
    assert {name for name, kept in bodies(text).items() if kept} == {"last", "inner"}
    assert rebuilder.stubbable == tuple(f"tillbox.{name}" for name in ("C.one", "C.名", "C.last", "C.stream", "tail"))
