"""What an interface shows of a program, and what it keeps to itself."""

import ast
import textwrap

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.interface import Interface, interface_of
from iccm_dagster.applications.stubs import Binding, Class, Sort

SOURCE = '''
"""Secret module docstring."""
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

__all__ = ["_exported_anyway"]
LIMIT: int = 10
NAMES = ("a", "b")
WORDS = frozenset({"x", "y"})
Row = dict[str, int]
COMPUTED = _secret_table()
_PRIVATE = 3
LOW, HIGH = 1, 2


class ShopError(Exception):
    """Secret."""
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code
        self._hidden = 1

class Missing(ShopError, KeyError): pass

class Colour(enum.StrEnum):
    RED = "red"
    BLUE = enum.auto()

@dataclass(frozen=True, slots=True)
class Item:
    name: str
    tags: list[str] = field(default_factory=list)
    _key: int = 0
    def total(self, factor: int = _PRIVATE, *, scale=_secret_table()) -> int:
        """Secret."""
        return self._key * 42

class Pair(NamedTuple):
    one: int
    two: int = 2

class Closer(Protocol):
    def close(self) -> None: ...

class _Base:
    inherited = 1
    def shared(self) -> str: return "x"
    def _own(self): return 1

class Box(_Base, Closer):
    def __init__(self, size: int = 1) -> None:
        self.size: "int" = size
        self.kept = size
    @property
    def width(self) -> int: return 1
    @width.setter
    def width(self, value): pass
    @classmethod
    def empty(cls) -> "Box": return cls()
    @staticmethod
    def helper() -> int: return 1
    def __len__(self) -> int: return 1
    async def fetch(self): return 1
    class Part:
        def go(self): return 1
    class _Secret: pass

def walk(box: Box, /, depth: int = 3, *rest: int, deep: bool = False, **more) -> Iterator[int]:
    # secret comment
    inner = lambda: (yield)
    yield 1
async def ticks():
    yield 1
def plain():
    def inner(): yield 1
    return inner
def _exported_anyway(): return 1
def _secret_table(): return 1
'''


def interface_in(write_application, files: dict[str, str], modules: list[str]) -> Interface:
    names = ", ".join(f'"{module}"' for module in modules)
    description = f'id = "001-till"\nname = "a"\nsummary = "b"\nsplit = "train"\nmodules = [{names}]\n'
    sources = {f"src/{path}": text for path, text in files.items()}
    return interface_of(
        load_application(
            write_application(changes={"src/tillbox.py": None, "application.toml": description, **sources})
        )
    )


def shop(write_application) -> dict[str, Class]:
    (module,) = interface_in(write_application, {"shop.py": SOURCE}, ["shop"]).modules
    return {item.name: item for item in module.classes}


def test_it_is_python_and_keeps_secrets(write_application):
    text = interface_in(write_application, {"shop.py": SOURCE}, ["shop"]).text()
    ast.parse(text)
    lowered = text.lower()
    assert "secret" not in lowered
    assert "42" not in text
    assert "_hidden" not in text
    assert text.startswith("# shop.py\n")


def test_constants_show_short_values_only(write_application):
    (module,) = interface_in(write_application, {"shop.py": SOURCE}, ["shop"]).modules
    assert {value.name: value.text() for value in module.constants} == {
        "LIMIT": "LIMIT: int = 10",
        "NAMES": "NAMES = ('a', 'b')",
        "WORDS": "WORDS = frozenset({'x', 'y'})",
        "Row": "Row = dict[str, int]",
        "COMPUTED": "COMPUTED = ...",
        "LOW": "LOW = ...",
        "HIGH": "HIGH = ...",
    }


def test_functions_keep_their_signature_and_say_how_they_run(write_application):
    (module,) = interface_in(write_application, {"shop.py": SOURCE}, ["shop"]).modules
    found = {function.name: function for function in module.functions}
    assert list(found) == ["walk", "ticks", "plain", "_exported_anyway"]
    expected = "def walk(box: Box, /, depth: int=3, *rest: int, deep: bool=False, **more) -> Iterator[int]"
    assert found["walk"].signature == expected
    assert (found["walk"].is_async, found["walk"].yields) == (False, True)
    assert (found["ticks"].is_async, found["ticks"].yields) == (True, True)
    assert (found["plain"].is_async, found["plain"].yields) == (False, False)


