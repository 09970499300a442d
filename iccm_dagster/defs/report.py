"""The summary of one screen: what was reached against what was aimed at, where it lies, what to do next."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from iccm_dagster.artifacts import Artifact, ArtifactStore
from iccm_dagster.defs.checks.phase1 import TARGETS, score
from iccm_dagster.defs.checks.phase2 import COMPETENT, SPLITS, pass_rate_row
from iccm_dagster.defs.profiles import Profile
from iccm_dagster.intervals import Interval
from iccm_dagster.phase2.recipe import SOURCES

if TYPE_CHECKING:
    import pandas as pd

WIDTH = 110
# Of the table of pass rates: wide enough for the longest name and an interval.
COLUMN = 18


def summary(store: ArtifactStore, profile: Profile, *, seconds: Mapping[str, float]) -> str:
    """Return the summary as text; parts that were not made yet say so. ``seconds``: asset -> time it took [s]."""
    parts = [
        _title(f"iccm_dagster, profile {profile.name}"),
        *_times(seconds),
        *_phase1(store.find("phase1_evaluation")),
        *_phase2(store.find("phase2_evaluation")),
        *_stage2(store.find("phase2_checkpoint")),
        _title("Where things are"),
        f"  artifacts     {store.root}",
        f"  checkpoint    {store.root / 'phase2_checkpoint'}",
        "  every number  make dev, then open http://localhost:3000 (assets, plots, checks)",
        "  again         make run (makes only what changed);  make shell, then: dagster asset materialize --select phase2_checkpoint",
        "=" * WIDTH,
    ]
    return "\n".join(parts)


def _times(seconds: Mapping[str, float]) -> list[str]:
    """Return the lines about how long each asset took in this run; nothing where nothing was run."""
    if not seconds:
        return []
    shown = [f"{asset} {value:.0f} s" for asset, value in seconds.items()]
    rows = [f"  {', '.join(shown[index : index + 4])}" for index in range(0, len(shown), 4)]
    return [_title(f"Time of each stage ({sum(seconds.values()):.0f} s in all)"), *rows]


def _phase1(evaluation: Artifact | None) -> list[str]:
    if evaluation is None:
        return ["  phase 1 was not evaluated yet"]
    scores = evaluation.table()
    lines = [
        _title("Phase 1: finding the code of a requirement"),
        f"  {'':<22}{'value':>8}  {'95 % interval':<17}{'target':>7}   BM25  untrained",
    ]
    for split, metric, target in TARGETS:
        row = score(scores, "trained", split, metric)
        if row is None:
            lines.append(f"  {split + ' ' + metric:<22}not measured: no such application")
            continue
        others = [score(scores, system, split, metric) for system in ("bm25", "untrained")]
        beside = "  ".join("  -  " if other is None else f"{other['value']:.3f}" for other in others)
        lines.append(
            f"  {split + ' ' + metric:<22}{row['value']:>8.3f}  [{row['ci_low']:.3f}, {row['ci_high']:.3f}]  > {target:<4g} "
            f"{_mark(row['value'] > target)}  {beside}"
        )
    return lines


def _phase2(evaluation: Artifact | None) -> list[str]:
    if evaluation is None:
        return ["  phase 2 was not evaluated yet"]
    table = evaluation.table()
    gains = evaluation.json("gains.json")
    texts = evaluation.table("texts.parquet")
    lines = [
        _title("Phase 2: pass rates of what was rebuilt (SIMULATED readers: they know the source)"),
        f"  {'':<12}" + "".join(source.rjust(COLUMN) for source in SOURCES) + "   BLEU",
    ]
    for split in SPLITS:
        cells = _pass_rates(table, split, simulated=True)
        bleu = texts[(texts["split"] == split) & (texts["source"] == "stage 2")]["bleu"]
        lines.append(
            f"  {split:<12}{cells}" + (f"   {bleu.iloc[0]:.2f}" if len(bleu) else "")
            if cells
            else f"  {split:<12}not measured: no such application"
        )
    lines += [
        f"  {split:<12}{_pass_rates(table, split, simulated=True, reader=COMPETENT)}   reader `{COMPETENT}`"
        for split in SPLITS
    ]
    real = [f"  {split:<12}{cells}" for split in SPLITS if (cells := _pass_rates(table, split, simulated=False))]
    lines += ["  language models (nothing simulated):", *real] if real else []
    lines.append(
        f"  targets     pass rate of `{COMPETENT}` > 0.50, BLEU > 0.60; gold is the upper bound, the last four are baselines"
    )
    for split in SPLITS:
        gain = gains[split]
        if gain["n"]:
            word = "gains on" if gain["low"] > 0 else "loses to" if gain["high"] < 0 else "cannot be told from"
            lines.append(
                f"  {split}: stage 2 {word} stage 1: {gain['mean']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}], n={gain['n']}"
            )
    return lines


def _pass_rates(table: "pd.DataFrame", split: str, *, simulated: bool, reader: str = "all") -> str:
    """Return the pass rates of a split, text by text; "" where nothing was judged."""
    rows = [pass_rate_row(table, split, source, simulated=simulated, reader=reader) for source in SOURCES]
    return (
        "".join(("-" if row is None else _rate(row)).rjust(COLUMN) for row in rows)
        if any(row is not None for row in rows)
        else ""
    )


def _stage2(checkpoint: Artifact | None) -> list[str]:
    """Return what training on pass rates did, before the best pass was kept."""
    history = checkpoint.manifest.facts.get("history", []) if checkpoint is not None else []
    if len(history) < 2:
        return []
    judged = [record for record in history if record["validation"] is not None]
    kept = max(judged, key=lambda record: record["validation"])["epoch"] if judged else 0
    return [
        f"  stage 2 in training: pass {history[-1]['epoch']} minus stage 1 on validation, rewarding readers: "
        f"{Interval(**history[-1]['gain'])}; kept: {'stage 1' if kept == 0 else f'pass {kept}'}"
    ]


def _rate(row: "pd.Series") -> str:
    return f"{row['pass_rate']:.2f} {row['low']:.2f}-{row['high']:.2f}"


def _title(text: str) -> str:
    return f"== {text} {'=' * (WIDTH - 4 - len(text))}"


def _mark(reached: bool) -> str:
    return "ok  " if reached else "MISS"
