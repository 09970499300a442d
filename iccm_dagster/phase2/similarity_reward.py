"""The reward that other code-to-text-to-code systems use: how similar the text is to a reference text.

It stands in for a `Jury` in stage 2, so that the ablation can tell what executed tests add.

Not covered: a text that is similar to gold and says something wrong earns as much as one that is right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from iccm_dagster.orchestra.readers import Embed
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.reward import Jury


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a text is worth by similarity alone."""

    pass_rate: float | None
    """Mean over the gold requirements of the cosine to the closest statement, 0 to 1; None without gold."""

    @property
    def lift(self) -> float | None:
        """The same: a text of nothing is worth 0."""
        return self.pass_rate


class SimilarityJury:
    """Rewards closeness to gold requirements; executes nothing."""

    def __init__(self, jury: Jury, gold: Mapping[str, Sequence[str]], embed: Embed) -> None:
        """``jury`` gives the applications, ``gold`` their requirements: application -> texts."""
        self.judges = {name: judge for name, judge in jury.judges.items() if gold.get(name)}
        self.floor = dict.fromkeys(self.judges, 0.0)
        self._gold, self._embed = gold, embed

    def hear(
        self,
        texts: Sequence[tuple[str, Context]],
        *,
        rewarding_only: bool,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Likeness]]:
        """Return the likeness of each (application, context), in the order given."""
        return [[Likeness(pass_rate=self._coverage(name, context))] for name, context in texts]

    def _coverage(self, application: str, context: Context) -> float | None:
        wanted = self._gold.get(application)
        if not wanted:
            return None
        if not context.statements:
            return 0.0
        similarity_NS = self._embed(list(wanted)) @ self._embed(list(context.statements)).T
        return float(similarity_NS.max(axis=1).clip(min=0).mean())
