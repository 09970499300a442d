"""Pairs: which two answers meet, which never do, and why a task gave none."""

import random

import pytest

from iccm_dagster.celr.pairs import PreferencePairGenerator, length_bias
from iccm_dagster.celr.recipe import PreferenceRecipe
from iccm_dagster_tests.celr.scenes import answer, score

GENERATOR = PreferencePairGenerator(PreferenceRecipe(margin=0.1, max_pairs_per_task=2))
GOOD, FAIR, BAD = "one\ntwo\nthree", "one\ntwo\nno", "nothing\nat\nall"


def pairs(*scores):
    return GENERATOR.create_dpo_pairs(scores).pairs


def reason(*scores) -> str:
    pairing = GENERATOR.create_dpo_pairs(scores)
    assert pairing.pairs == ()
    (found,) = pairing.reasons.values()
    return found


def test_success_is_chosen_over_failure_of_the_same_task():
    (pair,) = pairs(score(answer(BAD, 0.0)), score(answer(GOOD, 1.0)))
    assert (pair.chosen, pair.rejected, pair.chosen_score, pair.rejected_score) == (GOOD, BAD, 1.0, 0.0)
    assert pair.on_policy


def test_answers_to_different_tasks_or_prompts_never_meet():
    assert pairs(score(answer(BAD, 0.0), task="a"), score(answer(GOOD, 1.0), task="b")) == ()


def test_what_the_large_model_wrote_is_never_credited_to_the_small_one():
    climbed = score(answer(BAD, 0.0, model="small"), answer(GOOD, 1.0, model="large+small"))
    assert reason(climbed) == "one answer of each author"


@pytest.mark.parametrize("split", ["holdout", "test", ""])
def test_holdout_never_enters(split):
    held = [score(answer(BAD, 0.0), split=split), score(answer(GOOD, 1.0), split=split)]
    assert reason(*held) == f"{split} split: never trained on"
    assert GENERATOR.create_spin_pairs({"app": GOOD}, held, model="small").pairs == ()
    silent = [(score(answer(BAD, None), answer(GOOD, None), split=split), [0.0, 1.0])]
    assert GENERATOR.create_judge_pairs(silent, trusted=True).pairs == ()


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([answer(GOOD, 0.5), answer(BAD, 0.5)], "ties only"),
        ([answer(GOOD, 0.55), answer(BAD, 0.5)], "margins too small or answers too alike"),
        ([answer(GOOD, 1.0), answer(GOOD, 0.0)], "margins too small or answers too alike"),
        ([answer(GOOD, None), answer(BAD, None)], "no answer was judged"),
        ([answer(GOOD, 1.0)], "a single judged answer"),
    ],
)
def test_a_task_without_a_pair_says_why(answers, why):
    assert reason(score(*answers)) == why


def test_a_task_gives_no_more_pairs_than_allowed_and_widest_margins_first():
    texts = [answer(f"{GOOD}\nv{n}\nw{n}\nx{n}", n / 8) for n in range(9)]
    found = pairs(score(*texts))
    assert len(found) == 2
    assert (found[0].chosen_score, found[0].rejected_score) == (1.0, 0.0)


def test_no_answer_stands_on_both_sides():
    rng = random.Random(0)
    generator = PreferencePairGenerator(PreferenceRecipe(margin=0.05, max_pairs_per_task=50))
    for _ in range(30):
        answers = [answer(f"{n}\n{n * 7}\n{n * 13}", rng.randrange(5) / 4) for n in range(12)]
        found = generator.create_dpo_pairs([score(*answers)]).pairs
        assert not {pair.chosen for pair in found} & {pair.rejected for pair in found}
        assert all(pair.chosen_score - pair.rejected_score >= 0.05 for pair in found)


def test_answers_without_a_partner_become_kto_rows():
    (single,) = GENERATOR.create_dpo_pairs([score(answer(GOOD, 1.0))]).unpaired
    assert (single.completion, single.label) == (GOOD, True)


def test_an_answer_to_advice_is_marked_as_off_policy():
    (pair,) = pairs(score(answer(BAD, 0.0), answer(GOOD, 1.0, prompt="Write it. Better.")))
    assert not pair.on_policy


def test_spin_rejects_only_own_answers_that_fail_and_differ():
    own = [
        answer(BAD, 0.0),
        answer(FAIR, 1.0),
        answer(GOOD, 0.5),
        answer("x\ny", 0.2, model="large"),
        answer("advised", 0.1, prompt="q"),
    ]
    found = GENERATOR.create_spin_pairs({"app": GOOD}, [score(*own)], model="small").pairs
    assert [(pair.chosen, pair.rejected, pair.chosen_model) for pair in found] == [(GOOD, BAD, "gold")]


def test_spin_drops_what_is_nearly_gold():
    gold = "\n".join(f"line {n}" for n in range(100))
    nearly = gold.replace("line 50", "line fifty")
    pairing = GENERATOR.create_spin_pairs({"app": gold}, [score(answer(nearly, 0.0))], model="small")
    assert pairing.reasons == {"app": "every answer is nearly identical to gold"}


def test_the_judge_speaks_only_where_tests_are_silent_and_only_when_trusted():
    silent = (score(answer(GOOD, None), answer(BAD, None), answer(FAIR, 1.0)), [0.9, 0.1, 1.0])
    (pair,) = GENERATOR.create_judge_pairs([silent], trusted=True).pairs
    assert (pair.chosen, pair.rejected, pair.source) == (GOOD, BAD, "judge")
    untrusted = GENERATOR.create_judge_pairs([silent], trusted=False)
    assert untrusted.pairs == ()
    assert untrusted.reasons == {"app": "the judge is not calibrated"}


def test_length_bias_is_told():
    (pair,) = pairs(score(answer("xx\nyy", 1.0), answer("z", 0.0)))
    assert length_bias([pair]) == {"chosen longer": 1.0, "length ratio": 5.0}
