"""Sections of all kinds, what they call, and what comes along with them."""

import ast
import textwrap

import pytest

from iccm_dagster.applications.sections import Section, SectionKind, extract_sections, private_closure
from iccm_dagster.errors import ApplicationError


def sections_in(text: str, **options) -> dict[str, Section]:
    return {section.name: section for section in extract_sections({"m.py": textwrap.dedent(text)}, **options)}


KINDS = '''
import functools
from typing import overload

def plain(a: int = 1, *, b) -> str:
    """What it does.

    More.
    """
    def inner():
        return 1
    return inner

async def later(): ...

@functools.cache
@decorated(
    1,
)
class Thing(Base, metaclass=Meta):
    """A thing."""

    @property
    def size(self): return 1

    @size.setter
    def size(self, value): pass

    @staticmethod
    def make(
        one,   # a comment
        two="x: y",
    ) -> "Thing":
        return Thing()

    async def wait(self):
        class Local:
            def go(self): ...

    class Part: pass

@overload
def f(a: int) -> int: ...
@overload
def f(a: str) -> str: ...
def f(a): return a

if True:
    def chosen(): return 1
else:
    def chosen(): return 2
'''


def test_every_kind_of_definition_is_a_section():
    found = sections_in(KINDS)
    assert {name.removeprefix("m."): section.kind for name, section in found.items()} == {
        "plain": SectionKind.FUNCTION,
        "plain.inner": SectionKind.FUNCTION,
        "later": SectionKind.ASYNC_FUNCTION,
        "Thing": SectionKind.CLASS,
        "Thing.size": SectionKind.PROPERTY,
        "Thing.size#2": SectionKind.PROPERTY,
        "Thing.make": SectionKind.METHOD,
        "Thing.wait": SectionKind.ASYNC_METHOD,
        "Thing.wait.Local": SectionKind.CLASS,
        "Thing.wait.Local.go": SectionKind.METHOD,
        "Thing.Part": SectionKind.CLASS,
        "f": SectionKind.OVERLOAD,
        "f#2": SectionKind.OVERLOAD,
        "f#3": SectionKind.FUNCTION,
        "chosen": SectionKind.FUNCTION,
        "chosen#2": SectionKind.FUNCTION,
    }


def test_sections_come_in_the_order_of_lines():
    starts = [section.line_start for section in sections_in(KINDS).values()]
    assert starts == sorted(starts)


def test_a_section_knows_its_parent_docstring_and_signature():
    found = sections_in(KINDS)
    assert found["m.plain"].signature == "def plain(a: int = 1, *, b) -> str"
    assert found["m.plain"].docstring == "What it does.\n\nMore."
    assert found["m.plain"].parent is None
    assert found["m.plain.inner"].parent == "m.plain"
    assert found["m.Thing"].signature == "class Thing(Base, metaclass=Meta)"
    assert found["m.later"].signature == "async def later()"
    assert found["m.Thing.size"].signature == "def size(self)"
    assert found["m.Thing.make"].signature == "def make(one, two='x: y') -> 'Thing'"


def test_decorators_belong_to_the_span():
    thing = sections_in(KINDS)["m.Thing"]
    lines = KINDS.split("\n")
    assert lines[thing.line_start - 1] == "@functools.cache"
    assert lines[thing.line_end - 1] == "    class Part: pass"


def test_code_is_the_text_without_its_indentation():
    make = sections_in(KINDS)["m.Thing.make"]
    assert make.code.startswith("@staticmethod\ndef make(\n    one,   # a comment\n")
    ast.parse(make.code)


def test_what_only_declares_has_no_body_to_remove():
    declared = {name for name, section in sections_in(KINDS).items() if section.declares_only}
    # `Thing` holds methods, so it is no mere declaration; an abstract method is one whatever its docstring.
    assert declared == {"m.later", "m.f", "m.f#2", "m.Thing.Part", "m.Thing.size#2", "m.Thing.wait.Local.go"}
    assert sections_in('def f():\n    """Say."""\n    raise NotImplementedError("soon")')["m.f"].declares_only


