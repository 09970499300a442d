"""Is the candidate sound, may it be promoted, and is the current policy one that the agent can use?"""

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.assets.cortex import CANDIDATE, ESTIMATES, JUDGEMENT, SUMMARY
from iccm_dagster.defs.checks.measured import nothing
from iccm_dagster.defs.resources.pipeline import Pipeline


@dg.asset_check(
    asset="cortex_benchmark",
    blocking=True,
    description="The gate: no unsafe event, success not below and cost not above the incumbent at 95 % confidence, a gain in "
    "one of them, no application made worse.",
)
def promotion_gate(cortex_benchmark: Artifact) -> dg.AssetCheckResult:
    judgement = cortex_benchmark.json(JUDGEMENT)
    bounds = {
        f"{bound['name']}, {part}": float(bound[part])
        for bound in judgement["bounds"]
        for part in ("value", "bound", "limit")
    }
    return dg.AssetCheckResult(
        passed=bool(judgement["promote"]),
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(judgement["reasons"]),
        metadata={
            **bounds,
            "n": judgement["tasks"],
            "applications": judgement["applications"],
            "simulated": judgement["simulated"],
        },
    )


@dg.asset_check(
    asset="cortex_benchmark",
    description="Aim: the candidate solves as many tasks as always escalating does, at half its cost.",
)
def half_the_cost_of_always_escalating(cortex_benchmark: Artifact) -> dg.AssetCheckResult:
    summary = cortex_benchmark.table(SUMMARY)
    if summary.empty:
        return nothing("no suite was run")
    rows = summary.set_index("policy")
    candidate, dear = rows.loc["candidate"], rows.loc["always-escalate"]
    share = float(candidate["cost"] / dear["cost"])
    return dg.AssetCheckResult(
        passed=bool(candidate["success"] >= dear["success"] and share <= 0.5),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "value": share,
            "target": 0.5,
            "success": float(candidate["success"]),
            "success, always escalating": float(dear["success"]),
            "n": int(candidate["tasks"]),
            "simulated": bool(candidate["simulated"]),
        },
    )


@dg.asset_check(
    asset="cortex_policy",
    description="The log is large enough for its estimates to mean anything (README: which estimate is trusted at which size).",
)
def estimates_can_be_trusted(cortex_policy: Artifact, pipeline: Pipeline) -> dg.AssetCheckResult:
    episodes, target = int(cortex_policy.json(CANDIDATE)["episodes"]), pipeline.profile.cortex.trust_from
    effective = cortex_policy.table(ESTIMATES)["effective"]
    return dg.AssetCheckResult(
        passed=episodes >= target,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "value": episodes,
            "target": target,
            "n": episodes,
            "effective sample size": float(effective.min()) if len(effective) else 0.0,
        },
    )


@dg.asset_check(
    asset="cortex_policy",
    description="The stored version loads and never leaves the masks, over every logged state.",
)
def stored_version_keeps_the_masks(cortex_policy: Artifact, pipeline: Pipeline) -> dg.AssetCheckResult:
    from iccm_dagster.celr.states import allowed
    from iccm_dagster.cortex.archive import PolicyArchive
    from iccm_dagster.cortex.tables import episodes_from_table

    policy = PolicyArchive(pipeline.store).load(cortex_policy.json(CANDIDATE)["version"])
    episodes = episodes_from_table(pipeline.store.get("cortex_transitions").table())
    states = [step.state for episode in episodes for step in episode.steps if not step.forced]
    masks = [allowed(state) for state in states]
    wrong = sum(
        policy.decide(state, allowed=mask, rng=None).action not in mask
        for state, mask in zip(states, masks, strict=True)
    )
    return dg.AssetCheckResult(passed=wrong == 0, metadata={"value": wrong, "target": 0, "n": len(states)})


CHECKS = [promotion_gate, half_the_cost_of_always_escalating, estimates_can_be_trusted, stored_version_keeps_the_masks]
