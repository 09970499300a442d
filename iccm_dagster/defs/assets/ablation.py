"""The ablation: what executed rewards, training and gold are worth, beside each other at an equal number of tokens."""

from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.common import HARNESS_POOL, TRAINING, once
from iccm_dagster.defs.assets.stored import EXAMPLES, GROUPS, SETTINGS, case_of, stage2_spec, verdict_cache
from iccm_dagster.defs.making import expect, fingerprint_of, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.sandbox import SandboxResource
from iccm_dagster.defs.training import card_for_reading, train_in_child
from iccm_dagster.progress import Progress, spoken

RATES = "rates.parquet"


@dg.asset(
    **once("ablation", kinds={"torch", "huggingface"}, code_version="4", recipe="reinforce+calibration+machine"),
    **TRAINING,
)
def phase2_similarity_checkpoint(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    phase2_stage1_checkpoint: Artifact,
    phase2_dataset: Artifact,
    application_source: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Artifact]:
    """Stage 2 once more, rewarded with similarity to the gold requirements instead of executed tests: what a system that
    never runs anything would learn."""

    def train(draft: Draft) -> dict[str, Any]:
        report = train_in_child(
            context,
            pipeline,
            "stage2",
            asset="phase2_similarity_checkpoint",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec=stage2_spec(pipeline, registered(context.instance), reward="similarity"),
        )
        draft.facts["history"] = report["history"]
        judged = [record for record in report["history"] if record["validation"] is not None]
        return {
            "passes": len(report["history"]) - 1,
            "likeness on validation, stage 1": judged[0]["validation"] if judged else float("nan"),
            "likeness on validation, best": max((record["validation"] for record in judged), default=float("nan")),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)


@dg.asset(
    **once("ablation", kinds={"pytest", "parquet"}, code_version="3", recipe="reinforce+calibration"), pool=HARNESS_POOL
)
def phase2_ablation(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    sandbox: SandboxResource,
    phase1_checkpoint: Artifact,
    phase2_similarity_checkpoint: Artifact,
    phase2_stage1_checkpoint: Artifact,
    phase2_dataset: Artifact,
    generated_requirements: Gathered,
    requirement_variants: Gathered,
    degraded_contexts: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Artifact]:
    """Pass rates of every kind of text at an equal number of tokens: gold, paraphrased, without details, both stages, a
    similarity reward, an untrained head, retrieval, docstrings, names, nothing. Per split with intervals over
    applications, and the frontier of pass rate against tokens. Simulated readers."""
    from iccm_dagster.encoders import count_tokens
    from iccm_dagster.phase1.model import load_retriever
    from iccm_dagster.phase2 import ablation
    from iccm_dagster.phase2.generate import Writers
    from iccm_dagster.phase2.jury import SentenceEmbedder
    from iccm_dagster.phase2.rebuild import judge_all, rebuild_texts, selected_texts

    profile = pipeline.profile
    written = expect(generated_requirements, what="generated_requirements", keys=registered(context.instance))

    def measure(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        embed, judge = SentenceEmbedder(), sandbox.sandbox()
        threshold = phase2_dataset.json(SETTINGS)["threshold"]
        groups = phase2_dataset.table(GROUPS)
        retriever = load_retriever(phase1_checkpoint.folder())
        neighbours = ablation.Neighbours(retriever, phase2_dataset.table(EXAMPLES), bf16=profile.retriever.bf16)
        untrained = ablation.untrained_writer(phase2_stage1_checkpoint.folder(), draft.folder / "untrained")
        generator = Writers(
            {"similarity reward": phase2_similarity_checkpoint.folder(), "untrained head": untrained},
            recipe=profile.reinforce,
            device=profile.machine.device,
            reference=None,
        )
        told = spoken(context.log.info, seconds=5.0)
        tables = []
        for number, (key, artifact) in enumerate(written.items(), start=1):
            case, own = case_of(pipeline.store, key), groups[groups["application"] == key]
            knowledge = case.knowledge()
            chosen = pd.concat([artifact.table(), generator.write(own)], ignore_index=True)
            texts = selected_texts(chosen)
            variants = requirement_variants.get(key)
            texts |= {} if variants is None or variants.problem else ablation.hand_written(variants.table())
            texts |= {"retrieval": neighbours.write(key, own["source"].tolist()), **ablation.unlearned(knowledge)}
            cut, _ = ablation.budgeted(texts, reference="stage 2", count_tokens=count_tokens)
            named = {f"{source}|{share}": statements for (source, share), statements in cut.items()}
            rebuilt = rebuild_texts(knowledge, named, embed=embed, threshold=threshold)
            rates = judge_all(
                case, rebuilt, recipe=profile.calibration, sandbox=judge, cache=verdict_cache(pipeline.store)
            )
            parts = rates["source"].str.split("|")
            tables.append(
                rates.assign(
                    source=parts.str[0],
                    share=parts.str[1].astype(float),
                    tokens=[sum(map(count_tokens, named[name])) for name in rates["source"]],
                )
            )
            told(Progress(stage="applications", step=number, total_steps=len(written), metrics={}))
        rates = pd.concat(tables, ignore_index=True)
        rates.to_parquet(draft.folder / RATES, index=False)
        table = ablation.ablation_table(rates, seed=0)
        table.to_parquet(draft.folder / TABLE, index=False)
        return _shown(table, degraded_contexts)

    with card_for_reading(pipeline):
        return make_once(context, pipeline, measure, asset_key=context.asset_key)


def _shown(table: "Any", contexts: Gathered) -> dict[str, Any]:
    """Return the tables and the frontier for the asset's page."""
    import pandas as pd

    from iccm_dagster.phase2.ablation import RANKING

    whole = table[table["share"] == 1.0]
    levels = pd.concat([artifact.table() for artifact in contexts.values() if artifact.problem is None])
    tokens = levels.groupby(["level", "name"], as_index=False)["tokens"].mean()
    shown: dict[str, Any] = {
        "simulated": bool(table["simulated"].all()),
        "at equal tokens": show.table(whole, list(table.columns), rows=len(whole)),
        "tokens of the four levels of context": show.table(tokens, list(tokens.columns), rows=4),
    }
    for split in dict.fromkeys(table["split"]):
        rows = table[table["split"] == split]
        shown[f"frontier, {split}"] = show.curves(
            f"Pass rate against tokens, {split} (simulated)",
            "tokens",
            "pass rate",
            {
                source: (part["tokens"].tolist(), part["pass_rate"].tolist())
                for source, part in rows[rows["source"].isin([*RANKING, "docstrings", "name only"])].groupby("source")
            },
        )
    return shown