def test_public_means_reachable_by_name():
    found = sections_in(
        """
        def seen():
            def inner(): return 1
        def _hidden(): return 1
        class Shown:
            def __init__(self): self.x = 1
            def method(self): return 1
            def _helper(self): return 1
        class _Hidden:
            def method(self): return 1
        """
    )
    assert {name for name, section in found.items() if section.public} == {"m.seen", "m.Shown", "m.Shown.method"}


def test_modules_decide_what_is_public():
    files = {
        "pkg/__init__.py": "from .core import run as start\nfrom .extra import *\n",
        "pkg/core.py": "def run(): return 1\ndef stop(): return 1\n",
        "pkg/extra.py": "def more(): return 1\ndef _less(): return 1\n",
    }
    public = {section.name for section in extract_sections(files, modules=["pkg"]) if section.public}
    assert public == {"pkg.core.run", "pkg.extra.more"}
    public = {section.name for section in extract_sections(files, modules=["pkg", "pkg.core"]) if section.public}
    assert public == {"pkg.core.run", "pkg.core.stop", "pkg.extra.more"}
    assert sum(section.public for section in extract_sections(files)) == 3


def test_the_hash_follows_the_code_and_nothing_else():
    before = sections_in("def f():\n    return 1\ndef g():\n    return 2\n")
    after = sections_in("# a comment\n\ndef f():\n    return 1\ndef g():\n    return 3\n")
    assert before["m.f"].content_hash == after["m.f"].content_hash
    assert before["m.g"].content_hash != after["m.g"].content_hash


CALLS = """
import codec
from codec import encode as pack
import pkg.deep

TABLE = {"a": _from_table, "b": helper}

class Base:
    def shared(self): return 1
    def _hook(self): return 1

class Child(Base):
    limits = (_limit,)
    def run(self):
        self.shared()
        self._hook()
        return self._size
    @property
    def _size(self): return 1
    @classmethod
    def build(cls): return cls._make()
    @staticmethod
    def _make(): return Child()
    def bound(self, helper): return helper()
    def by_class(self): return Child.run
    def by_limits(self): return self.limits

class Other:
    def _hook(self): return 2

def helper(x): return x
def passes(): return sorted([], key=helper)
def imports(): return codec.decode(pack(1)), pkg.deep.dive()
def looks_up(name): return TABLE[name]()
def unknown(thing): return thing._hook(), thing.get(), thing.only()
def annotated(x: Child) -> Base: return x
def outer():
    def helper(): return 1
    return helper()
def _from_table(): return 1
def _limit(): return 1
class Single:
    def only(self): return 1
    def get(self): return 1
"""
CODEC = "def encode(x): return x\ndef decode(x): return x\n"


@pytest.mark.parametrize(
    ("caller", "calls"),
    [
        ("Child.run", ["Base._hook", "Base.shared", "Child._size", "Other._hook"]),
        ("Child.build", ["Child._make"]),
        ("Child._make", ["Child"]),
        ("Child.bound", []),
        ("Child.by_class", ["Child.run"]),
        ("Child.by_limits", ["_limit"]),
        ("Child", ["Base", "_limit"]),
        ("passes", ["helper"]),
        ("imports", ["codec.decode", "codec.encode", "pkg.deep.dive"]),
        ("looks_up", ["_from_table", "helper"]),
        ("unknown", ["Base._hook", "Other._hook", "Single.only"]),
        ("annotated", []),
        ("outer", ["outer.helper"]),
    ],
)
def test_calls_name_other_sections_of_the_application(caller, calls):
    files = {"m.py": CALLS, "codec.py": CODEC, "pkg/__init__.py": "", "pkg/deep.py": "def dive(): return 1\n"}
    found = {section.name: section for section in extract_sections(files)}
    short = [name.removeprefix("m.") for name in found[f"m.{caller}"].calls]
    assert short == calls


CLOSURE = """
class Store:
    def __init__(self): self._data = _empty()
    def get(self, key): return self._find(key)
    def put(self, key): return _Entry(key)
    def _find(self, key):
        def deep(): return _deepest()
        return deep()
    @property
    def size(self): return 1
    @size.setter
    def size(self, value): self._data = value
    def __len__(self): return 1

class _Entry:
    def __init__(self, key): self.key = key
    def text(self): return _format()

def _empty(): return {}
def _deepest(): return 1
def _format(): return ""
def public_helper(): return _format()
def uses_public(): return public_helper()
def makes(): return Store()
"""
STORE = {"Store", "Store.__init__", "_empty"}


