from datetime import date, datetime

import pytest

from eventplan import Event, Occurrence, agenda, busy_minutes, conflicts, free_slots
from recurrence import Rule, RuleError


def at(day, hour, minute=0):
    return datetime(2024, 1, day, hour, minute)


def busy(day, start, end, title="x"):
    return Occurrence(title, at(day, start), at(day, end))


JANUARY = (date(2024, 1, 1), date(2024, 1, 31))
WEEKLY = Event("team", at(2, 9), 90, Rule("weekly", count=4))  # 2, 9, 16, 23
NINE, TEN, TWELVE, FOUR = busy(1, 9, 11, "b"), busy(1, 10, 12, "a"), busy(1, 12, 13, "c"), busy(1, 8, 16, "d")


def days(event, first=JANUARY[0], last=JANUARY[1]):
    return [one.start.day for one in event.between(first, last)]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    "other, common",
    [
        (TEN, True),
        (TWELVE, False),
        (busy(1, 11, 12), False),
        (busy(1, 7, 9), False),
        (FOUR, True),
        (NINE, True),
        (busy(2, 9, 11), False),
    ],
)
def test_overlaps(other, common):
    assert NINE.overlaps(other) is common
    assert other.overlaps(NINE) is common


@pytest.mark.requirement("R11")
def test_length_in_minutes():
    assert Occurrence("x", at(1, 22), at(2, 1, 30)).minutes() == 210


@pytest.mark.requirement("R12")
def test_events_take_place_within_the_period():
    assert days(WEEKLY) == [2, 9, 16, 23]
    assert days(WEEKLY, date(2024, 1, 9), date(2024, 1, 16)) == [9, 16]
    assert days(WEEKLY, date(2024, 1, 10), date(2024, 1, 15)) == []


@pytest.mark.requirement("R12")
def test_occurrences_have_title_and_times():
    assert WEEKLY.between(date(2024, 1, 9), date(2024, 1, 9)) == [Occurrence("team", at(9, 9), at(9, 10, 30))]


@pytest.mark.requirement("R12")
def test_events_without_rule_take_place_once():
    once = Event("once", at(5, 9), 30)
    assert days(once) == [5]
    assert days(once, date(2024, 1, 6)) == []
    assert days(once, last=date(2024, 1, 4)) == []


@pytest.mark.requirement("R12")
def test_moved_and_cancelled_days_are_respected():
    event = Event("x", at(2, 9), 60, Rule("weekly"), frozenset({date(2024, 1, 9)}), ((date(2024, 1, 23), at(3, 8)),))
    assert [(one.start.day, one.start.hour) for one in event.between(date(2024, 1, 2), date(2024, 1, 16))] == [
        (2, 9),
        (3, 8),
        (16, 9),
    ]


@pytest.mark.requirement("R13")
def test_cancelled_days_are_missing():
    event = WEEKLY.cancel(date(2024, 1, 9)).cancel(date(2024, 1, 2))
    assert event.cancelled == {date(2024, 1, 9), date(2024, 1, 2)}
    assert WEEKLY.cancelled == frozenset()


@pytest.mark.requirement("R13")
def test_moved_days_start_at_another_time():
    event = WEEKLY.move(date(2024, 1, 9), at(10, 15)).move(date(2024, 1, 16), at(17, 8))
    again = event.move(date(2024, 1, 9), at(11, 7))
    assert event.moved == ((date(2024, 1, 9), at(10, 15)), (date(2024, 1, 16), at(17, 8)))
    assert again.moved == ((date(2024, 1, 16), at(17, 8)), (date(2024, 1, 9), at(11, 7)))


@pytest.mark.requirement("R14")
@pytest.mark.parametrize("day", [date(2024, 1, 3), date(2024, 1, 30)])
def test_only_existing_days_can_be_cancelled_or_moved(day):
    with pytest.raises(RuleError):
        WEEKLY.cancel(day)
    with pytest.raises(RuleError):
        WEEKLY.move(day, at(5, 5))


@pytest.mark.requirement("R14")
def test_cancelled_days_cannot_be_cancelled_again():
    gone = Event("x", at(2, 9), 60, None, frozenset({date(2024, 1, 2)}))
    with pytest.raises(RuleError):
        gone.cancel(date(2024, 1, 2))


@pytest.mark.requirement("R15")
def test_the_agenda_is_in_order_of_time():
    events = [Event("b", at(2, 9), 60), Event("a", at(2, 9), 60), Event("c", at(2, 9), 30), Event("d", at(1, 23), 30)]
    assert [one.title for one in agenda(events, *JANUARY)] == ["d", "c", "a", "b"]


@pytest.mark.requirement("R15")
def test_the_agenda_of_a_period():
    found = agenda([WEEKLY, Event("once", at(9, 8), 10)], date(2024, 1, 9), date(2024, 1, 9))
    assert [one.title for one in found] == ["once", "team"]


@pytest.mark.requirement("R16")
def test_overlapping_pairs_are_conflicts():
    assert conflicts([TWELVE, TEN, NINE]) == [(NINE, TEN)]


@pytest.mark.requirement("R16")
def test_a_long_occurrence_conflicts_with_several():
    assert conflicts([NINE, TWELVE, FOUR]) == [(FOUR, NINE), (FOUR, TWELVE)]


@pytest.mark.requirement("R16")
def test_equal_times_conflict_by_title():
    assert [(one.title, two.title) for one, two in conflicts([busy(1, 9, 10, "z"), busy(1, 9, 10, "y")])] == [
        ("y", "z")
    ]


@pytest.mark.requirement("R17")
def test_free_slots_between_occurrences():
    slots = free_slots([TWELVE, TEN, NINE, busy(1, 14, 15)], at(1, 8), at(1, 18), 60)
    assert slots == [(at(1, 8), at(1, 9)), (at(1, 13), at(1, 14)), (at(1, 15), at(1, 18))]


@pytest.mark.requirement("R17")
def test_short_slots_are_left_out():
    slots = free_slots([busy(1, 9, 10)], at(1, 8), at(1, 12), 61)
    assert slots == [(at(1, 10), at(1, 12))]
    assert free_slots([busy(1, 8, 12)], at(1, 8), at(1, 12), 0) == []


@pytest.mark.requirement("R17")
def test_occurrences_around_the_window():
    assert free_slots([busy(1, 6, 9), busy(1, 11, 20)], at(1, 8), at(1, 12), 1) == [(at(1, 9), at(1, 11))]
    assert free_slots([FOUR], at(1, 9), at(1, 12), 1) == []
    assert free_slots([busy(1, 14, 15), busy(1, 5, 6)], at(1, 8), at(1, 12), 1) == [(at(1, 8), at(1, 12))]


@pytest.mark.requirement("R18")
def test_overlapping_minutes_count_once():
    assert busy_minutes([TEN, NINE, TWELVE, busy(1, 10, 11)], date(2024, 1, 1)) == 240


@pytest.mark.requirement("R18")
def test_only_minutes_of_the_day_count():
    night = Occurrence("night", at(1, 23), at(2, 2))
    assert [busy_minutes([night], date(2024, 1, day)) for day in (1, 2, 3)] == [60, 120, 0]
