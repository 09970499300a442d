"""Phase 2: what can be rebuilt from the requirements, by simulated readers and by language models, and what passes."""

import json
from typing import TYPE_CHECKING, Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.common import HARNESS_POOL, once, per_application
from iccm_dagster.defs.assets.stored import SETTINGS, case_of, conductor_of, vars_of, verdict_cache
from iccm_dagster.defs.making import Inputs, expect, make_each, make_once
from iccm_dagster.defs.overview import pass_rate_per_application
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.resources.sandbox import SandboxResource
from iccm_dagster.threads import PerThread, reading_threads

BOOK = "requirements.md"

if TYPE_CHECKING:
    import pandas as pd

    from iccm_dagster.orchestra.endpoints import Part
    from iccm_dagster.orchestra.knowledge import Knowledge


@dg.asset(**per_application("phase2", kinds={"parquet"}, code_version="6", recipe="orchestra"))
def reconstructions(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    generated_requirements: Gathered,
    application_source: Gathered,
    test_calibration: Gathered,
    phase2_dataset: Artifact,
) -> dg.Output[Gathered]:
    """The application rebuilt by each reconstructor from each text: gold requirements (upper bound), stage 2, stage 1,
    docstrings with and without the name before them, name only, interface only; with each, how much of source and tests the
    text gives away. Every embedded reconstructor is a simulation; the language models of the profile are none. They are asked
    first, about all applications, one model after another."""
    from iccm_dagster.orchestra.endpoints import endpoint_reconstructors, play
    from iccm_dagster.phase2.jury import SentenceEmbedder
    from iccm_dagster.phase2.rebuild import cast, rebuild_all, texts_of

    embedders = PerThread(SentenceEmbedder)
    threshold = phase2_dataset.json(SETTINGS)["threshold"]
    conductor = conductor_of(pipeline, context.log.info)
    models = endpoint_reconstructors(conductor)

    def asked(knowledge: "Knowledge", written: "pd.DataFrame") -> list["Part"]:
        return [part for _, part in cast(knowledge, texts_of(knowledge, written), models)]

    def ask(keys: list[str]) -> None:
        parts = [
            part
            for key in keys
            if all(gathered.get(key) and gathered[key].problem is None for gathered in upstream.values())
            for part in asked(case_of(pipeline.store, key).knowledge(), generated_requirements[key].table())
        ]
        try:
            play(parts)
        finally:
            for name, account in conductor.ledger.accounts.items():
                context.log.info(f"{name}: {account.line()}")

    def build(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        rebuilt = rebuild_all(
            case_of(pipeline.store, key),
            inputs["generated_requirements"].table(),
            embed=embedders(),
            threshold=threshold,
            models=models,
        )
        rebuilt.to_parquet(draft.folder / TABLE, index=False)
        return {
            "reconstructions": len(rebuilt),
            "simulated": _simulated(rebuilt),
            **{
                f"tokens of {name}": int(rows["tokens_out"].sum())
                for name, rows in _real(rebuilt).groupby("reconstructor")
            },
            **{
                f"remarks on {name}": "; ".join(said.remarks)
                for name, said in conductor.ledger.accounts.items()
                if said.remarks
            },
            "refusals": int(rebuilt["refusal"].notna().sum()),
            "preview": show.table(rebuilt, ["source", "reconstructor", "statements", "matched"], rows=20),
            "texts that may give the source away": int(rebuilt.drop_duplicates("source")["suspicious"].sum()),
            "what each text gives away": show.table(
                rebuilt.drop_duplicates("source"),
                ["source", "longest_run", "longest_run_renamed", "code_lines", "blobs", "test_literals", "suspicious"],
                rows=10,
            ),
        }

    upstream = {
        "generated_requirements": generated_requirements,
        "application_source": application_source,
        "test_calibration": test_calibration,
    }
    with reading_threads("cpu") as workers:
        return dg.Output(
            make_each(context, pipeline, upstream, build, workers=workers, before=ask if models else None)
        )


@dg.asset(**per_application("phase2", kinds={"pytest"}, code_version="3", recipe="calibration"), pool=HARNESS_POOL)
def reconstruction_pass_rates(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    sandbox: SandboxResource,
    reconstructions: Gathered,
    application_source: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Gathered]:
    """Which share of the application's calibrated tests each reconstruction passes, each test function weighing once.
    "Not judged" is empty, never 0. What a language model wrote is run under strong isolation or not at all."""
    from iccm_dagster.phase2.rebuild import judge_all

    judge = sandbox.sandbox()

    def measure(key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        rates = judge_all(
            case_of(pipeline.store, key),
            inputs["reconstructions"].table(),
            recipe=pipeline.profile.calibration,
            sandbox=judge,
            cache=verdict_cache(pipeline.store),
        )
        rates.to_parquet(draft.folder / TABLE, index=False)
        means = rates[rates["simulated"]].groupby("source")["pass_rate"].mean()
        real = _real(rates).groupby("source")["pass_rate"].mean()
        return {
            **{f"pass rate, {source}": float(rate) for source, rate in means.items()},
            **{f"pass rate of language models, {source}": float(rate) for source, rate in real.items()},
            "simulated": _simulated(rates),
            "not judged": int(rates["pass_rate"].isna().sum()),
            "pass rates": show.table(
                rates, ["source", "reconstructor", "pass_rate", "lift", "isolation", "mode"], rows=20
            ),
        }

    return dg.Output(
        make_each(
            context,
            pipeline,
            {
                "reconstructions": reconstructions,
                "application_source": application_source,
                "test_calibration": test_calibration,
            },
            measure,
        )
    )


@dg.asset(**once("phase2", kinds={"parquet"}, code_version="6"))
def phase2_evaluation(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    reconstruction_pass_rates: Gathered,
    generated_requirements: Gathered,
    gold_requirements: Gathered,
) -> dg.Output[Artifact]:
    """Pass rates per split, text and reconstructor with intervals over applications and the variance between
    reconstructors, and the texts against gold; the simulated readers, and where there are any the language models, each for
    themselves. Its file ``requirements.md`` is made to be read: generated beside gold for every application."""
    from iccm_dagster.phase2 import evaluate
    from iccm_dagster.phase2.jury import SentenceEmbedder
    from iccm_dagster.phase2.reading import document
    from iccm_dagster.phase2.styles import RECALLED

    keys = registered(context.instance)
    judged = expect(reconstruction_pass_rates, what="reconstruction_pass_rates", keys=keys)

    def measure(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        rates = pd.concat([artifact.table() for artifact in judged.values()], ignore_index=True)
        summary = evaluate.pass_rate_table(rates, seed=0)
        summary.to_parquet(draft.folder / TABLE, index=False)
        written, gold, embed = _tables(generated_requirements), _tables(gold_requirements), SentenceEmbedder()
        texts = evaluate.texts_against_gold(written, gold, embed)
        texts.to_parquet(draft.folder / "texts.parquet", index=False)
        book = document(written, gold, rates, embed)
        (draft.folder / BOOK).write_text(book, encoding="utf-8")
        gains = {
            split: evaluate.paired_difference(rates[rates["simulated"]], "stage 2", "stage 1", split=split, seed=0)
            for split in ("train", "validation", "holdout")
        }
        real_gains = {
            split: evaluate.paired_difference(_real(rates), "stage 2", "stage 1", split=split, seed=0)
            for split in gains
        }
        (draft.folder / "gains.json").write_text(
            json.dumps({split: vars_of(gain) for split, gain in gains.items()}), encoding="utf-8"
        )
        # What is said by heart cannot have learned anything from tests.
        unread = {key for key, table in written.items() if not (table["style"] == RECALLED).any()}
        gap = evaluate.half_gap(rates[rates["simulated"] & rates["application"].isin(unread)], seed=0)
        (draft.folder / "gap.json").write_text(json.dumps(vars_of(gap)), encoding="utf-8")
        everyone = summary[summary["reconstructor"] == "all"]
        real = _real(everyone)
        return {
            "simulated": _simulated(rates),
            **{f"stage 2 minus stage 1, {split}": str(gain) for split, gain in gains.items()},
            "gain on tests that reward minus gain on the others": str(gap),
            **{
                f"stage 2 minus stage 1, language models, {split}": str(gain)
                for split, gain in real_gains.items()
                if gain.n
            },
            "pass rates": show.table(summary, list(summary.columns), rows=100),
            "reader by reader": show.table(readers := evaluate.reader_table(summary), list(readers.columns), rows=40),
            "pass rates, all reconstructors": _bars("Pass rate (simulated)", everyone[everyone["simulated"]]),
            **({"pass rates, all language models": _bars("Pass rate (language models)", real)} if len(real) else {}),
            "pass rate per application, stage 2": pass_rate_per_application(rates[rates["simulated"]]),
            "texts": show.table(texts, list(texts.columns), rows=20),
            "generated beside gold": dg.MetadataValue.md(_excerpt(book)),
        }

    return make_once(context, pipeline, measure, asset_key=context.asset_key)


def _tables(gathered: Gathered) -> "dict[str, pd.DataFrame]":
    return {key: artifact.table() for key, artifact in gathered.items() if artifact.problem is None}


def _excerpt(book: str) -> str:
    """Return the first and the last chapter of a document; all of them would swell the event log."""
    title, *chapters = book.split("\n## ")
    shown = dict.fromkeys([*chapters[:1], *chapters[-1:]])
    return "\n## ".join([title, *shown, f"All {len(chapters)}\n\nin the artifact's file `{BOOK}`."])


def _real(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return the rows of language models."""
    return frame[~frame["simulated"].astype(bool)]


def _simulated(frame: "pd.DataFrame") -> bool | str:
    """Return whether a table is simulated; in words where it holds rows of both kinds, each marked."""
    kinds = set(frame["simulated"].astype(bool))
    return kinds == {True} if len(kinds) == 1 else "the readers' rows are, those of language models are not"


def _bars(title: str, rows: "pd.DataFrame") -> dg.MarkdownMetadataValue:
    return show.bars(
        title,
        "pass rate",
        [f"{row.split}\n{row.source}" for row in rows.itertuples()],
        rows["pass_rate"].tolist(),
        low=rows["low"].tolist(),
        high=rows["high"].tolist(),
        target=0.5,
    )
