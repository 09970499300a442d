import asyncio

import pytest
import virtualpool
from virtualpool import Gate, Job, Outcome, PaceError, Pool, Stuck, TimeLimit, VirtualClock

DONE = [
    Outcome("a", 1, 0, 4, 1, True),
    Outcome("b", 2, 0, 2, 1, True),
    Outcome("c", 2, 2, 3, 1, True),
    Outcome("d", 2, 3, 9, 2, False),
]


async def tick(clock, seconds, result=None):
    await clock.sleep(seconds)
    return clock.now() if result is None else result


async def fail(clock, seconds):
    await clock.sleep(seconds)
    raise KeyError("broken")


@pytest.mark.requirement("R10")
def test_a_clock_starts_where_it_is_told():
    assert (VirtualClock().now(), VirtualClock(7.5).now()) == (0, 7.5)


@pytest.mark.requirement("R10")
def test_sleepers_wake_up_in_time():
    clock = VirtualClock(100)
    assert asyncio.run(clock.run(tick(clock, 3), tick(clock, 1), tick(clock, 3600))) == [103, 101, 3700]


@pytest.mark.requirement("R10")
def test_who_sleeps_first_wakes_up_first():
    clock, order = VirtualClock(), []

    async def walker(name, *pauses):
        for pause in pauses:
            await clock.sleep(pause)
            order.append(name)

    asyncio.run(clock.run(walker("a", 2, 2), walker("b", 1, 1, 2)))
    assert order == ["b", "a", "b", "a", "b"]


@pytest.mark.requirement("R10")
def test_sleeping_backwards_is_refused():
    clock = VirtualClock()
    with pytest.raises(ValueError):
        asyncio.run(clock.run(tick(clock, -1)))


@pytest.mark.requirement("R10")
def test_sleeping_for_nothing_takes_no_time():
    clock = VirtualClock()
    assert asyncio.run(clock.run(tick(clock, 0))) == [0]


@pytest.mark.requirement("R11")
def test_running_returns_results_in_order():
    clock = VirtualClock()
    assert asyncio.run(clock.run(tick(clock, 2, "slow"), tick(clock, 1, "fast"))) == ["slow", "fast"]


@pytest.mark.requirement("R11")
def test_running_nothing_returns_nothing():
    assert asyncio.run(VirtualClock().run()) == []


@pytest.mark.requirement("R11")
def test_errors_come_out():
    clock = VirtualClock()
    with pytest.raises(KeyError):
        asyncio.run(clock.run(tick(clock, 5), fail(clock, 1)))


@pytest.mark.requirement("R11")
def test_work_that_waits_for_ever_is_stuck():
    async def wait():
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stuck):
        asyncio.run(VirtualClock().run(wait()))


@pytest.mark.requirement("R12")
@pytest.mark.parametrize("seconds", [2, 2.5, 60])
def test_work_within_its_limit_returns(seconds):
    clock = VirtualClock()
    assert asyncio.run(clock.run(clock.limited(tick(clock, 2, "ok"), seconds))) == ["ok"]


@pytest.mark.requirement("R12")
def test_work_beyond_its_limit_is_stopped():
    clock = VirtualClock()
    with pytest.raises(TimeLimit):
        asyncio.run(clock.run(clock.limited(tick(clock, 2), 1.5)))
    assert clock.now() == 1.5


@pytest.mark.requirement("R12")
def test_an_alarm_that_is_not_needed_takes_no_time():
    clock = VirtualClock()
    asyncio.run(clock.run(clock.limited(tick(clock, 2), 50), tick(clock, 3)))
    assert clock.now() == 3


@pytest.mark.requirement("R13")
def test_a_gate_counts_free_places():
    async def visit():
        gate = Gate(2)
        await gate.enter()
        inside = gate.free()
        gate.leave()
        return inside, gate.free()

    assert asyncio.run(visit()) == (1, 2)


