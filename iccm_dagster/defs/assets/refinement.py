"""Refinement: a corpus of small programs, denoisers that repair them, and what they are worth against two controls."""

from typing import TYPE_CHECKING, Any

import dagster as dg

from iccm_dagster.artifacts import TABLE, Artifact, Draft
from iccm_dagster.defs import show
from iccm_dagster.defs.assets.common import POOL, once
from iccm_dagster.defs.making import fingerprint_of, make_once
from iccm_dagster.defs.resources.pipeline import Pipeline
from iccm_dagster.defs.training import train_in_child
from iccm_dagster.progress import spoken

if TYPE_CHECKING:
    import pandas as pd

SOLVED, LOOPS, LEADS, COSTS = "solved.parquet", "loops.parquet", "leads.parquet", "costs.parquet"
GALLERY = "gallery.md"


@dg.asset(**once("refinement", kinds={"parquet", "python"}, code_version="1", recipe="programs"))
def program_corpus(context: dg.AssetExecutionContext, pipeline: Pipeline) -> dg.Output[Artifact]:
    """Programs of a small typed language over integers and lists, no two of which behave alike, split so that no held-out
    program equals a training one. Each comes with its tests, and with fresh examples that no model sees."""
    from iccm_dagster.refinement.corpus import build_corpus

    def build(draft: Draft) -> dict[str, Any]:
        corpus = build_corpus(pipeline.profile.programs, on_progress=spoken(context.log.info, seconds=5.0))
        corpus.to_parquet(draft.folder / TABLE, index=False)
        sizes = corpus.groupby("size").size()
        return {
            "programs": len(corpus),
            **{f"programs, {split}": int(count) for split, count in corpus.groupby("split").size().items()},
            "behaviours": int(corpus["behaviour"].nunique()),
            "nodes, mean": float(corpus["size"].mean()),
            "preview": show.table(corpus, ["program", "split", "size", "behaviour"], rows=12),
            "programs by size": show.bars(
                "Programs by size", "programs", [str(size) for size in sizes.index], sizes.tolist()
            ),
        }

    return make_once(context, pipeline, build, asset_key=context.asset_key)


@dg.asset(**once("refinement", kinds={"torch"}, code_version="2", recipe="refinement+machine"), pool=POOL)
def refinement_checkpoint(
    context: dg.AssetExecutionContext, pipeline: Pipeline, program_corpus: Artifact
) -> dg.Output[Artifact]:
    """The denoisers of all rows: ours (its own states, evidence of execution), the seed's baseline and its remedies, the
    ablations, and the one-shot control. Each with the recipe it was trained by."""

    def train(draft: Draft) -> dict[str, Any]:
        import pandas as pd

        index = train_in_child(
            context,
            pipeline,
            "refinement",
            asset="refinement_checkpoint",
            fingerprint=fingerprint_of(context, pipeline),
            out=draft.folder,
            spec={
                "corpus": str(program_corpus.file(TABLE)),
                "recipe": pipeline.profile.refinement.model_dump(mode="json"),
            },
        )
        rows = pd.DataFrame(
            [
                {
                    "row": row,
                    "CPU seconds": round(facts["cpu_seconds"]),
                    "states learned": facts["examples"],
                    "states per second": round(facts["examples"] / max(1e-9, facts["cpu_seconds"])),
                    **{name: value for name, value in facts["history"][-1].items() if name != "step"},
                }
                for row, facts in index.items()
            ]
        )
        return {
            "rows": show.table(rows, list(rows.columns), rows=len(rows)),
            "CPU seconds, all rows": float(rows["CPU seconds"].sum()),
            "parameters": max(facts["parameters"] for facts in index.values()),
            "training curves": show.curves(
                "Loss of the open nodes",
                "step",
                "cross-entropy [nats]",
                {
                    row: ([entry["step"] for entry in facts["history"]], [entry["loss"] for entry in facts["history"]])
                    for row, facts in index.items()
                },
            ),
        }

    return make_once(context, pipeline, train, asset_key=context.asset_key)


