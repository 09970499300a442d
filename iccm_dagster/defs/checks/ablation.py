"""Does the ablation come out as the seed (I07) expects, and do details matter? Simulated readers."""

import dagster as dg

from iccm_dagster.artifacts import Artifact
from iccm_dagster.defs.checks.measured import measured, nothing, ranked
from iccm_dagster.defs.checks.phase2 import SPLITS


def _ranking(split: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="phase2_ablation",
        name=f"{split}_ranking",
        description=f"On {split} applications, at equal tokens: gold > stage 2 > stage 1 > retrieval > interface only (seed I07).",
    )
    def check(phase2_ablation: Artifact) -> dg.AssetCheckResult:
        from iccm_dagster.phase2.ablation import RANKING, ranking_of

        values = ranking_of(phase2_ablation.table(), split)
        if len(values) < len(RANKING):
            return _nothing(split)
        return ranked(values, n=_applications(phase2_ablation, split))

    return check


def _details(split: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset="phase2_ablation",
        name=f"{split}_details_matter",
        description=f"On {split} applications the pass rate falls as details are taken out of gold requirements.",
    )
    def check(phase2_ablation: Artifact) -> dg.AssetCheckResult:
        from iccm_dagster.phase2.variants import RATES

        table = phase2_ablation.table()
        rows = table[(table["split"] == split) & (table["share"] == 1.0)].set_index("source")["pass_rate"]
        names = ["gold", *(f"{rate:.0%} of details removed" for rate in RATES)]
        if any(name not in rows for name in names):
            return _nothing(split)
        rates = {name: float(rows[name]) for name in names}
        return measured(
            list(rates.values()) == sorted(rates.values(), reverse=True) and rates["gold"] > rates[names[-1]],
            value=rates["gold"] - rates[names[-1]],
            target=0.0,
            **rates,
            n=_applications(phase2_ablation, split),
            simulated=True,
        )

    return check


def _applications(ablation: Artifact, split: str) -> int:
    table = ablation.table()
    return int(table[table["split"] == split]["applications"].max())


def _nothing(split: str) -> dg.AssetCheckResult:
    return nothing(f"no {split} application was judged")


CHECKS = [*map(_ranking, SPLITS), *map(_details, SPLITS)]
