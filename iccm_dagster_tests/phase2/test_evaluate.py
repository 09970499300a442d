import numpy as np
import pandas as pd
import pytest

from iccm_dagster.applications.sections import extract_sections
from iccm_dagster.phase2 import evaluate
from iccm_dagster.phase2.groups import SectionGroup, section_groups


def embed(texts) -> np.ndarray:
    """One axis per first word."""
    axes = {"add": 0, "sort": 1, "drop": 2}
    return np.stack([np.eye(3)[axes[text.split()[0].lower()]] for text in texts])


def test_order_does_not_decide_the_score():
    matched = evaluate.text_scores(
        ["Sort the list.", "Add the numbers."], ["Add the numbers.", "Sort the list."], embed
    )
    assert matched["generated"].tolist() == ["Add the numbers.", "Sort the list."]
    assert evaluate.corpus_scores(matched)["bleu"] == pytest.approx(1.0)


def test_what_was_not_written_counts_against():
    matched = evaluate.text_scores(["Add the numbers."], ["Add the numbers.", "Sort the list."], embed)
    assert matched["similarity"].tolist() == [1.0, 0.0]
    assert evaluate.corpus_scores(matched)["bleu"] < 0.7


def test_name_only_says_the_words_of_the_name():
    group = SectionGroup(name="inifile.Document.getValue_or", sections=(), said="", source="")
    assert evaluate.name_only([group]) == ["document get value or"]


def test_the_docstring_baseline_says_the_first_sentence_of_each():
    code = 'def told():\n    """Tell it. Then more."""\n    return 1\n\ndef untold():\n    return 2\n'
    groups = section_groups(extract_sections({"talk.py": code}), at_import=())
    assert evaluate.docstrings(groups) == ["Tell it."]


def rates(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["application", "split", "source", "reconstructor", "pass_rate", "simulated"])


def test_pass_rates_are_meaned_over_applications_and_not_judged_is_not_zero():
    """Application a: 1.0 and 0.5 give .75; b: 0.25, its other reader was not judged. Mean .5; as 0 it would be
    .4375."""
    table = evaluate.pass_rate_table(
        rates(
            [
                ("a", "train", "gold", "x", 1.0, True),
                ("a", "train", "gold", "y", 0.5, True),
                ("b", "train", "gold", "x", 0.25, True),
                ("b", "train", "gold", "y", float("nan"), True),
            ]
        ),
        seed=0,
    )
    everyone = table[table["reconstructor"] == "all"].iloc[0]
    assert everyone["pass_rate"] == pytest.approx(0.5)
    assert everyone["applications"] == 2
    assert everyone["above_75"] == 0.0
    assert everyone["simulated"]
    assert everyone["variance"] == pytest.approx((0.25**2 + 0.0) / 2)


def test_each_reader_has_a_column_of_its_own_beside_the_variance_between_them():
    """Application a: 1.0 and 0.5, variance 1/16; b: 0.5 and 0.5. Reader x passes .75, y .5."""
    table = evaluate.reader_table(
        evaluate.pass_rate_table(
            rates(
                [
                    ("a", "train", "gold", "x", 1.0, True),
                    ("a", "train", "gold", "y", 0.5, True),
                    ("b", "train", "gold", "x", 0.5, True),
                    ("b", "train", "gold", "y", 0.5, True),
                    ("a", "train", "gold", "model-a", 0.2, False),
                ]
            ),
            seed=0,
        )
    )
    simulated = table[table["simulated"]].iloc[0]
    assert simulated[["x", "y", "variance"]].tolist() == pytest.approx([0.75, 0.5, 1 / 32])
    assert table.loc[~table["simulated"], ["model-a", "variance"]].to_numpy().tolist() == [[0.2, 0.0]]


def test_simulated_readers_and_language_models_are_meaned_apart():
    """Readers 1.0 and 0.5 give .75, models 0.2 and 0.4 give .3; together it would be .525."""
    table = evaluate.pass_rate_table(
        rates(
            [
                ("a", "train", "gold", "x", 1.0, True),
                ("a", "train", "gold", "y", 0.5, True),
                ("a", "train", "gold", "model-a", 0.2, False),
                ("a", "train", "gold", "model-b", 0.4, False),
            ]
        ),
        seed=0,
    )
    everyone = table[table["reconstructor"] == "all"].set_index("simulated")["pass_rate"]
    assert everyone.to_dict() == pytest.approx({True: 0.75, False: 0.3})


