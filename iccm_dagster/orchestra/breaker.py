"""The gate before an endpoint: waits that its server asked for, rests after failures in a row, and when it is down.

Closed, every request passes. After ``breaker_failures`` failures in a row the endpoint rests, then one request is let
through as a probe while the others wait; ``breaker_probes`` failed probes in a row and it is down for the rest of the
run (the circuit breaker of Nygard, Release It!, 2007).
"""

import asyncio

from iccm_dagster.errors import EndpointError
from iccm_dagster.orchestra.recipe import RetryRecipe


class Gate:
    """Lives in one event loop."""

    def __init__(self, name: str, recipe: RetryRecipe) -> None:
        self._name, self._recipe = name, recipe
        self._failures, self._probes = 0, 0
        self._open_at = 0.0
        self._resting = False
        self._last = ""
        self._probing = asyncio.Lock()
        self.down: str | None = None
        """Why nothing is asked any more; None while it is up."""

    async def pass_through(self) -> bool:
        """Wait until a request may be sent; return whether it is the probe, whose end `release` must hear of.

        Raises:
            EndpointError: The endpoint is down.
        """
        while True:
            await self._wait()
            if not self._resting:
                return False
            await self._probing.acquire()
            if self._resting and self.down is None:
                await self._wait()
                return True
            self._probing.release()

    def release(self, probe: bool) -> None:
        """Hear that a request has ended, well or not."""
        if probe:
            self._probing.release()

    def succeeded(self) -> None:
        """The server answered, if only to say that it is busy."""
        self._failures, self._probes, self._resting = 0, 0, False

    def failed(self, reason: str, *, probe: bool) -> None:
        """The server failed."""
        self._failures, self._last = self._failures + 1, reason
        if probe:
            self._probes += 1
            if self._probes >= self._recipe.breaker_probes:
                self.give_up(f"{self._failures} failures in a row, the last: {reason}")
        elif self._resting or self._failures < self._recipe.breaker_failures:
            return
        self._resting = True
        self.hold(self._recipe.breaker_rest_s * 2**self._probes)

    def give_up(self, reason: str) -> None:
        """Ask nothing more of this endpoint in this run."""
        self.down = reason

    def hold(self, seconds: float) -> float:
        """Let nothing pass for a while; return by how much that is later than before [s]."""
        now = asyncio.get_running_loop().time()
        before = max(self._open_at, now)
        self._open_at = max(before, now + seconds)
        return self._open_at - before

    async def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        while self.down is None and (rest := self._open_at - loop.time()) > 0:
            await asyncio.sleep(rest)
        if self.down is not None:
            raise EndpointError(f"{self._name} is down: {self.down}", retryable=True)
