"""What a long computation says while it runs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a computation is, and what it found so far."""

    stage: str
    """What is being done, in words."""
    step: int
    """Steps done, 0 to ``total_steps``."""
    total_steps: int
    """Steps in all; 0 when it is not known yet."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Name -> value at this step; empty when there is nothing new."""


OnProgress = Callable[[Progress], None]
"""Who listens. It is called often: what it does must be cheap."""


def silent(progress: Progress) -> None:
    """Listen to nothing."""


def spoken(say: Callable[[str], None], *, seconds: float) -> OnProgress:
    """Return a listener that says one line at most every ``seconds`` [s], and one at each end."""
    last = float("-inf")

    def listen(progress: Progress) -> None:
        nonlocal last
        if progress.step < progress.total_steps and time.monotonic() - last < seconds:
            return
        last = time.monotonic()
        metrics = ", ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
        say(f"{progress.stage} {progress.step}/{progress.total_steps}" + (f": {metrics}" if metrics else ""))

    return listen
