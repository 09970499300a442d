"""Mutants: each operator by hand, and what is never touched."""

import ast

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.mutants import Mutant, Operator, mutants_of


def mutants_in(write_application, body: str, **options) -> tuple[Mutant, ...]:
    """Return the mutants of one function with the given body lines."""
    source = "def f(a, b=1):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    application = load_application(write_application(changes={"src/tillbox.py": source}))
    return mutants_of(application, **{"limit": None, "seed": 0, **options})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a < b", [("comparison", "(a) >= (b)"), ("boundary", "(a) <= (b)")]),
        ("a == b", [("comparison", "(a) != (b)")]),
        ("a is not b", [("comparison", "(a) is (b)")]),
        ("a not in b", [("comparison", "(a) in (b)")]),
        (
            "a < b <= 3",
            [
                ("comparison", "(a) >= (b) <= (3)"),
                ("boundary", "(a) <= (b) <= (3)"),
                ("comparison", "(a) < (b) > (3)"),
                ("boundary", "(a) < (b) < (3)"),
                ("boundary", "4"),
            ],
        ),
        ("a + b", [("arithmetic", "((a) - (b))")]),
        ("a % b ** 2", [("arithmetic", "((a) // (b ** 2))"), ("boundary", "3"), ("arithmetic", "((b) * (2))")]),
        ("a[-1]", [("boundary", "0")]),
        ("a[1:b]", [("boundary", "2")]),
        ("a and b or a", [("boolean", "((a and b) and (a))"), ("boolean", "((a) or (b))")]),
        ("not a", [("boolean", "(a)")]),
        ("print(True)", [("removed statement", "pass"), ("boolean", "False")]),
        ("a if b else 3", [("boolean", "(not (b))")]),
        ("[x for x in a if x]", [("boolean", "(not (x))")]),
        ("return a", [("return value", "None")]),
        ("a += b", [("arithmetic", "a -= b"), ("removed statement", "pass")]),
        ("a.b = 1", [("removed statement", "pass")]),
        ("raise a", [("removed statement", "pass")]),
    ],
)
def test_operators(write_application, body, expected):
    found = mutants_in(write_application, body)
    assert [(str(mutant.operator), mutant.after) for mutant in found] == expected


@pytest.mark.parametrize(
    "body",
    [
        '"Doc 1 < 2"',
        "a",
        "x = 1",
        "return",
        "return None",
        "f'{a < b}'",
        "x: int = a",
        "'%s' % a",
        "[1] + a",
        "def g(c=1 < 2): pass",
    ],
)
def test_what_is_left_alone(write_application, body):
    assert mutants_in(write_application, body) == ()


def test_module_and_class_level_code_is_left_alone(write_application):
    source = "LIMIT = 1 + 2\nclass C:\n    x = 1 < 2\n    def m(self): return 1\nif LIMIT > 2:\n    LIMIT = 3\n"
    application = load_application(write_application(changes={"src/tillbox.py": source}))
    (mutant,) = mutants_of(application, limit=None, seed=0)
    assert (mutant.section, mutant.line, mutant.operator) == ("tillbox.C.m", 4, Operator.RETURN_VALUE)


def test_a_mutant_is_the_program_with_one_change(write_application):
    (mutant,) = mutants_in(write_application, "# é\nreturn a")
    assert mutant.before == "a"
    assert mutant.files == {"tillbox.py": "def f(a, b=1):\n    # é\n    return None\n"}


def test_every_mutant_compiles(write_application):
    application = load_application(write_application())
    found = mutants_of(application, limit=None, seed=0)
    assert {mutant.operator for mutant in found} == set(Operator) - {Operator.BOOLEAN}
    for mutant in found:
        ast.parse(mutant.files["tillbox.py"])


def test_a_limit_chooses_at_random_but_always_the_same(write_application):
    body = "\n".join(f"x = a + {n}" for n in range(40))
    everything = mutants_in(write_application, body)
    some = mutants_in(write_application, body, limit=10)
    assert len(everything) == 80
    assert len(some) == 10
    assert some == mutants_in(write_application, body, limit=10)
    assert some != mutants_in(write_application, body, limit=10, seed=1)
    assert [mutant.line for mutant in some] == sorted(mutant.line for mutant in some)
    assert mutants_in(write_application, body, limit=1000) == everything
