from datetime import date

import pytest

from recurrence import (
    Rule,
    RuleError,
    check_rule,
    describe_rule,
    format_rule,
    month_day,
    next_occurrence,
    nth_weekday,
    occurrences,
    parse_rule,
)


def dates(*texts):
    return [date.fromisoformat(text) for text in texts]


MON = date(2024, 1, 1)  # a Monday
FAR = date(2024, 12, 31)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    "text, rule",
    [
        ("FREQ=DAILY", Rule("daily")),
        ("freq=weekly;interval=2;byday=th,mo", Rule("weekly", 2, (0, 3))),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=5", Rule("monthly", 1, (4,), -1, count=5)),
        ("FREQ=MONTHLY;BYDAY=2TU", Rule("monthly", 1, (1,), 2)),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", Rule("monthly", month_day=-3)),
        ("UNTIL=20240531;FREQ=YEARLY", Rule("yearly", until=date(2024, 5, 31))),
        ("UNTIL=20241231;FREQ=YEARLY", Rule("yearly", until=date(2024, 12, 31))),
    ],
)
def test_rules_are_read(text, rule):
    assert parse_rule(text) == rule


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "INTERVAL=2",
        "FREQ",
        "FREQ=",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;X=1",
        "FREQ=DAILY;COUNT=x",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;UNTIL=2024-05-31",
        "FREQ=DAILY;UNTIL=20240532",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO,1TU",
        "FREQ=DAILY;UNTIL=2024053",
    ],
)
def test_malformed_rules(text):
    with pytest.raises(RuleError):
        parse_rule(text)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "rule",
    [
        Rule("hourly"),
        Rule("daily", 0),
        Rule("daily", count=0),
        Rule("daily", count=1, until=MON),
        Rule("weekly", weekdays=(7,)),
        Rule("weekly", weekdays=(-1,)),
        Rule("weekly", weekdays=(1, 1)),
        Rule("daily", weekdays=(1,)),
        Rule("monthly", weekdays=(1,)),
        Rule("weekly", weekdays=(1,), position=1),
        Rule("monthly", weekdays=(1, 2), position=1),
        Rule("monthly", position=1),
        Rule("monthly", weekdays=(1,), position=6),
        Rule("monthly", weekdays=(1,), position=0),
        Rule("weekly", month_day=1),
        Rule("monthly", month_day=32),
        Rule("monthly", month_day=0),
        Rule("monthly", 1, (1,), 1, 1),
    ],
)
def test_rules_that_contradict_themselves(rule):
    with pytest.raises(RuleError):
        check_rule(rule)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    "rule",
    [
        Rule("daily", 1, count=1),
        Rule("weekly", weekdays=(0, 6)),
        Rule("monthly", 1, (1,), -5),
        Rule("monthly", 1, (1,), 1),
        Rule("monthly", month_day=-31),
        Rule("monthly", month_day=1),
        Rule("yearly", until=MON),
    ],
)
def test_rules_at_their_limits_are_fine(rule):
    assert check_rule(rule) is None


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    "rule, text",
    [
        (Rule("daily"), "FREQ=DAILY"),
        (Rule("weekly", 3, (0, 3), count=2), "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,TH;COUNT=2"),
        (Rule("monthly", 1, (6,), -1), "FREQ=MONTHLY;BYDAY=-1SU"),
        (Rule("monthly", month_day=31, until=date(2024, 5, 1)), "FREQ=MONTHLY;BYMONTHDAY=31;UNTIL=20240501"),
    ],
)
def test_rules_are_written(rule, text):
    assert format_rule(rule) == text


@pytest.mark.requirement("R4")
@pytest.mark.parametrize(
    "rule, text",
    [
        (Rule("daily"), "every day"),
        (Rule("weekly", 2, (0, 3), count=5), "every 2 weeks on Monday and Thursday, 5 times"),
        (Rule("weekly", weekdays=(0, 1, 6)), "every week on Monday, Tuesday and Sunday"),
        (Rule("weekly", weekdays=(2,)), "every week on Wednesday"),
        (Rule("monthly", 1, (4,), -1), "every month on the last Friday"),
        (Rule("monthly", 1, (4,), -2), "every month on the 2nd last Friday"),
        (Rule("monthly", 1, (4,), 1), "every month on the 1st Friday"),
        (Rule("monthly", month_day=11), "every month on the 11th day"),
        (Rule("monthly", month_day=23), "every month on the 23rd day"),
        (Rule("monthly", month_day=31), "every month on the 31st day"),
        (Rule("monthly", month_day=15), "every month on the 15th day"),
        (Rule("yearly", 1, count=1), "every year, once"),
        (Rule("yearly", 4, until=MON), "every 4 years, until 2024-01-01"),
    ],
)
def test_rules_in_english(rule, text):
    assert describe_rule(rule) == text


