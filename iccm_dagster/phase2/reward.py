"""Requirements -> executed pass rates: reconstructors rebuild, the harness judges.

A pass rate of None means "not judged" (the machinery failed); it is never 0. A statement that gives the source away is not
heard where it could be rewarded: whatever it would bring, its writer gets nothing for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from iccm_dagster.applications.catalogue import source_files
from iccm_dagster.applications.interface import Interface, interface_of
from iccm_dagster.harness.leak import LeakMeter
from iccm_dagster.harness.program import Implementation
from iccm_dagster.harness.sandbox import Limits, Sandbox
from iccm_dagster.harness.suite import Suite, SuiteReport
from iccm_dagster.harness.verify import VerdictCache, verify_many
from iccm_dagster.orchestra.endpoints import Part, play
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.reconstructor import Context, Reconstruction, Reconstructor


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Everything needed to judge texts about one application."""

    application: str
    split: str
    knowledge: Knowledge
    interface: Interface
    reconstructors: tuple[Reconstructor, ...]
    suite: Suite
    limits: Limits
    meter: LeakMeter
    """What must not be said: the source itself."""

    @classmethod
    def of(cls, knowledge: Knowledge, reconstructors: Sequence[Reconstructor], suite: Suite, limits: Limits) -> "Judge":
        application = knowledge.application
        return cls(
            application=application.id,
            split=application.split.value,
            knowledge=knowledge,
            interface=interface_of(application),
            reconstructors=tuple(reconstructors),
            suite=suite,
            limits=limits,
            meter=LeakMeter(source_files(application)),
        )

    def heard(self, context: Context) -> Context:
        """Return a context without the statements that give the source away."""
        kept = tuple(said for said in context.statements if not self.meter.gives_away(said))
        return replace(context, statements=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One text, rebuilt by one reconstructor, judged by the application's tests."""

    application: str
    reconstruction: Reconstruction
    report: SuiteReport
    lift: float | None
    """Pass rate minus the pass rate of the interface alone; None when either was not judged."""

    @property
    def pass_rate(self) -> float | None:
        return self.report.pass_rate


class Jury:
    """Judges texts about many applications, in parallel, never the same program twice."""

    def __init__(self, judges: Sequence[Judge], *, sandbox: Sandbox, cache: VerdictCache, workers: int) -> None:
        self.judges = {judge.application: judge for judge in judges}
        self._sandbox, self._cache, self._workers = sandbox, cache, workers
        alone = self._verify([(judge, judge.knowledge.rebuild(())) for judge in judges], None)
        self.floor = {judge.application: report.pass_rate for judge, report in zip(judges, alone, strict=True)}
        """Pass rate of the interface alone, by application; None where it was not judged."""

    def hear(
        self,
        texts: Sequence[tuple[str, Context]],
        *,
        rewarding_only: bool,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Judgement]]:
        """Judge each (application, context) with each of its reconstructors; results in the order given.

        A refusal rebuilds nothing and is judged as the interface alone. ``rewarding_only`` asks only reconstructors that
        reward, and tells them nothing that gives the source away.

        Raises:
            EndpointError: A language model gave no answer; those that there are were kept.
        """
        told = [(name, self.judges[name].heard(context) if rewarding_only else context) for name, context in texts]
        wanted = [
            (self.judges[name], Part(reconstructor=player, context=context, interface=self.judges[name].interface))
            for name, context in told
            for player in self.judges[name].reconstructors
            if player.rewards or not rewarding_only
        ]
        heard = list(zip([judge for judge, _ in wanted], play([part for _, part in wanted]), strict=True))
        written = [(judge, made.implementation or judge.knowledge.rebuild(())) for judge, made in heard]
        reports = self._verify(written, on_done)
        judgements = iter(
            [self._judgement(judge, made, report) for (judge, made), report in zip(heard, reports, strict=True)]
        )
        return [
            [
                next(judgements)
                for reconstructor in self.judges[name].reconstructors
                if reconstructor.rewards or not rewarding_only
            ]
            for name, _ in texts
        ]

    def _judgement(self, judge: Judge, made: Reconstruction, report: SuiteReport) -> Judgement:
        floor = self.floor[judge.application]
        lift = None if report.pass_rate is None or floor is None else report.pass_rate - floor
        return Judgement(application=judge.application, reconstruction=made, report=report, lift=lift)

    def _verify(
        self, programs: Sequence[tuple[Judge, Implementation]], on_done: Callable[[int], None] | None
    ) -> list[SuiteReport]:
        return verify_many(
            [(program, judge.suite) for judge, program in programs],
            sandbox=self._sandbox,
            limits=[judge.limits for judge, _ in programs],
            cache=self._cache,
            workers=self._workers,
            on_done=None if on_done is None else lambda done, _: on_done(done),
        )


def mean_or_none(values: Sequence[float | None]) -> float | None:
    """Return the mean of what was judged; None when nothing was."""
    judged = [value for value in values if value is not None]
    return sum(judged) / len(judged) if judged else None
