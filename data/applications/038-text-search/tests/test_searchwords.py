import pytest
from searchwords import excerpt, fold, highlight, stem, terms, words

TEXT = "One cat sat. Two dogs ran; one cat and two more cats slept."


@pytest.mark.requirement("R1")
def test_fold():
    assert fold("ÀÉÎ Straße ﬁn") == "aei strasse fin"


@pytest.mark.requirement("R1")
def test_words_have_places():
    assert words("Café, über_all: x2!") == [("cafe", 0, 4), ("uber", 6, 10), ("all", 11, 14), ("x2", 16, 18)]
    assert words(" ... ") == []


@pytest.mark.requirement("R1")
def test_apostrophes_join_words():
    assert [word for word, _, _ in words("the dog’s can't 'quoted'")] == ["the", "dog's", "can't", "quoted"]


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("cities", "city"),
        ("ties", "tie"),
        ("boxes", "box"),
        ("glasses", "glass"),
        ("churches", "church"),
        ("cats", "cat"),
        ("gas", "gas"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("axis", "axis"),
        ("dog's", "dog"),
    ],
)
def test_stems_of_plurals(word, expected):
    assert stem(word) == expected


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("running", "run"),
        ("stopped", "stop"),
        ("falling", "fall"),
        ("adding", "add"),
        ("quickly", "quick"),
        ("jumps", "jump"),
        ("sing", "sing"),
        ("strng", "strng"),
        ("red", "red"),
        ("bring", "bring"),
        ("landings", "land"),
    ],
)
def test_stems_of_endings(word, expected):
    assert stem(word) == expected


@pytest.mark.requirement("R3")
def test_terms_leave_stop_words_out_but_count_them():
    assert terms("The cats and THE Dog") == [("cat", 1), ("dog", 4)]
    assert terms("to the") == []


@pytest.mark.requirement("R3")
def test_terms_are_folded_stems():
    assert terms("Élan's RUNNING") == [("elan", 0), ("run", 1)]


@pytest.mark.requirement("R4")
def test_excerpt_shows_the_best_stretch():
    assert excerpt(TEXT, {"dog", "ran"}, 3) == "... Two dogs ran ..."
    assert excerpt(TEXT, {"cat"}, 2) == "One cat ..."
    assert excerpt(TEXT, {"slept"}, 2) == "... cats slept"


@pytest.mark.requirement("R4")
def test_excerpt_of_short_texts():
    assert excerpt(" two words! ", {"x"}, 2) == "two words!"
    assert excerpt("", {"x"}, 1) == ""
    with pytest.raises(ValueError):
        excerpt("two words", {"x"}, 0)


@pytest.mark.requirement("R4")
def test_highlight():
    assert highlight("Cats: a cat!", {"cat"}) == "*Cats*: a *cat*!"
    assert highlight("Cats", {"dog"}) == "Cats"
    assert highlight("a cat", {"cat"}, "__") == "a __cat__"
