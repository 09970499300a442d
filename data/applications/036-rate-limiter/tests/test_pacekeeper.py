import pacekeeper
import pytest
from pacekeeper import KeyedLimiter, NeverPossible, SlidingWindow, TimeWentBack, TokenBucket


@pytest.mark.requirement("R1")
def test_a_bucket_starts_full_and_runs_empty():
    bucket = TokenBucket(rate=1, capacity=3)
    assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]


@pytest.mark.requirement("R1")
def test_larger_amounts_need_all_their_tokens():
    bucket = TokenBucket(rate=2, capacity=10)
    assert [bucket.take(0, 7), bucket.take(0, 4), bucket.take(0, 3)] == [True, False, True]


@pytest.mark.requirement("R1")
def test_a_bucket_refills_at_its_rate():
    bucket = TokenBucket(rate=2, capacity=4)
    assert [bucket.take(0, 4), bucket.take(1, 3), bucket.take(1.5, 3)] == [True, False, True]


@pytest.mark.requirement("R2")
def test_tokens_grow_up_to_the_capacity():
    bucket = TokenBucket(rate=2, capacity=4, start=10)
    bucket.take(10, 3)
    assert [bucket.tokens(10), bucket.tokens(11), bucket.tokens(20)] == [1, 3, 4]


@pytest.mark.requirement("R2")
def test_unused_tokens_are_given_back():
    bucket = TokenBucket(rate=1, capacity=5)
    bucket.take(0, 4)
    bucket.give_back(0, 2)
    assert bucket.tokens(0) == 3
    bucket.give_back(1, 9)
    assert bucket.tokens(1) == 5


@pytest.mark.requirement("R2")
def test_a_single_token_is_given_back_by_default():
    bucket = TokenBucket(rate=1, capacity=5)
    bucket.take(0, 5)
    bucket.give_back(0)
    assert bucket.tokens(0) == 1
    bucket.tokens(2)
    with pytest.raises(TimeWentBack):
        bucket.give_back(1)


@pytest.mark.requirement("R3")
def test_waiting_is_as_long_as_tokens_lack():
    bucket = TokenBucket(rate=2, capacity=4)
    assert bucket.wait(0, 4) == 0
    bucket.take(0, 4)
    assert (bucket.wait(0), bucket.wait(1, 3), bucket.wait(9)) == (0.5, 0.5, 0)


@pytest.mark.requirement("R3")
def test_more_than_the_capacity_never_comes():
    with pytest.raises(NeverPossible):
        TokenBucket(rate=2, capacity=4).wait(0, 4.5)


@pytest.mark.requirement("R4")
def test_a_window_limits_events():
    window = SlidingWindow(limit=2, window=10)
    assert [window.allow(time) for time in (0, 5, 9, 10, 14, 15)] == [True, True, False, True, False, True]


@pytest.mark.requirement("R4")
def test_refused_events_do_not_count():
    window = SlidingWindow(limit=1, window=10)
    assert [window.allow(time) for time in (0, 9, 10)] == [True, False, True]


@pytest.mark.requirement("R5")
def test_the_events_left():
    window = SlidingWindow(limit=3, window=10)
    before = window.left(0)
    window.allow(0)
    window.allow(4)
    assert [before, window.left(4), window.left(10), window.left(14)] == [3, 1, 2, 3]


@pytest.mark.requirement("R5")
def test_retrying_waits_for_the_oldest_event():
    window = SlidingWindow(limit=2, window=10)
    window.allow(1)
    assert window.retry_after(1) == 0
    window.allow(3)
    assert [window.retry_after(4), window.retry_after(11), window.retry_after(20)] == [7, 0, 0]


@pytest.mark.requirement("R6")
def test_the_time_of_a_bucket_never_goes_back():
    bucket = TokenBucket(rate=1, capacity=1, start=5)
    assert bucket.take(5) is True
    with pytest.raises(TimeWentBack):
        bucket.take(4.9)


@pytest.mark.requirement("R6")
def test_the_time_of_a_window_never_goes_back():
    window = SlidingWindow(limit=3, window=1)
    assert (window.allow(-5), window.allow(-5)) == (True, True)
    with pytest.raises(TimeWentBack):
        window.allow(-5.5)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(("rate", "capacity"), [(0, 1), (1, 0), (-1, 5)])
def test_rate_and_capacity_are_above_zero(rate, capacity):
    with pytest.raises(ValueError):
        TokenBucket(rate, capacity).take(0)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(("limit", "window"), [(0, 1), (1, 0), (2, -1)])
def test_limit_and_window_are_above_zero(limit, window):
    with pytest.raises(ValueError):
        SlidingWindow(limit, window).allow(0)


@pytest.mark.requirement("R7")
def test_keys_are_limited_separately():
    limiter = KeyedLimiter(limit=1, window=10)
    asked = [("ann", 0), ("bob", 1), ("ann", 2), ("bob", 3), ("ann", 10)]
    assert [limiter.allow(key, time) for key, time in asked] == [True, True, False, False, True]


@pytest.mark.requirement("R7")
def test_refusals_are_counted():
    limiter = KeyedLimiter(limit=1, window=10)
    for key in ("ann", "bob", "bob", "bob"):
        limiter.allow(key, 0)
    assert limiter.denied() == {"bob": 2}


@pytest.mark.requirement("R7")
def test_idle_keys_are_forgotten():
    limiter = KeyedLimiter(limit=1, window=10)
    for key, time in (("cy", 0), ("ann", 0), ("bob", 1)):
        limiter.allow(key, time)
    assert [limiter.prune(10), limiter.prune(10), limiter.prune(11)] == [["ann", "cy"], [], ["bob"]]


@pytest.mark.requirement("R8")
def test_admitted_times_pass_the_window():
    assert pacekeeper.admitted([0, 1, 2, 10, 10.5, 11], limit=2, window=10) == [0, 1, 10, 11]


@pytest.mark.requirement("R8")
def test_no_times_are_admitted_from_none():
    assert pacekeeper.admitted([], limit=2, window=10) == []


@pytest.mark.requirement("R9")
def test_pauses_grow_up_to_a_limit():
    assert pacekeeper.backoff(4, base=3, factor=10, most=500) == [3, 30, 300, 500]


@pytest.mark.requirement("R9")
def test_pauses_double_up_to_a_minute():
    assert pacekeeper.backoff(8) == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.requirement("R9")
def test_no_attempts_need_no_pauses():
    assert pacekeeper.backoff(0) == []
    with pytest.raises(ValueError):
        pacekeeper.backoff(-1)
