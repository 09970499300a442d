"""What a long computation says while it runs."""

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
