"""Is the catalogue whole?"""

import dagster as dg

from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline

PER_APPLICATION = ("application_source", "code_sections", "gold_requirements", "test_calibration")


def _no_problem(asset: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=asset,
        name="no_application_left_out",
        description="Every application could be processed; the ones that could not are "
        "named here with the reason. They stop no other.",
    )
    def no_application_left_out(context: dg.AssetCheckExecutionContext, pipeline: Pipeline) -> dg.AssetCheckResult:
        keys = registered(context.instance)
        stored = {key: pipeline.store.find(asset, key) for key in keys}
        problems = [f"- {found.problem}" for found in stored.values() if found is not None and found.problem]
        return dg.AssetCheckResult(
            passed=not problems,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "value": len(problems),
                "target": 0,
                "n": len(keys),
                "problems": dg.MetadataValue.md("\n".join(problems) or "none"),
            },
        )

    return no_application_left_out


CHECKS = [_no_problem(asset) for asset in PER_APPLICATION]
