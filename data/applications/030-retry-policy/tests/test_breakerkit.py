import pytest

from breakerkit import CircuitBreaker, CircuitOpen, RateExceeded, RateLimit, with_breaker, with_rate_limit
from retrykit import PolicyError, VirtualClock


class Service:
    """Fails as long as it is told to and counts its calls."""

    def __init__(self, failing=False):
        self.failing = failing
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.failing:
            raise OSError("down")
        return "up"


def opened(successes=1):
    """Return a clock at second 10 and a breaker that has just opened for 30 seconds."""
    clock = VirtualClock(10)
    breaker = CircuitBreaker(clock, failures=2, pause=30, successes=successes)
    breaker.record_failure()
    breaker.record_failure()
    return clock, breaker


@pytest.mark.requirement("R15")
def test_failures_in_a_row_open_the_circuit():
    breaker = CircuitBreaker(VirtualClock(), failures=2, pause=30)
    assert breaker.state() == "closed"
    breaker.record_failure()
    assert breaker.state() == "closed"
    breaker.record_failure()
    assert breaker.state() == "open"


@pytest.mark.requirement("R15")
def test_a_success_in_between_starts_the_count_again():
    breaker = CircuitBreaker(VirtualClock(), failures=2, pause=30)
    breaker.record_failure()
    breaker.record_success()
    breaker.record_failure()
    assert breaker.state() == "closed"


@pytest.mark.requirement("R16")
def test_the_circuit_is_half_open_when_the_pause_is_over():
    clock, breaker = opened()
    clock.advance(29.9)
    assert breaker.state() == "open"
    clock.advance(0.1)
    assert breaker.state() == "half-open"


@pytest.mark.requirement("R16")
def test_enough_successes_close_it():
    clock, breaker = opened(successes=2)
    clock.advance(30)
    breaker.record_success()
    assert breaker.state() == "half-open"
    breaker.record_success()
    assert breaker.state() == "closed"
    breaker.record_failure()
    assert breaker.state() == "closed"


@pytest.mark.requirement("R16")
def test_a_failure_while_half_open_opens_it_again():
    clock, breaker = opened(successes=2)
    clock.advance(31)
    breaker.record_success()
    breaker.record_failure()
    assert (breaker.state(), breaker.retry_after()) == ("open", 30)
    clock.advance(30)
    breaker.record_success()
    assert breaker.state() == "half-open"


@pytest.mark.requirement("R17")
def test_retry_after_counts_down_to_zero():
    clock, breaker = opened()
    clock.advance(12)
    assert breaker.retry_after() == 18
    clock.advance(20)
    assert breaker.retry_after() == 0


@pytest.mark.requirement("R17")
def test_a_closed_circuit_needs_no_waiting():
    assert CircuitBreaker(VirtualClock(50), failures=1, pause=30).retry_after() == 0


@pytest.mark.requirement("R17")
def test_reset_closes_at_once():
    _, breaker = opened()
    breaker.reset()
    assert breaker.state() == "closed"
    breaker.record_failure()
    assert breaker.state() == "closed"


@pytest.mark.requirement("R18")
def test_an_open_circuit_does_not_call():
    _, breaker = opened()
    service = Service()
    with pytest.raises(CircuitOpen) as caught:
        breaker.call(service)
    assert (service.calls, caught.value.retry_after) == (0, 30)


@pytest.mark.requirement("R18")
def test_calls_are_counted_by_how_they_went():
    breaker = CircuitBreaker(VirtualClock(), failures=2, pause=30)
    for service in (Service(failing=True), Service(), Service(failing=True)):
        if service.failing:
            with pytest.raises(OSError):
                breaker.call(service)
        else:
            assert breaker.call(service) == "up"
    assert breaker.state() == "closed"
    with pytest.raises(OSError):
        breaker.call(Service(failing=True))
    assert breaker.state() == "open"


@pytest.mark.requirement("R18")
def test_operations_share_a_breaker():
    breaker = CircuitBreaker(VirtualClock(), failures=1, pause=30)
    with pytest.raises(OSError):
        with_breaker(breaker)(Service(failing=True))()
    with pytest.raises(CircuitOpen):
        with_breaker(breaker)(Service())()


@pytest.mark.requirement("R19")
def test_calls_run_out_and_come_back():
    clock = VirtualClock()
    limit = RateLimit(clock, calls=2, period=10)
    assert limit.acquire()
    clock.advance(4)
    assert [limit.acquire(), limit.acquire()] == [True, False]
    clock.advance(5.9)
    assert not limit.acquire()
    clock.advance(0.1)
    assert [limit.acquire(), limit.acquire()] == [True, False]


@pytest.mark.requirement("R20")
def test_remaining_calls_and_waiting_time():
    clock = VirtualClock()
    limit = RateLimit(clock, calls=2, period=10)
    assert (limit.remaining(), limit.wait_time()) == (2, 0)
    limit.acquire()
    assert (limit.remaining(), limit.wait_time()) == (1, 0)
    clock.advance(3)
    limit.acquire()
    assert (limit.remaining(), limit.wait_time()) == (0, 7)
    clock.advance(7)
    assert (limit.remaining(), limit.wait_time()) == (1, 0)


@pytest.mark.requirement("R21")
def test_without_clock_too_many_calls_fail():
    service = Service()
    operation = with_rate_limit(RateLimit(VirtualClock(), calls=1, period=10))(service)
    assert operation() == "up"
    with pytest.raises(RateExceeded):
        operation()
    assert service.calls == 1


@pytest.mark.requirement("R21")
def test_with_clock_calls_wait_for_their_turn():
    clock = VirtualClock()
    operation = with_rate_limit(RateLimit(clock, calls=2, period=10), clock)(Service())
    assert [operation() for _ in range(5)] == ["up"] * 5
    assert clock.now() == 20


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("wrong", [{"failures": 0}, {"successes": 0}, {"pause": -1}])
def test_impossible_breakers(wrong):
    with pytest.raises(PolicyError):
        CircuitBreaker(VirtualClock(), **{"failures": 1, "pause": 0, **wrong}).state()


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("wrong", [{"calls": 0}, {"period": 0}])
def test_impossible_rates(wrong):
    with pytest.raises(PolicyError):
        RateLimit(VirtualClock(), **{"calls": 1, "period": 1, **wrong}).remaining()
    assert RateLimit(VirtualClock(), calls=1, period=1).remaining() == 1


@pytest.mark.requirement("R4")
def test_the_smallest_breaker_is_possible():
    breaker = CircuitBreaker(VirtualClock(), failures=1, pause=0)
    assert breaker.state() == "closed"
