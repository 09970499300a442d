"""Named selections of assets."""

import dagster as dg

main_job = dg.define_asset_job(
    "main",
    selection=dg.AssetSelection.all(),
    description="The whole graph: `phase2_checkpoint`, everything upstream, and what is measured with it.",
)
