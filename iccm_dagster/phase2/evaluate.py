"""How good are the requirements: against gold as text, and by what can be rebuilt from them, next to upper bound and
baselines."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import sacrebleu
from scipy.optimize import linear_sum_assignment

from iccm_dagster.intervals import Interval, bootstrap_mean
from iccm_dagster.phase2.drift import perplexity
from iccm_dagster.phase2.groups import SectionGroup
from iccm_dagster.phase2.styles import CARRIED, RECALLED, in_style, name_words

# G: generated statements, N: gold requirements.


def name_only(groups: Sequence[SectionGroup]) -> list[str]:
    """Return the baseline that must be beaten: the words of each public section's own name."""
    return [" ".join(name_words(group.name.split(".", 1)[-1])) for group in groups]


def docstrings(groups: Sequence[SectionGroup], style: str = CARRIED) -> list[str]:
    """Return the baseline that reads but does not write: the first sentence of each public section's docstring, where it has
    one, in one of the styles that carry over."""
    return [in_style(style, group.name, group.said) for group in groups if group.said]


def text_scores(
    generated: Sequence[str], gold: Sequence[str], embed: Callable[[Sequence[str]], np.ndarray]
) -> pd.DataFrame:
    """Match generated to gold one to one by sentence similarity and return one row per gold requirement.

    Columns: gold, generated ("" where nothing is left to match), similarity (0 where nothing is).
    """
    rows = [{"gold": text, "generated": "", "similarity": 0.0} for text in gold]
    if generated and gold:
        similarity_GN = embed(generated) @ embed(gold).T
        for written, wanted in zip(*linear_sum_assignment(-similarity_GN), strict=True):
            rows[wanted].update(generated=generated[written], similarity=float(similarity_GN[written, wanted]))
    return pd.DataFrame(rows, columns=["gold", "generated", "similarity"])


def corpus_scores(matched: pd.DataFrame) -> dict[str, float]:
    """Return corpus ``bleu`` and ``chrf`` (0..1, lower-cased: the encoder's tokenizer is) and the mean
    ``similarity``."""
    if matched.empty:
        return {"bleu": float("nan"), "chrf": float("nan"), "similarity": float("nan")}
    written, wanted = matched["generated"].tolist(), [matched["gold"].tolist()]
    return {
        "bleu": sacrebleu.corpus_bleu(written, wanted, lowercase=True).score / 100,
        "chrf": sacrebleu.corpus_chrf(written, wanted).score / 100,
        "similarity": float(matched["similarity"].mean()),
    }


