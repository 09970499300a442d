"""Phase 1: labels, the docstring corpus, the retriever and how good it is."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.applications import Gathered, application_in
from iccm_dagster.defs.assets.common import POOL, TRAINING, light, once, per_application
from iccm_dagster.defs.making import Inputs, expect, fingerprint_of, make_each, make_once
from iccm_dagster.defs.partitions import registered
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.training import card_for_reading, train_in_child
from iccm_dagster.errors import ApplicationError
from iccm_dagster.progress import spoken
from iccm_dagster.threads import PerThread, reading_threads

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from iccm_dagster.phase1.retrieve import Hit

LABELS, SECTIONS = "labels.parquet", "sections.parquet"
ASKED = 3
"""Requirements per application for which an index shows what is found."""


@dg.asset(**light("phase1", kinds={"parquet"}, code_version="1", recipe="retriever"), pool=POOL)
def phase1_labels(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered, code_sections: Gathered
) -> dg.Output[Gathered]:
    """Which sections implement each requirement: gold traceability, the seed's heuristic beside it, and hard negatives
    from the same application. One row per requirement text (gold and paraphrases)."""
    from iccm_dagster.applications.sections import sections_of
    from iccm_dagster.applications.traceability import load_traceability
    from iccm_dagster.encoders import load_encoder
    from iccm_dagster.phase1.labels import heuristic_agreement, label_application

    recipe = pipeline.profile.retriever

    def label(encoders: "PerThread[SentenceTransformer]", key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        application = application_in(inputs["application_source"])
        trace = load_traceability(application) if application.gold else None
        labels = label_application(sections_of(application), application.requirements, trace, encoders(), recipe=recipe)
        labels = labels.assign(application=key, split=application.split.value)
        labels.to_parquet(draft.folder / TABLE, index=False)
        agreement = {
            f"heuristic {name}": value for name, value in heuristic_agreement(labels).items() if value is not None
        }
        return {
            "texts": len(labels),
            "gold": application.gold,
            **agreement,
            "preview": show.table(labels, ["requirement_id", "variant", "text", "relevant", "negatives"]),
        }

    inputs = {"application_source": application_source, "code_sections": code_sections}
    with card_for_reading(pipeline) as device, reading_threads(device) as workers:
        encoders = PerThread(
            lambda: load_encoder(recipe.base, projection=None, max_tokens=recipe.max_tokens).to(device)
        )
        return dg.Output(make_each(context, pipeline, inputs, partial(label, encoders), workers=workers))


@dg.asset(**once("phase1", kinds={"parquet"}, code_version="2", recipe="corpus"))
def docstring_corpus(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.Output[Artifact]:
    """Functions of the standard library and the installed packages without their docstrings, each with the first
    sentence of its docstring as the query; none that an application of the catalogue holds too. Split by package. Warms
    up both phases; nothing is downloaded. An application that comes later does not make it out of date."""
    from iccm_dagster.phase1.corpus import harvest, hashes_of

    recipe = pipeline.profile.corpus

    def collect(draft: Draft) -> dict[str, Any]:
        held = hashes_of(_codes(pipeline.catalogue.path))
        corpus = harvest(
            limit=recipe.limit,
            exclude_hashes=held,
            seed=recipe.seed,
            on_progress=spoken(context.log.info, seconds=5.0),
            packages=recipe.packages,
        )
        corpus.to_parquet(draft.folder / TABLE, index=False)
        return {
            "pairs": len(corpus),
            "packages": int(corpus["package"].nunique()),
            "held-out pairs": int((corpus["split"] == "test").sum()),
            "hashes of applications kept out": len(held),
            "preview": show.table(corpus, ["package", "qualified_name", "query", "split"]),
        }

    return make_once(context, pipeline, collect, asset_key=context.asset_key)


@dg.asset(**once("phase1", kinds={"parquet"}, code_version="2"))
def phase1_dataset(
    context: dg.AssetExecutionContext, pipeline: Pipeline, phase1_labels: Gathered, code_sections: Gathered
) -> dg.Output[Artifact]:
    """All labels and all sections of all applications, split by application."""
    keys = registered(context.instance)
    labelled = expect(phase1_labels, what="phase1_labels", keys=keys)
    cut = expect(code_sections, what="code_sections", keys=keys)

    def gather(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        labels = pd.concat([artifact.table() for artifact in labelled.values()], ignore_index=True)
        sections = pd.concat([artifact.table() for artifact in cut.values()], ignore_index=True)
        labels.to_parquet(draft.folder / LABELS, index=False)
        sections.to_parquet(draft.folder / SECTIONS, index=False)
        counts = labels.groupby("split").size()
        return {
            "texts": len(labels),
            "sections": len(sections),
            "applications": len(cut),
            "left out": ", ".join(sorted(set(keys) - set(labelled))) or "none",
            **{f"texts, {split}": int(count) for split, count in counts.items()},
            "preview": show.table(labels, ["application", "split", "requirement_id", "text", "relevant"]),
        }

    return make_once(context, pipeline, gather, asset_key=context.asset_key)


@dg.asset(**once("phase1", kinds={"torch", "huggingface"}, code_version="2", recipe="retriever+machine"), **TRAINING)
def phase1_checkpoint(
    context: dg.AssetExecutionContext, pipeline: Pipeline, phase1_dataset: Artifact, docstring_corpus: Artifact
) -> dg.Output[Artifact]:
    """The retriever: base encoder with adapters, mask-aware mean pooling and one shared projection, in
    SentenceTransformer format."""

    def train(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        report = train_in_child(
            context,
            pipeline,
            "phase1",
            asset="phase1_checkpoint",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec={
                "labels": str(phase1_dataset.file(LABELS)),
                "sections": str(phase1_dataset.file(SECTIONS)),
                "corpus": str(docstring_corpus.file(TABLE)),
                "recipe": pipeline.profile.retriever.model_dump(mode="json"),
            },
        )
        history = pd.DataFrame(report.pop("history", []))
        shown = {name: value for name, value in report.items() if isinstance(value, int | float | str)}
        if not history.empty:
            shown["training curve"] = show.curves(
                "Phase 1",
                "step",
                "value",
                {
                    name: (seen["step"].tolist(), seen[name].tolist())
                    for name in ("loss", "validation_map")
                    if name in history and not (seen := history.dropna(subset=[name])).empty
                },
            )
        return shown

    return make_once(context, pipeline, train, asset_key=context.asset_key)


@dg.asset(**once("phase1", kinds={"parquet"}, code_version="2", recipe="retriever"), pool=POOL)
def phase1_evaluation(
    context: dg.AssetExecutionContext,
    pipeline: Pipeline,
    phase1_checkpoint: Artifact,
    phase1_dataset: Artifact,
    docstring_corpus: Artifact,
) -> dg.Output[Artifact]:
    """Retrieval accuracy, MAP, Recall@5 and MRR@10 of BM25, the untrained encoder and the trained one, alone and mixed,
    per split and on held-out packages, with bootstrap intervals over applications."""
    from iccm_dagster.encoders import load_encoder
    from iccm_dagster.phase1.cases import score_distributions, scored_pools, worst_retrievals
    from iccm_dagster.phase1.evaluate import evaluate_retrieval
    from iccm_dagster.phase1.model import load_retriever

    recipe = pipeline.profile.retriever

    def measure(device: str, threads: int, draft: Draft) -> dict[str, Any]:
        labels = phase1_dataset.table(LABELS)
        sections = phase1_dataset.table(SECTIONS)
        retriever = load_retriever(phase1_checkpoint.folder()).to(device)
        untrained = load_encoder(recipe.base, projection=None, max_tokens=recipe.max_tokens).to(device)
        scores = evaluate_retrieval(
            labels=labels,
            sections=sections,
            corpus=docstring_corpus.table(),
            retriever=retriever,
            untrained=untrained,
            hybrid_weight=None,
            seed=recipe.seed,
            bf16=recipe.bf16,
            threads=threads,
        )
        scores.to_parquet(draft.folder / TABLE, index=False)
        precision = scores[(scores["metric"] == "map")]
        asked = {"labels": labels, "sections": sections, "split": "validation", "bf16": recipe.bf16}
        with ThreadPoolExecutor(threads) as readers:
            trained, before = readers.map(lambda model: scored_pools(**asked, retriever=model), (retriever, untrained))
        worst = worst_retrievals(trained)
        return {
            "scores": show.table(scores, ["system", "split", "metric", "value", "ci_low", "ci_high", "n"], rows=100),
            "MAP by system and split": show.bars(
                "MAP by system and split",
                "MAP",
                [f"{row.system}\n{row.split}" for row in precision.itertuples()],
                precision["value"].tolist(),
                low=precision["ci_low"].tolist(),
                high=precision["ci_high"].tolist(),
                target=0.75,
            ),
            **{
                f"scores, {name}": show.densities(
                    f"Cosines on validation applications, {name}", "cosine", score_distributions(scored)
                )
                for name, scored in (("trained", trained), ("untrained", before))
                if scored
            },
            "worst retrievals": show.table(worst, list(worst.columns), cell=240),
        }

    with card_for_reading(pipeline) as device, reading_threads(device) as threads:
        return make_once(context, pipeline, partial(measure, device, threads), asset_key=context.asset_key)


@dg.asset(**per_application("phase1", kinds={"parquet", "torch"}, code_version="1", recipe="retriever"), pool=POOL)
def section_index(
    context: dg.AssetExecutionContext, pipeline: Pipeline, application_source: Gathered, phase1_checkpoint: Artifact
) -> dg.Output[Gathered]:
    """One vector per section of the application, as the trained retriever sees it; only sections whose text changed are
    encoded again. With it, what the retriever finds for the first requirements."""
    from iccm_dagster.applications.sections import sections_of
    from iccm_dagster.phase1.model import load_retriever
    from iccm_dagster.phase1.retrieve import build_index, retrieve, stale_sections

    bf16 = pipeline.profile.retriever.bf16

    def encode(retrievers: "PerThread[SentenceTransformer]", key: str, inputs: Inputs, draft: Draft) -> dict[str, Any]:
        retriever = retrievers()
        application = application_in(inputs["application_source"])
        sections = sections_of(application)
        before = pipeline.store.find("section_index", key)
        known = {
            "version": phase1_checkpoint.version,
            "previous": None if before is None or before.problem else before.table(),
        }
        stale = stale_sections(sections, **known)
        index = build_index(sections, retriever=retriever, bf16=bf16, **known)
        index.to_parquet(draft.folder / TABLE, index=False)
        found = [
            (requirement.text, retrieve(requirement.text, application, 3, retriever=retriever, index=index, bf16=bf16))
            for requirement in application.requirements[:ASKED]
        ]
        return {
            "sections": len(index),
            "sections encoded": len(stale),
            "vector size": len(index["vector"].iloc[0]) if len(index) else 0,
            "what it finds": dg.MetadataValue.md(
                "\n\n".join(_answer(text, hits) for text, hits in found) or "There is no requirement to ask for."
            ),
        }

    with card_for_reading(pipeline) as device, reading_threads(device) as workers:
        retrievers = PerThread(lambda: load_retriever(phase1_checkpoint.folder()).to(device))
        inputs = {"application_source": application_source}
        return dg.Output(make_each(context, pipeline, inputs, partial(encode, retrievers), workers=workers))


def _codes(catalogue: Path) -> Iterator[str]:
    """Yield the code of every section of a catalogue; `code_sections` names the applications that cannot be read."""
    from iccm_dagster.applications.catalogue import load_catalogue
    from iccm_dagster.applications.sections import sections_of

    for application in load_catalogue(catalogue).applications:
        try:
            yield from (section.code for section in sections_of(application))
        except ApplicationError:
            continue


def _answer(requirement: str, hits: "list[Hit]") -> str:
    """Return a requirement and the sections found for it: score, name, file, lines, first lines of code."""
    return f"**{requirement}**\n\n```\n" + "\n\n".join(str(hit) for hit in hits) + "\n```"
