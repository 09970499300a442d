"""Generated beside gold, made to be read."""

import numpy as np
import pandas as pd

from iccm_dagster.phase2.reading import document

AXES = {"add": 0, "sort": 1, "drop": 2}


def embed(texts) -> np.ndarray:
    """One axis per first word."""
    return np.stack([np.eye(3)[AXES[text.split()[0].lower()]] for text in texts])


def written(*rows) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["source", "text", "sections", "selected"])
    return table.assign(split="holdout")


GOLD = pd.DataFrame({"id": ["R1", "R2"], "text": ["Add the numbers.", "Sort a | b."]})
RATES = pd.DataFrame(
    {
        "application": ["001", "001", "001"],
        "source": ["stage 2", "stage 2", "gold"],
        "pass_rate": [0.25, 0.75, 1.0],
        "simulated": [True, True, True],
    }
)


def test_each_requirement_by_hand_stands_beside_the_closest_one_and_what_that_was_written_from():
    table = written(
        ("stage 2", "Add it up.", ["m.add"], True),
        ("stage 2", "Drop it.", ["m.drop", "m._help"], True),
        ("stage 2", "Add once more.", ["m.more"], False),
        ("stage 1", "Sort it.", ["m.sort"], True),
    )
    text = document({"001": table}, {"001": GOLD}, RATES, embed)
    assert text.splitlines() == [
        "# Requirements: by hand, and by the writer after stage 2",
        "",
        "## 001 (holdout)",
        "",
        "Pass rate (simulated readers): gold 1.00, stage 2 0.50.",
        "",
        "| id | by hand | by the writer | written from | likeness |",
        "| --- | --- | --- | --- | --- |",
        "| R1 | Add the numbers. | Add it up. | `add` | 1.00 |",
        "| R2 | Sort a \\| b. | Drop it. | `drop`, `_help` | 0.00 |",
    ]


def test_what_no_requirement_is_left_for_is_listed_besides():
    three = [("stage 2", f"{word.title()} it.", [f"m.{word}"], True) for word in AXES]
    lines = document({"001": written(*three)}, {"001": GOLD}, RATES, embed).splitlines()
    assert lines[-3:] == ["Besides:", "", "- Drop it. (`drop`)"]


def test_what_was_not_said_is_seen_and_an_application_without_gold_is_not_left_out():
    texts = {"001": written(("stage 2", "", ["m.add"], False)), "002": written(("stage 2", "Add.", ["m.add"], True))}
    text = document(texts, {"001": GOLD}, RATES, embed)
    assert "| R1 | Add the numbers. | (nothing) |  | 0.00 |" in text
    assert text.endswith("## 002 (holdout)\n\nWithout gold:\n\n- Add. (`add`)\n")
