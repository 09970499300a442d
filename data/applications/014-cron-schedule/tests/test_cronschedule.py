from datetime import datetime, timedelta, timezone

import pytest
from cronschedule import (
    CronError,
    ExpressionError,
    MomentError,
    NeverDue,
    Schedule,
    due,
    field_values,
    is_valid,
    longest_pause,
    parse,
    soonest,
)

MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS = (tuple(range(*ends)) for ends in ((60,), (24,), (1, 32), (1, 13), (7,)))
BAD = ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 * ", "* * * * 8"]
BAD += ["a * * * *", "*/0 * * * *", "*/x * * * *", "5-1 * * * *", "1, * * * *", "-1 * * * *", "1- * * * *", "@never"]
BAD += ["* * * mon *", "* * , * *"]
UTC_MOMENT = datetime(2024, 1, 1, tzinfo=timezone.utc)


def make(minutes=(0,), hours=(0,), days=DAYS, months=MONTHS, weekdays=WEEKDAYS, last_day=False):
    return Schedule(tuple(minutes), tuple(hours), tuple(days), tuple(months), tuple(weekdays), last_day)


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.requirement("R1")
def test_parse_reads_the_five_fields():
    assert parse("30 9 1 6 5") == make((30,), (9,), (1,), (6,), (5,))


@pytest.mark.requirement("R1")
def test_stars_stand_for_every_value():
    assert parse("* * * * *") == make(MINUTES, HOURS)


@pytest.mark.requirement("R1")
def test_l_is_the_last_day_of_the_month():
    assert parse("0 0 L * *") == make(days=(), last_day=True)
    assert parse("0 0 1,l * *") == make(days=(1,), last_day=True)


@pytest.mark.requirement("R2")
def test_fields_take_lists_ranges_and_steps():
    assert field_values("5,1-3", "minute") == [1, 2, 3, 5]
    assert field_values("*/20", "minute") == [0, 20, 40]
    assert field_values("1-10/4", "day") == [1, 5, 9]
    assert field_values("20/2", "hour") == [20, 22]


@pytest.mark.requirement("R2")
def test_months_and_weekdays_have_names():
    assert field_values("jan-MAR,Dec", "month") == [1, 2, 3, 12]
    assert field_values("mon,SAT", "weekday") == [1, 6]


@pytest.mark.requirement("R2")
def test_seven_is_sunday():
    assert field_values("7", "weekday") == [0]
    assert field_values("5-7", "weekday") == [0, 5, 6]
    assert field_values("*", "weekday") == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.requirement("R2")
def test_unknown_fields_are_refused():
    with pytest.raises(ExpressionError):
        field_values("1", "second")


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("macro", "plain"),
    [("@yearly", (1,)), ("@annually", (1,)), ("@MONTHLY", MONTHS)],
)
def test_macros_of_months(macro, plain):
    assert parse(macro) == make(days=(1,), months=plain)


@pytest.mark.requirement("R3")
def test_macros_of_days():
    assert parse("@weekly") == make(weekdays=(0,))
    assert parse("@daily") == parse("@midnight") == make()
    assert parse(" @hourly ") == make(hours=HOURS)


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("text", BAD)
def test_other_texts_are_refused(text):
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.requirement("R4")
def test_is_valid_tells_expressions_from_other_texts():
    assert {is_valid(text) for text in BAD} == {False}
    assert all(is_valid(text) for text in ("59 23 31 12 7", "0 0 1 1 0", "@daily", "*/5,7 * L feb mon-fri"))


@pytest.mark.requirement("R5")
def test_matches_compares_every_field():
    schedule = make((30,), (9,), months=(6,))
    assert schedule.matches(at("2024-06-15 09:30:59")) is True
    others = ("2024-06-15 09:31", "2024-06-15 10:30", "2024-07-15 09:30")
    assert not any(schedule.matches(at(text)) for text in others)


