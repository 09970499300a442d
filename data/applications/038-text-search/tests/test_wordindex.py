from math import log, sqrt

import pytest
from searchquery import QueryError
from wordindex import Index, UnknownDocument, load


def index(**documents):
    """An index of these documents."""
    made = Index()
    for id, text in documents.items():
        made.add(id, text)
    return made


def pets():
    return index(a="Big cats chase small dogs", b="The dog and the cat sleep", c="A bird sings", d="dog dog dog bird")


@pytest.mark.requirement("R9")
def test_ids_are_sorted():
    assert index(b="x", a="y").ids() == ["a", "b"]


@pytest.mark.requirement("R9")
def test_adding_again_replaces():
    made = index(a="cats", b="dogs")
    made.add("a", "birds dogs")
    assert made.ids() == ["a", "b"]
    assert made.search("cat") == []
    assert made.search("dog") == ["a", "b"]


@pytest.mark.requirement("R9")
def test_remove():
    made = pets()
    made.remove("d")
    assert made.ids() == ["a", "b", "c"]
    assert made.search("bird") == ["c"]
    with pytest.raises(UnknownDocument):
        made.remove("d")


@pytest.mark.requirement("R10")
def test_vocabulary_counts_documents():
    assert pets().vocabulary()[:3] == [("dog", 3), ("bird", 2), ("cat", 2)]
    assert index(a="x x").vocabulary() == [("x", 1)]


@pytest.mark.requirement("R10")
def test_vocabulary_with_a_prefix():
    assert pets().vocabulary("S") == [("sing", 1), ("sleep", 1), ("small", 1)]
    assert pets().vocabulary("z") == []


@pytest.mark.requirement("R10")
def test_positions():
    assert pets().positions("d", "Dogs") == [0, 1, 2]
    assert pets().positions("b", "cat") == [4]
    assert pets().positions("c", "cat") == []
    with pytest.raises(UnknownDocument):
        pets().positions("z", "cat")


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("cats", ["a", "b"]),
        ("cat dog", ["a", "b"]),
        ("bird OR chase", ["a", "c", "d"]),
        ("dog NOT cat", ["d"]),
        ("-dog", ["c"]),
        ("(bird OR sleep) dog", ["b", "d"]),
        ("horse", []),
        ("", ["a", "b", "c", "d"]),
    ],
)
def test_boolean_search(query, ids):
    assert pets().search(query) == ids


@pytest.mark.requirement("R11")
def test_search_refuses_broken_queries():
    with pytest.raises(QueryError):
        pets().search("(cat")


@pytest.mark.requirement("R12")
@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ('"big cat"', ["a"]),
        ('"cat big"', []),
        ('"dog and the cat"', ["b"]),
        ('"dog cat"', []),
        ('"dog dog bird"', ["d"]),
        ('"dog horse"', []),
    ],
)
def test_phrase_search(query, ids):
    assert pets().search(query) == ids


@pytest.mark.requirement("R12")
def test_prefix_search():
    assert pets().search("s*") == ["a", "b", "c"]
    assert pets().search("q*") == []


@pytest.mark.requirement("R12")
def test_near():
    made = index(a="cat x y dog", b="dog cat", c="cat cat", d="cat x y z dog cat dog")
    assert made.near("dogs", "cat", 1) == ["b", "d"]
    assert made.near("cat", "dog", 3) == ["a", "b", "d"]
    assert made.near("cat", "cat", 1) == ["c"]
    assert made.near("cat", "horse", 9) == []


@pytest.mark.requirement("R13")
def test_weight_of_words():
    assert pets().weight("dogs") == pytest.approx(log(1 + 4 / 3))
    assert pets().weight("Chase") == pytest.approx(log(5))
    assert pets().weight("horse") == 0


@pytest.mark.requirement("R13")
def test_rank_puts_the_best_first():
    found = pets().rank("dog")
    assert [id for id, _ in found] == ["d", "b", "a"]
    weight = log(1 + 4 / 3)
    assert found[0][1] == pytest.approx((1 + log(3)) * weight / sqrt(4))
    assert found[2][1] == pytest.approx(weight / sqrt(5))


@pytest.mark.requirement("R13")
def test_rank_adds_up_words_and_ignores_excluded_ones():
    found = pets().rank("bird OR sing -cat")
    assert [id for id, _ in found] == ["c", "d"]
    assert found[0][1] == pytest.approx((log(3) + log(5)) / sqrt(2))


@pytest.mark.requirement("R13")
def test_rank_orders_equals_by_id_and_keeps_the_limit():
    made = index(c="x y", a="x z", b="x")
    assert [id for id, _ in made.rank("x")] == ["b", "a", "c"]
    assert [id for id, _ in made.rank("x", limit=2)] == ["b", "a"]
    assert made.rank("x", limit=0) == []


@pytest.mark.requirement("R13")
def test_rank_of_everything():
    assert index(b="the", a="x").rank("") == [("a", 0), ("b", 0)]


@pytest.mark.requirement("R14")
def test_similar_documents():
    made = index(a="red cat", b="red cats", c="red dog", d="blue bird")
    found = made.similar("a")
    assert [id for id, _ in found] == ["b", "c"]
    assert found[0][1] == pytest.approx(1)
    red, cat, dog = log(1 + 4 / 3), log(3), log(5)
    expected = red**2 / (sqrt(red**2 + cat**2) * sqrt(red**2 + dog**2))
    assert found[1][1] == pytest.approx(expected)


@pytest.mark.requirement("R14")
def test_similar_keeps_the_limit():
    made = index(a="x", b="x", c="x", e="")
    assert [id for id, _ in made.similar("a")] == ["b", "c"]
    assert len(made.similar("a", limit=1)) == 1
    assert made.similar("a", limit=0) == made.similar("e") == []
    with pytest.raises(UnknownDocument):
        made.similar("z")


@pytest.mark.requirement("R14")
def test_keywords():
    assert pets().keywords("d") == ["dog", "bird"]
    assert pets().keywords("a", limit=2) == ["big", "chase"]
    assert pets().keywords("a", limit=0) == []
    with pytest.raises(UnknownDocument):
        pets().keywords("z")


@pytest.mark.requirement("R15")
def test_dump_is_a_plain_value():
    assert index(b="x the y x", a="").dump() == {
        "documents": ["a", "b"],
        "postings": {"x": {"b": [0, 3]}, "y": {"b": [2]}},
    }


@pytest.mark.requirement("R15")
def test_a_dump_is_independent():
    made = index(a="x")
    made.dump()["postings"]["x"]["a"].append(7)
    assert made.dump()["postings"] == {"x": {"a": [0]}}


@pytest.mark.requirement("R15")
def test_load():
    made = load({"documents": ["a", "b"], "postings": {"x": {"b": [0, 3]}, "y": {"b": [2]}}})
    assert made.dump() == {"documents": ["a", "b"], "postings": {"x": {"b": [0, 3]}, "y": {"b": [2]}}}
    assert made.rank("x")[0] == ("b", pytest.approx((1 + log(2)) * log(3) / sqrt(3)))
    with pytest.raises(ValueError):
        load({"documents": ["a"], "postings": {"x": {"b": [0]}}})


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("query", ["CAFÉ", "cafes", "Café's", "cafe"])
def test_spelling_does_not_matter(query):
    assert index(a="un Café", b="tea").search(query) == ["a"]


@pytest.mark.requirement("R16")
def test_a_removed_word_leaves_no_trace():
    made = index(a="cat dog", b="dog")
    made.add("a", "dog")
    assert made.search("c*") == []
    assert made.search("dog") == ["a", "b"]