def test_the_gain_is_paired_by_application():
    """a gains .2, b gains .4, c was not judged after stage 2."""
    gain = evaluate.paired_difference(
        rates(
            [
                ("a", "train", "stage 1", "x", 0.1, True),
                ("a", "train", "stage 2", "x", 0.3, True),
                ("b", "train", "stage 1", "x", 0.5, True),
                ("b", "train", "stage 2", "x", 0.9, True),
                ("c", "train", "stage 1", "x", 0.9, True),
                ("c", "train", "stage 2", "x", float("nan"), True),
            ]
        ),
        "stage 2",
        "stage 1",
        split="train",
        seed=0,
    )
    assert gain.mean == pytest.approx(0.3)
    assert gain.n == 2


def halves(gain_on_learning: float, gain_on_held_out: float) -> pd.DataFrame:
    rows = [("001", "train"), ("002", "train"), ("003", "holdout")]
    return pd.DataFrame(
        [
            {
                "application": key,
                "split": split,
                "source": source,
                "learning_half": 0.5 + gained * gain_on_learning,
                "held_out_half": 0.4 + gained * gain_on_held_out,
            }
            for key, split in rows
            for source, gained in (("stage 1", 0), ("stage 2", 1))
        ]
    )


def test_what_is_gained_on_rewarding_tests_alone_is_the_gap():
    gap = evaluate.half_gap(halves(0.3, 0.1), seed=0)
    assert (gap.mean, gap.n) == (pytest.approx(0.2), 2)
    assert evaluate.half_gap(halves(0.2, 0.2), seed=0).mean == pytest.approx(0)


def test_without_a_training_application_there_is_no_gap():
    rates = halves(0.3, 0.1)
    assert evaluate.half_gap(rates[rates["split"] == "holdout"], seed=0).n == 0


def test_statements_that_repeat_others_or_themselves_are_counted():
    scores = evaluate.repetition(["Add the list.", "add the list.", "The edge of the edge of the edge.", "Sort it."])
    assert scores == {"repeated": 0.25, "looping": 0.25}


def test_an_application_about_which_nothing_was_said_counts_against_the_text():
    [row] = texts_of([("stage 2", "Add the numbers.", False, -1.0, 3)]).itertuples()
    assert (row.similarity, row.applications) == (0.0, 1)
    assert np.isnan(row.perplexity)


def texts_of(rows) -> pd.DataFrame:
    written = pd.DataFrame(rows, columns=["source", "text", "selected", "log_prob", "tokens"])
    written = written.assign(split="train", style="own")
    return evaluate.texts_against_gold({"001": written}, {"001": pd.DataFrame({"text": ["Add the numbers."]})}, embed)


def test_what_is_said_by_heart_is_told_from_what_is_written():
    """One application's only requirement is recalled word by word, the other's is missed: BLEU of what was written is 0."""
    gold = pd.DataFrame({"text": ["Add the numbers of a list and return their sum."]})
    known, unknown = (
        pd.DataFrame(
            {"source": "stage 2", "split": "train", "text": [text], "selected": True, "style": style}
        ).assign(log_prob=-1.0, tokens=2)
        for text, style in ((gold["text"][0], "recalled"), ("Sort the others.", "own"))
    )
    [row] = evaluate.texts_against_gold({"001": known, "002": unknown}, {"001": gold, "002": gold}, embed).itertuples()
    assert (row.by_heart, row.applications) == (0.5, 2)
    assert row.bleu_unread < 0.1 < row.bleu
    [alone] = evaluate.texts_against_gold({"001": known}, {"001": gold}, embed).itertuples()
    assert alone.bleu == pytest.approx(1.0) and np.isnan(alone.bleu_unread)


def test_the_language_of_each_stage_is_measured_over_what_was_selected():
    """Two tokens of 1 nat each; stage 2's selected text takes 3 nats a token, the other one does not count."""
    table = texts_of(
        [
            ("stage 1", "Add the numbers.", True, -2.0, 2),
            ("stage 2", "Add add add add.", True, -6.0, 2),
            ("stage 2", "Sort.", False, -90.0, 1),
        ]
    ).set_index("source")
    assert table["perplexity"].to_dict() == pytest.approx({"stage 1": np.exp(1), "stage 2": np.exp(3)})
    assert table["looping"].to_dict() == {"stage 1": 0.0, "stage 2": 1.0}