def test_sorts_of_classes(write_application):
    assert {name: item.sort for name, item in shop(write_application).items()} == {
        "ShopError": Sort.EXCEPTION,
        "Missing": Sort.EXCEPTION,
        "Colour": Sort.ENUM,
        "Item": Sort.DATACLASS,
        "Pair": Sort.NAMED_TUPLE,
        "Closer": Sort.PROTOCOL,
        "Box": Sort.CLASS,
    }


def test_exceptions_name_their_nearest_builtin_and_attributes(write_application):
    found = shop(write_application)
    assert found["ShopError"].exception_base == "Exception"
    assert (found["Missing"].bases, found["Missing"].exception_base) == (("ShopError", "KeyError"), "KeyError")
    assert [value.text() for value in found["ShopError"].values] == ["code: int"]


def test_fields_defaults_and_enum_members(write_application):
    found = shop(write_application)
    assert [value.text() for value in found["Item"].values] == [
        "name: str",
        "tags: list[str] = field(default_factory=list)",
    ]
    assert found["Item"].decorators == ("dataclass(frozen=True, slots=True)",)
    assert [value.text() for value in found["Colour"].values] == ["RED = 'red'", "BLUE = enum.auto()"]
    assert [value.text() for value in found["Pair"].values] == ["one: int", "two: int = 2"]


def test_private_defaults_are_given_by_value(write_application):
    (total,) = shop(write_application)["Item"].methods
    assert total.signature == "def total(self, factor: int=3, *, scale=...) -> int"


def test_methods_properties_and_inherited_members(write_application):
    box = shop(write_application)["Box"]
    assert box.bases == ("Closer",)
    assert {method.name: method.binding for method in box.methods} == {
        "shared": Binding.METHOD,
        "__init__": Binding.METHOD,
        "width": Binding.PROPERTY,
        "empty": Binding.CLASS_METHOD,
        "helper": Binding.STATIC_METHOD,
        "__len__": Binding.METHOD,
        "fetch": Binding.METHOD,
    }
    assert [method.name for method in box.methods if method.settable] == ["width"]
    assert [value.text() for value in box.values] == ["inherited = 1", "size: 'int'", "kept: int"]
    assert [nested.name for nested in box.classes] == ["Part"]


def test_names_list_everything_public(write_application):
    names = interface_in(write_application, {"shop.py": SOURCE}, ["shop"]).names()
    assert {"shop.LIMIT", "shop.walk", "shop.Box", "shop.Box.width", "shop.Box.Part.go", "shop.Colour.RED"} <= set(
        names
    )
    assert not any("_Base" in name or "_Secret" in name for name in names)


def test_a_package_shows_what_it_reexports(write_application):
    files = {
        "pkg/__init__.py": "from ._core import run, LIMIT as BOUND\nfrom .more import *\nfrom .other import go as start\n",
        "pkg/_core.py": "LIMIT = 5\ndef run(): return _help()\ndef _help(): return 1\n",
        "pkg/more.py": "__all__ = ['extra']\ndef extra(): return 1\ndef unlisted(): return 1\n",
        "pkg/other.py": "def go(): return 1\n",
    }
    interface = interface_in(write_application, files, ["pkg", "pkg.other"])
    package, other = interface.modules
    assert [function.name for function in package.functions] == ["run", "extra"]
    assert [value.text() for value in package.constants] == ["BOUND = 5"]
    assert package.reexports == (("start", "pkg.other.go"),)
    assert [function.name for function in other.functions] == ["go"]
    assert interface.text() == textwrap.dedent(
        """\
        # pkg/__init__.py

        from pkg.other import go as start

        BOUND = 5

        def run(): ...

        def extra(): ...


        # pkg/other.py

        def go(): ...
        """
    )
