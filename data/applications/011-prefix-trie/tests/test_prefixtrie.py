import pytest
from prefixtrie import Trie, TrieError, UnknownWord, WordError, read_words, write_words


def trie(text):
    return Trie((word, 1) for word in text.split())


@pytest.mark.requirement("R1")
def test_add_inserts_a_word_of_weight_one():
    words = Trie()
    words.add("car")
    assert words.contains("car") is True
    assert words.weight("car") == 1


@pytest.mark.requirement("R1")
def test_contains_means_the_whole_word():
    words = trie("card")
    assert [words.contains(text) for text in ("card", "car", "cards", "")] == [True, False, False, False]


@pytest.mark.requirement("R1")
def test_the_last_weight_counts():
    words = Trie([("car", 2), ("car", 5)])
    assert words.weight("car") == 5
    words.add("car", 3)
    assert words.weight("car") == 3


@pytest.mark.requirement("R1")
def test_weight_of_unknown_words():
    with pytest.raises(UnknownWord):
        trie("card").weight("car")
    with pytest.raises(KeyError):
        trie("card").weight("x")


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(("word", "weight"), [("", 1), ("a", 0), ("a", -1), ("a", float("nan"))])
def test_empty_words_and_weights_not_above_zero_are_refused(word, weight):
    with pytest.raises(WordError):
        Trie().add(word, weight)


@pytest.mark.requirement("R2")
def test_boosting_down_to_zero_is_refused():
    words = Trie([("a", 2)])
    with pytest.raises(TrieError):
        words.boost("a", -2)
    assert words.boost("a", -1.5) == 0.5


@pytest.mark.requirement("R3")
def test_boost_adds_to_the_weight():
    words = Trie([("a", 2)])
    assert words.boost("a") == 3
    assert words.boost("a", 4) == 7


@pytest.mark.requirement("R3")
def test_boost_inserts_absent_words():
    words = trie("abc")
    assert words.boost("ab", 2) == 2
    assert words.boost("x") == 1
    assert words.boost("x") == 2


@pytest.mark.requirement("R4")
def test_has_prefix_finds_beginnings():
    words = trie("card dog")
    assert [words.has_prefix(text) for text in ("ca", "card", "cards", "a", "")] == [True, True, False, False, True]
    assert Trie().has_prefix("") is False


@pytest.mark.requirement("R4")
def test_count_numbers_the_words_under_a_prefix():
    words = trie("car card care dog")
    assert [words.count(text) for text in ("car", "card", "x")] == [3, 1, 0]
    assert words.count() == 4


@pytest.mark.requirement("R4")
def test_total_weight_sums_under_a_prefix():
    words = Trie([("car", 2), ("card", 3), ("dog", 10)])
    assert words.total_weight("car") == 5
    assert words.total_weight() == 15
    assert words.total_weight("z") == 0


@pytest.mark.requirement("R5")
def test_remove_returns_the_weight():
    words = Trie([("car", 2), ("card", 3)])
    assert words.remove("car") == 2
    with pytest.raises(UnknownWord):
        words.remove("car")
    assert words.remove("card") == 3


@pytest.mark.requirement("R5")
def test_remove_keeps_words_on_the_same_branch():
    words = Trie([("car", 2), ("card", 3), ("cart", 4)])
    words.remove("card")
    assert (words.remove("cart"), words.remove("car")) == (4, 2)


@pytest.mark.requirement("R5")
def test_prune_takes_a_whole_branch():
    words = trie("car card care dog")
    assert words.prune("car") == 3
    assert words.prune("car") == 0
    assert words.prune("") == 1


@pytest.mark.requirement("R5")
@pytest.mark.requirement("R9")
def test_removed_words_leave_no_prefix_behind():
    words = trie("a abcd")
    assert words.remove("abcd") == 1
    assert words.common_prefix("a") == "a"
    assert trie("ab abcd").common_prefix() == "ab"


@pytest.mark.requirement("R6")
def test_words_come_in_alphabetical_order():
    assert trie("dog car cat ca").words() == ["ca", "car", "cat", "dog"]


@pytest.mark.requirement("R6")
def test_words_under_a_prefix():
    assert trie("dog car cat ca").words("ca") == ["ca", "car", "cat"]
    assert trie("dog").words("x") == []


@pytest.mark.requirement("R7")
def test_complete_puts_heavy_words_first():
    words = Trie([("car", 1), ("cat", 9), ("cab", 5), ("dog", 99)])
    assert words.complete("ca") == ["cat", "cab", "car"]


@pytest.mark.requirement("R7")
def test_complete_orders_equal_weights_alphabetically():
    assert trie("cat car cab").complete("c", limit=2) == ["cab", "car"]


@pytest.mark.requirement("R7")
def test_complete_gives_ten_words_at_most():
    assert len(trie(" ".join("a" + letter for letter in "bcdefghijklm")).complete("a")) == 10


@pytest.mark.requirement("R7")
def test_complete_needs_a_limit_of_one():
    assert trie("a").complete("a", limit=1) == ["a"]
    with pytest.raises(WordError):
        trie("a").complete("a", limit=0)


@pytest.mark.requirement("R8")
def test_prefixes_of_a_text_come_shortest_first():
    assert trie("in inter internet net").prefixes_of("internet") == ["in", "inter", "internet"]
    assert trie("net").prefixes_of("internet") == []


