from datetime import datetime, timedelta

import pytest

from loglines import (
    Entry,
    LogError,
    at_least,
    between,
    buckets,
    bursts,
    containing,
    count_levels,
    fingerprint,
    from_source,
    normalise_level,
    parse_fields,
    parse_line,
    parse_log,
    parse_span,
    top_messages,
    with_context,
)

NOON = datetime(2024, 5, 1, 12, 0, 0)


def entry(seconds=0, level="INFO", source="web", message="ok", extra=()):
    return Entry(NOON + timedelta(seconds=seconds), level, source, message, extra)


def entries(*seconds):
    return [entry(second) for second in seconds]


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "name, level", [("info", "INFO"), ("Warn", "WARNING"), ("ERR", "ERROR"), ("fatal", "CRITICAL")]
)
def test_levels_are_normalised(name, level):
    assert normalise_level(name) == level


@pytest.mark.requirement("R1")
def test_unknown_levels():
    with pytest.raises(LogError):
        normalise_level("LOUD")


@pytest.mark.requirement("R2")
def test_fields_are_pairs_in_the_message():
    assert parse_fields('a=1 x user="Ann \\"A\\" B" path=/a=b a1_b=2') == {
        "a": "1",
        "user": 'Ann "A" B',
        "path": "/a=b",
        "a1_b": "2",
    }


@pytest.mark.requirement("R2")
def test_pairs_need_a_key_and_a_value_of_their_own():
    assert parse_fields('= a= =b 1a=2 (c=3) d = 4 e="') == {"e": '"'}
    assert parse_fields('a="" b="c') == {"a": "", "b": '"c'}


@pytest.mark.requirement("R3")
def test_a_line_has_time_level_source_message_and_fields():
    assert parse_line("2024-05-01 12:00:07 [warn] web.api-2: slow ms=12\n") == Entry(
        NOON + timedelta(seconds=7), "WARNING", "web.api-2", "slow ms=12", (), {"ms": "12"}
    )


@pytest.mark.requirement("R3")
def test_a_t_and_fractions_of_a_second_are_accepted():
    assert parse_line("2024-05-01T12:00:00,250 INFO web: a: b").time == NOON
    assert parse_line("2024-05-01T12:00:00.250 INFO web: a: b").message == "a: b"
    assert parse_line("2024-05-01T12:00:00 INFO web:").message == ""


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello",
        "2024-05-01 12:00:00 LOUD web: x",
        "2024-13-01 12:00:00 INFO web: x",
        "2024-05-01 INFO web: x",
        "2024-05-01 12:00:00 INFO web x",
    ],
)
def test_lines_that_are_no_entries(line):
    with pytest.raises(LogError):
        parse_line(line)


@pytest.mark.requirement("R4")
def test_rejected_lines_of_a_log_are_numbered():
    found, rejected = parse_log(" lost\n2024-05-01 12:00:00 INFO web: x\nnoise\n\n2024-05-01 12:00:01 LOUD web: x")
    assert [one.message for one in found] == ["x"]
    assert rejected == [1, 3, 5]


@pytest.mark.requirement("R5")
def test_indented_lines_continue_an_entry():
    text = "2024-05-01 12:00:00 INFO web: w\n2024-05-01 12:00:00 ERROR web: x\n  at a  \n\n\tat b\n"
    found, rejected = parse_log(text + "2024-05-01 12:00:01 INFO web: y\n")
    assert [(one.message, one.extra) for one in found] == [("w", ()), ("x", ("  at a", "\tat b")), ("y", ())]
    assert rejected == []


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text, seconds", [("90s", 90), ("5m", 300), ("1h30m", 5400), ("2d", 172800), ("0h1s", 1)])
def test_spans_of_time(text, seconds):
    assert parse_span(text) == timedelta(seconds=seconds)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize("text", ["", "5", "m", "5m!", "5 m", "0s", "-5m", "5w"])
def test_malformed_spans(text):
    with pytest.raises(LogError):
        parse_span(text)


@pytest.mark.requirement("R7")
def test_a_level_keeps_itself_and_worse():
    log = [entry(level=level) for level in ("CRITICAL", "INFO", "DEBUG", "WARNING", "ERROR")]
    assert [one.level for one in at_least(log, "warn")] == ["CRITICAL", "WARNING", "ERROR"]


@pytest.mark.requirement("R7")
def test_an_unknown_level_filters_nothing_but_fails():
    with pytest.raises(LogError):
        at_least([], "loud")


