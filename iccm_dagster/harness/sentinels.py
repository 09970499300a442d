"""Planted tests of in-process mode: changed copies of the application's own tests that must fail.

A copy is made of a test by one change: an expected value becomes another one, a constant is shifted, an assertion is
negated, an expected exception becomes one that nobody raises. Calibration runs all copies on the original and keeps the
ones that it fails (the *guards*). A test then counts only if it passed and its guards failed in the same run; a copy
without which no honest program could get by, and that passes all the same, voids the whole run.

Beside its copies a test runs under a random name as they do.

Covered: objects equal to everything, rigged operators, classes that keep nothing, swallowed assertions, patched or
replaced pytest internals, early exits. Not covered: code that tells copies from tests by what they expect, for which it
would need their text or their frames (see ``policy`` and ``inside.alarm``). That is why this mode is marked as weaker
evidence. Tests without a guard leave the denominator.
"""

import ast
import copy
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from iccm_dagster.syntax import parse

MOST = 6
"""Copies of one test that are planted in one run at most, drawn anew for each run: shifted constants first."""
_RAISING = ("raises", "assertRaises", "assertRaisesRegex")
_EQUALITIES = frozenset(
    "assertEqual assertEquals assertDictEqual assertListEqual assertTupleEqual assertSetEqual assertSequenceEqual "
    "assertMultiLineEqual assertCountEqual assertAlmostEqual".split()
)
_OPPOSITES = {"assertTrue": "assertFalse"} | {
    f"assert{word}": f"assertNot{word}" for word in ("In", "IsInstance", "Regex", "AlmostEqual")
} | {"assertIs": "assertIsNot", "assertIsNone": "assertIsNotNone"}  # fmt: skip
_OPPOSITES |= {opposite: name for name, opposite in _OPPOSITES.items()}
_OPEN_CALLS = frozenset("abs all any bool dict float int len list max min round set sorted str sum tuple".split())


class Change(StrEnum):
    """What is different in a copy."""

    REQUIRED = "required value"
    """An expected value on the way of every program that passes the test."""
    VALUE = "value"
    """An expected value elsewhere: inside a loop or a block."""
    SHIFT = "constant"
    """A number or text that the test compares with."""
    NEGATION = "negation"
    """An assertion, turned around."""
    RAISES = "exception"
    """An expected exception, replaced by one that nobody raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy that could be planted."""

    donor: str
    """The test function: ``test_a`` or ``TestB::test_a``."""
    change: Change
    """What is changed."""
    place: int
    """Which node of the function is changed, in the order of ``ast.walk``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planting:
    """A test file with planted tests."""

    text: str
    """The file."""
    copies: Mapping[str, Copy | None]
    """Node id of a planted test -> the copy that it is; None for a test that only fails."""
    names: Mapping[str, str]
    """Name of a test in this text -> its own name, where the two differ."""


def copies(text: str) -> tuple[Copy, ...]:
    """Every copy that could be made of a test file, always in the same order; none if it cannot be parsed."""
    try:
        tree = parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(found for name, donor, _ in _tests(tree) for found in _copies_of(name, donor))


def plant(text: str, *, file: str, guards: Collection[int] | None, rng: random.Random) -> Planting:
    """A test file with planted tests. One that cannot be parsed stays as it is, without any.

    ``guards``: indices into :func:`copies` that calibration kept; None before calibration, when only copies are planted
    that no program can pass, and tests keep their names.
    """
    everything = copies(text)
    chosen = _safe(text, everything) if guards is None else [everything[i] for i in guards if i < len(everything)]
    drawn = {f"test_{_fresh(rng)}": one for one in _draw(chosen, rng)}
    return _planted(text, file, drawn, rng, rename=guards is not None)


def plant_none(text: str, *, file: str, rng: random.Random) -> Planting:
    """A test file with the one test that always fails and no copy: for the original, before it is known which copies it
    fails. A test may skip before it asserts, or hold for a changed value as well."""
    return _planted(text, file, {}, rng, rename=False)


def plant_all(text: str, *, file: str) -> Planting:
    """A test file with every copy planted, for calibration; the copies are in the order of :func:`copies`."""
    names = {f"test_guard_{number}_": one for number, one in enumerate(copies(text))}
    return _planted(text, file, names, random.Random(0), rename=False)


def _planted(text: str, file: str, chosen: dict[str, Copy], rng: random.Random, *, rename: bool) -> Planting:
    try:
        tree = parse(text)
    except (SyntaxError, ValueError):
        return Planting(text=text, copies={}, names={})
    donors = {name: (donor, body) for name, donor, body in _tests(tree)}
    changer, ids = _fresh(rng), dict[str, Copy | None]()
    for name, one in chosen.items():
        donor, body = donors[one.donor]
        first = body.index(donor) + 1 if donor in body else 0
        body.insert(rng.randint(first, len(body)), _changed(donor, one, name, changer, rng))
        group, separator, _ = one.donor.rpartition("::")
        ids[f"{file}::{group}{separator}{name}"] = one
    last = f"test_{_fresh(rng)}"
    fails = f"def {last}():\n    assert {rng.randint(2, 999)} == {rng.randint(1000, 9999)}"
    tree.body.append(parse(fails).body[0])
    aliases = {donor.name: f"test_{_fresh(rng)}" for donor, _ in donors.values()} if rename else {}
    _rename(tree, aliases)
    tree.body[_after_docstring(tree) : 0] = parse(_CHANGER.format(name=changer, text=_fresh(rng))).body
    text = ast.unparse(ast.fix_missing_locations(tree))
    names = {alias: name for name, alias in aliases.items()}
    return Planting(text=text, copies=ids | {f"{file}::{last}": None}, names=names)


def _rename(tree: ast.Module, aliases: Mapping[str, str]) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.name = aliases.get(node.name, node.name)
        elif isinstance(node, ast.Name):
            node.id = aliases.get(node.id, node.id)


_CHANGER = """
class {name}_raised(Exception):
    pass

