"""One application rebuilt from each of its texts by each reconstructor, and judged."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from iccm_dagster.applications.catalogue import source_files, test_files
from iccm_dagster.applications.interface import interface_of
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
from iccm_dagster.phase2.halves import half_rates
from iccm_dagster.phase2.jury import Case, base_limits
from iccm_dagster.phase2.styles import NAMED


def texts_of(knowledge: Knowledge, written: pd.DataFrame) -> dict[str, list[str]]:
    """Return source -> statements: gold, what the writers said, and the baselines.

    ``written``: the table of generated requirements of this application.
    """
    groups = section_groups(knowledge.sections, at_import=knowledge.at_import)
    texts = selected_texts(written)
    if knowledge.requirements:
        texts["gold"] = [requirement.text for requirement in knowledge.requirements]
    most = max((len(statements) for statements in texts.values()), default=len(groups))
    return texts | {
        "named docstrings": docstrings(groups, NAMED)[:most],
        "docstrings": docstrings(groups)[:most],
        "name only": name_only(groups)[:most],
        "interface only": [],
    }


def cast(
    knowledge: Knowledge, texts: Mapping[str, Sequence[str]], players: Sequence[Reconstructor]
) -> list[tuple[str, Part]]:
    """Return what is played, each with the source of its text: by a reader every text, by a language model those that
    its orchestra plays."""
    interface, split = interface_of(knowledge.application), knowledge.application.split.value
    return [
        (source, Part(reconstructor=player, context=Context(statements=tuple(statements)), interface=interface))
        for source, statements in texts.items()
        for player in players
        if not isinstance(player, EndpointReconstructor) or player.conductor.recipe.plays(source, split)
    ]


def rebuild_all(
    case: Case, written: pd.DataFrame, *, embed: Embed, threshold: float, models: Sequence[EndpointReconstructor]
) -> pd.DataFrame:
    """Return one row per text of `texts_of` and reconstructor. See `rebuild_texts` for the columns and errors."""
    knowledge = case.knowledge()
    texts = texts_of(knowledge, written)
    return rebuild_texts(knowledge, texts, embed=embed, threshold=threshold, models=models)


def selected_texts(written: pd.DataFrame) -> dict[str, list[str]]:
    """Return each writer's selected statements: none for one that had nothing to say, which is an answer too."""
    return {str(source): rows.loc[rows["selected"], "text"].tolist() for source, rows in written.groupby("source")}


def rebuild_texts(
    knowledge: Knowledge,
    texts: Mapping[str, Sequence[str]],
    *,
    embed: Embed,
    threshold: float,
    models: Sequence[EndpointReconstructor] = (),
) -> pd.DataFrame:
    """Return one row per text (source -> statements) and reconstructor: the embedded readers, then the language models.

    Columns: application, split, source, reconstructor, statements (number), matched (how many conveyed something), matches (JSON),
    files (JSON: the implementation; None for a refusal), refusal, simulated, answer, remarks, tokens_in, tokens_out, seconds, cost
    (what a language model wrote and took; None and 0 for a reader), and what the text gives away of source and tests (see ``harness.leak``):
    longest_run, longest_run_renamed, code_lines, blobs, test_literals (number), suspicious.

    Raises:
        EndpointError: A language model gave no answer; those that there are were kept.
    """
    application = knowledge.application
    source_text, tests = source_files(application), test_files(application)
    leaks = {
        source: leak_of("\n".join(statements), source=source_text, tests=tests) for source, statements in texts.items()
    }
    played = cast(knowledge, texts, [*readers_for(knowledge, embed, threshold=threshold), *models])
    return pd.DataFrame(
        [
            {
                "application": application.id,
                "split": application.split.value,
                "source": source,
                "statements": len(texts[source]),
                **_made(made, part.reconstructor),
                **_columns(leaks[source]),
            }
            for (source, part), made in zip(played, play([part for _, part in played]), strict=True)
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
    """Return one row per reconstruction: pass_rate and lift (NaN where not judged), learning_half and held_out_half (the
    pass rates of both halves of the tests, see `halves`), reason, isolation, mode, tests.

    A refusal rebuilds nothing and is judged as the interface alone would be: it is the reconstructor's answer, not a
    failure of the machine.
    """
    knowledge = case.knowledge()
    application = knowledge.application
    measured = calibration_from_json(case.calibration.read_text(encoding="utf-8"))
    suite = calibrated_suite(
        Suite(
            application_id=application.id,
            files=test_files(application),
            modules=application.modules,
            kept=None,
            packages=application.packages,
        ),
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
    halves = [
        (None, None) if rate is None else half_rates(report.by_function())
        for rate, report in zip(rates, reports, strict=True)
    ]
    return rebuilt.drop(columns=["files", "matches", "answer"]).assign(
        pass_rate=_floats(rates),
        learning_half=_floats([learning for learning, _ in halves]),
        held_out_half=_floats([held_out for _, held_out in halves]),
        lift=[float("nan") if rate is None or floor is None else rate - floor for rate in rates],
        reason=[report.reason for report in reports],
        isolation=[report.isolation.value for report in reports],
        mode=[report.mode.value for report in reports],
        tests=len(suite.kept or ()),
    )


def _floats(values: Sequence[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]
