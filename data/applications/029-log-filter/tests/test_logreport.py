from datetime import datetime

import pytest

from loglines import Entry, LogError
from logreport import apply_filters, bar, format_entry, histogram_report, level_report, parse_options, run

NOON = datetime(2024, 5, 1, 12)
LOG = [
    Entry(NOON, "INFO", "web", "start"),
    Entry(NOON.replace(minute=10), "ERROR", "web.api", "failed 1", ("  at a",)),
    Entry(NOON.replace(minute=20), "DEBUG", "db", "failed 2"),
    Entry(NOON.replace(hour=14), "ERROR", "db", "gone"),
]
TEXT = (
    "2024-05-01 12:00:00 INFO web: start 1\n2024-05-01 12:30:00 ERROR db: gone\n2024-05-01 13:00:00 INFO web: start 2\n"
)


def messages(options):
    return [entry.message for entry in apply_filters(LOG, options)]


@pytest.mark.requirement("R16")
def test_entries_are_written_as_lines():
    assert format_entry(LOG[1]) == "2024-05-01 12:10:00 ERROR    web.api: failed 1\n  at a"


@pytest.mark.requirement("R16")
def test_empty_messages_leave_no_trailing_blank():
    assert format_entry(Entry(NOON, "CRITICAL", "web", "")) == "2024-05-01 12:00:00 CRITICAL web:"


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("value, length", [(0, 0), (1, 1), (9, 1), (10, 1), (19, 1), (20, 2), (100, 10)])
def test_bars_are_proportional(value, length):
    assert bar(value, 100, 10) == "#" * length


@pytest.mark.requirement("R17")
def test_bars_without_largest_value_are_empty():
    assert bar(1, 0, 10) == ""
    assert bar(1, 1, 4) == "####"


@pytest.mark.requirement("R17")
def test_histogram_has_a_line_for_every_span():
    assert histogram_report(LOG, "1h").splitlines() == [
        "2024-05-01 12:00:00     3 " + "#" * 40,
        "2024-05-01 13:00:00     0",
        "2024-05-01 14:00:00     1 " + "#" * 13,
    ]


@pytest.mark.requirement("R17")
def test_histogram_of_nothing():
    assert histogram_report([], "1h") == ""


@pytest.mark.requirement("R18")
def test_levels_by_severity_with_shares():
    assert level_report(LOG).splitlines() == [
        "ERROR        2  50.0%",
        "INFO         1  25.0%",
        "DEBUG        1  25.0%",
        "total        4",
    ]


@pytest.mark.requirement("R18")
def test_levels_of_nothing():
    assert level_report([]) == "total        0"


@pytest.mark.requirement("R19")
def test_options_with_blank_or_equals_sign():
    assert parse_options(["--level", "info", "--grep=a=b", "--since="]) == {
        "--level": "info",
        "--grep": "a=b",
        "--since": "",
    }


@pytest.mark.requirement("R19")
@pytest.mark.parametrize("words", [["--loud", "1"], ["level", "info"], ["--level"], ["--top", "1", "--top=2"]])
def test_wrong_options(words):
    with pytest.raises(LogError):
        parse_options(words)


@pytest.mark.requirement("R20")
@pytest.mark.parametrize(
    "options, kept",
    [
        ({}, ["start", "failed 1", "failed 2", "gone"]),
        ({"--level": "error"}, ["failed 1", "gone"]),
        ({"--source": "web"}, ["start", "failed 1"]),
        ({"--grep": "FAIL"}, ["failed 1", "failed 2"]),
        ({"--exclude": "fail"}, ["start", "gone"]),
        ({"--grep": "fail", "--exclude": "2"}, ["failed 1"]),
        ({"--since": "2024-05-01T12:10:00", "--until": "2024-05-01 14:00:00"}, ["failed 1", "failed 2"]),
        ({"--grep": "gone", "--context": "1"}, ["failed 2", "gone"]),
    ],
)
def test_filters_combine(options, kept):
    assert messages(options) == kept


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("options", [{"--since": "noon"}, {"--context": "-1"}, {"--context": "x"}])
def test_values_of_filters_that_make_no_sense(options):
    with pytest.raises(LogError):
        messages(options)


@pytest.mark.requirement("R21")
def test_run_shows_entries():
    assert run(["show", "--level", "error"], TEXT) == (0, "2024-05-01 12:30:00 ERROR    db: gone")


@pytest.mark.requirement("R21")
def test_run_counts_messages_and_levels():
    assert run(["top"], TEXT) == (0, "    2 start <num>\n    1 gone")
    assert run(["top", "--top", "1"], TEXT) == (0, "    2 start <num>")
    assert run(["levels"], TEXT)[1].endswith("total        3")


@pytest.mark.requirement("R21")
def test_run_draws_hours_unless_told_otherwise():
    assert len(run(["histogram"], TEXT)[1].splitlines()) == 2
    assert len(run(["histogram", "--every", "30m"], TEXT)[1].splitlines()) == 3


@pytest.mark.requirement("R21")
@pytest.mark.parametrize(
    "argv", [[], ["fly"], ["show", "--level", "loud"], ["top", "--top", "x"], ["histogram", "--every=1"]]
)
def test_run_reports_errors_with_code_two(argv):
    code, output = run(argv, TEXT)
    assert (code, output[:7]) == (2, "error: ")


@pytest.mark.requirement("R21")
def test_run_without_any_entry_left():
    assert run(["show", "--grep", "zzz"], TEXT) == (1, "no entries")
