"""What can be told about an application before anything is trained: four levels of context, and its requirements in all
wordings."""

from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered, application_in
from iccm_dagster.defs.assets.common import light
from iccm_dagster.defs.making import Inputs, make_each
from iccm_dagster.defs.resources.pipeline import Pipeline


@dg.asset(**light("applications", kinds={"python", "parquet"}, code_version="1"))
def degraded_contexts(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered
) -> dg.Output[Gathered]:
    """The application told on four levels: everything, code without comments and docstrings, signatures, requirements.
    Tokens are those of the bundled encoder, so that levels of all profiles compare."""
    from iccm_dagster.applications.contexts import context_rows
    from iccm_dagster.encoders import count_tokens

    def degrade(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        import pandas as pd

        rows = context_rows(application_in(inputs["application_source"]), count_tokens)
        frame = pd.DataFrame(rows).assign(application=key)
        frame.to_parquet(draft.folder / TABLE, index=False)
        return {
            "tokens": show.table(frame, ["level", "name", "tokens", "removed"]),
            "signatures only": dg.MetadataValue.md(f"```python\n{rows[2]['text']}\n```"),
        }

    return dg.Output(make_each(context, pipeline, {"application_source": application_source}, degrade))


@dg.asset(**light("phase2", kinds={"parquet"}, code_version="1"))
def requirement_variants(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered
) -> dg.Output[Gathered]:
    """The requirements in all their wordings: by hand, paraphrased by hand, and with details taken away at several rates.
    The first two are learned from; the last ones show what details are worth (see phase2_ablation)."""
    from iccm_dagster.phase2.variants import variants_table

    def word(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        variants = variants_table(application_in(inputs["application_source"]).requirements, seed=0)
        variants.to_parquet(draft.folder / TABLE, index=False)
        counts = variants.groupby("variant", sort=False).size()
        return {
            "texts": len(variants),
            **{f"texts, {name}": int(count) for name, count in counts.items()},
            "preview": show.table(variants, list(variants.columns), rows=14),
        }

    return dg.Output(make_each(context, pipeline, {"application_source": application_source}, word))
