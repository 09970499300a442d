"""Requirements in all wordings, and what taking details away does."""

import pytest

from iccm_dagster.applications.requirements import Kind, Requirement
from iccm_dagster.phase2.variants import degraded, variants_table

TEXT = "The program must refuse an empty list, unless a default value is given for it."


def requirement(**changes) -> Requirement:
    given = {"id": "R1", "kind": Kind.FUNCTIONAL, "text": TEXT, "paraphrases": ("One.", "Two."), "derived": False}
    return Requirement(**{**given, **changes})


def test_every_wording_has_a_row_and_only_the_degraded_ones_lost_words():
    table = variants_table([requirement()], seed=0)
    assert table["variant"].tolist() == [
        "gold", "paraphrase-1", "paraphrase-2", "degraded-30", "degraded-60", "degraded-100",
    ]  # fmt: skip
    assert table["removed"].tolist()[:3] == [0, 0, 0]
    assert table["removed"].iloc[5] == len(TEXT.split()) - len(table["text"].iloc[5].split()) > 0


def test_what_was_derived_is_never_called_gold():
    assert variants_table([requirement(derived=True)], seed=0)["variant"].iloc[0] == "derived"


def test_without_all_its_details_a_sentence_keeps_its_head():
    assert degraded(TEXT, rate=1.0, seed=0) == "The program must refuse an empty list."


def test_without_any_loss_a_sentence_stays_as_it_is():
    assert degraded(TEXT, rate=0.0, seed=0) == TEXT


@pytest.mark.parametrize("seed", range(20))
def test_a_higher_rate_takes_away_everything_a_lower_one_does(seed):
    little, much = degraded(TEXT, rate=0.3, seed=seed).rstrip("."), degraded(TEXT, rate=0.6, seed=seed).rstrip(".")
    assert set(much.replace(",", "").split()) <= set(little.replace(",", "").split())


def test_the_rate_is_the_share_of_details_that_go():
    details = 4000
    kept = degraded("a head here" + " and more" * details, rate=0.3, seed=1).count("and more")
    assert kept / details == pytest.approx(0.7, abs=0.03)
