"""Applications: what they are, what they are made of, and what their tests are worth."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from iccm_dagster.applications.catalogue import Application, load_application, source_files, test_files
from iccm_dagster.applications.mutants import mutants_of
from iccm_dagster.applications.rebuild import sections_run_at_import
from iccm_dagster.applications.sections import sections_of
from iccm_dagster.applications.statistics import ApplicationStatistics, statistics_of, totals
from iccm_dagster.applications.traceability import load_traceability
from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.common import HARNESS_POOL, light, once, per_application
from iccm_dagster.defs.making import Inputs, expect, make_each, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.registry import RegistryResource
from iccm_dagster.defs.resources.sandbox import SandboxResource
from iccm_dagster.errors import ApplicationError
from iccm_dagster.harness.calibration import Calibration, calibrate, calibration_to_json
from iccm_dagster.harness.program import Implementation, Origin
from iccm_dagster.harness.suite import Suite
from iccm_dagster.orchestra.knowledge import Knowledge

if TYPE_CHECKING:
    import pandas as pd

Gathered = dict[str, Artifact]
"""Application -> its artifact."""


@dg.asset(**per_application("applications", kinds={"python"}, code_version="2"))
def application_source(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.Output[Gathered]:
    """The application as it was taken in: a copy of its folder (description, sources, tests, gold requirements,
    traceability).

    Everything downstream reads this copy, so that a change on disk during a run changes nothing that is under way.
    """

    def take_in(key: str, _: Inputs, draft: Draft) -> dict[str, Any]:
        application = load_application(pipeline.catalogue.path / key)
        shutil.copytree(application.root, draft.folder / key, ignore=shutil.ignore_patterns("__pycache__"))
        lines = sum(text.count("\n") for text in source_files(application).values())
        return {
            "application": application.name,
            "summary": application.summary,
            "split": application.split.value,
            "lines": lines,
            "files": show.listing({path: text.count("\n") for path, text in source_files(application).items()}),
        }

    return dg.Output(make_each(context, pipeline, {}, take_in))


@dg.asset(**light("applications", kinds={"python", "parquet"}, code_version="1"))
def code_sections(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered
) -> dg.Output[Gathered]:
    """Every function, method and class of the application: place, code, signature, docstring, parent, calls, content
    hash."""

    def extract(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        import pandas as pd

        application = application_in(inputs["application_source"])
        sections = sections_of(application)
        frame = pd.DataFrame([asdict(section) for section in sections]).assign(
            application=key, split=application.split.value
        )
        frame.to_parquet(draft.folder / TABLE, index=False)
        return {
            "sections": len(frame),
            "public": int(frame["public"].sum()),
            "preview": show.table(frame, ["name", "kind", "line_start", "line_end", "public"]),
        }

    return dg.Output(make_each(context, pipeline, {"application_source": application_source}, extract))


@dg.asset(**light("applications", kinds={"markdown", "parquet"}, code_version="3"))
def gold_requirements(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered
) -> dg.Output[Gathered]:
    """The hand-written requirements, their paraphrases, and their traceability to sections and tests."""

    def read(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        import pandas as pd

        application = application_in(inputs["application_source"])
        if not application.gold:
            raise ApplicationError(
                key,
                "no gold requirements",
                "Write gold_requirements.md; until then it is used without "
                "labels: only retrieved from, written about and rebuilt",
                Path("gold_requirements.md"),
            )
        trace = load_traceability(application)
        frame = pd.DataFrame(
            [
                {
                    "application": key,
                    "split": application.split.value,
                    "id": requirement.id,
                    "kind": requirement.kind.value,
                    "text": requirement.text,
                    "paraphrases": list(requirement.paraphrases),
                    "sections": [span.section for span in trace.sections.get(requirement.id, ())],
                    "tests": list(trace.tests.get(requirement.id, ())),
                }
                for requirement in application.requirements
            ]
        )
        frame.to_parquet(draft.folder / TABLE, index=False)
        return {
            "requirements": len(frame),
            "traceability": show.table(
                frame.assign(sections=frame["sections"].map(", ".join), tests=frame["tests"].map(_named)),
                ["id", "kind", "text", "sections", "tests"],
                rows=25,
                # Nothing is cut: whoever asks why a requirement counts as tested reads it here.
                cell=10_000,
            ),
            "traceability, at a glance": _traced(key, frame),
        }

    return dg.Output(make_each(context, pipeline, {"application_source": application_source}, read))


@dg.asset(**light("applications", kinds={"pytest"}, code_version="2", recipe="calibration"), pool=HARNESS_POOL)
def test_calibration(
    context: dg.AssetExecutionContext, pipeline: Pipeline, sandbox: SandboxResource, application_source: Gathered
) -> dg.Output[Gathered]:
    """What the application's tests are worth: which pass on the original each time, which pass on the bare interface
    (and prove nothing), how many mutants they kill; and which sections run at import, and so can never be hidden."""
    recipe = pipeline.profile.calibration
    judge = sandbox.sandbox()

    def measure(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        application = application_in(inputs["application_source"])
        at_import = sections_run_at_import(application)
        knowledge = Knowledge(application, at_import=at_import)
        mutants = (
            [
                Implementation(files=mutant.files, origin=Origin.DERIVED)
                for mutant in mutants_of(application, limit=recipe.mutants, seed=0)
            ]
            if recipe.mutants
            else []
        )
        calibration = calibrate(
            application_id=key,
            original=knowledge.original,
            stub=knowledge.rebuild(()),
            mutants=mutants,
            suite=suite_of(application),
            sandbox=judge,
            limits=sandbox.limits(recipe),
            repeats=recipe.repeats,
        )
        if not calibration.kept:
            raise ApplicationError(
                key,
                f"no test passes on the original and fails on the interface alone ({_why(calibration)})",
                "Mend the tests or the sources",
                Path("tests"),
            )
        (draft.folder / "calibration.json").write_text(calibration_to_json(calibration), encoding="utf-8")
        (draft.folder / "at_import.json").write_text(json.dumps(sorted(at_import)), encoding="utf-8")
        return _shown(calibration)

    return dg.Output(
        make_each(context, pipeline, {"application_source": application_source}, measure, workers=recipe.workers)
    )


@dg.asset(**once("applications", kinds={"sql", "parquet"}, code_version="1"))
def application_registry(
    context: dg.AssetExecutionContext, pipeline: Pipeline, registry: RegistryResource, application_source: Gathered
) -> dg.Output[Artifact]:
    """The table `applications` for readers of a database: id, name, source path, split, content hash, and since when. In
    PostgreSQL where it is configured, in SQLite beside the artifacts otherwise; here is a copy of what it says."""
    expect(application_source, what="application_source", keys=registered(context.instance))
    changes = registry.follow(pipeline.catalogue)
    for what, ids in asdict(changes).items():
        context.log.info(f"{what}: {', '.join(ids) or 'none'}")

    def copy(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        frame = pd.DataFrame([asdict(row) for row in registry.registry().rows()])
        # When each was added is the table's to say: the copy is the same however often it is made anew.
        frame.drop(columns="added_at").to_parquet(draft.folder / TABLE, index=False)
        return {
            "applications": len(frame),
            **{what: len(ids) for what, ids in asdict(changes).items()},
            "rows": show.table(frame, ["id", "name", "split", "content_hash", "added_at"], rows=100),
        }

    return make_once(context, pipeline, copy, asset_key=context.asset_key)


@dg.asset(**once("applications", kinds={"parquet"}, code_version="1"))
def catalogue_statistics(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered
) -> dg.Output[Artifact]:
    """The catalogue in numbers, one row per application: lines, sections, tests, requirements by kind, and (sentence,
    sections) examples. Nothing is run; what the tests are worth is in `test_calibration`."""
    keys = registered(context.instance)
    sources = expect(application_source, what="application_source", keys=keys)

    def count(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        rows = [statistics_of(application_in(source)) for _, source in sorted(sources.items())]
        frame = pd.DataFrame([row.row() for row in rows])
        frame.to_parquet(draft.folder / TABLE, index=False)
        sums = pd.DataFrame([asdict(total) for total in totals(rows)])
        return {
            "applications": len(rows),
            "left out": ", ".join(sorted(set(keys) - set(sources))) or "none",
            "splits": show.table(sums, list(sums.columns)),
            **_plots(rows),
            "rows": show.table(
                frame, ["application", "split", "lines", "sections", "tests", "requirements", "examples"], rows=100
            ),
        }

    return make_once(context, pipeline, count, asset_key=context.asset_key)


def application_in(artifact: Artifact) -> Application:
    """Return the application of an ``application_source`` artifact."""
    return load_application(artifact.folder() / artifact.manifest.partition)


def suite_of(application: Application) -> Suite:
    """Return the application's tests as a suite that is not calibrated yet."""
    return Suite(
        application_id=application.id,
        files=test_files(application),
        modules=application.modules,
        kept=None,
        packages=application.packages,
    )


