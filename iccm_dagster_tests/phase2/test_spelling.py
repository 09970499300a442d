import pytest

from iccm_dagster.phase2.spelling import respelled


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("Keep an event ; refuse it when full.", "Keep an event; refuse it when full."),
        ("A word ( in any case ) , read once .", "A word (in any case), read once."),
        ("The least - recently - used key of the user ' s cache.", "The least-recently-used key of the user's cache."),
        ("The last word may be ` # `.", "The last word may be `#`."),
        ("Numbers stay apart, and - 1 too.", "Numbers stay apart, and - 1 too."),
    ],
)
def test_punctuation_is_closed_up(text, closed):
    assert respelled(text, "") == closed


def test_words_are_spelled_as_the_source_spells_them():
    assert respelled("Add a route; raises routeerror.", "def add():\n    raise RouteError") == "Add a route; raises RouteError."


def test_a_word_of_several_spellings_stays_as_it_is():
    assert respelled("The url of a url.", "URL url") == "The url of a url."


def test_the_capital_of_a_sentence_stays():
    assert respelled("Return a thing.", "return it") == "Return a thing."