@pytest.mark.parametrize(
    ("name", "along"),
    [
        ("Store.get", STORE | {"Store.get", "Store._find", "Store._find.deep", "_deepest"}),
        ("Store.put", STORE | {"Store.put", "_Entry", "_Entry.__init__", "_Entry.text", "_format"}),
        ("Store.size", STORE | {"Store.size", "Store.size#2"}),
        ("Store", STORE),
        ("Store.__len__", STORE | {"Store.__len__"}),
        ("uses_public", {"uses_public"}),
        ("makes", STORE | {"makes"}),
    ],
)
def test_private_helpers_and_construction_come_along(name, along):
    """Public functions that are called do not: they have requirements of their own."""
    found = extract_sections({"m.py": CLOSURE})
    assert private_closure([f"m.{name}"], found) == {f"m.{other}" for other in along}


def test_the_closure_of_nothing_or_of_unknown_names_is_empty():
    found = extract_sections({"m.py": CLOSURE})
    assert private_closure([], found) == frozenset()
    assert private_closure(["m.nowhere"], found) == frozenset()


def test_cycles_end():
    found = extract_sections({"m.py": "A = [B]\nB = [A, _f]\ndef _f(): return g()\ndef g(): return A, _f()\n"})
    assert private_closure(["m.g"], found) == {"m.g", "m._f"}


def test_a_file_that_is_no_python_is_named():
    with pytest.raises(ApplicationError) as caught:
        extract_sections({"good.py": "x = 1\n", "pkg/bad.py": "x = 1\ndef f(:\n"}, application="001-till")
    error = caught.value
    assert (error.application, str(error.file), error.line) == ("001-till", "src/pkg/bad.py", 2)


def test_other_files_are_ignored():
    assert extract_sections({"data.json": "{]", "notes.txt": "def f(:"}) == ()


def test_deep_nesting_and_long_chains_are_no_limit():
    """2,000 additions make a tree deeper than Python's recursion limit of 1,000 calls."""
    text = "def f():\n    return " + " + ".join(["g()"] * 2000) + "\n" + "def g(): return 1\n"
    assert extract_sections({"m.py": text})[0].calls == ("m.g",)
    nested = "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(90)) + " " * 90 + "return 1\n"
    assert len(extract_sections({"m.py": nested})) == 90


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_foreign_newlines_and_form_feeds_keep_lines_right(newline):
    text = newline.join(["x = 1", "\x0c", "def f():", "    return '\u2028'", "", "def g(): return 1", ""])
    found = sections_in(text)
    assert (found["m.f"].line_start, found["m.f"].line_end) == (3, 4)
    assert found["m.g"].code == "def g(): return 1"


def test_columns_count_bytes_but_code_is_text():
    found = sections_in("class Ä:\n    ü = 'ö'\n    def é(self): return 'ß'\n")
    assert found["m.Ä.é"].code == "def é(self): return 'ß'"


def test_relative_imports_and_reexports_are_followed():
    files = {
        "p/__init__.py": "from .a import one\n",
        "p/a.py": "from . import b\nfrom .b import two as second\ndef one(): return b.two() + second()\n",
        "p/b.py": "import p\ndef two(): return p.one()\n",
    }
    calls = {section.name: section.calls for section in extract_sections(files)}
    assert calls == {"p.a.one": ("p.b.two",), "p.b.two": ("p.a.one",)}


def test_super_and_super_construction():
    found = extract_sections(
        {
            "m.py": textwrap.dedent(
                """
                class _Root:
                    def __init__(self): self._fill()
                    def _fill(self): return _make()
                class Leaf(_Root):
                    def go(self): return super()._step()
                def _make(): return 1
                """
            )
        }
    )
    assert private_closure(["m.Leaf.go"], found) >= {"m.Leaf", "m._Root.__init__", "m._Root._fill", "m._make"}