def _named(tests: Sequence[str]) -> str:
    return f"{len(tests)}: " + ", ".join(test.split("::", 1)[-1] for test in tests)


def _traced(key: str, frame: "pd.DataFrame") -> dg.MarkdownMetadataValue:
    """Return which requirement is implemented where."""
    sections = sorted({section for found in frame["sections"] for section in found})
    marks = [(row.id, section) for row in frame.itertuples() for section in row.sections]
    return show.matrix(
        f"{key}: requirements and the sections that implement them", frame["id"].tolist(), sections, marks
    )


def _plots(rows: Sequence[ApplicationStatistics]) -> dict[str, Any]:
    names = [row.application for row in rows]
    kinds = {
        "functional": [row.functional for row in rows],
        "non-functional": [row.non_functional for row in rows],
        "constraint": [row.constraints for row in rows],
    }
    parts = {
        "public sections": [row.public_sections for row in rows],
        "private sections": [row.sections - row.public_sections for row in rows],
    }
    return {
        "lines": show.bars("Source lines", "lines", names, [row.lines for row in rows]),
        "sections": show.stacked("Sections", "sections", names, parts),
        "tests": show.bars("Test functions", "tests", names, [row.tests for row in rows]),
        "requirements": show.stacked("Requirements by kind", "requirements", names, kinds),
    }


def _shown(calibration: Calibration) -> dict[str, Any]:
    import pandas as pd

    excluded = pd.DataFrame(sorted(calibration.excluded.items()), columns=["test", "reason"])
    return {
        "tests kept": len(calibration.kept),
        "tests left out": len(excluded),
        "pass rate of the interface alone": calibration.stub_pass_rate
        if calibration.stub_pass_rate is not None
        else "not judged",
        "mutants killed": calibration.strength if calibration.strength is not None else "not tried",
        "left out": show.table(excluded, ["test", "reason"]),
    }


def _why(calibration: Calibration) -> str:
    reasons = sorted(set(calibration.excluded.values())) or ["no test was found"]
    return "; ".join([*calibration.problems, *reasons][:3])
