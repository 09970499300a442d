"""Generated requirements beside gold, application by application, as a document made to be read.

Each hand-written requirement stands beside the generated one that is closest to it, one to one, and the sections that this one
was written from; what was generated besides follows. A row with a low likeness is no pair: nothing closer was said.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from iccm_dagster.phase2.evaluate import text_scores

SOURCE = "stage 2"
NOTHING = "(nothing)"


def document(
    written: Mapping[str, pd.DataFrame],
    gold: Mapping[str, pd.DataFrame],
    rates: pd.DataFrame,
    embed: Callable[[Sequence[str]], np.ndarray],
) -> str:
    """Return the document in Markdown, one chapter per application that something was written about.

    ``written`` and ``gold``: application -> its table of generated and of gold requirements; an application may be without
    gold. ``rates``: application, source, pass_rate, simulated; those of simulated readers are shown.
    """
    title = f"# Requirements: by hand, and by the writer after {SOURCE}\n"
    return "\n".join(
        [title, *(chapter(key, table, gold.get(key), rates, embed) for key, table in sorted(written.items()))]
    )


def chapter(
    key: str,
    written: pd.DataFrame,
    gold: pd.DataFrame | None,
    rates: pd.DataFrame,
    embed: Callable[[Sequence[str]], np.ndarray],
) -> str:
    """Return the chapter of one application: its pass rates, the pairs, and what was written besides."""
    chosen = written[(written["source"] == SOURCE) & written["selected"]]
    wanted = [] if gold is None else gold["text"].tolist()
    pairs = text_scores(chosen["text"].tolist(), wanted, embed)
    besides = chosen[~chosen["text"].isin(pairs["generated"])]
    parts = [f"## {key} ({written['split'].iloc[0]})", _rates_line(rates[rates["application"] == key])]
    if gold is not None:
        read = {row.text: _sections(row.sections) for row in chosen.itertuples()}
        lines = [
            f"| {name} | {_cell(pair.gold)} | {_cell(pair.generated)} | {read.get(pair.generated, '')} | {pair.similarity:.2f} |"
            for name, pair in zip(gold["id"], pairs.itertuples(), strict=True)
        ]
        head = ["| id | by hand | by the writer | written from | likeness |", "| --- | --- | --- | --- | --- |"]
        parts.append("\n".join([*head, *lines]))
    if len(besides):
        parts.append(
            "\n".join(["Besides:" if gold is not None else "Without gold:", "", *map(_item, besides.itertuples())])
        )
    return "\n\n".join(part for part in parts if part) + "\n"


def _rates_line(rates: pd.DataFrame) -> str:
    means = rates[rates["simulated"].astype(bool)].dropna(subset=["pass_rate"]).groupby("source")["pass_rate"].mean()
    named = ", ".join(f"{source} {rate:.2f}" for source, rate in means.sort_values(ascending=False).items())
    return f"Pass rate (simulated readers): {named}." if named else ""


def _item(row) -> str:
    return f"- {_cell(row.text)} ({_sections(row.sections)})"


def _sections(names: Sequence[str]) -> str:
    """Without the module, which the rest of the name makes clear."""
    return ", ".join(f"`{name.split('.', 1)[-1]}`" for name in names)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|") or NOTHING
