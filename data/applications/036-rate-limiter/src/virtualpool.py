"""Asynchronous work on a virtual clock: sleeping, time limits, a gate, a worker pool, and a paced queue.

The clock jumps to the next moment at which somebody wakes up, so that simulated hours take no time. Work must wait
for nothing but the clock and gates, and may pass at most 50 steps of the event loop between two sleeps.
"""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pacekeeper import PaceError, TokenBucket

__all__ = ["Gate", "Job", "Outcome", "PaceError", "Pool", "Stuck", "TimeLimit", "VirtualClock", "busy", "pace", "peak"]

Result = TypeVar("Result")
_STEPS = 50


class Stuck(PaceError):
    """Nobody will ever wake up, and there is work left."""


class TimeLimit(PaceError):
    """Work took longer than it may."""


class VirtualClock:
    """A clock whose time passes only when everybody sleeps."""

    def __init__(self, start: float = 0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now(self) -> float:
        """Return the time in seconds."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds of virtual time; who fell asleep first wakes up first."""
        await self._sleep(seconds)

    async def _sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"{seconds} seconds cannot be slept; give zero or more")
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._numbers), future))
        await future

    async def run(self, *work: Awaitable[Result]) -> list[Result]:
        """Do several things at once and return their results in order; time passes as needed."""
        return await self._drive(work)

    async def _drive(self, work: Collection[Awaitable[Result]]) -> list[Result]:
        tasks = [asyncio.ensure_future(item) for item in work]
        try:
            await self._settle()
            while not all(task.done() for task in tasks):
                self._wake_next()
                await self._settle()
            return [task.result() for task in tasks]
        finally:
            for task in tasks:
                task.cancel()
            await self._settle()

    async def _settle(self) -> None:
        """Let everybody run until they wait."""
        for _ in range(_STEPS):
            await asyncio.sleep(0)

    def _wake_next(self) -> None:
        while self._sleepers:
            time, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._now = time
                future.set_result(None)
                return
        raise Stuck("nobody sleeps, but there is work left")

    async def limited(self, work: Awaitable[Result], seconds: float) -> Result:
        """Do something and return its result, unless it takes more than some seconds, when it is cancelled."""
        task = asyncio.ensure_future(work)
        alarm = asyncio.ensure_future(self._sleep(seconds))
        await asyncio.wait({task, alarm}, return_when=asyncio.FIRST_COMPLETED)
        alarm.cancel()
        if not task.done():
            task.cancel()
            raise TimeLimit(f"the work took more than {seconds} seconds")
        return task.result()


class Gate:
    """Lets a number of holders in at a time; who waits longest comes next."""

    def __init__(self, places: int) -> None:
        if places < 1:
            raise ValueError(f"{places} places are not enough; give one or more")
        self._places = places
        self._free = places
        self._queue: list[asyncio.Future[None]] = []

    async def enter(self) -> None:
        """Take a place, or wait for one."""
        if self._free > 0:
            self._free -= 1
        else:
            ticket = asyncio.get_running_loop().create_future()
            self._queue.append(ticket)
            await ticket

    def leave(self) -> None:
        """Give a place to who waits longest, or free it; people who gave up waiting are passed over."""
        if self._free == self._places:
            raise PaceError("nobody is inside")
        while self._queue:
            ticket = self._queue.pop(0)
            if not ticket.done():
                ticket.set_result(None)
                return
        self._free += 1

    def free(self) -> int:
        """Return the number of free places."""
        return self._free

    def waiting(self) -> int:
        """Return how many wait for a place."""
        return sum(not ticket.done() for ticket in self._queue)


@dataclass(frozen=True)
class Job:
    """Work of some seconds whose first attempts may fail."""

    name: str
    seconds: float
    failures: int = 0


@dataclass(frozen=True)
class Outcome:
    """Who did a job, when it began and ended, in how many attempts, and whether it succeeded."""

    name: str
    worker: int
    start: float
    finish: float
    attempts: int
    success: bool


class Pool:
    """Workers, numbered from 1, who take jobs in order; failed attempts are repeated after a pause."""

    def __init__(self, workers: int, attempts: int = 1, pause: float = 0) -> None:
        if workers < 1 or attempts < 1:
            raise ValueError("a pool needs at least one worker and one attempt")
        self._workers = workers
        self._attempts = attempts
        self._pause = pause

    async def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """Do all jobs on a virtual clock that starts at zero, and return their outcomes in the order of the jobs."""
        clock, waiting = VirtualClock(), list(enumerate(jobs))
        done: dict[int, Outcome] = {}
        await clock._drive([self._work(clock, worker, waiting, done) for worker in range(1, self._workers + 1)])
        return [done[place] for place in range(len(jobs))]

    async def _work(
        self, clock: VirtualClock, worker: int, waiting: list[tuple[int, Job]], done: dict[int, Outcome]
    ) -> None:
        while waiting:
            place, job = waiting.pop(0)
            start, attempt = clock._now, 1
            await clock._sleep(job.seconds)
            while attempt <= job.failures and attempt < self._attempts:
                attempt += 1
                await clock._sleep(self._pause + job.seconds)
            done[place] = Outcome(job.name, worker, start, clock._now, attempt, attempt > job.failures)


async def pace(amounts: Sequence[float], rate: float, capacity: float) -> list[float]:
    """Spend token amounts one after another as early as a token bucket allows, and return the times."""
    clock, bucket = VirtualClock(), TokenBucket(rate, capacity)
    times = list[float]()

    async def spend() -> None:
        for amount in amounts:
            await clock._sleep(bucket._wait(clock._now, amount))
            bucket._spend(clock._now, amount)
            times.append(clock._now)

    await clock._drive([spend()])
    return times


def peak(outcomes: Collection[Outcome]) -> int:
    """Return the largest number of jobs that were being done at one time."""
    return max((sum(other.start <= one.start < other.finish for other in outcomes) for one in outcomes), default=0)


def busy(outcomes: Collection[Outcome]) -> dict[int, float]:
    """Map the number of each worker who did something to the seconds they spent on jobs."""
    workers = sorted({outcome.worker for outcome in outcomes})
    spent = {worker: [one.finish - one.start for one in outcomes if one.worker == worker] for worker in workers}
    return {worker: sum(seconds) for worker, seconds in spent.items()}
