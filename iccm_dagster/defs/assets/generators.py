"""The two generators side by side: which writes better requirements, everything else equal."""

import json
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.common import TRAINING, once
from iccm_dagster.defs.assets.stored import EXAMPLES, rewards_of
from iccm_dagster.defs.making import fingerprint_of, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.training import on_card, train_in_child
from iccm_dagster.intervals import Interval

DIFFERENCE = "difference.json"


@dg.asset(
    **once(
        "ablation",
        kinds={"torch", "huggingface"},
        code_version="4",
        recipe="comparison+writer+reinforce+calibration+machine+jury",
    ),
    **TRAINING,
)
def phase2_generators(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    phase1_checkpoint: Artifact,
    phase2_dataset: Artifact,
    docstring_corpus: Artifact,
    application_source: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Artifact]:
    """The generation head and the causal language model, trained by the same loops on the same number of examples and
    samples, with their pass rates on validation applications (simulated readers). A base that is no causal language
    model leaves one row with the reason."""

    def train(draft: Draft) -> dict[str, Any]:
        from iccm_dagster.phase2.compare_generators import comparison_table

        profile = pipeline.profile
        report = train_in_child(
            context,
            pipeline,
            "generators",
            asset="phase2_generators",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec={
                **rewards_of(pipeline, registered(context.instance), reward="pass rate"),
                "examples": str(phase2_dataset.file(EXAMPLES)),
                "corpus": str(docstring_corpus.file(TABLE)),
                "retriever": str(phase1_checkpoint.folder()),
                "base": profile.retriever.base,
                "writer_recipe": profile.writer.model_dump(mode="json"),
                "comparison": profile.comparison.model_dump(mode="json"),
            },
        )
        rows = comparison_table(report)
        rows.to_parquet(draft.folder / TABLE, index=False)
        (draft.folder / DIFFERENCE).write_text(json.dumps(report["difference"]), encoding="utf-8")
        judged = rows.dropna(subset=["pass_rate"])
        difference = report["difference"]
        return {
            "simulated": report["simulated"],
            **on_card(report),
            "causal LM minus head, validation": str(Interval(**difference)) if difference else "one is missing",
            "generators": show.table(rows, list(rows.columns), rows=10),
            "pass rates": show.bars(
                "Validation pass rate (simulated)",
                "pass rate",
                [f"{row.generator}\nstage {row.stage}" for row in judged.itertuples()],
                judged["pass_rate"].tolist(),
                low=judged["low"].tolist(),
                high=judged["high"].tolist(),
                target=0.5,
            ),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)