@pytest.mark.requirement("R5")
def test_weekdays_count_from_sunday():
    assert make(weekdays=(0,)).matches(at("2024-06-16 00:00"))
    assert make(weekdays=(6,)).matches(at("2024-06-15 00:00"))
    assert not make(weekdays=(1,)).matches(at("2024-06-16 00:00"))


@pytest.mark.requirement("R5")
def test_last_day_follows_the_month():
    schedule = make(days=(), last_day=True)
    assert schedule.matches(at("2024-02-29 00:00"))
    assert not schedule.matches(at("2024-03-30 00:00"))


@pytest.mark.requirement("R6")
def test_either_day_or_weekday_suffices_when_both_are_restricted():
    schedule = make(days=(13,), weekdays=(5,))
    assert schedule.matches(at("2024-06-13 00:00"))
    assert schedule.matches(at("2024-06-14 00:00"))
    assert not schedule.matches(at("2024-06-15 00:00"))


@pytest.mark.requirement("R6")
def test_a_single_restriction_decides_alone():
    assert not make(days=(13,)).matches(at("2024-06-14 00:00"))
    assert not make(weekdays=(5,)).matches(at("2024-06-13 00:00"))


@pytest.mark.requirement("R7")
@pytest.mark.parametrize("method", ["matches", "next", "previous"])
def test_moments_with_a_time_zone_are_refused(method):
    with pytest.raises(MomentError):
        getattr(make(), method)(UTC_MOMENT)


@pytest.mark.requirement("R7")
def test_windows_with_a_time_zone_are_refused():
    with pytest.raises(MomentError):
        make().between(UTC_MOMENT, UTC_MOMENT)
    with pytest.raises(MomentError):
        make().between(at("2024-06-15 00:00"), UTC_MOMENT)
    with pytest.raises(MomentError):
        make().between(UTC_MOMENT, at("2024-06-15 00:00"))


@pytest.mark.requirement("R8")
def test_next_is_strictly_later():
    schedule = make((0, 30), (9,))
    assert schedule.next(at("2024-06-15 09:00")) == at("2024-06-15 09:30")
    assert schedule.next(at("2024-06-15 08:59:59")) == at("2024-06-15 09:00")
    assert schedule.next(at("2024-06-15 09:30")) == at("2024-06-16 09:00")


@pytest.mark.requirement("R8")
def test_next_goes_over_months_and_leap_years():
    assert make(days=(31,)).next(at("2024-03-31 00:00")) == at("2024-05-31 00:00")
    assert make(days=(29,), months=(2,)).next(at("2096-03-01 00:00")) == at("2104-02-29 00:00")


@pytest.mark.requirement("R9")
def test_previous_is_strictly_earlier():
    schedule = make((0, 30), (9,))
    assert schedule.previous(at("2024-06-15 09:30")) == at("2024-06-15 09:00")
    assert schedule.previous(at("2024-06-15 09:30:01")) == at("2024-06-15 09:30")
    assert schedule.previous(at("2024-06-15 09:00")) == at("2024-06-14 09:30")


@pytest.mark.requirement("R9")
def test_previous_goes_over_months():
    assert make(days=(31,), months=(1,)).previous(at("2024-01-31 00:00")) == at("2023-01-31 00:00")


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("method", ["next", "previous"])
def test_days_that_do_not_exist_are_never_due(method):
    with pytest.raises(NeverDue):
        getattr(make(days=(30,), months=(2,)), method)(at("2024-01-01 00:00"))


@pytest.mark.requirement("R10")
def test_the_calendar_ends():
    with pytest.raises(CronError):
        make(months=(1,)).next(at("9999-02-01 00:00"))
    with pytest.raises(CronError):
        make(months=(12,)).previous(at("0001-02-01 00:00"))


@pytest.mark.requirement("R11")
def test_upcoming_lists_so_many_times():
    times = make((0,), (6, 18)).upcoming(at("2024-06-15 07:00"), 3)
    assert times == [at("2024-06-15 18:00"), at("2024-06-16 06:00"), at("2024-06-16 18:00")]
    assert make().upcoming(at("2024-06-15 07:00"), 0) == []


