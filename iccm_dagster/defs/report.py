"""The summary of one screen: what was reached against what was aimed at, where it lies, what to do next."""

from iccm_dagster.artifacts import Artifact, ArtifactStore
from iccm_dagster.defs.checks.phase1 import TARGETS, score
from iccm_dagster.defs.checks.phase2 import SPLITS, pass_rate_row
from iccm_dagster.defs.profiles import Profile
from iccm_dagster.phase2.recipe import SOURCES

WIDTH = 100


def summary(store: ArtifactStore, profile: Profile) -> str:
    """Return the summary as text; parts that were not made yet say so."""
    parts = [
        _title(f"iccm_dagster, profile {profile.name}"),
        *_times(store),
        *_phase1(store.find("phase1_evaluation")),
        *_phase2(store.find("phase2_evaluation")),
        _title("Where things are"),
        f"  artifacts     {store.root}",
        f"  checkpoint    {store.root / 'phase2_checkpoint'}",
        "  every number  make dev, then open http://localhost:3000 (assets, plots, checks)",
        "  again         make run (makes only what changed);  make shell, then: dagster asset materialize --select phase2_checkpoint",
        "=" * WIDTH,
    ]
    return "\n".join(parts)


def _times(store: ArtifactStore) -> list[str]:
    found = [
        artifact
        for path in sorted(store.root.iterdir())
        if path.is_dir() and not path.name.startswith(".")
        if (artifact := store.find(path.name)) is not None and "seconds" in artifact.manifest.facts
    ]
    found.sort(key=lambda artifact: artifact.manifest.created_at)
    times = [f"{artifact.manifest.asset} {artifact.manifest.facts['seconds']:.0f} s" for artifact in found]
    return [
        _title("Time of each stage, when it was last made"),
        *(f"  {', '.join(times[i : i + 3])}" for i in range(0, len(times), 3)),
    ]


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
        f"  {'':<12}" + "".join(f"{source:>17}" for source in SOURCES) + "   BLEU",
    ]
    for split in SPLITS:
        rows = [pass_rate_row(table, split, source) for source in SOURCES]
        if all(row is None for row in rows):
            lines.append(f"  {split:<12}not measured: no such application")
            continue
        bleu = texts[(texts["split"] == split) & (texts["source"] == "stage 2")]["bleu"]
        lines.append(
            f"  {split:<12}"
            + "".join(
                "        -        "
                if row is None
                else f"   {row['pass_rate']:.2f} [{row['low']:.2f},{row['high']:.2f}]"[:17].rjust(17)
                for row in rows
            )
            + (f"   {bleu.iloc[0]:.2f}" if len(bleu) else "")
        )
    lines.append(
        "  targets     pass rate > 0.50, BLEU > 0.60; gold is the upper bound, name only and interface only are the baselines"
    )
    for split in SPLITS:
        gain = gains[split]
        if gain["n"]:
            word = "gains on" if gain["low"] > 0 else "loses to" if gain["high"] < 0 else "cannot be told from"
            lines.append(
                f"  {split}: stage 2 {word} stage 1: {gain['mean']:+.3f} [{gain['low']:+.3f}, {gain['high']:+.3f}], n={gain['n']}"
            )
    return lines


def _title(text: str) -> str:
    return f"== {text} {'=' * (WIDTH - 4 - len(text))}"


def _mark(reached: bool) -> str:
    return "ok  " if reached else "MISS"
