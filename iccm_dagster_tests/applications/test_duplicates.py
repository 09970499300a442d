"""Near-duplicates: copies and renamed copies show, different code does not."""

import pytest

from iccm_dagster.applications.catalogue import load_application
from iccm_dagster.applications.duplicates import near_duplicates, token_runs

LONG = '''
def total(prices, rate):
    """Return the total."""
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError("negative price")
        result += price * (1 + rate)
    return round(result, 2)
'''
RENAMED = (
    LONG.replace("prices", "items")
    .replace("price", "item")
    .replace("rate", "tax")
    .replace("result", "s")
    .replace("total", "f")
)
OTHER = """
def walk(tree, depth):
    stack = [(tree, 0)]
    while stack:
        node, level = stack.pop()
        if level <= depth and node is not None:
            yield node.value
            stack.extend((child, level + 1) for child in node.children)
"""


def application(write_application, folder: str, source: str):
    return load_application(write_application(folder, {"src/tillbox.py": source}))


@pytest.mark.parametrize(("source", "literal", "shape"), [(LONG, 1.0, 1.0), (RENAMED, None, 1.0), (OTHER, None, None)])
def test_copies_show(write_application, source, literal, shape):
    report = near_duplicates(
        [application(write_application, "001-a", LONG)], [application(write_application, "002-b", source)]
    )
    assert (report.literal.value == 1.0) if literal else (report.literal is None or report.literal.value < 0.3)
    assert (report.shape.value == 1.0) if shape else (report.shape is None or report.shape.value < 0.4)
    assert report.clean is (source is OTHER)
    assert report.pairs == 1


def test_the_pair_is_named(write_application):
    report = near_duplicates(
        [application(write_application, "001-a", LONG)], [application(write_application, "002-b", LONG)]
    )
    assert (report.shape.first, report.shape.second) == ("001-a:tillbox.total", "002-b:tillbox.total")
    # Both folders hold the same three requirements.
    assert report.requirement.value == 1.0


def test_short_sections_and_classes_are_left_out(write_application):
    short = "def f(self):\n    return self.x\n\nclass C:\n" + "    x = 1\n" * 50
    report = near_duplicates(
        [application(write_application, "001-a", short)], [application(write_application, "002-b", short)]
    )
    assert (report.literal, report.shape, report.pairs) == (None, None, 0)


def test_nothing_to_compare_is_not_similar():
    report = near_duplicates([], [])
    assert (report.literal, report.requirement, report.clean) == (None, None, True)


def test_runs_are_five_tokens_without_comments_or_layout():
    assert token_runs("a = b + 1  # note\n\n", shape=False) == {("a", "=", "b", "+", "1")}
    assert token_runs("a = b + 1", shape=True) == {("name", "=", "name", "+", "number")}
    assert token_runs("return 'x' if y", shape=True) == frozenset()