@pytest.mark.requirement("R13")
def test_a_full_gate_makes_people_wait_in_line():
    async def visit():
        gate, order = Gate(1), []

        async def guest(name):
            await gate.enter()
            order.append(name)

        await gate.enter()
        guests = [asyncio.ensure_future(guest(name)) for name in "ab"]
        await asyncio.sleep(0)
        waiting = [gate.waiting()]
        for _ in guests:
            gate.leave()
            await asyncio.sleep(0)
            waiting.append(gate.waiting())
        await asyncio.gather(*guests)
        return order, waiting, gate.free()

    assert asyncio.run(visit()) == (["a", "b"], [2, 1, 0], 0)


@pytest.mark.requirement("R13")
def test_who_gave_up_waiting_is_passed_over():
    async def visit():
        gate = Gate(1)
        await gate.enter()
        first, second = asyncio.ensure_future(gate.enter()), asyncio.ensure_future(gate.enter())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        waiting = gate.waiting()
        gate.leave()
        await second
        return waiting, gate.free()

    assert asyncio.run(visit()) == (1, 0)


@pytest.mark.requirement("R13")
def test_nobody_can_leave_an_empty_gate():
    with pytest.raises(PaceError):
        Gate(1).leave()


@pytest.mark.requirement("R13")
def test_a_gate_needs_a_place():
    assert Gate(1).free() == 1
    with pytest.raises(ValueError):
        Gate(0)


@pytest.mark.requirement("R14")
def test_workers_take_jobs_in_order():
    jobs = [Job("a", 4), Job("b", 2), Job("c", 1), Job("d", 6)]
    assert asyncio.run(Pool(2).run(jobs)) == [
        Outcome("a", 1, 0, 4, 1, True),
        Outcome("b", 2, 0, 2, 1, True),
        Outcome("c", 2, 2, 3, 1, True),
        Outcome("d", 2, 3, 9, 1, True),
    ]


@pytest.mark.requirement("R14")
def test_a_pool_may_have_nothing_to_do():
    assert asyncio.run(Pool(3).run([])) == []


@pytest.mark.requirement("R14")
@pytest.mark.parametrize(("workers", "attempts"), [(0, 1), (1, 0)])
def test_a_pool_needs_a_worker_and_an_attempt(workers, attempts):
    with pytest.raises(ValueError):
        asyncio.run(Pool(workers, attempts).run([]))


@pytest.mark.requirement("R15")
def test_failed_attempts_are_repeated_after_a_pause():
    outcomes = asyncio.run(Pool(1, attempts=3, pause=10).run([Job("a", 2, failures=2), Job("b", 1)]))
    assert outcomes == [Outcome("a", 1, 0, 26, 3, True), Outcome("b", 1, 26, 27, 1, True)]


@pytest.mark.requirement("R15")
def test_a_job_that_fails_too_often_is_given_up():
    assert asyncio.run(Pool(1, attempts=2).run([Job("a", 2, failures=2)])) == [Outcome("a", 1, 0, 4, 2, False)]


@pytest.mark.requirement("R15")
def test_by_default_nothing_is_repeated():
    assert asyncio.run(Pool(1).run([Job("a", 2, failures=1)])) == [Outcome("a", 1, 0, 2, 1, False)]


@pytest.mark.requirement("R16")
def test_spending_waits_for_tokens():
    assert asyncio.run(virtualpool.pace([3, 1, 2, 4], rate=2, capacity=4)) == [0, 0, 1, 3]


@pytest.mark.requirement("R16")
def test_spending_nothing():
    assert asyncio.run(virtualpool.pace([], rate=2, capacity=4)) == []


@pytest.mark.requirement("R17")
def test_the_peak_is_the_most_jobs_at_a_time():
    assert virtualpool.peak(DONE) == 2
    assert virtualpool.peak(DONE[1:]) == 1
    assert virtualpool.peak([]) == 0


@pytest.mark.requirement("R17")
def test_busy_seconds_of_each_worker():
    assert virtualpool.busy(DONE) == {1: 4, 2: 9}
