"""Named selections of assets."""

import dagster as dg

BESIDE = ("refinement",)
"""Groups that stand beside the main loop: made when they are asked for, never by `make run`."""

main_job = dg.define_asset_job(
    "main",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(*BESIDE),
    description="The main loop: `phase2_checkpoint`, everything upstream, and what is measured with it.",
)

refinement_job = dg.define_asset_job(
    "refinement",
    selection=dg.AssetSelection.groups("refinement"),
    description="Iterative refinement: the program corpus, the denoisers of all rows, and the comparison.",
)
