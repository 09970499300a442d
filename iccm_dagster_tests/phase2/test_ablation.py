"""Every kind of text within the same number of tokens."""

import pandas as pd
import pytest

from iccm_dagster.applications.requirements import Kind, Requirement
from iccm_dagster.phase2 import ablation
from iccm_dagster.phase2.variants import variants_table


def words(text: str) -> int:
    return len(text.split())


def test_statements_are_dropped_from_the_end_and_never_cut():
    statements = ["one two", "three four five", "six"]
    assert ablation.within_budget(statements, 5, words) == statements[:2]
    assert ablation.within_budget(statements, 4, words) == statements[:1]
    assert ablation.within_budget(statements, 6, words) == statements
    assert ablation.within_budget(statements, 1, words) == []


def test_every_source_gets_the_tokens_of_the_reference():
    texts = {"stage 2": ["a b", "c d"], "gold": ["one two three", "four", "five six"]}
    cut, budget = ablation.budgeted(texts, reference="stage 2", count_tokens=words)
    assert budget == 4
    assert cut["gold", 1.0] == ["one two three", "four"] and cut["gold", 0.5] == []
    assert cut["stage 2", 0.5] == ["a b"]


def test_without_gold_there_is_no_upper_bound():
    derived = Requirement(id="R1", kind=Kind.FUNCTIONAL, text="It adds numbers up.", paraphrases=(), derived=True)
    assert ablation.hand_written(variants_table([derived], seed=0)) == {}


def test_hand_written_texts_go_by_their_plain_names():
    gold = Requirement(
        id="R1", kind=Kind.FUNCTIONAL, text="It adds all numbers up.", paraphrases=("Sum.",), derived=False
    )
    texts = ablation.hand_written(variants_table([gold], seed=0))
    assert texts["gold"] == ["It adds all numbers up."] and texts["paraphrased"] == ["Sum."]
    assert "30% of details removed" in texts


def rates() -> pd.DataFrame:
    rows = [
        ("001", "gold", "a", 1.0), ("001", "gold", "b", 0.5), ("001", "stage 2", "a", 0.25), ("001", "stage 2", "b", 0.25),
        ("002", "gold", "a", 0.5), ("002", "gold", "b", None), ("002", "stage 2", "a", 0.75), ("002", "stage 2", "b", 0.75),
    ]  # fmt: skip
    return pd.DataFrame(
        [
            {"application": key, "split": "holdout", "source": source, "share": 1.0, "tokens": 7, "reconstructor": reader,
             "pass_rate": rate, "simulated": True}
            for key, source, reader, rate in rows
        ]
    )  # fmt: skip


def test_the_table_is_a_mean_over_applications_and_what_was_not_judged_is_no_zero():
    table = ablation.ablation_table(rates(), seed=0).set_index("source")
    assert table.loc["gold", "pass_rate"] == pytest.approx((0.75 + 0.5) / 2)
    assert table.loc["gold", "spread"] == pytest.approx((0.25 + 0.0) / 2)
    assert table.loc["stage 2", "tokens"] == 7 and table.loc["stage 2", "applications"] == 2


def test_the_ranking_reads_the_whole_budget_only():
    table = ablation.ablation_table(pd.concat([rates(), rates().assign(share=0.5, pass_rate=0.0)]), seed=0)
    assert ablation.ranking_of(table, "holdout") == {"gold": pytest.approx(0.625), "stage 2": pytest.approx(0.5)}