def pass_rate_table(rates: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Summarise pass rates per split, source and reconstructor, with intervals over applications.

    ``rates``: application, split, source, reconstructor, pass_rate (NaN = not judged), simulated. The reconstructor "all" is the mean of
    an application's reconstructors, the simulated ones and the language models each for themselves: the two never mix.
    Also ``above_75``: share of applications above 75 %, and for "all" the ``variance`` between the reconstructors of an
    application, mean over applications: what one text is worth more to one reader than to another (NaN elsewhere).
    """
    judged = rates.dropna(subset=["pass_rate"])
    everyone = (
        judged.groupby(["application", "split", "source", "simulated"], as_index=False)
        .agg(pass_rate=("pass_rate", "mean"), variance=("pass_rate", lambda values: values.var(ddof=0)))
        .assign(reconstructor="all")
    )
    rows = []
    for (split, source, reconstructor, simulated), group in pd.concat(
        [judged.assign(variance=np.nan), everyone]
    ).groupby(["split", "source", "reconstructor", "simulated"]):
        interval = bootstrap_mean(group["pass_rate"].tolist(), resamples=2000, seed=seed)
        rows.append(
            {
                "split": split,
                "source": source,
                "reconstructor": reconstructor,
                "pass_rate": interval.mean,
                "low": interval.low,
                "high": interval.high,
                "applications": interval.n,
                "above_75": float((group["pass_rate"] > 0.75).mean()),
                "variance": float(group["variance"].mean()),
                "simulated": bool(simulated),
            }
        )
    return pd.DataFrame(rows)


def reader_table(summary: pd.DataFrame) -> pd.DataFrame:
    """Return one row per split and source: the pass rate of each reconstructor in a column of its own, and the variance
    between them; the simulated ones and the language models in rows of their own.

    ``summary``: what `pass_rate_table` returned.
    """
    index = ["split", "source", "simulated"]
    each = summary[summary["reconstructor"] != "all"].pivot(index=index, columns="reconstructor", values="pass_rate")
    variance = summary[summary["reconstructor"] == "all"].set_index(index)["variance"]
    return each.assign(variance=variance).reset_index().rename_axis(columns=None)


def paired_difference(rates: pd.DataFrame, better: str, worse: str, *, split: str, seed: int) -> Interval:
    """Return the mean difference in pass rate between two sources, application by application."""
    means = (
        rates[rates["split"] == split]
        .dropna(subset=["pass_rate"])
        .pivot_table(index="application", columns="source", values="pass_rate", aggfunc="mean")
    )
    if better not in means or worse not in means:
        return bootstrap_mean([], resamples=1, seed=seed)
    return bootstrap_mean((means[better] - means[worse]).dropna().tolist(), resamples=2000, seed=seed)


def half_gap(rates: pd.DataFrame, *, seed: int) -> Interval:
    """Return by how much stage 2 gained more on the tests that rewarded it than on the ones that never did.

    ``rates``: application, split, source, learning_half, held_out_half. Above 0 means that the writer learned particular
    tests. Only training applications are looked at; give those that rewarded (see `dataset`) for what is not diluted by the
    others.
    """
    own = rates[(rates["split"] == "train") & rates["source"].isin(["stage 1", "stage 2"])]
    means = own.dropna(subset=["learning_half", "held_out_half"]).pivot_table(
        index="application", columns="source", values=["learning_half", "held_out_half"], aggfunc="mean"
    )
    if means.empty or means.columns.size < 4:
        return bootstrap_mean([], resamples=1, seed=seed)
    gain = means.xs("stage 2", axis=1, level="source") - means.xs("stage 1", axis=1, level="source")
    return bootstrap_mean((gain["learning_half"] - gain["held_out_half"]).dropna().tolist(), resamples=2000, seed=seed)


def repetition(statements: Sequence[str]) -> dict[str, float]:
    """Return the shares of statements that say what another one says (``repeated``) and that say one pair of words twice
    (``looping``); NaN for no statement."""
    words = [statement.lower().rstrip(".").split() for statement in statements]
    if not words:
        return {"repeated": float("nan"), "looping": float("nan")}
    pairs = [[*zip(line, line[1:], strict=False)] for line in words]
    return {
        "repeated": 1 - len({tuple(line) for line in words}) / len(words),
        "looping": float(np.mean([len(set(found)) < len(found) for found in pairs])),
    }


def texts_against_gold(
    written: Mapping[str, pd.DataFrame], gold: Mapping[str, pd.DataFrame], embed: Callable[[Sequence[str]], np.ndarray]
) -> pd.DataFrame:
    """Return BLEU, chrF and similarity of the selected statements against gold, how much they repeat themselves (see
    `repetition`) and their perplexity under stage 1 (see `drift`), per split and writer. Also ``by_heart``, the share of
    statements that were not written but recalled, and ``bleu_unread``, BLEU over the applications without any of those.

    ``written`` and ``gold``: application -> its table of generated and of gold requirements.
    """
    matched: dict[tuple[str, str], list[pd.DataFrame]] = {}
    said: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for key in sorted(set(written) & set(gold)):
        wanted = gold[key]["text"].tolist()
        for (split, source), everything in written[key].groupby(["split", "source"]):
            rows = everything[everything["selected"]]
            matched.setdefault((split, source), []).append(text_scores(rows["text"].tolist(), wanted, embed))
            said.setdefault((split, source), []).append(rows)
    return pd.DataFrame(
        [
            {
                "split": split,
                "source": source,
                **corpus_scores(pd.concat(frames)),
                **repetition([text for rows in said[split, source] for text in rows["text"]]),
                "perplexity": perplexity(everything := pd.concat(said[split, source])),
                "by_heart": float((everything["style"] == RECALLED).mean()),
                "bleu_unread": _bleu_unread(frames, said[split, source]),
                "applications": len(frames),
            }
            for (split, source), frames in sorted(matched.items())
        ],
        columns=[
            "split",
            "source",
            "bleu",
            "chrf",
            "similarity",
            "repeated",
            "looping",
            "perplexity",
            "by_heart",
            "bleu_unread",
            "applications",
        ],
    )


def _bleu_unread(matched: Sequence[pd.DataFrame], said: Sequence[pd.DataFrame]) -> float:
    """Return BLEU over the applications about which nothing was recalled; NaN where there is none."""
    unread = [rows for rows, texts in zip(matched, said, strict=True) if not (texts["style"] == RECALLED).any()]
    return corpus_scores(pd.concat(unread))["bleu"] if unread else float("nan")
