"""Is the generator that the profile uses the better one?"""

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.assets.generators import DIFFERENCE
from iccm_dagster.defs.checks.measured import measured, nothing
from iccm_dagster.defs.resources.pipeline import Pipeline


@dg.asset_check(
    asset="phase2_generators",
    description="The profile's generator passes at least as many validation tests as the other one (simulated readers).",
)
def chosen_generator_is_not_worse(pipeline: Pipeline, phase2_generators: Artifact) -> dg.AssetCheckResult:
    found = phase2_generators.json(DIFFERENCE)
    if found is None or not found["n"]:
        return nothing("one generator is missing, or no application was judged")
    chosen = pipeline.profile.writer.generator
    sign = 1 if chosen == "causal_lm" else -1
    ends = sorted((sign * found["low"], sign * found["high"]))
    value = sign * found["mean"]
    return measured(
        value >= 0, value=value, target=0.0, low=ends[0], high=ends[1], chosen=chosen, n=found["n"], simulated=True
    )


CHECKS = [chosen_generator_is_not_worse]
