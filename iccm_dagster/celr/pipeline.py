"""The training pipeline: collect, score, pair, export, report, over a log of any size.

Memory: one bucket of trajectories (`buckets`), plus three numbers per answer that a judge rated. Time: linear.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iccm_dagster.celr.buckets import BUCKET_BYTES, trajectories_by_bucket
from iccm_dagster.celr.exports import ExportWriter
from iccm_dagster.celr.log import Quarantined
from iccm_dagster.celr.pairs import TRAINED_ON, Pairing, PreferencePair, PreferencePairGenerator, Unpaired
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster.celr.scorer import TrajectoryScore, TrajectoryScorer
from iccm_dagster.celr.self_reward import Calibration, Judge, SelfRewardScorer, calibrate_judge
from iccm_dagster.celr.trajectories import Trajectory
from iccm_dagster.progress import OnProgress, Progress

BINS = 10
"""Bars of the histogram of composites."""
# What the tests are silent about is rare; more than this is not paired by the judge, and the report says so.
MOST_SILENT = 10_000


@dataclass(slots=True, kw_only=True)
class TrainingReport:
    """What a run of the pipeline found and made."""

    trajectories: int = 0
    """Runs that came to their end."""
    cut_off: int = 0
    """Runs without an end: not scored."""
    tasks: int = 0
    """Different tasks."""
    successes: int = 0
    """Runs that handed in code that passes everything."""
    simulated: bool = False
    """Whether any number comes from a simulation."""
    quarantined: int = 0
    """Lines of the log that are no event."""
    quality: list[int] = field(default_factory=lambda: [0] * BINS)
    """Histogram of the composite: runs in each tenth of 0-1."""
    pairs: dict[str, int] = field(default_factory=dict)
    """Source -> number of pairs."""
    pairs_per_application: dict[str, int] = field(default_factory=dict)
    """Application -> number of pairs."""
    single: int = 0
    """Answers without a partner (KTO rows)."""
    imitation: int = 0
    """Answers that pass everything (SFT rows)."""
    reasons: dict[str, int] = field(default_factory=dict)
    """Why tasks gave no pair -> number of tasks."""
    chosen_longer: float | None = None
    """Share of the pairs whose better side is longer; None without pairs."""
    length_ratio: float | None = None
    """Mean length of the better side over the worse one; None without pairs."""
    judge: Calibration | None = None
    """What the judge is worth; None where none was asked."""

    def lines(self) -> list[str]:
        """Return the report for a terminal."""
        said = [
            f"{self.trajectories} runs over {self.tasks} tasks, {self.successes} solved, {self.cut_off} cut off, "
            f"{self.quarantined} bad lines" + (" (simulated)" if self.simulated else ""),
            "quality " + " ".join(f"{low / BINS:.1f}:{count}" for low, count in enumerate(self.quality)),
            "pairs " + (", ".join(f"{name} {count}" for name, count in sorted(self.pairs.items())) or "none"),
            f"single answers {self.single}, answers to imitate {self.imitation}",
        ]
        if self.length_ratio is not None:
            said.append(
                f"chosen longer in {self.chosen_longer:.0%} of the pairs, {self.length_ratio:.2f} times as long"
            )
        said += [f"no pair: {reason}: {count} tasks" for reason, count in sorted(self.reasons.items())]
        said += [f"pairs of {name}: {count}" for name, count in sorted(self.pairs_per_application.items())]
        if self.judge is not None:
            said.append(
                f"judge AUC {self.judge.auc:.3f} [{self.judge.low:.3f}, {self.judge.high:.3f}], {self.judge.tasks} tasks"
            )
        return said


class TrainingPipeline:
    """Log -> scores -> pairs -> files -> report."""

    def __init__(
        self,
        recipe: PreferenceRecipe,
        *,
        logs: Path,
        out: Path,
        judge: Judge | None,
        gold: Mapping[str, str],
        spin_model: str,
        bucket_bytes: int = BUCKET_BYTES,
        on_progress: OnProgress,
    ) -> None:
        self._recipe, self._logs, self._out, self._gold, self._spin_model = recipe, logs, out, gold, spin_model
        self._judge = None if judge is None else SelfRewardScorer(judge)
        self._bucket_bytes, self._on_progress = bucket_bytes, on_progress
        self._scorer, self._generator = TrajectoryScorer(recipe), PreferencePairGenerator(recipe)

    def run(self) -> TrainingReport:
        """Do everything once.

        Raises:
            StorageError: The log cannot be read, or the files cannot be written.
        """
        report, tally = TrainingReport(), Tally()
        silent: list[tuple[TrajectoryScore, Sequence[float | None]]] = []
        ratings: list[tuple[str, float | None, float | None]] = []

        def count_bad(_: Quarantined) -> None:
            report.quarantined += 1

        with ExportWriter(self._out) as writer:
            for bucket in trajectories_by_bucket(self._logs, on_bad=count_bad, bucket_bytes=self._bucket_bytes):
                scores = self._scores(bucket, report)
                tally.add(self._generator.create_dpo_pairs(scores), writer)
                tally.add(self._spin(scores), writer, count_reasons=False)
                for answer in successes(scores):
                    writer.add_success(answer)
                    report.imitation += 1
                for rated in self._judged(scores):
                    ratings += [
                        (rated[0].task, answer.pass_rate, said)
                        for answer, said in zip(rated[0].answers, rated[1], strict=True)
                    ]
                    if len(silent) < MOST_SILENT and any(answer.pass_rate is None for answer in rated[0].answers):
                        silent.append(rated)
                self._on_progress(
                    Progress(stage="trajectories scored and paired", step=report.trajectories, total_steps=0)
                )
            if self._judge is not None:
                report.judge = calibrate_judge(ratings, seed=self._recipe.seed)
                trusted = report.judge.trusted(auc=self._recipe.judge_auc)
                tally.add(self._generator.create_judge_pairs(silent, trusted=trusted), writer, count_reasons=False)
        tally.into(report)
        return report

    def _scores(self, bucket: Sequence[Trajectory], report: TrainingReport) -> list[TrajectoryScore]:
        scores = self._scorer.rank(bucket)
        report.trajectories += len(scores)
        report.cut_off += len(bucket) - len(scores)
        report.tasks += len({score.task for score in scores})
        report.successes += sum(score.success == 1.0 for score in scores)
        report.simulated |= any(score.simulated for score in scores)
        for score in scores:
            report.quality[min(BINS - 1, int(score.composite * BINS))] += 1
        return scores

    def _spin(self, scores: Sequence[TrajectoryScore]) -> Pairing:
        if not self._gold:
            return Pairing(pairs=(), unpaired=(), reasons={})
        return self._generator.create_spin_pairs(self._gold, scores, model=self._spin_model)

    def _judged(self, scores: Sequence[TrajectoryScore]) -> Iterable[tuple[TrajectoryScore, list[float | None]]]:
        if self._judge is not None:
            for score in scores:
                if score.answers:
                    yield score, self._judge.score_answers(score.answers)


class Tally:
    """Counts what is written."""

    def __init__(self) -> None:
        self._pairs, self._applications, self._reasons = Counter[str](), Counter[str](), Counter[str]()
        self._longer, self._ratio, self._single, self._compared = 0, 0.0, 0, 0

    def add(self, pairing: Pairing, writer: ExportWriter | None, *, count_reasons: bool = True) -> None:
        """Count the pairs, and write them where there is a writer."""
        for pair in pairing.pairs:
            self._count(pair)
            if writer is not None:
                writer.add_pair(pair)
        for answer in pairing.unpaired:
            self._single += 1
            if writer is not None:
                writer.add_unpaired(answer)
        if count_reasons:
            self._reasons.update(pairing.reasons.values())

    def _count(self, pair: PreferencePair) -> None:
        self._pairs[pair.source] += 1
        self._applications[pair.application] += 1
        self._longer += len(pair.chosen) > len(pair.rejected)
        self._ratio += len(pair.chosen) / max(1, len(pair.rejected))
        self._compared += 1

    def into(self, report: TrainingReport) -> None:
        """Put the counts into a report."""
        report.pairs, report.pairs_per_application = dict(self._pairs), dict(self._applications)
        report.reasons, report.single = dict(self._reasons), self._single
        if self._compared:
            report.chosen_longer, report.length_ratio = self._longer / self._compared, self._ratio / self._compared


def successes(scores: Iterable[TrajectoryScore]) -> Iterable[Unpaired]:
    """Yield each different answer that passes everything, once per task, of the splits that are trained on."""
    seen: set[tuple[str, str]] = set()
    for score in scores:
        for answer in score.answers:
            key = (score.task, answer.response)
            if answer.pass_rate == 1.0 and score.split in TRAINED_ON and key not in seen and answer.response.strip():
                seen.add(key)
                yield Unpaired(
                    task=score.task,
                    application=score.application,
                    split=score.split,
                    prompt=score.prompt,
                    completion=answer.response,
                    label=True,
                    model=answer.model,
                    simulated=answer.simulated,
                )
