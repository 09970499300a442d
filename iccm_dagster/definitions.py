"""The whole graph, listed by hand: what Dagster loads."""

import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

# The graph needs backfill policies and user-given data versions, both marked beta: pinned in pyproject, tested, and
# said here once.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

from iccm_dagster.defs.assets import (  # noqa: E402
    ablation,
    applications,
    celr,
    cortex,
    generators,
    operations,
    phase1,
    phase2,
    rebuilt,
    refinement,
    texts,
)
from iccm_dagster.defs.automation import light_assets  # noqa: E402
from iccm_dagster.defs.checks import ablation as ablation_checks  # noqa: E402
from iccm_dagster.defs.checks import applications as applications_checks  # noqa: E402
from iccm_dagster.defs.checks import celr as celr_checks  # noqa: E402
from iccm_dagster.defs.checks import cortex as cortex_checks  # noqa: E402
from iccm_dagster.defs.checks import generators as generators_checks  # noqa: E402
from iccm_dagster.defs.checks import operations as operations_checks  # noqa: E402
from iccm_dagster.defs.checks import phase1 as phase1_checks  # noqa: E402
from iccm_dagster.defs.checks import phase2 as phase2_checks  # noqa: E402
from iccm_dagster.defs.checks import refinement as refinement_checks  # noqa: E402
from iccm_dagster.defs.io_managers import ArtifactIOManager  # noqa: E402
from iccm_dagster.defs.jobs import (  # noqa: E402
    ablation_job,
    celr_job,
    cortex_job,
    intake_job,
    main_job,
    operations_job,
    refinement_job,
    retraining_job,
)
from iccm_dagster.defs.logs import terse_console_logger  # noqa: E402
from iccm_dagster.defs.profiles import chosen_endpoints, chosen_profile  # noqa: E402
from iccm_dagster.defs.resources.card import CardResource  # noqa: E402
from iccm_dagster.defs.resources.catalogue import CatalogueResource  # noqa: E402
from iccm_dagster.defs.resources.pipeline import Pipeline  # noqa: E402
from iccm_dagster.defs.resources.profile import ProfileResource  # noqa: E402
from iccm_dagster.defs.resources.registry import RegistryResource  # noqa: E402
from iccm_dagster.defs.resources.sandbox import SandboxResource  # noqa: E402
from iccm_dagster.defs.resources.storage import StorageResource  # noqa: E402
from iccm_dagster.defs.resources.webhook import WebhookResource  # noqa: E402
from iccm_dagster.defs.schedules import weekly_retraining  # noqa: E402
from iccm_dagster.defs.sensors.applications import new_applications  # noqa: E402
from iccm_dagster.defs.sensors.cortex import cortex_proposals  # noqa: E402
from iccm_dagster.defs.sensors.problems import run_problems  # noqa: E402
from iccm_dagster.defs.sensors.retraining import retraining  # noqa: E402
from iccm_dagster.defs.sensors.trajectories import new_trajectories  # noqa: E402
from iccm_dagster.defs.workers import claimed_in_process_executor  # noqa: E402
from iccm_dagster.postgres import URL_VARIABLE  # noqa: E402

ASSETS = [
    applications.application_source,
    applications.code_sections,
    applications.gold_requirements,
    applications.application_registry,
    texts.degraded_contexts,
    applications.catalogue_statistics,
    applications.test_calibration,
    phase1.phase1_labels,
    phase1.docstring_corpus,
    phase1.phase1_dataset,
    phase1.phase1_checkpoint,
    phase1.phase1_evaluation,
    phase1.section_index,
    texts.requirement_variants,
    phase2.phase2_dataset,
    phase2.phase2_stage1_checkpoint,
    phase2.phase2_checkpoint,
    phase2.generated_requirements,
    rebuilt.reconstructions,
    rebuilt.reconstruction_pass_rates,
    rebuilt.phase2_evaluation,
    ablation.phase2_similarity_checkpoint,
    ablation.phase2_ablation,
    generators.phase2_generators,
    celr.trajectories,
    celr.scored_trajectories,
    celr.self_rewards,
    celr.dpo_pairs,
    celr.spin_pairs,
    celr.preference_exports,
    celr.training_report,
    celr.dpo_checkpoint,
    cortex.cortex_transitions,
    cortex.cortex_policy,
    cortex.cortex_trust,
    cortex.cortex_benchmark,
    cortex.cortex_promotion,
    cortex.cortex_rollback,
    refinement.program_corpus,
    refinement.refinement_checkpoint,
    refinement.refinement_evaluation,
    operations.run_report,
    operations.failed_runs,
]
CHECKS = [
    *applications_checks.CHECKS,
    *phase1_checks.CHECKS,
    *phase2_checks.CHECKS,
    *ablation_checks.CHECKS,
    *generators_checks.CHECKS,
    *celr_checks.CHECKS,
    *cortex_checks.CHECKS,
    *refinement_checks.CHECKS,
    *operations_checks.CHECKS,
]
ROOT = Path(__file__).resolve().parents[1]


def build_resources(*, storage: str, catalogue: str, profile: ProfileResource, database: str = "") -> dict[str, Any]:
    """Return the resources of a pipeline over one catalogue and one storage; ``database`` holds the register of
    applications, beside the artifacts where it is empty."""
    store = StorageResource(root=storage)
    return {
        "io_manager": ArtifactIOManager(storage=store),
        "sandbox": SandboxResource(),
        "webhook": WebhookResource(url=os.environ.get("ICCM_WEBHOOK", "")),
        "registry": RegistryResource(storage=store, url=database),
        "pipeline": Pipeline(
            storage=store,
            applications=CatalogueResource(folder=catalogue),
            configuration=profile,
            card=CardResource(),
        ),
    }


def build_defs(resources: Mapping[str, Any]) -> dg.Definitions:
    """Return the definitions over these resources: tests and tools share the factory with Dagster."""
    return dg.Definitions(
        assets=ASSETS,
        asset_checks=CHECKS,
        jobs=[intake_job, main_job, ablation_job, celr_job, cortex_job, refinement_job, retraining_job, operations_job],
        sensors=[new_applications, light_assets, retraining, new_trajectories, cortex_proposals, run_problems],
        schedules=[weekly_retraining],
        resources=resources,
        # A fresh process per step costs about two CPU seconds and a second import of torch; trainings have their own
        # child.
        executor=claimed_in_process_executor,
        loggers={"console": terse_console_logger},
    )


defs = build_defs(
    build_resources(
        storage=os.environ.get("ICCM_STORAGE", str(ROOT / "data" / "artifacts")),
        catalogue=os.environ.get("ICCM_APPLICATIONS", str(ROOT / "data" / "applications")),
        profile=ProfileResource(name=chosen_profile(), endpoints=chosen_endpoints()),
        database=os.environ.get(URL_VARIABLE, ""),
    )
)
