"""Named selections of assets."""

import dagster as dg

from iccm_dagster.defs.profiles import chosen_machine
from iccm_dagster.defs.resources.card import launch_tags

TAGS = launch_tags(chosen_machine())
MAIN_GROUPS = ("applications", "phase1", "phase2")
"""What `make run` makes; the other groups are jobs of their own."""

CATALOGUE = (
    "application_source",
    "code_sections",
    "gold_requirements",
    "degraded_contexts",
    "test_calibration",
    "requirement_variants",
    "phase1_labels",
)
"""What is made of each application without training anything."""
SUMMED = ("application_registry", "catalogue_statistics", "phase1_dataset", "phase2_dataset")
"""What gathers it; light as well."""
LIGHT = (*CATALOGUE, *SUMMED)
LOGGED = (
    "trajectories",
    "scored_trajectories",
    "self_rewards",
    "dpo_pairs",
    "spin_pairs",
    "preference_exports",
    "training_report",
)
"""What is made of the agent's logs without training anything."""

intake_job = dg.define_asset_job(
    "intake",
    selection=dg.AssetSelection.assets(*LIGHT),
    description="New and changed applications: everything about them that needs no training.",
)

main_job = dg.define_asset_job(
    "main",
    selection=dg.AssetSelection.groups(*MAIN_GROUPS),
    tags=TAGS,
    description="`phase2_checkpoint`, everything upstream, and what is measured with it.",
)

ablation_job = dg.define_asset_job(
    "ablation",
    selection=dg.AssetSelection.groups("ablation"),
    tags=TAGS,
    description="What each part of phase 2 is worth at an equal number of tokens, and the two generators side by side.",
)

celr_job = dg.define_asset_job(
    "celr",
    selection=dg.AssetSelection.groups("celr"),
    tags=TAGS,
    description="Trajectories of the agent, preference data, and the models trained on it.",
)

cortex_job = dg.define_asset_job(
    "cortex",
    # Rolling back is a decision of a person: it is part of no job.
    selection=dg.AssetSelection.groups("cortex") - dg.AssetSelection.assets("cortex_rollback"),
    description="A control policy trained on the trajectories, its benchmark, and its promotion where the gate lets it pass.",
)

refinement_job = dg.define_asset_job(
    "refinement",
    selection=dg.AssetSelection.groups("refinement"),
    description="Iterative refinement: the program corpus, the denoisers of all rows, and the comparison.",
)

retraining_job = dg.define_asset_job(
    "retraining",
    selection=dg.AssetSelection.groups(*MAIN_GROUPS, "celr"),
    tags=TAGS,
    description="What the sensor `retraining` and the weekly schedule take their runs from; launched by hand it is `main` and `celr` in one.",
)

operations_job = dg.define_asset_job(
    "operations",
    selection=dg.AssetSelection.groups("operations"),
    description="The report an owner reads, and the runs that failed or hang.",
)
