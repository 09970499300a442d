"""The leak meter sees code in every dress it knows, and leaves prose alone."""

import base64
import zlib

import pytest

from iccm_dagster.harness.leak import LeakMeter, leak_of

CODE = "def total(items, rate):\n    result = 0\n    for item in items:\n        result += item.price * rate\n    return result\n"
SOURCE = {"shop.py": CODE}
TESTS = {
    "test_shop.py": "from shop import total\ndef test_a():\n    assert total([], 1) == 31337\n    assert 'ab' != 'x'\n"
}
PROSE = "The total of an order is the sum of its prices, each multiplied by the rate. An empty order costs nothing."


def test_prose_is_not_suspicious():
    leak = leak_of(PROSE, source=SOURCE, tests=TESTS)
    assert (leak.suspicious, leak.code_lines, leak.blobs, leak.test_literals) == (False, 0.0, 0, ())
    assert leak.length_ratio == len(PROSE) / len(CODE)


def test_pasted_code_is_a_long_run_whatever_its_layout():
    """All its tokens: def total ( items , rate ) : / result = 0 / for item in items : / result + = ... / return result."""
    everything = 8 + 3 + 5 + 8 + 2
    assert leak_of(CODE, source=SOURCE, tests={}).longest_run == everything
    assert leak_of(" ".join(CODE.split()), source=SOURCE, tests={}).longest_run == everything


def test_renamed_code_is_a_long_run_of_its_shape():
    renamed = CODE.replace("total", "a").replace("items", "b").replace("item", "c").replace("result", "d")
    leak = leak_of(renamed, source=SOURCE, tests={})
    assert leak.longest_run_renamed == 26 and leak.longest_run < 8


@pytest.mark.parametrize(
    "blob",
    [
        base64.b64encode(CODE.encode()).decode(),
        base64.b64encode(zlib.compress(CODE.encode())).decode(),
        CODE.encode().hex(),
    ],
)
def test_blobs_that_decode_are_counted(blob: str):
    assert leak_of(f"{PROSE} {blob}", source=SOURCE, tests=TESTS).blobs == 1


def test_long_words_are_not_blobs():
    assert leak_of("https://example.org/some_long_path/with-many-parts/0123456789", source=SOURCE, tests={}).blobs == 0


def test_expected_values_are_found():
    assert leak_of("It returns 31337.", source=SOURCE, tests=TESTS).test_literals == ("31337",)


def test_code_lines_are_counted():
    """Two of four lines are code."""
    context = "A shop.\nfor item in items:\n    total += item\nIt adds up.\n"
    assert leak_of(context, source=SOURCE, tests={}).code_lines == 2 / 4


def test_nothing_leaks_nothing():
    leak = leak_of("", source={}, tests={})
    assert (leak.longest_run, leak.code_lines, leak.length_ratio, leak.suspicious) == (0, 0.0, 0.0, False)


ONE_LINE = " ".join(CODE.split())
TEXTS = {
    "prose": PROSE,
    "pasted": CODE,
    "pasted into a sentence": f"It must hold that {ONE_LINE}.",
    "in lower case": ONE_LINE.replace("result", "RESULT").lower(),
    "a run of eleven": "for item in items : result + = item . price",
    "a run of twelve": "for item in items : result + = item . price *",
    "twelve words": "the total items rate result for item in items return result price",
    "encoded": f"{PROSE} {base64.b64encode(CODE.encode()).decode()}",
    "one line of four": f"A shop.\n{PROSE}\nIt adds up.\nreturn result",
    "two lines of four": f"A shop.\n{PROSE}\nresult = 0\nreturn result",
    "nothing": "",
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_meter_for_many_texts_agrees_with_the_measure_of_one(name: str):
    suspicious = {
        "pasted",
        "pasted into a sentence",
        "in lower case",
        "a run of twelve",
        "encoded",
        "two lines of four",
    }
    assert LeakMeter(SOURCE).gives_away(TEXTS[name]) == (name in suspicious)
    assert leak_of(TEXTS[name], source=SOURCE, tests={}).suspicious == (name in suspicious)
