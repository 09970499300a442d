"""Named selections of assets."""

import dagster as dg

from iccm_dagster.defs.profiles import chosen_machine
from iccm_dagster.defs.resources.card import launch_tags

TAGS = launch_tags(chosen_machine())
MAIN_GROUPS = ("applications", "phase1", "phase2")
"""What `make run` makes; the other groups are jobs of their own."""

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
