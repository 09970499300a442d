"""One application rebuilt from each of its texts by each reconstructor, and judged."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from iccm_dagster.applications.catalogue import source_files, test_files
from iccm_dagster.applications.interface import Interface, interface_of
from iccm_dagster.harness.calibration import calibrated_suite, calibration_from_json, limits_for
from iccm_dagster.harness.leak import Leak, leak_of
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.sandbox import Sandbox
from iccm_dagster.harness.suite import Suite
from iccm_dagster.harness.verify import VerdictCache, verify_many
from iccm_dagster.orchestra.endpoints import EndpointReconstructor, Part, play
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.readers import Embed, readers_for
from iccm_dagster.orchestra.reconstructor import Context, Reconstruction, Reconstructor
from iccm_dagster.phase2.evaluate import docstrings, name_only
from iccm_dagster.phase2.groups import section_groups
from iccm_dagster.phase2.jury import Case, base_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What is played: the texts about one application, by where they come from."""

    knowledge: Knowledge
    """The application."""
    interface: Interface
    """Its public interface."""
    texts: dict[str, list[str]]
    """Source of the text (see `recipe.SOURCES`) -> its statements."""

    @classmethod
    def of(cls, case: Case, written: pd.DataFrame) -> "Scores":
        """Collect the texts; ``written``: the table of generated requirements of this application."""
        knowledge = case.knowledge()
        groups = section_groups(knowledge.sections, at_import=knowledge.at_import)
        texts = {source: rows["text"].tolist() for source, rows in written[written["selected"]].groupby("source")}
        if knowledge.requirements:
            texts["gold"] = [requirement.text for requirement in knowledge.requirements]
        most = max((len(statements) for statements in texts.values()), default=len(groups))
        texts |= {
            "docstrings": docstrings(groups, knowledge.sections)[:most],
            "name only": name_only(groups)[:most],
            "interface only": [],
        }
        return cls(knowledge=knowledge, interface=interface_of(knowledge.application), texts=texts)

    def cast(self, players: Sequence[Reconstructor]) -> list[tuple[str, Reconstructor]]:
        """Return who rebuilds which text: a reader each of them, a language model those that its orchestra plays."""
        split = self.knowledge.application.split.value
        return [
            (source, player)
            for source in self.texts
            for player in players
            if not isinstance(player, EndpointReconstructor) or player.conductor.recipe.plays(source, split)
        ]

    def parts(self, players: Sequence[Reconstructor]) -> list[Part]:
        """Return one part per text and player, in the order of `cast`."""
        return [
            Part(reconstructor=player, context=Context(statements=tuple(self.texts[source])), interface=self.interface)
            for source, player in self.cast(players)
        ]


def rebuild_all(
    case: Case, written: pd.DataFrame, *, embed: Embed, threshold: float, models: Sequence[EndpointReconstructor]
) -> pd.DataFrame:
    """Return one row per text and reconstructor: the embedded readers, then the language models.

    Columns: application, split, source, reconstructor, statements (number), matched (how many conveyed something), matches (JSON),
    files (JSON: the implementation; None for a refusal), refusal, simulated, answer, remarks, tokens_in, tokens_out, seconds, cost
    (what a language model wrote and took; None and 0 for a reader), and what the text gives away of source and tests (see ``harness.leak``):
    longest_run, longest_run_renamed, code_lines, blobs, test_literals (number), suspicious.

    Raises:
        EndpointError: A language model gave no answer; those that there are were kept.
    """
    scores = Scores.of(case, written)
    application = scores.knowledge.application
    source_text, tests = source_files(application), test_files(application)
    players = [*readers_for(scores.knowledge, embed, threshold=threshold), *models]
    leaks = {
        source: leak_of("\n".join(statements), source=source_text, tests=tests)
        for source, statements in scores.texts.items()
    }
    return pd.DataFrame(
        [
            {
                "application": application.id,
                "split": application.split.value,
                "source": source,
                "statements": len(scores.texts[source]),
                **_made(made, player),
                **_columns(leaks[source]),
            }
            for (source, player), made in zip(scores.cast(players), play(scores.parts(players)), strict=True)
        ]
    )


def _made(made: Reconstruction, player: Reconstructor) -> dict[str, object]:
    answer = made.answer
    tokens = (answer.tokens_in, answer.tokens_out) if answer is not None else (0, 0)
    return {
        "reconstructor": made.reconstructor,
        "matched": sum(match is not None for match in made.matches),
        "matches": json.dumps(made.matches),
        "refusal": made.refusal,
        "simulated": made.simulated,
        "files": None if made.implementation is None else json.dumps(dict(made.implementation.files)),
        "answer": None if answer is None else answer.text.encode("utf-8", "replace").decode(),
        "remarks": "; ".join(made.remarks),
        "tokens_in": tokens[0],
        "tokens_out": tokens[1],
        "seconds": 0.0 if answer is None else answer.seconds,
        "cost": player.recipe.cost(*tokens) if isinstance(player, EndpointReconstructor) else 0.0,
    }


def _columns(leak: Leak) -> dict[str, object]:
    return {
        "longest_run": leak.longest_run,
        "longest_run_renamed": leak.longest_run_renamed,
        "code_lines": leak.code_lines,
        "blobs": leak.blobs,
        "test_literals": len(leak.test_literals),
        "suspicious": leak.suspicious,
    }


def judge_all(
    case: Case, rebuilt: pd.DataFrame, *, recipe: CalibrationRecipe, sandbox: Sandbox, cache: Path
) -> pd.DataFrame:
    """Return one row per reconstruction: pass_rate and lift (NaN where not judged), reason, isolation, mode, tests.

    A refusal rebuilds nothing and is judged as the interface alone would be: it is the reconstructor's answer, not a
    failure of the machine.
    """
    knowledge = case.knowledge()
    application = knowledge.application
    measured = calibration_from_json(case.calibration.read_text(encoding="utf-8"))
    suite = calibrated_suite(
        Suite(application_id=application.id, files=test_files(application), modules=application.modules, kept=None),
        measured,
    )
    alone = knowledge.rebuild(())
    # A table gives NaN back where None was put in.
    programs = [
        Implementation(files=json.loads(files), origin=Origin.DERIVED if simulated else Origin.ENDPOINT)
        if isinstance(files, str)
        else alone
        for files, simulated in zip(rebuilt["files"], rebuilt["simulated"], strict=True)
    ]
    reports = verify_many(
        [(program, suite) for program in [*programs, alone]],
        sandbox=sandbox,
        limits=limits_for(measured, base_limits(recipe)),
        cache=VerdictCache(folder=cache),
        workers=recipe.workers,
        on_done=None,
    )
    floor = reports.pop().pass_rate
    rates = [report.pass_rate for report in reports]
    return rebuilt.drop(columns=["files", "matches", "answer"]).assign(
        pass_rate=pd.array(rates, dtype="Float64").to_numpy(dtype=float, na_value=float("nan")),
        lift=[float("nan") if rate is None or floor is None else rate - floor for rate in rates],
        reason=[report.reason for report in reports],
        isolation=[report.isolation.value for report in reports],
        mode=[report.mode.value for report in reports],
        tests=len(suite.kept or ()),
    )