@dg.asset(**once("refinement", kinds={"parquet"}, code_version="2", recipe="refinement_evaluation"))
def refinement_evaluation(
    context: dg.AssetExecutionContext, pipeline: Pipeline, refinement_checkpoint: Artifact, program_corpus: Artifact
) -> dg.Output[Artifact]:
    """Every row on held-out programs at 50, 75 and 100 % corruption: the seed's metrics per iteration, programs solved at
    equal numbers of executions on the given tests and on fresh inputs against random search and against resampling a
    one-shot model, with intervals, and a gallery of repairs."""
    from iccm_dagster.refinement.checkpoint import load_rows
    from iccm_dagster.refinement.compare import compare
    from iccm_dagster.refinement.corpus import programs_in, token_frequencies

    def measure(draft: Draft) -> dict[str, Any]:
        corpus = program_corpus.table()
        found = compare(
            load_rows(refinement_checkpoint.folder()),
            programs_in(corpus, "test"),
            token_frequencies(programs_in(corpus, "train")),
            pipeline.profile.refinement_evaluation,
            on_progress=spoken(context.log.info, seconds=5.0),
        )
        for name, frame in ((SOLVED, found.solved), (LOOPS, found.loops), (LEADS, found.leads), (COSTS, found.costs)):
            frame.to_parquet(draft.folder / name, index=False)
        (draft.folder / GALLERY).write_text("\n\n".join(found.stories) or "nothing was repaired", encoding="utf-8")
        return _shown(found.solved, found.loops, found.leads, found.costs, found.stories)

    return make_once(context, pipeline, measure, asset_key=context.asset_key)


def _shown(
    solved: "pd.DataFrame", loops: "pd.DataFrame", leads: "pd.DataFrame", costs: "pd.DataFrame", stories: list[str]
) -> dict[str, Any]:
    """Return tables and plots for the asset's page."""
    wide = _wide(solved)
    accuracy = loops[loops["metric"] == "accuracy"].pivot_table(
        index=["row", "level"], columns="iteration", values="value"
    )
    accuracy = accuracy.reset_index().rename(columns=str)
    shown: dict[str, Any] = {
        "solved by executions": show.table(wide, list(wide.columns), rows=len(wide)),
        "node accuracy by iteration": show.table(accuracy, list(accuracy.columns), rows=len(accuracy)),
        "lead of ours": show.table(leads, list(leads.columns), rows=len(leads)),
        "costs": show.table(costs, list(costs.columns), rows=len(costs)),
        "gallery": dg.MetadataValue.md("\n\n".join(stories) or "nothing was repaired"),
        "simulated": False,
    }
    for metric in ("accuracy", "changed", "solved", "confidence"):
        shown[f"{metric} by iteration"] = show.curves(
            f"{metric} by iteration, ours and the seed's baseline",
            "iteration",
            metric,
            {
                f"{row}, {level:.0%}": (part["iteration"].tolist(), part["value"].tolist())
                for (row, level), part in loops[loops["metric"] == metric].groupby(["row", "level"])
                if row in ("ours", "seed: random policy")
            },
        )
    for inputs in ("given", "fresh"):
        shown[f"solved, {inputs} inputs"] = show.curves(
            f"Programs solved on {inputs} inputs, lowest corruption",
            "executions, log2",
            "share solved",
            {
                str(row): ([len(bin(int(budget))) - 2 for budget in part["budget"]], part["solved"].tolist())
                for row, part in solved[
                    (solved["inputs"] == inputs) & (solved["level"] == solved["level"].min())
                ].groupby("row")
                if len(part) > 2
            },
        )
    return shown


def _wide(solved: "pd.DataFrame") -> "pd.DataFrame":
    """Return one line per row, corruption and kind of inputs: percentages with intervals, a column per budget."""
    rates = solved.assign(
        rate=[f"{100 * row.solved:.0f} [{100 * row.low:.0f}, {100 * row.high:.0f}]" for row in solved.itertuples()]
    )
    wide = rates.pivot(index=["row", "level", "inputs"], columns="budget", values="rate").fillna("").reset_index()
    return wide.rename(columns=str)
