import pytest

from retrykit import (
    GaveUp,
    Policy,
    PolicyError,
    TimeLimitExceeded,
    VirtualClock,
    capped,
    compose,
    constant,
    exponential,
    fibonacci,
    jittered,
    linear,
    preview,
    scripted,
    with_cache,
    with_fallback,
    with_retry,
    with_time_limit,
)


def two_seconds(attempt):
    return 2.0


def growing(attempt):
    return 10.0 * attempt


@pytest.mark.requirement("R1")
def test_time_passes_by_advancing_and_sleeping():
    clock = VirtualClock(100)
    clock.advance(2.5)
    clock.sleep(4)
    clock.sleep(0)
    assert clock.now() == 106.5
    assert clock.sleeps() == [4, 0]


@pytest.mark.requirement("R1")
def test_a_new_clock_starts_at_zero():
    assert VirtualClock().now() == 0


@pytest.mark.requirement("R1")
def test_time_does_not_run_backwards():
    with pytest.raises(PolicyError):
        VirtualClock().advance(-0.1)
    VirtualClock().advance(0)


@pytest.mark.requirement("R2")
def test_scripts_return_and_raise_in_order_and_repeat_the_end():
    operation = scripted([1, ValueError("no"), 3])
    assert operation() == 1
    with pytest.raises(ValueError):
        operation()
    assert [operation(), operation()] == [3, 3]


@pytest.mark.requirement("R2")
def test_scripts_take_time():
    clock = VirtualClock()
    operation = scripted([1], clock, 1.5)
    operation()
    operation()
    assert clock.now() == 3


@pytest.mark.requirement("R2")
def test_scripts_need_an_outcome():
    with pytest.raises(PolicyError):
        scripted([])


@pytest.mark.requirement("R3")
def test_constant_delays():
    assert [constant(1.5)(attempt) for attempt in (1, 2, 9)] == [1.5, 1.5, 1.5]


@pytest.mark.requirement("R3")
def test_linear_delays():
    assert [linear(2, 3)(attempt) for attempt in (1, 2, 3)] == [2, 5, 8]