@pytest.mark.requirement("R8")
def test_longest_prefix_of_a_text():
    words = trie("in inter internets")
    assert words.longest_prefix("internet") == "inter"
    assert words.longest_prefix("outer") is None


@pytest.mark.requirement("R9")
def test_common_prefix_of_all_words():
    assert trie("interval internet").common_prefix() == "inter"
    assert trie("ab cd").common_prefix() == ""
    assert trie("single").common_prefix() == "single"


@pytest.mark.requirement("R9")
def test_common_prefix_under_a_prefix():
    words = trie("interval internet dog")
    assert words.common_prefix("i") == "inter"
    assert words.common_prefix("x") == "x"


@pytest.mark.requirement("R10")
def test_unique_prefix_is_as_short_as_possible():
    words = trie("interval internet dog")
    assert words.shortest_unique_prefix("dog") == "d"
    assert words.shortest_unique_prefix("interval") == "interv"
    assert trie("dog").shortest_unique_prefix("dog") == "d"


@pytest.mark.requirement("R10")
def test_unique_prefix_of_continued_words():
    words = trie("car cards")
    assert words.shortest_unique_prefix("car") == "car"
    assert words.shortest_unique_prefix("cards") == "card"
    with pytest.raises(UnknownWord):
        words.shortest_unique_prefix("ca")


@pytest.mark.requirement("R10")
def test_a_removed_word_is_in_nobodys_way():
    words = trie("car cart dog")
    words.remove("cart")
    assert words.shortest_unique_prefix("car") == "c"


@pytest.mark.requirement("R11")
def test_similar_words_come_nearest_first():
    words = trie("cat cart bat dog cast")
    assert words.similar("cat") == [("cat", 0), ("bat", 1), ("cart", 1), ("cast", 1)]


@pytest.mark.requirement("R11")
def test_similar_counts_every_edit():
    words = trie("kitten")
    assert words.similar("sitting", 3) == [("kitten", 3)]
    assert words.similar("sitting", 2) == []
    assert words.similar("kittens", 1) == [("kitten", 1)]
    assert words.similar("itten", 1) == [("kitten", 1)]


@pytest.mark.requirement("R11")
def test_similar_at_distance_zero_is_the_word_itself():
    assert trie("cat bat").similar("cat", 0) == [("cat", 0)]
    with pytest.raises(WordError):
        trie("cat").similar("cat", -1)


@pytest.mark.requirement("R12")
def test_correct_takes_the_nearest_word():
    words = Trie([("cat", 1), ("cart", 99)])
    assert words.correct("cat") == "cat"
    assert words.correct("caxxt", 2) == "cart"


@pytest.mark.requirement("R12")
def test_correct_prefers_heavy_words_when_equally_near():
    assert Trie([("bat", 1), ("cat", 5), ("rat", 5)]).correct("xat") == "cat"
    assert Trie([("rat", 5), ("cat", 5)]).correct("xat") == "cat"


@pytest.mark.requirement("R12")
def test_correct_gives_up_beyond_the_distance():
    assert trie("cat").correct("dog") is None
    assert trie("cat").correct("dot") == "cat"


@pytest.mark.requirement("R13")
def test_question_marks_match_one_character():
    assert trie("cat cut ct cart").match("c?t") == ["cat", "cut"]


@pytest.mark.requirement("R13")
def test_stars_match_any_run():
    words = trie("cat ct cart act")
    assert words.match("c*t") == ["cart", "cat", "ct"]
    assert words.match("*") == ["act", "cart", "cat", "ct"]
    assert words.match("*c?") == ["act", "ct"]


@pytest.mark.requirement("R13")
def test_plain_patterns_match_themselves():
    assert trie("cat cats").match("cat") == ["cat"]
    assert trie("cats").match("cat") == []


@pytest.mark.requirement("R14")
def test_segment_uses_the_fewest_words():
    words = trie("i am iam here now nowhere where no")
    assert words.segment("iamnowhere") == ["iam", "nowhere"]


@pytest.mark.requirement("R14")
def test_segment_prefers_heavier_words():
    words = Trie([("now", 1), ("here", 1), ("no", 5), ("where", 5)])
    assert words.segment("nowhere") == ["no", "where"]
    words = Trie([("now", 5), ("here", 5), ("no", 1), ("where", 1)])
    assert words.segment("nowhere") == ["now", "here"]


@pytest.mark.requirement("R14")
def test_segment_of_other_texts():
    assert trie("a b").segment("abc") is None
    assert trie("a b").segment("xab") is None
    assert trie("a b").segment("") == []


@pytest.mark.requirement("R15")
def test_read_takes_words_with_or_without_weights():
    assert read_words("# list\ncar 2.5\n\n  dog\n#x y z\n").weight("car") == 2.5
    assert read_words("car 2\ndog\n").weight("dog") == 1


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("text", ["a b", "a 1 2", "a 0", "a -3"])
def test_read_refuses_other_lines(text):
    with pytest.raises(WordError):
        read_words(text)


@pytest.mark.requirement("R15")
def test_write_lists_words_with_weights():
    assert write_words(Trie([("dog", 1), ("car", 2.5)])) == "car 2.5\ndog 1\n"
    assert write_words(Trie()) == ""
