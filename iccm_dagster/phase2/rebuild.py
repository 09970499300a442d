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
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.readers import Embed, readers_for
from iccm_dagster.orchestra.reconstructor import Context
from iccm_dagster.phase2.evaluate import docstrings, name_only
from iccm_dagster.phase2.groups import section_groups
from iccm_dagster.phase2.halves import half_rates
from iccm_dagster.phase2.jury import Case, base_limits


def rebuild_all(case: Case, written: pd.DataFrame, *, embed: Embed, threshold: float) -> pd.DataFrame:
    """Return one row per text and reconstructor: gold, what the writers said, and the baselines.

    ``written``: the table of generated requirements of this application. See `rebuild_texts` for the columns.
    """
    knowledge = case.knowledge()
    groups = section_groups(knowledge.sections, at_import=knowledge.at_import)
    selected = written[written["selected"]]
    texts = {source: rows["text"].tolist() for source, rows in selected.groupby("source")}
    if knowledge.requirements:
        texts["gold"] = [requirement.text for requirement in knowledge.requirements]
    most = max((len(statements) for statements in texts.values()), default=len(groups))
    texts |= {
        "docstrings": docstrings(groups, knowledge.sections)[:most],
        "name only": name_only(groups)[:most],
        "interface only": [],
    }
    return rebuild_texts(knowledge, texts, embed=embed, threshold=threshold)


def rebuild_texts(
    knowledge: Knowledge, texts: Mapping[str, Sequence[str]], *, embed: Embed, threshold: float
) -> pd.DataFrame:
    """Return one row per text (source -> statements) and reconstructor. Columns: application, split, source,
    reconstructor, statements (number), matched (how many conveyed something), matches (JSON), files (JSON: the
    implementation; None for a refusal), refusal, simulated, and what the text gives away of source and tests (see
    ``harness.leak``): longest_run, longest_run_renamed, code_lines, blobs, test_literals (number), suspicious.
    """
    application = knowledge.application
    interface = interface_of(application)
    source_text, tests = source_files(application), test_files(application)
    rows = []
    for source, statements in texts.items():
        leak = leak_of("\n".join(statements), source=source_text, tests=tests)
        for reader in readers_for(knowledge, embed, threshold=threshold):
            made = reader.reconstruct(Context(statements=tuple(statements)), interface)
            rows.append(
                {
                    "application": application.id,
                    "split": application.split.value,
                    "source": source,
                    "reconstructor": reader.name,
                    "statements": len(statements),
                    "matched": sum(match is not None for match in made.matches),
                    "matches": json.dumps(made.matches),
                    "refusal": made.refusal,
                    "simulated": made.simulated,
                    "files": None if made.implementation is None else json.dumps(dict(made.implementation.files)),
                    **_columns(leak),
                }
            )
    return pd.DataFrame(rows)


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
        Suite(application_id=application.id, files=test_files(application), modules=application.modules, kept=None),
        measured,
    )
    alone = knowledge.rebuild(())
    programs = [
        alone if files is None else Implementation(files=json.loads(files), origin=Origin.DERIVED)
        for files in rebuilt["files"]
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
    return rebuilt.drop(columns=["files", "matches"]).assign(
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