def {name}(value):
    if isinstance(value, bool) or value is None:
        return {text!r}
    if isinstance(value, (int, float)):
        return value + 7919
    if isinstance(value, str):
        return value + {text!r}
    if isinstance(value, (list, tuple)) and value:
        return type(value)([*value[:-1], {name}(value[-1])])
    if isinstance(value, dict) and value:
        return {{key: {name}(item) for key, item in value.items()}}
    return {text!r}
"""


def _draw(chosen: list[Copy], rng: random.Random) -> list[Copy]:
    """At most ``MOST`` of each test."""
    drawn: list[Copy] = []
    for donor in dict.fromkeys(one.donor for one in chosen):
        own = [one for one in chosen if one.donor == donor]
        rng.shuffle(own)
        drawn += sorted(own, key=lambda one: one.change is not Change.SHIFT)[: MOST - 2]
        rest = [one for one in own if one not in drawn and one.change is not Change.SHIFT]
        drawn += sorted(rest, key=lambda one: one.change is not Change.REQUIRED)[:2]
    return drawn


def _safe(text: str, everything: tuple[Copy, ...]) -> list[Copy]:
    """Those that every honest program fails, whatever the test is like: tests without parameters and marks."""
    plain = {
        name
        for name, donor, _ in _tests(parse(text))
        if "::" not in name and not donor.decorator_list and not ast.unparse(donor.args)
    } if everything else set()  # fmt: skip
    return [one for one in everything if one.change is Change.REQUIRED and one.donor in plain]


def _tests(tree: ast.Module) -> list[tuple[str, ast.FunctionDef, list[ast.stmt]]]:
    """(name, function, the body that copies go to) of every test of a file, those that a class inherits there last."""
    found = [(node.name, node, tree.body) for node in tree.body if _is_test(node)]
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for group in classes.values():
        found += [(f"{group.name}::{node.name}", node, group.body) for node in group.body if _is_test(node)]
    for group in classes.values():
        inherited = {
            node.name: node for ancestor in _ancestors(group, classes) for node in ancestor.body if _is_test(node)
        }
        own = {getattr(node, "name", "") for node in group.body}
        found += [(f"{group.name}::{name}", node, group.body) for name, node in inherited.items() if name not in own]
    return found


def _ancestors(group: ast.ClassDef, classes: Mapping[str, ast.ClassDef]) -> list[ast.ClassDef]:
    """The classes of the same file that a class is derived from, farthest first."""
    found = [group]
    for one in found:
        names = [base.id for base in one.bases if isinstance(base, ast.Name)]
        found += [classes[name] for name in names if name in classes and classes[name] not in found]
    return found[:0:-1]


def _is_test(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test")


def _copies_of(name: str, donor: ast.FunctionDef) -> Iterator[Copy]:
    places = {id(node): place for place, node in enumerate(ast.walk(donor))}
    # One that reaches pytest would end the session.
    interrupts = any(isinstance(node, ast.Name) and node.id == "KeyboardInterrupt" for node in ast.walk(donor))
    required = {id(part) for node in donor.body if isinstance(node, ast.Assert) for part in _conjuncts(node.test)}
    for place, node in enumerate(ast.walk(donor)):
        if isinstance(node, ast.Assert):
            yield Copy(donor=name, change=Change.NEGATION, place=place)
            for constant in _expected_constants(node.test):
                yield Copy(donor=name, change=Change.SHIFT, place=places[id(constant)])
        if isinstance(node, ast.Call) and _called(node) in _OPPOSITES and isinstance(node.func, ast.Attribute):
            yield Copy(donor=name, change=Change.NEGATION, place=place)
        if _is_equality(node):
            change = Change.REQUIRED if id(node) in required else Change.VALUE
            yield Copy(donor=name, change=change, place=place)
        if isinstance(node, ast.Call) and _called(node) in _RAISING and node.args and not interrupts:
            yield Copy(donor=name, change=Change.RAISES, place=place)


def _conjuncts(test: ast.expr) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]


def _is_equality(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in _EQUALITIES and len(node.args) >= 2
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _expected_constants(test: ast.expr) -> list[ast.Constant]:
    """Numbers and texts that say what is expected, not what goes in: right of a comparison, or outside of calls."""
    found: dict[int, ast.Constant] = {}
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            inner = [part for side in node.comparators for part in ast.walk(side)] + _outside_calls(node.left)
        elif isinstance(node, ast.Call) and node is test:
            inner = [part for argument in node.args for part in _outside_calls(argument)]
        else:
            continue
        found |= {id(part): part for part in inner if isinstance(part, ast.Constant) and _can_shift(part.value)}
    return list(found.values())


def _outside_calls(node: ast.expr) -> list[ast.AST]:
    """The parts of an expression, calls of anything but a few builtins left out."""
    if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in _OPEN_CALLS):
        return []
    parts: list[ast.AST] = [node]
    for child in ast.iter_child_nodes(node):
        parts += _outside_calls(child)
    return parts


def _can_shift(value: object) -> bool:
    return type(value) in (int, float) or (type(value) is str and value != "")


def _changed(donor: ast.FunctionDef, one: Copy, name: str, changer: str, rng: random.Random) -> ast.FunctionDef:
    planted = copy.deepcopy(donor)
    planted.name = name
    node = next(node for place, node in enumerate(ast.walk(planted)) if place == one.place)
    if isinstance(node, ast.Assert):
        node.test = ast.UnaryOp(op=ast.Not(), operand=node.test)
    elif isinstance(node, ast.Constant):
        shift = rng.randint(7000, 9000)
        node.value = node.value + (_fresh(rng) if isinstance(node.value, str) else shift)
    elif isinstance(node, ast.Compare):
        node.comparators = [_call(changer, node.comparators[0])]
    elif isinstance(node, ast.Call) and one.change is Change.RAISES:
        node.args[0] = ast.Name(id=f"{changer}_raised", ctx=ast.Load())
    elif isinstance(node, ast.Call) and one.change is Change.NEGATION:
        assert isinstance(node.func, ast.Attribute)
        node.func.attr = _OPPOSITES[node.func.attr]
    elif isinstance(node, ast.Call):
        node.args[1] = _call(changer, node.args[1])
    return planted


def _call(function: str, argument: ast.expr) -> ast.Call:
    return ast.Call(func=ast.Name(id=function, ctx=ast.Load()), args=[argument], keywords=[])


def _fresh(rng: random.Random) -> str:
    return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=12))


def _after_docstring(tree: ast.Module) -> int:
    """Where statements may begin: behind the docstring and imports from ``__future__``."""
    return next((i for i, node in enumerate(tree.body) if not isinstance(node, (ast.Expr, ast.ImportFrom))), 0)
