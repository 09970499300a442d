"""The agent over a catalogue on disk, without stored artifacts: calibrates each application first, then works on it."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from iccm_dagster.applications.catalogue import Application, load_catalogue, test_files
from iccm_dagster.applications.rebuild import sections_run_at_import
from iccm_dagster.celr.collect import collect, setting_for
from iccm_dagster.celr.gold import write_gold
from iccm_dagster.celr.ladder import answer_text
from iccm_dagster.celr.log import TrajectoryLog
from iccm_dagster.celr.recipe import AgentRecipe
from iccm_dagster.celr.simulated import simulated_ladder
from iccm_dagster.celr.states import Policy
from iccm_dagster.celr.tasks import Harness, Workbench
from iccm_dagster.harness.calibration import calibrate, calibration_to_json
from iccm_dagster.harness.process import default_sandbox
from iccm_dagster.harness.recipe import CalibrationRecipe
from iccm_dagster.harness.sandbox import Sandbox
from iccm_dagster.harness.suite import Suite
from iccm_dagster.harness.verify import VerdictCache
from iccm_dagster.orchestra.knowledge import Knowledge
from iccm_dagster.orchestra.readers import Embed
from iccm_dagster.phase2.jury import Case, SentenceEmbedder, base_limits
from iccm_dagster.progress import OnProgress, Progress


def run_catalogue(
    catalogue: Path,
    *,
    logs: Path,
    recipe: AgentRecipe,
    policy: Policy,
    only: Sequence[str],
    on_progress: OnProgress,
) -> int:
    """Work on the applications named, or on all training ones, as the policy decides; return how many runs were made.

    Raises:
        CatalogueError: No application is usable, or one that was named does not exist.
        SandboxUnavailable: Programs cannot be judged on this machine.
    """
    loaded = load_catalogue(catalogue)
    chosen = [loaded.get(id) for id in only] or [item for item in loaded.applications if item.split == "train"]
    sandbox, embed = default_sandbox(), SentenceEmbedder()
    harness = Harness(sandbox=sandbox, cache=VerdictCache(folder=logs / "verdicts"))
    made = 0
    with tempfile.TemporaryDirectory(prefix="celr_") as scratch:
        for number, application in enumerate(chosen, 1):
            tell = _about(f"{application.id} ({number} of {len(chosen)})", on_progress)
            tell(Progress(stage="calibration", step=0, total_steps=1))
            case = calibrated_case(application, Path(scratch), sandbox=sandbox)
            made += run_application(
                case, logs, recipe=recipe, policy=policy, harness=harness, embed=embed, on_progress=tell
            )
    return made


def _about(what: str, on_progress: OnProgress) -> OnProgress:
    return lambda progress: on_progress(replace(progress, stage=f"{what}, {progress.stage}"))


def run_application(
    case: Case,
    logs: Path,
    *,
    recipe: AgentRecipe,
    policy: Policy,
    harness: Harness,
    embed: Embed,
    on_progress: OnProgress,
) -> int:
    """Work on the tasks of one application, appending to its own folder of the log."""
    bench = Workbench(case, calibration=CalibrationRecipe())
    setting = setting_for(bench, simulated_ladder(bench, embed), harness, recipe=recipe, policy=policy)
    folder, tasks = logs / bench.application, bench.tasks(harness)
    write_gold(folder, {task.id: answer_text(task, bench.knowledge.original) for task in tasks})
    with TrajectoryLog(folder, writer="agent") as log:
        return collect(
            tasks,
            setting=setting,
            log=log,
            logged=folder,
            samples=recipe.samples,
            seed=recipe.seed,
            workers=recipe.workers,
            on_progress=on_progress,
        )


def calibrated_case(application: Application, folder: Path, *, sandbox: Sandbox) -> Case:
    """Calibrate an application's tests (one run of the original, no mutants) and keep the result in a folder."""
    at_import = sections_run_at_import(application)
    knowledge = Knowledge(application, at_import=at_import)
    plain = Suite(
        application_id=application.id,
        files=test_files(application),
        modules=application.modules,
        kept=None,
        packages=application.packages,
    )
    calibration = calibrate(
        application_id=application.id,
        original=knowledge.original,
        stub=knowledge.rebuild(()),
        mutants=[],
        suite=plain,
        sandbox=sandbox,
        limits=base_limits(CalibrationRecipe()),
        repeats=1,
    )
    home = folder / application.id
    home.mkdir(parents=True, exist_ok=True)
    case = Case(application=application.root, calibration=home / "calibration.json", at_import=home / "at_import.json")
    case.calibration.write_text(calibration_to_json(calibration), encoding="utf-8")
    case.at_import.write_text(json.dumps(sorted(at_import)), encoding="utf-8")
    return case
