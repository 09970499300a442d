"""Phase 2: what the writer learns from, its two stages, and what it writes."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered
from iccm_dagster.defs.assets.common import POOL, TRAINING, once, per_application
from iccm_dagster.defs.assets.stored import EXAMPLES, GROUPS, SETTINGS, case_of, stage2_spec
from iccm_dagster.defs.bootstrap import Bootstrap, make_upstream
from iccm_dagster.defs.making import Inputs, expect, fingerprint_of, make_each, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.training import card_for_reading, on_card, train_in_child
from iccm_dagster.intervals import Interval
from iccm_dagster.threads import PerThread, reading_threads


@dg.asset(**once("phase2", kinds={"parquet"}, code_version="3", recipe="reinforce"))
def phase2_dataset(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    application_source: Gathered,
    requirement_variants: Gathered,
    test_calibration: Gathered,
) -> dg.Output[Artifact]:
    """Section groups of all applications, what their docstrings say, the gold requirements (and paraphrases) of those that
    have them, which training applications stage 1 does not read, and the threshold from which the gold reader takes two
    sentences for the same."""
    keys = registered(context.instance)
    taken_in = expect(application_source, what="application_source", keys=keys)
    calibrated = expect(test_calibration, what="test_calibration", keys=keys)
    worded = expect(requirement_variants, what="requirement_variants", keys=keys)

    def gather(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        from iccm_dagster.orchestra.readers import calibrate_threshold
        from iccm_dagster.phase2.dataset import (
            docstring_examples,
            examples_table,
            groups_table,
            main_requirements,
            unread_applications,
        )
        from iccm_dagster.phase2.groups import section_groups
        from iccm_dagster.phase2.jury import SentenceEmbedder

        known = {key: case_of(pipeline.store, key).knowledge() for key in calibrated if key in taken_in}
        embedders = PerThread(SentenceEmbedder)

        def tables(key: str) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
            knowledge = known[key]
            found = section_groups(knowledge.sections, at_import=knowledge.at_import)
            split = knowledge.application.split.value
            taught = [docstring_examples(key, split, found)]
            if knowledge.requirements and key in worded:
                trace = knowledge.traceability
                main = main_requirements(found, knowledge.application.requirements, trace, embedders())
                taught.append(examples_table(key, split, found, worded[key].table(), trace, main))
            return groups_table(key, split, found), taught

        with reading_threads("cpu") as threads, ThreadPoolExecutor(threads) as readers:
            made = list(readers.map(tables, known))
        groups, examples = [table for table, _ in made], [table for _, taught in made for table in taught]
        training = {key: knowledge for key, knowledge in known.items() if knowledge.application.split == "train"}
        settings = calibrate_threshold(
            list(training.values()), SentenceEmbedder(), fallback=pipeline.profile.reinforce.similarity_threshold
        )
        taught = [key for key, knowledge in training.items() if knowledge.requirements and key in worded]
        unread = unread_applications(taught, pipeline.profile.reinforce.unread)
        # Nor does stage 1 read what has no requirements; where some reward for not being read, so do these.
        unread |= set(training) - set(taught) if unread else set()
        all_groups, all_examples = (
            pd.concat(tables, ignore_index=True).assign(unread=lambda rows: rows["application"].isin(unread))
            for tables in (groups, examples)
        )
        all_groups.to_parquet(draft.folder / GROUPS, index=False)
        all_examples.to_parquet(draft.folder / EXAMPLES, index=False)
        (draft.folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
        return {
            "section groups": len(all_groups),
            "examples": len(all_examples),
            "left out": ", ".join(sorted(set(keys) - set(known))) or "none",
            "kept from stage 1": ", ".join(sorted(unread)) or "none",
            **{f"gold reader, {name}": value for name, value in settings.items()},
            "preview": show.table(all_examples, ["application", "group", "requirement_id", "variant", "text"]),
        }

    return make_once(context, pipeline, gather, asset_key=context.asset_key)


@dg.asset(**once("phase2", kinds={"torch", "huggingface"}, code_version="7", recipe="writer+machine"), **TRAINING)
def phase2_stage1_checkpoint(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    phase1_checkpoint: Artifact,
    phase2_dataset: Artifact,
    docstring_corpus: Artifact,
) -> dg.Output[Artifact]:
    """The requirement writer after stage 1: a decoder on the frozen phase-1 encoder, warmed up on docstrings, trained
    on gold, with the requirements that it has read in a memory beside it."""

    def train(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        report = train_in_child(
            context,
            pipeline,
            "stage1",
            asset="phase2_stage1_checkpoint",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec={
                "examples": str(phase2_dataset.file(EXAMPLES)),
                "corpus": str(docstring_corpus.file(TABLE)),
                "retriever": str(phase1_checkpoint.folder()),
                "base": pipeline.profile.retriever.base,
                "recipe": pipeline.profile.writer.model_dump(mode="json"),
            },
        )
        history = pd.DataFrame(report["history"])
        passes = list(range(1, len(history) + 1))
        draft.facts["history"] = report["history"]
        return {
            **on_card(report),
            "parameters": report["parameters"],
            "source tokens cut": report["cut_tokens"],
            "validation loss": float(history["validation_loss"].min()),
            **{f"examples, {name}": count for name, count in report["examples"].items()},
            "training curve": show.curves(
                "Stage 1 (docstrings, then gold)",
                "pass",
                "nats per token",
                {
                    "train": (passes, history["train_loss"].tolist()),
                    "validation (gold)": (passes, history["validation_loss"].tolist()),
                },
            ),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)


CHECKPOINT = dg.AssetKey("phase2_checkpoint")


@dg.op(ins={"upstream": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
def complete_upstream(context: dg.OpExecutionContext, config: Bootstrap, pipeline: Pipeline) -> None:
    """Register the applications and make whatever is missing or out of date upstream, in a linked run."""
    linked = make_upstream(context, pipeline, CHECKPOINT, allowed=config.bootstrap)
    context.log.info(f"upstream made by linked run {linked}" if linked else "everything upstream is up to date")


@dg.op(ins={"ready": dg.In(dg.Nothing)}, pool=POOL, tags=TRAINING["op_tags"])
def train_on_pass_rates(context: dg.OpExecutionContext, pipeline: Pipeline) -> dg.Output[Artifact]:
    """Stage 2: REINFORCE on executed pass rates."""
    keys = registered(context.instance)

    def train(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        report = train_in_child(
            context,
            pipeline,
            "stage2",
            asset="phase2_checkpoint",
            fingerprint=fingerprint_of(context, pipeline, asset_key=CHECKPOINT),
            out=draft.folder,
            spec=stage2_spec(pipeline, keys, reward="pass rate"),
        )
        history = pd.DataFrame(report["history"])
        draft.facts["history"] = report["history"]
        judged = history.dropna(subset=["validation"])
        gain = Interval(**report["history"][-1]["gain"]) if len(history) > 1 else None
        return {
            "simulated": report["simulated"],
            **on_card(report),
            "validation pass rate, stage 1": float(judged["validation"].iloc[0]),
            "validation pass rate, best": float(judged["validation"].max()),
            "passes": len(history) - 1,
            "pass kept": int(judged.loc[judged["validation"].idxmax(), "epoch"]),
            "last pass minus stage 1, validation": str(gain) if gain else "no pass",
            "training curve": show.curves(
                "Stage 2 (simulated readers)" if report["simulated"] else "Stage 2 (language models)",
                "pass",
                "pass rate",
                {
                    "validation, rewarding readers": (judged["epoch"].tolist(), judged["validation"].tolist()),
                    "train, mean lift of samples": (history["epoch"].tolist(), history["train_reward"].tolist()),
                },
            ),
        }

    return make_once(context, pipeline, train, asset_key=CHECKPOINT)


@dg.graph_asset(
    ins={
        name: dg.AssetIn(key=name, dagster_type=dg.Nothing)
        for name in ("phase2_stage1_checkpoint", "phase2_dataset", "application_source", "test_calibration")
    },
    **once("phase2", kinds={"torch", "huggingface"}, code_version="8", recipe="reinforce+calibration+machine+jury"),
)
def phase2_checkpoint(phase2_stage1_checkpoint, phase2_dataset, application_source, test_calibration):
    """CET-D: the requirement writer after stage 2, trained on what tests pass when its requirements are rebuilt
    (simulated readers).

    Works from an empty instance: its first step makes whatever is missing upstream."""
    return train_on_pass_rates(
        complete_upstream([phase2_stage1_checkpoint, phase2_dataset, application_source, test_calibration])
    )


@dg.asset(**per_application("phase2", kinds={"parquet"}, code_version="8", recipe="reinforce"), pool=POOL)
def generated_requirements(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    phase2_checkpoint: Artifact,
    phase2_stage1_checkpoint: Artifact,
    phase2_dataset: Artifact,
) -> dg.Output[Gathered]:
    """What the writer says about the application: one requirement per section group after stage 1 and after stage 2,
    which of them were selected and which are known by heart, the sections that each was written from, and how likely it is under
    stage 1."""

    from iccm_dagster.phase2.drift import perplexity
    from iccm_dagster.phase2.generate import Writers
    from iccm_dagster.phase2.styles import RECALLED

    checkpoints = {"stage 1": phase2_stage1_checkpoint.folder(), "stage 2": phase2_checkpoint.folder()}
    groups = phase2_dataset.table(GROUPS)

    def write(writers: PerThread[Writers], key: str, _: Inputs, draft: Draft) -> dict[str, Any]:
        written = writers().write(groups[groups["application"] == key])
        written.to_parquet(draft.folder / TABLE, index=False)
        final = written[(written["source"] == "stage 2") & written["selected"]]
        return {
            "requirements": len(final),
            "section groups": int(written["group"].nunique()),
            "said by heart": int((final["style"] == RECALLED).sum()),
            "tokens cut": int(written["cut"].sum()),
            **{
                f"perplexity under stage 1, {source}": perplexity(rows)
                for source, rows in written[written["selected"]].groupby("source")
            },
            "requirements, in words": show.table(
                final.assign(sections=final["sections"].map(", ".join)), ["text", "sections"], rows=20, cell=400
            ),
        }

    with card_for_reading(pipeline) as device, reading_threads(device) as workers:
        writers = PerThread(
            lambda: Writers(checkpoints, recipe=pipeline.profile.reinforce, device=device, reference="stage 1")
        )
        return dg.Output(make_each(context, pipeline, {}, partial(write, writers), workers=workers))