@pytest.mark.requirement("R11")
def test_between_includes_the_start_and_not_the_end():
    times = make().between(at("2024-06-15 00:00"), at("2024-06-17 00:00"))
    assert times == [at("2024-06-15 00:00"), at("2024-06-16 00:00")]


@pytest.mark.requirement("R11")
def test_between_nothing():
    assert make().between(at("2024-06-15 00:01"), at("2024-06-15 23:59")) == []
    assert make().between(at("2024-06-17 00:00"), at("2024-06-15 00:00")) == []


@pytest.mark.requirement("R12")
def test_text_writes_stars_lists_and_ranges():
    assert make((0, 1, 2, 30), (9, 10), (1,), (6, 7, 8), (0, 6)).text() == "0-2,30 9,10 1 6-8 0,6"
    assert make(MINUTES, HOURS).text() == "* * * * *"


@pytest.mark.requirement("R12")
def test_text_writes_the_last_day():
    assert make(days=(), last_day=True).text() == "0 0 L * *"
    assert make(days=(1, 2, 3, 4, 7, 8, 9)).text() == "0 0 1-4,7-9 * *"
    assert make(days=(1, 15), last_day=True).text() == "0 0 1,15,L * *"


@pytest.mark.requirement("R13")
@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (make((30,), (9,), weekdays=(1, 5)), "at 09:30 on Monday and Friday"),
        (make((0, 30), (9, 17)), "at 09:00, 09:30, 17:00 and 17:30"),
        (make(MINUTES, HOURS), "every minute"),
        (make(range(0, 60, 15), HOURS, months=(1, 12)), "every 15 minutes in January and December"),
        (make(range(0, 60, 15), (9, 10)), "every 15 minutes of hour 9 and 10"),
        (make((5,), HOURS), "at minute 5 of every hour"),
        (make((0,), HOURS), "at minute 0 of every hour"),
        (make((0, 30), HOURS), "every 30 minutes"),
        (make((5, 6, 7), (1, 2)), "at minute 5, 6 and 7 of hour 1 and 2"),
    ],
)
def test_describe_words_the_time(schedule, words):
    assert schedule.describe() == words


@pytest.mark.requirement("R13")
def test_describe_words_the_days():
    assert make(days=(1, 15)).describe() == "at 00:00 on day 1 and day 15 of the month"
    both = make(days=(1,), weekdays=(0,), months=(2,), last_day=True)
    assert both.describe() == "at 00:00 on day 1 and the last day of the month or on Sunday in February"


JOBS = {"night": "0 0 * * *", "hour": "0 * * * *", "noon": "0 12 * * *"}


@pytest.mark.requirement("R14")
def test_due_names_the_expressions():
    assert due(JOBS, at("2024-06-15 12:00:30")) == ["hour", "noon"]
    assert due(JOBS, at("2024-06-15 12:01")) == []


@pytest.mark.requirement("R14")
def test_soonest_names_what_comes_first():
    assert soonest(JOBS, at("2024-06-15 23:00")) == (at("2024-06-16 00:00"), ["hour", "night"])
    assert soonest({}, at("2024-06-15 23:00")) is None


@pytest.mark.requirement("R15")
def test_longest_pause_between_due_times():
    pause = longest_pause("0 9,12,18 * * *", at("2024-06-15 09:00"), at("2024-06-15 19:00"))
    assert pause == timedelta(hours=6)
    pause = longest_pause("0 9,12,18 * * *", at("2024-06-15 09:00"), at("2024-06-15 18:00"))
    assert pause == timedelta(hours=3)


@pytest.mark.requirement("R15")
def test_no_pause_below_two_due_times():
    assert longest_pause("@daily", at("2024-06-15 00:00"), at("2024-06-16 00:00")) is None