@pytest.mark.requirement("R8")
def test_the_start_is_inside_and_the_end_outside():
    log = entries(0, 1, 2, 3)
    assert between(log, NOON + timedelta(seconds=1), NOON + timedelta(seconds=3)) == log[1:3]


@pytest.mark.requirement("R8")
def test_open_sides_of_a_period():
    log = entries(0, 1, 2)
    assert between(log, start=log[1].time) == log[1:]
    assert between(log, end=log[1].time) == log[:1]
    assert between(log) == log


@pytest.mark.requirement("R9")
def test_sources_include_their_children():
    log = [entry(source=source) for source in ("web", "web.api", "website", "db.web")]
    assert [one.source for one in from_source(log, "web")] == ["web", "web.api"]


@pytest.mark.requirement("R10")
def test_patterns_are_searched_in_message_and_extra_lines():
    log = [entry(message="Time out"), entry(message="ok"), entry(message="x", extra=("  a", "  TIMEOUT"))]
    assert containing(log, "time ?out") == [log[0], log[2]]
    assert containing(log, "time ?out", invert=True) == [log[1]]


@pytest.mark.requirement("R10")
def test_bad_patterns():
    with pytest.raises(LogError):
        containing([], "(")


@pytest.mark.requirement("R11")
def test_context_around_chosen_entries():
    log = entries(*range(9))
    assert with_context(log, [log[0], log[5], log[6]], 1) == [log[0], log[1], log[4], log[5], log[6], log[7]]
    assert with_context(log, [log[3]], 2) == log[1:6]


@pytest.mark.requirement("R11")
def test_no_context_and_negative_context():
    log = entries(1, 2, 3)
    assert with_context(log, [log[1]], 0) == [log[1]]
    with pytest.raises(LogError):
        with_context(log, [], -1)


@pytest.mark.requirement("R12")
def test_all_levels_are_counted():
    counts = count_levels([entry(level="INFO"), entry(level="ERROR"), entry(level="INFO")])
    assert list(counts.items()) == [("DEBUG", 0), ("INFO", 2), ("WARNING", 0), ("ERROR", 1), ("CRITICAL", 0)]


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    "message, result",
    [
        ("took 12.5 s for 3", "took <num> s for <num>"),
        ('open "a 1" failed', "open <str> failed"),
        ("at 0xFf in deadbeef01 x", "at <hex> in <hex> x"),
        ("facade deadbeef", "facade deadbeef"),
        ("id 'x' 1234567 12345678", "id <str> <num> <hex>"),
    ],
)
def test_variable_parts_are_replaced(message, result):
    assert fingerprint(message) == result


@pytest.mark.requirement("R13")
def test_top_messages_by_frequency_then_first_occurrence():
    log = [entry(message=message) for message in ("b 1", "a 1", "c", "a 2", "b 2", "d")]
    assert top_messages(log, 3) == [("b <num>", 2), ("a <num>", 2), ("c", 1)]


@pytest.mark.requirement("R13")
def test_the_most_frequent_message_comes_first():
    assert top_messages([entry(message=message) for message in "abb"], 1) == [("b", 2)]


@pytest.mark.requirement("R14")
def test_buckets_are_aligned_and_without_gaps():
    log = [entry(59), entry(60), entry(185), entry(30)]
    starts = [NOON + timedelta(minutes=minute) for minute in range(4)]
    assert buckets(log, timedelta(minutes=1)) == list(zip(starts, [2, 1, 0, 1]))


@pytest.mark.requirement("R14")
def test_alignment_starts_at_midnight_of_the_first_day():
    assert buckets(entries(1), timedelta(hours=7)) == [(datetime(2024, 5, 1, 7), 1)]
    assert buckets([], timedelta(hours=7)) == []


@pytest.mark.requirement("R15")
def test_bursts_are_found_one_behind_the_other():
    log = entries(50, 0, 1, 2, 3, 4, 5, 51, 52)
    found = bursts(log, 3, timedelta(seconds=3))
    assert [(time - NOON).seconds for time in found] == [0, 3, 50]


@pytest.mark.requirement("R15")
def test_a_burst_is_shorter_than_the_span():
    assert bursts(entries(0, 10), 2, timedelta(seconds=10)) == []
    assert bursts(entries(0, 9), 2, timedelta(seconds=10)) == [NOON]
    assert bursts(entries(0, 9, 12), 2, timedelta(seconds=4)) == [NOON + timedelta(seconds=9)]
