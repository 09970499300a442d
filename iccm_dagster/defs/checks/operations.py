"""Does anything need a person?"""

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.assets.operations import JUDGED, PROBLEMS


@dg.asset_check(asset="failed_runs", description="No run failed for good, and none hangs.")
def no_run_needs_a_person(failed_runs: Artifact) -> dg.AssetCheckResult:
    problems = failed_runs.json(PROBLEMS)
    listed = "\n".join(f"- `{one['run'][:8]}` {one['job']} {one['kind']}: {one['reason']}" for one in problems)
    return dg.AssetCheckResult(
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "value": len(problems),
            "target": 0,
            "n": len(problems),
            "runs": dg.MetadataValue.md(listed or "none"),
        },
    )


@dg.asset_check(asset="run_report", description="Every target that was judged is reached.")
def targets_are_reached(run_report: Artifact) -> dg.AssetCheckResult:
    judged = run_report.json(JUDGED)
    missed = [one["check"] for one in judged if one[""] != "ok"]
    return dg.AssetCheckResult(
        passed=bool(judged) and not missed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "value": len(judged) - len(missed),
            "target": len(judged),
            "n": len(judged),
            "missed": dg.MetadataValue.md("\n".join(f"- {name}" for name in missed) or "none"),
        },
    )


CHECKS = [no_run_needs_a_person, targets_are_reached]