@pytest.mark.requirement("R3")
def test_exponential_delays():
    assert [exponential(0.5)(attempt) for attempt in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert exponential(2, 3)(3) == 18
    assert exponential(2, 1)(5) == 2


@pytest.mark.requirement("R3")
def test_fibonacci_delays():
    assert [fibonacci(2)(attempt) for attempt in range(1, 7)] == [2, 2, 4, 6, 10, 16]


@pytest.mark.requirement("R4")
def test_negative_constants_are_refused():
    with pytest.raises(PolicyError):
        constant(-1)
    assert constant(0)(1) == 0


@pytest.mark.requirement("R4")
def test_negative_linear_delays_are_refused():
    for start, step in [(-1, 2), (2, -1)]:
        with pytest.raises(PolicyError):
            linear(start, step)


@pytest.mark.requirement("R4")
def test_shrinking_and_negative_exponential_delays_are_refused():
    for start, factor in [(-1, 2), (1, 0.9)]:
        with pytest.raises(PolicyError):
            exponential(start, factor)


@pytest.mark.requirement("R4")
def test_negative_fibonacci_units_are_refused():
    with pytest.raises(PolicyError):
        fibonacci(-1)


@pytest.mark.requirement("R5")
def test_capped_delays_stop_growing():
    assert [capped(growing, 25)(attempt) for attempt in (1, 2, 3)] == [10, 20, 25]
    with pytest.raises(PolicyError):
        capped(growing, -1)


@pytest.mark.requirement("R5")
def test_preview_lists_the_pauses_between_attempts():
    assert preview(growing, 4) == [10, 20, 30]
    assert preview(growing, 1) == []


@pytest.mark.requirement("R6")
def test_jitter_shortens_by_no_more_than_its_share():
    delays = [jittered(growing, 0.5, 7)(attempt) / (10 * attempt) for attempt in range(1, 200)]
    assert 0.5 <= min(delays) < 0.55
    assert 0.95 < max(delays) <= 1


@pytest.mark.requirement("R6")
def test_jitter_is_reproducible():
    one, same, other = jittered(growing, 1, 7), jittered(growing, 1, 7), jittered(growing, 1, 8)
    assert [one(attempt) for attempt in (1, 2)] == [same(attempt) for attempt in (1, 2)]
    assert one(1) == one(1) != other(1)


@pytest.mark.requirement("R6")
def test_the_share_of_jitter():
    assert jittered(growing, 0, 7)(2) == 20
    for share in (-0.1, 1.1):
        with pytest.raises(PolicyError):
            jittered(growing, share, 7)


def retry(outcomes, seconds=0.0, **policy):
    """Return the clock and the retried operation of a script."""
    clock = VirtualClock()
    return clock, with_retry(Policy(**{"delays": two_seconds, **policy}), clock)(scripted(outcomes, clock, seconds))


@pytest.mark.requirement("R7")
def test_retry_goes_on_until_success():
    clock, operation = retry([ValueError(), KeyError(), "fine"], delays=growing)
    assert operation() == "fine"
    assert clock.sleeps() == [10, 20]


@pytest.mark.requirement("R7")
def test_success_at_once_never_sleeps():
    clock, operation = retry(["fine"])
    assert operation() == "fine"
    assert clock.sleeps() == []


@pytest.mark.requirement("R7")
def test_unwanted_results_are_retried():
    _, operation = retry([None, 0, 5], unwanted=(None, 0))
    assert operation() == 5


@pytest.mark.requirement("R7")
def test_every_call_has_all_attempts_again():
    _, operation = retry([ValueError(), ValueError(), 1, ValueError(), ValueError(), 2])
    assert [operation(), operation()] == [1, 2]


@pytest.mark.requirement("R8")
def test_giving_up_tells_how_often_and_why():
    last = KeyError("b")
    clock, operation = retry([ValueError("a"), last], attempts=2)
    with pytest.raises(GaveUp) as caught:
        operation()
    assert (caught.value.attempts, caught.value.last) == (2, last)
    assert caught.value.__cause__ is last
    assert clock.sleeps() == [2]


@pytest.mark.requirement("R8")
def test_a_single_attempt_is_not_repeated():
    clock, operation = retry([None, 1], attempts=1, unwanted=(None,))
    with pytest.raises(GaveUp) as caught:
        operation()
    assert (caught.value.attempts, caught.value.last, clock.now()) == (1, None, 0)


@pytest.mark.requirement("R8")
def test_at_least_one_attempt_is_needed():
    with pytest.raises(PolicyError):
        retry([1], attempts=0)


@pytest.mark.requirement("R9")
def test_other_errors_pass_through_at_once():
    clock, operation = retry([KeyError("x"), 1], errors=(ValueError, OSError))
    with pytest.raises(KeyError):
        operation()
    assert clock.sleeps() == []


@pytest.mark.requirement("R9")
def test_subclasses_of_the_errors_are_retried():
    assert retry([FileNotFoundError(), 1], errors=(ValueError, OSError))[1]() == 1


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("limit, attempts", [(8, 3), (7.9, 2), (4, 2), (3.9, 1), (0, 1), (100, 10)])
def test_no_delay_may_end_after_the_time_limit(limit, attempts):
    clock, operation = retry([ValueError()], seconds=1, attempts=10, time_limit=limit, delays=lambda attempt: 3.0)
    clock.advance(50)
    with pytest.raises(GaveUp) as caught:
        operation()
    assert caught.value.attempts == attempts


@pytest.mark.requirement("R11")
def test_operations_within_the_time_limit_return():
    clock = VirtualClock(5)
    assert with_time_limit(3, clock)(scripted(["fine"], clock, 3))() == "fine"


@pytest.mark.requirement("R11")
def test_operations_beyond_the_time_limit_fail():
    clock = VirtualClock(5)
    with pytest.raises(TimeLimitExceeded):
        with_time_limit(3, clock)(scripted(["fine"], clock, 3.1))()


@pytest.mark.requirement("R12")
def test_fallback_replaces_errors_only():
    operation = with_fallback("plan b", (ValueError,))(scripted([1, ValueError(), KeyError()]))
    assert [operation(), operation()] == [1, "plan b"]
    with pytest.raises(KeyError):
        operation()


@pytest.mark.requirement("R12")
def test_fallback_for_any_error():
    assert with_fallback(None)(scripted([OSError()]))() is None


@pytest.mark.requirement("R13")
def test_results_are_remembered_until_they_are_old():
    clock = VirtualClock()
    operation = with_cache(10, clock)(scripted([1, 2, 3]))
    seen = [operation()]
    for step in (9, 1, 9):
        clock.advance(step)
        seen.append(operation())
    assert seen == [1, 1, 2, 2]


@pytest.mark.requirement("R13")
def test_age_counts_from_the_end_of_the_call_and_errors_are_forgotten():
    clock = VirtualClock()
    operation = with_cache(10, clock)(scripted([ValueError(), 1, 2], clock, 8))
    with pytest.raises(ValueError):
        operation()
    assert operation() == 1
    clock.advance(9)
    assert operation() == 1


@pytest.mark.requirement("R14")
def test_the_first_wrapper_is_the_outermost():
    def mark(sign):
        return lambda operation: lambda: sign + operation()

    assert compose(mark("a"), mark("b"), mark("c"))(scripted(["x"]))() == "abcx"


@pytest.mark.requirement("R14")
def test_nothing_composed_changes_nothing():
    assert compose()(scripted([1]))() == 1


@pytest.mark.requirement("R14")
def test_fallback_around_retry():
    clock = VirtualClock()
    policy = Policy(two_seconds, attempts=4)
    operation = compose(with_fallback("none"), with_retry(policy, clock))(scripted([ValueError()]))
    assert operation() == "none"
    assert clock.now() == 6