@pytest.mark.requirement("R5")
@pytest.mark.parametrize(
    "weekday, position, day",
    [(3, 1, 1), (2, 1, 7), (3, 5, 29), (2, 5, None), (3, -5, 1), (2, -1, 28), (2, -5, None), (4, -1, 23)],
)
def test_weekdays_of_a_month(weekday, position, day):
    assert nth_weekday(2024, 2, weekday, position) == (day and date(2024, 2, day))


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("number, day", [(1, 1), (29, 29), (30, None), (-1, 29), (-29, 1), (-30, None)])
def test_days_of_a_month(number, day):
    assert month_day(2024, 2, number) == (day and date(2024, 2, day))


@pytest.mark.requirement("R6")
def test_every_third_day():
    assert occurrences(Rule("daily", 3), date(2024, 2, 27), date(2024, 3, 4)) == dates(
        "2024-02-27", "2024-03-01", "2024-03-04"
    )


@pytest.mark.requirement("R6")
def test_an_end_before_the_start():
    assert occurrences(Rule("daily"), MON, date(2023, 12, 31)) == []


@pytest.mark.requirement("R7")
def test_weekly_on_the_weekday_of_the_start():
    assert occurrences(Rule("weekly", 2), date(2024, 1, 3), date(2024, 1, 31)) == dates(
        "2024-01-03", "2024-01-17", "2024-01-31"
    )


@pytest.mark.requirement("R7")
def test_weeks_begin_on_monday_and_earlier_days_are_left_out():
    rule = Rule("weekly", 2, (4, 0))
    assert occurrences(rule, date(2024, 1, 3), date(2024, 1, 19)) == dates("2024-01-05", "2024-01-15", "2024-01-19")


@pytest.mark.requirement("R8")
def test_short_months_are_left_out():
    assert occurrences(Rule("monthly"), date(2024, 1, 31), date(2024, 5, 31)) == dates(
        "2024-01-31", "2024-03-31", "2024-05-31"
    )


@pytest.mark.requirement("R8")
def test_the_last_day_of_every_other_month():
    rule = Rule("monthly", 2, month_day=-1)
    assert occurrences(rule, date(2023, 12, 10), date(2024, 4, 30)) == dates("2023-12-31", "2024-02-29", "2024-04-30")


@pytest.mark.requirement("R8")
def test_the_second_tuesday():
    rule = Rule("monthly", 1, (1,), 2)
    assert occurrences(rule, date(2024, 1, 10), date(2024, 3, 31)) == dates("2024-02-13", "2024-03-12")


@pytest.mark.requirement("R8")
def test_leap_days_return_every_four_years():
    assert occurrences(Rule("yearly"), date(2020, 2, 29), date(2028, 3, 1)) == dates(
        "2020-02-29", "2024-02-29", "2028-02-29"
    )
    assert occurrences(Rule("yearly", 3), date(2020, 5, 1), date(2026, 5, 1)) == dates(
        "2020-05-01", "2023-05-01", "2026-05-01"
    )


@pytest.mark.requirement("R9")
def test_count_begins_at_the_start():
    assert occurrences(Rule("weekly", 1, (0, 2), count=3), date(2024, 1, 2), FAR) == dates(
        "2024-01-03", "2024-01-08", "2024-01-10"
    )


@pytest.mark.requirement("R9")
def test_until_is_included():
    assert occurrences(Rule("daily", 2, until=date(2024, 1, 5)), MON, FAR) == dates(
        "2024-01-01", "2024-01-03", "2024-01-05"
    )
    assert len(occurrences(Rule("daily", until=FAR), MON, date(2024, 1, 4))) == 4


@pytest.mark.requirement("R10")
def test_the_next_date_is_later_than_the_day():
    rule = Rule("weekly", 1, (0, 2))
    found = [next_occurrence(rule, date(2024, 1, 2), date(2024, 1, day)) for day in (1, 2, 3, 7, 8)]
    assert found == dates("2024-01-03", "2024-01-03", "2024-01-08", "2024-01-08", "2024-01-10")


@pytest.mark.requirement("R10")
def test_rules_that_have_ended_have_no_next_date():
    assert next_occurrence(Rule("daily", count=2), MON, MON) == date(2024, 1, 2)
    assert next_occurrence(Rule("daily", count=2), MON, date(2024, 1, 2)) is None
    assert next_occurrence(Rule("daily", until=date(2024, 1, 2)), MON, MON) == date(2024, 1, 2)
    assert next_occurrence(Rule("daily", until=MON), MON, MON) is None


@pytest.mark.requirement("R2")
def test_impossible_rules_are_not_expanded():
    with pytest.raises(RuleError):
        occurrences(Rule("daily", 0), MON, FAR)
    with pytest.raises(RuleError):
        next_occurrence(Rule("daily", 0), MON, FAR)
